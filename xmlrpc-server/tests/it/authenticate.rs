use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64_simd::STANDARD;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tower_layer::Layer as _;
use tower_service::Service as _;
use xmlrpc_core::{MethodCall, MethodResponse};
use xmlrpc_server::layer::{
    Access, Authenticate, CallService, Credentials, HttpAuthenticate, Identity, RateLimit, Users, from_fn,
};
use xmlrpc_server::{Call, CallContext, Documentation, HttpService, Methods, Server, Value, value};

use crate::support::{Client, plain_call, post, within};

fn users() -> Users {
    Users::new()
        .user("ada", "lovelace")
        .user(Identity::new("grace").role("admin"), "hopper")
        .token(Identity::new("backup").role("reader"), "t0ken")
        .token("other", "other token")
}

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("whoami", |context: CallContext| {
            context.extension::<Identity>().map(|who| who.name().to_owned())
        })
        .method("admin.stop", || true)
        .method("admin.help", || "ask somebody")
        .method("closed", || true)
}

fn guarded() -> Methods {
    methods().layer(
        Authenticate::new(users())
            .rule("ping", Access::Everybody)
            .rule("system.multicall", Access::Everybody)
            .rule("admin.*", Access::Role("admin".to_owned()))
            .rule("admin.help", Access::Known)
            .rule("closed", Access::Nobody),
    )
}

fn basic(user: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode_to_string(format!("{user}:{password}"))
    )
}

fn context(authorization: Option<&str>) -> CallContext {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert("authorization", HeaderValue::from_str(value).unwrap());
    }
    CallContext::new().with_headers(headers)
}

/// What a call is answered: the result, or the code of the fault.
async fn call(
    methods: &Methods,
    authorization: Option<&str>,
    method: &str,
    params: Vec<Value>,
) -> Result<Value, i32> {
    let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
    let reply = within(methods.dispatch(body, context(authorization))).await;
    let response = MethodResponse::<Value>::from_slice(reply.body()).unwrap();
    response.into_result().map_err(|fault| fault.code())
}

fn batch(names: &[&str]) -> Vec<Value> {
    let entry = |name: &&str| value!({ "methodName": (*name), "params": [] });
    vec![Value::from(names.iter().map(entry).collect::<Vec<_>>())]
}

#[tokio::test]
async fn who_calls_decides_what_may_be_called() {
    let methods = guarded();
    let (ada, grace) = (basic("ada", "lovelace"), basic("grace", "hopper"));
    for (who, method, code) in [
        (None, "ping", 0),
        (None, "whoami", -32001),
        (None, "admin.stop", -32001),
        (None, "closed", -32001),
        (None, "nothing", -32001),
        (None, "system.listMethods", -32001),
        (None, "system.getCapabilities", -32001),
        (Some(&*ada), "ping", 0),
        (Some(&ada), "whoami", 0),
        (Some(&ada), "admin.stop", -32003),
        (Some(&ada), "admin.help", 0),
        (Some(&ada), "closed", -32003),
        (Some(&ada), "nothing", -32601),
        (Some(&ada), "system.listMethods", 0),
        (Some(&grace), "admin.stop", 0),
        (Some(&grace), "admin.nothing", -32601),
        (Some(&grace), "closed", -32003),
        (Some("Bearer t0ken"), "whoami", 0),
        (Some("Bearer t0ken"), "admin.stop", -32003),
    ] {
        let answered = call(&methods, who, method, vec![]).await;
        assert_eq!(answered.err().unwrap_or(0), code, "{method} by {who:?}");
    }
}

