//! The wire tap: callbacks and writers that see each exchange as it went over the wire.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::Url;
use xmlrpc_core::{Pretty, Printable};

use crate::error::Error;
use crate::secret;
use crate::transport::http::request_version;
use crate::transport::{Response, charset};

/// One request and its answer, as they went over the wire; given to the callback of
/// [`ServerProxyBuilder::tap`](crate::ServerProxyBuilder::tap).
///
/// A redirect and a call that is sent twice make an exchange each, and a call that runs out of time one without an answer; a call
/// that is dropped makes none. Values of headers that hold credentials are never shown; bodies are, with all that is in them.
///
/// # Showing
///
/// `Display` prints all of it, heads and bodies, as network analysers do. `{:#}` is [`pretty`](Self::pretty): documents indented, long
/// ones cut, and a last line with sizes and duration. Both show control characters as escapes, so that no peer can steer the terminal.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::ServerProxy;
///
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2")
///     .tap(|exchange| eprintln!("{exchange:#}"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: Option<&'a Url>,
    pub(crate) request_headers: &'a HeaderMap,
    pub(crate) request_body: &'a [u8],
    pub(crate) outcome: Result<&'a Response, &'a Error>,
    pub(crate) duration: Duration,
}

impl<'a> Exchange<'a> {
    /// The name of the method called.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// The address, without user and password; `None` for transports of one's own.
    pub fn url(&self) -> Option<&'a str> {
        self.url.map(Url::as_str)
    }

    /// The request's headers, all that were sent. Those with credentials are marked as
    /// [sensitive](http::HeaderValue::is_sensitive), so that `Debug` does not show them.
    pub fn request_headers(&self) -> &'a HeaderMap {
        self.request_headers
    }

    /// The request's body as it was sent, which may be [compressed](crate::ServerProxyBuilder::compress_requests).
    pub fn request_body(&self) -> &'a [u8] {
        self.request_body
    }

    /// The request's document: the body, inflated where it was sent in gzip.
    pub fn request_document(&self) -> Cow<'a, [u8]> {
        match gunzipped(self.request_headers, self.request_body) {
            Some(document) => document.into(),
            None => self.request_body.into(),
        }
    }

    /// This exchange, to be shown with its documents laid out for reading.
    pub fn pretty(&self) -> PrettyExchange<'a> {
        PrettyExchange {
            exchange: *self,
            limit: Pretty::LIMIT,
        }
    }

    /// The request's first line and headers, a line each, without the empty line.
    pub fn request_head(&self) -> String {
        let mut head = String::new();
        if let Some(url) = self.url {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let version = request_version(self.response().and_then(|response| response.version));
            head = format!("POST {}{query} {version}\n", url.path());
        }
        lines(self.request_headers, &mut head);
        head
    }

    /// The answer's first line and headers, a line each, without the empty line. Empty where no answer came.
    pub fn response_head(&self) -> String {
        let Some(response) = self.response() else {
            return String::new();
        };
        let mut head = match response.version {
            Some(version) => format!("{version:?} {}\n", response.status),
            None => String::new(),
        };
        lines(&response.headers, &mut head);
        head
    }

    /// The answer's status; `None` where no answer came.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.status)
    }

    /// The answer's headers; `None` where no answer came.
    pub fn response_headers(&self) -> Option<&'a HeaderMap> {
        self.response().map(|response| &response.headers)
    }

    /// The answer's document; `None` where no answer came.
    pub fn response_body(&self) -> Option<&'a [u8]> {
        self.response().map(|response| &*response.body)
    }

    /// Why no answer came.
    pub fn error(&self) -> Option<&'a Error> {
        self.outcome.err()
    }

    /// From before the connection was looked for until the answer's last byte.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    pub(crate) fn response(&self) -> Option<&'a Response> {
        self.outcome.ok()
    }
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.pretty().fmt(f);
        }
        let as_it_is = |body: &[u8], _: &HeaderMap, f: &mut fmt::Formatter<'_>| {
            Printable(&String::from_utf8_lossy(body)).fmt(f)
        };
        self.show(as_it_is, f)
    }
}

