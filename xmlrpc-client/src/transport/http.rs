//! HTTP: one connection pool a proxy, redirects that repeat the call, bodies read frame by frame.
//!
//! Requests go out by reqwest, or straight by the pool that it has inside ([`direct`](super::direct)). From here on there is no
//! difference: both give an answer and a body of frames, and errors that are told apart by what caused them.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::time::Instant;

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, StatusCode, Uri, Version};
use bytes::Bytes;
use http_body_util::Full;
use reqwest::Url;

use crate::error::{Answer, Error, Result};
use crate::secret;
use crate::tap::{Exchange, Tap};
use crate::transport::address::Route;
use crate::transport::body::{Body, read_body};
use crate::transport::connect::{BoxError, Clients, Connecting, Sender, within};
#[cfg(feature = "cookies")]
use crate::transport::cookies::Jar;
use crate::transport::{Request, Response};

/// The headers that may follow a redirect to another origin: none that a user set, since any may be a credential.
const HARMLESS: [HeaderName; 5] = [
    header::USER_AGENT,
    header::ACCEPT,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
];

/// The transport for `http`, `https` and `http+unix` URLs.
pub(crate) struct Http {
    clients: Clients,
    /// What is shown.
    url: Url,
    /// What is requested.
    target: Url,
    uri: Option<Uri>,
    redirects: usize,
    #[cfg(feature = "cookies")]
    jar: Option<Jar>,
}

impl Http {
    /// `url` has no user and no password.
    pub(crate) fn new(url: Url, route: &Route, connecting: Connecting, redirects: usize) -> Result<Self> {
        #[cfg(feature = "cookies")]
        let jar = connecting.cookie_bytes.map(Jar::new);
        let clients = Clients::new(connecting, &url, route)?;
        let target = match route {
            #[cfg(unix)]
            Route::HttpUnix(_) => behind_socket(&url)?,
            _ => url.clone(),
        };
        Ok(Self {
            clients,
            url,
            uri: uri(&target).ok(),
            target,
            redirects,
            #[cfg(feature = "cookies")]
            jar,
        })
    }

    /// Where calls go first.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// What stands in the header `Host`.
    pub(crate) fn host(&self) -> Option<HeaderValue> {
        host_header(&self.target)
    }

    /// The URL to tell of, for one that is requested.
    fn shown<'u>(&'u self, requested: &'u Url) -> &'u Url {
        match *requested == self.target {
            true => &self.url,
            false => requested,
        }
    }

    /// Sends the call, and sends it again wherever a redirect says so.
    pub(crate) async fn send(&self, mut request: Box<Request>, tap: Option<&Tap>) -> Result<Response> {
        let mut outgoing = Outgoing {
            url: Cow::Borrowed(&self.target),
            uri: self.uri.clone(),
            headers: std::mem::take(&mut request.headers),
        };
        for _ in 0..=self.redirects {
            let response = self.exchange(&request, &outgoing, tap).await?;
            // Whoever redirects was there.
            request.connect_by = None;
            let Some(target) = redirect_target(&outgoing.url, &response)? else {
                return Ok(response);
            };
            if self.redirects == 0 {
                return Ok(response);
            }
            if self.url != self.target && target.origin() != self.target.origin() {
                return Err(Error::redirect(
                    "the server behind the socket redirects to another one",
                ));
            }
            tracing::debug!(status = response.status.as_u16(), "redirected");
            outgoing.follow(target);
        }
        Err(Error::redirect(format!("more than {} redirects", self.redirects)))
    }

    async fn exchange(
        &self,
        request: &Request,
        outgoing: &Outgoing<'_>,
        tap: Option<&Tap>,
    ) -> Result<Response> {
        // The pool notices that a server has closed a connection when the runtime looks at its sockets. On a runtime of one thread
        // that was busy with something else, it does that now, and a close that came in the meantime does no harm.
        tokio::task::yield_now().await;
        let headers = self.headers(outgoing);
        let Some(tap) = tap else {
            return self.transfer(request, outgoing, headers).await;
        };
        let started = Instant::now();
        let outcome = self.transfer(request, outgoing, headers.clone()).await;
        tap.tell(&Exchange {
            method: &request.method,
            url: Some(self.shown(&outgoing.url)),
            request_headers: &headers,
            request_body: &request.body,
            outcome: outcome.as_ref(),
            duration: started.elapsed(),
        });
        outcome
    }

    /// The headers as they go out.
    fn headers(&self, outgoing: &Outgoing<'_>) -> HeaderMap {
        let mut headers = outgoing.headers.clone();
        if self.clients.are_per_call() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.jar {
            jar.add_to(&outgoing.url, &mut headers);
        }
        headers
    }

