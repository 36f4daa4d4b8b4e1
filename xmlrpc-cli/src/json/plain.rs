//! Plain JSON: values without the names of their types.
//!
//! | JSON | XML-RPC |
//! |---|---|
//! | integer | `int` where it fits 32 bits, else `i8` |
//! | number with a point or an exponent | `double` |
//! | `true`, `false` | `boolean` |
//! | string | `string` |
//! | `null` | `nil` |
//! | array, object | `array`, `struct` |
//!
//! On the way back a `dateTime.iso8601` and a `base64` are strings, and doubles that JSON lacks are `"NaN"`, `"inf"` and `"-inf"`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmlrpc_client::Value;

use super::{Json, Kind};

/// A value without its type.
pub(crate) fn from_value(value: &Value) -> Json {
    let kind = match value {
        Value::Nil => Kind::Null,
        Value::Boolean(truth) => Kind::Boolean(*truth),
        Value::Int(number) => Kind::Integer((*number).into()),
        Value::I8(number) => Kind::Integer(*number),
        Value::Double(number) => double(*number),
        Value::String(text) => Kind::Text(text.clone()),
        Value::DateTime(moment) => Kind::Text(moment.to_string()),
        Value::Base64(bytes) => Kind::Text(STANDARD.encode(bytes)),
        Value::Array(values) => Kind::Array(values.iter().map(from_value).collect()),
        Value::Struct(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_owned(), from_value(value)));
            Kind::Object(members.collect())
        }
    };
    kind.into()
}

/// The value that plain JSON stands for.
pub(crate) fn to_value(json: Json) -> Value {
    match json.kind {
        Kind::Null => Value::Nil,
        Kind::Boolean(truth) => Value::Boolean(truth),
        Kind::Integer(number) => integer(number),
        Kind::Double(number) => Value::Double(number),
        Kind::Text(text) => Value::String(text),
        Kind::Array(values) => Value::Array(values.into_iter().map(to_value).collect()),
        Kind::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, to_value(value)));
            Value::Struct(members.collect())
        }
    }
}

pub(super) fn integer(number: i64) -> Value {
    match i32::try_from(number) {
        Ok(number) => Value::Int(number),
        Err(_) => Value::I8(number),
    }
}

/// A double, or the word for one that JSON lacks.
pub(super) fn double(number: f64) -> Kind {
    match number {
        _ if number.is_finite() => Kind::Double(number),
        _ if number.is_nan() => Kind::Text("NaN".to_owned()),
        f64::INFINITY => Kind::Text("inf".to_owned()),
        _ => Kind::Text("-inf".to_owned()),
    }
}
