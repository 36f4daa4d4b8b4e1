//! What a server says about its methods, by `system.*`.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::pending::PendingCall;
use crate::proxy::ServerProxy;

impl ServerProxy {
    /// The names of the server's methods, by `system.listMethods`. Servers may leave some out.
    pub fn list_methods(&self) -> PendingCall<Vec<String>> {
        self.call("system.listMethods", ()).idempotent()
    }

    /// What a method does, by `system.methodHelp`; empty where the server has no help for it. It may hold HTML.
    pub fn method_help(&self, method: &str) -> PendingCall<String> {
        self.call("system.methodHelp", (method,)).idempotent()
    }

    /// The types of a method's parameters and result, by `system.methodSignature`.
    pub fn method_signature(&self, method: &str) -> PendingCall<Signatures> {
        self.call("system.methodSignature", (method,)).idempotent()
    }
}

/// The answer of `system.methodSignature`.
///
/// A server that knows no signature answers with something that is no array, most with the string `undef`; that is
/// [`Signatures::Undefined`]. supervisord answers with the one signature itself in place of an array of signatures, which is read, too.
///
/// ```
/// use xmlrpc_client::{Signature, Signatures, from_value, value};
///
/// let known: Signatures = from_value(value!([["array", "double", "double"], ["nil"]]))?;
/// assert_eq!(known.to_string(), "array(double, double) or nil()");
/// assert_eq!(from_value::<Signatures>(value!(["struct", "string"]))?.to_string(), "struct(string)");
/// assert_eq!(from_value::<Signatures>(value!("undef"))?, Signatures::Undefined);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Signatures {
    /// The ways in which the method can be called.
    Known(Vec<Signature>),
    /// The server does not say.
    Undefined,
}

/// One way to call a method, in names of types such as `int` and `struct`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Signature {
    /// The type of the result.
    pub result: String,
    /// The types of the parameters.
    pub params: Vec<String>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.result, self.params.join(", "))
    }
}

impl fmt::Display for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Known(signatures) = self else {
            return f.write_str("undefined");
        };
        let all: Vec<String> = signatures.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(" or "))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut params = Vec::<String>::deserialize(deserializer)?;
        if params.is_empty() {
            return Err(de::Error::custom("a signature without the type of the result"));
        }
        Ok(Self {
            result: params.remove(0),
            params,
        })
    }
}

impl<'de> Deserialize<'de> for Signatures {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SignaturesVisitor)
    }
}

/// What stands in the array.
#[derive(Deserialize)]
#[serde(untagged)]
enum Element {
    Signature(Signature),
    Type(String),
}

struct SignaturesVisitor;

impl<'de> Visitor<'de> for SignaturesVisitor {
    type Value = Signatures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of signatures")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut signatures: A) -> Result<Signatures, A::Error> {
        let (mut all, mut only) = (Vec::new(), Vec::new());
        while let Some(element) = signatures.next_element()? {
            match element {
                Element::Signature(signature) => all.push(signature),
                Element::Type(name) => only.push(name),
            }
        }
        match (all.is_empty(), only.is_empty()) {
            (_, true) => Ok(Signatures::Known(all)),
            (true, false) => Ok(Signatures::Known(vec![Signature {
                result: only.remove(0),
                params: only,
            }])),
            (false, false) => Err(de::Error::custom("signatures and names of types in one array")),
        }
    }

    fn visit_str<E>(self, _: &str) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_unit<E>(self) -> Result<Signatures, E> {
        Ok(Signatures::Undefined)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Signatures, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Signatures::Undefined)
    }
}
