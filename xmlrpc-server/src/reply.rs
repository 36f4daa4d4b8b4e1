//! What a handler gives, and what a dispatched call gives.

use std::future::{Future, ready};

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use xmlrpc_core::fault::code;
use xmlrpc_core::{ArrayEncoder, EncodedValue, Encoder, Fault};

use crate::describe::{Describe, Described};
use crate::items::AsyncItems;
use crate::metrics;

/// What a handler returns: a value, or a `Result` of one.
///
/// Implemented for every type with [`Describe`] and serde's `Serialize`, for [`Items`](crate::Items), and for `Result<T, E>` of these
/// where `E` can become a [`Fault`]. There is nothing to implement here: describe the type, and write `From<MyError> for Fault` once.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{Fault, Methods};
///
/// enum BankError { NoAccount(u32), Overdrawn }
///
/// impl From<BankError> for Fault {
///     fn from(error: BankError) -> Self {
///         match error {
///             BankError::NoAccount(number) => Fault::new(1, format!("there is no account {number}")),
///             BankError::Overdrawn => Fault::new(2, "the account is overdrawn"),
///         }
///     }
/// }
///
/// let methods = Methods::new().method("balance", |account: u32| match account {
///     7 => Ok(12.5),
///     8 => Err(BankError::Overdrawn),
///     other => Err(BankError::NoAccount(other)),
/// });
/// # let _ = methods;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a method",
    label = "no result of a method",
    note = "a result is a `T` or a `Result<T, E>`, where `T` has `xmlrpc_server::Describe` and serde's `Serialize`, and `E` is `Into<Fault>`",
    note = "for a type of your own, derive serde's `Serialize` and `xmlrpc_server::Describe`",
    note = "an `async fn`, and a closure that gives a future, are registered by `async_method`",
    note = "for an error of your own, write `impl From<MyError> for xmlrpc_server::Fault`"
)]
pub trait IntoReply {
    /// The type of the result.
    #[doc(hidden)]
    const RESULT: Described;

    #[doc(hidden)]
    fn into_reply(self, form: &Form) -> Result<EncodedValue, Fault>;
}

impl<T: Describe + Serialize> IntoReply for T {
    const RESULT: Described = Described::of::<T>();

    fn into_reply(self, form: &Form) -> Result<EncodedValue, Fault> {
        form.result(&self)
    }
}

impl<T: IntoReply, E: Into<Fault>> IntoReply for Result<T, E> {
    const RESULT: Described = T::RESULT;

    fn into_reply(self, form: &Form) -> Result<EncodedValue, Fault> {
        self.map_err(Into::into)?.into_reply(form)
    }
}

/// What an async handler returns: an [`IntoReply`], or [`AsyncItems`](crate::AsyncItems), or a `Result` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of an async method",
    label = "no result of an async method",
    note = "a result is a `T` or a `Result<T, E>`, where `T` has `xmlrpc_server::Describe` and serde's `Serialize`, and `E` is `Into<Fault>`",
    note = "for a type of your own, derive serde's `Serialize` and `xmlrpc_server::Describe`",
    note = "for an error of your own, write `impl From<MyError> for xmlrpc_server::Fault`"
)]
pub trait IntoAsyncReply {
    /// The type of the result.
    #[doc(hidden)]
    const RESULT: Described;

    #[doc(hidden)]
    fn into_async_reply(self, form: Form) -> impl Future<Output = Result<EncodedValue, Fault>> + Send;
}

impl<T: IntoReply> IntoAsyncReply for T {
    const RESULT: Described = T::RESULT;

    fn into_async_reply(self, form: Form) -> impl Future<Output = Result<EncodedValue, Fault>> + Send {
        ready(self.into_reply(&form))
    }
}

impl<F, E> IntoAsyncReply for Result<AsyncItems<F>, E>
where
    AsyncItems<F>: IntoAsyncReply,
    F: Send,
    E: Into<Fault>,
{
    const RESULT: Described = Described::ARRAY;

    fn into_async_reply(self, form: Form) -> impl Future<Output = Result<EncodedValue, Fault>> + Send {
        let items = self.map_err(Into::into);
        async move { items?.into_async_reply(form).await }
    }
}

/// How a result is written.
#[derive(Clone, Debug)]
pub struct Form {
    encoder: Encoder,
    /// Bytes that it may take.
    most: usize,
}

impl Form {
    pub(crate) fn new(encoder: Encoder, most: usize) -> Self {
        Self { encoder, most }
    }

    /// An array that is written element by element.
    pub(crate) fn array(&self) -> ArrayEncoder {
        self.encoder.array()
    }

    fn result<T: Serialize>(&self, result: &T) -> Result<EncodedValue, Fault> {
        match self.encoder.result(result) {
            Ok(result) => self.fitting(result),
            Err(error) => Err(not_encodable(&error)),
        }
    }

    /// The result, unless it is too large.
    pub(crate) fn fitting(&self, result: EncodedValue) -> Result<EncodedValue, Fault> {
        self.check(result.encoded_len()).map(|()| result)
    }

    /// Whether a result may take so many bytes.
    pub(crate) fn check(&self, bytes: usize) -> Result<(), Fault> {
        if bytes <= self.most {
            return Ok(());
        }
        Err(too_large(self.most))
    }
}

#[cold]
fn too_large(most: usize) -> Fault {
    metrics::refused("reply_bytes");
    let text = format!("the result takes more than {most} bytes; Methods::reply_bytes raises this limit");
    Fault::new(code::INTERNAL_ERROR, text)
}

/// The fault for a result that XML-RPC, or the dialect, cannot carry.
#[cold]
pub(crate) fn not_encodable(error: &xmlrpc_core::Error) -> Fault {
    Fault::new(
        code::INTERNAL_ERROR,
        format!("the result cannot be encoded: {error}"),
    )
}

/// The answer to a dispatched call: a whole `methodResponse` in bytes, with its media type, and whether it is a fault.
#[derive(Clone, Debug)]
pub struct Reply {
    body: Bytes,
    content_type: HeaderValue,
    fault: Option<Fault>,
}

impl Reply {
    pub(crate) fn new(body: Vec<u8>, content_type: HeaderValue, fault: Option<Fault>) -> Self {
        Self {
            body: body.into(),
            content_type,
            fault,
        }
    }

    /// The document.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The document, by value.
    pub fn into_body(self) -> Bytes {
        self.body
    }

    /// What stands in HTTP's `Content-Type`: `text/xml; charset=utf-8`, or the encoding of the dialect that was set.
    pub fn content_type(&self) -> &str {
        self.content_type.to_str().unwrap_or("text/xml")
    }

    /// The fault with which the call was answered; `None` if it succeeded. What entries of a `system.multicall` gave is in the body.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    #[cfg(feature = "http")]
    pub(crate) fn into_parts(self) -> (Bytes, HeaderValue) {
        (self.body, self.content_type)
    }
}
