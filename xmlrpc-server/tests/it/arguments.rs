use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use xmlrpc_server::{
    Base64, CallContext, DateTime, Describe, Fault, Methods, State, Undescribed, Value, Variadic, value,
};

use crate::support::{call, fault};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    age: Option<u8>,
}

impl Describe for User {}

#[tokio::test]
async fn a_handler_without_arguments_takes_no_parameters() {
    let methods = Methods::new().method("answer", || 42);
    assert_eq!(call(&methods, "answer", ()).await, Ok(42));
    let refused = fault(&methods, "answer", (1,)).await;
    assert_eq!(
        (refused.code(), refused.string()),
        (-32602, "answer takes 0 parameters, but 1 came")
    );
}

#[tokio::test]
async fn twelve_parameters_fit_beside_state_and_context() {
    type D = f64;
    #[rustfmt::skip]
    let sum = |a: D, b: D, c: D, d: D, e: D, f: D, factor: State<f64>, g: D, h: D, i: D, j: D, k: D, l: D, context: CallContext| {
        let sum = a + b + c + d + e + f + g + h + i + j + k + l;
        format!("{} {}", context.method().unwrap(), sum * *factor)
    };
    let methods = Methods::new().state(0.5).method("sum", sum);
    let sum = call::<String>(&methods, "sum", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.0)).await;
    assert_eq!(sum, Ok("sum 39".to_owned()));
    assert_eq!(methods.signature("sum").unwrap(), {
        let mut types = vec!["double"; 13];
        types[0] = "string";
        types
    });
    let refused = fault(&methods, "sum", (1, 2)).await;
    assert_eq!(refused.string(), "sum takes 12 parameters, but 2 came");
}

#[tokio::test]
async fn every_type_of_the_protocol_is_taken_and_given() {
    let methods = Methods::new()
        .method("int", |x: i32| x)
        .method("wide", |x: i64| x)
        .method("boolean", |x: bool| x)
        .method("double", |x: f64| x)
        .method("string", |x: String| x)
        .method("time", |x: DateTime| x)
        .method("bytes", |x: Base64| x)
        .method("array", |x: Vec<i32>| x)
        .method("tuple", |x: (i32, String)| x)
        .method("map", |x: BTreeMap<String, i32>| x)
        .method("user", |x: User| x)
        .method("option", |x: Option<i32>| x)
        .method("value", |x: Value| x)
        .method("nothing", |(): ()| ());
    let time = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
    for (method, type_name, sample) in [
        ("int", "int", value!(-1)),
        ("wide", "i8", value!(5_000_000_000_i64)),
        ("boolean", "boolean", value!(true)),
        ("double", "double", value!(2.5)),
        ("string", "string", value!(" <&> ")),
        ("time", "dateTime.iso8601", Value::DateTime(time)),
        ("bytes", "base64", Value::Base64(Base64::from(*b"\0\xFF"))),
        ("array", "array", value!([1, 2])),
        ("tuple", "array", value!([1, "x"])),
        ("map", "struct", value!({ "a": 1 })),
        ("user", "struct", value!({ "name": "Ada", "age": 36 })),
        ("option", "int", Value::Nil),
        ("nothing", "nil", Value::Nil),
    ] {
        assert_eq!(call(&methods, method, (&sample,)).await, Ok(sample), "{method}");
        assert_eq!(methods.signature(method), Some(vec![type_name; 2]), "{method}");
    }
    let anything = value!([{ "a": [nil, 1] }, "x"]);
    assert_eq!(call(&methods, "value", (&anything,)).await, Ok(anything));
    assert_eq!(methods.signature("value"), None);
}

#[tokio::test]
async fn a_missing_member_is_none() {
    let methods = Methods::new().method("is_young", |user: User| user.age.is_none_or(|age| age < 30));
    let params = (value!({ "name": "Ada" }),);
    assert_eq!(call(&methods, "is_young", params).await, Ok(true));
}

