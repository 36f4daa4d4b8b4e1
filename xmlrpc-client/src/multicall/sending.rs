//! How the calls of a batch get to the server and their results back: in chunks, or one by one.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use futures_util::stream::{FuturesOrdered, StreamExt as _};
use xmlrpc_core::{Category, EncodedValue, MethodCall, MethodResponse, MulticallReader};

use super::entry::{AnyResult, Entry};
use super::missing::is_missing;
use super::results::Outcome;
use super::{Calls, METHOD, Options};
use crate::error::{Answer, Error, Result};
use crate::pending::Encoded;
use crate::proxy::ServerProxy;

/// What came of all calls, in their order.
pub(super) async fn send(proxy: ServerProxy, calls: Calls, options: Options) -> Result<Vec<Outcome>> {
    let all = calls.entries.len();
    let mut sending = Sending {
        proxy,
        calls,
        options,
        outcomes: Vec::with_capacity(all),
        found_missing: false,
    };
    let mut singly = sending.starts_singly();
    while sending.outcomes.len() < all {
        if singly {
            sending.one_by_one().await?;
            break;
        }
        let chunk = sending.next_chunk();
        match sending.together(chunk.clone()).await {
            Ok(()) => {}
            Err(error) if sending.is_to_go_singly(&error, chunk.clone()) => singly = true,
            Err(error) => {
                sending.fail(error, chunk.len(), all)?;
                break;
            }
        }
    }
    Ok(sending.outcomes)
}

struct Sending {
    proxy: ServerProxy,
    calls: Calls,
    options: Options,
    /// Of the calls that were made so far.
    outcomes: Vec<Outcome>,
    /// Whether the server said that it has no `system.multicall`.
    found_missing: bool,
}

impl Sending {
    fn starts_singly(&self) -> bool {
        self.options.singly || (self.options.fallback && self.proxy.lacks_multicall())
    }

    /// The calls that travel in the next exchange.
    fn next_chunk(&self) -> Range<usize> {
        let start = self.outcomes.len();
        let most = self
            .calls
            .entries
            .len()
            .min(start.saturating_add(self.options.chunk.get()));
        let fits = |end: &usize| self.calls.encoded.encoded_len(start..*end) <= self.options.chunk_bytes;
        start..(start + 1..=most).take_while(fits).last().unwrap_or(start + 1)
    }

    /// Whether the server has no `system.multicall`, and that is no error.
    fn is_to_go_singly(&mut self, error: &Error, chunk: Range<usize>) -> bool {
        let methods = chunk.filter_map(|index| Some(self.calls.encoded.call(index).ok()?.method));
        self.found_missing = self.options.fallback && is_missing(error, methods.map(|name| name.to_string()));
        if self.found_missing {
            tracing::debug!("the server has no system.multicall, so that calls are made one by one");
        }
        self.found_missing
    }

    /// One exchange for a run of calls.
    async fn together(&mut self, chunk: Range<usize>) -> Result<()> {
        let mut call = self
            .proxy
            .call_together(METHOD, &self.calls.encoded, chunk.clone());
        call = call.of_entries(self.options.bare_results);
        if let Some(limit) = self.options.timeout {
            call = call.timeout(limit);
        }
        if self.options.idempotent || self.options.all_idempotent {
            call = call.idempotent();
        }
        let Encoded {
            value,
            answer,
            failures,
        } = call.encoded().await?;
        let entries = &self.calls.entries[chunk];
        let results = read(value, entries, self.options.bare_results, Entry::read);
        let results = results.map_err(|error| error.with_answer(answer))?;
        let before = self.outcomes.len();
        let outcomes = results.into_iter().enumerate();
        self.outcomes
            .extend(outcomes.map(|(index, result)| Outcome::Own(own(before + index, result))));
        for (index, error) in failures {
            self.outcomes[before + index] = Outcome::Own(Err(error));
        }
        Ok(())
    }

    /// An exchange for each of the calls that are left.
    async fn one_by_one(&mut self) -> Result<()> {
        let failure = OnceLock::new();
        let mut waiting = self.outcomes.len()..self.calls.entries.len();
        let (mut running, mut outcomes) = (FuturesOrdered::new(), Vec::with_capacity(waiting.len()));
        loop {
            while running.len() < self.options.concurrency.get()
                && let Some(index) = waiting.next()
            {
                running.push_back(call(&self.proxy, &self.options, &self.calls, index, &failure));
            }
            match running.next().await {
                Some(outcome) => outcomes.push(outcome),
                None => break,
            }
        }
        drop(running);
        // Where not even that comes, the URL may be a wrong one.
        if self.found_missing && outcomes.iter().any(is_of_a_method) {
            self.proxy.note_lacking_multicall();
        }
        let nothing_came = !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Own(_)));
        match failure.into_inner() {
            Some(error) if self.outcomes.is_empty() && nothing_came => {
                drop(outcomes);
                Err(Error::batch(error).into_single())
            }
            _ => {
                self.outcomes.extend(outcomes);
                Ok(())
            }
        }
    }

    /// An exchange failed: an error of all where it was the first.
    fn fail(&mut self, error: Error, calls: usize, all: usize) -> Result<()> {
        if self.outcomes.is_empty() {
            return Err(error);
        }
        let error = Arc::new(error);
        let failed = (0..calls).map(|_| Outcome::Failed(error.clone()));
        self.outcomes.extend(failed);
        self.outcomes.resize_with(all, || Outcome::Unsent(error.clone()));
        Ok(())
    }
}

