//! Calls: read by default, strictly and under tight limits, whole and in steps, and written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_core::{
    Call, Category, Decoder, Dialect, Encoder, Error, Limits, MethodCall, NonFinite, Reading, Value,
};
use xmlrpc_fuzz::{assert_error, assert_keeps, choices, is_too_long, only_refuses};

type Outcome = Result<MethodCall, Error>;

fuzz_target!(|document: &[u8]| {
    let usual = read(&Decoder::new(), document);
    read_as_multicall(&usual, document);
    let strict = read(&Decoder::new().reading(Reading::strict()), document);
    only_refuses(&strict, &usual);

    let limits = choices::tight();
    let tight = read(&Decoder::new().limits(limits.clone()), document);
    only_refuses(&tight, &usual);
    match (&tight, &usual) {
        (Ok(call), _) => {
            assert!(document.len() <= limits.document_bytes);
            assert!(call.method.len() <= limits.name_bytes, "{}", call.method);
            assert_keeps(&call.params, &limits);
        }
        (Err(error), Ok(_)) => assert_eq!(error.category(), Category::Limit, "{error:?}"),
        _ => {}
    }
    if let Some(document) = choices::utf16(document) {
        same_in_utf16(&read(&Decoder::new(), &document), &usual);
    }
    if let Ok(call) = &usual {
        assert_keeps(&call.params, &Limits::default());
        write_again(call, document);
    }
});

fn read(decoder: &Decoder, document: &[u8]) -> Outcome {
    let whole = decoder.method_call::<Vec<Value>>(document);
    let in_steps = decoder.call(document.to_vec()).and_then(|call| {
        let params = call.params.values();
        let skipped = call.params.reader().and_then(|mut reader| reader.skip_all());
        match (&params, &skipped) {
            (Ok(params), Ok(count)) => assert_eq!(params.len(), *count),
            (Err(error), Err(skipped)) => assert_eq!(error.to_string(), skipped.to_string()),
            _ => panic!("{params:?}, but skipped {skipped:?}"),
        }
        params.map(|params| MethodCall {
            method: call.method,
            params,
        })
    });
    match (&whole, &in_steps) {
        (Ok(whole), Ok(in_steps)) => assert_eq!(whole, in_steps),
        (Err(whole), Err(in_steps)) => assert_eq!(whole.to_string(), in_steps.to_string()),
        _ => panic!("{whole:?}, but in steps {in_steps:?}"),
    }
    if let Err(error) = &whole {
        assert_error(error, document);
        assert!(
            error.position().is_some() || error.category() == Category::Encoding || is_too_long(error),
            "{error:?}"
        );
    }
    whole
}

/// The same call, or the same refusal at the same place of the text.
fn same_in_utf16(transcoded: &Outcome, usual: &Outcome) {
    match (transcoded, usual) {
        (Ok(transcoded), Ok(usual)) => assert_eq!(transcoded, usual),
        (Err(transcoded), Err(usual)) => {
            let about = |error: &Error| {
                let place = error
                    .position()
                    .map(|place| (place.offset(), place.line(), place.column()));
                (error.category(), place, error.path().to_owned())
            };
            assert_eq!(about(transcoded), about(usual));
        }
        _ => panic!("{transcoded:?} in UTF-16, but {usual:?}"),
    }
}

/// Whatever was read can be written, from values and from the document itself, and is read as the same.
fn write_again(call: &MethodCall, document: &[u8]) {
    let encoder = Encoder::new().dialect(Dialect::default().non_finite(NonFinite::Text));
    let written = encoder.method_call(&call.method, &call.params).unwrap();
    assert_eq!(MethodCall::from_slice(&written).as_ref().ok(), Some(call));

    let passed_on: Call = Decoder::new().call(document.to_vec()).unwrap();
    let passed_on = encoder.call(&passed_on).unwrap();
    assert_eq!(MethodCall::from_slice(&passed_on).as_ref().ok(), Some(call));
}

/// The entries of a multicall are what the values of a document say, and only what is wrong inside of them is let pass.
fn read_as_multicall(usual: &Outcome, document: &[u8]) {
    let entries = Decoder::new()
        .call(document.to_vec())
        .and_then(|call| call.params.into_multicall(usize::MAX));
    let call = match usual {
        Ok(call) => call,
        Err(error) => {
            let may_pass = matches!(error.category(), Category::Data | Category::Protocol);
            assert!(entries.is_err() || may_pass, "{error:?}, but {entries:?}");
            return;
        }
    };
    let [Value::Array(values)] = &*call.params else {
        assert_eq!(entries.unwrap_err().category(), Category::Data);
        return;
    };
    let entries = entries.unwrap();
    assert_eq!(entries.count_in_document(), values.len());
    for (entry, value) in entries.zip(values) {
        let is_white = |c: char| " \t\n\r".contains(c);
        let method = value["methodName"]
            .as_str()
            .map(|name| name.trim_matches(is_white));
        let params = match &value["params"] {
            Value::Array(params) => Some(&params[..]),
            Value::Nil
                if value
                    .as_struct()
                    .is_some_and(|members| members.get("params").is_none()) =>
            {
                Some(&[][..])
            }
            _ => None,
        };
        match (entry, method, params) {
            (Ok(entry), Some(method), Some(params)) => {
                assert_eq!(entry.method, method);
                assert_eq!(entry.params.values().unwrap(), params);
            }
            (Err(_), method, params) => {
                assert!(method.is_none_or(str::is_empty) || params.is_none(), "{value:?}");
            }
            (entry, ..) => panic!("{entry:?} of {value:?}"),
        }
    }
}
