//! What can be written is read as the same.
//!
//! The first byte says what the rest is, a value in bytes of its own or a document; the next two choose the dialect.
#![no_main]

use std::hash::{BuildHasher, RandomState};

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use xmlrpc_core::{
    Category, Decoder, Dialect, Encoder, Error, Forbidden, Limits, MethodCall, MethodResponse, NilForm,
    NonFinite, Reading, Value, WideForm, from_value_ref, to_value,
};
use xmlrpc_fuzz::values::{Carried, arriving, carried, text, value};
use xmlrpc_fuzz::{assert_error, choices};

fuzz_target!(|input: &[u8]| {
    let Some(([kind, first, second], rest)) = choices::split(input) else {
        return;
    };
    let dialect = choices::dialect([first, second]);
    if kind & 1 == 1 {
        document(rest, dialect);
        return;
    }
    let mut bytes = Unstructured::new(rest);
    if let (Ok(name), Ok(value)) = (text(&mut bytes), value(&mut bytes)) {
        kept_by_serde(&value);
        call(&name, &value, &dialect);
        result(&value, &dialect);
    }
});

/// A reader of all that the dialect writes.
fn decoder(dialect: &Dialect, reading: Reading) -> Decoder {
    Decoder::new()
        .limits(Limits::default().depth(usize::MAX))
        .reading(reading.forbidden_characters(Forbidden::Pass))
        .charset(dialect.encoding.name())
}

fn kept_by_serde(value: &Value) {
    assert_eq!(to_value(value).as_ref().ok(), Some(value));
    assert_eq!(from_value_ref::<Value>(value).as_ref().ok(), Some(value));
    let copy = value.clone();
    assert_eq!(&copy, value);
    let state = RandomState::new();
    assert_eq!(state.hash_one(&copy), state.hash_one(value));
}

/// A result is carried or refused by the dialect's rules, and whatever arrives can be sent on unchanged.
fn result(value: &Value, dialect: &Dialect) {
    let Carried {
        by_dialect,
        in_strict_forms,
    } = carried(value, dialect);
    let encoder = Encoder::new().dialect(dialect.clone());
    let written = match encoder.method_response(value) {
        Ok(written) => written,
        Err(error) => {
            assert!(!by_dialect, "{error:?}");
            return assert_refusal(&error);
        }
    };
    assert!(by_dialect, "{value:?} in {dialect:?}");
    let expected = arriving(value.clone(), dialect);
    let arrived = read(&decoder(dialect, Reading::default()), &written);
    assert_same(&arrived, &expected);
    if in_strict_forms {
        assert_same(&read(&decoder(dialect, Reading::strict()), &written), &expected);
    }
    assert_eq!(encoder.method_response(&arrived).as_ref().ok(), Some(&written));
    let encoded = encoder.result(value).unwrap();
    assert_eq!(encoded.parse::<Value>().as_ref().ok(), Some(&expected));
    assert_eq!(encoded.into_response().as_ref().ok(), Some(&written));

    if let Ok(bare) = encoder.value(value) {
        let arrived: Value = decoder(dialect, Reading::default()).value(&bare).unwrap();
        assert_same(&arrived, &expected);
    }
}

fn read(decoder: &Decoder, response: &[u8]) -> Value {
    match decoder.method_response(response) {
        Ok(MethodResponse::Success(value)) => value,
        other => panic!("{other:?}"),
    }
}

/// Parameters arrive as they were, by way of a whole call and of parameters that wait.
fn call(name: &str, value: &Value, dialect: &Dialect) {
    let encoder = Encoder::new().dialect(dialect.clone());
    let params = [value, value];
    let written = match encoder.method_call(name, &params) {
        Ok(written) => written,
        Err(error) => return assert_refusal(&error),
    };
    let expected = [arriving(value.clone(), dialect), arriving(value.clone(), dialect)];
    let call: MethodCall = decoder(dialect, Reading::default())
        .method_call(&written)
        .unwrap();
    assert_eq!(call.method, name);
    assert_eq!(call.params, expected);

    let mut waiting = encoder.params(&params[1..]).unwrap();
    waiting.prepend(value).unwrap();
    assert_eq!(waiting.values().as_deref().ok(), Some(&expected[..]));
}

/// What a document holds is written and read as the same.
fn document(document: &[u8], dialect: Dialect) {
    let dialect = dialect
        .nil(NilForm::Element)
        .wide_integers(WideForm::Element)
        .non_finite(NonFinite::Text)
        .forbidden_characters(Forbidden::Pass);
    let Ok(value) = Decoder::new()
        .reading(choices::reading_back())
        .value::<Value>(document)
    else {
        return;
    };
    kept_by_serde(&value);
    result(&value, &dialect);
}

fn assert_refusal(error: &Error) {
    assert_eq!((error.category(), error.position()), (Category::Data, None));
    assert_error(error, b"");
}

/// Equal, and in the same order and with the same sign of zero.
fn assert_same(value: &Value, expected: &Value) {
    assert_eq!(value, expected);
    assert_eq!(format!("{value:?}"), format!("{expected:?}"));
}
