//! The `system.*` methods, which every table has.

use std::collections::BTreeMap;

use serde::Serialize;
use xmlrpc_core::Fault;

use crate::argument::{Arguments, Parameters};
use crate::describe::Type;
use crate::dispatch::no_such_method;
use crate::handler::{Outcome, Request};
use crate::methods::{Method, Run, Table};
use crate::multicall;
use crate::reply::IntoReply as _;

/// A method that answers from the table it stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum System {
    ListMethods,
    MethodSignature,
    MethodHelp,
    GetCapabilities,
    Multicall,
}

/// A method's name, and what makes it.
type Entry = (&'static str, fn() -> Method);

/// All of them.
pub(crate) const ALL: [Entry; 5] = [
    ("system.listMethods", || {
        System::ListMethods.method(&[], Type::Array, "The names of all methods, sorted.")
    }),
    ("system.methodSignature", || {
        System::MethodSignature.method(
            &[Type::String],
            Type::Array,
            "The signatures of a method: for each an array with the type of the result and those of the parameters. \
             The string \"undef\" for a method whose types are not fixed.",
        )
    }),
    ("system.methodHelp", || {
        System::MethodHelp.method(
            &[Type::String],
            Type::String,
            "What a method does; the empty string where nothing is known of it.",
        )
    }),
    ("system.getCapabilities", || {
        System::GetCapabilities.method(
            &[],
            Type::Struct,
            "What the server supports beyond plain XML-RPC: a struct with a member for each specification, \
             which has specUrl and specVersion.",
        )
    }),
    ("system.multicall", || {
        System::Multicall.method(
            &[Type::Array],
            Type::Array,
            "Makes several calls, one after the other. Takes an array of structs with methodName and params; gives an \
             array with an array of one result for each call that succeeded, and a struct with faultCode and \
             faultString for each one that failed.",
        )
    }),
];

/// One of the answers of `system.getCapabilities`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Capability {
    spec_url: &'static str,
    spec_version: i32,
}

const CAPABILITIES: [(&str, &str, i32); 5] = [
    ("xmlrpc", "http://www.xmlrpc.com/spec", 1),
    (
        "faults_interop",
        "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
        20_010_516,
    ),
    (
        "introspection",
        "http://xmlrpc-epi.sourceforge.net/specs/rfc.introspection.php",
        20_010_516,
    ),
    (
        "system.multicall",
        "http://www.xmlrpc.com/discuss/msgReader$1208",
        1,
    ),
    ("nil", "http://www.ontosys.com/xml-rpc/extensions.php", 1),
];

impl System {
    fn method(self, parameters: &[Type], result: Type, help: &str) -> Method {
        let mut method = Method::new(Run::System(self), Parameters::of(parameters), result);
        method.help = help.into();
        method
    }

    pub(crate) async fn run(self, table: &Table, request: Request<'_>) -> Outcome {
        match self {
            Self::Multicall => multicall::run(table, request).await,
            Self::ListMethods => answer(request, |()| Ok(list(table))),
            Self::GetCapabilities => answer(request, |()| Ok(capabilities())),
            Self::MethodHelp => answer(request, |(name,): (String,)| {
                find(table, &name).map(|method| method.help.to_string())
            }),
            Self::MethodSignature => answer(request, |(name,): (String,)| {
                find(table, &name).map(|method| match method.signature() {
                    Some(signature) => Signatures::Known([signature]),
                    None => Signatures::Unknown(Type::Undefined.name()),
                })
            }),
        }
    }
}

/// What `system.methodSignature` gives.
#[derive(Serialize)]
#[serde(untagged)]
enum Signatures {
    Known([Vec<&'static str>; 1]),
    Unknown(&'static str),
}

impl crate::Describe for Signatures {
    const TYPE: Type = Type::Array;
}

impl crate::Describe for Capability {}

fn answer<A, T>(request: Request<'_>, run: impl FnOnce(A) -> Result<T, Fault>) -> Outcome
where
    A: Arguments<Prepared: Default>,
    T: crate::Describe + Serialize,
{
    let (arguments, encoder) = request.read(&A::Prepared::default())?;
    run(arguments).into_reply(encoder)
}

fn find<'t>(table: &'t Table, name: &str) -> Result<&'t Method, Fault> {
    table.methods.get(name).ok_or_else(|| no_such_method(name))
}

fn list(table: &Table) -> Vec<&str> {
    let mut names: Vec<_> = table.methods.keys().map(AsRef::as_ref).collect();
    names.sort_unstable();
    names
}

fn capabilities() -> BTreeMap<&'static str, Capability> {
    let entry = |(name, spec_url, spec_version)| {
        (
            name,
            Capability {
                spec_url,
                spec_version,
            },
        )
    };
    CAPABILITIES.map(entry).into()
}
