//! The vocabulary of XML-RPC and of Apache's extensions.

/// Apache's namespace for extension types.
pub(super) const APACHE_NAMESPACE: &str = "http://ws.apache.org/xmlrpc/namespaces/extensions";
/// The prefix that stands for it even where nothing binds it.
pub(super) const APACHE_PREFIX: &str = "ex";

/// The elements that a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    MethodCall,
    MethodName,
    MethodResponse,
    Params,
    Param,
    Fault,
    Value,
    Array,
    Data,
    Struct,
    Member,
    Name,
    Scalar(Type),
    Unknown,
}

/// The types of scalars, as far as their texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    I1,
    I2,
    Int,
    I8,
    /// Apache's integer of any size, read where it fits 64 bits.
    BigInteger,
    Boolean,
    Double,
    String,
    DateTime,
    Base64,
    Nil,
}

impl Tag {
    /// The element of a name without prefix.
    pub(super) fn plain(name: &str) -> Self {
        match name {
            "value" => Self::Value,
            "member" => Self::Member,
            "name" => Self::Name,
            "array" => Self::Array,
            "data" => Self::Data,
            "struct" => Self::Struct,
            "param" => Self::Param,
            "params" => Self::Params,
            "methodCall" => Self::MethodCall,
            "methodName" => Self::MethodName,
            "methodResponse" => Self::MethodResponse,
            "fault" => Self::Fault,
            "int" | "i4" => Self::Scalar(Type::Int),
            "string" => Self::Scalar(Type::String),
            "boolean" => Self::Scalar(Type::Boolean),
            "double" => Self::Scalar(Type::Double),
            "dateTime.iso8601" => Self::Scalar(Type::DateTime),
            "base64" => Self::Scalar(Type::Base64),
            "i8" => Self::Scalar(Type::I8),
            "nil" => Self::Scalar(Type::Nil),
            "i1" => Self::Scalar(Type::I1),
            "i2" => Self::Scalar(Type::I2),
            "biginteger" => Self::Scalar(Type::BigInteger),
            _ => Self::Unknown,
        }
    }

    /// The element of a name in Apache's namespace.
    pub(super) fn apache(name: &str) -> Self {
        match name {
            "nil" => Self::Scalar(Type::Nil),
            "i1" => Self::Scalar(Type::I1),
            "i2" => Self::Scalar(Type::I2),
            "i8" => Self::Scalar(Type::I8),
            "biginteger" => Self::Scalar(Type::BigInteger),
            "float" | "bigdecimal" => Self::Scalar(Type::Double),
            "dateTime" => Self::Scalar(Type::DateTime),
            _ => Self::Unknown,
        }
    }
}
