//! How Rust types are called in XML-RPC, for `system.methodSignature`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xmlrpc_core::{Array, Base64, DateTime, MethodName, Name, Struct, Value};

/// The XML-RPC type of a parameter or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// `int`: 32 bits.
    Int,
    /// `boolean`.
    Boolean,
    /// `double`.
    Double,
    /// `string`.
    String,
    /// `dateTime.iso8601`.
    DateTime,
    /// `base64`.
    Base64,
    /// `struct`.
    Struct,
    /// `array`.
    Array,
    /// `i8`: an integer that may need 64 bits. It is written as `int` where that is enough.
    I8,
    /// `nil`: nothing.
    Nil,
    /// One that can be anything. A method that has it anywhere gives no signature.
    Undefined,
}

impl Type {
    /// The name that `system.methodSignature` gives; `undef` for [`Type::Undefined`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::String => "string",
            Self::DateTime => "dateTime.iso8601",
            Self::Base64 => "base64",
            Self::Struct => "struct",
            Self::Array => "array",
            Self::I8 => "i8",
            Self::Nil => "nil",
            Self::Undefined => "undef",
        }
    }
}

/// Says what a Rust type is called in XML-RPC.
///
/// Parameters and results of methods need it beside serde's traits, so that `system.methodSignature` can be answered. Scalars,
/// strings, containers, tuples, maps, `Option` and the types of `xmlrpc-core` have it. A struct of one's own takes one line, since
/// `struct` is what a type is called unless it says otherwise; for types of other crates there is [`Undescribed`].
///
/// Never implemented for `Result`: that is how a handler may return either a value or a `Result`.
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use xmlrpc_server::{Describe, Methods, Type};
///
/// #[derive(Serialize, Deserialize)]
/// struct Point { x: f64, y: f64 }
///
/// impl Describe for Point {}
///
/// #[derive(Serialize, Deserialize)]
/// #[serde(rename_all = "lowercase")]
/// enum Unit { Metre, Foot }
///
/// impl Describe for Unit {
///     const TYPE: Type = Type::String;
/// }
///
/// let methods = Methods::new().method("measure", |from: Point, to: Point, unit: Unit| {
///     let metres = (from.x - to.x).hypot(from.y - to.y);
///     match unit {
///         Unit::Metre => metres,
///         Unit::Foot => metres / 0.3048,
///     }
/// });
/// assert_eq!(methods.signature("measure"), Some(vec!["double", "struct", "struct", "string"]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no XML-RPC type",
    label = "its XML-RPC type is not known",
    note = "for a struct of your own, write `impl xmlrpc_server::Describe for {Self} {{}}`, and derive serde's traits",
    note = "for a type of another crate, use `xmlrpc_server::Undescribed<{Self}>`"
)]
pub trait Describe {
    /// The type; [`Type::Struct`] unless said otherwise.
    const TYPE: Type = Type::Struct;

    /// Whether a parameter of this type may be left out at the end.
    #[doc(hidden)]
    const OPTIONAL: bool = false;
}

/// Any type of serde's as parameter or result, without a description: `Undescribed<T>` is read and written as `T`.
///
/// A method that has it anywhere gives no signature.
///
/// ```
/// use std::time::Duration;
/// use xmlrpc_server::{Methods, Undescribed};
///
/// let methods = Methods::new().method("double", |Undescribed(pause): Undescribed<Duration>| Undescribed(pause * 2));
/// assert_eq!(methods.signature("double"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Undescribed<T>(pub T);

macro_rules! describe {
    ($($variant:ident: $($type:ty)*;)*) => {$($(
        impl Describe for $type {
            const TYPE: Type = Type::$variant;
        }
    )*)*};
}

describe! {
    Int: i8 i16 i32 u8 u16;
    I8: i64 i128 isize u32 u64 u128 usize;
    Boolean: bool;
    Double: f32 f64;
    String: str String char Name MethodName;
    String: IpAddr Ipv4Addr Ipv6Addr SocketAddr SocketAddrV4 SocketAddrV6;
    DateTime: DateTime;
    Base64: Base64;
    Struct: Struct;
    Array: Array;
    Nil: ();
    Undefined: Value;
}

macro_rules! same_as_inner {
    ($($type:ty)*) => {$(
        impl<T: Describe + ?Sized> Describe for $type {
            const TYPE: Type = T::TYPE;
            const OPTIONAL: bool = T::OPTIONAL;
        }
    )*};
}

same_as_inner! { &T &mut T Box<T> Rc<T> Arc<T> }

impl<T: Describe + ToOwned + ?Sized> Describe for Cow<'_, T> {
    const TYPE: Type = T::TYPE;
}

/// What is there when something is there; nil stands for `None`, and so does a parameter that is left out at the end.
impl<T: Describe> Describe for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
}

impl<T> Describe for Undescribed<T> {
    const TYPE: Type = Type::Undefined;
}

macro_rules! arrays {
    ($($type:ty)*) => {$(
        impl<T> Describe for $type {
            const TYPE: Type = Type::Array;
        }
    )*};
}

arrays! { Vec<T> VecDeque<T> LinkedList<T> BTreeSet<T> [T] }

impl<T, S> Describe for HashSet<T, S> {
    const TYPE: Type = Type::Array;
}

impl<T, const N: usize> Describe for [T; N] {
    const TYPE: Type = Type::Array;
}

impl<K, V> Describe for BTreeMap<K, V> {
    const TYPE: Type = Type::Struct;
}

impl<K, V, S> Describe for HashMap<K, V, S> {
    const TYPE: Type = Type::Struct;
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Describe for ($first, $($rest,)*) {
            const TYPE: Type = Type::Array;
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L M N O P }
