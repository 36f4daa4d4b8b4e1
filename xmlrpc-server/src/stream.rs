//! The stream of one connection: its timeouts, and how it ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
#[cfg(feature = "http2")]
use tokio::io::AsyncReadExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf as TokioReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep};
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;

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
    /// Over one of the others.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Io>>),
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
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) header: Duration,
    pub(crate) idle: Duration,
    #[cfg(feature = "tls")]
    pub(crate) handshake: Duration,
    pub(crate) write: Duration,
}

/// The stream of one connection.
///
/// When a request was refused before its body had been read, closing at once would reset the connection, and the peer, which is
/// still sending, would never see the answer. So the stream is closed in one direction, and for a while what comes is thrown away.
pub(crate) struct Stream {
    io: TokioIo<Io>,
    /// What was read to see which protocol it is.
    #[cfg(feature = "http2")]
    beginning: Beginning,
    activity: Arc<Activity>,
    /// None for HTTP/2, where something may come at any time.
    patience: Option<Patience>,
    lingering: Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
    /// Runs while the peer takes nothing of what is written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// Of a connection by HTTP/1 that was taken at some time.
    pub(crate) fn new(io: Io, activity: Arc<Activity>, timeouts: &Timeouts, since: Instant) -> Self {
        Self {
            io: TokioIo::new(io),
            #[cfg(feature = "http2")]
            beginning: Beginning::default(),
            activity,
            patience: Some(Patience::new(timeouts, since)),
            lingering: None,
            write_timeout: timeouts.write,
            stalled: None,
        }
    }

    /// Gives back what was read of it.
    #[cfg(feature = "http2")]
    pub(crate) fn beginning_with(mut self, beginning: Beginning) -> Self {
        self.beginning = beginning;
        self
    }

    /// Leaves it to others how long the peer may take.
    #[cfg(feature = "http2")]
    pub(crate) fn patient(mut self) -> Self {
        self.patience = None;
        self
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
            let text = "the peer takes nothing of what it is sent; write_timeout raises this limit";
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
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
        #[cfg(feature = "http2")]
        let (again, buffer) = stream.beginning.give_back(buffer);
        let read = Pin::new(&mut stream.io).poll_read(cx, buffer);
        #[cfg(feature = "http2")]
        if again {
            return Poll::Ready(Ok(()));
        }
        let Some(patience) = &mut stream.patience else {
            return read;
        };
        if read.is_ready() {
            patience.read = true;
            return read;
        }
        let late = patience.poll_late(&stream.activity, cx);
        late.map(|waiting| Err(waiting.refused()))
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.in_time(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.in_time(flushed, cx)
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

/// The first bytes of a connection, which tell HTTP/2 from HTTP/1.
#[cfg(feature = "http2")]
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    bytes: [u8; PREFACE.len()],
    read: usize,
    given_back: usize,
}

/// What a client sends first that speaks HTTP/2.
#[cfg(feature = "http2")]
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[cfg(feature = "http2")]
impl Beginning {
    /// Reads until it is clear whether the client speaks HTTP/2.
    pub(crate) async fn is_http2(&mut self, io: &mut Io) -> io::Result<bool> {
        while self.read < PREFACE.len() {
            let read = io.read(&mut self.bytes[self.read..]).await?;
            self.read += read;
            if read == 0 || self.bytes[..self.read] != PREFACE[..self.read] {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether nothing came at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.read == 0
    }

    /// Puts what was read where it would have been read now; whether there was anything.
    fn give_back<'a>(&mut self, mut buffer: ReadBufCursor<'a>) -> (bool, ReadBufCursor<'a>) {
        let rest = &self.bytes[self.given_back..self.read];
        let rest = &rest[..rest.len().min(buffer.remaining())];
        if !rest.is_empty() {
            buffer.put_slice(rest);
            self.given_back += rest.len();
            return (true, buffer);
        }
        (false, buffer)
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
pub(crate) enum Waiting {
    /// The rest of a head.
    Head,
    /// A body, for which the service has its own clock.
    Body,
    /// The next request.
    Request,
}

impl Waiting {
    pub(crate) fn refused(self) -> io::Error {
        let (limit, text) = match self {
            Self::Head => (
                "header_timeout",
                "the head of a request took too long; header_timeout raises this limit",
            ),
            Self::Body | Self::Request => ("idle_timeout", "no request came; idle_timeout raises this limit"),
        };
        metrics::refused(limit);
        io::Error::new(io::ErrorKind::TimedOut, text)
    }
}

impl Patience {
    fn new(timeouts: &Timeouts, since: Instant) -> Self {
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
pub(crate) fn deadline(since: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    since + time.min(FAR)
}
