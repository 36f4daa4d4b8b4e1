//! HTTP around dispatch: which requests are calls, and what the others are answered.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Semaphore;
use xmlrpc_core::{Call, MethodName, Params};

use crate::body::{BodyLimits, Unread};
#[cfg(feature = "compression")]
use crate::compression::{self, ReplyCompression};
use crate::context::CallContext;
use crate::docs_page::{DocsPage, Documentation};
use crate::layer::{Authenticate, RateLimit};
use crate::media::MediaTypes;
use crate::methods::Methods;
use crate::metrics;
use crate::origin::{self, Origins, Sender};
use crate::peer::Peer;
use crate::reply::Reply;

/// Calls that run at a time, unless [`HttpService::concurrent_calls`] says otherwise.
const CONCURRENT_CALLS: usize = 1000;

/// [`Methods`] as a `tower` service for HTTP requests with any body, to stand in a router or under a server of one's own.
///
/// [`Server`](crate::Server) is this service with listener and connections. Calls are POST requests to `/RPC2` and `/`, of any media
/// type; a `charset` in their `Content-Type` is obeyed. Every call is answered with status 200, faults too; the other statuses are
///
/// | status | when |
/// |---|---|
/// | 400 | the body ended too early |
/// | 401, 403 | it is GET, and the [layers](crate::layer) of the table let whoever it comes from not call `system.listMethods` |
/// | 403 | a browser sends it for a page of another origin; see [`HttpService::allow_origin`] |
/// | 404 | the path is another one |
/// | 405 | the method is another one; `Allow` names those that are answered. OPTIONS is once an origin is allowed |
/// | 408 | the body took longer than [`HttpService::body_timeout`] |
/// | 413 | the body is longer than [`HttpService::body_bytes`], or inflates beyond one of the limits below |
/// | 415 | the body is declared as something else than XML, and [`HttpService::media_types`] demands that |
/// | 429 | it is GET, and a [`RateLimit`] lets whoever it comes from not call `system.listMethods` for now |
///
/// GET gives the documentation page of the methods, which [`HttpService::documentation`] changes or turns off.
///
/// Bodies in gzip and deflate are inflated as they come in. One that cannot be, since it is damaged, ends too early, or is compressed
/// in another way or several times over, is answered with fault -32300; so is every compressed one without the feature
/// `compression`.
#[cfg_attr(
    feature = "compression",
    doc = "Long replies are compressed for clients that accept gzip, as [`HttpService::reply_compression`] says."
)]
///
/// # Limits
///
/// | setter | default | beyond it |
/// |---|---|---|
/// | [`body_bytes`](Self::body_bytes) | 16 MiB | status 413 |
/// | [`body_timeout`](Self::body_timeout) | 30 s | status 408 |
/// | [`concurrent_calls`](Self::concurrent_calls) | 1,000 | further ones wait |
#[cfg_attr(
    feature = "compression",
    doc = "\
| [`inflated_bytes`](Self::inflated_bytes) | 16 MiB | status 413 |
| [`inflation_ratio`](Self::inflation_ratio) | 1,000 | status 413 |
| [`gzip_members`](Self::gzip_members) | 1,000 | fault -32300 |
"
)]
///
/// Those of connections are set by [`Server`](crate::Server), those of documents by [`Methods::limits`].
///
/// # Context
///
/// A handler that takes a [`CallContext`] finds the request's headers in it, the extensions of the request, and as its peer the
/// [`Peer`] or [`SocketAddr`] that stands among these extensions, if there is one.
///
/// # Examples
///
/// ```
/// use http::{Request, StatusCode};
/// use tower_service::Service;
/// use xmlrpc_server::{HttpService, Methods};
///
/// # async fn run() {
/// let methods = Methods::new().method("add", |a: i32, b: i32| a + b);
/// let mut service = HttpService::new(methods).paths(["/api/xmlrpc"]);
///
/// let request = Request::post("/elsewhere").body(String::new()).unwrap();
/// let response = service.call(request).await.unwrap();
/// assert_eq!(response.status(), StatusCode::NOT_FOUND);
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
/// ```
#[derive(Clone)]
pub struct HttpService {
    methods: Arc<Methods>,
    options: Arc<Options>,
}

/// What can be set.
#[derive(Clone, Debug)]
struct Options {
    body: BodyLimits,
    paths: Box<[String]>,
    origins: Origins,
    page: DocsPage,
    media_types: MediaTypes,
    /// Room for calls, which clones of the service share.
    calls: Arc<Semaphore>,
    #[cfg(feature = "compression")]
    reply_compression: ReplyCompression,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body: BodyLimits::default(),
            paths: ["/RPC2", "/"].map(str::to_owned).into(),
            origins: Origins::default(),
            page: DocsPage::default(),
            media_types: MediaTypes::default(),
            calls: Arc::new(Semaphore::new(CONCURRENT_CALLS)),
            #[cfg(feature = "compression")]
            reply_compression: ReplyCompression::default(),
        }
    }
}

