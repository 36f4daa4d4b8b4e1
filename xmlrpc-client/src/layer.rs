//! Layers on calls: what runs around every call of a proxy.
//!
//! A layer is a [`tower_layer::Layer`] over [`CallService`], which gives a [`tower_service::Service`] from [`Call`] to [`EncodedValue`]
//! or [`Error`]. [`ServerProxyBuilder::layer`](crate::ServerProxyBuilder::layer) puts it around the calls of a proxy;
//! [`from_fn`] makes one from a function. It is the same as on the server, but for the error.
//!
//! What a layer can do:
//!
//! - change the parameters ([`Params::prepend`](crate::Params::prepend)), or call another method in place of the one that was asked for;
//! - read and change the call's timeout, headers, idempotency and reading, by the [`CallOptions`](crate::CallOptions) among its
//!   extensions;
//! - refuse a call, or answer it without the server;
//! - make calls of its own ([`CallService::call`]), and make the call again;
//! - see the outcome, how long it took, and change it.
//!
//! The call's time goes on while it is in layers, and however often it is made again; it ends what is sent. What a layer itself waits for is
//! its own to bound, by [`CallOptions::time_left`](crate::CallOptions::time_left).
//!
//! # Multicalls
//!
//! Layers run for each call: for `system.multicall`, however it is called, and then for each of its entries as for a call of its own,
//! as on the server. An entry starts with the extensions of its multicall. The entries run at the same time; when all of them have come
//! through the layers, they are sent together, in their order, and each outcome goes back through the layers of its entry. An entry that
//! a layer answers itself is not sent, and those that layers make again are sent together again. Where some entries are held up in a
//! layer, those in front of them that are ready are sent after 20 ms; a limit on concurrency has to leave room for one entry besides the
//! multicall.
//!
//! An error that a layer gives for an entry is that entry's. Of a `system.multicall` that is called by its name, one that is no fault is
//! the error of the whole, since there is no place for it among the results.
//!
//! # In the box
//!
//! | layer | what it does |
//! |---|---|
//! | [`FirstParameter`] | puts a secret or another value before the parameters: aria2's `token:SECRET` |
//! | [`AddedMember`] | puts a member into every struct among the parameters: `Bugzilla_token` |
//! | [`Session`] | logs in, puts the session's key before the parameters, and logs in again when it has ended: XenAPI, Uyuni |
//! | [`Trace`] | a span of `tracing` for each call |
//! | `Metrics` | counts and times calls, with the feature `metrics` |
//! | [`from_fn`] | what a function does |
//!
//! The first three leave methods of `system.*` alone unless they are told otherwise: there, servers want no such parameter. So of a
//! multicall, the entries have it, and `system.multicall` itself has not.
//!
//! The layer that is added last is the first one that a call meets. `Trace` and `Metrics` outside of a `Session` count a call once and
//! with the time that logging in took; inside of it they count each call that is sent, those that log in too.
//!
//! # Costs
//!
//! Without any layer, a call costs nothing more than without this module. Each layer costs a boxed future for each call; with any layer,
//! parameters and result are copied once more. An entry of a multicall is read and written once more on each way.
//!
//! # Examples
//!
//! ```
//! use xmlrpc_client::layer::{CallService, from_fn};
//! use xmlrpc_client::transport::Memory;
//! use xmlrpc_client::{Call, EncodedValue, ServerProxy};
//! use xmlrpc_server::Methods;
//!
//! /// The server of old spells the method differently.
//! async fn renamed(mut call: Call, next: CallService) -> xmlrpc_client::Result<EncodedValue> {
//!     if call.method == "add" {
//!         call.method = "Sum".try_into().expect("a name");
//!     }
//!     next.run(call).await
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let methods = Methods::new().method("Sum", |a: i32, b: i32| a + b);
//! let server = ServerProxy::over(Memory::new(methods)).layer(from_fn(renamed)).build()?;
//! assert_eq!(server.call::<i32>("add", (1, 2)).await?, 3);
//! # Ok(())
//! # }
//! ```

mod added_member;
mod around;
mod batch;
mod first_parameter;
#[cfg(feature = "metrics")]
mod metrics;
mod origin;
mod session;
mod trace;

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_service::Service;
use xmlrpc_core::{Call, EncodedValue, MethodName, Params, Value, to_value};

use crate::error::{Error, Result};
use crate::multicall;
use crate::proxy::{CallFuture, Inner};

pub use added_member::AddedMember;
pub use around::LayerService;
pub use first_parameter::FirstParameter;
#[cfg(feature = "metrics")]
pub use metrics::{Metrics, describe_metrics};
pub(crate) use origin::{Entries, Origin, Seen};
pub use session::Session;
pub use trace::Trace;

/// What a layer stands around: the next layer, or the way to the server.
///
/// It is a [`tower_service::Service`] for calls, always ready, cheap to clone, and [`CallService::run`] is the same without tower's
/// ceremony.
#[derive(Clone)]
pub struct CallService(Arc<dyn Run>);

/// A service whose type is forgotten.
trait Run: Send + Sync {
    fn run(&self, call: Call) -> CallFuture<EncodedValue>;
}

