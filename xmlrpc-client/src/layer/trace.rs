//! A span for each call.

use std::time::Instant;

use tracing::field::{self, Empty};
use tracing::{Instrument as _, Span};
use xmlrpc_core::{Call, EncodedValue};

use super::around::Around;
use super::{CallService, Origin};
use crate::error::Result;
use crate::proxy::CallFuture;

/// A span of `tracing` around each call, and around each entry of a multicall, at `DEBUG`.
///
/// It is named `call` and has the fields
///
/// | field | what |
/// |---|---|
/// | `method` | the method's name |
/// | `duration` | how long the call took |
/// | `request_bytes` | of the last document that was sent, before it was compressed; not for entries of a multicall |
/// | `reply_bytes` | of the document of the result, or of an entry's value |
/// | `fault` | the code of the fault that came |
/// | `error` | what failed otherwise, in words that hold nothing of the peer |
///
/// and neither parameters nor results. What is logged inside of it, such as what other layers and the transport have to say, belongs to
/// the call. Nothing is done where no subscriber asks for it.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Trace;

impl Trace {
    /// The layer.
    pub fn new() -> Self {
        Self
    }
}

impl Around for Trace {
    fn around(&self, call: Call, next: &CallService) -> CallFuture<EncodedValue> {
        let span = tracing::debug_span!(
            "call",
            method = call.method.as_str(),
            duration = Empty,
            request_bytes = Empty,
            reply_bytes = Empty,
            fault = Empty,
            error = Empty,
        );
        if span.is_disabled() {
            return next.run(call);
        }
        let origin = call.extensions.get::<Origin>().cloned();
        let (next, started, around) = (next.clone(), Instant::now(), span.clone());
        let watched = async move {
            let outcome = next.run(call).await;
            let request_bytes = origin.and_then(|origin| origin.seen().request_bytes());
            record(&around, started, request_bytes, &outcome);
            outcome
        };
        Box::pin(watched.instrument(span))
    }
}

fn record(span: &Span, started: Instant, request_bytes: Option<usize>, outcome: &Result<EncodedValue>) {
    span.record("duration", field::debug(started.elapsed()))
        .record("request_bytes", request_bytes);
    match outcome {
        Ok(result) => span.record("reply_bytes", result.encoded_len()),
        Err(error) => match error.fault() {
            Some(fault) => span.record("fault", fault.code()),
            None => span.record("error", error.for_log()),
        },
    };
}
