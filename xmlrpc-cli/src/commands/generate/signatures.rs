//! From signatures to types of Rust.

use xmlrpc_client::{Signature, Signatures};

/// The most parameters that are written one by one.
const PARAMETERS: usize = 24;

/// A type of XML-RPC, as far as it has one in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    I8,
    Boolean,
    Double,
    Text,
    DateTime,
    Base64,
    Array,
    Struct,
    Nil,
    /// Any of them.
    Any,
}

impl Type {
    fn of(name: &str) -> Self {
        match name.strip_prefix("ex:").unwrap_or(name) {
            "int" | "i4" | "i1" | "i2" => Self::Int,
            "i8" => Self::I8,
            "boolean" => Self::Boolean,
            "double" | "float" => Self::Double,
            "string" => Self::Text,
            "dateTime.iso8601" => Self::DateTime,
            "base64" => Self::Base64,
            "array" => Self::Array,
            "struct" => Self::Struct,
            "nil" => Self::Nil,
            _ => Self::Any,
        }
    }

    /// What a caller gives.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Text => "&str",
            Self::Base64 => "&Base64",
            Self::Array => "&[Value]",
            Self::Struct => "&Struct",
            other => other.result(),
        }
    }

    /// What a caller gets.
    pub(super) fn result(self) -> &'static str {
        match self {
            Self::Int => "i32",
            Self::I8 => "i64",
            Self::Boolean => "bool",
            Self::Double => "f64",
            Self::Text => "String",
            Self::DateTime => "DateTime",
            Self::Base64 => "Base64",
            Self::Array => "Vec<Value>",
            Self::Struct => "Struct",
            Self::Nil => "()",
            Self::Any => "Value",
        }
    }

    fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Any }
    }
}

/// How a method is called, by one function for all of its signatures.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) params: Params,
    pub(super) result: Type,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Params {
    /// The first so many are needed, the others may be left out.
    Listed { types: Vec<Type>, needed: usize },
    /// Nothing is known of them, or there are too many.
    Any,
}

impl Shape {
    /// What fits all signatures: types that differ become any, and parameters that not all have may be left out.
    pub(super) fn of(signatures: &Signatures) -> Self {
        let Signatures::Known(signatures) = signatures else {
            return Self {
                params: Params::Any,
                result: Type::Any,
            };
        };
        let result = signatures
            .iter()
            .map(|signature| Type::of(&signature.result))
            .reduce(Type::or);
        Self {
            params: params(signatures),
            result: result.unwrap_or(Type::Any),
        }
    }
}

fn params(signatures: &[Signature]) -> Params {
    let counts = signatures.iter().map(|signature| signature.params.len());
    let (Some(needed), Some(most)) = (counts.clone().min(), counts.max()) else {
        return Params::Any;
    };
    if most > PARAMETERS {
        return Params::Any;
    }
    let at = |index: usize| {
        signatures
            .iter()
            .filter_map(move |signature| signature.params.get(index))
    };
    let types = (0..most).map(|index| {
        at(index)
            .map(|name| Type::of(name))
            .reduce(Type::or)
            .unwrap_or(Type::Any)
    });
    Params::Listed {
        types: types.collect(),
        needed,
    }
}

#[cfg(test)]
mod tests {
    use xmlrpc_client::{Value, from_value, value};

    use super::*;

    fn shape(signatures: Value) -> Shape {
        Shape::of(&from_value(signatures).unwrap())
    }

    #[test]
    fn signatures_become_one_shape() {
        let listed = |types: &[Type], needed| Params::Listed {
            types: types.to_vec(),
            needed,
        };
        for (signatures, params, result) in [
            (
                value!([["int", "i4", "string"]]),
                listed(&[Type::Int, Type::Text], 2),
                Type::Int,
            ),
            (value!([["nil"]]), listed(&[], 0), Type::Nil),
            (
                value!([["i8", "int"], ["i8", "int", "ex:i8"]]),
                listed(&[Type::Int, Type::I8], 1),
                Type::I8,
            ),
            (
                value!([["int", "int"], ["double", "double"]]),
                listed(&[Type::Any], 1),
                Type::Any,
            ),
            (
                value!([["mixed", "undefined"]]),
                listed(&[Type::Any], 1),
                Type::Any,
            ),
            (value!("undef"), Params::Any, Type::Any),
            (value!([]), Params::Any, Type::Any),
        ] {
            assert_eq!(shape(signatures), Shape { params, result });
        }
        let many = Value::from(vec![Value::from(vec!["int"; 1000])]);
        assert_eq!(
            shape(many),
            Shape {
                params: Params::Any,
                result: Type::Int
            }
        );
    }
}
