//! What may differ from call to call.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use xmlrpc_core::Reading;

/// The options of one call, on its way through [layers](crate::layer).
///
/// Every call that a proxy makes has them among its extensions. A layer changes them by putting changed ones there; a call that a layer
/// makes itself has the proxy's options, unless it is given those of the call at hand.
///
/// # Examples
///
/// A layer that gives reports more time, and every call a number for the server's log:
///
/// ```
/// use std::time::Duration;
///
/// use xmlrpc_client::layer::{CallService, from_fn};
/// use xmlrpc_client::{Call, CallOptions, ServerProxy};
///
/// # fn main() -> xmlrpc_client::Result<()> {
/// let patient = from_fn(|mut call: Call, next: CallService| {
///     if let Some(mut options) = call.extensions.get::<CallOptions>().cloned() {
///         if call.method.starts_with("report.") {
///             options.timeout = Some(Duration::from_secs(600));
///         }
///         options.headers.insert("x-trace", 7.into());
///         call.extensions.insert(options);
///     }
///     next.run(call)
/// });
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2").layer(patient).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallOptions {
    /// How long the call may take, from its beginning, whatever layers do in between; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// Headers of this call, in place of the proxy's of the same name. Values with secrets are to be marked as
    /// [sensitive](http::HeaderValue::set_sensitive).
    pub headers: HeaderMap,
    /// Whether the call does no harm when it is made twice, so that it is made again as [`Retry`](crate::Retry) says.
    pub idempotent: bool,
    /// What is accepted in the answer, in place of what the proxy accepts.
    pub reading: Option<Reading>,
    started: Instant,
}

impl CallOptions {
    pub(crate) fn new(timeout: Option<Duration>, idempotent: bool) -> Self {
        Self {
            timeout,
            headers: HeaderMap::new(),
            idempotent,
            reading: None,
            started: Instant::now(),
        }
    }

    /// Says that the call begins now.
    pub(crate) fn begin(&mut self) {
        self.started = Instant::now();
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// When the time is up; `None` for never.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.started.checked_add(self.timeout?)
    }

    /// How much of its time is left to the call; `None` for as much as it takes.
    pub fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline()?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }
}
