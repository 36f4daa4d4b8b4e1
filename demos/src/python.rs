//! How Python prints values.
//!
//! The slides show what Python's `print` writes: `b'\xd2\x04'` for bytes, `(1234,)` for a tuple of one,
//! `['aé', 2]` for a list. Rust's `Debug` output is close but not the same, so the demos that repeat a slide
//! to the letter print through this module.

use serde_json::Value;

/// `repr` of a `bytes` object.
pub(crate) fn bytes(data: &[u8]) -> String {
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut shown = format!("b{quote}");
    for &byte in data {
        match byte {
            b'\\' => shown.push_str(r"\\"),
            b'\t' => shown.push_str(r"\t"),
            b'\n' => shown.push_str(r"\n"),
            b'\r' => shown.push_str(r"\r"),
            b'\'' if quote == '\'' => shown.push_str(r"\'"),
            b' '..=b'~' => shown.push(char::from(byte)),
            _ => shown.push_str(&format!(r"\x{byte:02x}")),
        }
    }
    shown.push(quote);
    shown
}

/// `repr` of a `str` object.
pub(crate) fn string(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => shown.push_str(r"\\"),
            '\t' => shown.push_str(r"\t"),
            '\n' => shown.push_str(r"\n"),
            '\r' => shown.push_str(r"\r"),
            '\'' if quote == '\'' => shown.push_str(r"\'"),
            _ if is_printable(c) => shown.push(c),
            _ => shown.push_str(&escape(c)),
        }
    }
    shown.push(quote);
    shown
}

/// `repr` of a `float`: always with a point or an exponent, the exponent with a sign and two digits.
pub(crate) fn float(number: f64) -> String {
    let shown = format!("{number:?}");
    if number.is_nan() {
        return "nan".to_owned();
    }
    let Some((digits, exponent)) = shown.split_once('e') else {
        return shown;
    };
    match exponent.strip_prefix('-') {
        Some(negative) => format!("{digits}e-{negative:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// `repr` of what `json.loads` makes of a JSON text.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() => float(double),
            _ => number.to_string(),
        },
        Value::String(text) => string(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(self::value).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, item)| format!("{}: {}", string(key), self::value(item)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// Whether Python prints the character itself; a short list of the invisible ones instead of Unicode's whole
/// table.
fn is_printable(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    );
    !c.is_control() && !invisible && (c == ' ' || !c.is_whitespace())
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!(r"\x{code:02x}"),
        code @ 0x100..=0xffff => format!(r"\u{code:04x}"),
        code => format!(r"\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_print_as_in_python() {
        assert_eq!(bytes(b"\xd2\x04\0\0"), r"b'\xd2\x04\x00\x00'");
        assert_eq!(bytes(b"it's"), r#"b"it's""#);
        assert_eq!(bytes(b"'\"\\\t\r\n~\x7f"), r#"b'\'"\\\t\r\n~\x7f'"#);
    }

    #[test]
    fn strings_print_as_in_python() {
        assert_eq!(string("aéçèà"), "'aéçèà'");
        assert_eq!(string("it's"), "\"it's\"");
        assert_eq!(string("\u{1}\u{a0}\u{200b}\u{feff}"), r"'\x01\xa0\u200b\ufeff'");
    }

    #[test]
    fn floats_print_as_in_python() {
        let cases = [
            (0.0, "0.0"),
            (-1.0, "-1.0"),
            (8.0, "8.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (number, printed) in cases {
            assert_eq!(float(number), printed);
        }
    }
}
