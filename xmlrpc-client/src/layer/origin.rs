//! Where a call comes from, and what was seen of it: this goes with a call through the layers.

use std::sync::{Arc, Mutex, PoisonError};

use xmlrpc_core::{Call, EncodedValue};

use crate::error::{Answer, Error, Result};
use crate::options::CallOptions;
use crate::proxy::Inner;

/// The proxy that makes a call.
#[derive(Clone)]
pub(crate) struct Origin {
    inner: Arc<Inner>,
    entries: Option<Entries>,
    seen: Seen,
}

/// What is known of the entries of a multicall that is made by [`Multicall`](crate::Multicall).
#[derive(Clone, Copy)]
pub(crate) struct Entries {
    /// Whether results come without an array around each.
    pub(crate) bare_results: bool,
}

impl Origin {
    pub(crate) fn new(inner: Arc<Inner>, entries: Option<Entries>) -> Self {
        Self {
            inner,
            entries,
            seen: Seen::default(),
        }
    }

    /// For an entry of this call.
    pub(super) fn of_entry(&self) -> Self {
        Self::new(self.inner.clone(), self.entries)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    pub(super) fn has_bare_results(&self) -> bool {
        self.entries
            .map_or(self.inner.bare_results, |entries| entries.bare_results)
    }

    /// Whether errors of entries are asked for each by itself.
    pub(super) fn keeps_failures(&self) -> bool {
        self.entries.is_some()
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Makes a call, through the layers if there are any.
    pub(crate) async fn run(self, mut call: Call) -> Result<EncodedValue> {
        let Some(stack) = self.inner.stack.clone() else {
            return self.send(call).await;
        };
        if call.extensions.get::<CallOptions>().is_none() {
            call.extensions.insert(self.inner.call_options(&call.method));
        }
        call.extensions.insert(self);
        stack.0.run(call).await
    }

    /// Makes a call behind all layers.
    pub(super) async fn send(self, call: Call) -> Result<EncodedValue> {
        self.inner.send(call, &self.seen).await
    }
}

/// What was seen on the wire of a call.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Wire>>);

#[derive(Default)]
struct Wire {
    request_bytes: Option<usize>,
    retries: u32,
    answer: Option<Answer>,
    failures: Vec<(usize, Error)>,
}

impl Seen {
    pub(crate) fn sent(&self, bytes: usize) {
        self.with(|wire| wire.request_bytes = Some(bytes));
    }

    /// An attempt is made, the first of which is 1.
    pub(crate) fn attempted(&self, number: u32) {
        self.with(|wire| wire.retries += number.saturating_sub(1).min(1));
    }

    pub(crate) fn answered(&self, answer: Answer) {
        self.with(|wire| wire.answer = Some(answer));
    }

    /// Bytes of the last document that was sent; `None` for an entry of a multicall.
    pub(super) fn request_bytes(&self) -> Option<usize> {
        self.with(|wire| wire.request_bytes)
    }

    /// How often a call was made again.
    #[cfg(feature = "metrics")]
    pub(super) fn retries(&self) -> u32 {
        self.with(|wire| wire.retries)
    }

    /// The last answer.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.with(|wire| wire.answer.clone())
    }

    /// Keeps the errors of entries that have no place in the result of their multicall.
    pub(super) fn keep_failures(&self, failures: Vec<(usize, Error)>) {
        self.with(|wire| wire.failures = failures);
    }

    pub(crate) fn take_failures(&self) -> Vec<(usize, Error)> {
        self.with(|wire| std::mem::take(&mut wire.failures))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Wire) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
