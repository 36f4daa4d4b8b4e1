//! Aliases, namespaces, hidden methods and the fallback.

use xmlrpc_server::{CallContext, Fault, Methods, State, Value, Variadic, value};

use crate::support::{call, fault};

#[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments so")]
fn name(context: CallContext) -> String {
    context.method().unwrap_or_default().to_owned()
}

async fn listed(methods: &Methods) -> Vec<String> {
    let names: Vec<String> = call(methods, "system.listMethods", ()).await.unwrap();
    names
        .into_iter()
        .filter(|name| !name.starts_with("system."))
        .collect()
}

#[tokio::test]
async fn an_alias_is_the_method_under_another_name() {
    let methods = Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .help("add", "Adds.")
        .alias("sum", "add")
        .help("sum", "Sums.")
        .alias("plus", "add")
        .method("name", name)
        .alias("who", "name")
        .alias("list", "system.listMethods");
    assert_eq!(call(&methods, "sum", (1, 2)).await, Ok(3));
    assert_eq!(call(&methods, "who", ()).await, Ok("who".to_owned()));
    assert_eq!(methods.signatures("sum"), methods.signatures("add"));
    for (name, help) in [("add", "Adds."), ("sum", "Sums."), ("plus", "Adds.")] {
        assert_eq!(
            call(&methods, "system.methodHelp", (name,)).await,
            Ok(help.to_owned())
        );
    }
    assert_eq!(
        listed(&methods).await,
        ["add", "list", "name", "plus", "sum", "who"]
    );
    let by_alias: Vec<String> = call(&methods, "list", ()).await.unwrap();
    let by_name: Vec<String> = call(&methods, "system.listMethods", ()).await.unwrap();
    assert_eq!(by_alias, by_name);
}

#[test]
#[should_panic(expected = "there is no method \"add\" to give another name")]
fn an_alias_of_nothing_panics() {
    let _ = Methods::new().alias("sum", "add");
}

#[test]
#[should_panic(expected = "there is a method \"sum\" already")]
fn an_alias_that_is_a_method_already_panics() {
    let _ = Methods::new()
        .method("add", || 1)
        .method("sum", || 2)
        .alias("sum", "add");
}

#[tokio::test]
async fn a_table_is_merged_under_a_prefix() {
    let users = Methods::new()
        .state(5_i32)
        .method("get", |state: State<i32>, id: i32| *state + id)
        .help("get", "Gives a user.")
        .method("name", name)
        .merge_under("admin", Methods::new().method("drop", || true));
    let methods = Methods::new()
        .method("get", || "root")
        .merge_under("users", users.clone())
        .merge_under("old.users", users.layer(tower_layer::Identity::new()));
    assert_eq!(
        listed(&methods).await,
        [
            "get",
            "old.users.admin.drop",
            "old.users.get",
            "old.users.name",
            "users.admin.drop",
            "users.get",
            "users.name"
        ]
    );
    assert_eq!(call(&methods, "get", ()).await, Ok("root".to_owned()));
    for prefix in ["users", "old.users"] {
        let under = |name: &str| format!("{prefix}.{name}");
        assert_eq!(call(&methods, &under("get"), (2,)).await, Ok(7));
        assert_eq!(call(&methods, &under("admin.drop"), ()).await, Ok(true));
        assert_eq!(call(&methods, &under("name"), ()).await, Ok(under("name")));
        assert_eq!(
            call(&methods, "system.methodHelp", (under("get"),)).await,
            Ok("Gives a user.".to_owned())
        );
    }
    assert_eq!(
        fault(&methods, "users.system.listMethods", ()).await.code(),
        -32601
    );
}

#[test]
fn a_name_that_is_there_under_the_prefix_is_an_error_that_tells_it() {
    let table = || Methods::new().method("b.c", || 1);
    let methods = Methods::new().method("a.b.c", || 1);
    let error = methods.try_merge_under("a", table()).unwrap_err();
    assert_eq!(error.duplicate_method(), Some("a.b.c"));
    let methods = Methods::new().method("a.b", || 1);
    assert!(methods.try_merge_under("a", table()).is_ok());
}

