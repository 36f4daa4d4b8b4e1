//! The functions behind methods, of all three kinds, and how their types are forgotten.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use xmlrpc_core::{Call, EncodedValue, Encoder, Fault};

use crate::argument::{Arguments, Parameters, States, read};
use crate::context::CallContext;
use crate::dispatch::Codec;
use crate::layer::{Around, Stack};
use crate::reply::IntoReply;

/// What a handler gives once it has run: the result, encoded, or the fault.
pub(crate) type Outcome = Result<EncodedValue, Fault>;

/// A function or closure that answers at once; see [`Methods::method`](crate::Methods::method).
///
/// Implemented for every `Fn` of up to fourteen arguments. To be a method its arguments must each be an
/// [`Argument`](crate::Argument), and its result an [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a method",
    note = "a method is a function or closure of at most 14 arguments, `Send + Sync + 'static`"
)]
pub trait Handler<A>: Send + Sync + 'static {
    /// What it returns.
    type Output;

    #[doc(hidden)]
    fn invoke(&self, arguments: A) -> Self::Output;
}

/// A function or closure that gives a future; see [`Methods::async_method`](crate::Methods::async_method).
///
/// Implemented for every `Fn` of up to fourteen arguments that gives a `Future` which is `Send + 'static`. To be a method its
/// arguments must each be an [`Argument`](crate::Argument), and what its future gives an [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an async method",
    note = "an async method is an `async fn`, or a closure `|…| async move {{ … }}`, of at most 14 arguments",
    note = "it is `Send + Sync + 'static`, and its future is `Send + 'static`"
)]
pub trait AsyncHandler<A>: Send + Sync + 'static {
    /// What its future gives.
    type Output;

    #[doc(hidden)]
    type Future: Future<Output = Self::Output> + Send + 'static;

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
            Running: Future + Send + 'static,
        {
            type Output = Running::Output;
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
    pub(crate) around: Around,
    /// The layers that the call came through, for the entries of a multicall.
    pub(crate) stack: Option<&'c Stack>,
}

impl<'c> Request<'c> {
    /// The arguments, and the encoder for the reply, once the document has been read to its end.
    pub(crate) fn read<A: Arguments>(&self, prepared: &A::Prepared) -> Result<(A, &'c Encoder), Fault> {
        let (arguments, met) = read(prepared, self.parameters, self.call, self.context)?;
        Ok((arguments, self.codec.encoder(met || self.around.extensions)))
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

impl<H: Handler<A, Output: IntoReply>, A: Arguments> Plain for Bound<H, A> {
    fn run(&self, request: Request<'_>) -> Outcome {
        let (arguments, encoder) = request.read(&self.prepared)?;
        self.handler.invoke(arguments).into_reply(encoder)
    }
}

impl<H: AsyncHandler<A, Output: IntoReply>, A: Arguments> Async for Bound<H, A> {
    fn start(&self, request: Request<'_>) -> Result<Running, Fault> {
        let (arguments, encoder) = request.read(&self.prepared)?;
        let (future, encoder) = (self.handler.invoke(arguments), encoder.clone());
        Ok(Box::pin(async move { future.await.into_reply(&encoder) }))
    }
}

impl<H: Handler<A, Output: IntoReply>, A: Arguments> Blocking for Bound<H, A> {
    fn prepare(self: Arc<Self>, request: Request<'_>) -> Result<Job, Fault> {
        let (arguments, encoder) = request.read(&self.prepared)?;
        let encoder = encoder.clone();
        Ok(Box::new(move || {
            self.handler.invoke(arguments).into_reply(&encoder)
        }))
    }
}

#[track_caller]
fn bound<H, A: Arguments>(handler: H, states: &States) -> Arc<Bound<H, A>> {
    Arc::new(Bound {
        handler,
        prepared: A::prepare(states),
    })
}

#[track_caller]
pub(crate) fn plain<A: Arguments>(
    handler: impl Handler<A, Output: IntoReply>,
    states: &States,
) -> Arc<dyn Plain> {
    bound(handler, states)
}

#[track_caller]
pub(crate) fn asynchronous<A: Arguments>(
    handler: impl AsyncHandler<A, Output: IntoReply>,
    states: &States,
) -> Arc<dyn Async> {
    bound(handler, states)
}

#[track_caller]
pub(crate) fn blocking<A: Arguments>(
    handler: impl Handler<A, Output: IntoReply>,
    states: &States,
) -> Arc<dyn Blocking> {
    bound(handler, states)
}