    async fn transfer(
        &self,
        request: &Request,
        outgoing: &Outgoing<'_>,
        headers: HeaderMap,
    ) -> Result<Response> {
        let url = &*outgoing.url;
        let body = request.body.clone();
        // The futures of both are large, and would be moved with those around them as often as they are.
        match self.clients.of(url)? {
            Sender::Direct(direct) => {
                let mut message = ::http::Request::new(Full::new(body));
                *message.method_mut() = Method::POST;
                *message.uri_mut() = outgoing.uri()?;
                *message.headers_mut() = headers;
                let sending = Box::pin(direct.send(message));
                let answer = within(request.connect_by, sending).await;
                let answer = answer.map_err(|error| self.failure(error.into(), url))?;
                self.read(answer, request, url).await
            }
            Sender::Reqwest(client) => {
                let mut message = reqwest::Request::new(Method::POST, url.clone());
                *message.headers_mut() = headers;
                *message.body_mut() = Some(body.into());
                let sending = Box::pin(client.execute(message));
                let answer = within(request.connect_by, sending).await;
                let answer = answer.map_err(|error| self.failure(error.into(), url))?;
                self.read(answer.into(), request, url).await
            }
        }
    }

    /// Reads an answer to its end, or as far as it is allowed to go.
    async fn read<Incoming>(
        &self,
        answer: ::http::Response<Incoming>,
        request: &Request,
        url: &Url,
    ) -> Result<Response>
    where
        Incoming: http_body::Body<Data = Bytes>,
        Failure: From<Incoming::Error>,
    {
        let (parts, incoming) = answer.into_parts();
        let (status, version, mut headers) = (parts.status, parts.version, parts.headers);
        secret::mark(&mut headers);
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.jar {
            jar.keep(url, &headers);
        }
        let body = read_body(pin!(incoming), &headers, request.response_limit).await;
        let body = match body.map_err(|error| self.failure(error.into(), url))? {
            // Whatever refuses a call does not become readable by being long.
            Body::Cut(front) if !status.is_success() => front,
            Body::Cut(front) => {
                let answer = Answer::new(status, &headers, &front);
                return Err(Error::too_long(request.response_limit, answer));
            }
            Body::Whole(body) => body,
        };
        let mut response = Response::new(body).status(status).headers(headers);
        response.version = Some(version);
        Ok(response)
    }

    fn failure(&self, failure: Failure, url: &Url) -> Error {
        let Failure { error, in_connecting } = failure;
        let io = cause::<std::io::Error>(&*error).map(std::io::Error::kind);
        let hyper = cause::<hyper::Error>(&*error);
        let hint = tls_hint(&*error);
        if in_connecting {
            let address = match (*url == self.target, self.clients.http_proxy()) {
                // A socket has no origin.
                (true, None) if self.url != self.target => self.url.to_string(),
                (_, None) => origin(url),
                (_, Some(proxy)) => format!("{} through the HTTP proxy {proxy}", origin(url)),
            };
            let timed_out = cause::<reqwest::Error>(&*error).is_some_and(reqwest::Error::is_timeout);
            return match timed_out || io == Some(std::io::ErrorKind::TimedOut) {
                true => Error::connect_timeout(address, error),
                false => Error::connect(address, error).with_hint(hint),
            };
        }
        if hyper.is_some_and(hyper::Error::is_canceled) {
            return Error::unsent("the connection was closed before the call was sent", error);
        }
        let closed = hyper.is_some_and(hyper::Error::is_incomplete_message)
            || io.is_some_and(|kind| {
                use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                matches!(
                    kind,
                    BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
                )
            })
            || is_http2_closed(&*error);
        let what = match (hint, closed) {
            (Some(hint), _) => hint,
            (None, true) => "the connection was closed before the answer was complete",
            (None, false) => "the exchange failed",
        };
        Error::exchange(what, error)
    }
}

/// An exchange that failed, whoever made it.
struct Failure {
    error: BoxError,
    /// Whether it did so before there was a connection.
    in_connecting: bool,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self {
            in_connecting: error.is_connect(),
            error: error.without_url().into(),
        }
    }
}

impl From<BoxError> for Failure {
    fn from(error: BoxError) -> Self {
        let of_pool = error.downcast_ref::<hyper_util::client::legacy::Error>();
        Self {
            in_connecting: of_pool.is_some_and(hyper_util::client::legacy::Error::is_connect),
            error,
        }
    }
}

#[cfg(not(feature = "compression"))]
impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        BoxError::from(error).into()
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("url", &self.url.as_str())
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}

/// Where a call goes next, and the headers that go with it.
struct Outgoing<'h> {
    url: Cow<'h, Url>,
    /// The same for the pool, unless it is not made of `url` yet.
    uri: Option<Uri>,
    headers: HeaderMap,
}

