//! The server: its listeners, what can be set of connections, and how it ends.

use std::fmt;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tokio::net::ToSocketAddrs;
use tower_service::Service;

#[cfg(feature = "http2")]
use crate::connection::Http2;
use crate::connection::{Connections, Settings};
use crate::error::Error;
use crate::handle::{ServerHandle, Signals, Stop};
use crate::health::Health;
use crate::http::HttpService;
use crate::listener::{Address, Listener, Listeners};
use crate::request::RequestBody;
use crate::respond::{Respond, Tower};
use crate::stream::Timeouts;

const CONNECTIONS: usize = 10_000;
const HEADER_BYTES: usize = 64 * 1024;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);
#[cfg(feature = "tls")]
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
#[cfg(feature = "http2")]
const HTTP2: Http2 = Http2 {
    streams: 100,
    resets: 100,
    ping_interval: Duration::from_secs(30),
    ping_timeout: Duration::from_secs(20),
};

/// Serves [`Methods`](crate::Methods) by HTTP/1.0 and 1.1, with keep-alive and pipelining, and by HTTP/2.
///
/// [`HttpService`] tells which requests are calls and how the others are answered, and has what can be set of that. Here stands what
/// concerns connections.
///
/// # Limits
///
/// | setter | default | beyond it |
/// |---|---|---|
/// | [`header_bytes`](Self::header_bytes) | 64 KiB | status 431, and the connection is closed; by HTTP/2 without a status |
/// | headers of a request | 100 | status 431, and the connection is closed |
/// | [`header_timeout`](Self::header_timeout) | 30 s | the connection is closed |
/// | [`idle_timeout`](Self::idle_timeout) | 75 s | the connection is closed |
/// | [`write_timeout`](Self::write_timeout) | 30 s | the connection is closed |
/// | [`connections`](Self::connections) | 10,000 | further ones wait |
/// | [`shutdown_timeout`](Self::shutdown_timeout) | 30 s | calls are cut off |
#[cfg_attr(
    feature = "tls",
    doc = "| [`handshake_timeout`](Self::handshake_timeout) | 10 s | the connection is closed |"
)]
#[cfg_attr(
    feature = "http2",
    doc = "\
| [`http2_streams`](Self::http2_streams) | 100 | the request is refused |
| [`http2_resets`](Self::http2_resets) | 100 | the connection is closed |
| [`http2_ping_interval`](Self::http2_ping_interval) | 30 s | |
| [`http2_ping_timeout`](Self::http2_ping_timeout) | 20 s | the connection is closed |
"
)]
///
/// Those of requests are set by [`HttpService`], those of documents by [`Methods::limits`](crate::Methods::limits).
///
/// # How it ends
///
/// By the future of [`serve_with_shutdown`](Self::serve_with_shutdown), by a [`handle`](Self::handle), or by Ctrl-C and SIGTERM after
/// [`shutdown_on_signal`](Self::shutdown_on_signal). Then it takes no further connections, closes those that are idle, and lets calls
/// that run finish for [`shutdown_timeout`](Self::shutdown_timeout).
///
/// A client that sends its next request in the same instant finds its idle connection closed.
///
/// # Behind a balancer
///
/// A balancer such as HAProxy, nginx, Envoy or Kubernetes sends requests to several servers, and leaves one alone that is about to stop,
/// if it is told in time: by [`health_path`](Self::health_path) and [`drain_time`](Self::drain_time). Then servers can be restarted one
/// after the other without losing a call.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{HttpService, Methods, Server};
///
/// # async fn run() -> Result<(), xmlrpc_server::Error> {
/// let server = Server::bind("127.0.0.1:0").await?.connections(500);
/// println!("listening on {}", server.local_addr());
///
/// let methods = Methods::new().method("add", |a: i32, b: i32| a + b);
/// let service = HttpService::new(methods).body_bytes(64 * 1024);
/// let stop = async { /* wait for Ctrl-C, say */ };
/// server.serve_with_shutdown(service, stop).await?;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
pub struct Server {
    listeners: Listeners,
    settings: Settings,
    health_path: Option<String>,
    stop: Stop,
    on_signal: bool,
}

impl Server {
    /// Listens on an address, such as `127.0.0.1:7001` or `("::", 7001)`; port 0 is any free one, which
    /// [`Server::local_addr`] tells. [`TcpOptions`](crate::TcpOptions) tells more, of IPv6 too.
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or bound; [`Error::is_bind`] holds, and the source is the system's error.
    pub async fn bind(address: impl ToSocketAddrs) -> Result<Self, Error> {
        Self::from_listener(Listener::bind(address).await?)
    }

    /// Listens on a further address.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`].
    pub async fn and_bind(self, address: impl ToSocketAddrs) -> Result<Self, Error> {
        self.and_listener(Listener::bind(address).await?)
    }

    /// Serves on a listener: a [`Listener`], or one of `std` or `tokio` that was made elsewhere.
    ///
    /// # Errors
    ///
    /// When it has no address, or belongs to `std` and there is no runtime.
    pub fn from_listener<L: TryInto<Listener>>(listener: L) -> Result<Self, Error>
    where
        Error: From<L::Error>,
    {
        Self::from_listeners([listener.try_into()?])
    }

