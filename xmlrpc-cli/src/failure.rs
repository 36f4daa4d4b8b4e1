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
                terminal::note(&fault.to_string());
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
const OPTIONS: [(&str, &str); 4] = [
    ("Limits::document_bytes", "--max-response"),
    ("Limits::string_bytes", "--max-response"),
    ("Limits::reread_bytes", "--max-response"),
    ("Multicall::bare_results", "--profile supervisord"),
];

fn by_option(message: &str) -> String {
    OPTIONS
        .iter()
        .fold(message.to_owned(), |message, (setter, option)| {
            message.replace(setter, option)
        })
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
