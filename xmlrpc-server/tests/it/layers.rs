use std::convert::identity;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tower_layer::layer_fn;
use tower_service::Service;
use xmlrpc_server::layer::{CallFuture, CallService, FromFn, from_fn};
use xmlrpc_server::{
    Call, CallContext, Dialect, EncodedValue, Fault, MethodName, Methods, NilForm, Params, Value, value,
};

use crate::support::{call, dispatch, fault, plain_call, within};

/// What layers wrote down.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// A layer that writes down what passes.
    fn layer(
        &self,
        name: &'static str,
    ) -> FromFn<impl Fn(Call, CallService) -> CallFuture + Clone + Send + Sync + 'static> {
        let notes = self.clone();
        from_fn(move |call: Call, next: CallService| -> CallFuture {
            let notes = notes.clone();
            Box::pin(async move {
                let method = call.method.clone();
                notes.add(format!("{name} {method}"));
                let outcome = next.run(call).await;
                let end = outcome.as_ref().map_or_else(Fault::code, |_| 0);
                notes.add(format!("{name} {method} {end}"));
                outcome
            })
        })
    }
}

struct User(&'static str);

/// Adds a user to the call.
fn user(
    name: &'static str,
) -> FromFn<impl Fn(Call, CallService) -> CallFuture + Clone + Send + Sync + 'static> {
    from_fn(move |mut call: Call, next: CallService| {
        call.extensions.insert(User(name));
        next.run(call)
    })
}

fn table() -> Methods {
    Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .method("user", |context: CallContext| {
            context.extension::<User>().map(|user| user.0)
        })
        .method("name", |context: CallContext| context.method().map(str::to_owned))
        .method("panic", || -> i32 { panic!("secret") })
        .async_method("later", |x: Value| async {
            tokio::task::yield_now().await;
            x
        })
}

fn multicall_of(names: &[&str]) -> (Value,) {
    let entries = names
        .iter()
        .map(|name| value!({ "methodName": (*name), "params": [] }));
    (Value::from(entries.collect::<Vec<_>>()),)
}

#[tokio::test]
async fn the_layer_added_last_is_the_outermost() {
    let notes = Notes::default();
    let methods = Methods::new()
        .layer(notes.layer("inner"))
        .method("ping", || "pong")
        .layer(notes.layer("outer"));
    assert_eq!(call(&methods, "ping", ()).await, Ok("pong".to_owned()));
    assert_eq!(
        notes.take(),
        ["outer ping", "inner ping", "inner ping 0", "outer ping 0"]
    );
}

#[tokio::test]
async fn a_stack_of_tower_is_one_layer() {
    let notes = Notes::default();
    let stack = tower_layer::Stack::new(notes.layer("inner"), notes.layer("outer"));
    let methods = table().layer(stack);
    assert_eq!(call(&methods, "add", (1, 2)).await, Ok(3));
    assert_eq!(
        notes.take(),
        ["outer add", "inner add", "inner add 0", "outer add 0"]
    );
}

#[tokio::test]
async fn the_first_layer_of_a_service_builder_is_the_outermost() {
    let notes = Notes::default();
    let builder = tower::ServiceBuilder::new()
        .layer(notes.layer("outer"))
        .layer(notes.layer("inner"));
    let methods = table().layer(builder);
    assert_eq!(call(&methods, "add", (1, 2)).await, Ok(3));
    assert_eq!(
        notes.take(),
        ["outer add", "inner add", "inner add 0", "outer add 0"]
    );
}

#[tokio::test]
async fn layers_of_tower_fit_and_are_asked_whether_they_are_ready() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, peak) = (running.clone(), most.clone());
    let methods = Methods::new()
        .async_method("work", move || {
            let (now, peak) = (now.clone(), peak.clone());
            async move {
                peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
            }
        })
        .layer(tower::limit::ConcurrencyLimitLayer::new(2));
    let calls = (0..10).map(|_| call::<()>(&methods, "work", ()));
    let outcomes = futures_util::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn layers_run_for_system_methods_unknown_methods_and_every_entry() {
    let notes = Notes::default();
    let methods = table().layer(notes.layer("x"));
    assert_eq!(fault(&methods, "nothing", ()).await.code(), -32601);
    assert_eq!(notes.take(), ["x nothing", "x nothing -32601"]);
    assert_eq!(fault(&methods, "panic", ()).await.code(), -32603);
    assert_eq!(notes.take(), ["x panic", "x panic -32603"]);
    assert_eq!(
        call(&methods, "system.methodHelp", ("add",)).await,
        Ok(String::new())
    );
    assert_eq!(notes.take(), ["x system.methodHelp", "x system.methodHelp 0"]);

    let entries = multicall_of(&["name", "nothing", "system.multicall"]);
    let results: Value = call(&methods, "system.multicall", entries).await.unwrap();
    assert_eq!(results[0], value!(["name"]));
    assert_eq!(results[1]["faultCode"], Value::Int(-32601));
    assert_eq!(results[2]["faultCode"], Value::Int(-32600));
    assert_eq!(
        notes.take(),
        [
            "x system.multicall",
            "x name",
            "x name 0",
            "x nothing",
            "x nothing -32601",
            "x system.multicall",
            "x system.multicall -32600",
            "x system.multicall 0",
        ]
    );
}

