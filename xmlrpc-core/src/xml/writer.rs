//! The writer: values to bytes.

use super::escape::escape;
use super::short::{append_clean, append_integer, append_text};
use super::trail;
use crate::base64;
use crate::datetime::DateTime;
use crate::dialect::{Base64Lines, Dialect, IntTag, NilForm, NonFinite, WideForm};
use crate::error::{Category, Error, Result};
use crate::ser::Sink;
use crate::token::Token;

/// Bytes that a document begins with room for: enough for a small call, so that it is not moved while it grows.
const FIRST: usize = 1024;

/// With less room than this left, more is made for a container: four times what there was, so that a document is moved less often
/// than by doubling.
const ROOM: usize = 512;
/// Documents that are larger grow as vectors do.
const LARGE: usize = 1 << 20;

/// Writes values, one after the other, in UTF-8; the encoding comes last, when the document is complete.
///
/// What is open, and where in it the writer is, stands in what it wrote: nobody keeps count, since only an error asks
/// ([`trail`](super::trail)).
#[derive(Debug)]
pub(crate) struct Writer<'d> {
    out: Vec<u8>,
    dialect: &'d Dialect,
    /// Whether a struct has just begun, so that no member has to be ended before the next one or the struct's end.
    in_empty_struct: bool,
    /// Where the value at hand begins, whatever it stands in: behind what was XML already.
    start: usize,
    /// Whether the outermost value is a whole result.
    is_result: bool,
    /// Whether the root element declares Apache's namespace.
    pub(super) declares_extensions: bool,
}

impl<'d> Writer<'d> {
    pub(crate) fn new(dialect: &'d Dialect) -> Self {
        Self::continued(Vec::with_capacity(FIRST), dialect)
    }

