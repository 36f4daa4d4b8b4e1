//! How long a call may take.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tower_service::Service;
use xmlrpc_core::fault::code;
use xmlrpc_core::{Call, EncodedValue, Fault};

use super::by_method::ByMethod;
use super::{CallFuture, CallService};
use crate::metrics;

/// A layer that ends calls which take too long, with all layers further in.
///
/// Such a call is answered with fault -32400, and its future is dropped at the `.await` where it stands; a handler on the blocking pool
/// goes on, though nobody waits for it. An entry of a `system.multicall` that takes too long spoils no other; the multicall itself is a call,
/// too, so that it has to have the time for all of its entries.
///
/// [`Methods::handler_timeout`](crate::Methods::handler_timeout) bounds every handler anyway. This bounds the layers further in, too, and
/// methods in different ways.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xmlrpc_server::Methods;
/// use xmlrpc_server::layer::Timeout;
///
/// let methods = Methods::new()
///     .async_method("report", |month: String| async move { format!("nothing happened in {month}") })
///     .layer(
///         Timeout::new(Duration::from_secs(1))
///             .methods("report", Duration::from_secs(10))
///             .methods("system.multicall", Duration::from_secs(60)),
///     );
/// # let _ = methods;
/// ```
#[derive(Clone, Debug)]
pub struct Timeout {
    times: ByMethod<Limit>,
}

#[derive(Clone, Debug)]
struct Limit {
    time: Duration,
    setter: &'static str,
}

impl Timeout {
    /// Gives every call so much time.
    pub fn new(time: Duration) -> Self {
        let setter = "new";
        Self {
            times: ByMethod::new(Limit { time, setter }),
        }
    }

    /// Gives the calls of a method, such as `report`, or of all methods whose names begin alike, such as `admin.*`, so much time.
    ///
    /// What is set for the name of a method goes before what is set for beginnings, and a longer beginning before a shorter one.
    #[must_use]
    pub fn methods(mut self, methods: impl AsRef<str>, time: Duration) -> Self {
        let setter = "methods";
        self.times.set(methods.as_ref(), Limit { time, setter });
        self
    }
}

#[cold]
fn too_long(limit: &Limit) -> Fault {
    metrics::refused("timeout");
    let Limit { time, setter } = limit;
    Fault::new(
        code::SYSTEM_ERROR,
        format!("the call took longer than {time:?}; Timeout::{setter} raises this limit"),
    )
}

impl<S> tower_layer::Layer<S> for Timeout
where
    S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
{
    type Service = TimeoutService;

    fn layer(&self, next: S) -> TimeoutService {
        TimeoutService {
            timeout: Arc::new(self.clone()),
            next: CallService::new(next),
        }
    }
}

/// The service of [`Timeout`].
#[derive(Clone, Debug)]
pub struct TimeoutService {
    timeout: Arc<Timeout>,
    next: CallService,
}

impl Service<Call> for TimeoutService {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> CallFuture {
        let (timeout, next) = (self.timeout.clone(), self.next.clone());
        Box::pin(async move {
            let limit = timeout.times.find(&call.method);
            let ended = tokio::time::timeout(limit.time, next.run(call)).await;
            ended.unwrap_or_else(|_| Err(too_long(limit)))
        })
    }
}
