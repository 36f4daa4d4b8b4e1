//! What is counted, by way of the `metrics` facade; nothing at all without the feature of that name.
//!
//! The names stand in a table in the documentation of the crate.

use xmlrpc_core::{Category, Fault};

#[cfg(feature = "metrics")]
mod names {
    pub(super) const CALLS: &str = "xmlrpc_server_calls_total";
    pub(super) const FAULTS: &str = "xmlrpc_server_faults_total";
    pub(super) const DURATION: &str = "xmlrpc_server_call_duration_seconds";
    pub(super) const IN_FLIGHT: &str = "xmlrpc_server_calls_in_flight";
    #[cfg(feature = "http")]
    pub(super) const ACCEPTED: &str = "xmlrpc_server_connections_total";
    #[cfg(feature = "http")]
    pub(super) const OPEN: &str = "xmlrpc_server_connections";
    #[cfg(feature = "http")]
    pub(super) const RECEIVED: &str = "xmlrpc_server_received_bytes_total";
    #[cfg(feature = "http")]
    pub(super) const SENT: &str = "xmlrpc_server_sent_bytes_total";
    pub(super) const REFUSALS: &str = "xmlrpc_server_refusals_total";
}

/// Tells the recorder that is installed what the [metrics](crate#metrics) are and in which units, for those that show it, as Prometheus does.
///
/// Called once, after the recorder was installed. Nothing depends on it but what is shown.
///
/// ```
/// // A program installs its recorder first.
/// xmlrpc_server::describe_metrics();
/// ```
#[cfg(feature = "metrics")]
pub fn describe_metrics() {
    use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

    describe_counter!(
        names::CALLS,
        Unit::Count,
        "Calls, and entries of multicalls, that began."
    );
    describe_counter!(names::FAULTS, Unit::Count, "Faults, of calls and of entries.");
    describe_histogram!(names::DURATION, Unit::Seconds, "How long calls took that ended.");
    describe_gauge!(names::IN_FLIGHT, Unit::Count, "Calls that run.");
    describe_counter!(
        names::REFUSALS,
        Unit::Count,
        "Requests, calls and connections that met a limit."
    );
    #[cfg(feature = "http")]
    {
        describe_counter!(names::ACCEPTED, Unit::Count, "Connections that were taken.");
        describe_gauge!(names::OPEN, Unit::Count, "Connections that are open.");
        describe_counter!(
            names::RECEIVED,
            Unit::Bytes,
            "Bytes of request bodies, as they came in."
        );
        describe_counter!(
            names::SENT,
            Unit::Bytes,
            "Bytes of reply bodies, as they went out."
        );
    }
}

/// Counts a request or connection that a limit was in the way of. `limit` is the name of its setter.
pub(crate) fn refused(limit: &'static str) {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(names::REFUSALS, "limit" => limit).increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = limit;
}

/// Counts a document that one of [`Limits`](crate::Limits) was in the way of.
pub(crate) fn refused_document(error: &xmlrpc_core::Error) {
    if error.category() == Category::Limit {
        refused("limits");
    }
}

/// Counts bytes of the body of a request, as they came in.
#[cfg(feature = "http")]
pub(crate) fn received(bytes: usize) {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(names::RECEIVED).increment(u64::try_from(bytes).unwrap_or(u64::MAX));
    #[cfg(not(feature = "metrics"))]
    let _ = bytes;
}

/// Counts bytes of the body of a response, as they go out.
#[cfg(feature = "http")]
pub(crate) fn sent(bytes: usize) {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(names::SENT).increment(u64::try_from(bytes).unwrap_or(u64::MAX));
    #[cfg(not(feature = "metrics"))]
    let _ = bytes;
}

/// Counts a connection that was taken, and as open until it is dropped.
#[cfg(feature = "http")]
pub(crate) fn connection_opened() -> OpenConnection {
    #[cfg(feature = "metrics")]
    {
        ::metrics::counter!(names::ACCEPTED).increment(1);
        ::metrics::gauge!(names::OPEN).increment(1);
    }
    OpenConnection(())
}

/// A connection, as long as it is open.
#[cfg(feature = "http")]
#[derive(Debug)]
pub(crate) struct OpenConnection(());

#[cfg(feature = "http")]
impl Drop for OpenConnection {
    fn drop(&mut self) {
        #[cfg(feature = "metrics")]
        ::metrics::gauge!(names::OPEN).decrement(1);
    }
}

/// Counts the fault for a document that is no call.
pub(crate) fn no_call(fault: &Fault) {
    #[cfg(feature = "metrics")]
    calls::no_call(fault);
    #[cfg(not(feature = "metrics"))]
    let _ = fault;
}

#[cfg(feature = "metrics")]
pub(crate) use calls::RunningCall;

#[cfg(feature = "metrics")]
mod calls {
    use std::time::Duration;

    use metrics::{SharedString, counter, gauge, histogram};
    use xmlrpc_core::Fault;

    use super::names;
    use crate::handler::Outcome;

    /// What a method that is not in the table is counted as: a peer can make up any number of names.
    const UNKNOWN: SharedString = SharedString::const_str("(unknown)");

    /// What stands for the method of a document that is no call.
    const NO_CALL: SharedString = SharedString::const_str("(none)");

    /// A call, as long as it runs.
    pub(crate) struct RunningCall {
        method: SharedString,
    }

    impl RunningCall {
        /// `method` is the name of a method that was registered.
        pub(crate) fn begin(method: Option<&str>) -> Self {
            let method = method.map_or(UNKNOWN, |method| SharedString::from_owned(method.to_owned()));
            counter!(names::CALLS, "method" => method.clone()).increment(1);
            gauge!(names::IN_FLIGHT).increment(1);
            Self { method }
        }

        pub(crate) fn end(self, duration: Duration, outcome: &Outcome) {
            histogram!(names::DURATION, "method" => self.method.clone()).record(duration);
            if let Err(fault) = outcome {
                count_fault(self.method.clone(), fault);
            }
        }
    }

    /// A call whose future is dropped runs no more, either.
    impl Drop for RunningCall {
        fn drop(&mut self) {
            gauge!(names::IN_FLIGHT).decrement(1);
        }
    }

    pub(super) fn no_call(fault: &Fault) {
        count_fault(NO_CALL, fault);
    }

    fn count_fault(method: SharedString, fault: &Fault) {
        let class = SharedString::const_str(fault.class());
        counter!(names::FAULTS, "method" => method, "class" => class).increment(1);
    }
}
