//! The functions behind methods, of all three kinds, and how their types are forgotten.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use xmlrpc_core::{Call, EncodedValue, Encoder, Fault};

use crate::argument::{Arguments, Parameters, States, read};
use crate::context::CallContext;
use crate::dispatch::Codec;
use crate::reply::IntoReply;

/// What a handler gives once it has run: the result, encoded, or the fault.
pub(crate) type Outcome = Result<EncodedValue, Fault>;

/// A function or closure that answers at once; see [`Methods::method`](crate::Methods::method).
///
/// Implemented for every `Fn` of up to fourteen arguments, each an [`Argument`](crate::Argument), whose result is an
/// [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a method",
    note = "a method is a closure or function of at most 14 arguments, each of a type with `xmlrpc_server::Argument`",
    note = "it is `Send + Sync + 'static`, and gives a `T` or a `Result<T, E>` where `T` has `xmlrpc_server::Describe` and serde's `Serialize`, and `E` is `Into<Fault>`",
    note = "one that gives a future is registered by `async_method`"
)]
pub trait Handler<A: Arguments>: Send + Sync + 'static {
    /// What it returns.
    #[doc(hidden)]
    type Output: IntoReply;

    #[doc(hidden)]
    fn invoke(&self, arguments: A) -> Self::Output;
}

/// A function or closure that gives a future; see [`Methods::async_method`](crate::Methods::async_method).
///
/// Implemented for every `Fn` of up to fourteen arguments, each an [`Argument`](crate::Argument), that gives a `Future` which is
/// `Send + 'static` and whose output is an [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an async method",
    note = "an async method is an `async fn`, or a closure `|…| async move {{ … }}`, of at most 14 arguments, each of a type with `xmlrpc_server::Argument`",
    note = "its future is `Send + 'static`, and gives a `T` or a `Result<T, E>` where `T` has `xmlrpc_server::Describe` and serde's `Serialize`, and `E` is `Into<Fault>`"
)]
pub trait AsyncHandler<A: Arguments>: Send + Sync + 'static {
    /// What it returns.
    #[doc(hidden)]
    type Future: Future<Output: IntoReply> + Send + 'static;

    #[doc(hidden)]
    fn invoke(&self, arguments: A) -> Self::Future;
}

/// Calls a macro with the names of 0, 1, … 14 types.
macro_rules! for_each_arity {
    ($macro:ident) => {
        $macro! {}
        $macro! { A }
        $macro! { A B }
        $macro! { A B C }
        $macro! { A B C D }
        $macro! { A B C D E }
        $macro! { A B C D E F }
        $macro! { A B C D E F G }
        $macro! { A B C D E F G H }
        $macro! { A B C D E F G H I }
        $macro! { A B C D E F G H I J }
        $macro! { A B C D E F G H I J K }
        $macro! { A B C D E F G H I J K L }
        $macro! { A B C D E F G H I J K L M }
        $macro! { A B C D E F G H I J K L M N }
    };
}
pub(crate) use for_each_arity;

macro_rules! functions {
    ($($argument:ident)*) => {
        impl<Function, Output, $($argument),*> Handler<($($argument,)*)> for Function
        where
            Function: Fn($($argument),*) -> Output + Send + Sync + 'static,
            Output: IntoReply,
            ($($argument,)*): Arguments,
        {
            type Output = Output;

            #[allow(non_snake_case, reason = "a variable is named as its type")]
            fn invoke(&self, ($($argument,)*): ($($argument,)*)) -> Output {
                self($($argument),*)
            }
        }

        impl<Function, Running, $($argument),*> AsyncHandler<($($argument,)*)> for Function
        where
            Function: Fn($($argument),*) -> Running + Send + Sync + 'static,
            Running: Future<Output: IntoReply> + Send + 'static,
            ($($argument,)*): Arguments,
        {
            type Future = Running;

            #[allow(non_snake_case, reason = "a variable is named as its type")]
            fn invoke(&self, ($($argument,)*): ($($argument,)*)) -> Running {
                self($($argument),*)
            }
        }
    };
}

for_each_arity!(functions);

/// A call on its way into a handler.
#[derive(Clone, Copy)]
pub(crate) struct Request<'c> {
    pub(crate) call: &'c Call,
    pub(crate) context: &'c CallContext,
    pub(crate) codec: &'c Codec,
    pub(crate) parameters: &'c Parameters,
    /// Whether Apache's types were met around the call: in the document of a multicall.
    pub(crate) extensions: bool,
}

impl<'c> Request<'c> {
    /// The arguments, and the encoder for the reply, once the document has been read to its end.
    pub(crate) fn read<A: Arguments>(&self, prepared: &A::Prepared) -> Result<(A, &'c Encoder), Fault> {
        let (arguments, met) = read(prepared, self.parameters, self.call, self.context)?;
        Ok((arguments, self.codec.encoder(met || self.extensions)))
    }
}

/// A future whose type is forgotten.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Work for the blocking pool.
pub(crate) type Job = Box<dyn FnOnce() -> Outcome + Send>;

/// A handler that runs at once.
pub(crate) trait Plain: Send + Sync {
    fn run(&self, request: Request<'_>) -> Outcome;
}

/// A handler that gives a future.
pub(crate) trait Async: Send + Sync {
    fn start(&self, request: Request<'_>) -> Result<Running, Fault>;
}

/// A handler whose work is done elsewhere.
pub(crate) trait Blocking: Send + Sync {
    fn prepare(self: Arc<Self>, request: Request<'_>) -> Result<Job, Fault>;
}

/// A handler with what its arguments found out when it was registered.
struct Bound<H, A: Arguments> {
    handler: H,
    prepared: A::Prepared,
}

impl<H: Handler<A>, A: Arguments> Plain for Bound<H, A> {
    fn run(&self, request: Request<'_>) -> Outcome {
        let (arguments, encoder) = request.read(&self.prepared)?;
        self.handler.invoke(arguments).into_reply(encoder)
    }
}

impl<H: AsyncHandler<A>, A: Arguments> Async for Bound<H, A> {
    fn start(&self, request: Request<'_>) -> Result<Running, Fault> {
        let (arguments, encoder) = request.read(&self.prepared)?;
        let (future, encoder) = (self.handler.invoke(arguments), encoder.clone());
        Ok(Box::pin(async move { future.await.into_reply(&encoder) }))
    }
}

impl<H: Handler<A>, A: Arguments> Blocking for Bound<H, A> {
    fn prepare(self: Arc<Self>, request: Request<'_>) -> Result<Job, Fault> {
        let (arguments, encoder) = request.read(&self.prepared)?;
        let encoder = encoder.clone();
        Ok(Box::new(move || {
            self.handler.invoke(arguments).into_reply(&encoder)
        }))
    }
}

fn bound<H, A: Arguments>(handler: H, states: &States) -> Arc<Bound<H, A>> {
    Arc::new(Bound {
        handler,
        prepared: A::prepare(states),
    })
}

pub(crate) fn plain<A: Arguments>(handler: impl Handler<A>, states: &States) -> Arc<dyn Plain> {
    bound::<_, A>(handler, states)
}

pub(crate) fn asynchronous<A: Arguments>(handler: impl AsyncHandler<A>, states: &States) -> Arc<dyn Async> {
    bound::<_, A>(handler, states)
}

pub(crate) fn blocking<A: Arguments>(handler: impl Handler<A>, states: &States) -> Arc<dyn Blocking> {
    bound::<_, A>(handler, states)
}