    /// Serves on a further listener.
    ///
    /// # Errors
    ///
    /// As [`Server::from_listener`].
    pub fn and_listener<L: TryInto<Listener>>(mut self, listener: L) -> Result<Self, Error>
    where
        Error: From<L::Error>,
    {
        self.listeners.push(listener.try_into()?);
        Ok(self)
    }

    /// Serves on several listeners, such as those of `Listener::from_systemd`.
    ///
    /// # Errors
    ///
    /// When there are none; [`Error::is_bind`] holds.
    pub fn from_listeners(listeners: impl IntoIterator<Item = Listener>) -> Result<Self, Error> {
        let listeners: Vec<_> = listeners.into_iter().collect();
        if listeners.is_empty() {
            return Err(Error::no_listener());
        }
        Ok(Self {
            listeners: Listeners::new(listeners),
            settings: Settings {
                connections: CONNECTIONS,
                header_bytes: HEADER_BYTES,
                timeouts: Timeouts {
                    header: HEADER_TIMEOUT,
                    idle: IDLE_TIMEOUT,
                    write: WRITE_TIMEOUT,
                    #[cfg(feature = "tls")]
                    handshake: HANDSHAKE_TIMEOUT,
                },
                drain_time: Duration::ZERO,
                shutdown_timeout: SHUTDOWN_TIMEOUT,
                #[cfg(feature = "http2")]
                http2: HTTP2,
            },
            health_path: None,
            stop: Stop::default(),
            on_signal: false,
        })
    }

    /// Sets how many bytes the head of a request may have, its first line and all headers; 64 KiB unless set, and at least 8 KiB. One
    /// with more is answered with status 431, and so is one with more than 100 headers.
    ///
    /// That is so by HTTP/1. By HTTP/2 the stream or the connection of such a request ends without a status, and headers are not counted.
    #[must_use]
    pub fn header_bytes(mut self, bytes: usize) -> Self {
        self.settings.header_bytes = bytes;
        self
    }

