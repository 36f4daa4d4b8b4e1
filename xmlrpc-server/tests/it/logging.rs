use std::fmt::{Debug, Write as _};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use xmlrpc_server::{CallContext, Fault, Methods};

use crate::support::within;

/// Writes down what it is told, up to a level.
struct Log {
    most: Level,
    lines: Arc<Mutex<String>>,
}

/// The fields of a span or event in one line.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Log {
    fn write(&self, Line(line): &Line) {
        let mut lines = self.lines.lock().unwrap();
        lines.push_str(line);
        lines.push('\n');
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most && metadata.target().starts_with("xmlrpc_server")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(format!(
            "{} span {}",
            span.metadata().level(),
            span.metadata().name()
        ));
        span.record(&mut line);
        self.write(&line);
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} event", event.metadata().level()));
        event.record(&mut line);
        self.write(&line);
    }

    fn record(&self, _: &Id, fields: &Record<'_>) {
        let mut line = Line("recorded".to_owned());
        fields.record(&mut line);
        self.write(&line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A subscriber that stays. As those of the tests come and go, `tracing` works out anew what anyone is interested in, and an event that
/// another thread meets for the first time meanwhile may be lost.
static STAYING: LazyLock<Dispatch> = LazyLock::new(|| {
    Dispatch::new(Log {
        most: Level::TRACE,
        lines: Arc::default(),
    })
});

/// What is logged while a document is dispatched.
async fn logged(most: Level, body: &str) -> String {
    let methods = Methods::new()
        .method("echo", |text: String| text)
        .method("fail", |_: String| Err::<(), _>(Fault::new(7, "secret fault")))
        .method("panic", |_: String| -> i32 { panic!("the cause") });
    LazyLock::force(&STAYING);
    let lines = Arc::<Mutex<String>>::default();
    let log = Log {
        most,
        lines: lines.clone(),
    };
    let context = CallContext::new().with_peer("192.0.2.1:80".parse().unwrap());
    within(methods.dispatch(body.to_owned(), context).with_subscriber(log)).await;
    let lines = lines.lock().unwrap();
    lines.clone()
}

fn call(method: &str) -> String {
    format!(
        "<methodCall><methodName>{method}</methodName><params><param><value>password</value></param></params></methodCall>"
    )
}

#[tokio::test]
async fn debug_names_method_peer_duration_and_fault_but_no_payload() {
    let log = logged(Level::DEBUG, &call("fail")).await;
    assert!(
        log.contains("DEBUG span call method=fail peer=192.0.2.1:80"),
        "{log}"
    );
    assert!(log.contains("method=fail duration="), "{log}");
    assert!(log.contains(" fault=7"), "{log}");
    assert!(!log.contains("password") && !log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_call_that_succeeds_has_no_fault_in_the_log() {
    let log = logged(Level::DEBUG, &call("echo")).await;
    assert!(log.contains("method=echo duration="), "{log}");
    assert!(!log.contains("fault"), "{log}");
}

#[tokio::test]
async fn a_span_has_the_sizes_of_request_and_reply() {
    let body = call("echo");
    let log = logged(Level::DEBUG, &body).await;
    let span = log.lines().next().unwrap();
    assert!(span.ends_with(&format!(" request_bytes={}", body.len())), "{log}");
    let reply = "<value><string>password</string></value>".len();
    assert!(log.contains(&format!("recorded reply_bytes={reply}\n")), "{log}");
    assert!(log.contains("recorded duration="), "{log}");
    let log = logged(Level::DEBUG, &call("fail")).await;
    assert!(log.contains("recorded fault=7\n"), "{log}");
}

#[tokio::test]
async fn every_entry_of_a_multicall_has_a_span() {
    let entry = |method| {
        format!(
            "<value><struct><member><name>methodName</name><value>{method}</value></member></struct></value>"
        )
    };
    let log = logged(
        Level::DEBUG,
        &format!(
            "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{}{}</data></array></value></param></params></methodCall>",
            entry("fail"),
            entry("nothing"),
        ),
    )
    .await;
    for method in ["system.multicall", "fail", "nothing"] {
        assert!(
            log.contains(&format!("span call method={method} peer=192.0.2.1:80")),
            "{log}"
        );
    }
    assert!(
        log.contains("fault=-32602") && log.contains("fault=-32601"),
        "{log}"
    );
}

#[tokio::test]
async fn a_hostile_name_stays_in_one_short_line_of_the_log() {
    let log = logged(Level::DEBUG, &call("a fault=0\nERROR &quot;")).await;
    assert!(
        log.contains(r#"span call method="a fault=0\nERROR \"" peer"#),
        "{log}"
    );
    assert!(log.lines().all(|line| !line.starts_with("ERROR")), "{log}");
    let log = logged(Level::DEBUG, &call(&"x".repeat(1_000_000))).await;
    assert!(log.len() < 1000, "{}", log.len());
}

#[tokio::test]
async fn documents_stand_in_the_log_at_trace_only() {
    let log = logged(Level::TRACE, &call("echo")).await;
    assert!(
        log.contains("TRACE event message=request document=<methodCall>"),
        "{log}"
    );
    assert!(log.contains("TRACE event message=reply document=<?xml"), "{log}");
}

#[tokio::test]
async fn a_panic_is_logged_with_its_text() {
    let log = logged(Level::ERROR, &call("panic")).await;
    assert!(log.contains("ERROR event"), "{log}");
    assert!(log.contains("method=panic") && log.contains("the cause"), "{log}");
}

#[tokio::test]
async fn a_document_that_is_no_call_is_logged_with_its_code() {
    let log = logged(Level::DEBUG, "password").await;
    assert!(log.contains("fault=-32700"), "{log}");
    assert!(!log.contains("password"), "{log}");
}
