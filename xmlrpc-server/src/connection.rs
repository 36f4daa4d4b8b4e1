//! The connections of a server: what they are told, how each is served, and how all of them end.

use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
#[cfg(feature = "http2")]
use hyper::server::conn::http2;
use hyper::service::service_fn;
#[cfg(feature = "http2")]
use hyper_util::rt::TokioTimer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::activity::Activity;
use crate::listener::{Accepted, Listeners};
use crate::metrics;
#[cfg(feature = "http2")]
use crate::paced::Paced;
use crate::peer::Peer;
use crate::request::RequestBody;
use crate::respond::Respond;
#[cfg(feature = "tls")]
use crate::stream::Io;
#[cfg(feature = "http2")]
use crate::stream::{Beginning, Waiting, deadline};
use crate::stream::{Stream, Timeouts};
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// How long the queue of a listener is taken once nobody can join it any more: for connections that are being made.
const QUEUE: Duration = Duration::from_millis(200);
/// How long requests may be on their way over connections that were made before the listener was closed.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// The least room that hyper takes for a head.
const LEAST_HEADER_BYTES: usize = 8 * 1024;
/// The least room for what is read at a time of a body.
const LEAST_BUFFER: usize = 64 * 1024;

/// What can be set of connections.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) connections: usize,
    pub(crate) header_bytes: usize,
    pub(crate) timeouts: Timeouts,
    pub(crate) drain_time: Duration,
    pub(crate) shutdown_timeout: Duration,
    #[cfg(feature = "http2")]
    pub(crate) http2: Http2,
}

impl Settings {
    fn http1(&self) -> http1::Builder {
        let header_bytes = self.header_bytes.max(LEAST_HEADER_BYTES);
        let mut http = http1::Builder::new();
        // It has no timer, and the timeouts are those of `Stream`, which cost a request nothing.
        http.max_header_size(header_bytes)
            .max_buf_size(header_bytes.max(LEAST_BUFFER))
            // A peer may end its own half once it has sent its request, and still gets its answer. One that is gone altogether looks
            // the same, so that its call runs to its end.
            .half_close(true)
            // Head and body of a reply go out in one plain write, which is cheaper for small ones. `pipeline_flush` would do so, too,
            // but it holds replies back, and loses them at the end, while anything unread is left in the buffer: half of the next
            // request, or the line end that some clients put behind a body.
            .writev(false);
        http
    }
}

/// What can be set of HTTP/2.
#[cfg(feature = "http2")]
#[derive(Clone, Debug)]
pub(crate) struct Http2 {
    pub(crate) streams: u32,
    pub(crate) resets: usize,
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
}

#[cfg(feature = "http2")]
impl Settings {
    fn http2(&self, requests: Requests) -> http2::Builder<Requests> {
        let header_bytes = u32::try_from(self.header_bytes.max(LEAST_HEADER_BYTES)).unwrap_or(u32::MAX);
        let mut http = http2::Builder::new(requests);
        http.timer(TokioTimer::new())
            .max_header_list_size(header_bytes)
            .max_concurrent_streams(self.http2.streams)
            .max_pending_accept_reset_streams(self.http2.resets)
            .keep_alive_interval(self.http2.ping_interval)
            .keep_alive_timeout(self.http2.ping_timeout);
        http
    }
}

/// Runs the requests of a connection by HTTP/2, each of which counts as one of the server's until it ends.
#[cfg(feature = "http2")]
#[derive(Clone)]
struct Requests(watch::Receiver<Phase>);

#[cfg(feature = "http2")]
impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Requests {
    fn execute(&self, request: F) {
        let counts = self.0.clone();
        tokio::spawn(async move {
            request.await;
            drop(counts);
        });
    }
}

/// What connections are told.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Phase {
    Open,
    /// Finish what runs.
    Closing,
    /// End now.
    Over,
}

/// All connections of a server.
pub(crate) struct Connections<R> {
    shared: Arc<Shared<R>>,
    room: Arc<Semaphore>,
    /// Every connection holds a receiver, so that there are none when none is left.
    phase: watch::Sender<Phase>,
}

/// What connections have in common.
struct Shared<R> {
    service: R,
    settings: Settings,
    http1: http1::Builder,
}