impl Options {
    /// Whether a text of so many bytes goes to a client in gzip.
    #[cfg(feature = "compression")]
    fn compresses(&self, length: usize, request: &HeaderMap) -> bool {
        self.reply_compression.is_for(length) && compression::accepts_gzip(request)
    }

    #[cfg(not(feature = "compression"))]
    fn compresses(&self, _: usize, _: &HeaderMap) -> bool {
        false
    }

    /// The methods that are answered.
    fn allow(&self) -> &'static str {
        match (self.page.is_there(), self.origins.any_allowed()) {
            (true, true) => "GET, HEAD, OPTIONS, POST",
            (true, false) => "GET, HEAD, POST",
            (false, true) => "OPTIONS, POST",
            (false, false) => "POST",
        }
    }
}

impl HttpService {
    /// The service, with the default of every option.
    pub fn new(methods: impl Into<Arc<Methods>>) -> Self {
        Self {
            methods: methods.into(),
            options: Arc::default(),
        }
    }

    /// Sets how many bytes the body of a request may have; 16 MiB unless set. One with more is answered with status 413: at once
    /// when its `Content-Length` says so, or else when that many have been read.
    ///
    /// What is let through must also keep to [`Limits::document_bytes`](crate::Limits::document_bytes), which
    /// [`Methods::limits`] sets.
    #[must_use]
    pub fn body_bytes(mut self, bytes: usize) -> Self {
        self.options().body.bytes = bytes;
        self
    }