#[test]
#[should_panic(expected = "there is a method \"a.m\" already")]
fn merging_a_name_twice_under_a_prefix_panics() {
    let table = || Methods::new().method("m", || 1);
    let _ = Methods::new().merge_under("a", table()).merge_under("a", table());
}

#[tokio::test]
async fn a_hidden_method_is_called_but_not_listed() {
    let methods = Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .method("debug", || "secret")
        .help("debug", "Shows it.")
        .hidden("debug")
        .hidden("system.multicall");
    assert_eq!(listed(&methods).await, ["add"]);
    assert!(
        methods
            .names()
            .all(|name| name != "debug" && name != "system.multicall")
    );
    assert_eq!(call(&methods, "debug", ()).await, Ok("secret".to_owned()));
    assert_eq!(
        call(&methods, "system.multicall", (value!([]),)).await,
        Ok(value!([]))
    );
    assert_eq!(call(&methods, "system.methodExist", ("debug",)).await, Ok(true));
    assert_eq!(
        call(&methods, "system.methodHelp", ("debug",)).await,
        Ok("Shows it.".to_owned())
    );
    assert_eq!(
        call(&methods, "system.methodSignature", ("debug",)).await,
        Ok(value!([["string"]]))
    );
    let merged = Methods::new().merge_under("x", methods);
    assert_eq!(listed(&merged).await, ["x.add"]);
    assert_eq!(call(&merged, "x.debug", ()).await, Ok("secret".to_owned()));
}

#[test]
#[should_panic(expected = "there is no method \"m\" to hide")]
fn hiding_nothing_panics() {
    let _ = Methods::new().hidden("m");
}

#[tokio::test]
async fn a_fallback_answers_for_methods_that_are_not_there() {
    #[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments so")]
    fn echo(context: CallContext, params: Variadic<Value>) -> Vec<Value> {
        std::iter::once(Value::from(context.method().unwrap_or_default()))
            .chain(params)
            .collect()
    }
    let plain = Methods::new().method("there", || 1).fallback(echo);
    let asynchronous = Methods::new()
        .method("there", || 1)
        .async_fallback(|context: CallContext, params: Variadic<Value>| async move { echo(context, params) });
    let blocking = Methods::new().method("there", || 1).blocking_fallback(echo);
    for methods in [plain, asynchronous, blocking] {
        assert_eq!(call(&methods, "there", ()).await, Ok(1));
        assert_eq!(
            call(&methods, "any.thing", (1, "x")).await,
            Ok(value!(["any.thing", 1, "x"]))
        );
        let entries = value!([{ "methodName": "elsewhere", "params": [nil] }, { "methodName": "there" }]);
        assert_eq!(
            call(&methods, "system.multicall", (entries,)).await,
            Ok(value!([[["elsewhere", nil]], [1]]))
        );
        assert_eq!(listed(&methods).await, ["there"]);
        assert_eq!(
            call(&methods, "system.methodExist", ("any.thing",)).await,
            Ok(false)
        );
        for method in ["system.methodHelp", "system.methodSignature"] {
            assert_eq!(fault(&methods, method, ("any.thing",)).await.code(), -32601);
        }
    }
}

#[tokio::test]
async fn a_fallback_of_types_refuses_what_does_not_fit() {
    let methods = Methods::new().fallback(|x: i32| Err::<i32, _>(Fault::new(x, "no")));
    assert_eq!(fault(&methods, "any", (5,)).await.code(), 5);
    let refused = fault(&methods, "any", ()).await;
    assert_eq!(refused.string(), "any takes 1 parameter, but 0 came");
}

#[tokio::test]
async fn a_fallback_stays_with_its_table() {
    let other = Methods::new().method("m", || 1).fallback(|| 2);
    let methods = Methods::new().merge_under("other", other);
    assert_eq!(fault(&methods, "other.any", ()).await.code(), -32601);
}

#[test]
#[should_panic(expected = "there is a fallback already")]
fn a_second_fallback_panics() {
    let _ = Methods::new().fallback(|| 1).async_fallback(|| async { 2 });
}
