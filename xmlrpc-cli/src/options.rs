//! Values of options, parsed before anything runs.

use std::time::Duration;

/// The longest time that an option takes: a day.
const LONGEST: f64 = 86_400.0;

/// A number of seconds such as `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if !(number > 0.0 && number <= LONGEST) {
        return Err(format!("must be above 0 and at most {LONGEST} seconds"));
    }
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// A number of bytes such as `500000`, `64K`, `16M` or `2G`.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let count: usize = digits
        .parse()
        .map_err(|_| "not a number of bytes, such as 500000, 64K or 16M".to_owned())?;
    match count.checked_mul(unit) {
        Some(0) => Err("must be above 0".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err("more bytes than there are".to_owned()),
    }
}

/// A header `Name: value`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

pub(crate) fn header(text: &str) -> Result<Header, String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok(Header {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
    })
}

/// Headers of different names; those that are given several times become lists, as HTTP has it.
pub(crate) fn joined(headers: &[Header]) -> Vec<Header> {
    let mut joined: Vec<Header> = Vec::new();
    for header in headers {
        match joined
            .iter_mut()
            .find(|other| other.name.eq_ignore_ascii_case(&header.name))
        {
            Some(other) => {
                let between = if header.name.eq_ignore_ascii_case("cookie") {
                    "; "
                } else {
                    ", "
                };
                other.value = format!("{}{between}{}", other.value, header.value);
            }
            None => joined.push(header.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_finite_and_positive() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for refused in ["0", "-1", "nan", "inf", "1e300", "", "1s"] {
            assert!(seconds(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn bytes_have_units() {
        for (text, expected) in [("1", 1), ("64K", 65_536), ("2m", 2 << 20), ("1G", 1 << 30)] {
            assert_eq!(bytes(text), Ok(expected));
        }
        for refused in [
            "0",
            "-1",
            "",
            "K",
            "1.5M",
            "1T",
            "99999999999999999999",
            "999999999999G",
        ] {
            assert!(bytes(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn headers_of_one_name_are_a_list() {
        let headers = ["A: 1", "Cookie: x=1", "a:2", "cookie: y=2"]
            .map(|text| header(text).unwrap_or_else(|why| panic!("{why}")));
        let joined: Vec<String> = joined(&headers)
            .iter()
            .map(|header| format!("{}: {}", header.name, header.value))
            .collect();
        assert_eq!(joined, ["A: 1, 2", "Cookie: x=1; y=2"]);
    }
}