impl Exchange<'_> {
    /// Heads and bodies, the bodies in a form.
    fn show(
        &self,
        body: impl Fn(&[u8], &HeaderMap, &mut fmt::Formatter<'_>) -> fmt::Result,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        writeln!(f, "{}", self.request_head())?;
        body(&self.request_document(), self.request_headers, f)?;
        match self.outcome {
            Ok(response) => {
                write!(f, "\n\n{}\n", self.response_head())?;
                body(&response.body, &response.headers, f)
            }
            Err(error) => write!(f, "\n\n{error}"),
        }
    }
}

/// An [`Exchange`] laid out for reading, by its `Display`; made by [`Exchange::pretty`].
///
/// Heads and bodies as with `Display` of the exchange, but each body as [`Pretty`] shows it, and a last line such as
/// `addtogether: 258 bytes sent, 330 bytes received, 1.2ms`, where bytes are those of the bodies as they travelled; answers in gzip count
/// inflated.
#[derive(Clone, Copy, Debug)]
pub struct PrettyExchange<'a> {
    exchange: Exchange<'a>,
    limit: usize,
}

impl PrettyExchange<'_> {
    /// Sets how many bytes of each body are shown, indentation included. [`Pretty::LIMIT`] (64 KiB) if not set.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl fmt::Display for PrettyExchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = &self.exchange;
        let laid_out = |body: &[u8], headers: &HeaderMap, f: &mut fmt::Formatter<'_>| {
            let pretty = Pretty::new(body).limit(self.limit);
            match charset(headers) {
                Some(charset) => pretty.charset(&charset).fmt(f),
                None => pretty.fmt(f),
            }
        };
        exchange.show(laid_out, f)?;
        let (method, sent) = (Printable(exchange.method), exchange.request_body.len());
        write!(f, "\n\n{method}: {sent} bytes sent")?;
        if let Some(received) = exchange.response_body() {
            write!(f, ", {} bytes received", received.len())?;
        }
        write!(f, ", {:.1?}", exchange.duration)
    }
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("url", &self.url())
            .field("request_len", &self.request_body.len())
            .field("status", &self.status())
            .field("response_len", &self.response_body().map(<[u8]>::len))
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

fn lines(headers: &HeaderMap, out: &mut String) {
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name}: {}", secret::shown(name, value));
    }
}

/// The document of a body in gzip.
#[cfg(feature = "compression")]
fn gunzipped(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;

    // Only what this client compressed itself is in gzip, so that its document was in memory before.
    headers
        .get(http::header::CONTENT_ENCODING)
        .filter(|encoding| *encoding == "gzip")?;
    let mut document = Vec::new();
    let inflated = flate2::read::GzDecoder::new(body).read_to_end(&mut document);
    inflated.is_ok().then_some(document)
}

#[cfg(not(feature = "compression"))]
fn gunzipped(_: &HeaderMap, _: &[u8]) -> Option<Vec<u8>> {
    None
}

/// The callbacks.
#[derive(Clone)]
pub(crate) struct Tap(Arc<dyn Fn(&Exchange<'_>) + Send + Sync>);

impl Tap {
    pub(crate) fn new(callback: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }

    /// Writes each exchange for reading, in one piece. A writer that fails is not written to again.
    pub(crate) fn writing(writer: impl io::Write + Send + 'static) -> Self {
        let writer = Mutex::new(Some(writer));
        Self::new(move |exchange| {
            let text = format!("{exchange:#}\n\n");
            let mut slot = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(writer) = &mut *slot else {
                return;
            };
            if let Err(error) = writer.write_all(text.as_bytes()).and_then(|()| writer.flush()) {
                tracing::warn!(%error, "the wire tap's writer failed, and gets no more");
                *slot = None;
            }
        })
    }

    /// Both, one after the other.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::new(move |exchange| {
            self.tell(exchange);
            other.tell(exchange);
        })
    }

    pub(crate) fn tell(&self, exchange: &Exchange<'_>) {
        (self.0)(exchange);
    }
}
