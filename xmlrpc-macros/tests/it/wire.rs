//! What goes over the wire from a client of a trait.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{Base64, DateTime, MethodCall, MethodResponse, ServerProxy, Value, rpc, value};

use crate::support::within;

#[derive(Serialize)]
struct User {
    name: &'static str,
}

#[rpc(client, namespace = "app", separator = "/", rename_all = "camelCase")]
trait App {
    async fn no_parameters(&self);

    async fn one(&self, name: &str) -> String;

    #[method(name = "other-name", idempotent)]
    async fn renamed(&self, user: &User, times: [i32; 2], bytes: Base64) -> DateTime;

    async fn optional(&self, a: Option<i32>, b: i32, c: Option<&str>, d: Option<Vec<i32>>);

    async fn all_optional(&self, a: Option<i32>, b: Option<i32>);

    async fn variadic(&self, a: i32, b: Option<bool>, rest: Variadic<Value>);

    async fn seventeen(
        &self,
        a: i32,
        b: i32,
        c: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        i: i32,
        j: i32,
        k: i32,
        l: i32,
        m: i32,
        n: i32,
        o: i32,
        p: i32,
        q: i32,
    );

    async fn context(
        &self,
        before: CallContext,
        a: i32,
        state: State<String>,
        #[context] other: Other,
        b: i32,
    );

    async fn text(&self) -> Result<&'static str, std::io::Error>;

    async fn list(&self) -> std::io::Result<Vec<(i32, String)>>;
}

/// A call that came.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    method: String,
    params: Value,
    idempotent: bool,
}

/// A client of a server that answers everything with one value, and what it sees.
fn client(answer: Value) -> (AppClient, Arc<Mutex<Vec<Seen>>>) {
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let calls = seen.clone();
    let transport = from_fn(move |request| {
        let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
        calls.lock().unwrap().push(Seen {
            method: call.method.as_str().to_owned(),
            params: Value::from(call.params),
            idempotent: request.idempotent,
        });
        let answer = MethodResponse::Success(answer.clone()).to_vec().unwrap();
        async move { Ok(Response::new(answer)) }
    });
    let proxy = ServerProxy::over(transport).build().unwrap();
    (AppClient::new(proxy), seen)
}

#[tokio::test]
async fn names_are_those_of_the_options() {
    let (app, seen) = client(Value::Nil);
    within(app.no_parameters()).await.unwrap();
    let user = User { name: "Ada" };
    let _ = within(app.renamed(&user, [1, 2], Base64::from(b"x".to_vec()))).await;
    let seen = seen.lock().unwrap();
    let expected = Seen {
        method: "app/noParameters".to_owned(),
        params: value!([]),
        idempotent: false,
    };
    assert_eq!(seen[0], expected);
    let expected = Seen {
        method: "app/other-name".to_owned(),
        params: value!([{ "name": "Ada" }, [1, 2], (Base64::from(b"x".to_vec()))]),
        idempotent: true,
    };
    assert_eq!(seen[1], expected);
}

#[tokio::test]
async fn optional_parameters_are_left_out_at_the_end_and_nil_elsewhere() {
    let (app, seen) = client(Value::Nil);
    let none = Vec::<Value>::new;
    for (call, params) in [
        (app.optional(None, 1, None, None), value!([nil, 1])),
        (app.optional(Some(0), 1, Some("c"), None), value!([0, 1, "c"])),
        (
            app.optional(None, 1, None, Some(vec![])),
            value!([nil, 1, nil, []]),
        ),
        (app.all_optional(None, None), value!([])),
        (app.all_optional(None, Some(2)), value!([nil, 2])),
        (app.all_optional(Some(1), None), value!([1])),
        (app.variadic(1, None, none()), value!([1])),
        (app.variadic(1, Some(true), none()), value!([1, true])),
        (app.variadic(1, None, ["x", "y"]), value!([1, nil, "x", "y"])),
        (
            app.variadic(1, Some(false), [value!(1), value!("x")]),
            value!([1, false, 1, "x"]),
        ),
    ] {
        within(call).await.unwrap();
        let last = seen.lock().unwrap().pop().unwrap();
        assert_eq!(last.params, params);
    }
}

#[tokio::test]
async fn there_may_be_any_number_of_parameters() {
    let (app, seen) = client(Value::Nil);
    let call = app.seventeen(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    within(call).await.unwrap();
    let all: Vec<Value> = (1..=17).map(Value::from).collect();
    assert_eq!(seen.lock().unwrap()[0].params, Value::from(all));
}

#[tokio::test]
async fn what_the_server_knows_is_no_argument_of_the_client() {
    let (app, seen) = client(Value::Nil);
    within(app.context(1, 2)).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].params, value!([1, 2]));
}

#[tokio::test]
async fn results_are_what_stands_in_a_result_and_owned() {
    let (app, _) = client(value!("text"));
    let text: String = within(app.text()).await.unwrap();
    assert_eq!(text, "text");
    let text: String = within(app.one("x")).await.unwrap();
    assert_eq!(text, "text");
    let error = within(app.list()).await.unwrap_err();
    assert!(error.is_decode(), "{error}");
    let (app, _) = client(value!([[1, "x"]]));
    assert_eq!(within(app.list()).await.unwrap(), [(1, "x".to_owned())]);
}

#[tokio::test]
async fn a_call_has_the_options_that_every_call_has() {
    let (app, seen) = client(Value::Nil);
    let call = app.no_parameters().idempotent().header("X-Trace", "7");
    within(call).await.unwrap();
    assert!(seen.lock().unwrap()[0].idempotent);
}

#[test]
fn a_client_is_shown_as_its_proxy_is_and_as_cheap_to_clone() {
    let (app, _) = client(Value::Nil);
    assert!(
        format!("{:?}", app.clone()).starts_with("AppClient { proxy: ServerProxy {"),
        "{app:?}"
    );
    assert_eq!(size_of::<AppClient>(), size_of::<ServerProxy>());
}
