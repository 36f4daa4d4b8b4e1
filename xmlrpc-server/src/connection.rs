//! The connections of a server: what they are told, how each is served, and how all of them end.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::activity::Activity;
use crate::listener::Listeners;
use crate::metrics;
use crate::peer::Peer;
use crate::request::RequestBody;
use crate::respond::Respond;
use crate::stream::{Io, Stream, Timeouts};

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
    pub(crate) async fn take_all(&self, listeners: &mut Listeners) -> std::io::Error {
        loop {
            let Some(place) = self.place().await else {
                return pending().await;
            };
            match listeners.accept().await {
                Ok((io, peer)) => self.spawn(io, peer, place),
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

    fn spawn(&self, io: Io, peer: Peer, place: OwnedSemaphorePermit) {
        let connection = Connection {
            shared: self.shared.clone(),
            peer,
            activity: Arc::default(),
        };
        let phase = Signal::new(&self.phase);
        let open = metrics::connection_opened();
        tokio::spawn(async move {
            connection.serve(io, phase).await;
            drop((place, open));
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
    CutOff,
}

/// One connection.
struct Connection<R> {
    shared: Arc<Shared<R>>,
    peer: Peer,
    activity: Arc<Activity>,
}

impl<R: Respond> Connection<R> {
    async fn serve(self, io: Io, phase: Signal) {
        let stream = Stream::new(io, self.activity.clone(), &self.shared.settings.timeouts);
        let peer = self.peer.clone();
        match self.serve_http1(stream, phase).await {
            End::Finished(Ok(())) => {}
            End::Finished(Err(error)) => {
                tracing::debug!(%peer, error = &error as &dyn std::error::Error, "a connection failed");
            }
            End::CutOff => tracing::warn!(%peer, "a connection was cut off by the shutdown"),
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
            let body = |incoming| RequestBody::new(incoming, connection.activity.clone());
            let response = connection
                .shared
                .service
                .respond(request.map(body), &connection.peer);
            let response = response.await;
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
