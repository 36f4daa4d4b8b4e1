//! What is told of each call: a span and an event.

use std::future::Future;
use std::time::Instant;

use tracing::{Instrument as _, Span};
use xmlrpc_core::{Call, Fault, MethodName};

use crate::context::CallContext;
use crate::handler::Outcome;

/// A call that somebody wants to hear of.
pub(crate) struct Observed {
    span: Span,
    method: MethodName,
    started: Instant,
}

impl Observed {
    /// `None` where nobody listens.
    pub(crate) fn begin(call: &Call, context: &CallContext) -> Option<Self> {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return None;
        }
        Some(Self {
            span: tracing::debug_span!("call", method = %call.method, peer = context.peer().map(tracing::field::display)),
            method: call.method.clone(),
            started: Instant::now(),
        })
    }

    /// Runs the call, and tells of it.
    pub(crate) async fn watch(self, running: impl Future<Output = Outcome>) -> Outcome {
        let Self {
            span,
            method,
            started,
        } = self;
        let outcome = running.instrument(span.clone()).await;
        let (duration, fault) = (started.elapsed(), outcome.as_ref().err().map(Fault::code));
        span.in_scope(|| tracing::debug!(%method, ?duration, fault, "answered"));
        outcome
    }
}
