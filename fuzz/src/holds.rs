//! What holds for whatever comes in.

use xmlrpc_core::{Category, Error, LimitName, Limits, MethodResponse, Value};

/// An error is one line of moderate length, and stands inside of the document.
///
/// # Panics
///
/// When it does not.
pub fn assert_error(error: &Error, document: &[u8]) {
    let text = error.to_string();
    assert!(text.len() <= 1200, "an error of {} bytes: {text}", text.len());
    assert!(!text.contains(['\n', '\r', '\0']), "not one line: {text:?}");
    assert_eq!(
        error.category() == Category::Limit,
        error.limit_name().is_some(),
        "{error:?}"
    );
    let Some(position) = error.position() else { return };
    if position.is_decoded() {
        // A byte becomes three at most, in legacy encodings and where characters are replaced.
        assert!(position.offset() <= 3 * document.len(), "{error:?}");
    } else {
        let before = document
            .get(..position.offset())
            .unwrap_or_else(|| panic!("outside of {} bytes: {error:?}", document.len()));
        let line_start = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |place| place + 1);
        let mark = match line_start {
            0 => 3 * usize::from(document.starts_with(b"\xEF\xBB\xBF")),
            _ => 0,
        };
        let column = 1 + before[line_start + mark..]
            .iter()
            .filter(|&&b| b & 0xC0 != 0x80)
            .count();
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        assert_eq!((position.line(), position.column()), (line, column), "{error:?}");
    }
}

/// Values that were read under limits keep them.
///
/// # Panics
///
/// When they do not.
pub fn assert_keeps<'v>(values: impl IntoIterator<Item = &'v Value>, limits: &Limits) {
    let mut open: Vec<(&Value, usize)> = values.into_iter().map(|value| (value, 1)).collect();
    let mut count = 0;
    while let Some((value, depth)) = open.pop() {
        count += 1;
        assert!(count <= limits.values, "more than {} values", limits.values);
        match value {
            Value::Array(values) => {
                assert!(depth <= limits.depth, "deeper than {}", limits.depth);
                open.extend(values.iter().map(|value| (value, depth + 1)));
            }
            Value::Struct(members) => {
                assert!(depth <= limits.depth, "deeper than {}", limits.depth);
                assert!(members.len() <= limits.members, "{} members", members.len());
                for (name, value) in members {
                    assert!(name.len() <= limits.name_bytes, "a name of {} bytes", name.len());
                    open.push((value, depth + 1));
                }
            }
            Value::String(text) => assert!(text.len() <= limits.string_bytes, "{} bytes", text.len()),
            Value::Base64(bytes) => assert!(bytes.len() <= limits.string_bytes, "{} bytes", bytes.len()),
            _ => {}
        }
    }
}

/// [`assert_keeps`] for a response. A fault's text may be made from the value that was sent.
///
/// # Panics
///
/// When it does not keep them.
pub fn assert_response(response: &MethodResponse, limits: &Limits) {
    match response {
        MethodResponse::Success(value) => assert_keeps([value], limits),
        MethodResponse::Fault(fault) => assert_keeps(fault.raw(), limits),
    }
}

/// What a picky way of reading takes, the usual one takes, too, and as the same.
///
/// # Panics
///
/// When it does not.
pub fn only_refuses<T: PartialEq + std::fmt::Debug>(picky: &Result<T, Error>, usual: &Result<T, Error>) {
    if let Ok(picky) = picky {
        assert_eq!(Some(picky), usual.as_ref().ok(), "{:?}", usual.as_ref().err());
    }
}

/// Whether reading stopped at a limit of the document's length.
#[must_use]
pub fn is_too_long(error: &Error) -> bool {
    error.limit_name() == Some(LimitName::DocumentBytes)
}
