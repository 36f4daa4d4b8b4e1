//! Typed JSON: each value an object of one name, that of its type, so that nothing is lost either way.
//!
//! `{"int":5}`, `{"i8":5}`, `{"boolean":true}`, `{"double":1.5}`, `{"string":"x"}`, `{"dateTime.iso8601":"19980717T14:08:55"}`,
//! `{"base64":"…"}`, `{"array":[…]}`, `{"struct":{…}}`, `{"nil":null}`. Doubles that JSON lacks are `{"double":"NaN"}`, `"inf"` and
//! `"-inf"`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use xmlrpc_client::{Array, Struct, Value};

use super::plain::double;
use super::{Error, Json, Kind, Result};

/// The standard alphabet, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A value with its type.
pub(crate) fn from_value(value: &Value) -> Json {
    let kind = match value {
        Value::Double(number) => double(*number),
        Value::Array(values) => Kind::Array(values.iter().map(from_value).collect()),
        Value::Struct(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_owned(), from_value(value)));
            Kind::Object(members.collect())
        }
        scalar => super::plain::from_value(scalar).kind,
    };
    Json::tagged(value.type_name(), kind)
}

/// The value that typed JSON stands for.
pub(crate) fn to_value(json: Json) -> Result<Value> {
    let at = json.at;
    let Some((name, data)) = only_member(json) else {
        return Err(wrong(
            at,
            "expected a value with its type, such as {\"int\":5} or {\"string\":\"x\"}",
        ));
    };
    let inner = data.at;
    match (name.as_str(), data.kind) {
        ("array", Kind::Array(values)) => {
            let values: Result<Array> = values.into_iter().map(to_value).collect();
            values.map(Value::Array)
        }
        ("struct", Kind::Object(members)) => {
            let members = members
                .into_iter()
                .map(|(name, value)| Ok((name, to_value(value)?)));
            members.collect::<Result<Struct>>().map(Value::Struct)
        }
        (name, data) => match (scalar(name, data), expected(name)) {
            (Some(value), _) => Ok(value),
            (None, Some(expected)) => Err(wrong(inner, format!("expected {expected} for {name}"))),
            (None, None) => Err(wrong(at, format!("no type of XML-RPC; they are {TYPES}"))),
        },
    }
}

const TYPES: &str = "int, i8, boolean, double, string, dateTime.iso8601, base64, array, struct, nil";

fn wrong(at: usize, message: impl Into<Cow<'static, str>>) -> Error {
    Error {
        at,
        message: message.into(),
    }
}

/// The name and value of an object that has one member.
fn only_member(json: Json) -> Option<(String, Json)> {
    let Kind::Object(members) = json.kind else {
        return None;
    };
    let mut members = members.into_iter();
    members.next().filter(|_| members.next().is_none())
}

fn scalar(name: &str, data: Kind) -> Option<Value> {
    match (name, data) {
        ("int" | "i4", Kind::Integer(number)) => number.try_into().ok().map(Value::Int),
        ("i8", Kind::Integer(number)) => Some(Value::I8(number)),
        ("boolean", Kind::Boolean(truth)) => Some(Value::Boolean(truth)),
        ("double", Kind::Double(number)) => Some(Value::Double(number)),
        ("double", Kind::Integer(number)) => exact(number).map(Value::Double),
        ("double", Kind::Text(word)) => non_finite(&word).map(Value::Double),
        ("string", Kind::Text(text)) => Some(Value::String(text)),
        ("dateTime.iso8601", Kind::Text(text)) => text.parse().ok().map(Value::DateTime),
        ("base64", Kind::Text(text)) => base64(&text).map(|bytes| Value::Base64(bytes.into())),
        ("nil", Kind::Null) => Some(Value::Nil),
        _ => None,
    }
}

/// What a type has as its value; `None` for what is no type.
fn expected(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" | "i4" => "an integer of 32 bits",
        "i8" => "an integer",
        "boolean" => "true or false",
        "double" => "a number, or \"NaN\", \"inf\" or \"-inf\"",
        "string" => "a string",
        "dateTime.iso8601" => "a date-time such as \"19980717T14:08:55\"",
        "base64" => "a string in base64",
        "array" => "an array",
        "struct" => "an object",
        "nil" => "null",
        _ => return None,
    })
}

/// A whole double; `None` where it would become another number.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the result is compared with what it came from"
)]
fn exact(number: i64) -> Option<f64> {
    let double = number as f64;
    (double as i128 == i128::from(number)).then_some(double)
}

fn non_finite(word: &str) -> Option<f64> {
    match word {
        "NaN" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The bytes, whatever white space stands in their text.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    BASE64.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::print::Style;
    use super::*;

    #[test]
    fn every_type_comes_back_as_it_was() {
        for text in [
            r#"{"int":-5}"#,
            r#"{"i8":5}"#,
            r#"{"i8":9223372036854775807}"#,
            r#"{"boolean":true}"#,
            r#"{"double":1.0}"#,
            r#"{"double":"NaN"}"#,
            r#"{"double":"-inf"}"#,
            r#"{"string":"x"}"#,
            r#"{"dateTime.iso8601":"19980717T14:08:55"}"#,
            r#"{"base64":"QUJD"}"#,
            r#"{"array":[{"nil":null},{"array":[]}]}"#,
            r#"{"struct":{"b":{"int":1},"a":{"string":""},"__proto__":{"int":2}}}"#,
        ] {
            let value = to_value(parse(text).unwrap()).unwrap();
            assert_eq!(Style::Compact.print(&from_value(&value)), text);
        }
    }

    #[test]
    fn what_is_no_typed_value_has_a_place() {
        for (text, at, part) in [
            ("5", 0, "a value with its type"),
            (r#"{"int":1,"i8":2}"#, 0, "a value with its type"),
            (r#"{"array":[{"int":1},2]}"#, 20, "a value with its type"),
            (r#"{"integer":1}"#, 0, "no type of XML-RPC"),
            (r#"{"int":5000000000}"#, 7, "expected an integer of 32 bits"),
            (r#"{"int":1.5}"#, 7, "expected an integer"),
            (r#"{"double":9007199254740993}"#, 10, "expected a number"),
            (r#"{"double":"many"}"#, 10, "expected a number"),
            (r#"{"base64":"*"}"#, 10, "base64"),
            (r#"{"dateTime.iso8601":"today"}"#, 20, "19980717T14:08:55"),
            (r#"{"nil":0}"#, 7, "expected null"),
        ] {
            let error = to_value(parse(text).unwrap()).unwrap_err();
            assert!(
                error.at == at && error.message.contains(part),
                "{text}: {error:?}"
            );
        }
    }
}
