use xmlrpc_server::{CallContext, Limits, Methods, Variadic, value};

use crate::support::fault;

#[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments so")]
fn greet(_: CallContext, name: String, user: Vec<(String, u8)>, greeting: Option<String>) -> String {
    format!("{greeting:?} {name} {user:?}")
}

fn methods() -> Methods {
    Methods::new()
        .method("greet", greet)
        .parameter_names("greet", ["name", "user", "greeting"])
        .method("sum", |first: f64, rest: Variadic<f64>| {
            first + rest.iter().sum::<f64>()
        })
        .parameter_names("sum", ["first", "rest"])
        .alias("plus", "sum")
        .method("some", |a: i32, b: i32| a + b)
        .parameter_names("some", ["a"])
        .method("none", |a: i32| a)
        .parameter_names("none", ["a"])
        .parameter_names("none", [""; 0])
        .overload("more", |a: i32| a)
        .overload("more", |a: i32, b: String| (a, b))
        .parameter_names("more", ["a", "b"])
}

#[tokio::test]
async fn a_fault_for_a_parameter_of_another_type_begins_with_its_name() {
    let methods = methods();
    for (method, params, text) in [
        (
            "greet",
            value!([1, []]),
            "parameter name: expected a string, found int 1 in params[0] at line ",
        ),
        (
            "greet",
            value!(["x", [["y", 7], ["z", 300]]]),
            "parameter user: expected u8, found int 300 in params[1][1][1] at line ",
        ),
        (
            "greet",
            value!(["x", [], 1]),
            "parameter greeting: expected a string",
        ),
        ("sum", value!(["x"]), "parameter first: expected f64"),
        ("plus", value!(["x"]), "parameter first: expected f64"),
        ("some", value!(["x", 1]), "parameter a: expected i32"),
        (
            "some",
            value!([1, "x"]),
            "expected i32, found string \"x\" in params[1] at line ",
        ),
        (
            "none",
            value!(["x"]),
            "expected i32, found string \"x\" in params[0] at line ",
        ),
    ] {
        let fault = fault(&methods, method, params.clone()).await;
        assert_eq!(fault.code(), -32602);
        assert!(fault.string().starts_with(text), "{method} {params}: {fault}");
    }
}

#[tokio::test]
async fn a_fault_for_the_number_of_parameters_lists_their_names() {
    let methods = methods();
    for (method, params, text) in [
        (
            "greet",
            value!([]),
            "greet takes 2 to 3 parameters (name, user, [greeting]), but 0 came",
        ),
        (
            "greet",
            value!([1, 2, 3, 4]),
            "parameter name: expected a string, found int 1 in params[0]",
        ),
        (
            "greet",
            value!(["a", [], "b", 4]),
            "greet takes 2 to 3 parameters (name, user, [greeting]), but 4 came",
        ),
        (
            "sum",
            value!([]),
            "sum takes at least 1 parameter (first, rest…), but 0 came",
        ),
        ("some", value!([1]), "some takes 2 parameters (a), but 1 came"),
        ("none", value!([]), "none takes 1 parameter, but 0 came"),
        (
            "more",
            value!([]),
            "more takes (int) or (int, string), but () came",
        ),
    ] {
        let fault = fault(&methods, method, params.clone()).await;
        assert!(fault.string().starts_with(text), "{method} {params}: {fault}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_document_is_no_parameter_s_fault() {
    let limits = Limits::default().string_bytes(3);
    let fault = fault(
        &methods().limits(limits),
        "greet",
        value!(["Ada", [["Countess", 1]]]),
    )
    .await;
    assert_eq!(fault.code(), -32600);
    assert!(!fault.string().contains("parameter"), "{fault}");
}

#[test]
#[should_panic(expected = "there is no method \"add\" to name the parameters of: register it before")]
fn a_method_that_is_not_there_has_no_parameters_to_name() {
    let _ = Methods::new().parameter_names("add", ["a", "b"]);
}
