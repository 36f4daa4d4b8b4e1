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

    /// Since when there is no request; of one that is not timed, and of one that has a request, nothing.
    #[cfg(feature = "http2")]
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        let quiet = Duration::from_millis(self.quiet.load(Ordering::Relaxed));
        self.clock.filter(|_| !self.is_busy()).map(|begin| begin + quiet)
    }

    /// Whether more requests were given up than that, and more than had their answer.
    #[cfg(feature = "http2")]
    pub(crate) fn is_wasted(&self, most: usize) -> bool {
        let dropped = self.dropped.load(Ordering::Relaxed);
        dropped > most && dropped > self.answered.load(Ordering::Relaxed)
    }

    fn end(&self, how: &AtomicUsize) {
        if let Some(begin) = self.clock {
            let quiet = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.quiet.store(quiet, Ordering::Relaxed);
        }
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
