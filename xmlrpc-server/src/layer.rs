//! Layers on calls: what runs around every method of a table.
//!
//! A layer is a [`tower_layer::Layer`] over [`CallService`], which gives a [`tower_service::Service`] from [`Call`] to [`EncodedValue`]
//! or [`Fault`]. [`Methods::layer`] puts it around a table; [`from_fn`] makes one from a function.
//!
//! What a layer can do:
//!
//! - refuse a call, by answering with a fault;
//! - see who calls, by the [`CallContext`] among the call's extensions: peer, HTTP headers, extensions of the HTTP request;
//! - read the parameters ([`Params::parse`](crate::Params::parse)) and change them ([`Params::prepend`](crate::Params::prepend)), or
//!   call another method in place of the one that was asked for;
//! - tell handlers something, by adding it to the call's extensions, where [`CallContext::extension`] finds it;
//! - see the outcome, how long it took, and change it.
//!
//! Layers run for each call, also for those that ask for a method that is not there, and for each entry of a `system.multicall` besides
//! the multicall itself; an entry starts with the extensions of its multicall. They run before the parameters are read, so that a
//! call that is refused may be malformed behind its method's name. A document that is no call at all does not come to them. A layer
//! that panics is answered for by fault -32603, as a handler is. What a layer itself waits for is bounded by a [`Timeout`] outside of it
//! alone; [`Methods::handler_timeout`] is about handlers.
//!
//! Layers of others fit, too, such as `tower::limit::ConcurrencyLimitLayer`, if their error is that of what they stand around. Those with
//! errors of their own, as tower's timeout has, need a `map_err` to [`Fault`] around them.
//!
//! # In the box
//!
//! | layer | what it does | it answers with |
//! |---|---|---|
//! | [`Authenticate`] | finds out who calls, by Basic or bearer authentication, and lets in who may call the method | fault -32001, -32003 |
//! | [`HttpAuthenticate`] | the same for whole HTTP requests, a layer of tower's around [`HttpService`](crate::HttpService) | status 401 |
//! | [`RateLimit`] | lets a peer make so many calls in a time | fault -32029 |
//! | [`Timeout`] | ends calls that take too long | fault -32400 |
//! | [`from_fn`] | what a function does | |
//!
//! The span of a call and its [metrics](crate#metrics) take no layer: they are around all of them, so that refusals are seen, too.
//!
//! The order matters, and the last one that is added is the first one that a call meets: a `RateLimit` outside of `Authenticate` holds
//! guessing of passwords back, one inside counts by user.
//!
//! # Costs
//!
//! Without any layer, a call costs nothing more than without this module. Each layer costs a boxed future for each call.
//!
//! # Examples
//!
//! ```
//! use xmlrpc_server::layer::{CallService, from_fn};
//! use xmlrpc_server::{Call, CallContext, Fault, Methods};
//!
//! /// What the handlers of this server know of their caller.
//! struct Tenant(String);
//!
//! async fn tenant(mut call: Call, next: CallService) -> Result<xmlrpc_server::EncodedValue, Fault> {
//!     let context = call.extensions.get::<CallContext>();
//!     let header = context.and_then(|context| context.headers().get("x-tenant"));
//!     let Some(tenant) = header.and_then(|tenant| tenant.to_str().ok()) else {
//!         return Err(Fault::new(1, "say in X-Tenant who you are"));
//!     };
//!     let tenant = Tenant(tenant.to_owned());
//!     call.extensions.insert(tenant);
//!     next.run(call).await
//! }
//!
//! let methods = Methods::new()
//!     .method("whoami", |context: CallContext| context.extension::<Tenant>().map(|tenant| tenant.0.clone()))
//!     .layer(from_fn(tenant));
//! # let _ = methods;
//! ```

mod authenticate;
mod by_method;
mod http_authenticate;
mod rate_limit;
mod timeout;
mod users;

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use tower_service::Service;
use xmlrpc_core::fault::code;
use xmlrpc_core::{Call, EncodedValue, Fault, MethodName, Params};

use crate::context::CallContext;
use crate::dispatch::{Codec, panicked};
use crate::handler::Outcome;
use crate::methods::Table;
use crate::observe::Observed;
use crate::time::Time;

#[cfg(doc)]
use crate::Methods;

pub use authenticate::{Access, Authenticate, AuthenticateService};
pub use http_authenticate::{HttpAuthenticate, HttpAuthenticateService};
pub use rate_limit::{RateLimit, RateLimitService};
pub use timeout::{Timeout, TimeoutService};
pub use users::{Credentials, Identity, Users};

/// What a layer stands around: the next layer, or the methods themselves.
///
/// It is a [`tower_service::Service`] for calls, always ready, cheap to clone, and [`CallService::run`] is the same without tower's
/// ceremony.
#[derive(Clone)]
pub struct CallService(Arc<dyn Run>);

/// The future of a call behind layers.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<EncodedValue, Fault>> + Send>>;

/// A service whose type is forgotten.
trait Run: Send + Sync {
    fn run(&self, call: Call) -> CallFuture;
}

impl CallService {
    /// Any service for calls, its type forgotten.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send>
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
    /// The fault with which it was answered.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops that of the handler; a handler on the blocking pool goes on.
    pub fn run(&self, call: Call) -> CallFuture {
        self.0.run(call)
    }
}

impl fmt::Debug for CallService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallService").finish_non_exhaustive()
    }
}

