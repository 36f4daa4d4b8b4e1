//! The `system.*` methods, which every table has.

use std::collections::BTreeMap;

use serde::Serialize;
use xmlrpc_core::{Array, Fault, Struct};

use crate::argument::{Arguments, Parameters};
use crate::describe::{Described, Type};
use crate::dispatch::no_such_method;
use crate::handler::{Outcome, Request};
use crate::method::{Method, Run, Signature};
use crate::methods::Table;

/// A method that answers from the table it stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum System {
    ListMethods,
    MethodExist,
    MethodSignature,
    MethodHelp,
    GetCapabilities,
}

/// A method's name, and what makes it.
type Entry = (&'static str, fn() -> Method);

/// All of them.
pub(crate) const ALL: [Entry; 6] = [
    ("system.listMethods", || {
        System::ListMethods.method::<()>(Described::ARRAY, "The names of all methods, sorted.")
    }),
    ("system.methodExist", || {
        System::MethodExist
            .method::<(String,)>(Described::of::<bool>(), "Whether there is a method of this name.")
    }),
    ("system.methodSignature", || {
        System::MethodSignature.method::<(String,)>(
            Described::ARRAY,
            "The signatures of a method: for each an array with the type of the result and those of the parameters. \
             The string \"undef\" for a method whose types are not fixed.",
        )
    }),
    ("system.methodHelp", || {
        System::MethodHelp.method::<(String,)>(
            Described::of::<String>(),
            "What a method does; the empty string where nothing is known of it.",
        )
    }),
    ("system.getCapabilities", || {
        System::GetCapabilities.method::<()>(
            Described::of::<Struct>(),
            "What the server supports beyond plain XML-RPC: a struct with a member for each specification, \
             which has specUrl and specVersion.",
        )
    }),
    ("system.multicall", || {
        method::<(Array,)>(
            Run::Multicall,
            Described::ARRAY,
            "Makes several calls. Takes an array of structs with methodName and params; gives an array with an array of \
             one result for each call that succeeded, and a struct with faultCode and faultString for each one that failed.",
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

/// The capability that depends on reading and dialect.
const NIL: &str = "nil";

const CAPABILITIES: [(&str, &str, i32); 6] = [
    ("xmlrpc", "http://www.xmlrpc.com/spec", 1),
    (
        "faults_interop",
        "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
        20_010_516,
    ),
    // As xmlrpc-c's document on introspection names itself, and as phpxmlrpc does; the one of xmlrpc-epi has system.describeMethods.
    (
        "introspect",
        "http://xmlrpc-c.sourceforge.io/xmlrpc-c/introspection.html",
        1,
    ),
    (
        "introspection",
        "http://phpxmlrpc.sourceforge.net/doc-2/ch10.html",
        2,
    ),
    (
        "system.multicall",
        "http://www.xmlrpc.com/discuss/msgReader$1208",
        1,
    ),
    (NIL, "http://www.ontosys.com/xml-rpc/extensions.php", 1),
];

/// Whether a table has a method of this name from the start.
pub(crate) fn has(name: &str) -> bool {
    ALL.iter().any(|(own, _)| *own == name)
}

fn method<A: Arguments>(run: Run, result: Described, help: &str) -> Method {
    let mut method = Method::new(run, Parameters::of_arguments::<A>(), result);
    method.help = help.into();
    method
}

impl System {
    fn method<A: Arguments>(self, result: Described, help: &str) -> Method {
        method::<A>(Run::System(self), result, help)
    }

    pub(crate) fn run(self, table: &Table, request: Request<'_>) -> Outcome {
        match self {
            Self::ListMethods => request.answer(|()| Ok(list(table))),
            Self::MethodExist => {
                request.answer(|(name,): (String,)| Ok(table.methods.contains_key(name.as_str())))
            }
            Self::MethodHelp => {
                request.answer(|(name,): (String,)| find(table, &name).map(|method| method.help.to_string()))
            }
            Self::MethodSignature => request.answer(|(name,): (String,)| {
                find(table, &name).map(|method| match method.signatures() {
                    Some(signatures) => Signatures::Known(signatures),
                    None => Signatures::Unknown(Type::Undefined.name()),
                })
            }),
            Self::GetCapabilities => request.answer(|()| Ok(capabilities(table))),
        }
    }
}

/// What `system.methodSignature` gives.
#[derive(Serialize)]
#[serde(untagged)]
enum Signatures {
    Known(Vec<Signature>),
    Unknown(&'static str),
}

impl crate::Describe for Signatures {
    const TYPE: Type = Type::Array;
}

impl crate::Describe for Capability {}

fn find<'t>(table: &'t Table, name: &str) -> Result<&'t Method, Fault> {
    table.methods.get(name).ok_or_else(|| no_such_method(name))
}

fn list(table: &Table) -> Vec<&str> {
    let mut names: Vec<_> = table.names().collect();
    names.sort_unstable();
    names
}

fn capabilities(table: &Table) -> BTreeMap<&'static str, Capability> {
    let has = |name: &str| name != NIL || table.codec.has_nil();
    let entry = |(name, spec_url, spec_version)| {
        (
            name,
            Capability {
                spec_url,
                spec_version,
            },
        )
    };
    let known = CAPABILITIES.into_iter().filter(|(name, ..)| has(name));
    known.map(entry).collect()
}