    /// Sets how many bytes a compressed body may have once it is inflated; 16 MiB unless set. One with more is answered with status 413
    /// as soon as that many have come out of it. [`HttpService::body_bytes`] holds for it as it comes in.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn inflated_bytes(mut self, bytes: usize) -> Self {
        self.options().body.inflation.bytes = bytes;
        self
    }

    /// Sets how many times its size a compressed body may inflate to; 1,000 unless set. One that goes beyond it is answered with status
    /// 413. It is looked at where more than 1 MiB has come out; the most that can ever come out of gzip is some 1,030 times its size.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn inflation_ratio(mut self, ratio: usize) -> Self {
        self.options().body.inflation.ratio = ratio;
        self
    }

    /// Sets how many members a body in gzip may be made of; 1,000 unless set. One with more is answered with fault -32300. Nearly all
    /// that compresses writes a single one.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn gzip_members(mut self, count: usize) -> Self {
        self.options().body.inflation.members = count;
        self
    }

    /// Sets how long the body of a request may take to come in; 30 seconds unless set. One that takes longer is answered with
    /// status 408.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.options().body.timeout = timeout;
        self
    }

    /// Sets which replies are compressed for the clients that accept gzip, such as Python's; those of 4 KiB and more unless set.
    ///
    /// ```
    /// use xmlrpc_server::{HttpService, Methods, ReplyCompression};
    ///
    /// let service = HttpService::new(Methods::new()).reply_compression(ReplyCompression::Off);
    /// # let _ = service;
    /// ```
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn reply_compression(mut self, which: ReplyCompression) -> Self {
        self.options().reply_compression = which;
        self
    }

    /// Sets how many calls run at a time; 1,000 unless set, and at least 1. Further ones wait until one ends, in the order in which they
    /// came; a `system.multicall` counts as one. Clones of the service share the number.
    ///
    /// A call waits with its body read, so that bodies take up to [`HttpService::body_bytes`] for each connection, however few calls
    /// run. What is made of a body is bounded by this limit: as many documents as calls run are decoded, and as many replies made.
    ///
    /// A method that waits for another call to this service, as one that waits for an event does, holds a place meanwhile: leave room
    /// for both.
    #[must_use]
    pub fn concurrent_calls(mut self, count: usize) -> Self {
        self.options().calls = Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        self
    }

    /// Sets which media types calls may be declared as; any unless set. Others are answered with status 415.
    ///
    /// ```
    /// use xmlrpc_server::{HttpService, MediaTypes, Methods};
    ///
    /// let service = HttpService::new(Methods::new()).media_types(MediaTypes::Xml);
    /// # let _ = service;
    /// ```
    #[must_use]
    pub fn media_types(mut self, which: MediaTypes) -> Self {
        self.options().media_types = which;
        self
    }

    /// Sets the paths on which calls are answered; `/RPC2` and `/` unless set. Others are answered with status 404.
    #[must_use]
    pub fn paths<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.options().paths = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Lets pages of another origin call, such as `https://example.org`; `*` is every origin, `null` that of files and sandboxes. None
    /// unless set, and once set, further ones are added.
    ///
    /// A browser posts for any page to any address it can reach, with the user's network and cookies. Such requests tell where they
    /// come from (`Sec-Fetch-Site`, which no page can set, or else `Origin`, which is held against the host), and are answered with
    /// status 403. Programs send neither header. The host is all that an origin is held against, since a proxy may have ended TLS: a
    /// browser too old for `Sec-Fetch-Site` lets a page of `http://host` call `https://host`.
    ///
    /// Pages of an origin that is allowed may also read the replies, and send any header: `OPTIONS` is answered as browsers ask it
    /// beforehand (CORS). `Access-Control-Allow-Credentials` is never sent, so that a page cannot read what it got with the user's
    /// cookies or saved passwords; what it knows itself it sends as `Authorization`. A call with cookies runs all the same: allow an
    /// origin that is trusted, and `*` only where nothing depends on who asks.
    ///
    /// Against a host name that its owner lets point at this server, while a page of it is open, none of this helps: such a page is
    /// of the same origin. TLS does, and so does a proxy that knows its names.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl AsRef<str>) -> Self {
        self.options().origins.allow(origin.as_ref());
        self
    }

    /// Sets what GET and HEAD requests get: the page that documents the methods, where each can be called, unless set.
    /// [`Documentation::none`] turns it off.
    #[must_use]
    pub fn documentation(mut self, documentation: Documentation) -> Self {
        self.options().page = DocsPage::new(documentation);
        self
    }

    fn options(&mut self) -> &mut Options {
        Arc::make_mut(&mut self.options)
    }

    /// Answers one request. `peer` is what a handler finds in its context.
    ///
    /// The head stays where it is, and is not copied from one future into the next; what a call needs of it is taken out.
    pub(crate) async fn answer<B: Body>(
        &self,
        head: &mut Parts,
        body: B,
        peer: Option<Peer>,
    ) -> Response<ReplyBody> {
        let sender = self.options.origins.sender(head);
        let answered = self.answer_from(&sender, head, body, peer).await;
        let mut response = answered.unwrap_or_else(|status| status.into_response(head.version));
        self.options.origins.open(&sender, response.headers_mut());
        response
    }

    async fn answer_from<B: Body>(
        &self,
        sender: &Sender,
        head: &mut Parts,
        body: B,
        peer: Option<Peer>,
    ) -> Result<Response<ReplyBody>, Status> {
        if !self.options.paths.iter().any(|path| path == head.uri.path()) {
            return Err(Status::NotFound);
        }
        if head.method != Method::POST {
            // In a box, since few requests are no calls.
            return Box::pin(self.answer_no_call(sender, head, peer)).await;
        }
        if *sender == Sender::Stranger {
            return Err(Status::OtherOrigin);
        }
        if !self.options.media_types.take(&head.headers) {
            return Err(Status::NotXml);
        }
        let document = match self.options.body.read(body, &head.headers).await? {
            Ok(document) => document,
            Err(fault) => return Ok(respond(self.methods.refuse(fault))),
        };
        let (headers, extensions) = (mem::take(&mut head.headers), mem::take(&mut head.extensions));
        let context = CallContext::received(peer, headers, extensions);
        let reply = self.run(document, &context).await;
        #[cfg(feature = "compression")]
        if self.options.reply_compression.is_for(reply.body().len()) {
            // In a box, since few replies are long, and those that are not need no room for it on their connections.
            return Ok(Box::pin(compression::respond(reply, context.headers())).await);
        }
        Ok(respond(reply))
    }

    /// Answers a document, once there is room for its call.
    async fn run(&self, document: Vec<u8>, context: &CallContext) -> Reply {
        let calls = &self.options.calls;
        let _place = match calls.try_acquire() {
            Ok(place) => Some(place),
            // It is never closed. In a box, since few calls have to wait.
            Err(_) => {
                metrics::refused("concurrent_calls");
                Box::pin(calls.acquire()).await.ok()
            }
        };
        self.methods.answer(document, context).await
    }

    /// Answers a request with another method than POST.
    async fn answer_no_call(
        &self,
        sender: &Sender,
        head: &Parts,
        peer: Option<Peer>,
    ) -> Result<Response<ReplyBody>, Status> {
        let cross_origin = self.options.origins.any_allowed();
        match head.method {
            Method::OPTIONS if cross_origin && *sender == Sender::Stranger => Err(Status::OtherOrigin),
            Method::OPTIONS if cross_origin => Ok(options(&head.headers, self.options.allow())),
            _ => {
                self.admit_reader(head, peer).await?;
                let compresses = |length| self.options.compresses(length, &head.headers);
                let page = self.options.page.answer(&self.methods, head, compresses);
                page.ok_or(Status::MethodNotAllowed(self.options.allow()))
            }
        }
    }

    /// Lets the layers decide who reads the page, which tells what `system.listMethods` and its kin do.
    async fn admit_reader(&self, head: &Parts, peer: Option<Peer>) -> Result<(), Status> {
        let is_for_page = self.options.page.is_there() && matches!(head.method, Method::GET | Method::HEAD);
        if !is_for_page || !self.methods.has_layers() {
            return Ok(());
        }
        let method = MethodName::try_from("system.listMethods").map_err(|_| Status::NotAllowed)?;
        let mut call = Call::new(method, Params::none());
        let context = CallContext::received(peer, head.headers.clone(), head.extensions.clone());
        call.extensions.insert(context);
        match self.methods.call(call).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.code() == Authenticate::NOT_KNOWN => Err(Status::NotKnown),
            Err(fault) if fault.code() == RateLimit::LIMITED => Err(Status::TooMany),
            Err(_) => Err(Status::NotAllowed),
        }
    }
}

