//! Which calls are made again, when, and how often.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use xmlrpc_client::transport::{Request, Response, from_fn};
use xmlrpc_client::{Error, Fault, MethodResponse, Result, Retry, ServerProxy, ServerProxyBuilder, Value};

use crate::support::{Connection, Peer, SEVEN, http as answer, ok, result, within};

/// When each request came, from the first one on.
#[derive(Clone, Default)]
struct Times(Arc<Mutex<Vec<Instant>>>);

impl Times {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn pauses(&self) -> Vec<Duration> {
        let times = self.0.lock().unwrap();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

/// A transport whose outcomes come from a list, and from a function once that is at its end.
fn scripted(
    outcomes: Vec<Result<Response>>,
    then: impl Fn() -> Result<Response> + Send + Sync + 'static,
) -> (ServerProxyBuilder, Times) {
    let times = Times::default();
    let (seen, outcomes) = (times.clone(), Mutex::new(VecDeque::from(outcomes)));
    let builder = ServerProxy::over(from_fn(move |_: Request| {
        seen.0.lock().unwrap().push(Instant::now());
        let outcome = outcomes.lock().unwrap().pop_front().unwrap_or_else(&then);
        async { outcome }
    }));
    (builder, times)
}

fn seven() -> Result<Response> {
    Ok(Response::new(result(SEVEN)))
}

fn closed() -> Result<Response> {
    Err(Error::transport("closed"))
}

fn refused() -> Result<Response> {
    Err(Error::connect("here", "refused"))
}

fn status(status: u16) -> Result<Response> {
    Ok(Response::new("gone").status(StatusCode::from_u16(status).unwrap()))
}

fn status_with_fault(code: u16, fault: i32) -> Result<Response> {
    let document = MethodResponse::<()>::Fault(Fault::new(fault, "no"))
        .to_vec()
        .unwrap();
    Ok(Response::new(document).status(StatusCode::from_u16(code).unwrap()))
}

fn retry_after(value: &str) -> Result<Response> {
    let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]);
    status(503).map(|response| response.headers(headers))
}

async fn idempotent(server: &ServerProxy) -> Result<i32> {
    server.call("m", ()).idempotent().await
}

