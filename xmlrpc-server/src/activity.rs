//! What the requests of a connection tell it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the requests of a connection tell it.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    unread: AtomicBool,
    begun: AtomicUsize,
    answered: AtomicUsize,
    dropped: AtomicUsize,
}

impl Activity {
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
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// One was given up before it had its answer.
    pub(crate) fn give_up(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
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
