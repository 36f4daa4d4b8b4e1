use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xmlrpc_server::{Describe, Dialect, Methods, NilForm, Policy, Reading, Value, Variadic, value};

use crate::support::{call, fault};

#[derive(Serialize, Deserialize)]
struct Point {
    x: f64,
}

impl Describe for Point {}

fn methods() -> Methods {
    Methods::new()
        .method("quadratic", |a: f64, b: f64, c: f64| vec![a, b, c])
        .method("anything", |x: Value| x)
        .method("many", |x: Variadic<i32>| x.iter().sum::<i32>())
        .async_method("point", |point: Point| async {
            Ok::<_, xmlrpc_server::Fault>(point)
        })
        .help("quadratic", "roots of <a> & <b>")
}

#[tokio::test]
async fn all_methods_are_listed_in_order() {
    let names: Vec<String> = call(&methods(), "system.listMethods", ()).await.unwrap();
    assert_eq!(
        names,
        [
            "anything",
            "many",
            "point",
            "quadratic",
            "system.getCapabilities",
            "system.listMethods",
            "system.methodExist",
            "system.methodHelp",
            "system.methodSignature",
            "system.multicall",
        ]
    );
}

#[tokio::test]
async fn signatures_come_from_the_types_of_the_handler() {
    let methods = methods();
    for (name, signature) in [
        ("quadratic", value!([["array", "double", "double", "double"]])),
        ("point", value!([["struct", "struct"]])),
        ("anything", value!("undef")),
        ("many", value!("undef")),
        ("system.listMethods", value!([["array"]])),
        ("system.methodSignature", value!([["array", "string"]])),
        ("system.methodHelp", value!([["string", "string"]])),
        ("system.methodExist", value!([["boolean", "string"]])),
        ("system.getCapabilities", value!([["struct"]])),
        ("system.multicall", value!([["array", "array"]])),
    ] {
        assert_eq!(
            call(&methods, "system.methodSignature", (name,)).await,
            Ok(signature),
            "{name}"
        );
    }
}

#[tokio::test]
async fn help_is_given_or_empty() {
    let methods = methods();
    assert_eq!(
        call(&methods, "system.methodHelp", ("quadratic",)).await,
        Ok("roots of <a> & <b>".to_owned())
    );
    assert_eq!(
        call(&methods, "system.methodHelp", ("point",)).await,
        Ok(String::new())
    );
    for name in methods.names().filter(|name| name.starts_with("system.")) {
        let help: String = call(&methods, "system.methodHelp", (name,)).await.unwrap();
        assert!(help.len() > 20, "{name}: {help:?}");
    }
}

#[tokio::test]
async fn asking_for_an_unknown_method_is_a_fault() {
    for method in ["system.methodSignature", "system.methodHelp"] {
        assert_eq!(fault(&methods(), method, ("nothing",)).await.code(), -32601);
    }
    for method in [
        "system.methodSignature",
        "system.methodHelp",
        "system.methodExist",
    ] {
        assert_eq!(fault(&methods(), method, (1,)).await.code(), -32602);
        assert_eq!(fault(&methods(), method, ()).await.code(), -32602);
    }
    assert_eq!(fault(&methods(), "system.listMethods", (1,)).await.code(), -32602);
}

#[tokio::test]
async fn capabilities_name_their_specifications() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Capability {
        spec_url: String,
        spec_version: i32,
    }
    let capabilities: BTreeMap<String, Capability> =
        call(&methods(), "system.getCapabilities", ()).await.unwrap();
    let names: Vec<_> = capabilities.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "faults_interop",
            "introspect",
            "introspection",
            "nil",
            "system.multicall",
            "xmlrpc"
        ]
    );
    assert_eq!(capabilities["faults_interop"].spec_version, 20_010_516);
    assert_eq!(capabilities["introspect"].spec_version, 1);
    assert_eq!(capabilities["introspection"].spec_version, 2);
    assert_eq!(capabilities["xmlrpc"].spec_url, "http://www.xmlrpc.com/spec");
}

#[tokio::test]
async fn whether_a_method_exists_is_told_by_its_exact_name() {
    let methods = methods();
    for (name, exists) in [
        ("quadratic", true),
        ("system.methodExist", true),
        ("Quadratic", false),
        (" quadratic", false),
        ("", false),
    ] {
        assert_eq!(
            call(&methods, "system.methodExist", (name,)).await,
            Ok(exists),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn nil_is_a_capability_only_where_it_is_read_and_written() {
    for (methods, has_nil) in [
        (Methods::new(), true),
        (Methods::new().dialect(Dialect::spec()), false),
        (
            Methods::new().dialect(Dialect::default().nil(NilForm::Extension)),
            false,
        ),
        (
            Methods::new().reading(Reading::default().nil(Policy::Refuse)),
            false,
        ),
    ] {
        let capabilities: BTreeMap<String, Value> =
            call(&methods, "system.getCapabilities", ()).await.unwrap();
        assert_eq!(capabilities.contains_key("nil"), has_nil);
        assert!(capabilities.contains_key("system.multicall"));
    }
}