#[tokio::test(start_paused = true)]
async fn failures_that_may_pass_are_tried_again() {
    for failure in [closed, refused, || status(502), || status(503), || status(504)] {
        let (builder, times) = scripted(vec![failure(), failure()], seven);
        assert_eq!(idempotent(&builder.build().unwrap()).await.unwrap(), 7);
        assert_eq!(times.count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_idempotent_is_never_tried_again() {
    for failure in [closed, refused, || status(503)] {
        let (builder, times) = scripted(vec![failure()], seven);
        let server = builder.retry(Retry::new().on_fault(1)).build().unwrap();
        server.call::<i32>("m", ()).await.unwrap_err();
        assert_eq!(times.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_is_not_tried_again() {
    for failure in [
        || status(500),
        || status(404),
        || status(429),
        || status_with_fault(200, 1),
        || status_with_fault(503, 1),
        || Ok(Response::new("no XML-RPC")),
    ] {
        let (builder, times) = scripted(vec![failure()], seven);
        idempotent(&builder.build().unwrap()).await.unwrap_err();
        assert_eq!(times.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_and_other_statuses_are_tried_again_when_that_is_asked_for() {
    for failure in [
        || status(429),
        || status_with_fault(200, 9),
        || status_with_fault(500, 9),
    ] {
        let (builder, times) = scripted(vec![failure()], seven);
        let retry = Retry::new().on_fault(9).on_status(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(
            idempotent(&builder.retry(retry).build().unwrap()).await.unwrap(),
            7
        );
        assert_eq!(times.count(), 2);
    }
    let (builder, times) = scripted(vec![status_with_fault(200, 8)], seven);
    let server = builder.retry(Retry::new().on_fault(9)).build().unwrap();
    assert!(idempotent(&server).await.unwrap_err().fault().is_some());
    assert_eq!(times.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_limited_and_the_last_outcome_is_the_calls() {
    for (retry, expected) in [
        (Retry::new(), 3),
        (Retry::new().attempts(5), 5),
        (Retry::never(), 1),
    ] {
        let (builder, times) = scripted(vec![], || status(503));
        let error = idempotent(&builder.retry(retry).build().unwrap())
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(times.count(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_by_chance_and_within_limits_that_double() {
    let mut all = Vec::new();
    for _ in 0..50 {
        let (builder, times) = scripted(vec![], closed);
        let retry = Retry::new()
            .attempts(6)
            .delays(Duration::from_millis(100), Duration::from_millis(500));
        idempotent(&builder.retry(retry).build().unwrap())
            .await
            .unwrap_err();
        let pauses = times.pauses();
        assert_eq!(pauses.len(), 5);
        for (pause, limit) in pauses.iter().zip([100, 200, 400, 500, 500]) {
            // The clock of tokio goes by milliseconds.
            assert!(*pause <= Duration::from_millis(limit + 1), "{pauses:?}");
        }
        all.extend(pauses);
    }
    all.sort();
    all.dedup();
    assert!(all.len() > 50, "{} different delays", all.len());
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_waited_for_if_it_is_not_too_long() {
    let (builder, times) = scripted(vec![retry_after("7")], seven);
    assert_eq!(idempotent(&builder.build().unwrap()).await.unwrap(), 7);
    assert!(times.pauses()[0] >= Duration::from_secs(7));

    let (builder, times) = scripted(vec![retry_after("11")], seven);
    idempotent(&builder.build().unwrap()).await.unwrap_err();
    assert_eq!(times.count(), 1);

    let (builder, _) = scripted(vec![retry_after("11")], seven);
    let server = builder
        .retry(Retry::new().longest_retry_after(Duration::from_secs(20)))
        .build()
        .unwrap();
    assert_eq!(idempotent(&server).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_behind_the_calls_time_and_its_last_outcome_comes_at_once() {
    let (builder, times) = scripted(vec![], || retry_after("6"));
    let server = builder.timeout(Duration::from_secs(10)).build().unwrap();
    let started = Instant::now();
    let error = idempotent(&server).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(times.count(), 2);
    assert!(
        started.elapsed() < Duration::from_secs(7),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_given_up_for_another() {
    let count = Arc::new(AtomicUsize::new(0));
    let requests = count.clone();
    let hanging = from_fn(move |_: Request| {
        let number = requests.fetch_add(1, Ordering::SeqCst);
        async move {
            match number {
                0 => std::future::pending().await,
                _ => seven(),
            }
        }
    });
    let retry = Retry::new().attempt_timeout(Duration::from_secs(2));
    let server = ServerProxy::over(hanging).retry(retry).build().unwrap();
    let started = Instant::now();
    assert_eq!(idempotent(&server).await.unwrap(), 7);
    assert!(started.elapsed() < Duration::from_secs(3));

    // The time of an attempt is no matter of calls that have but one.
    count.store(0, Ordering::SeqCst);
    let error = server.call::<i32>("m", ()).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "no answer within 60s");
}

#[tokio::test(start_paused = true)]
async fn retries_are_a_share_of_calls_once_the_reserve_is_gone() {
    const CALLS: usize = 500;
    let (builder, times) = scripted(vec![], closed);
    let retry = Retry::new().share(0.1).reserve(20).reserve_per_second(0.0);
    let server = builder.retry(retry).build().unwrap();
    for _ in 0..CALLS {
        idempotent(&server.clone()).await.unwrap_err();
    }
    let retries = times.count() - CALLS;
    // The reserve, and one in ten; and no more than one beyond what sums of tenths make of it.
    assert!((69..=70).contains(&retries), "{retries}");
}

#[tokio::test(start_paused = true)]
async fn the_reserve_comes_back_with_time() {
    let (builder, times) = scripted(vec![], closed);
    let retry = Retry::new()
        .attempts(2)
        .share(0.0)
        .reserve(2)
        .reserve_per_second(0.5);
    let server = builder.retry(retry).build().unwrap();
    let requests = async || {
        let before = times.count();
        idempotent(&server).await.unwrap_err();
        times.count() - before
    };
    assert_eq!([requests().await, requests().await, requests().await], [2, 2, 1]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!([requests().await, requests().await], [2, 1]);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!([requests().await, requests().await, requests().await], [2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn methods_are_idempotent_by_their_names() {
    let (builder, times) = scripted(vec![closed()], seven);
    let server = builder
        .idempotent_methods(|method| method.starts_with("find"))
        .build()
        .unwrap();
    assert_eq!(server.call::<i32>("find.it", ()).await.unwrap(), 7);
    assert_eq!(times.count(), 2);

    let (builder, times) = scripted(vec![closed()], seven);
    let server = builder
        .idempotent_methods(|method| method.starts_with("find"))
        .build()
        .unwrap();
    server.call::<i32>("change.it", ()).await.unwrap_err();
    assert_eq!(times.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_multicall_is_idempotent_if_all_of_its_methods_are() {
    for (methods, expected) in [(["find.a", "find.b"], 2), (["find.a", "change.b"], 1)] {
        let results = || {
            let element = format!("<value><array><data>{SEVEN}</data></array></value>");
            let array = format!("<value><array><data>{element}{element}</data></array></value>");
            Ok(Response::new(result(&array)))
        };
        let (builder, times) = scripted(vec![closed()], results);
        let server = builder
            .idempotent_methods(|method| method.starts_with("find"))
            .build()
            .unwrap();
        let mut batch = server.multicall();
        let _handles = methods.map(|method| batch.add::<Value>(method, ()).unwrap());
        assert_eq!(batch.send().await.is_ok(), expected == 2);
        assert_eq!(times.count(), expected);
    }
}

#[test]
fn calls_that_block_are_tried_again_too() {
    let (builder, times) = scripted(vec![closed(), status(503)], seven);
    let server: xmlrpc_client::blocking::ServerProxy = builder.build().unwrap().into();
    let call = server.prepare::<i32>("m", ()).idempotent();
    assert_eq!(call.wait().unwrap(), 7);
    assert_eq!(times.count(), 3);
}

mod sockets {
    use super::*;

    /// A server that ends the first connections without an answer, after the first byte of a request or all of it.
    async fn dropping(connections: usize, play: fn(Connection) -> Dropping) -> (Peer, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        let peer = Peer::start(move |mut connection: Connection| {
            let number = seen.fetch_add(1, Ordering::SeqCst);
            async move {
                if number < connections {
                    return play(connection).await;
                }
                while connection.try_request().await.is_some() {
                    connection.send(ok(result(SEVEN))).await;
                }
            }
        })
        .await;
        (peer, count)
    }

    type Dropping = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

    #[tokio::test]
    async fn a_close_after_the_first_byte_is_an_error_or_repeated_where_that_does_no_harm() {
        let plays: [fn(Connection) -> Dropping; 2] = [
            |mut connection| Box::pin(async move { connection.first_byte().await }),
            |mut connection| Box::pin(async move { drop(connection.request().await) }),
        ];
        for play in plays {
            let (peer, connections) = dropping(1, play).await;
            let server = ServerProxy::new(&peer.url()).unwrap();
            let error = within(server.call::<i32>("m", ()).into_future())
                .await
                .unwrap_err();
            assert!(error.is_maybe_sent() && !error.is_connect(), "{error:#}");
            assert_eq!(connections.load(Ordering::SeqCst), 1);

            let (peer, connections) = dropping(2, play).await;
            let server = ServerProxy::new(&peer.url()).unwrap();
            assert_eq!(within(idempotent(&server)).await.unwrap(), 7);
            assert_eq!(connections.load(Ordering::SeqCst), 3);
        }
    }

    #[tokio::test]
    async fn a_gateway_without_a_server_is_asked_again() {
        let peer = Peer::start(|mut connection| async move {
            connection.request().await;
            let gone = answer("503 Service Unavailable", "Retry-After: 0\r\n", "<html>");
            let answers = [gone, ok(result(SEVEN))];
            connection.send(&answers[connection.number]).await;
        })
        .await;
        let server = ServerProxy::new(&peer.url()).unwrap();
        assert_eq!(within(idempotent(&server)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn the_tap_sees_each_attempt() {
        let (peer, _) = dropping(2, |mut connection| {
            Box::pin(async move { drop(connection.request().await) })
        })
        .await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let exchanges = seen.clone();
        let server = ServerProxy::builder(&peer.url())
            .tap(move |exchange| exchanges.lock().unwrap().push(exchange.error().is_some()))
            .build()
            .unwrap();
        assert_eq!(within(idempotent(&server)).await.unwrap(), 7);
        assert_eq!(*seen.lock().unwrap(), [true, true, false]);
    }
}
