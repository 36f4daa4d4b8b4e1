//! HTTP around dispatch: which requests are calls, and what the others are answered.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use xmlrpc_core::Fault;
use xmlrpc_core::fault::code;

use crate::context::CallContext;
use crate::docs_page::{DocsPage, Documentation};
use crate::methods::Methods;
use crate::origin::{self, Origins, Sender};

/// Bytes of a request's body, unless [`HttpService::body_bytes`] says otherwise.
const BODY_BYTES: usize = 16 * 1024 * 1024;
/// How long a body may take, unless [`HttpService::body_timeout`] says otherwise.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// [`Methods`] as a `tower` service for HTTP requests with any body, to stand in a router or under a server of one's own.
///
/// [`Server`](crate::Server) is this service with listener and connections. Calls are POST requests to `/RPC2` and `/`, of any media
/// type; a `charset` in their `Content-Type` is obeyed. Every call is answered with status 200, faults too; the other statuses are
///
/// | status | when |
/// |---|---|
/// | 400 | the body ended too early |
/// | 403 | a browser sends it for a page of another origin; see [`HttpService::allow_origin`] |
/// | 404 | the path is another one |
/// | 405 | the method is another one; `Allow` names those that are answered. OPTIONS is once an origin is allowed |
/// | 408 | the body took longer than [`HttpService::body_timeout`] |
/// | 413 | the body is longer than [`HttpService::body_bytes`] |
///
/// GET gives the documentation page of the methods, which [`HttpService::documentation`] changes or turns off.
///
/// A compressed body is not read: it is answered with fault -32300, which names the compression.
///
/// A handler that takes a [`CallContext`] finds the request's headers in it, the extensions of the request, and as its peer the
/// [`SocketAddr`] that stands among these extensions, if there is one.
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
    body_bytes: usize,
    body_timeout: Duration,
    paths: Box<[String]>,
    origins: Origins,
    page: DocsPage,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_bytes: BODY_BYTES,
            body_timeout: BODY_TIMEOUT,
            paths: ["/RPC2", "/"].map(str::to_owned).into(),
            origins: Origins::default(),
            page: DocsPage::default(),
        }
    }
}

impl Options {
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
        self.options().body_bytes = bytes;
        self
    }

    /// Sets how long the body of a request may take to come in; 30 seconds unless set. One that takes longer is answered with
    /// status 408.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.options().body_timeout = timeout;
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
    /// status 403. Programs send neither header.
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
    pub(crate) async fn answer<B: Body>(
        &self,
        request: Request<B>,
        peer: Option<SocketAddr>,
    ) -> Response<ReplyBody> {
        let (head, body) = request.into_parts();
        let (version, sender) = (head.version, self.options.origins.sender(&head));
        let answered = self.answer_from(&sender, head, body, peer).await;
        let mut response = answered.unwrap_or_else(|status| status.into_response(version));
        self.options.origins.open(&sender, response.headers_mut());
        response
    }

    async fn answer_from<B: Body>(
        &self,
        sender: &Sender,
        head: Parts,
        body: B,
        peer: Option<SocketAddr>,
    ) -> Result<Response<ReplyBody>, Status> {
        if !self.options.paths.iter().any(|path| path == head.uri.path()) {
            return Err(Status::NotFound);
        }
        if head.method != Method::POST {
            return self.answer_no_call(sender, &head);
        }
        if *sender == Sender::Stranger {
            return Err(Status::OtherOrigin);
        }
        let limit = self.options.body_bytes;
        if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(Status::TooLong(limit));
        }
        let document = self.read(body).await?;
        let reply = match compression(&head.headers) {
            Some(name) => self.methods.refuse(compressed(name)),
            None => {
                let context = CallContext::received(peer, head.headers, head.extensions);
                self.methods.answer(document, &context).await
            }
        };
        let (bytes, content_type) = reply.into_parts();
        Ok(response(StatusCode::OK, content_type, bytes))
    }

    /// Answers a request with another method than POST.
    fn answer_no_call(&self, sender: &Sender, head: &Parts) -> Result<Response<ReplyBody>, Status> {
        let cross_origin = self.options.origins.any_allowed();
        match head.method {
            Method::OPTIONS if cross_origin && *sender == Sender::Stranger => Err(Status::OtherOrigin),
            Method::OPTIONS if cross_origin => Ok(options(&head.headers, self.options.allow())),
            _ => {
                let page = self.options.page.answer(&self.methods, head);
                page.ok_or(Status::MethodNotAllowed(self.options.allow()))
            }
        }
    }

    async fn read<B: Body>(&self, body: B) -> Result<Vec<u8>, Status> {
        let mut read = pin!(read_body(body, self.options.body_bytes));
        // Nearly every body has come in together with its head, so that no timer is needed.
        match poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await {
            Poll::Ready(read) => read,
            Poll::Pending => match tokio::time::timeout(self.options.body_timeout, read).await {
                Ok(read) => read,
                Err(_) => Err(Status::TooSlow),
            },
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
            let peer = request.extensions().get().copied();
            Ok(service.answer(request, peer).await)
        })
    }
}

/// The name of the compression that a body is in, if it is in one.
fn compression(headers: &HeaderMap) -> Option<&str> {
    let name = headers
        .get(CONTENT_ENCODING)?
        .to_str()
        .unwrap_or("an unknown encoding");
    (!name.trim().eq_ignore_ascii_case("identity")).then_some(name)
}

fn compressed(name: &str) -> Fault {
    let name: String = name.chars().take(40).collect();
    Fault::new(
        code::TRANSPORT_ERROR,
        format!("the request body is compressed ({name}), and compressed requests are not read here"),
    )
}

/// Reads a body frame by frame, up to the limit.
async fn read_body<B: Body>(body: B, limit: usize) -> Result<Vec<u8>, Status> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame.map_err(|_| Status::CutShort)?.into_data() else {
            continue;
        };
        if data.remaining() > limit - bytes.len() {
            return Err(Status::TooLong(limit));
        }
        bytes.reserve(data.remaining());
        while data.has_remaining() {
            let chunk = data.chunk();
            bytes.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(bytes)
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
    CutShort,
    NotFound,
    MethodNotAllowed(&'static str),
    OtherOrigin,
    TooSlow,
    TooLong(usize),
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
        let stays = matches!(
            self,
            Self::NotFound | Self::MethodNotAllowed(_) | Self::OtherOrigin
        );
        if !stays && version <= Version::HTTP_11 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn words(self) -> (StatusCode, String) {
        let (code, text) = match self {
            Self::CutShort => (StatusCode::BAD_REQUEST, "the request body ended too early"),
            Self::NotFound => (StatusCode::NOT_FOUND, "XML-RPC is not served on this path"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "XML-RPC calls are POST requests"),
            Self::OtherOrigin => (
                StatusCode::FORBIDDEN,
                "calls from web pages of another origin are refused; allow_origin lets one in",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "the request body took too long; body_timeout raises this limit",
            ),
            Self::TooLong(limit) => {
                let text =
                    format!("the request body is longer than {limit} bytes; body_bytes raises this limit\n");
                return (StatusCode::PAYLOAD_TOO_LARGE, text);
            }
        };
        (code, format!("{text}\n"))
    }
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

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.0.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}
