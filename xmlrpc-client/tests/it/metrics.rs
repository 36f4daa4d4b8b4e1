//! What the layer `Metrics` counts.

use std::time::Duration;

use metrics::set_default_local_recorder;
use metrics_exporter_prometheus::PrometheusBuilder;
use xmlrpc_client::layer::{Metrics, describe_metrics};
use xmlrpc_client::transport::{Memory, Request, Response, from_fn};
use xmlrpc_client::{Error, Fault, Retry, ServerProxy};
use xmlrpc_server::Methods;

use crate::support::within;

/// What stands behind a name with labels; 0 where it is not there.
fn number(numbers: &str, name: &str) -> f64 {
    let line = numbers.lines().find_map(|line| {
        line.strip_prefix("xmlrpc_client_")?
            .strip_prefix(name)?
            .strip_prefix(' ')
    });
    line.map_or(0.0, |number| number.parse().unwrap())
}

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("fail", || Err::<(), _>(Fault::new(7, "too bad")))
}

#[tokio::test]
async fn calls_faults_errors_bytes_and_durations_are_counted_by_method() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = set_default_local_recorder(&recorder);
    let server = ServerProxy::over(Memory::new(methods()))
        .layer(Metrics::new())
        .build()
        .unwrap();
    for _ in 0..3 {
        server.call::<String>("ping", ()).await.unwrap();
    }
    server.call::<()>("fail", ()).await.unwrap_err();
    server.call::<()>("nothing", ()).await.unwrap_err();
    let mut batch = server.multicall();
    let _handles = ["ping", "fail"].map(|method| batch.add::<()>(method, ()).unwrap());
    within(batch.send()).await.unwrap();

    let refusing = from_fn(|_: Request| async { Err::<Response, _>(Error::connect("nowhere", "closed")) });
    let refusing = ServerProxy::over(refusing).layer(Metrics::new()).build().unwrap();
    refusing.call::<()>("ping", ()).await.unwrap_err();

    let tired = from_fn(|_: Request| async { Err::<Response, _>(Error::transport("closed")) });
    let retry = Retry::new().delays(Duration::ZERO, Duration::ZERO);
    let tired = ServerProxy::over(tired)
        .layer(Metrics::new())
        .retry(retry)
        .build()
        .unwrap();
    tired.call::<()>("tired", ()).idempotent().await.unwrap_err();

    let numbers = recorder.handle().render();
    for (name, expected) in [
        ("retries_total{method=\"tired\"}", 2.0),
        ("errors_total{method=\"tired\",kind=\"other\"}", 1.0),
        ("calls_total{method=\"ping\"}", 5.0),
        ("calls_total{method=\"fail\"}", 2.0),
        ("calls_total{method=\"system.multicall\"}", 1.0),
        ("call_duration_seconds_count{method=\"ping\"}", 5.0),
        ("faults_total{method=\"fail\",class=\"application\"}", 2.0),
        ("faults_total{method=\"nothing\",class=\"method_not_found\"}", 1.0),
        ("errors_total{method=\"ping\",kind=\"connect\"}", 1.0),
        ("calls_in_flight", 0.0),
    ] {
        assert_eq!(number(&numbers, name), expected, "{name} in\n{numbers}");
    }
    assert!(number(&numbers, "sent_bytes_total") > 500.0, "{numbers}");
    assert!(number(&numbers, "received_bytes_total") > 500.0, "{numbers}");
}

#[tokio::test]
async fn a_call_that_is_dropped_runs_no_more() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = set_default_local_recorder(&recorder);
    let hanging = from_fn(|_: Request| std::future::pending());
    let server = ServerProxy::over(hanging).layer(Metrics::new()).build().unwrap();
    let mut call = server.call::<()>("m", ()).into_future();
    std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
    assert_eq!(number(&recorder.handle().render(), "calls_in_flight"), 1.0);
    drop(call);
    assert_eq!(number(&recorder.handle().render(), "calls_in_flight"), 0.0);
}

#[test]
fn every_metric_is_described() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = set_default_local_recorder(&recorder);
    let names = [
        "calls_total",
        "faults_total",
        "errors_total",
        "retries_total",
        "call_duration_seconds",
        "calls_in_flight",
        "sent_bytes_total",
        "received_bytes_total",
    ];
    describe_metrics();
    for name in names {
        metrics::counter!(format!("xmlrpc_client_{name}")).increment(1);
    }
    let numbers = recorder.handle().render();
    for name in names {
        let help = format!("# HELP xmlrpc_client_{name} ");
        assert!(numbers.contains(&help), "{name} in\n{numbers}");
    }
}
