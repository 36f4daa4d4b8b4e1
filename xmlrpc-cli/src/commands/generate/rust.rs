//! A module of Rust: a trait with a function for each method, of which `#[rpc]` makes the client.
//!
//! It is written as rustfmt leaves it, at its defaults.

use std::fmt::Write as _;

use super::markdown::help;
use super::names::{Functions, is_callable};
use super::signatures::{Params, Shape, Type};
use crate::introspection::Method;

/// rustfmt's default for a line.
const WIDTH: usize = 100;

/// `trait_name` is a name of Rust; `address` has no line breaks.
pub(super) fn module(trait_name: &str, address: &str, methods: &[Method]) -> String {
    let (callable, left_out): (Vec<&Method>, Vec<&Method>) =
        methods.iter().partition(|method| is_callable(&method.name));
    let mut functions = Functions::default();
    let functions: Vec<String> = callable
        .iter()
        .map(|method| function(method, &mut functions))
        .collect();
    let mut out = head(trait_name, address, left_out.len());
    let body = functions.join("\n");
    let used = ["Base64", "DateTime", "Struct", "Value"]
        .into_iter()
        .filter(|name| uses(&callable, name));
    match used.collect::<Vec<_>>().as_slice() {
        [] => {}
        [only] => out.push_str(&format!("use xmlrpc_client::{only};\n\n")),
        several => out.push_str(&format!("use xmlrpc_client::{{{}}};\n\n", several.join(", "))),
    }
    let _ = write!(
        out,
        "/// The methods of the server.\n#[xmlrpc_client::rpc(client)]\npub trait {trait_name} {{"
    );
    match body.as_str() {
        "" => out.push_str("}\n"),
        body => out.push_str(&format!("\n{body}}}\n")),
    }
    out
}

/// What the module is, in comments that do no harm where it is included.
fn head(trait_name: &str, address: &str, left_out: usize) -> String {
    let mut head = format!(
        "// The methods of the XML-RPC server at {address}, by `xmlrpc generate`.\n\
         //\n\
         //     let server = {trait_name}Client::new(xmlrpc_client::ServerProxy::new(\"http://…\")?);\n\
         //\n\
         // `Variadic` stands for any number of parameters, where the server does not say which it takes.\n"
    );
    if left_out > 0 {
        let _ = writeln!(
            head,
            "// Methods left out, since no call can carry their names: {left_out}."
        );
    }
    head.push('\n');
    head
}

/// Whether a type is named in the functions for these methods.
fn uses(methods: &[&Method], name: &str) -> bool {
    let names = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .any(|word| word == name)
    };
    methods.iter().any(|method| {
        let shape = Shape::of(&method.signatures);
        let given = match &shape.params {
            Params::Listed { types, .. } => types.iter().any(|of| names(of.argument())),
            Params::Any => name == "Value",
        };
        given || names(shape.result.result())
    })
}

/// The function for a method, with its help and its name.
fn function(method: &Method, functions: &mut Functions) -> String {
    let ident = functions.name(&method.name);
    let mut out = String::new();
    for line in help(&method.help) {
        let _ = writeln!(out, "{}", format!("    /// {line}").trim_end());
    }
    if ident != method.name {
        out.push_str(&attribute(&method.name));
    }
    let shape = Shape::of(&method.signatures);
    let params = match shape.params {
        Params::Any => vec!["params: Variadic<Value>".to_owned()],
        Params::Listed { types, needed } => {
            let numbered = types.iter().enumerate();
            numbered
                .map(|(index, of)| parameter(index + 1, *of, index < needed))
                .collect()
        }
    };
    out.push_str(&declaration(&ident, &params, shape.result));
    out
}

/// The attribute with the method's name, which stays a literal whatever is in it.
fn attribute(name: &str) -> String {
    let line = format!("    #[method(name = {name:?})]\n");
    match line.chars().count() <= WIDTH + 1 {
        true => line,
        false => format!("    #[method(\n        name = {name:?}\n    )]\n"),
    }
}

fn parameter(number: usize, of: Type, needed: bool) -> String {
    let of = of.argument();
    match needed {
        true => format!("arg{number}: {of}"),
        false => format!("arg{number}: Option<{of}>"),
    }
}

/// On one line, if it fits, and else with a line for each parameter.
fn declaration(ident: &str, params: &[String], result: Type) -> String {
    let result = match result {
        Type::Nil => String::new(),
        other => format!(" -> {}", other.result()),
    };
    let all: Vec<&str> = std::iter::once("&self")
        .chain(params.iter().map(String::as_str))
        .collect();
    let line = format!("    fn {ident}({}){result};\n", all.join(", "));
    if line.chars().count() <= WIDTH + 1 {
        return line;
    }
    let lines: String = all.iter().map(|param| format!("        {param},\n")).collect();
    format!("    fn {ident}(\n{lines}    ){result};\n")
}
