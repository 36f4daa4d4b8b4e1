//! An argument of the command line as a value.
//!
//! | argument | value |
//! |---|---|
//! | `5`, `1.5`, `true`, `null`, `[1,2]`, `{"a":1}`, `"5"` | what it is in JSON |
//! | `@file`, `@-` | the bytes of a file or of standard input, as base64 |
//! | anything else | the text itself |
//!
//! A text that would be something else is written as a string of JSON: `'"5"'`, `'"@home"'`.

use std::path::Path;

use xmlrpc_client::{Base64, Value};

use crate::document::Types;
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::json::{self, Json, Kind, parse, plain};

/// The longest file that is sent.
const FILE_BYTES: usize = 1 << 30;

pub(crate) fn to_value(argument: &str, types: Types) -> Result<Value> {
    if let Some(file) = argument.strip_prefix('@') {
        return file_to_value(file);
    }
    let Ok(parsed) = parse::read(argument) else {
        return Ok(Value::from(argument));
    };
    let json = parsed.sendable().map_err(|error| refused(argument, &error))?;
    match types {
        Types::Typed if !is_scalar(&json) => types.to_value(json).map_err(|error| refused(argument, &error)),
        // A number that stands alone needs no type on a command line.
        _ => Ok(plain::to_value(json)),
    }
}

fn is_scalar(json: &Json) -> bool {
    !matches!(json.kind, Kind::Array(_) | Kind::Object(_))
}

fn file_to_value(file: &str) -> Result<Value> {
    if file.is_empty() {
        return Err(Failure::usage(
            "@ needs a file, or - for standard input; the text is '\"@\"'",
        ));
    }
    let source = Source::new(Some(Path::new(file)));
    let bytes = source.read(FILE_BYTES)?;
    if bytes.len() > FILE_BYTES {
        return Err(Failure::usage(format!(
            "{}: longer than {FILE_BYTES} bytes",
            source.path().display()
        )));
    }
    Ok(Value::Base64(Base64::from(bytes)))
}

fn refused(argument: &str, error: &json::Error) -> Failure {
    Failure::Usage(format!(
        "an argument cannot be sent: {}",
        error.explained(argument)
    ))
}

#[cfg(test)]
mod tests {
    use xmlrpc_client::value;

    use super::*;

    #[test]
    fn json_is_json_and_the_rest_is_text() {
        for (argument, expected) in [
            ("5", value!(5)),
            ("-5", value!(-5)),
            ("5.0", value!(5.0)),
            ("9007199254740993", value!(9_007_199_254_740_993_i64)),
            ("true", value!(true)),
            ("null", value!(nil)),
            ("[1,\"x\"]", value!([1, "x"])),
            ("{\"a\":{\"b\":2}}", value!({ "a": { "b": 2 } })),
            ("\"5\"", value!("5")),
            ("\"@x\"", value!("@x")),
            ("", value!("")),
            ("hello", value!("hello")),
            ("True", value!("True")),
            ("[1,", value!("[1,")),
            ("007", value!("007")),
            ("1.2.3", value!("1.2.3")),
            ("+5", value!("+5")),
            ("NaN", value!("NaN")),
            ("a@b", value!("a@b")),
        ] {
            assert_eq!(to_value(argument, Types::Plain).unwrap(), expected, "{argument}");
        }
    }

    #[test]
    fn types_can_be_given_and_scalars_need_none() {
        for (argument, expected) in [
            ("{\"i8\":5}", Value::I8(5)),
            ("{\"array\":[{\"double\":1}]}", value!([1.0])),
            ("5", value!(5)),
            ("hello", value!("hello")),
        ] {
            assert_eq!(to_value(argument, Types::Typed).unwrap(), expected, "{argument}");
        }
        for refused in ["[1]", "{\"a\":1}", "{\"int\":\"x\"}"] {
            assert!(
                matches!(to_value(refused, Types::Typed), Err(Failure::Usage(_))),
                "{refused}"
            );
        }
    }

    #[test]
    fn numbers_that_cannot_be_sent_are_refused() {
        for argument in [
            "9223372036854775808",
            "-9223372036854775809",
            "[1,18446744073709551615]",
            "{\"a\":1e999}",
        ] {
            let Err(Failure::Usage(message)) = to_value(argument, Types::Plain) else {
                panic!("{argument}");
            };
            assert!(message.contains("64 bits"), "{message}");
        }
    }
}