#[tokio::test]
async fn a_layer_refuses_with_a_fault_and_nothing_behind_it_runs() {
    let notes = Notes::default();
    let guard = from_fn(|call: Call, next: CallService| async move {
        if call.method == "add" {
            return Err(Fault::new(403, "not today"));
        }
        next.run(call).await
    });
    let methods = table().layer(notes.layer("inner")).layer(guard);
    assert_eq!(fault(&methods, "add", (1, 2)).await, Fault::new(403, "not today"));
    // Refused before the parameters are read.
    assert_eq!(fault(&methods, "add", ("x",)).await.code(), 403);
    assert_eq!(notes.take(), Vec::<String>::new());
    let results: Value = call(&methods, "system.multicall", multicall_of(&["add", "name"]))
        .await
        .unwrap();
    assert_eq!(
        results,
        value!([{ "faultCode": 403, "faultString": "not today" }, ["name"]])
    );
}

#[tokio::test]
async fn what_a_layer_puts_before_the_parameters_reaches_the_handler() {
    let ten = from_fn(|mut call: Call, next: CallService| async move {
        if call.method == "add" {
            assert_eq!(call.params.parse::<(i32,)>()?, (5,));
            call.params.prepend(&10)?;
        }
        next.run(call).await
    });
    let methods = table().layer(ten);
    assert_eq!(call(&methods, "add", (5,)).await, Ok(15));
    assert_eq!(fault(&methods, "add", ("5",)).await.code(), -32602);
    let entries = value!([{ "methodName": "add", "params": [5] }]);
    assert_eq!(
        call(&methods, "system.multicall", (entries,)).await,
        Ok(value!([[15]]))
    );
}

#[tokio::test]
async fn what_a_layer_adds_reaches_the_handler_and_the_entries_of_a_multicall() {
    let methods = table().layer(user("ada"));
    assert_eq!(call(&methods, "user", ()).await, Ok("ada".to_owned()));
    let batch = || multicall_of(&["user", "user"]);
    assert_eq!(
        call(&methods, "system.multicall", batch()).await,
        Ok(value!([["ada"], ["ada"]]))
    );

    // Told to the multicall alone.
    let of_batch = from_fn(|mut call: Call, next: CallService| {
        if call.method == "system.multicall" {
            call.extensions.insert(User("grace"));
        }
        next.run(call)
    });
    let methods = table().layer(of_batch);
    assert_eq!(call(&methods, "user", ()).await, Ok(None::<String>));
    assert_eq!(
        call(&methods, "system.multicall", batch()).await,
        Ok(value!([["grace"], ["grace"]]))
    );
}

#[tokio::test]
async fn a_layer_sees_who_calls() {
    let peer = from_fn(|call: Call, next: CallService| async move {
        let peer = call.extensions.get::<CallContext>().and_then(CallContext::peer);
        match peer {
            Some(peer) if peer.ip().is_loopback() => next.run(call).await,
            _ => Err(Fault::new(1, "not from here")),
        }
    });
    let methods = table().layer(peer);
    assert_eq!(fault(&methods, "add", (1, 2)).await.code(), 1);
    let context = CallContext::new().with_peer("127.0.0.1:1".parse().unwrap());
    let body = plain_call("user");
    let reply = within(methods.dispatch(body.clone(), context.clone())).await;
    assert_eq!(reply.fault(), None);
    let batch = xmlrpc_core::MethodCall::new("system.multicall", multicall_of(&["user"])).unwrap();
    let reply = within(methods.dispatch(batch.to_vec().unwrap(), context)).await;
    assert!(!String::from_utf8_lossy(reply.body()).contains("not from here"));
}

#[tokio::test]
async fn methods_that_are_added_after_a_call_are_behind_the_layers_too() {
    let notes = Notes::default();
    let methods = table().layer(notes.layer("x"));
    assert_eq!(call(&methods, "add", (1, 2)).await, Ok(3));
    let earlier = methods.clone();
    let methods = methods.method("ping", || "pong").layer(user("ada"));
    notes.take();
    assert_eq!(call(&methods, "ping", ()).await, Ok("pong".to_owned()));
    assert_eq!(notes.take(), ["x ping", "x ping 0"]);
    assert_eq!(call(&methods, "user", ()).await, Ok("ada".to_owned()));
    assert_eq!(fault(&earlier, "ping", ()).await.code(), -32601);
}

