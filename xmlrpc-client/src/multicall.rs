//! Several calls in one, by `system.multicall`.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xmlrpc_core::{EncodedValue, Fault, Reading, Value, from_value};

use crate::error::{Error, Result};
use crate::proxy::ServerProxy;

#[cfg(doc)]
use crate::proxy::PendingCall;

/// How many calls travel in one: batches seen in the field have 1 to 100 calls.
const CHUNK: NonZeroUsize = NonZeroUsize::new(100).unwrap();

pub(crate) const METHOD: &str = "system.multicall";

impl ServerProxy {
    /// Collects calls to send them together; see [`Multicall`].
    pub fn multicall(&self) -> Multicall {
        static BATCHES: AtomicU64 = AtomicU64::new(0);
        Multicall {
            proxy: self.clone(),
            batch: BATCHES.fetch_add(1, Ordering::Relaxed),
            entries: Vec::new(),
            chunk: CHUNK,
            timeout: None,
            idempotent: false,
            all_idempotent: true,
            bare_results: self.0.bare_results,
        }
    }
}

/// Calls of different types that travel together, in one exchange instead of one for each.
///
/// [`add`](Multicall::add) gives a handle for each, by which [`Results::take`] gives its result. The server must have the method
/// `system.multicall`, and runs the calls in their order; one that fails leaves the others as they are.
///
/// # Chunks
///
/// At most 100 calls travel in one exchange ([`chunk`](Multicall::chunk) sets another number), one exchange after the other. The
/// timeout holds for each of them.
///
/// # Cancel safety
///
/// The future of [`send`](Multicall::send) may be dropped at any point. Which of the calls the server saw by then is not known.
///
/// # Examples
///
/// ```no_run
/// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
/// let mut batch = server.multicall();
/// let sum = batch.add::<i64>("addtogether", (1, 2))?;
/// let text = batch.add::<String>("addtogether", ("x", "y"))?;
///
/// let mut results = batch.send().await?;
/// println!("{}", results.take(sum)?);
/// match results.take(text) {
///     Ok(text) => println!("{text}"),
///     Err(error) => println!("this one failed: {error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is called until `send` is awaited"]
pub struct Multicall {
    proxy: ServerProxy,
    batch: u64,
    entries: Vec<EncodedValue>,
    chunk: NonZeroUsize,
    timeout: Option<Duration>,
    idempotent: bool,
    /// Whether all calls so far are known to be idempotent by their methods.
    all_idempotent: bool,
    bare_results: bool,
}

/// One call of a [`Multicall`], to ask the [`Results`] for.
#[must_use = "the handle is the only way to the result"]
pub struct Handle<R> {
    batch: u64,
    index: usize,
    result: PhantomData<fn() -> R>,
}

impl Multicall {
    /// Adds a call; `params` as in [`ServerProxy::call`], encoded here and now.
    ///
    /// # Errors
    ///
    /// [`Error::is_encode`] for parameters that cannot be written. The batch stays as it was.
    pub fn add<R>(&mut self, method: &str, params: impl Serialize) -> Result<Handle<R>> {
        let entry = self.proxy.encoder().multicall_entry(method, &params);
        self.entries.push(entry.map_err(Error::encode)?);
        self.all_idempotent &= self.proxy.0.is_idempotent(method);
        Ok(Handle {
            batch: self.batch,
            index: self.entries.len() - 1,
            result: PhantomData,
        })
    }

    /// Sets how many calls travel in one exchange.
    pub fn chunk(mut self, calls: NonZeroUsize) -> Self {
        self.chunk = calls;
        self
    }

    /// Sets how long each exchange may take; as the proxy's calls, if not set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Says that all of the calls do no harm when they are made twice; see [`PendingCall::idempotent`].
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Says that the server gives results as they are, and not each in an array of its own, as supervisord does.
    ///
    /// Scalars that come so are taken without this, since they can mean nothing else; arrays and structs are not, since an array of
    /// one value could be a result in its array, or the whole of one.
    pub fn bare_results(mut self) -> Self {
        self.bare_results = true;
        self
    }