#[tokio::test]
async fn credentials_that_are_wrong_are_refused_for_every_method() {
    let methods = guarded();
    for wrong in [
        basic("ada", "hopper"),
        basic("ada", ""),
        basic("ada", "lovelacelovelace"),
        basic("", "lovelace"),
        basic("nobody", "lovelace"),
        basic("nobody", "\0"),
        basic("ADA", "lovelace"),
        basic("backup", "t0ken"),
        "Bearer t0kem".to_owned(),
        "Bearer lovelace".to_owned(),
        "Bearer ".to_owned(),
        "Basic".to_owned(),
        "Basic !".to_owned(),
        "Digest username=ada".to_owned(),
    ] {
        for method in ["whoami", "ping"] {
            let answered = call(&methods, Some(&wrong), method, vec![]).await;
            assert_eq!(answered, Err(Authenticate::NOT_KNOWN), "{method} by {wrong}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_nothing_of_what_there_is() {
    let methods = methods().layer(Authenticate::new(users()));
    let mut texts = Vec::new();
    for (method, params) in [
        ("whoami", vec![]),
        ("nothing", vec![]),
        ("system.methodHelp", vec!["whoami".into()]),
        ("system.methodSignature", vec!["nothing".into()]),
        ("system.listMethods", vec![]),
        ("system.multicall", batch(&["whoami"])),
    ] {
        let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
        let reply = within(methods.dispatch(body, context(None))).await;
        texts.push(reply.fault().unwrap().clone());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test]
async fn handlers_learn_who_calls() {
    let methods = guarded();
    for (who, name) in [
        (basic("ada", "lovelace"), "ada"),
        ("Bearer t0ken".to_owned(), "backup"),
        ("bearer other token".to_owned(), "other"),
    ] {
        assert_eq!(
            call(&methods, Some(&who), "whoami", vec![]).await,
            Ok(name.into())
        );
        assert_eq!(
            call(&methods, Some(&who), "system.multicall", batch(&["whoami"])).await,
            Ok(value!([[(name)]]))
        );
    }
}

#[tokio::test]
async fn every_entry_of_a_multicall_is_judged_by_its_own_method() {
    let methods = guarded();
    let names = [
        "ping",
        "whoami",
        "admin.stop",
        "closed",
        "system.listMethods",
        "nothing",
    ];
    for (who, codes) in [
        (None, [0, -32001, -32001, -32001, -32001, -32001]),
        (Some(basic("ada", "lovelace")), [0, 0, -32003, -32003, 0, -32601]),
        (Some(basic("grace", "hopper")), [0, 0, 0, -32003, 0, -32601]),
    ] {
        let results = call(&methods, who.as_deref(), "system.multicall", batch(&names)).await;
        let results = results.unwrap();
        for (index, code) in codes.into_iter().enumerate() {
            let expected = if code == 0 { Value::Nil } else { Value::Int(code) };
            let found = match &results[index] {
                Value::Array(_) => &Value::Nil,
                fault => &fault["faultCode"],
            };
            assert_eq!(*found, expected, "{} by {who:?}", names[index]);
        }
    }
    let closed = self::methods().layer(Authenticate::new(users()));
    let answered = call(&closed, None, "system.multicall", batch(&["ping"])).await;
    assert_eq!(answered, Err(Authenticate::NOT_KNOWN));
}

#[tokio::test]
async fn what_no_rule_opens_can_be_closed_for_all() {
    let methods = methods().layer(
        Authenticate::new(users())
            .others(Access::Nobody)
            .rule("whoami", Access::Known),
    );
    let ada = basic("ada", "lovelace");
    assert_eq!(
        call(&methods, Some(&ada), "whoami", vec![]).await,
        Ok("ada".into())
    );
    for method in ["ping", "system.listMethods", "nothing"] {
        let answered = call(&methods, Some(&ada), method, vec![]).await;
        assert_eq!(answered, Err(Authenticate::NOT_ALLOWED), "{method}");
        let answered = call(&methods, None, method, vec![]).await;
        assert_eq!(answered, Err(Authenticate::NOT_KNOWN), "{method}");
    }
}

#[tokio::test]
async fn what_no_rule_closes_can_be_opened_for_all() {
    let methods = methods().layer(
        Authenticate::new(users())
            .others(Access::Everybody)
            .rule("admin.*", Access::Known),
    );
    assert_eq!(call(&methods, None, "whoami", vec![]).await, Ok(Value::Nil));
    assert_eq!(call(&methods, None, "admin.stop", vec![]).await, Err(-32001));
}

#[tokio::test]
async fn a_rule_holds_for_the_name_that_is_called_and_not_for_aliases_of_it() {
    let rules = Authenticate::new(users())
        .others(Access::Everybody)
        .rule("admin.stop", Access::Nobody);
    let methods = methods().alias("halt", "admin.stop");
    let aliased = methods.clone().layer(rules.clone());
    assert_eq!(call(&aliased, None, "admin.stop", vec![]).await, Err(-32001));
    assert_eq!(call(&aliased, None, "halt", vec![]).await, Ok(true.into()));
    let both = methods.layer(rules.rule("halt", Access::Nobody));
    assert_eq!(call(&both, None, "halt", vec![]).await, Err(-32001));
}

#[tokio::test]
async fn credentials_are_looked_at_once_for_all_entries() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let users = users().checker(move |credentials| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::task::yield_now().await;
            match credentials {
                Credentials::Basic { user, password } if password == "guest" => Some(Identity::new(user)),
                _ => None,
            }
        }
    });
    let methods = methods().layer(Authenticate::new(users));
    let guest = basic("anybody", "guest");
    assert_eq!(
        call(&methods, Some(&guest), "system.multicall", batch(&["whoami"; 10])).await,
        Ok(Value::from(vec![value!(["anybody"]); 10]))
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // Those who are known here are not asked for elsewhere, and wrong ones are asked for once.
    let ada = basic("ada", "lovelace");
    assert_eq!(
        call(&methods, Some(&ada), "whoami", vec![]).await,
        Ok("ada".into())
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let wrong = basic("ada", "wrong");
    assert_eq!(
        call(&methods, Some(&wrong), "system.multicall", batch(&["whoami"; 10])).await,
        Err(Authenticate::NOT_KNOWN)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_checker_that_panics_knows_nobody() {
    fn confused(credentials: &Credentials) -> Option<Identity> {
        panic!("cannot read {credentials:?}")
    }
    for users in [
        users().checker(|credentials| async move { confused(&credentials) }),
        users().checker(|credentials| std::future::ready(confused(&credentials))),
    ] {
        let methods = methods().layer(Authenticate::new(users));
        let answered = call(&methods, Some("Bearer x"), "whoami", vec![]).await;
        assert_eq!(answered, Err(Authenticate::NOT_KNOWN));
    }
}

#[tokio::test]
async fn an_identity_of_others_is_believed_only_where_it_is_said() {
    let certificate = from_fn(|mut call: Call, next: CallService| {
        call.extensions
            .insert(Identity::new("from a certificate").role("admin"));
        next.run(call)
    });
    for (layer, answer) in [
        (Authenticate::new(users()), Err(Authenticate::NOT_KNOWN)),
        (
            Authenticate::new(users()).trust_others(),
            Ok("from a certificate".into()),
        ),
    ] {
        let methods = methods().layer(layer).layer(certificate.clone());
        assert_eq!(call(&methods, None, "whoami", vec![]).await, answer);
    }
}

#[tokio::test]
async fn a_merged_table_does_not_believe_the_users_of_the_outer_one() {
    let inner = Methods::new()
        .method("inner", || true)
        .layer(Authenticate::new(Users::new().user("root", "toor")));
    let methods = methods().merge(inner).layer(Authenticate::new(users()));
    let ada = basic("ada", "lovelace");
    assert_eq!(
        call(&methods, Some(&ada), "inner", vec![]).await,
        Err(Authenticate::NOT_KNOWN)
    );
    let shared = Methods::new()
        .method("inner", || true)
        .layer(Authenticate::new(users()));
    let methods = self::methods().merge(shared).layer(Authenticate::new(users()));
    assert_eq!(call(&methods, Some(&ada), "inner", vec![]).await, Ok(true.into()));
}

#[test]
fn users_that_would_let_anybody_in_are_refused() {
    for wrong in [
        || Users::new().user("ada", ""),
        || Users::new().token("ada", ""),
        || Users::new().user("a:b", "x"),
        || Users::new().user("ada", "x").user("ada", "y"),
    ] {
        assert!(std::panic::catch_unwind(wrong).is_err());
    }
}

#[tokio::test]
async fn the_documentation_page_is_for_those_who_may_list_the_methods() {
    let closed = guarded;
    let open = || {
        methods().layer(
            Authenticate::new(users())
                .others(Access::Everybody)
                .rule("admin.*", Access::Known),
        )
    };
    let role =
        || methods().layer(Authenticate::new(users()).rule("system.*", Access::Role("admin".to_owned())));
    let limited = || methods().layer(RateLimit::new(1, Duration::from_secs(60)));
    let (ada, grace) = (basic("ada", "lovelace"), basic("grace", "hopper"));
    let wrong = basic("ada", "wrong");
    for (methods, who, statuses) in [
        (closed(), None, [401, 401]),
        (closed(), Some(&wrong), [401, 401]),
        (closed(), Some(&ada), [200, 200]),
        (open(), None, [200, 200]),
        (role(), None, [401, 401]),
        (role(), Some(&ada), [403, 403]),
        (role(), Some(&grace), [200, 200]),
        (limited(), None, [200, 429]),
    ] {
        let mut service = HttpService::new(methods);
        for (method, status) in ["GET", "HEAD"].into_iter().zip(statuses) {
            let mut request = Request::builder().method(method).uri("/RPC2");
            if let Some(who) = who {
                request = request.header("authorization", who);
            }
            let response = service.call(request.body(String::new()).unwrap());
            let response = within(response).await.unwrap();
            assert_eq!(response.status(), status, "{method} by {who:?}");
            let challenge = response.headers().contains_key("www-authenticate");
            assert_eq!(challenge, status == 401, "{method} by {who:?}");
        }
    }
    let mut silent = HttpService::new(closed()).documentation(Documentation::none());
    let request = Request::get("/RPC2").body(String::new()).unwrap();
    assert_eq!(within(silent.call(request)).await.unwrap().status(), 405);
}

fn http_guarded(layer: &HttpAuthenticate) -> xmlrpc_server::layer::HttpAuthenticateService<HttpService> {
    layer.layer(HttpService::new(
        methods().layer(Authenticate::new(users()).rule("ping", Access::Everybody)),
    ))
}

async fn status(layer: &HttpAuthenticate, authorization: Option<&str>) -> StatusCode {
    let mut request = Request::post("/RPC2");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let request = request.body(plain_call("ping")).unwrap();
    let response = within(http_guarded(layer).call(request)).await.unwrap();
    assert_eq!(
        response.headers().contains_key("www-authenticate"),
        response.status() == StatusCode::UNAUTHORIZED
    );
    response.status()
}

#[tokio::test]
async fn http_requests_without_credentials_are_answered_with_401() {
    let layer = HttpAuthenticate::new(users());
    let ada = basic("ada", "lovelace");
    let wrong = basic("ada", "wrong");
    for (who, answer) in [
        (None, 401),
        (Some(&*wrong), 401),
        (Some("Basic"), 401),
        (Some("Bearer x"), 401),
        (Some(&ada), 200),
        (Some("Bearer t0ken"), 200),
    ] {
        assert_eq!(status(&layer, who).await, answer, "{who:?}");
    }
    let lenient = layer.let_strangers_in();
    for (who, answer) in [
        (None, 200),
        (Some(&*wrong), 401),
        (Some("Basic"), 401),
        (Some(&ada), 200),
    ] {
        assert_eq!(status(&lenient, who).await, answer, "{who:?}");
    }
}

#[tokio::test]
async fn a_401_names_realm_and_schemes() {
    for (layer, challenges) in [
        (
            HttpAuthenticate::new(users()),
            vec![
                "Basic realm=\"XML-RPC\", charset=\"UTF-8\"",
                "Bearer realm=\"XML-RPC\"",
            ],
        ),
        (
            HttpAuthenticate::new(Users::new().user("a", "b")).realm("my \"house\"\r\nX: \u{fc}"),
            vec!["Basic realm=\"my \\\"house\\\"??X: ?\", charset=\"UTF-8\""],
        ),
        (
            HttpAuthenticate::new(Users::new().token("a", "b")),
            vec!["Bearer realm=\"XML-RPC\""],
        ),
    ] {
        let request = Request::post("/RPC2").body(String::new()).unwrap();
        let response = within(http_guarded(&layer).call(request)).await.unwrap();
        let found = response.headers().get_all("www-authenticate").iter();
        assert_eq!(found.collect::<Vec<_>>(), challenges);
    }
}

#[tokio::test]
async fn a_preflight_passes_without_credentials_and_nothing_else_does() {
    let layer = HttpAuthenticate::new(users());
    for (method, asks, status) in [
        // The service's own answer, as no origin is allowed.
        ("OPTIONS", true, 405),
        ("OPTIONS", false, 401),
        ("POST", true, 401),
        ("GET", false, 401),
    ] {
        let mut request = Request::builder().method(method).uri("/RPC2");
        if asks {
            request = request.header("access-control-request-method", "POST");
        }
        let request = request.body(String::new()).unwrap();
        let response = within(http_guarded(&layer).call(request)).await.unwrap();
        assert_eq!(response.status(), status, "{method} {asks}");
    }
}

/// The layer on the level of HTTP under a real server, with the users of the inner layer.
#[tokio::test]
async fn both_levels_ask_once_and_the_connection_stays() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let users = Users::new().checker(move |credentials| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            match credentials {
                Credentials::Basic { user, password } if user == password => Some(Identity::new(user)),
                _ => None,
            }
        }
    });
    let methods = methods().layer(Authenticate::new(users.clone()));
    let service = HttpAuthenticate::new(users).layer(HttpService::new(methods));
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve_service(service, async {
        let _ = stopped.await;
    }));
    let mut client = Client(within(TcpStream::connect(address)).await.unwrap());

    client.post(&plain_call("whoami")).await;
    let response = client.response().await;
    assert_eq!(response.status, 401);
    assert!(response.body.contains("credentials"), "{}", response.body);

    let request = post(&plain_call("whoami"));
    let authorized = request.replacen(
        "\r\n",
        &format!("\r\nAuthorization: {}\r\n", basic("ada", "ada")),
        1,
    );
    client.send(authorized).await;
    let response = client.response().await;
    assert_eq!(response.status, 200);
    assert!(
        response.body.contains("<string>ada</string>"),
        "{}",
        response.body
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    stop.send(()).unwrap();
    within(served).await.unwrap().unwrap();
}
