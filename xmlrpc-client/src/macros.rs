//! The `proxy!` macro, and the list of arguments that it and the functions of `#[rpc]` build.

use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeSeq, Serializer};

/// Calls a method by its name, as Python's `ServerProxy` does.
///
/// `proxy!(server.a.b(x, y))` prepares the call of the method `a.b` with two parameters: it is a [`PendingCall`](crate::PendingCall),
/// whose result is a [`Value`](crate::Value), or a `T` with `-> T` at the end.
///
/// The first identifier is the proxy. Any other expression stands in parentheses: `proxy!((self.server).a.b(x))`. Arguments are
/// expressions of any type that serde can serialise, and are moved into the call, so that `&x` is for what is needed again. There may
/// be some hundred of them; more than that, and a list whose length is not known here, belong into
/// [`ServerProxy::call`](crate::ServerProxy::call) as a slice.
///
/// Rust's keywords are names like any other (`proxy!(server.type(1))`). Names that are no identifiers, such as `app-info` or `a/b`,
/// belong into [`ServerProxy::call`](crate::ServerProxy::call).
///
/// # Examples
///
/// ```
/// use xmlrpc_client::transport::{Response, from_fn};
/// use xmlrpc_client::{MethodCall, MethodResponse, ServerProxy, Value, proxy, value};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A server that answers with the method's name and the parameters.
/// let server = ServerProxy::over(from_fn(|request| async move {
///     let call: MethodCall = MethodCall::from_slice(&request.body).map_err(xmlrpc_client::Error::transport)?;
///     let answer = MethodResponse::Success((&*call.method, call.params)).to_vec();
///     Ok(Response::new(answer.map_err(xmlrpc_client::Error::transport)?))
/// }))
/// .build()?;
///
/// assert_eq!(proxy!(server.addtogether(1, "x")).await?, value!(["addtogether", [1, "x"]]));
/// let (name, _) = proxy!(server.system.listMethods() -> (String, Vec<Value>)).await?;
/// assert_eq!(name, "system.listMethods");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! proxy {
    (($proxy:expr) $($call:tt)+) => {
        $crate::__proxy_call!([$proxy] $($call)+)
    };
    ($proxy:ident $($call:tt)+) => {
        $crate::__proxy_call!([$proxy] $($call)+)
    };
}

/// The part of `proxy!` behind the proxy.
#[doc(hidden)]
#[macro_export]
macro_rules! __proxy_call {
    ([$proxy:expr] .$first:ident $(.$rest:ident)* ($($argument:expr),* $(,)?)) => {
        $crate::__proxy_call!([$proxy] .$first $(.$rest)* ($($argument),*) -> $crate::Value)
    };
    ([$proxy:expr] .$first:ident $(.$rest:ident)* ($($argument:expr),* $(,)?) -> $result:ty) => {
        $proxy.call::<$result>(
            ::core::concat!(::core::stringify!($first) $(, ".", ::core::stringify!($rest))*),
            $crate::__private::Arguments::none()$(.and($argument))*,
        )
    };
}

/// The items that `#[rpc]` makes for proxies without `await`, where there are such.
#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __blocking {
    ($($items:tt)*) => { $($items)* };
}

/// The items that `#[rpc]` makes for proxies without `await`, where there are such.
#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __blocking {
    ($($items:tt)*) => {};
}

/// Holds a type to what a parameter needs.
pub fn parameter<T: Serialize>() {}

/// Holds a type to what a result needs.
pub fn result<T: DeserializeOwned + 'static>() {}

/// A call's arguments, of as many types as there are arguments: each is paired with all before it.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<L>(L);

impl Arguments<()> {
    /// None yet.
    pub fn none() -> Self {
        Self(())
    }
}

impl<L> Arguments<L> {
    /// Adds one.
    pub fn and<T>(self, last: T) -> Arguments<(L, Needed<T>)> {
        Arguments((self.0, Needed(last)))
    }

    /// Adds one that is left out where it is `None`, and all behind it are left out.
    pub fn and_optional<T>(self, last: Option<T>) -> Arguments<(L, Optional<T>)> {
        Arguments((self.0, Optional(last)))
    }

    /// Adds some.
    pub fn and_all<T>(self, rest: impl IntoIterator<Item: Into<T>>) -> Arguments<(L, Rest<T>)> {
        let rest = rest.into_iter().map(Into::into);
        Arguments((self.0, Rest(rest.collect())))
    }
}

impl<L: List> Serialize for Arguments<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.length(true)))?;
        self.0.each(true, &mut sequence)?;
        sequence.end()
    }
}

/// What [`Arguments`] can hold.
pub trait List {
    /// How many arguments there are. `is_end` says that nothing comes behind them.
    fn length(&self, is_end: bool) -> usize;

    /// Serialises them, the first one first.
    ///
    /// # Errors
    ///
    /// The serialiser's.
    fn each<S: SerializeSeq>(&self, is_end: bool, sequence: &mut S) -> Result<(), S::Error>;
}

/// What stands in one place of a [`List`].
pub trait Place {
    /// How many arguments it is.
    fn length(&self, is_end: bool) -> usize;

    /// Serialises them.
    ///
    /// # Errors
    ///
    /// The serialiser's.
    fn each<S: SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error>;
}

/// An argument that is always there.
#[derive(Clone, Copy, Debug)]
pub struct Needed<T>(T);

/// An argument that may be left out.
#[derive(Clone, Copy, Debug)]
pub struct Optional<T>(Option<T>);

/// Any number of arguments.
#[derive(Clone, Debug)]
pub struct Rest<T>(Vec<T>);

impl List for () {
    fn length(&self, _: bool) -> usize {
        0
    }

    fn each<S: SerializeSeq>(&self, _: bool, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<L: List, P: Place> List for (L, P) {
    fn length(&self, is_end: bool) -> usize {
        let last = self.1.length(is_end);
        self.0.length(is_end && last == 0) + last
    }

    fn each<S: SerializeSeq>(&self, is_end: bool, sequence: &mut S) -> Result<(), S::Error> {
        let last = self.1.length(is_end);
        self.0.each(is_end && last == 0, sequence)?;
        match last {
            0 => Ok(()),
            _ => self.1.each(sequence),
        }
    }
}

impl<T: Serialize> Place for Needed<T> {
    fn length(&self, _: bool) -> usize {
        1
    }

    fn each<S: SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error> {
        sequence.serialize_element(&self.0)
    }
}

impl<T: Serialize> Place for Optional<T> {
    fn length(&self, is_end: bool) -> usize {
        usize::from(self.0.is_some() || !is_end)
    }

    fn each<S: SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error> {
        sequence.serialize_element(&self.0)
    }
}

impl<T: Serialize> Place for Rest<T> {
    fn length(&self, _: bool) -> usize {
        self.0.len()
    }

    fn each<S: SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error> {
        self.0
            .iter()
            .try_for_each(|argument| sequence.serialize_element(argument))
    }
}
