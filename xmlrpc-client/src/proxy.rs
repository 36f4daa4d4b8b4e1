//! The proxy, and a call on its way.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, timeout_at};
use xmlrpc_core::{
    Call, Decoder, Dialect, EncodedValue, Encoder, MethodName, MethodResponse, Params, Reading,
};

use crate::builder::{ServerProxyBuilder, content_type, header, secret_header};
use crate::by_method::ByMethod;
use crate::channel::Watched;
use crate::endpoints::Endpoints;
use crate::error::{Answer, Error, Result};
use crate::layer::{Entries, Origin, Seen, Stack};
use crate::options::CallOptions;
use crate::retry::Retries;
use crate::tap::Tap;
use crate::transport::{Request, Response, Transport};

/// A server, to call methods of.
///
/// Cheap to clone: all clones share one pool of connections and one set of options. Calls may run at the same time, from any
/// task and thread. They need a [tokio](https://docs.rs/tokio) runtime with time and, for HTTP, I/O enabled.
///
/// # Connections
///
/// Connections are kept and used again. One that the server has closed in the meantime is replaced silently. A close that crosses
/// the call on its way is an error ([`Error::is_maybe_sent`]), since nobody can tell then whether the server saw the call, unless the
/// call is marked as [`idempotent`](PendingCall::idempotent): then it is made again, as [`Retry`](crate::Retry) says.
///
/// # Credentials
///
/// User and password in the URL are sent as Basic authentication. They appear in no log, no error and no `Debug`.
///
/// # Examples
///
/// ```no_run
/// # async fn run() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::{ServerProxy, proxy};
///
/// let server = ServerProxy::new("http://127.0.0.1:7001/RPC2")?;
/// let sum: i64 = server.call("addtogether", (1, 2, 3)).await?;
/// let text = server.call::<String>("addtogether", ("x", "y", "z")).await?;
/// println!("{}", proxy!(server.addtogether(1, 2.5)).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerProxy(pub(crate) Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Option<Duration>,
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
    /// The decoder for the charset that nearly all answers name.
    pub(crate) utf8_decoder: Decoder,
    /// From how many bytes on a document is compressed.
    pub(crate) compress_from: Option<usize>,
    /// Whether results of a multicall come without an array around each.
    pub(crate) bare_results: bool,
    pub(crate) tap: Option<Tap>,
    pub(crate) retries: Retries,
    /// Which methods do no harm when they are called twice, if that is known.
    pub(crate) idempotent_methods: Option<ByMethod>,
    /// The layers around calls, if there are any.
    pub(crate) stack: Option<Arc<Stack>>,
    /// Whether the server was found to have no `system.multicall`.
    pub(crate) lacks_multicall: Arc<AtomicBool>,
}

/// The future of a call.
pub type CallFuture<R> = Pin<Box<dyn Future<Output = Result<R>> + Send>>;

