//! The `proxy!` macro, and the list of arguments that it builds.

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

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
            $crate::__private::Arguments(())$(.and($argument))*,
        )
    };
}

/// A call's arguments, of as many types as there are arguments: each is paired with all before it.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<L>(pub L);

impl<L> Arguments<L> {
    /// Adds one.
    pub fn and<T>(self, last: T) -> Arguments<(L, T)> {
        Arguments((self.0, last))
    }
}

impl<L: List> Serialize for Arguments<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(L::LENGTH))?;
        self.0.each(&mut sequence)?;
        sequence.end()
    }
}

/// What [`Arguments`] can hold.
pub trait List {
    /// How many arguments there are.
    const LENGTH: usize;

    /// Serialises them, the first one first.
    ///
    /// # Errors
    ///
    /// The serialiser's.
    fn each<S: serde::ser::SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error>;
}

impl List for () {
    const LENGTH: usize = 0;

    fn each<S: serde::ser::SerializeSeq>(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<L: List, T: Serialize> List for (L, T) {
    const LENGTH: usize = L::LENGTH + 1;

    fn each<S: serde::ser::SerializeSeq>(&self, sequence: &mut S) -> Result<(), S::Error> {
        self.0.each(sequence)?;
        sequence.serialize_element(&self.1)
    }
}