impl<R: Respond> Connections<R> {
    pub(crate) fn new(service: R, settings: Settings) -> Self {
        Self {
            room: Arc::new(Semaphore::new(
                settings.connections.clamp(1, Semaphore::MAX_PERMITS),
            )),
            phase: watch::Sender::new(Phase::Open),
            shared: Arc::new(Shared {
                service,
                http1: settings.http1(),
                settings,
            }),
        }
    }

    /// Takes connections until there are no more to come.
    pub(crate) async fn take_all(&self, listeners: &mut Listeners) -> io::Error {
        loop {
            let Some(place) = self.place().await else {
                return pending().await;
            };
            match listeners.accept().await {
                Ok(accepted) => self.spawn(accepted, place),
                Err(error) => return error,
            }
        }
    }

    /// A place for a further connection, once there is one.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.room.clone().try_acquire_owned() {
            return Some(place);
        }
        metrics::refused("connections");
        self.room.clone().acquire_owned().await.ok()
    }

    fn spawn(&self, accepted: Accepted, place: OwnedSemaphorePermit) {
        let connection = Connection {
            shared: self.shared.clone(),
            peer: accepted.peer.clone(),
            activity: Arc::default(),
        };
        let phase = Signal::new(&self.phase);
        let open = metrics::connection_opened();
        tokio::spawn(async move {
            connection.serve(accepted, phase).await;
            drop((open, place));
        });
    }

    /// Goes on for the time to drain, and then closes the listeners without losing a connection that was made.
    pub(crate) async fn drain(&self, mut listeners: Listeners) {
        let time = self.shared.settings.drain_time;
        if time.is_zero() {
            return;
        }
        // A listener that fails takes nothing any more, which is no harm now.
        let _ = tokio::time::timeout(time, self.take_all(&mut listeners)).await;
        listeners.turn_away();
        let _ = tokio::time::timeout(QUEUE, self.take_all(&mut listeners)).await;
        drop(listeners);
        let _ = tokio::time::timeout(ON_THE_WAY, self.phase.closed()).await;
    }

    /// Lets connections finish, for a time and as long as nobody is in a hurry.
    pub(crate) async fn finish(self, hurry: impl Future<Output = ()>) {
        self.phase.send_replace(Phase::Closing);
        let time = tokio::time::sleep(self.shared.settings.shutdown_timeout);
        tokio::select! {
            biased;
            () = self.phase.closed() => return,
            () = time => {}
            () = hurry => {}
        }
        self.phase.send_replace(Phase::Over);
        self.phase.closed().await;
    }
}

/// How a connection came to its end.
enum End {
    Finished(Result<(), hyper::Error>),
    /// Before there was a request.
    Failed(io::Error),
    /// It had a limit in its way.
    #[cfg(feature = "http2")]
    Refused(&'static str),
    /// By the shutdown.
    CutOff,
}

/// One connection.
struct Connection<R> {
    shared: Arc<Shared<R>>,
    peer: Peer,
    activity: Arc<Activity>,
}

/// A stream, and which protocol it carries.
struct Opened {
    stream: Stream,
    #[cfg(feature = "http2")]
    is_http2: bool,
}

impl<R: Respond> Connection<R> {
    async fn serve(mut self, accepted: Accepted, mut phase: Signal) {
        let opened = phase.unless(Phase::Closing, self.open(accepted)).await;
        let peer = self.peer.clone();
        let end = match opened {
            Some(Ok(Some(opened))) => self.serve_http(opened, phase).await,
            Some(Ok(None)) | None => return,
            Some(Err(error)) => End::Failed(error),
        };
        match end {
            End::Finished(Ok(())) => {}
            End::Finished(Err(error)) => {
                tracing::debug!(%peer, error = &error as &dyn std::error::Error, "a connection failed");
            }
            End::Failed(error) => tracing::debug!(%peer, %error, "a connection failed"),
            #[cfg(feature = "http2")]
            End::Refused(limit) => {
                metrics::refused(limit);
                tracing::warn!(%peer, limit, "a connection was closed that reached a limit");
            }
            End::CutOff => tracing::warn!(%peer, "a connection was cut off by the shutdown"),
        }
    }