impl ServerProxy {
    /// A proxy for the server at a URL, with the defaults of [`ServerProxyBuilder`].
    ///
    /// The URL is used as it is: most servers answer at `/RPC2`, which is not added. Nothing is connected before the first call.
    ///
    /// | URL | transport |
    /// |---|---|
    /// | `http://host:port/RPC2` | HTTP |
    /// | `https://host/RPC2` | HTTP through TLS, with the feature `tls` |
    /// | `http+unix://%2Frun%2Fsupervisor.sock/RPC2` | HTTP through a Unix socket, the path of which is percent-encoded |
    /// | `scgi://host:5000` | SCGI, as rTorrent speaks it; a connection for each call |
    /// | `scgi+unix:///run/rtorrent.sock` | SCGI through a Unix socket; `scgi+unix://%2Frun%2Frtorrent.sock` is the same |
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] for a URL that is none, or of another scheme.
    pub fn new(url: &str) -> Result<Self> {
        Self::builder(url).build()
    }

    /// Options for a proxy for the server at a URL.
    pub fn builder(url: &str) -> ServerProxyBuilder {
        ServerProxyBuilder::url(url)
    }

    /// Options for a proxy for what is at the other end of a transport of one's own.
    pub fn over(transport: impl Transport) -> ServerProxyBuilder {
        ServerProxyBuilder::transport(transport)
    }

    /// Prepares the call of a method, which is made when the [`PendingCall`] is awaited.
    ///
    /// `params` is a tuple, array, slice, `Vec` or tuple struct, `()` for none and `(x,)` for one. They are encoded here and now;
    /// an error in that comes out of the call. The result is decoded straight into `R`, where [`Value`](crate::Value) takes anything
    /// and `()` the nil of methods that give nothing.
    ///
    /// ```no_run
    /// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
    /// #[derive(serde::Deserialize)]
    /// struct Process { name: String, pid: u32 }
    ///
    /// let all = server.call::<Vec<Process>>("supervisor.getAllProcessInfo", ()).await?;
    /// let one: Process = server.call("supervisor.getProcessInfo", ("web",)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<R>(&self, method: &str, params: impl Serialize) -> PendingCall<R> {
        let content = match &self.0.stack {
            None => self.0.encoder.method_call(method, &params).map(Content::Document),
            Some(_) => self.0.encoder.params(&params).map(Content::Params),
        };
        PendingCall::new(self.clone(), method, content)
    }

    /// Prepares the call of `system.multicall` with entries that are encoded already.
    pub(crate) fn call_entries<'e>(
        &self,
        method: &str,
        entries: impl Iterator<Item = &'e EncodedValue>,
    ) -> PendingCall<()> {
        let content = match &self.0.stack {
            None => self.0.encoder.multicall(entries).map(Content::Document),
            Some(_) => self.0.encoder.multicall_params(entries).map(Content::Params),
        };
        PendingCall::new(self.clone(), method, content)
    }

    /// A method, to be called many times: it keeps its name and this proxy, and is as cheap to clone as that.
    ///
    /// ```no_run
    /// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
    /// let add = server.method("addtogether");
    /// let sum: i32 = add.call((1, 2)).await?;
    /// let text: String = add.call(("x", "y")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn method(&self, name: impl Into<String>) -> Method {
        Method {
            proxy: self.clone(),
            name: name.into().into(),
        }
    }

    /// The same server, with calls in another dialect. It shares the connections; the `Content-Type` follows the dialect's encoding,
    /// unless a header of one's own says otherwise.
    ///
    /// ```no_run
    /// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
    /// use xmlrpc_client::Dialect;
    ///
    /// let echoed: i64 = server.with_dialect(Dialect::apache()).call("echo", (1_i64 << 40,)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_dialect(&self, dialect: Dialect) -> Self {
        let mut inner = Inner::clone(&self.0);
        let was = content_type(inner.encoder.dialect_in_force());
        let is = content_type(&dialect);
        if let (Ok(was), Ok(is)) = (was, is)
            && inner.headers.get(header::CONTENT_TYPE) == Some(&was)
        {
            inner.headers.insert(header::CONTENT_TYPE, is);
        }
        inner.encoder = inner.encoder.dialect(dialect);
        Self(Arc::new(inner))
    }

    /// What encodes the parameters.
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.0.encoder
    }

    /// Whether the server was found to have no `system.multicall`.
    pub(crate) fn lacks_multicall(&self) -> bool {
        self.0.lacks_multicall.load(Ordering::Relaxed)
    }

    /// Remembers that the server has no `system.multicall`.
    pub(crate) fn note_lacking_multicall(&self) {
        self.0.lacks_multicall.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for ServerProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ServerProxy");
        out.field("endpoints", &self.0.endpoints)
            .field("headers", &self.0.headers)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// A method of a server; made by [`ServerProxy::method`].
#[derive(Clone, Debug)]
pub struct Method {
    proxy: ServerProxy,
    name: Arc<str>,
}

impl Method {
    /// The name by which it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Prepares a call, as [`ServerProxy::call`] does.
    pub fn call<R>(&self, params: impl Serialize) -> PendingCall<R> {
        self.proxy.call(&self.name, params)
    }
}

/// A call that was prepared, and is made when this is awaited.
///
/// # Cancel safety
///
/// The future may be dropped at any point. Whether the server saw the call by then is not known; its connection is closed, as the
/// answer would come to nobody, or with HTTP/2 the call alone taken back. All other calls go on.
///
/// # Examples
///
/// ```no_run
/// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
/// use std::time::Duration;
///
/// let call = server.call::<String>("fetch", ("slow",)).timeout(Duration::from_secs(300)).header("X-Trace", "7");
/// let text = call.await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct PendingCall<R> {
    proxy: ServerProxy,
    prepared: Result<Prepared>,
    result: PhantomData<fn() -> R>,
}

