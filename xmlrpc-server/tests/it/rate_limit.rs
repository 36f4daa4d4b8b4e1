use std::time::Duration;

use http::{Request, StatusCode};
use tower_service::Service as _;
use xmlrpc_core::{MethodCall, MethodResponse};
use xmlrpc_server::layer::{Authenticate, Identity, RateLimit, Users};
use xmlrpc_server::{CallContext, Fault, HttpService, Methods, Peer, PeerCredentials, Value, value};

use crate::support::{call, fault};

const MINUTE: Duration = Duration::from_secs(60);

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("login", || true)
        .method("admin.stop", || true)
        .method("admin.start", || true)
}

/// Calls a method from an address.
async fn from(methods: &Methods, peer: &str, method: &str) -> Result<Value, Fault> {
    let body = MethodCall::new(method, ()).unwrap().to_vec().unwrap();
    let context = CallContext::new().with_peer((peer.parse::<std::net::IpAddr>().unwrap(), 80).into());
    let reply = methods.dispatch(body, context).await;
    MethodResponse::from_slice(reply.body()).unwrap().into_result()
}

#[tokio::test(start_paused = true)]
async fn a_call_too_many_is_told_when_to_try_again() {
    let methods = methods().layer(RateLimit::new(3, MINUTE));
    for _ in 0..3 {
        assert_eq!(from(&methods, "192.0.2.1", "ping").await, Ok("pong".into()));
    }
    let fault = from(&methods, "192.0.2.1", "ping").await.unwrap_err();
    assert_eq!(fault.code(), RateLimit::LIMITED);
    assert_eq!(
        fault.string(),
        "more than 3 calls in 60s from one peer: try again in 20 s; RateLimit::new sets this limit"
    );
    tokio::time::advance(Duration::from_millis(19_999)).await;
    let fault = from(&methods, "192.0.2.1", "ping").await.unwrap_err();
    assert!(fault.string().contains("try again in 1 s"), "{fault}");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(from(&methods, "192.0.2.1", "ping").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn peers_count_apart() {
    let methods = methods().layer(RateLimit::new(1, MINUTE));
    for (peer, is_new) in [
        ("192.0.2.1", true),
        ("192.0.2.2", true),
        ("192.0.2.1", false),
        ("2001:db8::1", true),
        ("2001:db8::2", false),
        ("2001:db8:0:1::1", true),
        ("::ffff:192.0.2.2", false),
    ] {
        assert_eq!(from(&methods, peer, "ping").await.is_ok(), is_new, "{peer}");
    }
    // By a Unix socket, a user is one peer.
    let as_user = async |uid: u32| {
        let peer = Peer::new().with_credentials(PeerCredentials::new(uid, 100, None));
        let body = MethodCall::new("ping", ()).unwrap().to_vec().unwrap();
        let reply = methods
            .dispatch(body, CallContext::new().with_identity(peer))
            .await;
        reply.fault().is_none()
    };
    for (uid, is_new) in [(0, true), (1000, true), (1000, false)] {
        assert_eq!(as_user(uid).await, is_new, "{uid}");
    }
    // Those of whom nothing is known are one peer.
    assert_eq!(call(&methods, "ping", ()).await, Ok("pong".to_owned()));
    assert_eq!(fault(&methods, "ping", ()).await.code(), RateLimit::LIMITED);
}

#[tokio::test(start_paused = true)]
async fn methods_with_limits_of_their_own_count_apart() {
    let limit = RateLimit::new(2, MINUTE)
        .methods("login", 1, MINUTE)
        .methods("admin.*", 2, 2 * MINUTE);
    let methods = methods().layer(limit);
    for (method, is_let_through) in [
        ("login", true),
        ("login", false),
        ("admin.stop", true),
        ("admin.start", true),
        ("admin.stop", false),
        ("admin.nothing", false),
        ("ping", true),
        ("nothing", true),
        ("ping", false),
        ("other", false),
    ] {
        let answered = from(&methods, "192.0.2.1", method).await;
        let is_limited = answered.is_err_and(|fault| fault.code() == RateLimit::LIMITED);
        assert_eq!(!is_limited, is_let_through, "{method}");
    }
    let fault = from(&methods, "192.0.2.1", "login").await.unwrap_err();
    assert!(
        fault.string().contains("try again in 60 s; RateLimit::methods"),
        "{fault}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_entry_of_a_multicall_takes_a_token() {
    let methods = methods().layer(RateLimit::new(3, MINUTE));
    let entry = value!({ "methodName": "ping", "params": [] });
    let entries = Value::from(vec![entry; 5]);
    let results: Value = call(&methods, "system.multicall", (entries,)).await.unwrap();
    assert_eq!(results[0], value!(["pong"]));
    assert_eq!(results[1], value!(["pong"]));
    for index in 2..5 {
        assert_eq!(results[index]["faultCode"], Value::Int(RateLimit::LIMITED));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ones_own_tells_peers_apart() {
    let by_user =
        RateLimit::new(1, MINUTE).key(|call| Some(call.extensions.get::<Identity>()?.name().to_owned()));
    let users = Users::new()
        .token("ada", "a")
        .token("ada", "b")
        .token("grace", "c");
    let methods = methods()
        .layer(by_user)
        .layer(Authenticate::new(users).others(xmlrpc_server::layer::Access::Everybody));
    let with = async |token: &str| {
        let mut headers = http::HeaderMap::new();
        if !token.is_empty() {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let body = MethodCall::new("ping", ()).unwrap().to_vec().unwrap();
        let context = CallContext::new().with_headers(headers);
        let reply = methods.dispatch(body, context).await;
        reply.fault().map_or(0, Fault::code)
    };
    for (token, code) in [
        ("a", 0),
        ("b", RateLimit::LIMITED),
        ("c", 0),
        ("a", RateLimit::LIMITED),
        ("", 0),
        ("", 0),
    ] {
        assert_eq!(with(token).await, code, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn clones_of_a_layer_share_its_buckets() {
    let limit = RateLimit::new(1, MINUTE);
    let (one, other) = (methods().layer(limit.clone()), methods().layer(limit.clone()));
    let apart = methods().layer(limit.methods("x", 1, MINUTE));
    assert!(from(&one, "192.0.2.1", "ping").await.is_ok());
    assert!(from(&other, "192.0.2.1", "ping").await.is_err());
    assert!(from(&apart, "192.0.2.1", "ping").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_the_page_too_often_is_told_so() {
    let mut service = HttpService::new(methods().layer(RateLimit::new(1, MINUTE)));
    for status in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let request = Request::get("/").body(String::new()).unwrap();
        assert_eq!(service.call(request).await.unwrap().status(), status);
    }
    tokio::time::advance(MINUTE).await;
    let request = Request::get("/").body(String::new()).unwrap();
    assert_eq!(service.call(request).await.unwrap().status(), StatusCode::OK);
}
