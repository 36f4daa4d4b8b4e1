//! Results that are encoded item by item.

use std::future::poll_fn;
use std::task::{Context, Poll};

use serde::Serialize;
use tokio::task::yield_now;
use xmlrpc_core::{ArrayEncoder, EncodedValue, Fault};

use crate::describe::{Describe, Described};
use crate::reply::{Form, IntoAsyncReply, IntoReply, not_encodable};

/// Items that are encoded before other tasks get their turn.
const IN_A_ROW: usize = 128;

/// An array as the result of a method, from an iterator: each item is encoded into the reply when it comes, so that the items never
/// exist together as Rust values.
///
/// An item is a value, or a `Result` of one: the first `Err` ends the iteration, and its fault is the answer in place of the array, as
/// nothing of the reply has been sent by then. So it is when an item cannot be encoded, and when the items take more than
/// [`Methods::reply_bytes`](crate::Methods::reply_bytes). The reply is sent when it is complete, since peers want its length.
///
/// In a [`method`](crate::Methods::method) and an [`async_method`](crate::Methods::async_method) the iterator runs on a thread of the
/// async runtime: one that reads files or waits belongs into a [`blocking_method`](crate::Methods::blocking_method). For items
/// that come from async code there is [`AsyncItems`].
///
/// # Examples
///
/// ```
/// use std::fs::File;
/// use std::io::{BufRead, BufReader};
/// use xmlrpc_server::{Fault, Items, Methods};
///
/// fn lines(name: String) -> Result<Items<impl Iterator<Item = Result<String, Fault>>>, Fault> {
///     let fault = |error: std::io::Error| Fault::new(1, error.to_string());
///     let file = File::open(name).map_err(fault)?;
///     Ok(Items(BufReader::new(file).lines().map(move |line| line.map_err(fault))))
/// }
///
/// let methods = Methods::new()
///     .method("squares", |count: u32| Items((0..count).map(|n| n * n)))
///     .blocking_method("lines", lines);
/// assert_eq!(methods.signature("squares"), Some(vec!["array", "i8"]));
/// ```
#[derive(Clone, Debug)]
pub struct Items<I>(pub I);

/// An array as the result of an [`async_method`](crate::Methods::async_method), from a function that is polled for one item after the
/// other: [`Items`] for async code.
///
/// The function is what `Stream::poll_next` is in the futures crates and `poll_recv` in tokio's channels. No type of those crates stands
/// here, so that a new version of them is not a new version of this crate; any of their streams becomes `AsyncItems` by one closure.
///
/// Where items are always ready, other tasks get their turn after each 128 of them. Once the limit
/// [`Methods::handler_timeout`](crate::Methods::handler_timeout) is over, no further item is asked for.
///
/// # Examples
///
/// ```
/// use tokio::sync::mpsc;
/// use xmlrpc_server::{AsyncItems, Methods};
///
/// let methods = Methods::new().async_method("count", |most: u32| async move {
///     let (items, mut receiver) = mpsc::channel(16);
///     tokio::spawn(async move {
///         for number in 0..most {
///             if items.send(number).await.is_err() {
///                 return;
///             }
///         }
///     });
///     AsyncItems::poll_fn(move |cx| receiver.poll_recv(cx))
/// });
/// # let _ = methods;
/// ```
///
/// A `Stream`:
///
/// ```
/// use futures_util::stream::{self, Stream, StreamExt};
/// use xmlrpc_server::{AsyncItems, Fault, Methods};
///
/// fn rows() -> impl Stream<Item = Result<String, Fault>> + Send {
///     stream::iter(["Ada", "Grace"]).map(|name| Ok(name.to_owned()))
/// }
///
/// let methods = Methods::new().async_method("names", || async {
///     let mut rows = Box::pin(rows());
///     AsyncItems::poll_fn(move |cx| rows.as_mut().poll_next(cx))
/// });
/// # let _ = methods;
/// ```
#[derive(Clone, Debug)]
pub struct AsyncItems<F>(F);

impl<F, T> AsyncItems<F>
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<T>> + Send,
{
    /// Items that a function gives: `None` behind the last one, after which it is not called again.
    pub fn poll_fn(function: F) -> Self {
        Self(function)
    }
}

/// An item of [`Items`]: a value, or a `Result` of one.
///
/// Implemented as [`IntoReply`] is: for every type with [`Describe`] and serde's `Serialize`, and for `Result<T, E>` of such a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an item of a result",
    note = "an item is a `T` or a `Result<T, E>`, where `T` has `xmlrpc_server::Describe` and serde's `Serialize`, and `E` is `Into<Fault>`"
)]
pub trait IntoItem {
    #[doc(hidden)]
    fn push(self, array: &mut ArrayEncoder) -> Result<(), Fault>;
}

impl<T: Describe + Serialize> IntoItem for T {
    fn push(self, array: &mut ArrayEncoder) -> Result<(), Fault> {
        array.push(&self).map_err(|error| not_encodable(&error))
    }
}

impl<T: Describe + Serialize, E: Into<Fault>> IntoItem for Result<T, E> {
    fn push(self, array: &mut ArrayEncoder) -> Result<(), Fault> {
        self.map_err(Into::into)?.push(array)
    }
}

impl<I: IntoIterator<Item: IntoItem>> IntoReply for Items<I> {
    const RESULT: Described = Described::ARRAY;

    fn into_reply(self, form: &Form) -> Result<EncodedValue, Fault> {
        let mut array = form.array();
        for item in self.0 {
            item.push(&mut array)?;
            form.check(array.encoded_len())?;
        }
        form.fitting(array.finish())
    }
}

impl<F, T> IntoAsyncReply for AsyncItems<F>
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<T>> + Send,
    T: IntoItem,
{
    const RESULT: Described = Described::ARRAY;

    async fn into_async_reply(mut self, form: Form) -> Result<EncodedValue, Fault> {
        let mut array = form.array();
        while append(&mut self.0, &form, &mut array).await? {
            yield_now().await;
        }
        form.fitting(array.finish())
    }
}

/// Appends some items. Says whether there may be more.
async fn append<F, T>(next: &mut F, form: &Form, array: &mut ArrayEncoder) -> Result<bool, Fault>
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<T>> + Send,
    T: IntoItem,
{
    for _ in 0..IN_A_ROW {
        // The item is not kept across an await, so that it need not be `Send`.
        let appended = poll_fn(|cx| next(cx).map(|item| item.map(|item| item.push(array)))).await;
        match appended {
            None => return Ok(false),
            Some(appended) => appended?,
        }
        form.check(array.encoded_len())?;
    }
    Ok(true)
}
