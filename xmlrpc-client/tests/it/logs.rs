//! What is logged of a call.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use xmlrpc_client::ServerProxy;

use crate::support::{Peer, SEVEN, fault, http, ok, result, within};

thread_local! {
    /// What was logged on this thread, a line each, where a test asked for it.
    static TEXT: RefCell<Option<(Level, String)>> = const { RefCell::new(None) };
}

/// The subscriber of all threads of the tests, since those of single threads disturb one another.
struct Log;

struct Line<'t>(&'t mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "duration" => self.0.push_str(" duration"),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn event(&self, event: &Event<'_>) {
        TEXT.with_borrow_mut(|text| match text {
            Some((level, text)) if event.metadata().level() <= level => {
                write!(text, "{}", event.metadata().level()).unwrap();
                event.record(&mut Line(text));
                text.push('\n');
            }
            _ => {}
        });
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

async fn logged(level: Level, answer: Vec<u8>) -> String {
    static SET: Once = Once::new();
    SET.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    TEXT.set(Some((level, String::new())));
    let peer = Peer::answering(answer).await;
    let server = ServerProxy::builder(&peer.url().replace("http://", "http://ada:secret@"))
        .secret_header("X-Api-Key", "secret")
        .build()
        .unwrap();
    let _ = within(server.call::<i32>("m", ("payload",)).into_future()).await;
    let (_, text) = TEXT.take().unwrap();
    assert!(!text.contains("secret") && !text.contains("c2VjcmV0"), "{text}");
    text
}

#[tokio::test]
async fn debug_names_method_duration_and_fault_code_but_no_payload() {
    for (answer, expected) in [
        (ok(result(SEVEN)), "DEBUG message=called method=\"m\" duration\n"),
        (
            ok(fault(4, "payload")),
            "DEBUG message=called method=\"m\" duration fault=4\n",
        ),
        (
            http("404 Not Found", "", "payload"),
            "DEBUG message=call failed method=\"m\" duration error=\"the server refused the call with status 404 Not Found\"\n",
        ),
        (
            ok("payload"),
            "DEBUG message=call failed method=\"m\" duration error=\"the answer cannot be used\"\n",
        ),
    ] {
        let text = logged(Level::DEBUG, answer).await;
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("payload"), "{text}");
    }
}

#[tokio::test]
async fn trace_has_the_documents() {
    let text = logged(Level::TRACE, ok(result(SEVEN))).await;
    assert!(
        text.contains("<string>payload</string>") && text.contains(SEVEN),
        "{text}"
    );
}