    pub(crate) fn dialect(&self) -> &'d Dialect {
        self.dialect
    }

    /// Says that values encoded elsewhere may hold Apache's elements.
    pub(crate) fn declare_extensions(&mut self) {
        self.declares_extensions = true;
    }

    /// Says that the next value is the result of a method.
    pub(crate) fn expect_result(&mut self) {
        self.is_result = true;
    }

    /// Goes on with a document that was begun before, in UTF-8.
    pub(crate) fn continued(out: Vec<u8>, dialect: &'d Dialect) -> Self {
        Self {
            in_empty_struct: false,
            start: out.len(),
            out,
            dialect,
            is_result: false,
            declares_extensions: dialect.uses_extensions(),
        }
    }

    /// Bytes written so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// What was written, as text.
    pub(crate) fn into_text(self) -> String {
        // Everything that is appended comes from `str`.
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// The document in UTF-8.
    pub(crate) fn into_utf8(self) -> Vec<u8> {
        self.out
    }

    /// The document in the dialect's encoding.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.dialect.encoding.encode(self.out)
    }

    /// Appends something that is XML already, and behind which a value begins, or what stands around values goes on.
    #[inline(always)]
    pub(crate) fn raw(&mut self, xml: &str) {
        self.raw_utf8(xml.as_bytes());
    }

    /// The same in bytes.
    #[inline(always)]
    pub(crate) fn raw_utf8(&mut self, xml: &[u8]) {
        self.out.extend_from_slice(xml);
        self.start = self.out.len();
    }

    /// Appends a part of the value at hand.
    #[inline(always)]
    fn put(&mut self, xml: &str) {
        self.out.extend_from_slice(xml.as_bytes());
    }

    pub(super) fn int(&mut self, number: i32) {
        self.int_of_any_size(number.into());
    }

    #[inline(always)]
    fn int_of_any_size(&mut self, number: i64) {
        match self.dialect.int_tag {
            IntTag::Int => self.integer("<value><int>", number, "</int></value>"),
            IntTag::I4 => self.integer("<value><i4>", number, "</i4></value>"),
        }
    }

    /// An integer that is `<i8>` by type.
    fn i8(&mut self, number: i64) -> Result<()> {
        match self.dialect.wide_integers {
            WideForm::Element => self.integer("<value><i8>", number, "</i8></value>"),
            WideForm::Extension => self.integer("<value><ex:i8>", number, "</ex:i8></value>"),
            WideForm::Int => self.int_of_any_size(number),
            WideForm::Text => self.integer("<value><string>", number, "</string></value>"),
            WideForm::Refuse => match i32::try_from(number) {
                Ok(number) => self.int(number),
                Err(_) => {
                    let expected = "an integer of 32 bits (see Dialect::wide_integers)";
                    return Err(self.refused(Error::mismatch(Category::Data, expected, number.to_string())));
                }
            },
        }
        Ok(())
    }

    #[inline(always)]
    fn integer(&mut self, open: &'static str, number: i64, close: &'static str) {
        append_integer(open, number, close, &mut self.out);
    }

    fn boolean(&mut self, truth: bool) {
        self.scalar(
            "<value><boolean>",
            if truth { "1" } else { "0" },
            "</boolean></value>",
        );
    }

    fn double(&mut self, number: f64) -> Result<()> {
        if number.is_finite() {
            self.finite(zmij::Buffer::new().format_finite(number));
            return Ok(());
        }
        if self.dialect.non_finite == NonFinite::Refuse {
            let found = number.to_string();
            return Err(self.refused(Error::mismatch(
                Category::Data,
                "a finite double (see Dialect::non_finite)",
                found,
            )));
        }
        let word = if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        self.scalar("<value><double>", word, "</double></value>");
        Ok(())
    }

    /// The shortest digits that read back to the same number, without an exponent.
    fn finite(&mut self, shortest: &str) {
        const OPEN: &str = "<value><double>";
        const CLOSE: &str = "</double></value>";
        let has_exponent = shortest.bytes().rev().take("e-308".len()).any(|b| b == b'e');
        if !has_exponent && append_clean(OPEN, shortest, CLOSE, &mut self.out) {
            return;
        }
        self.put(OPEN);
        match shortest.split_once('e') {
            None => self.put(shortest),
            Some((digits, exponent)) => plain_decimal(digits, exponent.parse().unwrap_or(0), &mut self.out),
        }
        self.put(CLOSE);
    }

    pub(super) fn string(&mut self, text: &str) -> Result<()> {
        self.enclosed("<value><string>", text, "</string></value>")
    }

    fn date_time(&mut self, moment: DateTime) {
        self.scalar(
            "<value><dateTime.iso8601>",
            &moment.to_string(),
            "</dateTime.iso8601></value>",
        );
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.put("<value><base64>");
        base64::encode(
            bytes,
            self.dialect.base64_lines == Base64Lines::Wrapped,
            &mut self.out,
        );
        self.put("</base64></value>");
    }

    fn nil(&mut self) -> Result<()> {
        match self.dialect.nil {
            NilForm::Element => self.put("<value><nil/></value>"),
            NilForm::Extension => self.put("<value><ex:nil/></value>"),
            NilForm::EmptyResult if self.is_result && self.out.len() == self.start => {
                self.put("<value><string></string></value>");
            }
            NilForm::EmptyResult => {
                return Err(self.refused(Error::data("the dialect has no nil (see Dialect::nil)")));
            }
        }
        Ok(())
    }

    fn array_start(&mut self) {
        self.make_room();
        self.put("<value><array><data>");
    }

    fn array_end(&mut self) {
        self.put("</data></array></value>");
    }

    fn struct_start(&mut self) {
        self.make_room();
        self.put("<value><struct>");
        self.in_empty_struct = true;
    }

    /// Writes the name of a member, whose value has to follow.
    fn name(&mut self, name: &str) -> Result<()> {
        if std::mem::take(&mut self.in_empty_struct) {
            self.enclosed("<member><name>", name, "</name>")
        } else {
            self.enclosed("</member><member><name>", name, "</name>")
        }
    }

    fn struct_end(&mut self) {
        if std::mem::take(&mut self.in_empty_struct) {
            self.put("</struct></value>");
        } else {
            self.put("</member></struct></value>");
        }
    }

    /// Writes text of a name or string between tags.
    #[inline(always)]
    fn enclosed(&mut self, open: &'static str, text: &str, close: &'static str) -> Result<()> {
        if !append_text(open, text, close, &mut self.out) {
            self.put(open);
            self.text(text)?;
            self.put(close);
        }
        Ok(())
    }

    /// Writes text. Out of line: it is what few texts need.
    #[inline(never)]
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        escape(text, self.dialect.forbidden_characters, &mut self.out).map_err(|c| {
            let message = format!(
                "U+{:04X}, which XML cannot carry (see Dialect::forbidden_characters)",
                u32::from(c)
            );
            self.refused(Error::data(message))
        })
    }

    /// Makes room for the container that begins.
    fn make_room(&mut self) {
        if self.out.capacity() - self.out.len() < ROOM && self.out.len() < LARGE {
            self.out.reserve(3 * self.out.len());
        }
    }

    fn refused(&self, error: Error) -> Error {
        error.at(|| (None, self.path()))
    }

    fn path(&self) -> String {
        trail::path(&self.out[self.start..])
    }

    /// Inlined always: tags of known length are appended by a few instructions, and others by a call each.
    #[inline(always)]
    fn scalar(&mut self, open: &'static str, text: &str, close: &'static str) {
        self.put(open);
        self.put(text);
        self.put(close);
    }
}

