//! The table of methods.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

use xmlrpc_core::{Call, EncodedValue, Fault};

use crate::argument::States;
use crate::dispatch::Codec;
use crate::error::Error;
use crate::layer::{CallService, Layers, Stack};
use crate::method::{Method, Signature};
use crate::system;
use crate::time::{HANDLER_TIMEOUT, Time};

#[cfg(doc)]
use crate::{IntoReply, Limits};

/// Bytes that the results of a `system.multicall` may take, unless [`Methods::multicall_reply_bytes`] says otherwise.
pub(crate) const MULTICALL_REPLY_BYTES: usize = 64 * 1024 * 1024;
/// Entries that a `system.multicall` may have, unless [`Methods::multicall_entries`] says otherwise.
pub(crate) const MULTICALL_ENTRIES: usize = 1000;

/// A table of methods: names, and the functions behind them.
///
/// It is filled by chained calls, and holds the `system.*` methods from the start. [`Methods::dispatch`] answers one document;
/// [`Server::serve`](crate::Server::serve) answers all that come by HTTP.
///
/// # Arguments and results
///
/// A handler takes any number of parameters from 0 to 12, typed and owned, and beside them [`State`](crate::State) and
/// [`CallContext`](crate::CallContext); `Option`s at the end may be left out, and [`Variadic`](crate::Variadic) takes what is left. It
/// returns a value or a `Result`, or [`Items`](crate::Items) that are encoded one by one; see [`Argument`](crate::Argument) and
/// [`IntoReply`].
///
/// # Faults
///
/// | what happened | code |
/// |---|---|
/// | the handler returned an error | the code of its [`Fault`](crate::Fault) |
/// | there are more or fewer parameters, or one is of another type | -32602 |
/// | there is no such method | -32601 |
/// | the XML is not well formed, or has a DOCTYPE | -32700 |
/// | its encoding is not known; bytes are not in it | -32701; -32702 |
/// | it is no XML-RPC, or breaks one of the [`Limits`] | -32600 |
/// | the handler panicked; its result cannot be encoded, or takes more than [`reply_bytes`](Methods::reply_bytes) | -32603 |
/// | the handler took longer than [`handler_timeout`](Methods::handler_timeout) | -32400 |
///
/// A handler starts only after the whole document has been read.
///
/// # The methods of every table
///
/// | method | what it does |
/// |---|---|
/// | `system.listMethods()` | the names of all methods that are not [hidden](Methods::hidden), sorted |
/// | `system.methodExist(name)` | whether there is such a method |
/// | `system.methodSignature(name)` | its [signatures](Methods::signatures); the string `undef` where it has none |
/// | `system.methodHelp(name)` | its [help](Methods::help) |
/// | `system.getCapabilities()` | the specifications that are kept; `nil` only where [`reading`](Methods::reading) and [`dialect`](Methods::dialect) have it |
/// | `system.multicall(calls)` | makes several calls |
///
/// # Multicall
///
/// The entries run in order, or [some at a time](Methods::multicall_concurrency). Each is a call like any other, with its own fault; layers
/// run around each.
///
/// | what happened | what it is answered with |
/// |---|---|
/// | an entry is no struct, or well-formed XML but no XML-RPC inside | its fault -32600 |
/// | an entry has no `methodName` that is a string | its fault -32601 |
/// | its `params` are no array, or not those that the method takes; the text of a scalar is none of its type | its fault -32602 |
/// | an entry calls `system.multicall`, by any of its names | its fault -32600 |
/// | the results take more than [`multicall_reply_bytes`](Methods::multicall_reply_bytes) | fault -32603 in place of the rest |
/// | the entries took longer than [`handler_timeout`](Methods::handler_timeout) together | fault -32400 in place of the rest |
/// | there are more than [`multicall_entries`](Methods::multicall_entries) | fault -32600 in place of all |
/// | the document is not well formed, or breaks one of the [`Limits`] | the fault for it, in place of all |
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{CallContext, Fault, MethodResponse, Methods};
///
/// fn divide(a: f64, b: f64) -> Result<f64, Fault> {
///     if b == 0.0 {
///         return Err(Fault::new(1, "division by zero"));
///     }
///     Ok(a / b)
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let methods = Methods::new()
///     .method("divide", divide)
///     .method("greet", |name: String| format!("Hello, {name}!"))
///     .help("greet", "Says hello.");
///
/// let call = "<methodCall><methodName>greet</methodName><params><param><value>Ada</value></param></params></methodCall>";
/// let reply = methods.dispatch(call, CallContext::new()).await;
/// assert!(reply.fault().is_none());
/// let response = MethodResponse::from_slice(reply.body()).unwrap();
/// assert_eq!(response, MethodResponse::Success("Hello, Ada!".to_owned()));
/// # }
/// ```
#[derive(Clone)]
pub struct Methods {
    /// Changed by [`Methods::table_mut`] only.
    pub(crate) table: Arc<Table>,
    states: States,
    layers: Layers,
    /// The layers around the table, once a call has come.
    stack: OnceLock<Arc<Stack>>,
}

/// What calls are answered from, behind every layer.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) methods: HashMap<Box<str>, Method, NameHash>,
    /// Answers calls of methods that are not there.
    pub(crate) fallback: Option<Method>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) handler_time: Time,
    pub(crate) multicall_entries: usize,
    pub(crate) multicall_concurrency: usize,
    pub(crate) multicall_reply_bytes: usize,
}

