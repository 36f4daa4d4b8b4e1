//! The stream of one connection: its timeouts, and how it ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf as TokioReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep};

use crate::activity::Activity;
use crate::metrics;

/// How long a peer that was refused may go on sending what nobody reads.
const LINGER: Duration = Duration::from_secs(2);
/// How much of it is taken at a time.
const SCRAP: usize = 16 * 1024;

/// What carries the bytes of a connection.
#[derive(Debug)]
pub(crate) enum Io {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut TokioReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) header: Duration,
    pub(crate) idle: Duration,
    pub(crate) write: Duration,
}

/// The stream of one connection.
///
/// When a request was refused before its body had been read, closing at once would reset the connection, and the peer, which is
/// still sending, would never see the answer. So the stream is closed in one direction, and for a while what comes is thrown away.
pub(crate) struct Stream {
    io: TokioIo<Io>,
    activity: Arc<Activity>,
    patience: Patience,
    lingering: Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
    /// Runs while the peer takes nothing of what is written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(crate) fn new(io: Io, activity: Arc<Activity>, timeouts: &Timeouts) -> Self {
        Self {
            io: TokioIo::new(io),
            activity,
            patience: Patience::new(timeouts),
            lingering: None,
            write_timeout: timeouts.write,
            stalled: None,
        }
    }

    /// Passes on how far writing came, as long as it comes further in time.
    fn in_time<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let clock = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        clock.as_mut().poll(cx).map(|()| {
            metrics::refused("write_timeout");
            Err(io::ErrorKind::TimedOut.into())
        })
    }

    /// Throws away what comes, until the peer ends or time is up.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scrap = [0; SCRAP];
        loop {
            let mut buffer = ReadBuf::new(&mut scrap);
            match Pin::new(&mut self.io).poll_read(cx, buffer.unfilled()) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
            // A peer that sends without end must not keep the loop from looking at the clock.
            if self.poll_clock(cx).is_ready() {
                return Poll::Ready(());
            }
        }
        self.poll_clock(cx)
    }

    fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self
            .lingering
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        clock.as_mut().poll(cx)
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let read = Pin::new(&mut stream.io).poll_read(cx, buffer);
        if read.is_ready() {
            stream.patience.read = true;
            return read;
        }
        let late = stream.patience.poll_late(&stream.activity, cx);
        late.map(|waiting| {
            metrics::refused(waiting.limit());
            Err(io::Error::new(io::ErrorKind::TimedOut, waiting.words()))
        })
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.in_time(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        if self.activity.is_unread() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

/// How long the peer may still take to send something.
///
/// Nothing is set or cancelled for a request that comes in one piece: the clock runs on through it, and what is due is worked out when
/// it has run down.
struct Patience {
    header: Duration,
    idle: Duration,
    waiting: Waiting,
    since: Instant,
    /// Whether anything was read since it last was waited for.
    read: bool,
    /// How many requests had begun when it last was waited for.
    begun: usize,
    clock: Pin<Box<Sleep>>,
    /// Whom the clock wakes.
    waker: Option<Waker>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Waiting {
    /// The rest of a head.
    Head,
    /// A body, for which the service has its own clock.
    Body,
    /// The next request.
    Request,
}

impl Waiting {
    fn limit(self) -> &'static str {
        match self {
            Self::Head => "header_timeout",
            Self::Body | Self::Request => "idle_timeout",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Head => "the head of a request took too long; header_timeout raises this limit",
            Self::Body | Self::Request => "no request came; idle_timeout raises this limit",
        }
    }
}

impl Patience {
    fn new(timeouts: &Timeouts) -> Self {
        let since = Instant::now();
        Self {
            header: timeouts.header,
            idle: timeouts.idle,
            waiting: Waiting::Head,
            since,
            read: false,
            begun: 0,
            clock: Box::pin(tokio::time::sleep_until(deadline(since, timeouts.header))),
            waker: None,
        }
    }

    /// Nothing is there to be read: whether that has been so for too long, and for what.
    fn poll_late(&mut self, activity: &Activity, cx: &mut Context<'_>) -> Poll<Waiting> {
        let waiting = self.what(activity);
        if waiting != self.waiting || (self.read && waiting == Waiting::Request) {
            self.since = Instant::now();
        }
        (self.waiting, self.read) = (waiting, false);
        let deadline = match waiting {
            Waiting::Head => deadline(self.since, self.header),
            Waiting::Request => deadline(self.since, self.idle),
            Waiting::Body => return Poll::Pending,
        };
        if self.clock.deadline() > deadline {
            self.set(deadline);
        }
        loop {
            let ticking = self
                .waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()));
            if ticking && !self.clock.is_elapsed() {
                return Poll::Pending;
            }
            if self.clock.as_mut().poll(cx).is_pending() {
                self.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(waiting);
            }
            self.set(deadline);
        }
    }

    fn set(&mut self, deadline: Instant) {
        self.clock.as_mut().reset(deadline);
        self.waker = None;
    }

    fn what(&mut self, activity: &Activity) -> Waiting {
        let begun = activity.begun();
        let another = std::mem::replace(&mut self.begun, begun) != begun;
        match self.waiting {
            _ if activity.is_busy() => Waiting::Body,
            _ if another => Waiting::Request,
            Waiting::Body => Waiting::Request,
            Waiting::Request if self.read => Waiting::Head,
            waiting => waiting,
        }
    }
}

/// The end of a time that may be longer than the clock can count.
fn deadline(since: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    since + time.min(FAR)
}
