//! Sessions of XenAPI, which says by its results what others say by faults.

use std::sync::Arc;

use serde::Deserialize;
use xmlrpc_core::{EncodedValue, Fault};

use super::Session;
use crate::error::Result;
use crate::layer::CallService;

impl Session {
    /// XenAPI, of XenServer and XCP-ng: `session.login_with_password`, and a new session when a result says `SESSION_INVALID`.
    ///
    /// XenAPI answers with a struct `{Status, Value}` or `{Status, ErrorDescription}`, which the calls give as it is; it is looked at
    /// here, too. A login that it refuses is an error with the first of its descriptions, which is a word such as
    /// `SESSION_AUTHENTICATION_FAILED`, in a fault of code 0. `examples/xenapi.rs` lists virtual machines.
    pub fn xenapi(user: impl Into<String>, password: impl Into<String>) -> Self {
        let credentials = Arc::new((user.into(), password.into()));
        let login = move |server: CallService| {
            let credentials = credentials.clone();
            async move {
                let (user, password) = &*credentials;
                let params = (
                    user,
                    password,
                    "1.0",
                    concat!("xmlrpc-client/", env!("CARGO_PKG_VERSION")),
                );
                let answer: XenAnswer = server.call("session.login_with_password", params).await?;
                answer.into_key()
            }
        };
        Self::new(login).renew_when(|outcome| {
            let answer = outcome.as_ref().ok().map(EncodedValue::parse::<XenStatus>);
            answer.is_some_and(|answer| answer.is_ok_and(|answer| answer.is("SESSION_INVALID")))
        })
    }
}

/// XenAPI's answer to a login.
#[derive(Deserialize)]
struct XenAnswer {
    #[serde(rename = "Value")]
    value: Option<String>,
    #[serde(rename = "ErrorDescription", default)]
    description: Vec<String>,
}

impl XenAnswer {
    fn into_key(self) -> Result<String> {
        let refused = || {
            let word = self.description.first().cloned().unwrap_or_default();
            Fault::new(0, word)
        };
        self.value.ok_or_else(|| refused().into())
    }
}

/// What XenAPI's answers have in common.
#[derive(Deserialize)]
struct XenStatus {
    #[serde(rename = "Status")]
    status: String,
    #[serde(rename = "ErrorDescription", default)]
    description: Vec<String>,
}

impl XenStatus {
    fn is(&self, error: &str) -> bool {
        self.status == "Failure" && self.description.first().is_some_and(|word| word == error)
    }
}
