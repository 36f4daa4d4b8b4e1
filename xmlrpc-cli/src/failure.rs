//! How a command ends other than well, and the status that says so.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use xmlrpc_client::{Error, Fault};

use crate::terminal;

pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// Why a command did not do all that it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The method answered with a fault: status 1.
    Fault(Fault),
    /// Calls of a batch did, and it was told of each: status 1.
    Faults,
    /// What was asked for cannot be done or not be understood: status 2.
    Usage(String),
    /// The exchange failed, or what came is no XML-RPC: status 3.
    Exchange(String),
    /// Whoever reads standard output has read enough: status 0.
    OutputClosed,
}

/// The status of a program that Ctrl-C ended.
pub(crate) const INTERRUPTED: i32 = 130;

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Usage(format!("{}: {error}", path.display()))
    }

    /// Tells about it on standard error, and gives the status to end with.
    pub(crate) fn report(&self) -> ExitCode {
        let status = match self {
            Self::Fault(fault) => {
                terminal::note(&terminal::one_line(&fault.to_string()));
                1
            }
            Self::Faults => 1,
            Self::Usage(message) => {
                terminal::note(&format!("xmlrpc: {}", by_option(message)));
                2
            }
            Self::Exchange(message) => {
                terminal::note(&format!("xmlrpc: {}", by_option(message)));
                3
            }
            Self::OutputClosed => 0,
        };
        ExitCode::from(status)
    }
}

/// Where a message of the libraries tells what to set, what that is on the command line.
const OPTIONS: [(&str, &str); 8] = [
    ("Limits::document_bytes", "--max-response"),
    ("Limits::string_bytes", "--max-response"),
    ("Limits::reread_bytes", "--max-response"),
    ("Multicall::bare_results", "--profile supervisord"),
    ("Dialect::non_finite", "--typed"),
    ("Dialect::wide_integers", "--profile"),
    ("Dialect::nil", "--profile"),
    ("; Tls::authorities", "; --cacert"),
];

/// How messages of the libraries name what to set, and where it is told.
const CLAUSES: [(&str, &str); 4] = [
    ("; ", " raises this limit"),
    ("; ", " sets it"),
    (" (see ", ")"),
    (", as the documentation of ", " does"),
];

/// A message of the libraries in terms of the command line. What has no option there is not named.
pub(crate) fn by_option(message: &str) -> String {
    let replace = |message: String, (setter, option): &(&str, &str)| message.replace(setter, option);
    let named = OPTIONS.iter().fold(message.to_owned(), replace);
    let cut = |message: String, &(front, back): &(&str, &str)| without_setters(&message, front, back);
    CLAUSES.iter().fold(named, cut)
}

/// A message without the clauses that name a setter between these texts.
fn without_setters(message: &str, front: &str, back: &str) -> String {
    let mut parts = message.split(front);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(back) {
            Some((setter, behind)) if is_setter(setter) => kept.push_str(behind),
            _ => kept.extend([front, part]),
        }
    }
    kept
}

/// Whether a text is the name of a type and a function of it.
fn is_setter(text: &str) -> bool {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    text.split_once("::")
        .is_some_and(|(of, name)| is_name(of) && is_name(name))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.is_configuration() || error.is_encode() {
            return Self::Usage(format!("{error:#}"));
        }
        let message = format!("{error:#}");
        match error.into_fault() {
            Ok(fault) => Self::Fault(fault),
            Err(_) => Self::Exchange(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_options_and_no_setters() {
        for (message, said) in [
            (
                "too long; Limits::string_bytes raises this limit at line 1",
                "too long; --max-response raises this limit at line 1",
            ),
            (
                "too deep; Limits::depth raises this limit at line 1",
                "too deep at line 1",
            ),
            ("no nil (see Dialect::nil)", "no nil (see --profile)"),
            (
                "unknown; Tls::authorities adds others",
                "unknown; --cacert adds others",
            ),
            ("none; Tls::client_certificate sets it", "none"),
            (
                "make one, as the documentation of Tls::authorities does",
                "make one",
            ),
            (
                "U+0000, which XML cannot carry (see Dialect::forbidden_characters), found it",
                "U+0000, which XML cannot carry, found it",
            ),
            (
                "no connection to [::1]; it (see there) ended",
                "no connection to [::1]; it (see there) ended",
            ),
        ] {
            assert_eq!(by_option(message), said);
        }
    }
}
