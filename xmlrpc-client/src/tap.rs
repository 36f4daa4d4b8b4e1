//! The wire tap: a callback that sees each exchange as it went over the wire.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::Url;

use crate::error::Error;
use crate::transport::Response;
use crate::transport::http::request_version;

/// One request and its answer, as they went over the wire; given to the callback of
/// [`ServerProxyBuilder::tap`](crate::ServerProxyBuilder::tap).
///
/// A redirect and a call that is sent twice make an exchange each, and a call that runs out of time one without an answer; a call
/// that is dropped makes none. `Display` prints all of it, heads and bodies, as network
/// analysers do. Values of headers that hold credentials are never shown; bodies are, with all that is in them.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::ServerProxy;
///
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2")
///     .tap(|exchange| eprintln!("{exchange}"))
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

    /// The request's document.
    pub fn request_body(&self) -> &'a [u8] {
        self.request_body
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

    fn response(&self) -> Option<&'a Response> {
        self.outcome.ok()
    }
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (request, response) = (self.request_body, self.response_body());
        writeln!(f, "{}\n{}", self.request_head(), String::from_utf8_lossy(request))?;
        match (response, self.error()) {
            (Some(body), _) => write!(f, "\n{}\n{}", self.response_head(), String::from_utf8_lossy(body)),
            (None, Some(error)) => write!(f, "\n{error}"),
            (None, None) => Ok(()),
        }
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
        let value = match value.is_sensitive() {
            true => "***".into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name}: {value}");
    }
}

/// The callback.
#[derive(Clone)]
pub(crate) struct Tap(Arc<dyn Fn(&Exchange<'_>) + Send + Sync>);

impl Tap {
    pub(crate) fn new(callback: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }

    pub(crate) fn tell(&self, exchange: &Exchange<'_>) {
        (self.0)(exchange);
    }
}
