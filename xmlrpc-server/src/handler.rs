//! The functions behind methods, of all three kinds, and how their types are forgotten.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use xmlrpc_core::{Call, EncodedValue, Fault};

use crate::argument::{Arguments, Failure, Parameters, States, read};
use crate::context::CallContext;
use crate::dispatch::Codec;
use crate::layer::Around;
use crate::reply::{Form, IntoAsyncReply, IntoReply};

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
    pub(crate) around: Around,
    /// What the parameters are called, as far as that is known.
    pub(crate) names: &'c [Box<str>],
}

impl<'c> Request<'c> {
    /// The arguments, and how to write the reply, once the document has been read to its end.
    fn read<A: Arguments>(
        &self,
        prepared: &A::Prepared,
        parameters: &Parameters,
    ) -> Result<(A, &'c Form), Failure> {
        let (arguments, met) = read(prepared, parameters, self)?;
        Ok((arguments, self.codec.form(met || self.around.extensions)))
    }

    /// Answers with a function that is at hand.
    pub(crate) fn answer<A, T>(&self, run: impl FnOnce(A) -> Result<T, Fault>) -> Outcome
    where
        A: Arguments<Prepared: Default>,
        T: IntoReply,
    {
        let read = self.read(&A::Prepared::default(), &Parameters::of_arguments::<A>());
        let (arguments, form) = read.map_err(Failure::into_fault)?;
        run(arguments)?.into_reply(form)
    }
}

/// A future whose type is forgotten.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Work for the blocking pool.
pub(crate) type Job = Box<dyn FnOnce() -> Outcome + Send>;

/// How far a handler has come with a call.
pub(crate) enum Started {
    Done(Outcome),
    Running(Running),
    Blocking(Job),
}

/// A handler whose type is forgotten.
pub(crate) trait Start: Send + Sync {
    /// Reads the arguments, and does with them what needs no waiting.
    fn start(&self, request: Request<'_>) -> Result<Started, Failure>;
}

/// A handler with what its arguments found out when it was registered.
struct Bound<H, A: Arguments> {
    handler: H,
    prepared: A::Prepared,
    parameters: Parameters,
}

impl<H, A: Arguments> Bound<H, A> {
    #[track_caller]
    fn new(handler: H, states: &States) -> Self {
        Self {
            handler,
            prepared: A::prepare(states),
            parameters: Parameters::of_arguments::<A>(),
        }
    }

    fn read<'c>(&self, request: Request<'c>) -> Result<(A, &'c Form), Failure> {
        request.read(&self.prepared, &self.parameters)
    }
}

struct Plain<H, A: Arguments>(Bound<H, A>);

struct Async<H, A: Arguments>(Bound<H, A>);

struct Blocking<H, A: Arguments>(Arc<Bound<H, A>>);

impl<H: Handler<A, Output: IntoReply>, A: Arguments> Start for Plain<H, A> {
    fn start(&self, request: Request<'_>) -> Result<Started, Failure> {
        let (arguments, form) = self.0.read(request)?;
        Ok(Started::Done(self.0.handler.invoke(arguments).into_reply(form)))
    }
}

impl<H: AsyncHandler<A, Output: IntoAsyncReply>, A: Arguments> Start for Async<H, A> {
    fn start(&self, request: Request<'_>) -> Result<Started, Failure> {
        let (arguments, form) = self.0.read(request)?;
        let (future, form) = (self.0.handler.invoke(arguments), form.clone());
        Ok(Started::Running(Box::pin(async move {
            future.await.into_async_reply(form).await
        })))
    }
}

impl<H: Handler<A, Output: IntoReply>, A: Arguments> Start for Blocking<H, A> {
    fn start(&self, request: Request<'_>) -> Result<Started, Failure> {
        let (arguments, form) = self.0.read(request)?;
        let (bound, form) = (self.0.clone(), form.clone());
        Ok(Started::Blocking(Box::new(move || {
            bound.handler.invoke(arguments).into_reply(&form)
        })))
    }
}

#[track_caller]
pub(crate) fn plain<A: Arguments>(
    handler: impl Handler<A, Output: IntoReply>,
    states: &States,
) -> Arc<dyn Start> {
    Arc::new(Plain(Bound::new(handler, states)))
}

#[track_caller]
pub(crate) fn asynchronous<A: Arguments>(
    handler: impl AsyncHandler<A, Output: IntoAsyncReply>,
    states: &States,
) -> Arc<dyn Start> {
    Arc::new(Async(Bound::new(handler, states)))
}

#[track_caller]
pub(crate) fn blocking<A: Arguments>(
    handler: impl Handler<A, Output: IntoReply>,
    states: &States,
) -> Arc<dyn Start> {
    Arc::new(Blocking(Arc::new(Bound::new(handler, states))))
}
