//! The server: a listener, its connections, and how they end.

use std::fmt;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service;

use crate::error::Error;
use crate::http::HttpService;
use crate::listener::{Stream, accept};
use crate::request::RequestBody;
use crate::respond::{Respond, Tower};

const CONNECTIONS: usize = 10_000;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves [`Methods`](crate::Methods) by HTTP/1.0 and 1.1, with keep-alive and pipelining.
///
/// [`HttpService`] tells which requests are calls and how the others are answered, and has what can be set of that. Here stands what
/// concerns connections.
///
/// # Limits
///
/// | setter | default | beyond it |
/// |---|---|---|
/// | [`header_timeout`](Self::header_timeout) | 30 s | the connection is closed |
/// | [`write_timeout`](Self::write_timeout) | 30 s | the connection is closed |
/// | [`connections`](Self::connections) | 10,000 | further ones wait |
/// | [`shutdown_timeout`](Self::shutdown_timeout) | 30 s | calls are cut off |
///
/// Those of requests are set by [`HttpService`], those of documents by [`Methods::limits`](crate::Methods::limits).
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
    listener: TcpListener,
    address: SocketAddr,
    connections: usize,
    header_timeout: Duration,
    write_timeout: Duration,
    shutdown_timeout: Duration,
}

impl Server {
    /// Listens on an address, such as `127.0.0.1:7001` or `("::", 7001)`; port 0 is any free one, which
    /// [`Server::local_addr`] tells.
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or bound; [`Error::is_bind`] holds, and the source is the system's error.
    pub async fn bind(address: impl ToSocketAddrs) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await.map_err(Error::bind)?;
        Self::from_listener(listener)
    }

    /// Serves on a listener that was made elsewhere.
    ///
    /// # Errors
    ///
    /// When it has no address.
    pub fn from_listener(listener: TcpListener) -> Result<Self, Error> {
        Ok(Self {
            address: listener.local_addr().map_err(Error::bind)?,
            listener,
            connections: CONNECTIONS,
            header_timeout: HEADER_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            shutdown_timeout: SHUTDOWN_TIMEOUT,
        })
    }

    /// Sets how long a connection may take for the head of its next request, from its first moment or from the end of the reply
    /// before; 30 seconds unless set. One that takes longer is closed, so that this is also how long it may be idle.
    #[must_use]
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Sets how long a client may take none of a reply; 30 seconds unless set. Then the connection is closed, and what it had not
    /// taken is dropped.
    #[must_use]
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets how many connections are served at a time; 10,000 unless set, and at least 1. Further ones wait in the system's queue
    /// until one ends.
    #[must_use]
    pub fn connections(mut self, count: usize) -> Self {
        self.connections = count.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets how long running calls may take once the server is to stop; 30 seconds unless set. Then they are cut off.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
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
    /// Once `shutdown` is ready, no further connection is taken, idle ones are closed, and those with a call running are closed
    /// behind its reply. What still runs after [`Server::shutdown_timeout`] is cut off.
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
    /// The [`SocketAddr`] of the peer is among the extensions of each request. A service that fails ends its connection.
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

    async fn run(self, service: impl Respond, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let connections =
            Connections::new(service, self.connections, self.header_timeout, self.write_timeout);
        tracing::debug!(address = %self.address, "listening");
        let served = tokio::select! {
            () = shutdown => Ok(()),
            error = connections.take_all(&self.listener) => Err(Error::accept(error)),
        };
        drop(self.listener);
        connections.finish(self.shutdown_timeout).await;
        served
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("connections", &self.connections)
            .field("header_timeout", &self.header_timeout)
            .field("write_timeout", &self.write_timeout)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish()
    }
}

/// What connections are told.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Phase {
    Open,
    /// Finish what runs.
    Closing,
    /// End now.
    Over,
}

/// All connections of a server.
struct Connections<R> {
    service: R,
    http: http1::Builder,
    write_timeout: Duration,
    room: Arc<Semaphore>,
    /// Every connection holds a receiver, so that there are none when none is left.
    phase: watch::Sender<Phase>,
}

impl<R: Respond> Connections<R> {
    fn new(service: R, most: usize, header_timeout: Duration, write_timeout: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            // A peer may end its own half once it has sent its request, and still gets its answer. One that is gone altogether looks
            // the same, so that its call runs to its end.
            .half_close(true)
            // Head and body of a reply go out in one plain write, which is cheaper for small ones. `pipeline_flush` would do so, too,
            // but it holds replies back, and loses them at the end, while anything unread is left in the buffer: half of the next
            // request, or the line end that some clients put behind a body.
            .writev(false);
        Self {
            service,
            http,
            write_timeout,
            room: Arc::new(Semaphore::new(most)),
            phase: watch::Sender::new(Phase::Open),
        }
    }

    /// Takes connections until there are no more to come.
    async fn take_all(&self, listener: &TcpListener) -> std::io::Error {
        loop {
            let Ok(place) = self.room.clone().acquire_owned().await else {
                return pending().await;
            };
            match accept(listener).await {
                Ok((stream, peer)) => self.spawn(stream, peer, place),
                Err(error) => return error,
            }
        }
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let service = self.service.clone();
        let unread = Arc::new(AtomicBool::new(false));
        let stream = Stream::new(stream, unread.clone(), self.write_timeout);
        let connection = self.http.serve_connection(
            stream,
            service_fn(move |request: Request<_>| {
                let (service, unread) = (service.clone(), unread.clone());
                async move {
                    let request = request.map(|body| RequestBody::new(body, unread));
                    service.respond(request, peer).await
                }
            }),
        );
        let mut phase = self.phase.subscribe();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let mut ended = tokio::select! {
                biased;
                ended = connection.as_mut() => Some(ended),
                _ = phase.wait_for(|phase| *phase >= Phase::Closing) => None,
            };
            if ended.is_none() {
                connection.as_mut().graceful_shutdown();
                ended = tokio::select! {
                    biased;
                    ended = connection.as_mut() => Some(ended),
                    Ok(_) = phase.wait_for(|phase| *phase == Phase::Over) => None,
                };
            }
            match ended {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::debug!(%peer, %error, "a connection failed"),
                None => tracing::warn!(%peer, "a connection was cut off by the shutdown"),
            }
            drop(place);
        });
    }

    /// Lets connections finish, for a time.
    async fn finish(self, time: Duration) {
        self.phase.send_replace(Phase::Closing);
        if tokio::time::timeout(time, self.phase.closed()).await.is_err() {
            self.phase.send_replace(Phase::Over);
            self.phase.closed().await;
        }
    }
}
