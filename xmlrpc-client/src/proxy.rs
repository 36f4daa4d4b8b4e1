//! The proxy: what stands for a server, and all that was chosen for it.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{self, HeaderMap};
use serde::Serialize;
use tokio::time::Instant;
use xmlrpc_core::{Call, CallsEncoder, Decoder, Dialect, EncodedValue, Encoder};

use crate::builder::{ServerProxyBuilder, content_type};
use crate::by_method::ByMethod;
use crate::endpoints::Endpoints;
use crate::error::{Error, Result};
use crate::exchange::note;
use crate::layer::{Origin, Stack};
use crate::pending::{Content, PendingCall};
use crate::retry::Retries;
use crate::tap::Tap;
use crate::transport::Transport;

#[cfg(doc)]
use crate::CallOptions;

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
    pub(crate) fn call_together(
        &self,
        method: &str,
        calls: &CallsEncoder,
        run: Range<usize>,
    ) -> PendingCall<()> {
        let content = match &self.0.stack {
            None => calls.multicall(run).map(Content::Document),
            Some(_) => Ok(Content::Params(calls.multicall_params(run))),
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
