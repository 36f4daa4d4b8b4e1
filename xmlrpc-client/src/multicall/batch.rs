//! Many calls of one method.

use std::fmt;
use std::future::IntoFuture;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Handle, Multicall};
use crate::error::Result;
use crate::proxy::{CallFuture, ServerProxy};

/// Calls of one method, which travel together and give their results in order; made by [`ServerProxy::batch`].
#[must_use = "nothing is called until this is awaited"]
pub struct Batch<R> {
    multicall: Multicall,
    calls: Vec<Result<Handle<R>>>,
}

impl ServerProxy {
    /// Prepares calls of one method, one for each element of an iterator, which are its parameters as in [`ServerProxy::call`]. They
    /// travel together, as with [`Multicall`], when this is awaited, and give one result each, in their order.
    ///
    /// ```no_run
    /// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
    /// let names = ["web", "db", "cache"];
    /// for (name, log) in names.iter().zip(server.batch::<String>("readLog", names.map(|name| (name, 0, 1024))).await?) {
    ///     match log {
    ///         Ok(log) => println!("{name}: {log}"),
    ///         Err(error) => println!("{name} failed: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch<R>(&self, method: &str, params: impl IntoIterator<Item: Serialize>) -> Batch<R>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.multicall().batch(method, params)
    }
}

impl Multicall {
    /// Prepares calls of one method, as [`ServerProxy::batch`] does, with the options of this. The result of a call whose parameters
    /// cannot be written is that error, and the others are sent. What was [added](Multicall::add) before is sent, too, and its results
    /// come to nobody.
    ///
    /// ```no_run
    /// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
    /// use std::num::NonZeroUsize;
    ///
    /// let eight = NonZeroUsize::new(8).expect("not zero");
    /// let squares = server.multicall().singly().concurrency(eight).batch::<i64>("square", (0..1000).map(|n| (n,))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch<R>(mut self, method: &str, params: impl IntoIterator<Item: Serialize>) -> Batch<R>
    where
        R: DeserializeOwned + Send + 'static,
    {
        let calls = params
            .into_iter()
            .map(|params| self.add(method, params))
            .collect();
        Batch {
            multicall: self,
            calls,
        }
    }
}

impl<R: Send + 'static> Batch<R> {
    pub(crate) async fn send(self) -> Result<Vec<Result<R>>> {
        let mut results = self.multicall.send().await?;
        let calls = self.calls.into_iter();
        Ok(calls.map(|handle| results.take(handle?)).collect())
    }
}

/// # Errors
///
/// As of [`Multicall::send`].
///
/// # Cancel safety
///
/// As of [`Multicall`].
impl<R: Send + 'static> IntoFuture for Batch<R> {
    type Output = Result<Vec<Result<R>>>;
    type IntoFuture = CallFuture<Vec<Result<R>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<R> fmt::Debug for Batch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("len", &self.calls.len())
            .finish_non_exhaustive()
    }
}
