//! What is counted, and the example that Prometheus reads it from.

use std::net::SocketAddr;
use std::time::Duration;

use metrics::set_default_local_recorder;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use xmlrpc_core::MethodCall;
use xmlrpc_server::layer::{CallService, RateLimit, Timeout, from_fn};
use xmlrpc_server::{Call, CallContext, Fault, HttpService, Limits, Methods, Server, Value, value};

use crate::support::{Client, TestServer, plain_call, post, within};

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/prometheus.rs"]
mod prometheus_example;

/// A recorder for this thread, on which everything of a test runs.
fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().build_recorder()
}

/// What stands behind a name with labels.
fn number(numbers: &str, name: &str) -> Option<f64> {
    let line = numbers
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|number| number.parse().unwrap())
}

#[track_caller]
fn assert_numbers(handle: &PrometheusHandle, expected: &[(&str, f64)]) {
    let numbers = handle.render();
    for (name, value) in expected {
        let found = number(&numbers, &format!("xmlrpc_server_{name}"));
        assert_eq!(found.unwrap_or(0.0), *value, "{name} in\n{numbers}");
    }
}

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("fail", || Err::<(), _>(Fault::new(7, "too bad")))
        .method("panic", || -> i32 { panic!("secret") })
        .method("echo", |value: Value| value)
        .async_method("hang", std::future::pending::<()>)
}

async fn dispatch(methods: &Methods, method: &str, params: Vec<Value>) {
    let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
    within(methods.dispatch(body, CallContext::new())).await;
}

#[tokio::test]
async fn calls_faults_and_durations_are_counted_by_method() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let methods = methods();
    for method in ["ping", "ping", "ping", "fail", "panic", "nothing", "more of it"] {
        dispatch(&methods, method, vec![]).await;
    }
    dispatch(&methods, "ping", vec![1.into()]).await;
    within(methods.dispatch("no call", CallContext::new())).await;
    assert_numbers(
        &recorder.handle(),
        &[
            ("calls_total{method=\"ping\"}", 4.0),
            ("calls_total{method=\"fail\"}", 1.0),
            ("calls_total{method=\"(unknown)\"}", 2.0),
            ("calls_total{method=\"nothing\"}", 0.0),
            ("call_duration_seconds_count{method=\"ping\"}", 4.0),
            ("faults_total{method=\"fail\",class=\"application\"}", 1.0),
            ("faults_total{method=\"panic\",class=\"internal\"}", 1.0),
            ("faults_total{method=\"ping\",class=\"invalid_parameters\"}", 1.0),
            (
                "faults_total{method=\"(unknown)\",class=\"method_not_found\"}",
                2.0,
            ),
            ("faults_total{method=\"(none)\",class=\"not_well_formed\"}", 1.0),
            ("calls_in_flight", 0.0),
        ],
    );
}

#[test]
fn every_metric_is_described() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let names = [
        "calls_total",
        "faults_total",
        "call_duration_seconds",
        "calls_in_flight",
        "connections_total",
        "connections",
        "received_bytes_total",
        "sent_bytes_total",
        "refusals_total",
    ];
    xmlrpc_server::describe_metrics();
    for name in names {
        metrics::counter!(format!("xmlrpc_server_{name}")).increment(1);
    }
    let numbers = recorder.handle().render();
    for name in names {
        let help = format!("# HELP xmlrpc_server_{name} ");
        assert!(numbers.contains(&help), "{name} in\n{numbers}");
    }
}

#[tokio::test]
async fn a_peer_cannot_make_labels() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let renamed = from_fn(|mut call: Call, next: CallService| {
        call.method = format!("{}.renamed", call.method.as_str())
            .as_str()
            .try_into()
            .unwrap();
        next.run(call)
    });
    for methods in [
        methods(),
        methods().layer(RateLimit::new(5, Duration::from_secs(60))),
        methods().layer(renamed),
    ] {
        for number in 0..100 {
            dispatch(&methods, &format!("made.up.{number}"), vec![]).await;
        }
    }
    let numbers = recorder.handle().render();
    assert!(!numbers.contains("made.up"), "{numbers}");
    assert!(numbers.lines().count() < 50, "{numbers}");
}

