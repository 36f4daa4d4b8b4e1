//! Responses and faults, in every encoding, with every switch of the reading.
//!
//! The first byte chooses HTTP's charset, the next three the reading, the rest is the document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_core::{
    Category, Decoder, Duplicates, Error, Fault, Forbidden, Limits, MethodResponse, Policy, Reading, Value,
};
use xmlrpc_fuzz::{assert_error, assert_response, choices, is_too_long, only_refuses};

type Outcome = Result<MethodResponse, Error>;

fuzz_target!(|input: &[u8]| {
    let Some(([charset, first, second, third], document)) = choices::split(input) else {
        return;
    };
    let decoder = choices::with_charset(Decoder::new(), charset);
    let reading = choices::reading([first, second, third]);

    let chosen = read(&decoder.clone().reading(reading.clone()), document);
    // The policies only refuse. What is done with forbidden characters is another choice, which the usual reading makes as well.
    let forbidden = reading.forbidden_characters;
    let usual = read(
        &decoder
            .clone()
            .reading(Reading::default().forbidden_characters(forbidden)),
        document,
    );
    // Replaced one by one, the halves of a surrogate pair are two characters, where pairs are not taken for one.
    let replaces_halves = forbidden == Forbidden::Replace;
    if !(replaces_halves && reading.surrogate_pairs == Policy::Refuse) {
        only_refuses(&chosen, &usual);
    }
    let strict = read(
        &decoder
            .clone()
            .reading(Reading::strict().forbidden_characters(forbidden)),
        document,
    );
    if !replaces_halves {
        only_refuses(&strict, &usual);
    }
    if forbidden == Forbidden::Pass {
        only_refuses(&read(&decoder, document), &usual);
    }

    let limits = choices::tight();
    let tight = read(&decoder.limits(limits.clone()).reading(reading.clone()), document);
    only_refuses(&tight, &chosen);
    match (&tight, &chosen) {
        (Ok(response), _) => assert_response(response, &limits),
        (Err(error), Ok(_)) => assert_eq!(error.category(), Category::Limit, "{error:?}"),
        _ => {}
    }
    if let Ok(response) = &chosen {
        assert_response(response, &Limits::default());
        let plain = Reading::default().duplicates(Duplicates::LastWins);
        if let MethodResponse::Fault(fault) = response
            && reading == plain
        {
            let raw = fault.raw().cloned().unwrap();
            assert_eq!(Fault::from_value(raw, &plain).as_ref().ok(), Some(fault));
        }
    }
});

fn read(decoder: &Decoder, document: &[u8]) -> Outcome {
    let whole = decoder.method_response::<Value>(document);
    let in_steps = decoder
        .response(document.to_vec())
        .and_then(|response| match response {
            Ok(value) => value.parse().map(MethodResponse::Success),
            Err(fault) => Ok(MethodResponse::Fault(fault)),
        });
    match (&whole, &in_steps) {
        (Ok(whole), Ok(in_steps)) => assert_eq!(whole, in_steps),
        (Err(whole), Err(in_steps)) => assert_eq!(whole.to_string(), in_steps.to_string()),
        _ => panic!("{whole:?}, but in steps {in_steps:?}"),
    }
    results(decoder, document, whole.as_ref().ok());
    if let Err(error) = &whole {
        assert_error(error, document);
        assert!(
            error.position().is_some() || error.category() == Category::Encoding || is_too_long(error),
            "{error:?}"
        );
    }
    whole
}

/// Reads the document as the answer to a multicall: of an array that is read as a whole every element is, one way or the other.
fn results(decoder: &Decoder, document: &[u8], whole: Option<&MethodResponse>) {
    let Ok(Ok(answer)) = decoder.response(document.to_vec()) else {
        return;
    };
    let results = answer.into_multicall().unwrap();
    let Ok(mut reader) = results.reader() else {
        assert!(!matches!(whole, Some(MethodResponse::Success(Value::Array(_)))));
        return;
    };
    let elements = match whole {
        Some(MethodResponse::Success(Value::Array(elements))) => Some(elements),
        _ => None,
    };
    loop {
        let index = reader.count();
        match (reader.next::<Value>(), elements) {
            (Ok(Some(Ok(MethodResponse::Success(value)))), Some(elements)) => {
                let element = &elements[index];
                let only = element.as_array().map_or(element, |array| &array[0]);
                assert_eq!(value, *only);
            }
            (Ok(Some(_)), _) => {}
            (Ok(None), elements) => {
                assert!(elements.is_none_or(|elements| elements.len() == reader.count()));
                return;
            }
            (Err(error), elements) => {
                assert!(elements.is_none(), "{error:?}");
                return;
            }
        }
    }
}
