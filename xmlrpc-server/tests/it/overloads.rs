use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_server::{CallContext, Fault, Methods, State, Value, Variadic, value};

use crate::support::{call, dispatch, fault};

fn methods() -> Methods {
    Methods::new()
        .state("shared")
        .method("double", |x: i32| x * 2)
        .overload("double", |x: String| x.repeat(2))
        .async_overload("double", |x: Vec<i32>| async move { [x.clone(), x].concat() })
        .blocking_overload("double", |x: bool, y: Option<f64>| (x, y))
        .overload("state", |state: State<&'static str>, _: CallContext| {
            state.to_string()
        })
}

#[tokio::test]
async fn the_first_handler_runs_whose_count_and_types_fit() {
    let methods = methods();
    for (params, expected) in [
        (value!([4]), value!(8)),
        (value!(["ab"]), value!("abab")),
        (value!([[1, 2]]), value!([1, 2, 1, 2])),
        (value!([true]), value!([true, nil])),
        (value!([true, 2]), value!([true, 2.0])),
    ] {
        assert_eq!(
            call(&methods, "double", params.clone()).await,
            Ok(expected),
            "{params}"
        );
    }
    assert_eq!(call(&methods, "state", ()).await, Ok("shared".to_owned()));
}

#[tokio::test]
async fn registration_decides_where_several_fit() {
    let doubles_first = Methods::new()
        .overload("kind", |_: f64| "double")
        .overload("kind", |_: i32| "int")
        .overload("kind", |_: Value| "any");
    let ints_first = Methods::new()
        .overload("kind", |_: i32| "int")
        .overload("kind", |_: f64| "double")
        .overload("kind", |_: Variadic<Value>| "any");
    for (value, by_doubles, by_ints) in [
        (value!(1), "double", "int"),
        (value!(1.5), "double", "double"),
        (value!("x"), "any", "any"),
    ] {
        assert_eq!(
            call(&doubles_first, "kind", (value.clone(),)).await,
            Ok(by_doubles.to_owned())
        );
        assert_eq!(call(&ints_first, "kind", (value,)).await, Ok(by_ints.to_owned()));
    }
    assert_eq!(call(&ints_first, "kind", (1, 2)).await, Ok("any".to_owned()));
}

#[tokio::test]
async fn where_none_fits_the_fault_lists_them() {
    let methods = methods();
    let taken = "double takes (int) or (string) or (array) or (boolean, [double])";
    for (params, came) in [
        (value!([]), "()"),
        (value!([{}]), "(struct)"),
        (value!([1, nil]), "(int, nil)"),
        (
            value!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
            "(int, int, int, int, int, int, int, int, int, int, int, int, int, int, …)",
        ),
    ] {
        let fault = fault(&methods, "double", params).await;
        assert_eq!(fault.code(), -32602);
        assert_eq!(fault.string(), format!("{taken}, but {came} came"));
    }
    let any = Methods::new()
        .overload("any", |_: Value| 1)
        .overload("any", |_: i32, _: i32, _: Variadic<i32>| 2);
    let fault = fault(&any, "any", ()).await;
    assert_eq!(fault.string(), "any takes (any) or (int, int, …), but () came");
}

#[tokio::test]
async fn a_parameter_that_is_wrong_in_itself_is_told_as_such() {
    let methods = methods();
    let wrong = |value: &str| {
        format!(
            "<methodCall><methodName>double</methodName><params><param><value>{value}</value></param></params></methodCall>"
        )
    };
    let reply = dispatch(&methods, wrong("<int>x</int>")).await;
    assert!(
        reply.contains("-32602") && reply.contains("expected int, found"),
        "{reply}"
    );
    let reply = dispatch(&methods, wrong("<foo/>")).await;
    assert!(reply.contains("-32600"), "{reply}");
    let whole = wrong("<int>1</int>");
    let reply = dispatch(&methods, &whole[..whole.len() - 3]).await;
    assert!(reply.contains("-32700"), "{reply}");
}

#[tokio::test]
async fn a_handler_that_was_chosen_has_answered() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new()
        .overload("m", |_: i32| Err::<i32, _>(Fault::new(-32602, "not today")))
        .overload("m", |_: f64| -> i32 { panic!("secret") })
        .overload("m", move |_: Value| counter.fetch_add(1, Ordering::Relaxed));
    assert_eq!(fault(&methods, "m", (1,)).await.string(), "not today");
    assert_eq!(
        fault(&methods, "m", (1.5,)).await.string(),
        "m failed inside the server"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert_eq!(call(&methods, "m", ("x",)).await, Ok(0));
}

#[tokio::test]
async fn signatures_are_those_of_all_handlers() {
    let methods = methods();
    let expected = value!([
        ["int", "int"],
        ["string", "string"],
        ["array", "array"],
        ["array", "boolean"],
        ["array", "boolean", "double"],
    ]);
    assert_eq!(
        call(&methods, "system.methodSignature", ("double",)).await,
        Ok(expected)
    );
    assert_eq!(methods.signature("double"), Some(vec!["int", "int"]));
    let same = Methods::new()
        .overload("m", |x: i32| x)
        .overload("m", |x: i32, _: Option<i32>| x);
    assert_eq!(
        same.signatures("m"),
        [vec!["int", "int"], vec!["int", "int", "int"]]
    );
    let unknown = methods.overload("double", |x: Value| x);
    assert_eq!(
        call(&unknown, "system.methodSignature", ("double",)).await,
        Ok("undef".to_owned())
    );
}

#[tokio::test]
async fn handlers_stay_with_a_method_that_is_merged_or_named_again() {
    let inner = methods()
        .alias("twice", "double")
        .layer(tower_layer::Identity::new());
    let methods = Methods::new().merge(methods()).merge_under("inner", inner);
    for name in ["double", "inner.double", "inner.twice"] {
        assert_eq!(call(&methods, name, (4,)).await, Ok(8), "{name}");
        assert_eq!(call(&methods, name, ("a",)).await, Ok("aa".to_owned()), "{name}");
        assert_eq!(methods.signatures(name).len(), 5, "{name}");
    }
}

#[test]
#[should_panic(expected = "the method \"system.listMethods\" can have no other handlers")]
fn a_system_method_has_no_other_handlers() {
    let _ = Methods::new().overload("system.listMethods", || 1);
}

#[test]
#[should_panic(expected = "the method \"system.multicall\" can have no other handlers")]
fn a_multicall_has_no_other_handlers() {
    let _ = Methods::new().overload("system.multicall", || 1);
}

#[test]
#[should_panic(expected = "the method \"m\" can have no other handlers")]
fn a_method_behind_layers_of_its_own_has_no_other_handlers() {
    let other = Methods::new()
        .method("m", || 1)
        .layer(tower_layer::Identity::new());
    let _ = Methods::new().merge(other).overload("m", |x: i32| x);
}

#[test]
#[should_panic(expected = "there is a method \"m\" already")]
fn a_method_beside_overloads_panics() {
    let _ = Methods::new().overload("m", || 1).method("m", |x: i32| x);
}
