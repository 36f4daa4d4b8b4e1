//! What is logged of a call.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use xmlrpc_client::layer::{FirstParameter, Trace};
use xmlrpc_client::{ServerProxy, ServerProxyBuilder};

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
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        TEXT.with_borrow_mut(|text| match text {
            Some((level, text)) if span.metadata().level() <= level => {
                write!(text, "span {}", span.metadata().name()).unwrap();
                span.record(&mut Line(text));
                text.push('\n');
            }
            _ => {}
        });
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, fields: &Record<'_>) {
        TEXT.with_borrow_mut(|text| {
            if let Some((_, text)) = text {
                text.push_str("recorded");
                fields.record(&mut Line(text));
                text.push('\n');
            }
        });
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

async fn logged(level: Level, answer: Vec<u8>) -> String {
    logged_by(level, answer, |builder| builder).await
}

async fn logged_by(
    level: Level,
    answer: Vec<u8>,
    options: impl FnOnce(ServerProxyBuilder) -> ServerProxyBuilder,
) -> String {
    static SET: Once = Once::new();
    SET.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    TEXT.set(Some((level, String::new())));
    let peer = Peer::answering(answer).await;
    let builder = ServerProxy::builder(&peer.url().replace("http://", "http://ada:secret@"));
    let server = options(builder.secret_header("X-Api-Key", "secret"))
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

#[tokio::test]
async fn a_span_of_the_layer_has_method_duration_sizes_and_fault_but_no_payload() {
    let sizes = |request: usize, answer: &str| {
        let reply = (!answer.is_empty()).then(|| format!("recorded reply_bytes={}\n", answer.len()));
        format!(
            "recorded duration\nrecorded request_bytes={request}\n{}",
            reply.unwrap_or_default()
        )
    };
    let request = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>m</methodName><params>\
         <param><value><string>secret</string></value></param><param><value><string>payload</string></value></param></params></methodCall>";
    for (answer, expected) in [
        (ok(result(SEVEN)), sizes(request.len(), &result(SEVEN))),
        (
            ok(fault(4, "payload")),
            sizes(request.len(), "") + "recorded fault=4\n",
        ),
        (
            ok("payload"),
            sizes(request.len(), "") + "recorded error=\"the answer cannot be used\"\n",
        ),
    ] {
        let layers =
            |builder: ServerProxyBuilder| builder.layer(FirstParameter::new("secret")).layer(Trace::new());
        let text = logged_by(Level::DEBUG, answer, layers).await;
        assert!(text.contains("span call method=\"m\"\n"), "{text}");
        assert!(text.contains(&expected), "{text}");
        assert!(!text.contains("payload"), "{text}");
    }
}
