//! From text to [`Json`].

use super::{Error, Json, Kind, Result};

/// How many arrays and objects may stand inside one another: enough for the levels that an XML-RPC document may have, each with its type.
const DEPTH: usize = 512;

/// Reads a text that is one value of JSON, and holds nothing that XML-RPC has no place for.
pub(crate) fn parse(text: &str) -> Result<Json> {
    read(text)?.sendable()
}

/// Reads a text that is one value of JSON.
pub(crate) fn read(text: &str) -> Result<Parsed> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        too_deep: false,
        beyond: None,
    };
    let json = match parser.whole() {
        Ok(json) => json,
        Err(_) if parser.too_deep => Kind::Null.into(),
        Err(error) => return Err(error),
    };
    Ok(Parsed {
        json,
        beyond: parser.beyond,
    })
}

/// JSON, which may hold what cannot be sent: integers beyond 64 bits, doubles beyond theirs, halves of characters.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The value, with something else in place of what cannot be sent.
    pub(crate) json: Json,
    /// The first place that cannot be sent.
    pub(crate) beyond: Option<Error>,
}

impl Parsed {
    pub(crate) fn sendable(self) -> Result<Json> {
        self.beyond.map_or(Ok(self.json), Err)
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    too_deep: bool,
    beyond: Option<Error>,
}

impl Parser<'_> {
    fn error(&self, message: &'static str) -> Error {
        Error {
            at: self.at,
            message: message.into(),
        }
    }

    /// Remembers what is JSON and cannot be sent.
    fn note_beyond(&mut self, at: usize, message: &'static str) {
        let message = message.into();
        self.beyond.get_or_insert(Error { at, message });
    }