    /// Sets how long the head of a request may take to come in, from its first byte or, for the first request, from the first moment of
    /// the connection; 30 seconds unless set. Then the connection is closed.
    #[must_use]
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.header = timeout;
        self
    }

    /// Sets how long a connection may be idle between two requests; 75 seconds unless set, which is longer than load balancers commonly
    /// keep theirs. Then it is closed.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.idle = timeout;
        self
    }

    /// Sets how long a client may take none of a reply; 30 seconds unless set. Then the connection is closed, and what it had not
    /// taken is dropped. By HTTP/2, it is how long a client may make no room for any of its replies.
    #[must_use]
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.write = timeout;
        self
    }

    /// Sets how many connections are served at a time; 10,000 unless set, and at least 1. Further ones wait in the system's queue
    /// until one ends.
    #[must_use]
    pub fn connections(mut self, count: usize) -> Self {
        self.settings.connections = count;
        self
    }

    /// Answers health checks on a path, such as `/health`; on none unless set.
    ///
    /// GET and HEAD requests for it are answered here, with an empty body: with status 200 as long as the server serves, and with 503
    /// during its [`drain_time`](Self::drain_time). Other requests for the path go to the service.
    #[must_use]
    pub fn health_path(mut self, path: impl Into<String>) -> Self {
        self.health_path = Some(path.into());
        self
    }

    /// Sets for how long the server goes on serving once it is to stop; not at all unless set.
    ///
    /// In this time it sends everybody elsewhere: health checks fail, and every connection is closed behind its next reply, which
    /// says so (`Connection: close`). Idle connections stay open, since a request may be on its way on each of them, and new ones are
    /// taken. Connections of HTTP/2 go on, and are told at the end, in a way that loses none of their requests. At the end of it the listeners are closed, in such a way that no connection is reset that was made before (on Linux; of
    /// listeners that were handed over, what is in the queue stays for whoever holds them next). A second later at most, what is then
    /// still idle is closed.
    ///
    /// It is long enough when it is longer than a balancer takes to notice failing health checks, and longer than it keeps a
    /// connection that it does not use.
    #[must_use]
    pub fn drain_time(mut self, time: Duration) -> Self {
        self.settings.drain_time = time;
        self
    }

    /// Sets how long the handshake of TLS may take; 10 seconds unless set. Then the connection is closed.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.handshake = timeout;
        self
    }

    /// Sets how many requests a connection by HTTP/2 may have at a time; 100 unless set. Further ones are refused, which clients know
    /// beforehand, and hold back.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_streams(mut self, count: u32) -> Self {
        self.settings.http2.streams = count;
        self
    }

    /// Sets how many requests of a connection by HTTP/2 the client may give up before they are answered; 100 unless set. When there are
    /// more, and more than were answered, the connection is closed. A call that is given up is dropped where it waits.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_resets(mut self, count: usize) -> Self {
        self.settings.http2.resets = count;
        self
    }

    /// Sets how often the client of a connection by HTTP/2 is asked whether it is there; every 30 seconds unless set.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_ping_interval(mut self, interval: Duration) -> Self {
        self.settings.http2.ping_interval = interval;
        self
    }

    /// Sets how long it may take to answer; 20 seconds unless set. Then the connection is closed.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_ping_timeout(mut self, timeout: Duration) -> Self {
        self.settings.http2.ping_timeout = timeout;
        self
    }

    /// Sets how long running calls may take once the server is to stop; 30 seconds unless set. Then they are cut off.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = timeout;
        self
    }

    /// Stops on Ctrl-C and, on Unix, on SIGTERM: gracefully on the first, and at once on the second.
    ///
    /// From then on neither ends the process by itself.
    #[must_use]
    pub fn shutdown_on_signal(mut self) -> Self {
        self.on_signal = true;
        self
    }

    /// By which it can be stopped from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.stop.handle()
    }

    /// The TCP address it listens on, the first if there are several.
    ///
    /// # Panics
    ///
    /// When it listens on Unix sockets only. [`Server::addresses`] tells of every listener.
    pub fn local_addr(&self) -> SocketAddr {
        let tcp = self.addresses().find_map(|address| match address {
            Address::Tcp(address) => Some(*address),
            #[cfg(unix)]
            Address::Unix(_) => None,
        });
        tcp.expect("a server that listens on TCP")
    }

    /// Where it listens.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.listeners.addresses()
    }

    /// Serves [`Methods`](crate::Methods), or an [`HttpService`] made of them, without end.
    ///
    /// # Errors
    ///
    /// When the listener is closed from outside. Connections that fail, and a system that has no room for more of them, are no
    /// errors here.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the listener and lets the connections finish the calls that run, without a deadline.
    pub async fn serve(self, service: impl Into<HttpService>) -> Result<(), Error> {
        self.serve_with_shutdown(service, pending()).await
    }

    /// Serves until a future is ready, and then to the end of what runs.
    ///
    /// Once `shutdown` is ready, and after [`Server::drain_time`], no further connection is taken, idle ones are closed, and those with
    /// a call running are closed behind its reply. What still runs after [`Server::shutdown_timeout`] is cut off.
    ///
    /// # Errors
    ///
    /// As [`Server::serve`].
    ///
    /// # Cancel safety
    ///
    /// As [`Server::serve`].
    pub async fn serve_with_shutdown(
        self,
        service: impl Into<HttpService>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.run(service.into(), shutdown).await
    }

    /// Serves any `tower` service for HTTP requests, such as an [`HttpService`] below layers, until a future is ready.
    ///
    /// The [`Peer`](crate::Peer) is among the extensions of each request, and its [`SocketAddr`], if it has one. A service that fails
    /// ends its connection.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use tower_service::Service;
    /// use xmlrpc_server::{HttpService, Methods, ReplyBody, RequestBody, Server};
    ///
    /// # async fn run() -> Result<(), xmlrpc_server::Error> {
    /// fn layered<S>(inner: S) -> S
    /// where
    ///     S: Service<Request<RequestBody>, Response = Response<ReplyBody>>,
    /// {
    ///     inner // in a layer of tower's, say
    /// }
    ///
    /// let service = layered(HttpService::new(Methods::new()));
    /// Server::bind("127.0.0.1:0").await?.serve_service(service, async {}).await?;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Server::serve`].
    ///
    /// # Cancel safety
    ///
    /// As [`Server::serve`].
    pub async fn serve_service<S, B>(
        self,
        service: S,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error>
    where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: Send,
        B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        self.run(Tower(service), shutdown).await
    }

    async fn run(mut self, service: impl Respond, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let health_path = self.health_path.take();
        if health_path.is_none() && self.settings.drain_time.is_zero() {
            return self.run_until(service, shutdown, || {}).await;
        }
        let health = Health::new(health_path);
        self.run_until(health.around(service), shutdown, || health.drain())
            .await
    }

    /// `stopping` is called when it begins to stop.
    async fn run_until(
        self,
        service: impl Respond,
        shutdown: impl Future<Output = ()>,
        stopping: impl FnOnce(),
    ) -> Result<(), Error> {
        let Self {
            mut listeners,
            settings,
            stop,
            on_signal,
            ..
        } = self;
        let mut signals = Signals::new(on_signal).map_err(Error::signal)?;
        let connections = Connections::new(service, settings);
        for address in listeners.addresses() {
            tracing::debug!(%address, "listening");
        }
        let served = tokio::select! {
            () = shutdown => Ok(()),
            () = stop.asked() => Ok(()),
            () = signals.next() => Ok(()),
            error = connections.take_all(&mut listeners) => Err(Error::accept(error)),
        };
        stopping();
        let hurries = tokio::select! {
            biased;
            () = connections.drain(listeners) => false,
            () = signals.next() => true,
        };
        connections
            .finish(async {
                if !hurries {
                    signals.next().await;
                }
            })
            .await;
        served
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listeners", &self.listeners)
            .field("settings", &self.settings)
            .field("health_path", &self.health_path)
            .finish_non_exhaustive()
    }
}