/// What is known of a call before it is made.
struct Prepared {
    method: MethodName,
    content: Content,
    options: CallOptions,
    /// For a `system.multicall` of a [`Multicall`](crate::Multicall).
    entries: Option<Entries>,
}

/// The parameters of a call.
enum Content {
    /// In the document as it is to be sent.
    Document(Vec<u8>),
    /// For layers to look at.
    Params(Params),
}

impl<R> PendingCall<R> {
    fn new(proxy: ServerProxy, method: &str, content: xmlrpc_core::Result<Content>) -> Self {
        let prepared = content.and_then(|content| Ok((MethodName::try_from(method)?, content)));
        let prepared = prepared.map_err(Error::encode).map(|(method, content)| Prepared {
            options: proxy.0.call_options(&method),
            method,
            content,
            entries: None,
        });
        Self {
            proxy,
            prepared,
            result: PhantomData,
        }
    }

    /// The same call, for a result of another type.
    pub(crate) fn with_result<T>(self) -> PendingCall<T> {
        PendingCall {
            proxy: self.proxy,
            prepared: self.prepared,
            result: PhantomData,
        }
    }

    /// Makes the call, and leaves its result encoded.
    pub(crate) async fn encoded(self) -> Result<Encoded> {
        let exchange = self.exchange()?;
        let answer = exchange.answer.await;
        exchange.reader.read_encoded(answer)
    }

    /// Says how the results of a `system.multicall` come, and that the errors of its entries are wanted each by itself.
    pub(crate) fn of_entries(mut self, bare_results: bool) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.entries = Some(Entries { bare_results });
        }
        self
    }

    /// Sets how long this call may take.
    pub fn timeout(mut self, limit: Duration) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.timeout = Some(limit);
        }
        self
    }

    /// Lets this call take as long as it takes.
    pub fn no_timeout(mut self) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.timeout = None;
        }
        self
    }

    /// Sets a header of this call, in place of one of this name; see [`ServerProxyBuilder::header`]. What is no header is an error
    /// of the call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.prepared = self.prepared.and_then(|mut prepared| {
            let (name, value) = header(name, value)?;
            prepared.options.headers.insert(name, value);
            Ok(prepared)
        });
        self
    }

    /// As [`header`](Self::header), for a value that no log, `Debug` or wire tap is to show.
    pub fn secret_header(mut self, name: &str, value: &str) -> Self {
        self.prepared = self.prepared.and_then(|mut prepared| {
            let (name, value) = secret_header(name, value)?;
            prepared.options.headers.insert(name, value);
            Ok(prepared)
        });
        self
    }

    /// Sets what is accepted in the answer to this call; see [`ServerProxyBuilder::reading`].
    pub fn reading(mut self, reading: Reading) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.reading = Some(reading);
        }
        self
    }

    /// Says that the call does no harm when it is made twice. It is made again when a connection fails, or when a gateway has no server
    /// for it, as [`Retry`](crate::Retry) says; any other call gives an error then, since the server may have carried it out.
    pub fn idempotent(mut self) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.idempotent = true;
        }
        self
    }
}

impl<R> fmt::Debug for PendingCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("PendingCall");
        match &self.prepared {
            Ok(prepared) => out.field("method", &prepared.method),
            Err(error) => out.field("error", error),
        };
        out.finish_non_exhaustive()
    }
}

impl<R: DeserializeOwned + 'static> IntoFuture for PendingCall<R> {
    type Output = Result<R>;
    type IntoFuture = CallFuture<R>;

    fn into_future(self) -> CallFuture<R> {
        Box::pin(async move {
            let exchange = self.exchange()?;
            let answer = exchange.answer.await;
            exchange.reader.read(answer)
        })
    }
}

