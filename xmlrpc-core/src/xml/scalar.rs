//! The texts of scalars.

use super::tag::Type;
use super::text::trimmed;
use crate::error::{Category, Error, Result, excerpt};
use crate::reading::{Policy, Reading};
use crate::token::Token;
use crate::{base64, datetime};

/// The token that the text of a scalar other than a string stands for.
pub(super) fn parse(kind: Type, text: &str, reading: &Reading) -> Result<Token<'static>> {
    match kind {
        Type::Int if reading.overlong_ints == Policy::Refuse => integer(text, "int", reading).map(Token::Int),
        Type::Int => integer(text, "int", reading).map(narrowest),
        Type::I8 => integer(text, "i8", reading).map(Token::I8),
        Type::I1 => integer::<i8>(text, "i1", reading).map(|number| Token::Int(number.into())),
        Type::I2 => integer::<i16>(text, "i2", reading).map(|number| Token::Int(number.into())),
        Type::BigInteger => integer::<i64>(text, "an integer of at most 64 bits", reading).map(narrowest),
        Type::Boolean => boolean(text, reading).map(Token::Boolean),
        Type::Double => double(text, reading).map(Token::Double),
        Type::DateTime => datetime::DateTime::read(bare(text, reading), reading.date_time_forms)
            .map(Token::DateTime)
            .ok_or_else(|| datetime::mismatch(text)),
        Type::Base64 => base64::decode(text, reading.base64_forms)
            .map(|bytes| Token::Base64(bytes.into()))
            .ok_or_else(|| mismatch("base64", text)),
        Type::Nil if trimmed(text).is_empty() => Ok(Token::Nil),
        Type::Nil => Err(Error::mismatch(
            Category::Protocol,
            "nothing inside of <nil>",
            excerpt(text),
        )),
        Type::String => Ok(Token::String(text.to_owned().into())),
    }
}

fn mismatch(expected: &'static str, text: &str) -> Error {
    Error::mismatch(Category::Data, expected, excerpt(text))
}

/// The text without the white space that the reading allows around it.
fn bare<'t>(text: &'t str, reading: &Reading) -> &'t str {
    if reading.scalar_space == Policy::Accept {
        trimmed(text)
    } else {
        text
    }
}

/// A sign and ASCII digits. Rust's own rule, with `+` and leading zeros, is XML-RPC's.
fn integer<N: std::str::FromStr>(text: &str, expected: &'static str, reading: &Reading) -> Result<N> {
    bare(text, reading).parse().map_err(|_| mismatch(expected, text))
}

fn narrowest(number: i64) -> Token<'static> {
    i32::try_from(number).map_or(Token::I8(number), Token::Int)
}

fn boolean(text: &str, reading: &Reading) -> Result<bool> {
    match bare(text, reading) {
        "1" => Ok(true),
        "0" => Ok(false),
        "true" if reading.boolean_words == Policy::Accept => Ok(true),
        "false" if reading.boolean_words == Policy::Accept => Ok(false),
        _ => Err(mismatch("boolean", text)),
    }
}

/// Rust reads the same doubles, and the words for NaN and infinities; a number that becomes infinite is out of range.
pub(super) fn double(text: &str, reading: &Reading) -> Result<f64> {
    let number = bare(text, reading);
    let has = |letters: [u8; 2]| number.bytes().any(|b| letters.contains(&b));
    let accepted = |value: &f64| {
        if value.is_finite() {
            reading.exponents == Policy::Accept || !has(*b"eE")
        } else {
            reading.non_finite == Policy::Accept && has(*b"nN")
        }
    };
    number
        .parse()
        .ok()
        .filter(accepted)
        .ok_or_else(|| mismatch("double", text))
}
