//! What came of the calls of a batch.

use std::fmt;
use std::sync::Arc;

use super::Handle;
use super::entry::AnyResult;
use crate::error::{Error, Result};

#[cfg(doc)]
use super::Multicall;

/// The results of a [`Multicall`].
pub struct Results {
    batch: u64,
    outcomes: Vec<Outcome>,
}

/// What came of a call.
pub(super) enum Outcome {
    /// Its own result, or its own error.
    Own(Result<AnyResult>),
    /// The exchange that it was in failed.
    Failed(Arc<Error>),
    /// An exchange before its own failed.
    Unsent(Arc<Error>),
    /// It was taken.
    Taken,
}

impl Results {
    pub(super) fn new(batch: u64, outcomes: Vec<Outcome>) -> Self {
        Self { batch, outcomes }
    }

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
    pub fn take<R: 'static>(&mut self, handle: Handle<R>) -> Result<R> {
        assert!(handle.batch == self.batch, "a handle of another batch");
        match std::mem::replace(&mut self.outcomes[handle.index], Outcome::Taken) {
            Outcome::Own(result) => match result?.downcast() {
                Ok(result) => Ok(*result),
                Err(_) => unreachable!("a call's result has the type of its handle"),
            },
            Outcome::Failed(error) => Err(Error::batch(error)),
            Outcome::Unsent(error) => Err(Error::batch_unsent(error)),
            Outcome::Taken => unreachable!("there is one handle of each call"),
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
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