/// A call on its way, in two parts: what needs the runtime, and what comes after that.
pub(crate) struct CallExchange<Answer> {
    pub(crate) answer: Answer,
    pub(crate) reader: AnswerReader,
}

/// A request, and when its time is up.
struct Outgoing {
    request: Request,
    deadline: Option<Instant>,
}

/// A call that goes out, straight to the server or through layers.
enum Going {
    Request(Outgoing),
    Call(CallFuture<EncodedValue>, Seen),
}

/// What came of a call, still encoded.
pub(crate) enum Answered {
    Response(Response),
    /// From behind layers, with what was seen there.
    Value(EncodedValue, Seen),
}

/// A result that is still encoded.
pub(crate) struct Encoded {
    pub(crate) value: EncodedValue,
    /// What is to be told where the value cannot be used.
    pub(crate) answer: Option<Answer>,
    /// The errors of entries of a `system.multicall` that have no place in the value, by index.
    pub(crate) failures: Vec<(usize, Error)>,
}

impl<R> PendingCall<R> {
    pub(crate) fn exchange(
        self,
    ) -> Result<CallExchange<impl Future<Output = Result<Answered>> + Send + 'static>> {
        let mut prepared = self.prepared?;
        let inner = self.proxy.0;
        prepared.options.begin();
        let reader = AnswerReader {
            inner: inner.clone(),
            method: prepared.method.clone(),
            reading: prepared.options.reading.clone(),
            started: prepared.options.started(),
        };
        let going = match prepared.content {
            Content::Document(body) => Going::Request(inner.request(prepared.method, body, prepared.options)),
            Content::Params(params) => {
                let mut call = Call::new(prepared.method, params);
                call.extensions.insert(prepared.options);
                let origin = Origin::new(inner.clone(), prepared.entries);
                let seen = origin.seen().clone();
                Going::Call(Box::pin(origin.run(call)), seen)
            }
        };
        let answer = async move {
            match going {
                Going::Request(outgoing) => inner.deliver(outgoing, None).await.map(Answered::Response),
                Going::Call(running, seen) => {
                    let result = running.await;
                    result.map(|value| Answered::Value(value, seen))
                }
            }
        };
        Ok(CallExchange { answer, reader })
    }
}

/// Makes a result of an answer, and logs the call.
pub(crate) struct AnswerReader {
    inner: Arc<Inner>,
    method: MethodName,
    reading: Option<Reading>,
    started: Instant,
}

impl AnswerReader {
    pub(crate) fn read<R: DeserializeOwned>(self, answer: Result<Answered>) -> Result<R> {
        let result = answer.and_then(|answer| match answer {
            Answered::Response(response) => self.inner.decode(&response, self.reading),
            Answered::Value(value, seen) => {
                let result = value.parse();
                result.map_err(|error| Error::decode(seen.answer(), error))
            }
        });
        note(&self.method, self.started, result.as_ref().err());
        result
    }

    fn read_encoded(self, answer: Result<Answered>) -> Result<Encoded> {
        let result = answer.and_then(|answer| match answer {
            Answered::Response(response) => {
                let answer = Answer::new(response.status, &response.headers, &response.body);
                let value = self
                    .inner
                    .decode_encoded(response, self.reading, answer.clone())?;
                Ok(Encoded {
                    value,
                    answer: Some(answer),
                    failures: Vec::new(),
                })
            }
            Answered::Value(value, seen) => Ok(Encoded {
                value,
                answer: seen.answer(),
                failures: seen.take_failures(),
            }),
        });
        note(&self.method, self.started, result.as_ref().err());
        result
    }
}

/// The calls' service, with the proxy's [layers](crate::layer) around it. [`CallOptions`] among a call's extensions are kept.
///
/// ```no_run
/// # async fn run(mut server: xmlrpc_client::ServerProxy) -> Result<(), Box<dyn std::error::Error>> {
/// use tower_service::Service;
/// use xmlrpc_client::{Call, Params};
///
/// let call = Call::new("system.listMethods".try_into()?, Params::none());
/// let names = Service::call(&mut server, call).await?;
/// println!("{:?}", names.parse::<Vec<String>>()?);
/// # Ok(())
/// # }
/// ```
impl tower_service::Service<Call> for ServerProxy {
    type Response = EncodedValue;
    type Error = Error;
    type Future = CallFuture<EncodedValue>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let origin = Origin::new(self.0.clone(), None);
        let (started, method) = (Instant::now(), call.method.clone());
        Box::pin(async move {
            let result = origin.run(call).await;
            note(&method, started, result.as_ref().err());
            result
        })
    }
}