impl Service<Call> for CallService {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> CallFuture {
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
/// It takes the call and the service behind, and answers the call: by [`CallService::run`], or with a fault of its own. Every call
/// works on a clone of the function, so that what it shares stands behind an `Arc`.
///
/// ```
/// use xmlrpc_server::Methods;
/// use xmlrpc_server::layer::{CallService, from_fn};
/// use xmlrpc_server::Call;
///
/// // Peers of old spell the methods differently.
/// let renamed = from_fn(|mut call: Call, next: CallService| {
///     if call.method == "Sum" {
///         call.method = "add".try_into().unwrap();
///     }
///     next.run(call)
/// });
/// let methods = Methods::new().method("add", |a: i32, b: i32| a + b).layer(renamed);
/// # let _ = methods;
/// ```
pub fn from_fn<F, R>(function: F) -> FromFn<F>
where
    F: Fn(Call, CallService) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<EncodedValue, Fault>> + Send + 'static,
{
    FromFn(function)
}

impl<F, S> tower_layer::Layer<S> for FromFn<F>
where
    F: Clone,
    S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
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
    R: Future<Output = Result<EncodedValue, Fault>>,
{
    type Response = EncodedValue;
    type Error = Fault;
    type Future = R;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> R {
        (self.function)(call, self.next.clone())
    }
}

/// The layers of a table, innermost first.
#[derive(Clone, Default)]
pub(crate) struct Layers(Vec<Arc<dyn Fn(CallService) -> CallService + Send + Sync>>);

impl Layers {
    pub(crate) fn add(&mut self, layer: impl Fn(CallService) -> CallService + Send + Sync + 'static) {
        self.0.push(Arc::new(layer));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the layers around a table.
    pub(crate) fn around(&self, table: &Arc<Table>) -> Arc<Stack> {
        Arc::new_cyclic(|stack| {
            let innermost = Innermost {
                table: table.clone(),
                stack: stack.clone(),
            };
            let innermost = CallService(Arc::new(innermost));
            Stack {
                table: table.clone(),
                service: self.0.iter().fold(innermost, |next, layer| layer(next)),
            }
        })
    }
}

/// A table with the layers around it.
pub(crate) struct Stack {
    table: Arc<Table>,
    service: CallService,
}

impl Stack {
    /// Runs one call, which may be an entry of a multicall.
    pub(crate) async fn run(&self, mut call: Call, context: &CallContext, around: Around) -> Outcome {
        let observed = Observed::begin(&self.table, &call, context, around);
        call.extensions.insert(context.clone());
        call.extensions.insert(around);
        match observed {
            None => self.guarded(call).await,
            Some(observed) => observed.watch(self.guarded(call)).await,
        }
    }

    /// Sends a call through the layers; a panic in one of them is a fault.
    async fn guarded(&self, call: Call) -> Outcome {
        let method = call.method.clone();
        let running = AssertUnwindSafe(async { self.service.run(call).await });
        let finished = running.catch_unwind().await;
        finished.unwrap_or_else(|panic| Err(panicked("a layer", &method, &*panic)))
    }
}

/// What is around a call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around {
    /// Whether it is an entry of a multicall.
    pub(crate) in_multicall: bool,
    /// Whether Apache's types were met in the document of the multicall.
    pub(crate) extensions: bool,
    /// How long the document is; `None` for an entry, and for a call that came without a document.
    pub(crate) document_bytes: Option<usize>,
    /// How long the handler may take.
    pub(crate) time: Time,
}

/// A service with layers of its own.
struct Outer<S>(S);

impl<S> Run for Outer<S>
where
    S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
{
    fn run(&self, call: Call) -> CallFuture {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(call).await
        })
    }
}

/// The table behind its layers.
struct Innermost {
    table: Arc<Table>,
    /// What it stands in, for the entries of a multicall. It goes by no extension of the call, which a layer could lose.
    stack: Weak<Stack>,
}

impl Run for Innermost {
    fn run(&self, mut call: Call) -> CallFuture {
        let (table, stack) = (self.table.clone(), self.stack.upgrade());
        Box::pin(async move {
            let Some(stack) = stack else {
                return Err(Fault::new(code::INTERNAL_ERROR, "the server is shutting down"));
            };
            let context = call.extensions.get::<CallContext>().cloned().unwrap_or_default();
            let around = call.extensions.get::<Around>().copied();
            let around = around.unwrap_or_else(|| table.around());
            let outer = call.extensions.get::<Merged>().map(|merged| merged.codec.clone());
            let codec = outer.as_ref().unwrap_or(&table.codec);
            table
                .invoke(&mut call, &context, around, codec, Some(&stack))
                .await
        })
    }
}

/// A method of a table with layers, as it stands in another table.
#[derive(Clone)]
pub(crate) struct Nested {
    stack: Arc<Stack>,
    /// Its name in its own table.
    name: MethodName,
}

/// What a table with layers is told by the one that it was merged into.
pub(crate) struct Merged {
    codec: Arc<Codec>,
    /// The name of the method out there, and in here.
    called: MethodName,
    name: MethodName,
}

impl Nested {
    pub(crate) fn new(stack: Arc<Stack>, name: MethodName) -> Self {
        Self { stack, name }
    }

    pub(crate) async fn run(
        &self,
        call: &mut Call,
        context: &CallContext,
        around: Around,
        codec: &Arc<Codec>,
    ) -> Outcome {
        let params = mem::replace(&mut call.params, Params::none());
        let merged = Merged {
            codec: codec.clone(),
            called: Merged::called(call).clone(),
            name: self.name.clone(),
        };
        let mut inner = Call::new(self.name.clone(), params);
        inner.extensions = mem::take(&mut call.extensions);
        inner.extensions.insert(context.clone());
        inner.extensions.insert(around);
        inner.extensions.insert(merged);
        self.stack.guarded(inner).await
    }
}

impl Merged {
    /// The name by which a method was called from outside.
    pub(crate) fn called(call: &Call) -> &MethodName {
        match call.extensions.get::<Self>() {
            Some(merged) if merged.name == call.method => &merged.called,
            _ => &call.method,
        }
    }
}
