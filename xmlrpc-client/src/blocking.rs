//! The same calls without `await`, for programs that have no async runtime.
//!
//! ```no_run
//! use xmlrpc_client::blocking::ServerProxy;
//! use xmlrpc_client::proxy;
//!
//! fn main() -> xmlrpc_client::Result<()> {
//!     let server = ServerProxy::new("http://127.0.0.1:7001/RPC2")?;
//!     let sum: i64 = server.call("addtogether", (1, 2, 3))?;
//!     println!("{sum} {}", proxy!(server.addtogether("x", "y"))?);
//!     for name in server.list_methods()? {
//!         println!("{name}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A call blocks its thread until the result is there. What moves the bytes runs on one thread, which all proxies of the process share
//! and the first call starts; results are decoded on the thread that called. Calls may come from any thread, also from one that
//! runs an async runtime: they do not panic there, but keep that thread from anything else. Taps, layers and transports of such calls may
//! make further ones.

use std::cell::Cell;
use std::future::{Future, IntoFuture as _};
use std::io;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};
use xmlrpc_core::Dialect;

use crate::error::{Error, Result};
use crate::introspection::Signatures;
use crate::multicall::{Handle, Results};
use crate::pending::PendingCall;
use crate::transport::Transport;

/// Makes a [`ServerProxy`] that blocks, with the options of [the other one](crate::ServerProxyBuilder).
pub type ServerProxyBuilder = crate::ServerProxyBuilder<ServerProxy>;

/// A server, to call methods of; see [`crate::ServerProxy`], from and into which it can be made.
#[derive(Clone, Debug)]
pub struct ServerProxy(crate::ServerProxy);

/// Calls that travel together; see [`crate::Multicall`].
#[derive(Debug)]
#[must_use = "nothing is called until `send` is called"]
pub struct Multicall(crate::Multicall);

/// A method of a server; see [`crate::Method`].
#[derive(Clone, Debug)]
pub struct Method(crate::Method);

impl ServerProxy {
    /// A proxy for the server at a URL; see [`crate::ServerProxy::new`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new(url: &str) -> Result<Self> {
        Self::builder(url).build()
    }

    /// Options for a proxy for the server at a URL.
    pub fn builder(url: &str) -> ServerProxyBuilder {
        ServerProxyBuilder::url(url)
    }

    /// Options for a proxy for what is at the other end of a transport of one's own.
    pub fn over(transport: impl Transport) -> ServerProxyBuilder {
        ServerProxyBuilder::transport(transport)
    }

    /// Calls a method and waits for its result; see [`crate::ServerProxy::call`].
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn call<R: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<R> {
        self.prepare(method, params).wait()
    }

    /// Prepares a call, for options of its own; [`PendingCall::wait`] makes it.
    ///
    /// ```no_run
    /// # fn run(server: xmlrpc_client::blocking::ServerProxy) -> xmlrpc_client::Result<()> {
    /// use std::time::Duration;
    ///
    /// let text: String = server.prepare("fetch", ("slow",)).timeout(Duration::from_secs(300)).wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn prepare<R>(&self, method: &str, params: impl Serialize) -> PendingCall<R> {
        self.0.call(method, params)
    }

    /// A method, to be called many times.
    pub fn method(&self, name: impl Into<String>) -> Method {
        Method(self.0.method(name))
    }

    /// The same server, with calls in another dialect.
    #[must_use]
    pub fn with_dialect(&self, dialect: Dialect) -> Self {
        Self(self.0.with_dialect(dialect))
    }

    /// Makes calls of one method, one for each element of an iterator; see [`crate::ServerProxy::batch`].
    ///
    /// ```no_run
    /// # fn run(server: xmlrpc_client::blocking::ServerProxy) -> xmlrpc_client::Result<()> {
    /// for square in server.batch::<i64>("square", (0..1000).map(|n| (n,)))? {
    ///     println!("{}", square?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`crate::Multicall::send`].
    pub fn batch<R>(&self, method: &str, params: impl IntoIterator<Item: Serialize>) -> Result<Vec<Result<R>>>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.multicall().batch(method, params)
    }

    /// Collects calls to send them together.
    pub fn multicall(&self) -> Multicall {
        Multicall(self.0.multicall())
    }

    /// The names of the server's methods; see [`crate::ServerProxy::list_methods`].
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn list_methods(&self) -> Result<Vec<String>> {
        self.0.list_methods().wait()
    }

    /// What a method does; see [`crate::ServerProxy::method_help`].
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn method_help(&self, method: &str) -> Result<String> {
        self.0.method_help(method).wait()
    }

    /// The types of a method's parameters and result; see [`crate::ServerProxy::method_signature`].
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn method_signature(&self, method: &str) -> Result<Signatures> {
        self.0.method_signature(method).wait()
    }
}

