//! What the requests of a connection tell it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
#[cfg(feature = "http2")]
use std::time::Duration;

use tokio::time::Instant;

/// What the requests of a connection tell it.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    unread: AtomicBool,
    begun: AtomicUsize,
    answered: AtomicUsize,
    dropped: AtomicUsize,
    /// When the last request ended, in milliseconds since `clock` began; of HTTP/2 only.
    quiet: AtomicU64,
    /// How many replies are on their way, and when the last piece of one went out; of HTTP/2 only, too.
    #[cfg(feature = "http2")]
    sending: AtomicUsize,
    #[cfg(feature = "http2")]
    sent: AtomicU64,
    clock: Option<Instant>,
}

impl Activity {
    /// Of a connection that may have several requests at a time, and so has to tell by itself since when it has none.
    #[cfg(feature = "http2")]
    pub(crate) fn timed() -> Self {
        Self {
            clock: Some(Instant::now()),
            ..Self::default()
        }
    }

    /// Since when there is neither a request nor a reply on its way; of a connection that is not timed, nothing.
    #[cfg(feature = "http2")]
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        let is_quiet = !self.is_busy() && self.sending.load(Ordering::Relaxed) == 0;
        self.moment(&self.quiet).filter(|_| is_quiet)
    }

    /// Since when nothing of any reply went out, while there is one that should.
    #[cfg(feature = "http2")]
    pub(crate) fn stuck_since(&self) -> Option<Instant> {
        let is_sending = self.sending.load(Ordering::Relaxed) > 0;
        self.moment(&self.sent).filter(|_| is_sending)
    }

    #[cfg(feature = "http2")]
    fn moment(&self, milliseconds: &AtomicU64) -> Option<Instant> {
        let time = Duration::from_millis(milliseconds.load(Ordering::Relaxed));
        self.clock.map(|begin| begin + time)
    }

    /// A reply is on its way.
    #[cfg(feature = "http2")]
    pub(crate) fn begin_sending(&self) {
        self.send();
        self.sending.fetch_add(1, Ordering::Relaxed);
    }

    /// A piece of one goes out.
    #[cfg(feature = "http2")]
    pub(crate) fn send(&self) {
        self.note(&self.sent);
    }

    /// One is through, or given up.
    #[cfg(feature = "http2")]
    pub(crate) fn end_sending(&self) {
        self.note(&self.quiet);
        self.sending.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether more requests were given up than that, and more than had their answer.
    #[cfg(feature = "http2")]
    pub(crate) fn is_wasted(&self, most: usize) -> bool {
        let dropped = self.dropped.load(Ordering::Relaxed);
        dropped > most && dropped > self.answered.load(Ordering::Relaxed)
    }

    fn note(&self, milliseconds: &AtomicU64) {
        if let Some(begin) = self.clock {
            let now = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
            milliseconds.store(now, Ordering::Relaxed);
        }
    }

    fn end(&self, how: &AtomicUsize) {
        self.note(&self.quiet);
        how.fetch_add(1, Ordering::Relaxed);
    }

    /// A body was dropped before its end.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether one ever was.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// One has its answer.
    pub(crate) fn answer(&self) {
        self.end(&self.answered);
    }

    /// One was given up before it had its answer.
    pub(crate) fn give_up(&self) {
        self.end(&self.dropped);
    }

    /// How many began.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Whether any of them has no answer yet.
    pub(crate) fn is_busy(&self) -> bool {
        let (answered, dropped) = (&self.answered, &self.dropped);
        self.begun() != answered.load(Ordering::Relaxed) + dropped.load(Ordering::Relaxed)
    }
}
