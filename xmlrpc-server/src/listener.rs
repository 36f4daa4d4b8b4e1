//! Connections: how they are taken, and how they end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// How long the loop rests when the system has no room for a further connection.
const REST: Duration = Duration::from_millis(50);
/// How long a peer that was refused may go on sending what nobody reads.
const LINGER: Duration = Duration::from_secs(2);
/// How much of it is taken at a time.
const SCRAP: usize = 16 * 1024;

/// The next connection. Failures that pass are waited for.
pub(crate) async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, std::net::SocketAddr)> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, InvalidInput};
    loop {
        let error = match listener.accept().await {
            Ok((stream, peer)) => {
                // Without this a reply waits for the acknowledgement of the one before. Nothing is lost but time where it fails.
                let _ = stream.set_nodelay(true);
                return Ok((stream, peer));
            }
            Err(error) => error,
        };
        match error.kind() {
            // One connection failed, before it was taken.
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted => {}
            // It listens no more.
            InvalidInput => return Err(error),
            _ => {
                tracing::warn!(%error, "no further connection can be taken");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// The stream of one connection.
///
/// When a request was refused before its body had been read, closing at once would reset the connection, and the peer, which is
/// still sending, would never see the answer. So the stream is closed in one direction, and for a while what comes is thrown away.
pub(crate) struct Stream {
    io: TokioIo<TcpStream>,
    unread: Arc<AtomicBool>,
    lingering: Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
    /// Runs while the peer takes nothing of what is written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// `unread` is set once a body was left unread.
    pub(crate) fn new(stream: TcpStream, unread: Arc<AtomicBool>, write_timeout: Duration) -> Self {
        Self {
            io: TokioIo::new(stream),
            unread,
            lingering: None,
            write_timeout,
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
        clock
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
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
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
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
        if self.unread.load(Ordering::Relaxed) {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
