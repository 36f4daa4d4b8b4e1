//! Whether a server has no `system.multicall`: what peers say then.

use http::StatusCode;
use xmlrpc_core::{Fault, fault::code};

use super::METHOD;
use crate::error::Error;

/// What the texts of faults say of a method that is not there.
const ABSENT: [&str; 12] = [
    "not supported",
    "unsupported",
    "not found",
    "not defined",
    "not exist",
    "not implemented",
    "not known",
    "not available",
    "no such",
    "unknown",
    "undefined",
    "missing",
];

/// What faults say as a whole of a method that they do not name. Twisted and Perl look for what stands before the point first.
const UNNAMED: [&str; 7] = [
    "method not found",
    "unknown method",
    "no such method",
    "procedure not found",
    "unknown procedure",
    "invalid procedure",
    "no such subhandler system",
];
const OF_ITS_FRONT: &str = "failed to access class (system)";

/// Whether the error of a `system.multicall` says that there is no such method. In doubt it does not: the calls may have been made.
pub(super) fn is_missing(error: &Error, methods: impl IntoIterator<Item: AsRef<str>>) -> bool {
    match error.fault() {
        Some(fault) => says_so(fault, methods),
        // The server of `xmlrpc` for Node says no more than this.
        None => error.status() == Some(StatusCode::NOT_FOUND) && !error.is_decode(),
    }
}

fn says_so(fault: &Fault, methods: impl IntoIterator<Item: AsRef<str>>) -> bool {
    let text = fault.string();
    let lower = text.to_lowercase();
    // Some leave out what stands before the point.
    if text.contains(METHOD) || names(text, "multicall") {
        return fault.code() == code::METHOD_NOT_FOUND || ABSENT.iter().any(|words| lower.contains(words));
    }
    if UNNAMED.contains(&lower.trim().trim_end_matches('.')) || lower.starts_with(OF_ITS_FRONT) {
        return true;
    }
    // Another method may be meant, at which the server stopped.
    fault.code() == code::METHOD_NOT_FOUND && !methods.into_iter().any(|method| names(text, method.as_ref()))
}

/// Whether a text has a method's name in it, and not as a part of another one.
fn names(text: &str, method: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/');
    text.match_indices(method).any(|(at, _)| {
        let (before, behind) = (
            text[..at].chars().next_back(),
            text[at + method.len()..].chars().next(),
        );
        !before.is_some_and(in_name) && !behind.is_some_and(|c| in_name(c) && c != '.' && c != ':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_say_of_a_method_that_is_not_there_is_understood() {
        for (code, text) in [
            (-32601, "server error. requested method not found"),
            (-32601, ""),
            (-32601, "unknown method system.multicall"),
            (
                1,
                "<class 'Exception'>:method \"system.multicall\" is not supported",
            ),
            (8001, "procedure multicall not found"),
            (8001, "no such subHandler system"),
            (3, "no such method `system.multicall'\n"),
            (
                0,
                "Failed to access class (system): Can't locate system.pm in @INC",
            ),
            (500, "Method Not Found"),
            (404, "Unknown method."),
            (1, "Invalid procedure"),
            (
                -99,
                "Method system.multicall missing or wrong number of parameters!",
            ),
            (-506, "Method 'system.multicall' not defined"),
            (0, "No such handler: system.multicall"),
            (1, "Unknown method: system.multicall"),
        ] {
            assert!(
                says_so(&Fault::new(code, text), ["add", "books.find"]),
                "{code} {text}"
            );
        }
    }

    #[test]
    fn other_faults_are_none_of_that() {
        for (code, text) in [
            (-32601, "no method books.find"),
            (-32601, "unknown method: add."),
            (-32601, "add: not found"),
            (-32600, "system.multicall takes at most 100 calls"),
            (-507, "Recursive system.multicall forbidden"),
            (1, "user not found"),
            (1, "payment method not found"),
            (1, "d.multicall2 is unknown"),
            (5, "tired"),
        ] {
            assert!(
                !says_so(&Fault::new(code, text), ["add", "books.find"]),
                "{code} {text}"
            );
        }
    }
}
