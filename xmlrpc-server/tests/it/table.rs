use xmlrpc_server::{Methods, State, Variadic};

use crate::support::call;

#[test]
#[should_panic(expected = "there is a method \"add\" already")]
fn a_name_that_is_there_already_panics() {
    let _ = Methods::new()
        .method("add", || 1)
        .async_method("add", || async { 2 });
}

#[test]
#[should_panic(expected = "there is a method \"system.listMethods\" already")]
fn a_system_method_cannot_be_replaced() {
    let _ = Methods::new().method("system.listMethods", || 1);
}

#[test]
#[should_panic(
    expected = "call `.state(…)` with a `alloc::string::String` before the methods that take `State<alloc::string::String>`"
)]
fn a_state_that_is_not_there_panics_and_says_what_to_call() {
    let _ = Methods::new()
        .method("m", |_: State<String>| 1)
        .state(String::new());
}

#[test]
#[should_panic(expected = "no parameter can follow a `Variadic`")]
fn a_parameter_behind_a_variadic_panics() {
    let _ = Methods::new().method("m", |_: Variadic<i32>, _: i32| 1);
}

#[test]
#[should_panic(expected = "there is no method \"m\"")]
fn help_for_a_method_that_is_not_there_panics() {
    let _ = Methods::new().help("m", "?").method("m", || 1);
}

#[test]
fn merging_a_name_twice_is_an_error_that_tells_it() {
    let table = || Methods::new().method("add", || 1);
    let error = table().try_merge(table()).unwrap_err();
    assert_eq!(error.duplicate_method(), Some("add"));
    assert_eq!(error.to_string(), "there is a method \"add\" already");
}

#[test]
#[should_panic(expected = "there is a method \"add\" already")]
fn merging_a_name_twice_panics() {
    let table = || Methods::new().method("add", || 1);
    let _ = table().merge(table());
}

#[tokio::test]
async fn merged_tables_answer_for_both() {
    let methods = Methods::new()
        .method("a", || 1)
        .merge(Methods::new().method("b", || 2).help("b", "two"));
    assert_eq!(call(&methods, "a", ()).await, Ok(1));
    assert_eq!(call(&methods, "b", ()).await, Ok(2));
    assert_eq!(
        call(&methods, "system.methodHelp", ("b",)).await,
        Ok("two".to_owned())
    );
}

#[test]
fn a_table_prints_its_names() {
    let printed = format!("{:?}", Methods::new().method("add", || 1));
    assert!(
        printed.starts_with("Methods([\"add\", \"system.getCapabilities\""),
        "{printed}"
    );
}
