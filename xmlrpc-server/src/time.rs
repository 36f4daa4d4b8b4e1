//! How long handlers may run.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use xmlrpc_core::Fault;
use xmlrpc_core::fault::code;

use crate::metrics;

/// How long a handler may run, unless [`Methods::handler_timeout`](crate::Methods::handler_timeout) says otherwise.
pub(crate) const HANDLER_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a call may take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Time {
    #[default]
    Unlimited,
    /// So long, from when it first has to wait.
    Limit(Duration),
    /// Up to then, as all that began together with it; and what the limit was.
    Deadline(Instant, Duration),
}

impl From<Option<Duration>> for Time {
    fn from(limit: Option<Duration>) -> Self {
        limit.map_or(Self::Unlimited, Self::Limit)
    }
}

impl Time {
    /// The same, from now on.
    pub(crate) fn begun(self) -> Self {
        match self {
            // Beyond what a clock can tell, nobody waits.
            Self::Limit(limit) => match Instant::now().checked_add(limit) {
                Some(deadline) => Self::Deadline(deadline, limit),
                None => Self::Unlimited,
            },
            begun => begun,
        }
    }

    /// The fault for what would begin now, if it is too late for it.
    pub(crate) fn over(self) -> Option<Fault> {
        match self {
            Self::Deadline(deadline, limit) if Instant::now() >= deadline => {
                Some(fault("not called: the entries before took", limit))
            }
            _ => None,
        }
    }

    /// Waits for a handler as long as it may take.
    ///
    /// No timer is made for one that is ready when it is asked first.
    pub(crate) async fn limit<F: Future>(self, handler: F) -> Result<F::Output, Fault> {
        let mut handler = pin!(handler);
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(handler.as_mut().poll(cx))).await {
            return Ok(output);
        }
        match self.begun() {
            Self::Deadline(deadline, limit) if Handle::try_current().is_ok() => {
                let finished = timeout_at(deadline, handler).await;
                finished.map_err(|_| fault("the call took", limit))
            }
            _ => Ok(handler.await),
        }
    }
}

fn fault(what: &str, limit: Duration) -> Fault {
    metrics::refused("handler_timeout");
    let text = format!("{what} longer than {limit:?}; Methods::handler_timeout raises this limit");
    Fault::new(code::SYSTEM_ERROR, text)
}