#[tokio::test]
async fn every_entry_of_a_multicall_is_counted_through_layers_too() {
    for methods in [
        methods(),
        methods().layer(from_fn(|call, next: CallService| next.run(call))),
    ] {
        let recorder = recorder();
        let _counting = set_default_local_recorder(&recorder);
        let entries = value!([
            { "methodName": "ping", "params": [] },
            { "methodName": "fail", "params": [] },
            { "methodName": "nothing", "params": [] },
        ]);
        dispatch(&methods, "system.multicall", vec![entries]).await;
        assert_numbers(
            &recorder.handle(),
            &[
                ("calls_total{method=\"system.multicall\"}", 1.0),
                ("calls_total{method=\"ping\"}", 1.0),
                ("calls_total{method=\"fail\"}", 1.0),
                ("calls_total{method=\"(unknown)\"}", 1.0),
                ("faults_total{method=\"fail\",class=\"application\"}", 1.0),
                ("call_duration_seconds_count{method=\"system.multicall\"}", 1.0),
            ],
        );
    }
}

#[tokio::test]
async fn calls_are_in_flight_until_they_end_or_are_dropped() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let methods = methods();
    let mut call = Box::pin(methods.dispatch(plain_call("hang"), CallContext::new()));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    assert_numbers(&handle, &[("calls_in_flight", 1.0)]);
    drop(call);
    assert_numbers(
        &handle,
        &[
            ("calls_in_flight", 0.0),
            ("calls_total{method=\"hang\"}", 1.0),
            ("call_duration_seconds_count{method=\"hang\"}", 0.0),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_are_counted_by_limit() {
    const MINUTE: Duration = Duration::from_secs(60);
    let entries = |count| {
        vec![Value::from(vec![
            value!({ "methodName": "ping", "params": [] });
            count
        ])]
    };
    for (limit, methods, method, params, count) in [
        (
            "rate_limit",
            methods().layer(RateLimit::new(1, MINUTE)),
            "system.multicall",
            entries(3),
            3.0,
        ),
        (
            "timeout",
            methods().layer(Timeout::new(MINUTE)),
            "hang",
            vec![],
            1.0,
        ),
        (
            "handler_timeout",
            methods().handler_timeout(MINUTE),
            "hang",
            vec![],
            1.0,
        ),
        ("reply_bytes", methods().reply_bytes(10), "ping", vec![], 1.0),
        (
            "multicall_entries",
            methods().multicall_entries(2),
            "system.multicall",
            entries(3),
            1.0,
        ),
        (
            "multicall_reply_bytes",
            methods().multicall_reply_bytes(100),
            "system.multicall",
            entries(3),
            2.0,
        ),
        (
            "limits",
            methods().limits(Limits::default().document_bytes(10)),
            "ping",
            vec![],
            1.0,
        ),
        (
            "limits",
            methods().limits(Limits::default().depth(1)),
            "echo",
            vec![value!([[[1]]])],
            1.0,
        ),
        (
            "limits",
            methods().limits(Limits::default().depth(1)),
            "nothing",
            vec![value!([[[1]]])],
            1.0,
        ),
    ] {
        let recorder = recorder();
        let _counting = set_default_local_recorder(&recorder);
        let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
        methods.dispatch(body, CallContext::new()).await;
        let name = format!("refusals_total{{limit=\"{limit}\"}}");
        assert_numbers(&recorder.handle(), &[(&name, count)]);
    }
}

#[tokio::test]
async fn bodies_are_counted_as_they_come_in_and_go_out() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let server = TestServer::with(HttpService::new(methods()).body_bytes(200), |server| server).await;
    let mut client = server.connect().await;
    let document = plain_call("ping");
    let mut sent = 0;
    for _ in 0..3 {
        client.post(&document).await;
        sent += client.response().await.body.len();
    }
    // The beginning of one that is too long is all that is said of it.
    client.post(&"x".repeat(201)).await;
    let refusal = client.response().await;
    assert_eq!(refusal.status, 413);
    assert_numbers(
        &recorder.handle(),
        &[
            ("received_bytes_total", as_number(document.len() * 3)),
            ("sent_bytes_total", as_number(sent + refusal.body.len())),
            ("refusals_total{limit=\"body_bytes\"}", 1.0),
        ],
    );
    server.stopped().await;
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let server = TestServer::with(methods(), |server| server.connections(2)).await;
    let mut clients = Vec::new();
    for open in 1..=2 {
        let mut client = server.connect().await;
        client.post(&plain_call("ping")).await;
        client.response().await;
        clients.push(client);
        assert_numbers(
            &handle,
            &[("connections_total", open.into()), ("connections", open.into())],
        );
    }
    // A third one has to wait until another ends.
    let mut third = server.connect().await;
    third.post(&plain_call("ping")).await;
    assert_numbers(&handle, &[("refusals_total{limit=\"connections\"}", 1.0)]);
    clients.pop();
    third.response().await;
    assert_numbers(
        &handle,
        &[
            ("connections_total", 3.0),
            ("connections", 2.0),
            ("refusals_total{limit=\"connections\"}", 2.0),
        ],
    );
    drop((third, clients));
    server.stopped().await;
    assert_numbers(&handle, &[("connections_total", 3.0), ("connections", 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn connections_that_take_too_long_are_counted() {
    for (sent, limit) in [
        ("POST / HTTP/1.1\r\nHo", "header_timeout"),
        (&*post(&plain_call("ping")), "idle_timeout"),
    ] {
        let recorder = recorder();
        let _counting = set_default_local_recorder(&recorder);
        let server = TestServer::start(methods()).await;
        let mut client = server.connect().await;
        client.send(sent).await;
        client.rest_after_silence().await;
        let name = format!("refusals_total{{limit=\"{limit}\"}}");
        assert_numbers(&recorder.handle(), &[(&name, 1.0)]);
    }
}

fn as_number(bytes: usize) -> f64 {
    u32::try_from(bytes).unwrap().into()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_takes_too_long_is_counted() {
    let recorder = recorder();
    let _counting = set_default_local_recorder(&recorder);
    let service = HttpService::new(methods()).body_timeout(Duration::from_secs(5));
    let server = TestServer::start(service).await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        .await;
    let rest = client.rest_after_silence().await;
    assert!(rest.starts_with("HTTP/1.1 408"), "{rest}");
    assert_numbers(
        &recorder.handle(),
        &[
            ("refusals_total{limit=\"body_timeout\"}", 1.0),
            ("received_bytes_total", 5.0),
        ],
    );
}

/// The numbers, as Prometheus fetches them.
async fn scrape(address: SocketAddr) -> String {
    let mut client = Client(within(TcpStream::connect(address)).await.unwrap());
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").unwrap().starts_with("text/plain"));
    response.body
}

#[tokio::test]
async fn the_prometheus_example_is_scraped() {
    let recorder = prometheus_example::recorder().unwrap();
    let _counting = set_default_local_recorder(&recorder);
    let service = prometheus_example::Monitored {
        calls: HttpService::new(prometheus_example::methods()),
        numbers: recorder.handle(),
    };
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve_service(service, async {
        let _ = stopped.await;
    }));

    let mut client = Client(within(TcpStream::connect(address)).await.unwrap());
    let entry = |a: i32, b: i32| value!({ "methodName": "divide", "params": [a, b] });
    let entries = Value::from(vec![entry(1, 2), entry(1, 0), entry(2, 0)]);
    for (method, params) in [
        ("divide", value!([1, 2])),
        ("divide", value!([1, 0])),
        ("divide", value!(["1", 2])),
        ("multiply", value!([1, 2])),
        ("system.multicall", Value::from(vec![entries])),
    ] {
        let params = params.as_array().unwrap().to_vec();
        let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
        client.post(std::str::from_utf8(&body).unwrap()).await;
        assert_eq!(client.response().await.status, 200);
    }
    let numbers = scrape(address).await;
    for (name, value) in [
        ("calls_total{method=\"divide\"}", 6.0),
        ("calls_total{method=\"(unknown)\"}", 1.0),
        ("calls_total{method=\"system.multicall\"}", 1.0),
        ("faults_total{method=\"divide\",class=\"application\"}", 3.0),
        (
            "faults_total{method=\"divide\",class=\"invalid_parameters\"}",
            1.0,
        ),
        (
            "faults_total{method=\"(unknown)\",class=\"method_not_found\"}",
            1.0,
        ),
        ("call_duration_seconds_count{method=\"divide\"}", 6.0),
        ("call_duration_seconds_bucket{method=\"divide\",le=\"+Inf\"}", 6.0),
        ("calls_in_flight", 0.0),
        ("connections_total", 2.0),
        ("connections", 2.0),
    ] {
        assert_eq!(
            number(&numbers, &format!("xmlrpc_server_{name}")),
            Some(value),
            "{name} in\n{numbers}"
        );
    }
    stop.send(()).unwrap();
    within(served).await.unwrap().unwrap();
}