    /// How many calls were added.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no call was added. Nothing is sent then.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sends the calls and waits for their results.
    ///
    /// # Errors
    ///
    /// What a call of `system.multicall` itself gives, above all the fault of a server that has none, and an answer that is not one
    /// array with an element for each call. This is for the first chunk; where a later one fails, what came before is not thrown
    /// away: each of its calls gives that error from [`Results::take`], and the calls behind them one that says that they were not
    /// sent.
    pub async fn send(self) -> Result<Results> {
        let reading = self.proxy.reading().clone();
        let mut outcomes = Vec::with_capacity(self.entries.len());
        for entries in self.entries.chunks(self.chunk.get()) {
            match self.exchange(entries).await {
                Ok(elements) => outcomes.extend(elements.into_iter().map(Outcome::Answer)),
                Err(error) if outcomes.is_empty() => return Err(error),
                Err(error) => {
                    let error = Arc::new(error);
                    let failed = entries.iter().map(|_| Outcome::Failed(error.clone()));
                    outcomes.extend(failed);
                    outcomes.resize(self.entries.len(), Outcome::Unsent(error));
                    break;
                }
            }
        }
        Ok(Results {
            batch: self.batch,
            outcomes,
            reading,
            bare: self.bare_results,
        })
    }

    async fn exchange(&self, entries: &[EncodedValue]) -> Result<Vec<Value>> {
        let mut call = self.proxy.call_entries(METHOD, entries);
        call = call.with_bare_results(self.bare_results);
        if let Some(limit) = self.timeout {
            call = call.timeout(limit);
        }
        if self.idempotent || self.all_idempotent {
            call = call.idempotent();
        }
        elements(call.await?, entries.len())
    }
}

/// The elements of what `system.multicall` answered to so many calls.
pub(crate) fn elements(answer: Value, calls: usize) -> Result<Vec<Value>> {
    let elements = match answer {
        Value::Array(elements) => Vec::from(elements),
        other => {
            let found = other.type_name();
            return Err(Error::shape(format!(
                "{METHOD} must answer with an array, and answered with {found}"
            )));
        }
    };
    if elements.len() != calls {
        return Err(Error::shape(format!(
            "{METHOD} answered with {} results to {calls} calls",
            elements.len(),
        )));
    }
    Ok(elements)
}

/// The result that an element is, which comes in an array of its own unless it is `bare`.
pub(crate) fn result(index: usize, element: Value, bare: bool, reading: &Reading) -> Result<Value> {
    match element {
        Value::Struct(members) if bare && members.get("faultCode").is_none() => Ok(Value::Struct(members)),
        fault @ Value::Struct(_) => Err(match Fault::from_value(fault, reading) {
            Ok(fault) => fault.into(),
            Err(error) => Error::decode(None, error),
        }),
        Value::Array(elements) if !bare => {
            let found = elements.len();
            let mut elements = elements.into_iter();
            match (elements.next(), elements.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(Error::shape(format!(
                    "result {index} of {METHOD} must be an array of one value, and has {found}; \
                     Multicall::bare_results takes results without an array around them"
                ))),
            }
        }
        bare => Ok(bare),
    }
}

/// The results of a [`Multicall`].
pub struct Results {
    batch: u64,
    outcomes: Vec<Outcome>,
    reading: Reading,
    /// Whether results have no array around them.
    bare: bool,
}

#[derive(Clone)]
enum Outcome {
    /// What the server gave: an array of one value, or the struct of a fault.
    Answer(Value),
    /// Its chunk failed.
    Failed(Arc<Error>),
    /// A chunk before its own failed.
    Unsent(Arc<Error>),
}

impl Results {
    /// The result of a call.
    ///
    /// # Errors
    ///
    /// - [`Error::fault`], where the call failed;
    /// - [`Error::is_decode`], where the result is not of the type asked for, or the server gave neither a result nor a fault;
    /// - the error of its exchange, see [`Multicall::send`].
    ///
    /// # Panics
    ///
    /// When the handle is of another batch.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a handle that is gone cannot be asked for again"
    )]
    pub fn take<R: DeserializeOwned>(&mut self, handle: Handle<R>) -> Result<R> {
        assert!(handle.batch == self.batch, "a handle of another batch");
        let outcome = std::mem::replace(&mut self.outcomes[handle.index], Outcome::Answer(Value::Nil));
        match outcome {
            Outcome::Answer(answer) => self.read(handle.index, answer),
            Outcome::Failed(error) => Err(Error::batch(error)),
            Outcome::Unsent(error) => Err(Error::batch_unsent(error)),
        }
    }

    /// How many calls there were.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether there was no call.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    fn read<R: DeserializeOwned>(&self, index: usize, answer: Value) -> Result<R> {
        let result = result(index, answer, self.bare, &self.reading)?;
        from_value(result).map_err(|error| Error::decode(None, error))
    }
}

impl fmt::Debug for Multicall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multicall")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
