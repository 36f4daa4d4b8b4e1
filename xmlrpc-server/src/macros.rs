//! What the code of `#[rpc]` and `#[derive(Describe)]` needs beside the public interface.

use std::marker::PhantomData;

use crate::argument::Argument;
use crate::describe::{Describe, Describing};
use crate::methods::Methods;
use crate::reply::{IntoAsyncReply, IntoReply};

/// Holds a type to what an argument needs.
pub fn argument<T: Argument>() {}

/// Holds a type to what a result needs.
pub fn result<T: IntoReply>() {}

/// Holds a type to what a result of an `async fn` needs.
pub fn async_result<T: IntoAsyncReply>() {}

/// Says what the items of arrays are, which [`Describe`] does not know: those of the parameters and of the result of a method.
#[must_use]
pub fn items<const N: usize>(
    mut methods: Methods,
    name: &str,
    parameters: [Option<Describing>; N],
    result: Option<Describing>,
) -> Methods {
    if let Some(method) = methods.table_mut().methods.get_mut(name) {
        for shape in &mut method.shapes {
            shape.parameters.set_items(&parameters);
            shape.result.set_items(result);
        }
    }
    methods
}

/// Finds out whether a type is described: `Probe::<T>::new().describing()`, with [`Undecided`] in scope.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Probe<T> {
    /// Of a type.
    #[expect(clippy::new_without_default, reason = "it is for macros alone")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Describe> Probe<T> {
    /// What describes it. It goes before [`Undecided::describing`], where it is described.
    pub fn describing(&self) -> Option<Describing> {
        Some(T::description)
    }
}

/// Every type, described or not.
pub trait Undecided {
    /// Nothing.
    fn describing(&self) -> Option<Describing> {
        None
    }
}

impl<T: ?Sized> Undecided for Probe<T> {}