impl Outgoing<'_> {
    fn uri(&self) -> Result<Uri> {
        match &self.uri {
            Some(uri) => Ok(uri.clone()),
            None => uri(&self.url),
        }
    }

    fn follow(&mut self, target: Url) {
        if target.origin() != self.url.origin() {
            self.headers = HARMLESS
                .into_iter()
                .filter_map(|name| Some((name.clone(), self.headers.get(name)?.clone())))
                .collect();
        }
        if let Some(host) = host_header(&target) {
            self.headers.insert(header::HOST, host);
        }
        self.url = Cow::Owned(target);
        self.uri = None;
    }
}

/// A URL as hyper has it.
fn uri(url: &Url) -> Result<Uri> {
    url.as_str()
        .parse()
        .map_err(|error: ::http::uri::InvalidUri| Error::unsent("the URL cannot be requested", error))
}

/// Whether a connection by HTTP/2 came to its end before the answer did.
#[cfg(feature = "http2")]
fn is_http2_closed(error: &(dyn StdError + 'static)) -> bool {
    cause::<h2::Error>(error).is_some_and(|error| error.is_io() || error.is_go_away())
}

#[cfg(not(feature = "http2"))]
fn is_http2_closed(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// What to do about a refusal by TLS, of which rustls gives the reason alone.
#[cfg(feature = "tls")]
fn tls_hint(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    use rustls::{AlertDescription, CertificateError, Error};

    match cause::<Error>(error)? {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            Some("no authority that is trusted vouches for the certificate; Tls::authorities adds others")
        }
        Error::InvalidCertificate(CertificateError::Other(other)) => match other.0.downcast_ref()? {
            webpki::Error::CaUsedAsEndEntity => Some(
                "the certificate is that of an authority (CA:TRUE), which is trusted for a server only where Tls::authorities names \
                 that very certificate",
            ),
            _ => None,
        },
        // By TLS 1.3, this comes when the call is on its way already.
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("the server demands a certificate of the client; Tls::client_certificate sets it")
        }
        _ => None,
    }
}

#[cfg(not(feature = "tls"))]
fn tls_hint(_: &(dyn StdError + 'static)) -> Option<&'static str> {
    None
}

/// Where a redirect leads; `None` for an answer that is none.
fn redirect_target(from: &Url, response: &Response) -> Result<Option<Url>> {
    match response.status {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {}
        StatusCode::SEE_OTHER => {
            return Err(Error::redirect(
                "the server answered with status 303 See Other, which no call can follow",
            ));
        }
        _ => return Ok(None),
    }
    let Some(location) = response.headers.get(header::LOCATION) else {
        return Ok(None);
    };
    let target = location
        .to_str()
        .ok()
        .and_then(|location| from.join(location).ok());
    let Some(mut target) = target.filter(Url::has_host) else {
        return Err(Error::redirect("the server redirects to what is no address"));
    };
    match (from.scheme(), target.scheme()) {
        ("https", "http") => return Err(Error::redirect("the server redirects from https to http")),
        (_, "https") if cfg!(not(feature = "tls")) => {
            return Err(Error::redirect(
                "the server redirects to https, which needs the feature `tls` of xmlrpc-client",
            ));
        }
        (_, "http" | "https") => {}
        _ => {
            return Err(Error::redirect(
                "the server redirects to another protocol than HTTP",
            ));
        }
    }
    let cleaned = target.set_username("").and_then(|()| target.set_password(None));
    cleaned.map_err(|()| Error::redirect("the server redirects to what is no address"))?;
    Ok(Some(target))
}

/// What is requested of a server behind a Unix socket: the URL's path, of the host that curl and others name.
#[cfg(unix)]
fn behind_socket(url: &Url) -> Result<Url> {
    let mut target = Url::parse("http://localhost/")
        .map_err(|error| Error::unsent("the address cannot be made", error))?;
    target.set_path(url.path());
    target.set_query(url.query());
    Ok(target)
}

/// What stands in the header `Host`.
fn host_header(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    match url.port() {
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        None => HeaderValue::from_str(host).ok(),
    }
}

/// Scheme, host and port.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The version as a request has it on its first line.
pub(crate) fn request_version(response: Option<Version>) -> &'static str {
    match response {
        Some(Version::HTTP_2) => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

/// The first of an error's causes that is of a type.
fn cause<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let next = |&error: &&'e (dyn StdError + 'static)| match error.downcast_ref::<std::io::Error>() {
        // Its source is not what it was made of, but the source of that.
        Some(io) => io.get_ref().map(|inner| inner as _),
        None => error.source(),
    };
    std::iter::successors(Some(error), next).find_map(|error| error.downcast_ref())
}