    /// Makes a stream of what was accepted: shakes hands where there is TLS, and looks which protocol it is. None when the peer left
    /// without a word.
    async fn open(&mut self, accepted: Accepted) -> io::Result<Option<Opened>> {
        let (begin, timeouts) = (Instant::now(), self.shared.settings.timeouts);
        #[cfg(feature = "tls")]
        if let Some(tls) = &accepted.tls {
            return self.open_tls(accepted.io, tls).await.map(Some);
        }
        #[cfg(not(feature = "http2"))]
        return Ok(Some(Opened {
            stream: Stream::new(accepted.io, self.activity.clone(), &timeouts, begin),
        }));
        #[cfg(feature = "http2")]
        {
            let (mut io, mut beginning) = (accepted.io, Beginning::default());
            let looked = tokio::time::timeout(timeouts.header, beginning.is_http2(&mut io)).await;
            let is_http2 = looked.map_err(|_| Waiting::Head.refused())??;
            if beginning.is_empty() {
                return Ok(None);
            }
            let stream = Stream::new(io, self.activity.clone(), &timeouts, begin);
            let stream = stream.beginning_with(beginning);
            Ok(Some(Opened { stream, is_http2 }))
        }
    }

    #[cfg(feature = "tls")]
    async fn open_tls(&mut self, io: Io, tls: &Tls) -> io::Result<Opened> {
        let timeouts = self.shared.settings.timeouts;
        // In a box, since it is large and soon gone.
        let handshake = Box::pin(tls.accept(io));
        let Ok(shaken) = tokio::time::timeout(timeouts.handshake, handshake).await else {
            metrics::refused("handshake_timeout");
            let text = "the handshake took too long; handshake_timeout raises this limit";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        };
        let stream = shaken?;
        let (_, session) = stream.get_ref();
        if let Some(chain) = session.peer_certificates() {
            let chain = chain.iter().map(|certificate| certificate.to_vec());
            self.peer = self.peer.clone().with_certificates(chain);
        }
        #[cfg(feature = "http2")]
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let io = Io::Tls(Box::new(stream));
        Ok(Opened {
            stream: Stream::new(io, self.activity.clone(), &timeouts, Instant::now()),
            #[cfg(feature = "http2")]
            is_http2,
        })
    }

    async fn serve_http(self, opened: Opened, phase: Signal) -> End {
        #[cfg(feature = "http2")]
        if opened.is_http2 {
            // In a box, so that the others need not have the room for it.
            return Box::pin(self.serve_http2(opened.stream, phase)).await;
        }
        self.serve_http1(opened.stream, phase).await
    }

    /// Serves requests that come several at a time. Such a connection has no end of its own as long as the peer is there, so that it is
    /// closed when it is idle or a nuisance.
    #[cfg(feature = "http2")]
    async fn serve_http2(mut self, stream: Stream, mut phase: Signal) -> End {
        self.activity = Arc::new(Activity::timed());
        let connection = Arc::new(self);
        let requests = connection.clone();
        let service = service_fn(move |request| {
            let activity = requests.activity.clone();
            let answered = requests.clone().respond(request);
            async move {
                answered
                    .await
                    .map(|response| response.map(|body| Paced::new(body, activity)))
            }
        });
        let http = connection.shared.settings.http2(Requests(phase.phase.clone()));
        let mut http = pin!(http.serve_connection(stream.patient(), service));
        let served = connection.unless_idle(connection.unless_stuck(http.as_mut()));
        match phase.unless(Phase::Closing, served).await {
            Some(Some(end)) => end,
            Some(None) => {
                http.as_mut().graceful_shutdown();
                let leave = connection.unless_idle(connection.unless_stuck(http));
                let left = phase.unless(Phase::Over, leave).await;
                left.map_or(End::CutOff, |end| end.unwrap_or(End::Finished(Ok(()))))
            }
            None => {
                http.as_mut().graceful_shutdown();
                let finished = phase.unless(Phase::Over, connection.unless_stuck(http)).await;
                finished.unwrap_or(End::CutOff)
            }
        }
    }

    /// Goes on until the peer has given up too many requests: they cost it next to nothing, and this server what it did for them.
    #[cfg(feature = "http2")]
    async fn unless_wasted(&self, http: impl Future<Output = hyper::Result<()>>) -> End {
        let most = self.shared.settings.http2.resets;
        let mut http = pin!(http);
        poll_fn(|cx| {
            if self.activity.is_wasted(most) {
                return Poll::Ready(End::Refused("http2_resets"));
            }
            http.as_mut().poll(cx).map(End::Finished)
        })
        .await
    }

