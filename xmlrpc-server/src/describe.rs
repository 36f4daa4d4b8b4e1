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
/// `#[derive(Describe)]` (feature `macros`) names the members of a struct besides, for the documentation page, and knows what serde's
/// derive makes of an enum.
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
    note = "for a type of your own, write `#[derive(xmlrpc_server::Describe)]`, and derive serde's traits",
    note = "for a type of another crate, use `xmlrpc_server::Undescribed<{Self}>`"
)]
pub trait Describe {
    /// The type; [`Type::Struct`] unless said otherwise.
    const TYPE: Type = Type::Struct;

    /// Whether a parameter of this type may be left out at the end.
    #[doc(hidden)]
    const OPTIONAL: bool = false;

    /// What the documentation page says of the type: no more than [`TYPE`](Describe::TYPE), unless said otherwise.
    ///
    /// It is called when the page is made. What is in a `Vec` or another array is known to `#[rpc]` and `#[derive(Describe)]` alone,
    /// which look into it, since arrays may hold types that are not described.
    fn description() -> Description {
        Description::new(Self::TYPE)
    }
}

/// What the documentation page says of a type: what it is called, and what is inside of it.
///
/// `#[derive(Describe)]` makes one of a struct; this is for those who write it themselves.
///
/// ```
/// use xmlrpc_server::{Describe, Description, Member, Type};
///
/// struct User { name: String, age: Option<u8> }
///
/// impl Describe for User {
///     fn description() -> Description {
///         Description::new(Type::Struct)
///             .member(Member::of::<String>("name").help("As the user writes it."))
///             .member(Member::of::<Option<u8>>("age"))
///     }
/// }
///
/// assert_eq!(User::description().members()[1].name(), "age");
/// assert!(User::description().members()[1].is_optional());
/// ```
#[derive(Clone, Debug)]
pub struct Description {
    kind: Type,
    members: Vec<Member>,
    items: Option<Describing>,
}

/// Describes a type when it is asked to, so that a type may be described that holds values of its own type.
pub(crate) type Describing = fn() -> Description;

impl Description {
    /// Of a type of which nothing else is known.
    pub fn new(kind: Type) -> Self {
        Self {
            kind,
            members: Vec::new(),
            items: None,
        }
    }

    /// Adds a member of the struct.
    #[must_use]
    pub fn member(mut self, member: Member) -> Self {
        self.members.push(member);
        self
    }

    /// Adds all members of another struct, as serde's `flatten` does.
    #[must_use]
    pub fn flatten<T: Describe>(mut self) -> Self {
        self.members.extend(T::description().members);
        self
    }

    /// Says what each item of the array is.
    #[must_use]
    pub fn items(mut self, describe: fn() -> Self) -> Self {
        self.items = Some(describe);
        self
    }

    /// The type.
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// The members of the struct, as far as they are known.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What each item of the array is, if that is known.
    pub fn item(&self) -> Option<Self> {
        self.items.map(|describe| describe())
    }
}

/// A member of a struct, in a [`Description`].
#[derive(Clone, Debug)]
pub struct Member {
    name: Cow<'static, str>,
    described: Described,
    optional: bool,
    help: Cow<'static, str>,
}

impl Member {
    /// A member of this name and type; one of an `Option` may be left out.
    pub fn of<T: Describe>(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            described: Described::of::<T>(),
            optional: T::OPTIONAL,
            help: "".into(),
        }
    }

    /// Says that it may be left out.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Sets what it is for; plain text.
    #[must_use]
    pub fn help(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.help = text.into();
        self
    }

    /// For the macros, which know more of arrays than [`Describe`] does.
    #[doc(hidden)]
    #[must_use]
    pub fn items(mut self, items: Option<Describing>) -> Self {
        self.described.set_items(items);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub fn description(&self) -> Description {
        self.described.description()
    }

    /// Whether it may be left out.
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// What it is for; empty unless set.
    pub fn help_text(&self) -> &str {
        &self.help
    }
}

/// A type of a parameter or a result, of which the Rust type is forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    pub(crate) kind: Type,
    describe: Describing,
    /// In place of those of the description.
    items: Option<Describing>,
}

impl Described {
    pub(crate) const fn of<T: Describe>() -> Self {
        Self {
            kind: T::TYPE,
            describe: T::description,
            items: None,
        }
    }

    /// An array, of which nothing else is known.
    pub(crate) const ARRAY: Self = Self::of::<Array>();

    pub(crate) fn set_items(&mut self, items: Option<Describing>) {
        self.items = items.or(self.items);
    }

    pub(crate) fn description(&self) -> Description {
        let description = (self.describe)();
        Description {
            items: self.items.or(description.items),
            ..description
        }
    }
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

            fn description() -> Description {
                T::description()
            }
        }
    )*};
}

same_as_inner! { &T &mut T Box<T> Rc<T> Arc<T> }

impl<T: Describe + ToOwned + ?Sized> Describe for Cow<'_, T> {
    const TYPE: Type = T::TYPE;

    fn description() -> Description {
        T::description()
    }
}

/// What is there when something is there; nil stands for `None`, and so does a parameter that is left out at the end.
impl<T: Describe> Describe for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;

    fn description() -> Description {
        T::description()
    }
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
