//! What is told of each call: a span and an event by `tracing`, and numbers by `metrics`.

use std::fmt::{self, Write as _};
use std::future::Future;
use std::time::{Duration, Instant};

use tracing::field::{self, Empty};
use tracing::{Instrument as _, Span};
use xmlrpc_core::{Call, EncodedValue, Fault, MethodName};

use crate::context::CallContext;
use crate::handler::Outcome;
use crate::layer::Around;
use crate::methods::Table;
#[cfg(feature = "metrics")]
use crate::metrics::RunningCall;

/// Characters of a method's name in the log.
const SHOWN: usize = 100;

/// A call that somebody wants to hear of.
pub(crate) struct Observed {
    /// Disabled where no subscriber asks for it.
    span: Span,
    method: MethodName,
    started: Instant,
    #[cfg(feature = "metrics")]
    running: RunningCall,
}

impl Observed {
    /// `None` where nobody listens.
    pub(crate) fn begin(table: &Table, call: &Call, context: &CallContext, around: Around) -> Option<Self> {
        let is_logged = tracing::enabled!(tracing::Level::DEBUG);
        if !is_logged && !cfg!(feature = "metrics") {
            return None;
        }
        #[cfg(not(feature = "metrics"))]
        let _ = table;
        let span = match is_logged {
            true => span(call, context, around),
            false => Span::none(),
        };
        Some(Self {
            span,
            method: call.method.clone(),
            started: Instant::now(),
            #[cfg(feature = "metrics")]
            running: RunningCall::begin(table.registered(&call.method)),
        })
    }

    /// Runs the call, and tells of it.
    pub(crate) async fn watch(self, running: impl Future<Output = Outcome>) -> Outcome {
        let outcome = running.instrument(self.span.clone()).await;
        let duration = self.started.elapsed();
        #[cfg(feature = "metrics")]
        self.running.end(duration, &outcome);
        if !self.span.is_none() {
            answered(&self.span, &self.method, duration, &outcome);
        }
        outcome
    }
}

fn span(call: &Call, context: &CallContext, around: Around) -> Span {
    tracing::debug_span!(
        "call",
        method = %Shown(&call.method),
        peer = context.who().map(field::display),
        request_bytes = around.document_bytes,
        reply_bytes = Empty,
        fault = Empty,
        duration = Empty,
    )
}

fn answered(span: &Span, method: &str, duration: Duration, outcome: &Outcome) {
    let fault = outcome.as_ref().err().map(Fault::code);
    let reply_bytes = outcome.as_ref().ok().map(EncodedValue::encoded_len);
    span.record("duration", field::debug(duration))
        .record("fault", fault)
        .record("reply_bytes", reply_bytes);
    span.in_scope(|| tracing::debug!(method = %Shown(method), ?duration, fault, reply_bytes, "answered"));
}

/// The name of a method for the log, where a peer must neither end the line nor fill the disk, nor write what looks like other fields.
///
/// As it is if it has letters, digits and a few signs only, or else in quotes; and cut.
pub(crate) struct Shown<'n>(pub(crate) &'n str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_alphanumeric() || "_.:/-@$".contains(c);
        if self.0.len() <= SHOWN && self.0.chars().all(is_plain) {
            return f.write_str(self.0);
        }
        // Quotes, and the sign for what was cut.
        let mut room = SHOWN - 3;
        f.write_char('"')?;
        for escaped in self.0.chars().map(char::escape_debug) {
            if escaped.len() > room {
                f.write_char('…')?;
                break;
            }
            room -= escaped.len();
            escaped.fmt(f)?;
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_in_one_line_of_at_most_a_hundred_characters() {
        let long = "x".repeat(1_000_000);
        let cut = format!("\"{}…\"", "x".repeat(97));
        let controls = "\u{1}".repeat(1000);
        let controls_cut = format!("\"{}…\"", "\\u{1}".repeat(19));
        let hundred = "y".repeat(100);
        for (name, shown) in [
            ("system.listMethods", "system.listMethods"),
            ("größe", "größe"),
            ("a/b:c-d_e@f$1", "a/b:c-d_e@f$1"),
            (&hundred, &*hundred),
            (&long, &cut),
            (&controls, &controls_cut),
            ("", ""),
            ("a b", "\"a b\""),
            ("a fault=0", "\"a fault=0\""),
            ("a\nb", "\"a\\nb\""),
            ("\u{1b}[31m", "\"\\u{1b}[31m\""),
            ("a\"b", "\"a\\\"b\""),
            ("\u{202e}x", "\"\\u{202e}x\""),
            ("<script>", "\"<script>\""),
        ] {
            let text = Shown(name).to_string();
            assert_eq!(text, shown);
            assert!(text.chars().count() <= SHOWN, "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
}
