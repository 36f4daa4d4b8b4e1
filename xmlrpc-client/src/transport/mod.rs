//! How bytes get to a server and back: [`Transport`], and the transports that are there.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use ::http::{HeaderMap, StatusCode, Version, header};
use bytes::Bytes;
use tokio::time::Instant;
use xmlrpc_core::{Limits, MethodName};

use crate::error::Result;

pub(crate) mod address;
mod body;
pub(crate) mod connect;
#[cfg(feature = "cookies")]
mod cookies;
mod direct;
pub(crate) mod ending;
pub(crate) mod http;
pub(crate) mod http_proxy;
#[cfg(feature = "memory")]
mod memory;
mod relay;
pub(crate) mod scgi;

#[cfg(feature = "memory")]
pub use memory::Memory;

/// Moves one request to a server, and its answer back.
///
/// A transport knows nothing of XML-RPC: it takes bytes and gives bytes. [`ServerProxy`](crate::ServerProxy) encodes, decodes,
/// keeps the call's timeout and tells the wire tap, whatever the transport. [`from_fn`] makes one from a closure.
///
/// # Cancel safety
///
/// The future may be dropped at any point: when the caller drops the call, and when the call's time is up.
///
/// # Examples
///
/// A transport of one's own: it posts to the standard input of a program, and takes the answer from its standard output.
///
/// ```
/// use std::io::{Read, Write};
/// use std::process::{Command, Stdio};
/// use xmlrpc_client::transport::{Request, Response, Transport};
/// use xmlrpc_client::{Error, ServerProxy};
///
/// struct Pipe(&'static str);
///
/// fn exchange(program: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
///     let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
///     child.stdin.take().expect("piped").write_all(body)?;
///     let mut answer = Vec::new();
///     child.stdout.take().expect("piped").read_to_end(&mut answer)?;
///     child.wait()?;
///     Ok(answer)
/// }
///
/// impl Transport for Pipe {
///     async fn send(&self, request: Request) -> Result<Response, Error> {
///         let program = self.0;
///         let task = tokio::task::spawn_blocking(move || exchange(program, &request.body));
///         let answer = task.await.map_err(Error::transport)?.map_err(Error::transport)?;
///         Ok(Response::new(answer))
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ServerProxy::over(Pipe("cat")).build()?;
/// let error = server.call::<i32>("add", (1, 2)).await.unwrap_err();
/// // `cat` gives the call back, which is no response; elsewhere there may be no such program.
/// assert!(error.is_decode() || error.is_maybe_sent());
/// # Ok(())
/// # }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`Error::connect`](crate::Error::connect) when nothing was sent, [`Error::transport`](crate::Error::transport) after that.
    /// An answer with any status is no error here.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response>> + Send;
}

/// What a [`Transport`] sends.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The name of the method called, for logs; it stands in the body, too.
    pub method: MethodName,
    /// The document.
    pub body: Bytes,
    /// Headers, those with credentials marked as sensitive; for transports that have no headers, nothing of importance.
    pub headers: HeaderMap,
    /// How long the whole call may take. The proxy keeps it by dropping the transport's future.
    pub timeout: Option<Duration>,
    /// Whether the caller allows the call to be sent twice.
    pub idempotent: bool,
    /// After how many bytes of the answer's body to stop reading.
    pub response_limit: usize,
    /// Until when a connection to the first address must have come about, besides what holds for all connections.
    pub(crate) connect_by: Option<Instant>,
}

impl Request {
    /// A request without headers, for a transport that somebody else than a proxy calls: without a limit of time, not to be sent twice,
    /// and with an answer of up to 64 MiB.
    pub fn new(method: MethodName, body: impl Into<Bytes>) -> Self {
        Self {
            method,
            body: body.into(),
            headers: HeaderMap::new(),
            timeout: None,
            idempotent: false,
            response_limit: Limits::client().document_bytes,
            connect_by: None,
        }
    }

    /// Sets the headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

/// What a [`Transport`] received.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// The status; 200 for transports that have none.
    pub status: StatusCode,
    /// The version of HTTP, where it is HTTP.
    pub version: Option<Version>,
    /// Headers, if there are any.
    pub headers: HeaderMap,
    /// The encoding that was named outside of the document, as HTTP's `Content-Type` does. It goes before the XML declaration.
    pub charset: Option<String>,
    /// The document.
    pub body: Bytes,
}

impl Response {
    /// An answer with status 200, and nothing but its document.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            version: None,
            headers: HeaderMap::new(),
            charset: None,
            body: body.into(),
        }
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the headers, and the encoding that their `Content-Type` names.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.charset = charset(&headers);
        self.headers = headers;
        self
    }

    /// Sets the encoding that was named outside of the document.
    #[must_use]
    pub fn charset(mut self, charset: impl Into<String>) -> Self {
        self.charset = Some(charset.into());
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("charset", &self.charset)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The parameter `charset` of `Content-Type`.
pub(crate) fn charset(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match content_type {
        // Nearly all answers come as one of these.
        "text/xml" => return None,
        "text/xml; charset=utf-8" => return Some("utf-8".to_owned()),
        _ => {}
    }
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// Makes a transport from a closure.
///
/// ```
/// use xmlrpc_client::transport::{Response, from_fn};
/// use xmlrpc_client::{Fault, MethodResponse, ServerProxy};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ServerProxy::over(from_fn(|request| async move {
///     let answer = match request.method.as_str() {
///         "answer" => MethodResponse::Success(42),
///         _ => MethodResponse::Fault(Fault::new(1, "ask something else")),
///     };
///     Ok(Response::new(answer.to_vec().map_err(xmlrpc_client::Error::transport)?))
/// }))
/// .build()?;
/// assert_eq!(server.call::<i32>("answer", ()).await?, 42);
/// assert_eq!(server.call::<i32>("question", ()).await.unwrap_err().fault().map(Fault::code), Some(1));
/// # Ok(())
/// # }
/// ```
pub fn from_fn<F, Answer>(send: F) -> FromFn<F>
where
    F: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Response>> + Send,
{
    FromFn(send)
}

/// The transport that [`from_fn`] makes.
pub struct FromFn<F>(F);

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn")
    }
}

impl<F, Answer> Transport for FromFn<F>
where
    F: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Response>> + Send,
{
    fn send(&self, request: Request) -> impl Future<Output = Result<Response>> + Send {
        (self.0)(request)
    }
}

/// [`Transport`] as a trait object. HTTP does not go through it.
pub(crate) trait DynTransport: Send + Sync {
    fn send_boxed<'t>(
        &'t self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + 't>>;
}

impl<T: Transport> DynTransport for T {
    fn send_boxed<'t>(
        &'t self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + 't>> {
        Box::pin(self.send(request))
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;

    use super::*;

    #[test]
    fn the_charset_is_found_in_every_spelling() {
        for (content_type, expected) in [
            ("text/xml", None),
            ("text/xml; charset=utf-8", Some("utf-8")),
            ("text/xml;CharSet=\"ISO-8859-1\"", Some("ISO-8859-1")),
            ("text/xml; version=1; charset = koi8-r ; x", Some("koi8-r")),
            ("text/xml; charset=", None),
            ("charset=utf-8", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(charset(&headers).as_deref(), expected, "{content_type}");
        }
    }
}