impl Sink for Writer<'_> {
    /// Inlined always: nearly every caller knows which token it is, and is left with the one thing to write.
    #[inline(always)]
    fn token(&mut self, token: Token<'_>) -> Result<()> {
        match token {
            Token::Int(number) => self.int(number),
            Token::I8(number) => self.i8(number)?,
            Token::Boolean(truth) => self.boolean(truth),
            Token::Double(number) => self.double(number)?,
            Token::String(text) => self.string(&text)?,
            Token::DateTime(moment) => self.date_time(moment),
            Token::Base64(bytes) => self.base64(&bytes),
            Token::Nil => self.nil()?,
            Token::ArrayStart => self.array_start(),
            Token::ArrayEnd => self.array_end(),
            Token::StructStart => self.struct_start(),
            Token::Name(name) => self.name(&name)?,
            Token::StructEnd => self.struct_end(),
        }
        Ok(())
    }

    fn place(&self) -> String {
        self.path()
    }
}

/// Appends `digits` × 10^`exponent`, as `1e308` and `-2.5e-7` have them, with zeros in place of the exponent.
fn plain_decimal(digits: &str, exponent: i32, out: &mut Vec<u8>) {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    out.extend_from_slice(sign.as_bytes());
    let zeros = |count: usize, out: &mut Vec<u8>| out.resize(out.len() + count, b'0');
    let shift = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        zeros(shift - whole.len().min(shift), out);
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
    } else {
        let (integral, fraction) = fraction.split_at(shift.min(fraction.len()));
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(integral.as_bytes());
        zeros(shift - integral.len(), out);
        out.push(b'.');
        out.extend_from_slice(if fraction.is_empty() {
            b"0"
        } else {
            fraction.as_bytes()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(number: f64) -> String {
        let dialect = Dialect::default();
        let mut writer = Writer::new(&dialect);
        writer.double(number).unwrap();
        let xml = String::from_utf8(writer.finish()).unwrap();
        xml.strip_prefix("<value><double>")
            .unwrap()
            .strip_suffix("</double></value>")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn doubles_are_plain_decimals() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5e-7, "-0.00000025"),
            (1e16, "10000000000000000.0"),
            (1.5e17, "150000000000000000.0"),
            (1e-5, "0.00001"),
        ] {
            assert_eq!(double(number), text);
        }
        assert_eq!(double(1e308), format!("1{}.0", "0".repeat(308)));
    }

    #[test]
    fn every_double_reads_back() {
        let mut bits: u64 = 0x9E37_79B9_7F4A_7C15;
        for _ in 0..20_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let number = f64::from_bits(bits);
            if number.is_finite() {
                let text = double(number);
                assert!(!text.contains(['e', 'E']), "{text}");
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text}");
            }
        }
        for number in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.0 / 3.0] {
            assert_eq!(double(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
