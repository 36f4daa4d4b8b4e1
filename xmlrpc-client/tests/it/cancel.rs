//! Calls that are dropped on their way: at any point, on any transport, without harm to the calls that follow.

use std::future::{Future, IntoFuture as _};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use xmlrpc_client::transport::{Memory, Response, Transport as _, from_fn};
use xmlrpc_client::{Error, MethodCall, MethodResponse, ServerProxy, Tls};
use xmlrpc_server::Methods;

use crate::support::{Connection, Peer, SEVEN, ok, result, within};
use crate::tls::{Authority, TlsServer};

/// Polls a future whenever it is woken, but so many times at most, and drops it; whether it was ready before.
async fn dropped_after<F: Future>(future: F, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    let polling = std::future::poll_fn(|context| {
        if left > 0 && future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        left = left.saturating_sub(1);
        match left {
            0 => Poll::Ready(false),
            _ => Poll::Pending,
        }
    });
    within(polling).await
}

/// Drops calls after one poll, after two, and so on until one is done before it would be dropped; an undisturbed call follows each.
async fn drop_at_every_point<F, R>(
    server: &ServerProxy,
    method: &str,
    prepare: impl Fn(&ServerProxy) -> F,
    expected: R,
) where
    F: Future,
    R: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug + 'static,
{
    let mut points = 0;
    while !dropped_after(prepare(server), points).await {
        let next = within(server.call::<R>(method, ()).into_future()).await;
        assert_eq!(
            next.unwrap(),
            expected,
            "behind a call that was dropped after {points} polls"
        );
        points += 1;
        assert!(points < 100_000, "no call comes to its end");
    }
    assert!(points > 1, "there is nothing to drop in between");
}

/// Answers in pieces, so that there are many points at which to be dropped; whether all of it was taken.
async fn answer_in_pieces(connection: &mut Connection, answer: &[u8]) -> bool {
    for piece in answer.chunks(48) {
        if !connection.try_send(piece).await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

#[tokio::test]
async fn http_calls_are_dropped_at_every_point() {
    let peer = Peer::start(|mut connection| async move {
        while connection.try_request().await.is_some() {
            if !answer_in_pieces(&mut connection, &ok(result(SEVEN))).await {
                return;
            }
        }
    })
    .await;
    let server = ServerProxy::builder(&peer.url()).cookies().build().unwrap();
    drop_at_every_point(
        &server,
        "m",
        |server| server.call::<i32>("m", ("x".repeat(10_000),)).into_future(),
        7,
    )
    .await;
}

#[tokio::test]
async fn calls_through_redirects_are_dropped_at_every_point() {
    let end = Peer::start(|mut connection| async move {
        while connection.try_request().await.is_some() {
            if !answer_in_pieces(&mut connection, &ok(result(SEVEN))).await {
                return;
            }
        }
    })
    .await;
    let location = end.url();
    let peer = Peer::start(move |mut connection| {
        let answer = crate::support::http("307 Temporary Redirect", &format!("Location: {location}\r\n"), "");
        async move {
            while connection.try_request().await.is_some() {
                if !answer_in_pieces(&mut connection, &answer).await {
                    return;
                }
            }
        }
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    drop_at_every_point(
        &server,
        "m",
        |server| server.call::<i32>("m", ()).into_future(),
        7,
    )
    .await;
}

#[tokio::test]
async fn calls_by_http_2_are_dropped_at_every_point() {
    let authority = Authority::new();
    let target = TlsServer::of(&authority).await;
    let server = ServerProxy::builder(&target.url())
        .tls(Tls::new().authorities(authority.pem()).unwrap())
        .build()
        .unwrap();
    let prepare = |server: &ServerProxy| server.call::<i32>("certificates", ()).into_future();
    drop_at_every_point(&server, "certificates", prepare, 0).await;
}

#[tokio::test]
async fn calls_in_memory_and_batches_are_dropped_at_every_point() {
    let methods = Methods::new()
        .method("m", || 7)
        .method("echo", |number: i32| number);
    let memory = Arc::new(Memory::new(methods));
    let transport = from_fn(move |request| {
        let memory = memory.clone();
        async move {
            tokio::task::yield_now().await;
            let response = memory.send(request).await;
            tokio::task::yield_now().await;
            response
        }
    });
    let server = ServerProxy::over(transport).build().unwrap();
    drop_at_every_point(
        &server,
        "m",
        |server| server.call::<i32>("echo", (1,)).into_future(),
        7,
    )
    .await;
    let numbers = || (0..10).map(|number| (number,));
    let chunked = |server: &ServerProxy| {
        let three = NonZeroUsize::new(3).unwrap();
        server
            .multicall()
            .chunk(three)
            .batch::<i32>("echo", numbers())
            .into_future()
    };
    drop_at_every_point(&server, "m", chunked, 7).await;
    for concurrency in [NonZeroUsize::MIN, NonZeroUsize::MAX] {
        let singly = |server: &ServerProxy| {
            let batch = server.multicall().singly().concurrency(concurrency);
            batch.batch::<i32>("echo", numbers()).into_future()
        };
        drop_at_every_point(&server, "m", singly, 7).await;
    }
}

#[tokio::test]
async fn what_a_transport_holds_is_given_back_when_a_call_is_dropped() {
    let held = Arc::new(AtomicUsize::new(0));
    struct Held(Arc<AtomicUsize>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let count = held.clone();
    let transport = from_fn(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let held = Held(count.clone());
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Err::<Response, _>(Error::transport("never"))
        }
    });
    let server = ServerProxy::over(transport).build().unwrap();
    let mut calls = (0..10)
        .map(|_| server.call::<i32>("m", ()).into_future())
        .collect::<Vec<_>>();
    assert_eq!(
        held.load(Ordering::SeqCst),
        0,
        "nothing happens before a call is polled"
    );
    let mut context = Context::from_waker(Waker::noop());
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(held.load(Ordering::SeqCst), 10);
    drop(calls);
    assert_eq!(held.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_remembered_server_without_multicall_stays_so_however_batches_are_dropped() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let transport = from_fn(move |request| {
        let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
        let answer = match request.method.as_str() {
            "system.multicall" => {
                count.fetch_add(1, Ordering::SeqCst);
                MethodResponse::Fault(xmlrpc_client::Fault::new(-32601, ""))
            }
            _ => MethodResponse::Success(call.params),
        };
        let answer = answer.to_vec();
        async move {
            tokio::task::yield_now().await;
            answer.map(Response::new).map_err(Error::transport)
        }
    });
    let server = ServerProxy::over(transport).build().unwrap();
    let batch = || server.batch::<(i32,)>("m", [(1,), (2,)]).into_future();
    let mut points = 0;
    while !dropped_after(batch(), points).await {
        points += 1;
    }
    let before = asked.load(Ordering::SeqCst);
    assert!(before > 0);
    let numbers = within(batch()).await.unwrap();
    assert_eq!(
        numbers
            .into_iter()
            .map(|number| number.unwrap().0)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(asked.load(Ordering::SeqCst), before);
}