impl Methods {
    /// A table with the `system.*` methods only.
    pub fn new() -> Self {
        let system = system::ALL
            .iter()
            .map(|(name, method)| ((*name).into(), method()));
        Self {
            table: Arc::new(Table {
                methods: system.collect(),
                fallback: None,
                codec: Arc::default(),
                handler_time: Time::Limit(HANDLER_TIMEOUT),
                multicall_entries: MULTICALL_ENTRIES,
                multicall_concurrency: 1,
                multicall_reply_bytes: MULTICALL_REPLY_BYTES,
            }),
            states: States::default(),
            layers: Layers::default(),
            stack: OnceLock::new(),
        }
    }

    /// Gives a value to the methods registered from here on that take it as [`State`](crate::State). There is one for each type; a
    /// further one replaces it for the methods that come later.
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// Puts a layer around all methods of the table, those of `system.*` too, and those that are registered later.
    ///
    /// It runs for every call, for a `system.multicall` as for each of its entries, before the method is looked up. The layer that is
    /// added last is the outermost: it sees a call first and an outcome last, as with axum's `Router::layer`. (A
    /// `tower::ServiceBuilder` is a layer, too, and of those in it the first is the outermost.) See [`layer`](crate::layer) for
    /// what layers can do, and for those that are there.
    ///
    /// Its `layer` is called once, for all calls, when the first one comes or when the table is merged into another.
    ///
    /// ```
    /// use xmlrpc_server::layer::{CallService, from_fn};
    /// use xmlrpc_server::{Call, Fault, Methods};
    ///
    /// let methods = Methods::new()
    ///     .method("add", |a: i32, b: i32| a + b)
    ///     .layer(from_fn(|call: Call, next: CallService| async move {
    ///         if call.method.starts_with("system.") {
    ///             return Err(Fault::new(1, "ask somebody else"));
    ///         }
    ///         next.run(call).await
    ///     }));
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<CallService> + Send + Sync + 'static,
        L::Service: tower_service::Service<Call, Response = EncodedValue, Error = Fault, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.layers.add(move |next| CallService::new(layer.layer(next)));
        self.stack = OnceLock::new();
        self
    }

    /// The names of all methods, those of `system.*` too, in no order; without those that are [hidden](Methods::hidden).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.table.names()
    }

    /// The signatures of a method as `system.methodSignature` gives them: the type of the result, then those of the parameters.
    ///
    /// There is one for each number of parameters that a handler may be called with, the shortest first, and in this way for each handler
    /// of an [overloaded](Methods::overload) method. There is none where a type of the method is not described or the number of
    /// parameters has no end, and where there is no such method.
    pub fn signatures(&self, name: &str) -> Vec<Vec<&'static str>> {
        let method = self.table.methods.get(name);
        method.and_then(Method::signatures).unwrap_or_default()
    }

    /// The signature of a method with all of its parameters, those included that may be left out; of the first handler, where a method
    /// is overloaded. [`Methods::signatures`] gives all.
    ///
    /// `None` where there is none to give, as for [`Methods::signatures`].
    pub fn signature(&self, name: &str) -> Option<Vec<&'static str>> {
        let first: Vec<Signature> = self.table.methods.get(name)?.shapes.first()?.signatures()?;
        first.into_iter().last()
    }

    /// What methods can have as [`State`](crate::State).
    pub(crate) fn states(&self) -> &States {
        &self.states
    }

    pub(crate) fn has_layers(&self) -> bool {
        !self.layers.is_empty()
    }

    /// The table with its layers around it.
    pub(crate) fn stack(&self) -> &Arc<Stack> {
        self.stack.get_or_init(|| self.layers.around(&self.table))
    }

    /// The table, to change it, after which what was built around it is built anew.
    pub(crate) fn table_mut(&mut self) -> &mut Table {
        self.stack = OnceLock::new();
        Arc::make_mut(&mut self.table)
    }

    pub(crate) fn codec_mut(&mut self) -> &mut Codec {
        Arc::make_mut(&mut self.table_mut().codec)
    }
}

/// How names of methods are hashed.
///
/// Peers look names up and add none, so that they cannot make a table slow, and a simple hash (FNV-1a) does.
pub(crate) type NameHash = BuildHasherDefault<NameHasher>;

pub(crate) struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Table {
    pub(crate) fn add(&mut self, name: Box<str>, method: Method) -> Result<(), Error> {
        match self.methods.entry(name) {
            Entry::Vacant(place) => {
                place.insert(method);
                Ok(())
            }
            Entry::Occupied(place) => Err(Error::duplicate(place.key())),
        }
    }

    /// All methods that are not hidden.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (&str, &Method)> {
        let visible = self.methods.iter().filter(|(_, method)| !method.is_hidden);
        visible.map(|(name, method)| (name.as_ref(), method))
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.visible().map(|(name, _)| name)
    }
}

impl Table {
    /// The name of a method, if it stands in the table.
    #[cfg(feature = "metrics")]
    pub(crate) fn registered(&self, name: &str) -> Option<&str> {
        self.methods.get_key_value(name).map(|(name, _)| &**name)
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.names().collect();
        names.sort_unstable();
        f.debug_tuple("Methods").field(&names).finish()
    }
}