#[tokio::test]
async fn a_stack_is_built_once() {
    let built = Arc::new(AtomicUsize::new(0));
    let count = built.clone();
    let methods = table().layer(layer_fn(move |next: CallService| {
        count.fetch_add(1, Ordering::Relaxed);
        next
    }));
    assert_eq!(built.load(Ordering::Relaxed), 0);
    for _ in 0..3 {
        assert_eq!(call(&methods, "add", (1, 2)).await, Ok(3));
        assert_eq!(call(&methods.clone(), "add", (1, 2)).await, Ok(3));
    }
    assert_eq!(built.load(Ordering::Relaxed), 1);
}

/// A service that fails where it is told to.
#[derive(Clone)]
struct Failing {
    next: CallService,
    place: &'static str,
}

impl Service<Call> for Failing {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        assert_ne!(self.place, "poll_ready");
        match self.place {
            "not ready" => Poll::Ready(Err(Fault::new(5, "not ready"))),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, call: Call) -> CallFuture {
        assert_ne!(self.place, "call");
        let (place, next) = (self.place, self.next.clone());
        Box::pin(async move {
            assert_ne!(place, "future");
            next.run(call).await
        })
    }
}

#[tokio::test]
async fn a_panic_anywhere_in_a_layer_is_a_fault_without_its_text() {
    for place in ["layer", "poll_ready", "call", "future"] {
        let methods = table().layer(layer_fn(move |next: CallService| {
            assert_ne!(place, "layer");
            Failing { next, place }
        }));
        for _ in 0..2 {
            let fault = fault(&methods, "add", (1, 2)).await;
            assert_eq!(
                fault,
                Fault::new(-32603, "add failed inside the server"),
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn a_layer_that_is_not_ready_answers_with_its_fault() {
    let methods = table().layer(layer_fn(|next: CallService| Failing {
        next,
        place: "not ready",
    }));
    assert_eq!(fault(&methods, "add", (1, 2)).await.code(), 5);
}

#[tokio::test]
async fn a_layer_that_panics_on_one_entry_spoils_no_other() {
    let picky = from_fn(|call: Call, next: CallService| {
        assert_ne!(call.method, "add");
        next.run(call)
    });
    let methods = table().layer(picky);
    let results: Value = call(&methods, "system.multicall", multicall_of(&["add", "name"]))
        .await
        .unwrap();
    assert_eq!(results[0]["faultCode"], Value::Int(-32603));
    assert_eq!(results[1], value!(["name"]));
}

#[tokio::test]
async fn a_layer_can_call_another_method() {
    let renamed = from_fn(|mut call: Call, next: CallService| {
        if call.method == "batch" {
            call.method = "system.multicall".try_into().unwrap();
        }
        next.run(call)
    });
    let methods = table().layer(renamed);
    let entries = multicall_of(&["name", "batch"]);
    let results: Value = call(&methods, "batch", entries).await.unwrap();
    assert_eq!(results[0], value!(["name"]));
    assert_eq!(
        results[1]["faultCode"],
        Value::Int(-32600),
        "a multicall in disguise"
    );
}

#[tokio::test]
async fn entries_pass_the_layers_also_where_a_layer_loses_the_extensions() {
    let notes = Notes::default();
    let loses = from_fn(|call: Call, next: CallService| next.run(Call::new(call.method, call.params)));
    let methods = table().layer(notes.layer("inner")).layer(loses);
    let results: Value = call(&methods, "system.multicall", multicall_of(&["name"]))
        .await
        .unwrap();
    assert_eq!(results, value!([["name"]]));
    assert_eq!(
        notes.take(),
        [
            "inner system.multicall",
            "inner name",
            "inner name 0",
            "inner system.multicall 0",
        ]
    );
}

#[tokio::test]
async fn calls_below_a_service_pass_the_layers() {
    let mut service = table().layer(user("ada")).into_service();
    let user = Call::new(MethodName::try_from("user").unwrap(), Params::none());
    let result = within(service.call(user)).await.unwrap();
    assert_eq!(result.parse::<String>().unwrap(), "ada");
}

#[tokio::test]
async fn apache_types_around_an_entry_are_answered_in_kind_through_layers() {
    let document = "<methodCall xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'>\
        <methodName>system.multicall</methodName><params><param><value><array><data><value><struct>\
        <member><name>methodName</name><value>later</value></member>\
        <member><name>params</name><value><array><data><value><ex:nil/></value></data></array></value></member>\
        </struct></value></data></array></value></param></params></methodCall>";
    let plain = dispatch(&table(), document).await;
    assert!(plain.contains("<ex:nil/>"), "{plain}");
    let layered = table().layer(layer_fn(identity::<CallService>));
    assert_eq!(dispatch(&layered, document).await, plain);
}

#[tokio::test]
async fn a_merged_table_keeps_its_layers_for_its_methods() {
    let notes = Notes::default();
    let inner = Methods::new()
        .method("secret", |context: CallContext| {
            context.extension::<User>().map(|user| user.0)
        })
        .layer(user("grace"))
        .layer(notes.layer("inner"));
    let methods = table().merge(inner).layer(notes.layer("outer"));
    assert_eq!(call(&methods, "secret", ()).await, Ok("grace".to_owned()));
    assert_eq!(
        notes.take(),
        ["outer secret", "inner secret", "inner secret 0", "outer secret 0"]
    );
    assert_eq!(call(&methods, "user", ()).await, Ok(None::<String>));
    assert_eq!(notes.take(), ["outer user", "outer user 0"]);
    let batch = multicall_of(&["secret", "user"]);
    assert_eq!(
        call(&methods, "system.multicall", batch).await,
        Ok(value!([["grace"], [nil]]))
    );
    assert_eq!(
        notes.take(),
        [
            "outer system.multicall",
            "outer secret",
            "inner secret",
            "inner secret 0",
            "outer secret 0",
            "outer user",
            "outer user 0",
            "outer system.multicall 0",
        ]
    );
    assert_eq!(methods.signature("secret"), table().signature("user"));
}

#[tokio::test]
async fn a_merged_table_with_layers_answers_in_the_dialect_of_the_outer_one() {
    let innermost = Methods::new().method("b", || None::<i32>).layer(user("b"));
    let inner = Methods::new()
        .method("a", || None::<i32>)
        .merge(innermost)
        .layer(user("a"));
    let methods = Methods::new()
        .merge(inner)
        .dialect(Dialect::default().nil(NilForm::Extension));
    for method in ["a", "b"] {
        let reply = dispatch(&methods, plain_call(method)).await;
        assert!(reply.contains("<ex:nil/>"), "{method}: {reply}");
    }
}

#[tokio::test]
async fn a_panic_in_a_layer_of_a_merged_table_is_a_fault() {
    let inner = Methods::new()
        .method("ping", || "pong")
        .layer(layer_fn(|next: CallService| Failing { next, place: "call" }));
    let methods = table().merge(inner);
    assert_eq!(fault(&methods, "ping", ()).await.code(), -32603);
    assert_eq!(call(&methods, "add", (1, 2)).await, Ok(3));
}

#[tokio::test]
async fn a_multicall_by_another_name_in_a_merged_table_takes_its_entries_past_no_layer() {
    let guard = from_fn(|call: Call, next: CallService| async move {
        if call.method == "secret" {
            return Err(Fault::new(403, "not for you"));
        }
        next.run(call).await
    });
    let inner = Methods::new()
        .method("secret", || "the secret")
        .alias("batch", "system.multicall")
        .alias("list", "system.listMethods")
        .layer(user("grace"));
    let methods = table().merge(inner).layer(guard);
    let results: Value = call(&methods, "batch", multicall_of(&["secret", "name", "batch"]))
        .await
        .unwrap();
    assert_eq!(results[0]["faultCode"], Value::Int(403));
    assert_eq!(results[1], value!(["name"]));
    assert_eq!(results[2]["faultCode"], Value::Int(-32600));
    let names: Vec<String> = call(&methods, "list", ()).await.unwrap();
    assert!(names.iter().any(|name| name == "add"), "{names:?}");
}

#[tokio::test]
async fn layers_of_a_table_that_was_merged_under_a_prefix_see_its_own_names() {
    let notes = Notes::default();
    let inner = Methods::new()
        .method("secret", |context: CallContext| {
            context.method().map(str::to_owned)
        })
        .layer(notes.layer("inner"));
    let methods = table().merge_under("x", inner).layer(notes.layer("outer"));
    assert_eq!(call(&methods, "x.secret", ()).await, Ok("x.secret".to_owned()));
    assert_eq!(
        notes.take(),
        [
            "outer x.secret",
            "inner secret",
            "inner secret 0",
            "outer x.secret 0"
        ]
    );
}

#[tokio::test]
async fn a_fallback_stands_behind_the_layers() {
    let notes = Notes::default();
    let methods = Methods::new()
        .fallback(|context: CallContext| context.extension::<User>().map(|user| user.0))
        .layer(user("ada"))
        .layer(notes.layer("x"));
    assert_eq!(call(&methods, "whatever", ()).await, Ok("ada".to_owned()));
    assert_eq!(notes.take(), ["x whatever", "x whatever 0"]);
}