impl From<crate::ServerProxy> for ServerProxy {
    fn from(proxy: crate::ServerProxy) -> Self {
        Self(proxy)
    }
}

impl From<ServerProxy> for crate::ServerProxy {
    fn from(proxy: ServerProxy) -> Self {
        proxy.0
    }
}

impl Method {
    /// The name by which it is called.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Calls it and waits for its result.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn call<R: DeserializeOwned>(&self, params: impl Serialize) -> Result<R> {
        self.0.call(params).wait()
    }
}

impl Multicall {
    /// Adds a call.
    ///
    /// # Errors
    ///
    /// As [`crate::Multicall::add`].
    pub fn add<R>(&mut self, method: &str, params: impl Serialize) -> Result<Handle<R>>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.0.add(method, params)
    }

    /// Sets how many calls travel in one exchange.
    pub fn chunk(self, calls: NonZeroUsize) -> Self {
        Self(self.0.chunk(calls))
    }

    /// Sets how many bytes the calls in one exchange have together; a longer one travels alone.
    pub fn chunk_bytes(self, bytes: usize) -> Self {
        Self(self.0.chunk_bytes(bytes))
    }

    /// Sets how long each exchange may take.
    pub fn timeout(self, limit: Duration) -> Self {
        Self(self.0.timeout(limit))
    }

    /// Says that all of the calls do no harm when they are made twice.
    pub fn idempotent(self) -> Self {
        Self(self.0.idempotent())
    }

    /// Says that the server gives results without an array around each, as supervisord does.
    pub fn bare_results(self) -> Self {
        Self(self.0.bare_results())
    }

    /// Makes the calls one by one, without asking the server for `system.multicall`.
    pub fn singly(self) -> Self {
        Self(self.0.singly())
    }

    /// Takes it for an error when the server has no `system.multicall`, and makes no call by itself.
    pub fn without_fallback(self) -> Self {
        Self(self.0.without_fallback())
    }

    /// Sets how many calls may be under way at a time where they are made one by one.
    pub fn concurrency(self, calls: NonZeroUsize) -> Self {
        Self(self.0.concurrency(calls))
    }

    /// How many calls were added.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no call was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sends the calls and waits for their results.
    ///
    /// # Errors
    ///
    /// As [`crate::Multicall::send`].
    pub fn send(self) -> Result<Results> {
        wait(self.0.send())
    }

    /// Makes calls of one method with the options of this; see [`crate::Multicall::batch`].
    ///
    /// # Errors
    ///
    /// As [`crate::Multicall::send`].
    pub fn batch<R>(self, method: &str, params: impl IntoIterator<Item: Serialize>) -> Result<Vec<Result<R>>>
    where
        R: DeserializeOwned + Send + 'static,
    {
        wait(self.0.batch(method, params).into_future())
    }
}

impl<R: DeserializeOwned> PendingCall<R> {
    /// Makes the call, and blocks until its result is there; see [`blocking`](crate::blocking).
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub fn wait(self) -> Result<R> {
        let exchange = self.exchange()?;
        exchange.reader.read(wait(exchange.going.answer()))
    }
}

/// Runs a future on the thread for that, and waits for it on this one.
fn wait<T: Send + 'static>(future: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let (sender, outcome) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // Nobody waits any more where this fails.
        let _ = sender.send(future.await);
    });
    let outcome = match IS_OWN_THREAD.get() {
        false => outcome.recv(),
        // A tap, a layer or a transport of a call makes another one: what moves the bytes goes on on another thread meanwhile.
        true => tokio::task::block_in_place(|| outcome.recv()),
    };
    match outcome {
        Ok(outcome) => outcome,
        Err(gone) => Err(Error::exchange("the call ended in a panic", gone)),
    }
}

thread_local! {
    /// Whether this is a thread of [`runtime`].
    static IS_OWN_THREAD: Cell<bool> = const { Cell::new(false) };
}

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("xmlrpc-client")
            .on_thread_start(|| IS_OWN_THREAD.set(true))
            .enable_all()
            .build()
    });
    runtime.as_ref().map_err(|error| {
        let cause = io::Error::new(error.kind(), error.to_string());
        Error::unsent("the thread for blocking calls cannot be started", cause)
    })
}