/// One call; none if another one failed in a way that the next would fail, too.
async fn call(
    proxy: &ServerProxy,
    options: &Options,
    calls: &Calls,
    index: usize,
    failure: &OnceLock<Arc<Error>>,
) -> Outcome {
    if let Some(error) = failure.get() {
        return Outcome::Unsent(error.clone());
    }
    match call_by_itself(proxy, options, calls, index).await {
        Err(error) if !is_of_one_call(&error) => {
            let error = Arc::new(error);
            // The first stays, where two fail at a time.
            let _ = failure.set(error.clone());
            Outcome::Failed(error)
        }
        own => Outcome::Own(own),
    }
}

async fn call_by_itself(
    proxy: &ServerProxy,
    options: &Options,
    calls: &Calls,
    index: usize,
) -> Result<AnyResult> {
    let MethodCall { method, params } = calls.encoded.call(index).map_err(Error::encode)?;
    let mut pending = proxy.call::<()>(&method, params);
    if let Some(limit) = options.timeout {
        pending = pending.timeout(limit);
    }
    if options.idempotent {
        pending = pending.idempotent();
    }
    calls.entries[index].call(pending).await
}

/// What an element of an answer is.
pub(crate) type Element<R> = xmlrpc_core::Result<MethodResponse<R>>;

/// Reads the results in the answer to some calls, each by a function of its call.
pub(crate) fn read<C, R>(
    answer: EncodedValue,
    calls: &[C],
    bare: bool,
    mut next: impl FnMut(&C, &mut MulticallReader<'_>) -> xmlrpc_core::Result<Option<Element<R>>>,
) -> Result<Vec<Element<R>>, Unusable> {
    let mut results = answer.into_multicall()?;
    if bare {
        results = results.bare();
    }
    let mut reader = results.reader().map_err(|error| match error.category() {
        Category::Data => Unusable::Shape(Error::no_array(METHOD, error)),
        _ => Unusable::Document(error),
    })?;
    let mut elements = Vec::with_capacity(calls.len());
    for call in calls {
        let Some(element) = next(call, &mut reader)? else {
            break;
        };
        elements.push(element);
    }
    match (reader.skip_all()?, calls.len()) {
        (found, calls) if found == calls => Ok(elements),
        (found, calls) => {
            let message = format!("{METHOD} answered with {found} results to {calls} calls");
            Err(Unusable::Shape(Error::shape(message)))
        }
    }
}

/// Why an answer gives no results.
pub(crate) enum Unusable {
    Document(xmlrpc_core::Error),
    Shape(Error),
}

impl Unusable {
    /// The error of the call, with what is worth saying about its answer.
    pub(crate) fn with_answer(self, answer: Option<Answer>) -> Error {
        match self {
            Self::Document(error) => Error::decode(answer, error),
            Self::Shape(error) => error,
        }
    }
}

impl From<xmlrpc_core::Error> for Unusable {
    fn from(error: xmlrpc_core::Error) -> Self {
        Self::Document(error)
    }
}

/// What an element of an answer means for its call.
pub(crate) fn own<R>(index: usize, element: Element<R>) -> Result<R> {
    match element {
        Ok(MethodResponse::Success(result)) => Ok(result),
        Ok(MethodResponse::Fault(fault)) => Err(fault.into()),
        Err(error) if error.category() == Category::Protocol => Err(Error::no_result(METHOD, index, error)),
        Err(error) => Err(Error::decode(None, error)),
    }
}

/// Whether an error is one call's, so that the next may go well: the server answered, or nothing was to be sent.
fn is_of_one_call(error: &Error) -> bool {
    error.fault().is_some() || error.status().is_some() || error.is_decode() || error.is_encode()
}

/// Whether a server answered by XML-RPC.
fn is_of_a_method(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Own(Ok(_)) => true,
        Outcome::Own(Err(error)) => error.fault().is_some(),
        _ => false,
    }
}