    fn whole(&mut self) -> Result<Json> {
        if self.text.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
        }
        let value = self.value()?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.error("more text behind the value")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over a byte, if it is the next one.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Json> {
        self.space();
        let at = self.at;
        let kind = match self.peek() {
            None => return Err(self.error("a value is missing")),
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b't') => self.word("true", Kind::Boolean(true))?,
            Some(b'f') => self.word("false", Kind::Boolean(false))?,
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'[') => self.nested(Self::array)?,
            Some(b'{') => self.nested(Self::object)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.error("no JSON value begins like this")),
        };
        Ok(Json { at, kind })
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("no JSON value begins like this"));
        }
        self.at += word.len();
        Ok(kind)
    }

    /// What stands behind a bracket.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Kind>) -> Result<Kind> {
        if self.depth == DEPTH {
            // The rest is not looked at.
            self.note_beyond(self.at, "arrays and objects are nested too deep");
            self.too_deep = true;
            return Err(self.error("arrays and objects are nested too deep"));
        }
        self.at += 1;
        self.depth += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn array(&mut self) -> Result<Kind> {
        let mut values = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Kind::Array(values));
        }
        loop {
            values.push(self.value()?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.error("expected , or ] in the array")),
            }
        }
        self.at += 1;
        Ok(Kind::Array(values))
    }

    fn object(&mut self) -> Result<Kind> {
        let mut members = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a name in quotes"));
            }
            let name = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.error("expected : behind the name"));
            }
            members.push((name, self.value()?));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.error("expected , or } in the object")),
            }
        }
        self.at += 1;
        Ok(Kind::Object(members))
    }

    fn number(&mut self) -> Result<Kind> {
        let start = self.at;
        self.eat(b'-');
        if self.eat(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.error("a number with a zero in front"));
            }
        } else {
            self.digits()?;
        }
        let mut whole = true;
        if self.eat(b'.') {
            whole = false;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let kind = match whole {
            true => text.parse().ok().map(Kind::Integer),
            false => text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Kind::Double),
        };
        Ok(kind.unwrap_or_else(|| {
            let beyond = match whole {
                true => "an integer beyond 64 bits, which XML-RPC has no type for",
                false => "a number beyond doubles of 64 bits",
            };
            self.note_beyond(start, beyond);
            Kind::Null
        }))
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.error("expected a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(stop) = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\x1F')) else {
                self.at = self.text.len();
                return Err(self.error("the string has no end"));
            };
            out.push_str(&rest[..stop]);
            self.at += stop;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.error("a control character in a string must be escaped")),
            }
        }
        self.at += 1;
        Ok(out)
    }

    fn escape(&mut self) -> Result<char> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'u') => return self.unicode(start),
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => {
                self.at = start;
                return Err(self.error("no escape of JSON"));
            }
        };
        self.at += 1;
        Ok(c)
    }

    /// What stands behind `\u`, of two halves if the first is one of a pair.
    fn unicode(&mut self, start: usize) -> Result<char> {
        self.at += 1;
        let first = self.hex()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let behind = self.at;
        if first < 0xDC00 && self.text[behind..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                // Two halves always make a character.
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.at = behind;
        self.note_beyond(start, "half of a surrogate pair, which is no character");
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            return Err(self.error("expected four hexadecimal digits"));
        };
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::super::print::Style;
    use super::*;

    fn again(text: &str) -> String {
        Style::Compact.print(&parse(text).unwrap())
    }

    #[test]
    fn values_come_back_as_they_were() {
        for text in [
            "null",
            "true",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
            "9007199254740993",
            "1.0",
            "-0.5",
            "1e300",
            r#""""#,
            r#""a\"\\\n\u001bé😀""#,
            "[]",
            "{}",
            r#"[1,[2.5,{"a":[]}],"x"]"#,
            r#"{"b":1,"a":2,"__proto__":3,"constructor":null,"":{}}"#,
        ] {
            assert_eq!(again(text), text);
        }
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for (text, same) in [
            (" [ 1 ,\t2\r\n] ", "[1,2]"),
            ("\u{FEFF}[]", "[]"),
            ("{ \"a\" : 1 }", r#"{"a":1}"#),
            ("1E2", "100.0"),
            ("1.50", "1.5"),
            (r#""\u0041\ud83d\ude00\/""#, "\"A😀/\""),
        ] {
            assert_eq!(again(text), same);
        }
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, at, message) in [
            ("", 0, "a value is missing"),
            ("nul", 0, "no JSON value begins like this"),
            ("[1 2]", 3, "expected , or ] in the array"),
            ("[1,]", 3, "no JSON value begins like this"),
            ("{\"a\" 1}", 5, "expected : behind the name"),
            ("{a:1}", 1, "expected a name in quotes"),
            ("1 2", 2, "more text behind the value"),
            ("01", 1, "a number with a zero in front"),
            ("-", 1, "expected a digit"),
            ("1.", 2, "expected a digit"),
            (
                "[18446744073709551616]",
                1,
                "an integer beyond 64 bits, which XML-RPC has no type for",
            ),
            (
                "9223372036854775808",
                0,
                "an integer beyond 64 bits, which XML-RPC has no type for",
            ),
            ("1e999", 0, "a number beyond doubles of 64 bits"),
            ("\"a", 2, "the string has no end"),
            ("\"a\nb\"", 2, "a control character in a string must be escaped"),
            (r#""\x""#, 1, "no escape of JSON"),
            (r#""\u12é4""#, 3, "expected four hexadecimal digits"),
            (
                r#""\ud800x""#,
                1,
                "half of a surrogate pair, which is no character",
            ),
            (
                r#""\ude00""#,
                1,
                "half of a surrogate pair, which is no character",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.at, &*error.message), (at, message), "{text}");
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(again(&nested(DEPTH)), nested(DEPTH));
        assert_eq!(parse(&nested(DEPTH + 1)).unwrap_err().at, DEPTH);
        assert_eq!(parse(&"[".repeat(10_000_000)).unwrap_err().at, DEPTH);
    }

    #[test]
    fn what_cannot_be_sent_is_json_all_the_same() {
        for text in [
            r#"{"id":7,"a":[18446744073709551616,1e999]}"#,
            r#"{"id":7,"a":"\ud800"}"#,
        ] {
            let parsed = read(text).unwrap();
            assert!(matches!(parsed.json.member("id").unwrap().kind, Kind::Integer(7)));
            assert!(parsed.sendable().is_err(), "{text}");
        }
        assert!(read("[18446744073709551616").is_err());
    }
}
