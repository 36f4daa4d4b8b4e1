use xmlrpc_server::{CallContext, Dialect, Methods, State, Value, Variadic, value};

use crate::support::{call, dispatch, fault, plain_call};

fn methods() -> Methods {
    Methods::new()
        .state(7_i32)
        .method(
            "log",
            |text: String, level: Option<i32>, tags: Option<Vec<String>>| {
                format!("{text} {level:?} {tags:?}")
            },
        )
        .method(
            "all",
            |a: Option<i32>, _: CallContext, b: Option<f64>, _: State<i32>| format!("{a:?} {b:?}"),
        )
        .method("middle", |a: Option<i32>, b: i32| a.map_or(b, |a| a + b))
        .method("rest", |a: i32, b: Option<i32>, rest: Variadic<i32>| {
            format!("{a} {b:?} {:?}", rest.0)
        })
        .method("boxed", |x: Box<Option<i32>>| *x)
        .async_method("later", |x: Option<i32>| async move { x.unwrap_or(-1) })
        .blocking_method("elsewhere", |x: Option<Value>| x.unwrap_or(Value::from("none")))
}

#[tokio::test]
async fn what_is_left_out_at_the_end_is_none_and_so_is_nil() {
    let methods = methods();
    for (method, params, expected) in [
        ("log", value!(["x"]), value!("x None None")),
        ("log", value!(["x", 5]), value!("x Some(5) None")),
        ("log", value!(["x", 5, ["a"]]), value!("x Some(5) Some([\"a\"])")),
        ("log", value!(["x", nil, ["a"]]), value!("x None Some([\"a\"])")),
        ("log", value!(["x", nil, nil]), value!("x None None")),
        ("all", value!([]), value!("None None")),
        ("all", value!([nil, 1.5]), value!("None Some(1.5)")),
        ("middle", value!([nil, 2]), value!(2)),
        ("rest", value!([1]), value!("1 None []")),
        ("rest", value!([1, 2, 3, 4]), value!("1 Some(2) [3, 4]")),
        ("boxed", value!([]), value!(nil)),
        ("later", value!([]), value!(-1)),
        ("elsewhere", value!([]), value!("none")),
        ("elsewhere", value!([[1]]), value!([1])),
    ] {
        assert_eq!(
            call(&methods, method, params.clone()).await,
            Ok(expected),
            "{method} {params}"
        );
    }
}

#[tokio::test]
async fn what_is_not_at_the_end_has_to_be_there() {
    let methods = methods();
    for (method, params, text) in [
        ("log", value!([]), "log takes 1 to 3 parameters, but 0 came"),
        (
            "log",
            value!(["x", 1, [], 4]),
            "log takes 1 to 3 parameters, but 4 came",
        ),
        ("middle", value!([1]), "middle takes 2 parameters, but 1 came"),
        (
            "all",
            value!([1, 2, 3]),
            "all takes 0 to 2 parameters, but 3 came",
        ),
        ("rest", value!([]), "rest takes at least 1 parameter, but 0 came"),
        (
            "later",
            value!([1, 2]),
            "later takes 0 to 1 parameter, but 2 came",
        ),
    ] {
        let fault = fault(&methods, method, params).await;
        assert_eq!((fault.code(), fault.string()), (-32602, text));
    }
    let wrong = fault(&methods, "log", ("x", "five")).await;
    assert!(wrong.string().contains("params[1]"), "{wrong}");
}

#[tokio::test]
async fn there_is_a_signature_for_each_length_and_the_shortest_is_first() {
    let methods = methods();
    for (method, signatures) in [
        (
            "log",
            value!([
                ["string", "string"],
                ["string", "string", "int"],
                ["string", "string", "int", "array"],
            ]),
        ),
        (
            "all",
            value!([["string"], ["string", "int"], ["string", "int", "double"]]),
        ),
        ("middle", value!([["int", "int", "int"]])),
        ("rest", value!("undef")),
        ("elsewhere", value!("undef")),
        ("boxed", value!([["int"], ["int", "int"]])),
    ] {
        assert_eq!(
            call(&methods, "system.methodSignature", (method,)).await,
            Ok(signatures),
            "{method}"
        );
    }
    assert_eq!(methods.signatures("middle"), [["int", "int", "int"]]);
    assert_eq!(methods.signature("all"), Some(vec!["string", "int", "double"]));
    assert!(methods.signatures("rest").is_empty());
    assert!(methods.signatures("nothing").is_empty());
}

#[tokio::test]
async fn a_call_without_a_list_of_parameters_leaves_all_of_them_out() {
    let methods = methods().dialect(Dialect::spec());
    let reply = dispatch(&methods, plain_call("later")).await;
    assert!(reply.contains("<int>-1</int>"), "{reply}");
}