impl<M: Into<Arc<Methods>>> From<M> for HttpService {
    fn from(methods: M) -> Self {
        Self::new(methods)
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpService")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for HttpService
where
    B: Body<Data: Send> + Send + 'static,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let peer = peer_of(&head.extensions);
            Ok(service.answer(&mut head, body, peer).await)
        })
    }
}

/// The peer that a server put among the extensions of a request, or the one at the address that is there.
fn peer_of(extensions: &http::Extensions) -> Option<Peer> {
    let address = || extensions.get::<SocketAddr>().copied().map(Peer::from);
    extensions.get::<Peer>().cloned().or_else(address)
}

/// What OPTIONS is answered: with no body, and yet not as 204, which must not have a length.
fn options(request: &HeaderMap, allow: &'static str) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    if origin::is_preflight(request) {
        origin::grant(request, headers);
    }
    response
}

/// Why a request is not answered by a method.
#[derive(Clone, Copy, Debug)]
enum Status {
    NotFound,
    MethodNotAllowed(&'static str),
    OtherOrigin,
    NotKnown,
    NotAllowed,
    TooMany,
    NotXml,
    Unread(Unread),
}

impl From<Unread> for Status {
    fn from(unread: Unread) -> Self {
        unread.count();
        Self::Unread(unread)
    }
}

impl Status {
    fn into_response(self, version: Version) -> Response<ReplyBody> {
        const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
        let (status, text) = self.words();
        tracing::debug!(status = status.as_u16(), "a request that is no call");
        let mut response = response(status, TEXT, text.into());
        let headers = response.headers_mut();
        if let Self::MethodNotAllowed(allowed) = self {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if matches!(self, Self::NotKnown) {
            const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"XML-RPC\", charset=\"UTF-8\"");
            headers.insert(WWW_AUTHENTICATE, BASIC);
        }
        if matches!(self, Self::Unread(_)) && version <= Version::HTTP_11 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn words(self) -> (StatusCode, String) {
        let (code, text) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "XML-RPC is not served on this path"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "XML-RPC calls are POST requests"),
            Self::OtherOrigin => (
                StatusCode::FORBIDDEN,
                "calls from web pages of another origin are refused; allow_origin lets one in",
            ),
            Self::NotKnown => (
                StatusCode::UNAUTHORIZED,
                "this needs credentials, and there are none or they are wrong",
            ),
            Self::NotAllowed => (
                StatusCode::FORBIDDEN,
                "whoever may not call system.listMethods may not read of the methods here, either",
            ),
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "there were too many calls from here, of which reading this is one: try again later",
            ),
            Self::NotXml => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "calls have an XML media type here, such as text/xml; media_types changes that",
            ),
            Self::Unread(unread) => return (unread.status(), format!("{unread}\n")),
        };
        (code, format!("{text}\n"))
    }
}

/// The response with a reply.
pub(crate) fn respond(reply: Reply) -> Response<ReplyBody> {
    let (bytes, content_type) = reply.into_parts();
    response(StatusCode::OK, content_type, bytes)
}

fn response(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The body of a response: bytes that are all there, so that it goes out with a `Content-Length`.
#[derive(Debug, Default)]
pub struct ReplyBody(Option<Bytes>);

impl ReplyBody {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(Some(bytes))
    }
}

impl From<Bytes> for ReplyBody {
    fn from(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.0.take();
        metrics::sent(bytes.as_ref().map_or(0, Bytes::len));
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.0.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    #[test]
    fn the_future_of_an_answer_takes_little_of_every_connection() {
        let service = HttpService::new(Methods::new());
        let (mut head, body) = Request::new(Full::new(Bytes::new())).into_parts();
        let answer = service.answer(&mut head, body, None);
        let size = size_of_val(&answer);
        assert!(
            size <= 2048,
            "{size} bytes, which each connection has, idle ones too"
        );
    }
}
