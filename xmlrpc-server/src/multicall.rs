//! `system.multicall`: several calls in one document.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{self, StreamExt as _};
use tokio::task::coop::consume_budget;
use xmlrpc_core::fault::code;
use xmlrpc_core::{ArrayEncoder, Call, EncodedValue, Extensions, Fault, MulticallEntries, Params};

use crate::context::CallContext;
use crate::dispatch::Codec;
use crate::handler::Outcome;
use crate::layer::{Around, Stack};
use crate::methods::Table;
use crate::metrics;
use crate::reply::not_encodable;

/// Runs the entries. Boxed, since each of them is a call.
pub(crate) fn run<'c>(
    table: &'c Table,
    call: &'c mut Call,
    context: &'c CallContext,
    around: Around,
    codec: &'c Arc<Codec>,
    stack: Option<&'c Stack>,
) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'c>> {
    Box::pin(async move {
        let params = mem::replace(&mut call.params, Params::none());
        let entries = entries(table, params)?;
        let around = Around {
            in_multicall: true,
            extensions: around.extensions || entries.met_extensions(),
            document_bytes: None,
            time: around.time.begun(),
        };
        let batch = Batch {
            table,
            context,
            stack,
            extensions: &call.extensions,
            around,
            is_full: AtomicBool::new(false),
        };
        let results = codec.fault_encoder(around.extensions).array();
        batch.run(entries, results).await
    })
}

/// All entries, once the document has been read to its end.
fn entries(table: &Table, params: Params) -> Result<MulticallEntries, Fault> {
    let most = table.multicall_entries;
    let entries = params.into_multicall(most).map_err(|error| {
        metrics::refused_document(&error);
        Fault::from(error)
    })?;
    if entries.count_in_document() <= most {
        return Ok(entries);
    }
    metrics::refused("multicall_entries");
    let text = format!(
        "system.multicall has more than {most} entries; Methods::multicall_entries raises this limit"
    );
    Err(Fault::new(code::INVALID_XML_RPC, text))
}

/// The fault of an entry that is a multicall itself.
#[cold]
pub(crate) fn nested() -> Fault {
    let text = "system.multicall cannot be called inside system.multicall";
    Fault::new(code::INVALID_XML_RPC, text)
}

/// What all entries share.
struct Batch<'c> {
    table: &'c Table,
    context: &'c CallContext,
    stack: Option<&'c Stack>,
    /// What layers added to the call.
    extensions: &'c Extensions,
    around: Around,
    /// Whether the reply has no room for further results.
    is_full: AtomicBool,
}

/// What became of an entry.
enum Ended {
    Called(Outcome),
    NotCalled(Fault),
}

impl Batch<'_> {
    async fn run(&self, entries: MulticallEntries, mut results: ArrayEncoder) -> Outcome {
        match self.table.multicall_concurrency {
            0 | 1 => {
                for entry in entries {
                    consume_budget().await;
                    self.append(self.answer(entry).await, &mut results)?;
                }
            }
            most => {
                let running = stream::iter(entries).map(|entry| self.answer(entry));
                let mut running = std::pin::pin!(running.buffered(most));
                while let Some(ended) = running.next().await {
                    self.append(ended, &mut results)?;
                }
            }
        }
        Ok(results.finish())
    }

    /// Answers an entry, unless it comes too late.
    async fn answer(&self, entry: Result<Call, Fault>) -> Ended {
        if self.is_full.load(Ordering::Relaxed) {
            return Ended::NotCalled(self.too_large("not called"));
        }
        if let Some(fault) = self.around.time.over() {
            return Ended::NotCalled(fault);
        }
        match entry {
            Ok(call) => Ended::Called(self.call(call).await),
            Err(fault) => Ended::Called(Err(fault)),
        }
    }

    /// Makes the call of an entry: what every entry passes, and the layers with it.
    async fn call(&self, mut call: Call) -> Outcome {
        call.extensions = self.extensions.clone();
        match self.stack {
            Some(stack) => stack.run(call, self.context, self.around).await,
            None => self.table.run(&mut call, self.context, self.around).await,
        }
    }

    /// Appends what became of an entry, or that there is no room for it.
    fn append(&self, ended: Ended, results: &mut ArrayEncoder) -> Result<(), Fault> {
        let refusal = match ended {
            Ended::NotCalled(fault) => fault,
            Ended::Called(outcome) => {
                if !self.is_full.load(Ordering::Relaxed) && self.append_called(outcome.as_ref(), results)? {
                    return Ok(());
                }
                self.is_full.store(true, Ordering::Relaxed);
                self.too_large("called, but its result is left out")
            }
        };
        let appended = results.push_outcome(Err(&refusal));
        appended.map_err(|error| not_encodable(&error))
    }

    fn append_called(
        &self,
        outcome: Result<&EncodedValue, &Fault>,
        results: &mut ArrayEncoder,
    ) -> Result<bool, Fault> {
        let appended = results.push_outcome_within(self.table.multicall_reply_bytes, outcome);
        appended.map_err(|error| not_encodable(&error))
    }

    /// The fault of an entry whose result has no room in the reply.
    #[cold]
    fn too_large(&self, what: &str) -> Fault {
        metrics::refused("multicall_reply_bytes");
        let most = self.table.multicall_reply_bytes;
        let text = format!(
            "{what}: the results of this system.multicall take more than {most} bytes; Methods::multicall_reply_bytes raises this limit"
        );
        Fault::new(code::INTERNAL_ERROR, text)
    }
}
