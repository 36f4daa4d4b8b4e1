//! The entries of a `system.multicall`, each on its way through the layers.
//!
//! What comes in is the call of the multicall, from behind the layers. Its entries are calls that go through all layers; where they come
//! out, they wait for one another and are sent together. What goes out is the result that the multicall would have had without layers.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};
use xmlrpc_core::{
    ArrayEncoder, Call, Dialect, EncodedValue, Encoder, Extensions, Fault, Forbidden, NonFinite, Value,
};

use super::{Origin, Stack};
use crate::error::{Error, Result};
use crate::multicall;
use crate::proxy::CallFuture;

/// How long entries that are ready wait for those that a layer holds up.
const LINGER: Duration = Duration::from_millis(20);

/// What stands among the extensions of an entry.
#[derive(Clone)]
pub(super) struct Entry {
    index: usize,
    waiting: Arc<Mutex<Waiting>>,
}

/// The entries that came through the layers.
#[derive(Default)]
struct Waiting {
    entries: Vec<Ready>,
    /// Of the task that runs the batch.
    waker: Option<Waker>,
}

/// An entry that waits to be sent.
struct Ready {
    index: usize,
    call: Call,
    outcome: oneshot::Sender<Result<EncodedValue>>,
}

impl Entry {
    /// Waits with a call until the others are there, and for its outcome.
    pub(super) fn join(self, call: Call) -> CallFuture<EncodedValue> {
        Box::pin(async move {
            let (sender, outcome) = oneshot::channel();
            let waker = {
                let mut waiting = locked(&self.waiting);
                waiting.entries.push(Ready {
                    index: self.index,
                    call,
                    outcome: sender,
                });
                waiting.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
            match outcome.await {
                Ok(outcome) => outcome,
                Err(gone) => Err(Error::unsent("the multicall of this entry is over", gone)),
            }
        })
    }
}

fn locked(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a call of `system.multicall` that came through the layers.
pub(super) async fn run(origin: Origin, stack: Arc<Stack>, call: Call) -> Result<EncodedValue> {
    let Call {
        params, extensions, ..
    } = call;
    let entries = params.into_multicall(usize::MAX).map_err(Error::encode)?;
    let mut batch = Batch::new(origin, extensions);
    if entries.len() == 0 {
        batch.wire.exchange(&[], &[]).await?;
    }
    for entry in entries {
        batch.begin(&stack, entry);
    }
    poll_fn(|cx| batch.poll(cx)).await;
    batch.finish()
}

/// A multicall under way.
struct Batch {
    wire: Arc<Wire>,
    waiting: Arc<Mutex<Waiting>>,
    running: FuturesUnordered<CallFutureOf>,
    outcomes: Vec<Option<Result<EncodedValue>>>,
    sending: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// For how many entries that wait a time runs.
    linger: Option<(usize, Pin<Box<Sleep>>)>,
}

/// An entry in the layers.
type CallFutureOf = Pin<Box<dyn Future<Output = (usize, Result<EncodedValue>)> + Send>>;

impl Batch {
    fn new(origin: Origin, extensions: Extensions) -> Self {
        Self {
            wire: Arc::new(Wire { origin, extensions }),
            waiting: Arc::default(),
            running: FuturesUnordered::new(),
            outcomes: Vec::new(),
            sending: None,
            linger: None,
        }
    }

    /// Sends an entry into the layers. What is no call is a fault already.
    fn begin(&mut self, stack: &Arc<Stack>, entry: Result<Call, Fault>) {
        let index = self.outcomes.len();
        let mut call = match entry {
            Ok(call) => call,
            Err(fault) => return self.outcomes.push(Some(Err(fault.into()))),
        };
        call.extensions = self.wire.extensions.clone();
        call.extensions.insert(self.wire.origin.of_entry());
        call.extensions.insert(Entry {
            index,
            waiting: self.waiting.clone(),
        });
        let stack = stack.clone();
        self.running
            .push(Box::pin(async move { (index, stack.0.run(call).await) }));
        self.outcomes.push(None);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            while let Poll::Ready(Some((index, outcome))) = self.running.poll_next_unpin(cx) {
                self.outcomes[index] = Some(outcome);
            }
            if self.running.is_empty() {
                return Poll::Ready(());
            }
            if let Some(sending) = &mut self.sending {
                ready!(sending.as_mut().poll(cx));
                self.sending = None;
                continue;
            }
            let round = ready!(self.next_round(cx));
            self.sending = Some(Box::pin(self.wire.clone().send(round)));
        }
    }

    /// The entries to send next: all, if all wait that can; else, after a while, those in front of the first that does not.
    fn next_round(&mut self, cx: &mut Context<'_>) -> Poll<Vec<Ready>> {
        let mut waiting = locked(&self.waiting);
        waiting.entries.retain(|entry| !entry.outcome.is_closed());
        waiting.entries.sort_by_key(|entry| entry.index);
        let mut indices = waiting
            .entries
            .iter()
            .map(|entry| entry.index)
            .collect::<Vec<_>>();
        indices.dedup();
        if indices.len() == self.running.len() {
            self.linger = None;
            return Poll::Ready(mem::take(&mut waiting.entries));
        }
        waiting.waker = Some(cx.waker().clone());
        let unfinished = (0..self.outcomes.len()).filter(|&index| self.outcomes[index].is_none());
        let front = unfinished.zip(&indices).take_while(|(a, b)| a == *b).count();
        if front == 0 {
            self.linger = None;
            return Poll::Pending;
        }
        let timer = match &mut self.linger {
            Some((count, timer)) if *count == front => timer,
            linger => &mut linger.insert((front, Box::pin(sleep(LINGER)))).1,
        };
        ready!(timer.as_mut().poll(cx));
        self.linger = None;
        let behind = waiting
            .entries
            .partition_point(|entry| entry.index <= indices[front - 1]);
        let later = waiting.entries.split_off(behind);
        Poll::Ready(mem::replace(&mut waiting.entries, later))
    }

    /// The result of the multicall.
    fn finish(self) -> Result<EncodedValue> {
        let Self { wire, outcomes, .. } = self;
        let count = outcomes.len();
        let (mut results, mut failures) = (carrier().array(), Vec::new());
        for (index, outcome) in outcomes.into_iter().flatten().enumerate() {
            match outcome.map_err(Error::into_own_fault) {
                Ok(result) => wire.append(&mut results, &result),
                Err(Ok(fault)) => append_fault(&mut results, &fault),
                Err(Err(error)) => {
                    failures.push((index, error));
                    // Stands in its place, for whoever takes the failures.
                    results.push(&())
                }
            }
            .map_err(|error| Error::decode(None, error))?;
        }
        let origin = &wire.origin;
        let is_whole = failures.len() == count && !failures.iter().all(|(_, error)| error.is_of_one_result());
        if !failures.is_empty() && (is_whole || !origin.keeps_failures()) {
            // What failed for all is this error's alone once the others are gone.
            let (_, first) = failures.swap_remove(0);
            drop(failures);
            return Err(first.into_single());
        }
        origin.seen().keep_failures(failures);
        Ok(results.finish())
    }
}

/// What all entries of a multicall share.
struct Wire {
    origin: Origin,
    /// What layers added to the call.
    extensions: Extensions,
}

impl Wire {
    /// Sends entries, and gives each its outcome.
    async fn send(self: Arc<Self>, round: Vec<Ready>) {
        let indices = round.iter().map(|entry| entry.index).collect::<Vec<_>>();
        let (calls, senders): (Vec<_>, Vec<_>) =
            round.into_iter().map(|entry| (entry.call, entry.outcome)).unzip();
        let outcomes = match self.exchange(&calls, &indices).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let shared = Arc::new(error);
                senders
                    .iter()
                    .map(|_| Err(Error::batch(shared.clone())))
                    .collect::<Vec<_>>()
            }
        };
        for (sender, outcome) in senders.into_iter().zip(outcomes) {
            // Nobody waits any more where this fails.
            let _ = sender.send(outcome);
        }
    }

    /// What came of the calls of the entries with these indices.
    async fn exchange(&self, calls: &[Call], indices: &[usize]) -> Result<Vec<Result<EncodedValue>>> {
        let encoder = &self.origin.inner().encoder;
        let entries = calls
            .iter()
            .map(|call| encoder.multicall_entry(&call.method, &call.params.values()?));
        let entries = entries
            .collect::<xmlrpc_core::Result<Vec<_>>>()
            .map_err(Error::encode)?;
        let params = encoder.multicall_params(&entries).map_err(Error::encode)?;
        let mut call = Call::new(multicall::METHOD.try_into().map_err(Error::encode)?, params);
        call.extensions = self.extensions.clone();
        let answer = self.origin.clone().send(call).await?;
        let results = multicall::read(answer, calls, self.origin.has_bare_results(), |_, reader| {
            reader.next::<Value>()
        });
        let results = results.map_err(|error| error.with_answer(self.origin.seen().answer()))?;
        let results = results.into_iter().zip(indices).map(|(result, index)| {
            let value = multicall::own(*index, result)?;
            carrier().result(&value).map_err(Error::encode)
        });
        Ok(results.collect())
    }

    fn append(&self, results: &mut ArrayEncoder, result: &EncodedValue) -> xmlrpc_core::Result<()> {
        match self.origin.has_bare_results() {
            true => results.push(&result.parse::<Value>()?),
            false => results.push_outcome(Ok(result)),
        }
    }
}

/// A fault as it was received, or else as it is.
fn append_fault(results: &mut ArrayEncoder, fault: &Fault) -> xmlrpc_core::Result<()> {
    match fault.raw() {
        Some(raw) => results.push(raw),
        None => results.push_outcome(Err(fault)),
    }
}

/// What carries results from here to whoever asked for them, whatever they hold.
fn carrier() -> Encoder {
    let dialect = Dialect::default().non_finite(NonFinite::Text);
    Encoder::new().dialect(dialect.forbidden_characters(Forbidden::Pass))
}
