//! Several calls in one, by `system.multicall`, or one by one where a server has no such method.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xmlrpc_core::CallsEncoder;

mod batch;
mod entry;
mod missing;
mod results;
mod sending;

pub use self::batch::Batch;
pub use self::results::Results;
pub(crate) use self::sending::{own, read};

use self::entry::Entry;
use crate::error::{Error, Result};
use crate::proxy::ServerProxy;

#[cfg(doc)]
use crate::pending::PendingCall;

/// How many calls travel in one: of a tiny call, the share in the exchange costs little then.
const CHUNK: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// How many bytes they have together: half of what servers built on xmlrpc-c take by default.
const CHUNK_BYTES: usize = 256 * 1024;

pub(crate) const METHOD: &str = "system.multicall";

impl ServerProxy {
    /// Collects calls to send them together; see [`Multicall`].
    pub fn multicall(&self) -> Multicall {
        static BATCHES: AtomicU64 = AtomicU64::new(0);
        Multicall {
            proxy: self.clone(),
            number: BATCHES.fetch_add(1, Ordering::Relaxed),
            calls: Calls {
                encoded: self.encoder().calls(),
                entries: Vec::new(),
            },
            options: Options {
                chunk: CHUNK,
                chunk_bytes: CHUNK_BYTES,
                timeout: None,
                idempotent: false,
                all_idempotent: true,
                bare_results: self.0.bare_results,
                singly: false,
                fallback: true,
                concurrency: NonZeroUsize::MIN,
            },
        }
    }
}

/// Calls of different types that travel together, in one exchange instead of one for each.
///
/// [`add`](Multicall::add) gives a handle for each, by which [`Results::take`] gives its result; [`batch`](Multicall::batch) is shorter
/// for many calls of one method. The server runs the calls in their order; one that fails leaves the others as they are.
///
/// # Chunks
///
/// At most 500 calls ([`chunk`](Multicall::chunk) sets another number) of 256 KiB together ([`chunk_bytes`](Multicall::chunk_bytes))
/// travel in one exchange, one exchange after the other. The timeout holds for each of them.
///
/// # Servers without `system.multicall`
///
/// Where a server says that it has no such method, the calls are made one by one, and so are those of later batches of this proxy and
/// its clones, without asking again. They are made in order, or [some at a time](Multicall::concurrency). A fault with code -32601 says
/// so, and one that says so of `system.multicall` in its text, as those of Python, Twisted, Ruby, xmlrpc-c and Apache do; and status
/// 404, as of `xmlrpc` for Node. [`without_fallback`](Multicall::without_fallback) turns this off, and
/// [`singly`](Multicall::singly) makes calls one by one from the start.
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
    /// Tells batches apart.
    number: u64,
    calls: Calls,
    options: Options,
}

/// The calls of a batch.
struct Calls {
    encoded: CallsEncoder,
    /// What each of them is to give.
    entries: Vec<Entry>,
}

/// What was chosen for a batch.
#[derive(Clone)]
struct Options {
    chunk: NonZeroUsize,
    chunk_bytes: usize,
    timeout: Option<Duration>,
    idempotent: bool,
    /// Whether all calls so far are known to be idempotent by their methods.
    all_idempotent: bool,
    bare_results: bool,
    /// Whether calls are made one by one, without asking for the method.
    singly: bool,
    /// Whether calls are made one by one where there is no such method.
    fallback: bool,
    /// How many calls are under way when they are made one by one.
    concurrency: NonZeroUsize,
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
    pub fn add<R>(&mut self, method: &str, params: impl Serialize) -> Result<Handle<R>>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.calls.encoded.push(method, &params).map_err(Error::encode)?;
        self.calls.entries.push(Entry::new::<R>());
        self.options.all_idempotent &= self.proxy.0.is_idempotent(method);
        Ok(Handle {
            batch: self.number,
            index: self.calls.entries.len() - 1,
            result: PhantomData,
        })
    }

    /// Sets how many calls travel in one exchange.
    pub fn chunk(mut self, calls: NonZeroUsize) -> Self {
        self.options.chunk = calls;
        self
    }

    /// Sets how many bytes the calls in one exchange have together, as they are encoded in UTF-8. A call that is longer by itself travels
    /// alone.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.options.chunk_bytes = bytes;
        self
    }

    /// Sets how long each exchange may take; as the proxy's calls, if not set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Says that all of the calls do no harm when they are made twice; see [`PendingCall::idempotent`].
    pub fn idempotent(mut self) -> Self {
        self.options.idempotent = true;
        self
    }

    /// Says that the server gives results as they are, and not each in an array of its own, as supervisord does.
    ///
    /// Scalars that come so are taken without this, since they can mean nothing else; arrays and structs are not, since an array of
    /// one value could be a result in its array, or the whole of one.
    pub fn bare_results(mut self) -> Self {
        self.options.bare_results = true;
        self
    }

    /// Makes the calls one by one, without asking the server for `system.multicall`.
    pub fn singly(mut self) -> Self {
        self.options.singly = true;
        self
    }

    /// Takes it for an error when the server has no `system.multicall`, and makes no call by itself.
    pub fn without_fallback(mut self) -> Self {
        self.options.fallback = false;
        self
    }

    /// Sets how many calls may be under way at a time where they are made one by one; 1 if not set, so that they run in their order.
    /// Results come in the order of the calls either way.
    pub fn concurrency(mut self, calls: NonZeroUsize) -> Self {
        self.options.concurrency = calls;
        self
    }

    /// How many calls were added.
    pub fn len(&self) -> usize {
        self.calls.entries.len()
    }

    /// Whether no call was added. Nothing is sent then.
    pub fn is_empty(&self) -> bool {
        self.calls.entries.is_empty()
    }

    /// Sends the calls and waits for their results.
    ///
    /// # Errors
    ///
    /// What a call of `system.multicall` itself gives, and an answer that is not one array with an element for each call; for calls that
    /// are made one by one, a failure to reach the server. This is for the first exchange; where a later one fails, what came before is
    /// not thrown away: each of its calls gives that error from [`Results::take`], and the calls behind them one that says that they were
    /// not sent.
    pub async fn send(self) -> Result<Results> {
        let number = self.number;
        let outcomes = sending::send(self.proxy, self.calls, self.options).await?;
        Ok(Results::new(number, outcomes))
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