impl Inner {
    /// The options of a call that has none of its own.
    pub(crate) fn call_options(&self, method: &str) -> CallOptions {
        CallOptions::new(self.timeout, self.is_idempotent(method))
    }

    /// Whether a method is known to do no harm when it is called twice.
    pub(crate) fn is_idempotent(&self, method: &str) -> bool {
        self.idempotent_methods
            .as_ref()
            .is_some_and(|chosen| chosen.has(method))
    }

    /// Makes a call behind all layers.
    pub(crate) async fn send(&self, call: Call, seen: &Seen) -> Result<EncodedValue> {
        let options = call.extensions.get::<CallOptions>().cloned();
        let options = options.unwrap_or_else(|| self.call_options(&call.method));
        let body = self.encoder.call(&call).map_err(Error::encode)?;
        seen.sent(body.len());
        let reading = options.reading.clone();
        let outgoing = self.request(call.method, body, options);
        let response = self.deliver(outgoing, Some(seen)).await?;
        let answer = Answer::new(response.status, &response.headers, &response.body);
        seen.answered(answer.clone());
        self.decode_encoded(response, reading, answer)
    }

    /// What is sent for a call.
    fn request(&self, method: MethodName, body: Vec<u8>, options: CallOptions) -> Outgoing {
        tracing::trace!(%method, body = %text(&body), "request");
        let deadline = options.deadline();
        let mut headers = self.headers.clone();
        let body = self.compressed(body, &mut headers);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.extend(options.headers);
        let request = Request {
            method,
            body: body.into(),
            headers,
            timeout: options.timeout,
            idempotent: options.idempotent,
            response_limit: self.decoder.limits_in_force().document_bytes,
        };
        Outgoing { request, deadline }
    }

    /// Sends a call within its time.
    async fn deliver(&self, outgoing: Outgoing, seen: Option<&Seen>) -> Result<Response> {
        let Outgoing { request, deadline } = outgoing;
        let response = match request.idempotent {
            false => self.attempt(request, deadline, None).await?,
            // Boxed, so that the futures of other calls are no longer for it.
            true => Box::pin(self.attempts(request, deadline, seen)).await?,
        };
        tracing::trace!(status = response.status.as_u16(), body = %text(&response.body), "response");
        Ok(response)
    }

    /// Sends a request that somebody else made, with what is set here where it does not say otherwise.
    pub(crate) async fn relay(&self, mut request: Request) -> Result<Response> {
        let given = std::mem::replace(&mut request.headers, self.headers.clone());
        request.headers.extend(given);
        let length = HeaderValue::from(request.body.len());
        request.headers.insert(header::CONTENT_LENGTH, length);
        request.timeout = request.timeout.or(self.timeout);
        request.idempotent |= self.is_idempotent(&request.method);
        let own_limit = self.decoder.limits_in_force().document_bytes;
        request.response_limit = request.response_limit.min(own_limit);
        let deadline = request
            .timeout
            .and_then(|limit| Instant::now().checked_add(limit));
        self.deliver(Outgoing { request, deadline }, None).await
    }