    /// Goes on until the peer has made no room for any reply for too long, or has given up too many requests.
    #[cfg(feature = "http2")]
    async fn unless_stuck(&self, http: impl Future<Output = hyper::Result<()>>) -> End {
        let timeout = self.shared.settings.timeouts.write;
        let mut served = pin!(self.unless_wasted(http));
        let mut since = Instant::now();
        loop {
            tokio::select! {
                biased;
                end = served.as_mut() => return end,
                () = tokio::time::sleep_until(deadline(since, timeout)) => {}
            }
            let now = Instant::now();
            since = self.activity.stuck_since().unwrap_or(now);
            if now >= deadline(since, timeout) {
                return End::Refused("write_timeout");
            }
        }
    }

    /// Goes on until there was no request for so long.
    #[cfg(feature = "http2")]
    async fn unless_idle(&self, served: impl Future<Output = End>) -> Option<End> {
        let idle = self.shared.settings.timeouts.idle;
        let mut served = pin!(served);
        let mut since = Instant::now();
        loop {
            tokio::select! {
                biased;
                end = served.as_mut() => return Some(end),
                () = tokio::time::sleep_until(deadline(since, idle)) => {}
            }
            // One that is busy is looked at again after as long.
            let quiet = self.activity.quiet_since();
            let begin = quiet.map_or_else(Instant::now, |quiet| quiet.max(since));
            if begin == since {
                metrics::refused("idle_timeout");
                return None;
            }
            since = begin;
        }
    }

    async fn serve_http1(self, stream: Stream, mut phase: Signal) -> End {
        let shared = self.shared.clone();
        let connection = Arc::new(self);
        let service = service_fn(move |request| connection.clone().respond(request));
        let mut connection = pin!(shared.http1.serve_connection(stream, service));
        match phase.unless(Phase::Closing, connection.as_mut()).await {
            Some(ended) => return End::Finished(ended),
            None => connection.as_mut().graceful_shutdown(),
        }
        let ended = phase.unless(Phase::Over, connection).await;
        ended.map_or(End::CutOff, End::Finished)
    }

    /// Answers one request.
    fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<http::Response<R::Body>, R::Error>> + Send {
        let running = Running::new(self);
        async move {
            let connection = &*running.connection;
            let (mut head, incoming) = request.into_parts();
            let body = RequestBody::new(incoming, connection.activity.clone());
            let service = &connection.shared.service;
            let response = service.respond(&mut head, body, &connection.peer).await;
            running.answered();
            response
        }
    }
}

/// A request that is being answered. Dropped before it has its answer, it is one that was given up.
struct Running<R> {
    connection: Arc<Connection<R>>,
    answered: bool,
}

impl<R> Running<R> {
    fn new(connection: Arc<Connection<R>>) -> Self {
        connection.activity.begin();
        Self {
            connection,
            answered: false,
        }
    }

    fn answered(mut self) {
        self.answered = true;
    }
}

impl<R> Drop for Running<R> {
    fn drop(&mut self) {
        let activity = &self.connection.activity;
        if self.answered {
            activity.answer();
        } else {
            activity.give_up();
        }
    }
}

/// Where a connection hears what it is told.
///
/// Waiting on the channel takes a lock each time it is polled, which would be once per request. So it is waited on once, which is enough
/// to be woken, and then again when there is something new.
struct Signal {
    phase: watch::Receiver<Phase>,
}

impl Signal {
    fn new(phase: &watch::Sender<Phase>) -> Self {
        Self {
            phase: phase.subscribe(),
        }
    }

    /// Waits for a future, unless it is that phase or a later one.
    async fn unless<F: Future>(&mut self, phase: Phase, future: F) -> Option<F::Output> {
        let mut news = self.phase.clone();
        let told = &self.phase;
        let reached = async {
            // When nobody is left who could say anything, connections finish, in their own time.
            if news.wait_for(|now| *now >= phase).await.is_err() && phase > Phase::Closing {
                pending::<()>().await;
            }
        };
        // Were it to rest for fairness' sake instead of waiting, it would not be woken.
        let mut reached = pin!(tokio::task::unconstrained(reached));
        let mut waits = false;
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if waits && matches!(told.has_changed(), Ok(false)) {
                return Poll::Pending;
            }
            waits = true;
            reached.as_mut().poll(cx).map(|()| None)
        })
        .await
    }
}