impl CallService {
    /// Any service for calls, its type forgotten.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<Call, Response = EncodedValue, Error = Error, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let known: &dyn Any = &service;
        match known.downcast_ref::<Self>() {
            Some(service) => service.clone(),
            None => Self(Arc::new(Outer(service))),
        }
    }

    /// Passes a call on.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    ///
    /// # Cancel safety
    ///
    /// As with any [call](crate::PendingCall).
    pub fn run(&self, call: Call) -> CallFuture<EncodedValue> {
        self.0.run(call)
    }

    /// Makes a call of a layer's own, as [`ServerProxy::call`](crate::ServerProxy::call) does for everybody else: to log in, or to ask
    /// for what the layer has to know. The layers behind this one see it; it has the options of the proxy.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    ///
    /// # Cancel safety
    ///
    /// As with any [call](crate::PendingCall).
    pub async fn call<R: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<R> {
        let result = self.run(own_call(method, &params)?).await?;
        result.parse().map_err(|error| Error::decode(None, error))
    }
}

/// A call from what it is made of. The proxy's dialect encodes it, where it is sent.
fn own_call(method: &str, params: &impl Serialize) -> Result<Call> {
    let method = MethodName::try_from(method).map_err(Error::encode)?;
    let params = match to_value(params).map_err(Error::encode)? {
        Value::Array(params) => params.into_iter().collect(),
        Value::Nil => Vec::new(),
        _ => {
            let text =
                "the parameters of a call are a tuple, an array or a Vec; one parameter stands in (x,)";
            return Err(Error::configuration(text));
        }
    };
    Ok(Call::new(method, Params::from_values(params)))
}

impl fmt::Debug for CallService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallService").finish_non_exhaustive()
    }
}

impl Service<Call> for CallService {
    type Response = EncodedValue;
    type Error = Error;
    type Future = CallFuture<EncodedValue>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> CallFuture<EncodedValue> {
        self.run(call)
    }
}

/// A layer from a function of a call and what stands behind it; see [`from_fn`].
#[derive(Clone, Debug)]
pub struct FromFn<F>(F);

/// The service of [`FromFn`].
#[derive(Clone, Debug)]
pub struct FromFnService<F> {
    function: F,
    next: CallService,
}

/// Makes a layer from an `async fn` or a closure that gives a future.
///
/// It takes the call and the service behind, and answers the call: by [`CallService::run`], or by itself. Every call works on a clone
/// of the function, so that what it shares stands behind an `Arc`. [The module](self) has an example.
pub fn from_fn<F, R>(function: F) -> FromFn<F>
where
    F: Fn(Call, CallService) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<EncodedValue>> + Send + 'static,
{
    FromFn(function)
}

impl<F, S> tower_layer::Layer<S> for FromFn<F>
where
    F: Clone,
    S: Service<Call, Response = EncodedValue, Error = Error, Future: Send> + Clone + Send + Sync + 'static,
{
    type Service = FromFnService<F>;

    fn layer(&self, next: S) -> Self::Service {
        FromFnService {
            function: self.0.clone(),
            next: CallService::new(next),
        }
    }
}

impl<F, R> Service<Call> for FromFnService<F>
where
    F: Fn(Call, CallService) -> R,
    R: Future<Output = Result<EncodedValue>>,
{
    type Response = EncodedValue;
    type Error = Error;
    type Future = R;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> R {
        (self.function)(call, self.next.clone())
    }
}

/// The layers that were asked for, innermost first.
#[derive(Default)]
pub(crate) struct Layers(Vec<Box<dyn Fn(CallService) -> CallService + Send + Sync>>);

impl Layers {
    pub(crate) fn add(&mut self, layer: impl Fn(CallService) -> CallService + Send + Sync + 'static) {
        self.0.push(Box::new(layer));
    }

    /// Puts the layers around the calls of a proxy; `None` where there are none.
    pub(crate) fn around(self, inner: &Inner) -> Option<Arc<Stack>> {
        if self.0.is_empty() {
            return None;
        }
        Some(Arc::new_cyclic(|stack| {
            let innermost = Innermost {
                inner: Arc::new(inner.clone()),
                stack: stack.clone(),
            };
            let innermost = CallService(Arc::new(innermost));
            Stack(self.0.into_iter().fold(innermost, |next, layer| layer(next)))
        }))
    }
}

/// All layers of a proxy, with the way to the server behind them.
pub(crate) struct Stack(CallService);

/// A service with layers of its own.
struct Outer<S>(S);

impl<S> Run for Outer<S>
where
    S: Service<Call, Response = EncodedValue, Error = Error, Future: Send> + Clone + Send + Sync + 'static,
{
    fn run(&self, call: Call) -> CallFuture<EncodedValue> {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(call).await
        })
    }
}

/// The way to the server.
struct Innermost {
    /// For calls that layers make themselves.
    inner: Arc<Inner>,
    stack: Weak<Stack>,
}

impl Run for Innermost {
    fn run(&self, call: Call) -> CallFuture<EncodedValue> {
        if let Some(entry) = call.extensions.get::<batch::Entry>() {
            return entry.clone().join(call);
        }
        let origin = call.extensions.get::<Origin>().cloned();
        let origin = origin.unwrap_or_else(|| Origin::new(self.inner.clone(), None));
        match self.stack.upgrade() {
            Some(stack) if call.method == multicall::METHOD => Box::pin(batch::run(origin, stack, call)),
            _ => Box::pin(origin.send(call)),
        }
    }
}
