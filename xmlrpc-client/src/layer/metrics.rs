//! What is counted, by way of the `metrics` facade.

use std::time::Instant;

use ::metrics::{SharedString, counter, gauge, histogram};
use xmlrpc_core::{Call, EncodedValue};

use super::around::Around;
use super::{CallService, Origin, Seen};
use crate::error::{Error, Result};
use crate::proxy::CallFuture;

const CALLS: &str = "xmlrpc_client_calls_total";
const FAULTS: &str = "xmlrpc_client_faults_total";
const ERRORS: &str = "xmlrpc_client_errors_total";
const RETRIES: &str = "xmlrpc_client_retries_total";
const DURATION: &str = "xmlrpc_client_call_duration_seconds";
const IN_FLIGHT: &str = "xmlrpc_client_calls_in_flight";
const SENT: &str = "xmlrpc_client_sent_bytes_total";
const RECEIVED: &str = "xmlrpc_client_received_bytes_total";

/// Counts and times calls, and entries of multicalls, for whatever recorder of the `metrics` facade the program installs.
///
/// | name | kind | unit | labels |
/// |---|---|---|---|
/// | `xmlrpc_client_calls_total` | counter | calls, and entries of multicalls, that began | `method` |
/// | `xmlrpc_client_faults_total` | counter | faults, of calls and of entries | `method`, `class` |
/// | `xmlrpc_client_errors_total` | counter | calls that failed otherwise | `method`, `kind` |
/// | `xmlrpc_client_retries_total` | counter | times that idempotent calls were made again | `method` |
/// | `xmlrpc_client_call_duration_seconds` | histogram | seconds, of calls that ended | `method` |
/// | `xmlrpc_client_calls_in_flight` | gauge | calls that run, entries too | |
/// | `xmlrpc_client_sent_bytes_total` | counter | bytes of documents that were sent, uncompressed | |
/// | `xmlrpc_client_received_bytes_total` | counter | bytes of documents with a result, uncompressed | |
///
/// The names are those of the server, with `client` in their place. `class` is that of [`Fault::class`](crate::Fault::class); `kind` is
/// `timeout`, `connect`, `status`, `decode`, `encode` or `other`. A call that is dropped was counted as begun, and runs no more.
///
/// `method` is the name that is called. A program that calls names which somebody else makes up should call them through another proxy.
///
/// # Examples
///
/// ```
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::ServerProxy;
/// use xmlrpc_client::layer::{Metrics, describe_metrics};
///
/// // A program installs its recorder first.
/// describe_metrics();
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2").layer(Metrics::new()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Metrics;

impl Metrics {
    /// The layer.
    pub fn new() -> Self {
        Self
    }
}

/// Tells the recorder that is installed what [`Metrics`] counts and in which units, for those that show it, as Prometheus does.
///
/// Called once, after the recorder was installed. Nothing depends on it but what is shown.
pub fn describe_metrics() {
    use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

    describe_counter!(
        CALLS,
        Unit::Count,
        "Calls, and entries of multicalls, that began."
    );
    describe_counter!(FAULTS, Unit::Count, "Faults, of calls and of entries.");
    describe_counter!(ERRORS, Unit::Count, "Calls that failed without a fault.");
    describe_counter!(
        RETRIES,
        Unit::Count,
        "Times that idempotent calls were made again."
    );
    describe_histogram!(DURATION, Unit::Seconds, "How long calls took that ended.");
    describe_gauge!(IN_FLIGHT, Unit::Count, "Calls that run.");
    describe_counter!(SENT, Unit::Bytes, "Bytes of documents that were sent.");
    describe_counter!(RECEIVED, Unit::Bytes, "Bytes of documents with a result.");
}

impl Around for Metrics {
    fn around(&self, call: Call, next: &CallService) -> CallFuture<EncodedValue> {
        let method = SharedString::from_owned(call.method.as_str().to_owned());
        let origin = call.extensions.get::<Origin>().cloned();
        let next = next.clone();
        Box::pin(async move {
            let running = Running::begin(method);
            let outcome = next.run(call).await;
            running.end(origin.as_ref().map(Origin::seen), &outcome);
            outcome
        })
    }
}

/// A call, as long as it runs.
struct Running {
    method: SharedString,
    started: Instant,
}

impl Running {
    fn begin(method: SharedString) -> Self {
        counter!(CALLS, "method" => method.clone()).increment(1);
        gauge!(IN_FLIGHT).increment(1);
        let started = Instant::now();
        Self { method, started }
    }

    fn end(self, seen: Option<&Seen>, outcome: &Result<EncodedValue>) {
        let sent = seen.and_then(Seen::request_bytes);
        let method = || self.method.clone();
        histogram!(DURATION, "method" => method()).record(self.started.elapsed());
        if let Some(retries) = seen.map(Seen::retries).filter(|retries| *retries > 0) {
            counter!(RETRIES, "method" => method()).increment(retries.into());
        }
        if let Some(sent) = sent {
            count_bytes(SENT, sent);
        }
        match (outcome, outcome.as_ref().err().and_then(Error::fault)) {
            // An entry's value came in the document of its multicall, which is counted.
            (Ok(result), _) if sent.is_some() => count_bytes(RECEIVED, result.encoded_len()),
            (Ok(_), _) => {}
            (Err(_), Some(fault)) => {
                counter!(FAULTS, "method" => method(), "class" => fault.class()).increment(1);
            }
            (Err(error), None) => {
                counter!(ERRORS, "method" => method(), "kind" => kind(error)).increment(1);
            }
        }
    }
}

/// A call whose future is dropped runs no more, either.
impl Drop for Running {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1);
    }
}

fn count_bytes(name: &'static str, bytes: usize) {
    counter!(name).increment(u64::try_from(bytes).unwrap_or(u64::MAX));
}

fn kind(error: &Error) -> &'static str {
    match error {
        error if error.is_timeout() => "timeout",
        error if error.is_connect() => "connect",
        error if error.is_decode() => "decode",
        error if error.status().is_some() => "status",
        error if error.is_encode() => "encode",
        _ => "other",
    }
}