#[tokio::test]
async fn a_parameter_of_another_type_is_named() {
    let methods = Methods::new().method("move", |_: User, _: Vec<f64>| ());
    for (params, path) in [
        (value!([{ "name": "x" }, [1.0, "2"]]), "params[1][1]"),
        (value!([{ "name": 7 }, []]), "params[0].name"),
        (value!([{ "name": "x", "age": 300 }, []]), "params[0].age"),
        (value!([1, []]), "params[0]"),
    ] {
        let Value::Array(params) = params else {
            unreachable!()
        };
        let refused = fault(&methods, "move", params).await;
        assert_eq!(refused.code(), -32602, "{refused}");
        assert!(refused.string().starts_with("expected "), "{refused}");
        assert!(
            refused.string().contains(&format!(" in {path} at line")),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_wider_number_is_refused_where_it_does_not_fit() {
    let methods = Methods::new()
        .method("byte", |x: u8| x)
        .method("double", |x: f64| x);
    assert_eq!(call(&methods, "byte", (255,)).await, Ok(255));
    assert_eq!(fault(&methods, "byte", (256,)).await.code(), -32602);
    assert_eq!(fault(&methods, "byte", (1.0,)).await.code(), -32602);
    assert_eq!(call(&methods, "double", (3,)).await, Ok(3.0));
}

#[tokio::test]
async fn a_variadic_takes_what_is_left() {
    let methods = Methods::new()
        .method("sum", |numbers: Variadic<i64>| numbers.iter().sum::<i64>())
        .method("join", |separator: String, texts: Variadic<String>| {
            texts.join(&separator)
        });
    assert_eq!(call(&methods, "sum", ()).await, Ok(0));
    assert_eq!(call(&methods, "sum", [1, 2, 3].as_slice()).await, Ok(6));
    assert_eq!(
        call(&methods, "join", ("-", "a", "b")).await,
        Ok("a-b".to_owned())
    );
    assert_eq!(call(&methods, "join", ("-",)).await, Ok(String::new()));
    let refused = fault(&methods, "join", ()).await;
    assert_eq!(refused.string(), "join takes at least 1 parameter, but 0 came");
    let refused = fault(&methods, "sum", (1, "x")).await;
    assert!(refused.string().contains("params[1]"), "{refused}");
    assert_eq!(methods.signature("join"), None);
}

#[tokio::test]
async fn state_is_shared_by_all_calls() {
    let methods = Methods::new()
        .state(AtomicU32::new(7))
        .method("next", |counter: State<AtomicU32>| {
            counter.fetch_add(1, Ordering::Relaxed)
        });
    assert_eq!(call(&methods, "next", ()).await, Ok(7));
    assert_eq!(call(&methods, "next", ()).await, Ok(8));
    assert_eq!(methods.signature("next"), Some(vec!["i8"]));
}

#[tokio::test]
async fn a_method_keeps_the_state_that_it_was_registered_with() {
    let name = |name: State<&'static str>| *name;
    let methods = Methods::new()
        .state("first")
        .method("a", name)
        .state("second")
        .method("b", name)
        .merge(Methods::new().state("third").method("c", name));
    for (method, state) in [("a", "first"), ("b", "second"), ("c", "third")] {
        assert_eq!(call(&methods, method, ()).await, Ok(state.to_owned()));
    }
}

#[tokio::test]
async fn a_type_of_another_crate_is_taken_undescribed() {
    use std::time::Duration;
    let methods = Methods::new().method("twice", |Undescribed(time): Undescribed<Duration>| {
        Undescribed(time * 2)
    });
    let time = call::<Duration>(&methods, "twice", (Duration::new(1, 5),)).await;
    assert_eq!(time, Ok(Duration::new(2, 10)));
}

#[tokio::test]
async fn a_panic_while_an_argument_is_read_is_a_fault() {
    struct Bomb;
    impl<'de> Deserialize<'de> for Bomb {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("boom")
        }
    }
    impl Describe for Bomb {}
    let methods = Methods::new()
        .method("plain", |_: Bomb| ())
        .async_method("async", |_: Bomb| async {})
        .blocking_method("blocking", |_: Bomb| ());
    for method in ["plain", "async", "blocking"] {
        let refused: Fault = fault(&methods, method, (1,)).await;
        assert_eq!(refused.code(), -32603);
        assert!(!refused.string().contains("boom"));
    }
}