    /// The document as it goes out: compressed, if it is long enough for that and goes by HTTP.
    #[cfg(feature = "compression")]
    fn compressed(&self, body: Vec<u8>, headers: &mut HeaderMap) -> Vec<u8> {
        let long = self.compress_from.is_some_and(|from| body.len() >= from);
        if !long || !self.endpoints.are_http() {
            return body;
        }
        match gzip(&body) {
            Ok(compressed) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                compressed
            }
            Err(_) => body,
        }
    }

    #[cfg(not(feature = "compression"))]
    fn compressed(&self, body: Vec<u8>, _: &mut HeaderMap) -> Vec<u8> {
        debug_assert!(self.compress_from.is_none(), "there is no setter");
        body
    }

    /// Sends a call that does no harm twice, as often as it takes within what is allowed.
    async fn attempts(
        &self,
        request: Request,
        deadline: Option<Instant>,
        seen: Option<&Seen>,
    ) -> Result<Response> {
        let limit = self.retries.attempt_timeout();
        let attempt = |number| {
            if let Some(seen) = seen {
                seen.attempted(number);
            }
            self.attempt(request.clone(), deadline, limit)
        };
        self.retries
            .run(deadline, attempt, |response| self.fault_code(response))
            .await
    }

    /// Sends a call once, within its time and that of an attempt.
    async fn attempt(
        &self,
        request: Request,
        deadline: Option<Instant>,
        limit: Option<Duration>,
    ) -> Result<Response> {
        let whole = deadline.zip(request.timeout);
        let this = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        let Some((deadline, limit)) = [whole, this].into_iter().flatten().min() else {
            return Box::pin(self.endpoints.send(request, self.tap.as_ref())).await;
        };
        let watched = self.tap.as_ref().map(|tap| Watched::new(tap, &request));
        match timeout_at(deadline, self.endpoints.send(request, self.tap.as_ref())).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let error = Error::timeout(limit);
                if let Some(watched) = watched {
                    watched.tell(self.endpoints.url(), Err(&error));
                }
                Err(error)
            }
        }
    }

    /// The code of the fault that an answer is.
    fn fault_code(&self, response: &Response) -> Option<i32> {
        match self
            .decoder(response)
            .method_response::<IgnoredAny>(&response.body)
        {
            Ok(MethodResponse::Fault(fault)) => Some(fault.code()),
            _ => None,
        }
    }

    /// Reads a result straight from the answer's bytes.
    fn decode<R: DeserializeOwned>(&self, response: &Response, reading: Option<Reading>) -> Result<R> {
        let answer = || Answer::new(response.status, &response.headers, &response.body);
        let decoder = match reading {
            None => self.decoder(response),
            Some(reading) => self.decoder(response).reading(reading),
        };
        match decoder.method_response(&response.body) {
            Ok(MethodResponse::Fault(fault)) => Err(fault.into()),
            Ok(MethodResponse::Success(result)) if response.status.is_success() => Ok(result),
            Err(error) if response.status.is_success() => Err(Error::decode(Some(answer()), error)),
            // A fault counts whatever the status, a result or anything else does not.
            Ok(MethodResponse::Success(_)) | Err(_) => Err(Error::http_status(answer())),
        }
    }

    /// Reads an answer up to its result.
    fn decode_encoded(
        &self,
        response: Response,
        reading: Option<Reading>,
        answer: Answer,
    ) -> Result<EncodedValue> {
        let decoder = match reading {
            None => self.decoder(&response),
            Some(reading) => self.decoder(&response).reading(reading),
        };
        match decoder.response(response.body.into()) {
            Ok(Err(fault)) => Err(fault.into()),
            Ok(Ok(result)) if response.status.is_success() => Ok(result),
            Err(error) if response.status.is_success() => Err(Error::decode(Some(answer), error)),
            Ok(Ok(_)) | Err(_) => Err(Error::http_status(answer)),
        }
    }

    fn decoder(&self, response: &Response) -> Decoder {
        match &response.charset {
            None => self.decoder.clone(),
            Some(charset) if charset.eq_ignore_ascii_case("utf-8") => self.utf8_decoder.clone(),
            Some(charset) => self.decoder.clone().charset(charset),
        }
    }
}

#[cfg(feature = "compression")]
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The one line that is logged for each call.
fn note(method: &str, started: Instant, error: Option<&Error>) {
    let duration = started.elapsed();
    match error.map(|error| (error, error.fault())) {
        None => tracing::debug!(method, ?duration, "called"),
        Some((_, Some(fault))) => tracing::debug!(method, ?duration, fault = fault.code(), "called"),
        Some((error, None)) => tracing::debug!(method, ?duration, error = error.for_log(), "call failed"),
    }
}
