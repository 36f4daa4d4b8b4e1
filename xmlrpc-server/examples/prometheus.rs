//! A server whose numbers Prometheus can fetch, on a path beside the calls.
//!
//! ```sh
//! cargo run -p xmlrpc-server --example prometheus --features metrics
//! python3 -c "from xmlrpc.client import *; print(ServerProxy('http://127.0.0.1:7001').divide(1, 2))"
//! curl http://127.0.0.1:7001/metrics
//! ```
//!
//! Whoever can call can read the numbers, too: on the open internet, serve them on another port, or to those who are known.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tower_service::Service;
use xmlrpc_server::{Fault, HttpService, Methods, ReplyBody, RequestBody, Server};

/// Counts, with buckets from a tenth of a millisecond to ten seconds.
pub(crate) fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let buckets = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0];
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &buckets)?;
    Ok(builder.build_recorder())
}

pub(crate) fn methods() -> Methods {
    Methods::new().method("divide", |a: f64, b: f64| {
        if b == 0.0 {
            return Err(Fault::new(1, "division by zero"));
        }
        Ok(a / b)
    })
}

/// Calls, and the numbers on `/metrics`.
#[derive(Clone)]
pub(crate) struct Monitored {
    pub(crate) calls: HttpService,
    pub(crate) numbers: PrometheusHandle,
}

impl Service<Request<RequestBody>> for Monitored {
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        if request.method() == Method::GET && request.uri().path() == "/metrics" {
            return Box::pin(ready(Ok(numbers(&self.numbers))));
        }
        self.calls.call(request)
    }
}

fn numbers(numbers: &PrometheusHandle) -> Response<ReplyBody> {
    const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let mut response = Response::new(ReplyBody::from(bytes::Bytes::from(numbers.render())));
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recorder = recorder()?;
    let numbers = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    xmlrpc_server::describe_metrics();

    // Durations pile up until somebody sums them: Prometheus, or this.
    let upkeep = numbers.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });

    let server = Server::bind("127.0.0.1:7001").await?;
    let calls = HttpService::new(methods());
    server
        .serve_service(Monitored { calls, numbers }, std::future::pending())
        .await?;
    Ok(())
}
