//! The table of methods.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, OnceLock};

use xmlrpc_core::{Call, Dialect, EncodedValue, Fault, Limits, MethodName, Reading};

use crate::argument::{Arguments, Parameters, States};
use crate::describe::Type;
use crate::dispatch::Codec;
use crate::error::Error;
use crate::handler::{self, Async, AsyncHandler, Blocking, Handler, Plain};
use crate::layer::{CallService, Layers, Nested, Stack};
use crate::reply::IntoReply;
use crate::system::{self, System};

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
/// [`CallContext`](crate::CallContext); [`Variadic`](crate::Variadic) takes what is left. It returns a value or a `Result`; see
/// [`Argument`](crate::Argument) and [`IntoReply`].
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
/// | the handler panicked, or its result cannot be encoded | -32603 |
///
/// A handler starts only after the whole document has been read.
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
    pub(crate) methods: HashMap<Box<str>, Method>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) multicall_entries: usize,
    pub(crate) multicall_reply_bytes: usize,
}

/// One method.
#[derive(Clone)]
pub(crate) struct Method {
    pub(crate) run: Run,
    pub(crate) parameters: Parameters,
    result: Type,
    pub(crate) help: Box<str>,
}

/// How a method runs.
#[derive(Clone)]
pub(crate) enum Run {
    Plain(Arc<dyn Plain>),
    Async(Arc<dyn Async>),
    Blocking(Arc<dyn Blocking>),
    System(System),
    /// A method of a table with layers that was merged into this one.
    Nested(Nested),
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
                codec: Arc::default(),
                multicall_entries: MULTICALL_ENTRIES,
                multicall_reply_bytes: MULTICALL_REPLY_BYTES,
            }),
            states: States::default(),
            layers: Layers::default(),
            stack: OnceLock::new(),
        }
    }

    /// Registers a function or closure that answers at once.
    ///
    /// It runs on a thread of the async runtime: what computes for more than a millisecond or so, or waits, goes into
    /// [`Methods::blocking_method`] or [`Methods::async_method`].
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().method("add", |a: i32, b: i32| a + b);
    /// assert_eq!(methods.signature("add"), Some(vec!["int", "int", "int"]));
    /// ```
    ///
    /// # Panics
    ///
    /// When there is a method of this name already, when the handler takes a [`State`](crate::State) that [`Methods::state`] was not
    /// given before, and when a parameter follows a [`Variadic`](crate::Variadic).
    #[must_use]
    #[track_caller]
    pub fn method<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let run = Run::Plain(handler::plain(handler, &self.states));
        self.register::<A, H::Output>(name.as_ref(), run)
    }

    /// Registers an `async fn`, or a closure that gives a future.
    ///
    /// What it shares with others comes as a [`State`](crate::State) argument. A closure that captures is written
    /// `move |…| { let shared = shared.clone(); async move { … } }`, since its futures must not borrow from it.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use tokio::sync::Mutex;
    /// use xmlrpc_server::{Fault, Methods, State};
    ///
    /// type Users = Mutex<HashMap<u32, String>>;
    ///
    /// async fn fetch(users: State<Users>, id: u32) -> Result<String, Fault> {
    ///     let users = users.lock().await;
    ///     users.get(&id).cloned().ok_or_else(|| Fault::new(404, "no such user"))
    /// }
    ///
    /// let methods = Methods::new().state(Users::default()).async_method("fetch", fetch);
    /// # let _ = methods;
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Under [`Server`](crate::Server) it runs to its end, also when the client goes away meanwhile, unless a shutdown's deadline
    /// cuts it off. Whoever drops the future of [`Methods::dispatch`] drops its future at the `.await` where it stands; work that must
    /// be finished then, too, goes into a task of its own.
    ///
    /// # Panics
    ///
    /// As [`Methods::method`].
    #[must_use]
    #[track_caller]
    pub fn async_method<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: AsyncHandler<A, Output: IntoReply>,
    {
        let run = Run::Async(handler::asynchronous(handler, &self.states));
        self.register::<A, H::Output>(name.as_ref(), run)
    }

    /// Registers a function or closure that blocks or computes for long. It runs on tokio's pool of blocking threads.
    ///
    /// ```
    /// use xmlrpc_server::{Base64, Methods};
    ///
    /// let methods = Methods::new().blocking_method("checksum", |data: Base64| {
    ///     data.iter().fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte))
    /// });
    /// # let _ = methods;
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Once it runs it runs to its end, whatever becomes of the call.
    ///
    /// # Panics
    ///
    /// As [`Methods::method`]. Outside of a tokio runtime, its calls are answered with fault -32603.
    #[must_use]
    #[track_caller]
    pub fn blocking_method<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let run = Run::Blocking(handler::blocking(handler, &self.states));
        self.register::<A, H::Output>(name.as_ref(), run)
    }

    /// Sets the text that `system.methodHelp` gives; empty unless set.
    ///
    /// # Panics
    ///
    /// When there is no method of this name yet.
    #[must_use]
    #[track_caller]
    pub fn help(mut self, name: impl AsRef<str>, text: impl Into<String>) -> Self {
        let name = name.as_ref();
        match self.table_mut().methods.get_mut(name) {
            Some(method) => method.help = text.into().into(),
            None => panic!("there is no method {name:?} to help with: register it before its help"),
        }
        self
    }

    /// Gives a value to the methods registered from here on that take it as [`State`](crate::State). There is one for each type; a
    /// further one replaces it for the methods that come later.
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// Adds all methods of another table, with the states that they were registered with, and behind the layers of that table.
    ///
    /// The `system.*` methods, options and states of `other` are left behind. Its layers see its methods by the names that they have
    /// in `other`, and run inside those of this table.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// fn arithmetic() -> Methods {
    ///     Methods::new().method("add", |a: i64, b: i64| a + b)
    /// }
    ///
    /// let methods = Methods::new().method("echo", |text: String| text).merge(arithmetic());
    /// assert!(methods.names().any(|name| name == "add"));
    /// ```
    ///
    /// # Panics
    ///
    /// When a name is in both; [`Methods::try_merge`] gives an error instead.
    #[must_use]
    #[track_caller]
    pub fn merge(self, other: Self) -> Self {
        match self.try_merge(other) {
            Ok(merged) => merged,
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds all methods of another table, as [`Methods::merge`] does.
    ///
    /// # Errors
    ///
    /// When a name is in both; [`Error::duplicate_method`] tells it.
    pub fn try_merge(mut self, other: Self) -> Result<Self, Error> {
        let layers = other.has_layers().then(|| other.stack().clone());
        let table = self.table_mut();
        for (name, method) in Arc::unwrap_or_clone(other.table).methods {
            if matches!(method.run, Run::System(_)) {
                continue;
            }
            let method = match &layers {
                Some(layers) => method.behind(layers, &name),
                None => method,
            };
            match table.methods.entry(name) {
                Entry::Vacant(place) => place.insert(method),
                Entry::Occupied(place) => return Err(Error::duplicate(place.key())),
            };
        }
        Ok(self)
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

    /// Sets the limits on documents; [`Limits::default`] unless set. What is beyond them is answered with fault -32600.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.codec_mut().set_limits(limits);
        self
    }

    /// Sets what is accepted in documents; [`Reading::default`] unless set.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.codec_mut().set_reading(reading);
        self
    }

    /// Sets the form of replies; [`Dialect::default`] unless set.
    ///
    /// A request with elements of Apache's namespace is answered with its `ex:nil` and `ex:i8` all the same.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.codec_mut().set_dialect(dialect);
        self
    }

    /// Sets how many entries one `system.multicall` may have; 1,000 unless set. One with more is answered with fault -32600, and
    /// none of its entries runs.
    #[must_use]
    pub fn multicall_entries(mut self, count: usize) -> Self {
        self.table_mut().multicall_entries = count;
        self
    }

    /// Sets how many bytes the results of one `system.multicall` may take together, encoded; 64 MiB unless set.
    ///
    /// The entry whose result is too much for it is answered with fault -32603, and so are those behind it, which are not called.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().method("dump", || "x".repeat(1000)).multicall_reply_bytes(1_000_000);
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn multicall_reply_bytes(mut self, bytes: usize) -> Self {
        self.table_mut().multicall_reply_bytes = bytes;
        self
    }

    /// The names of all methods, those of `system.*` too, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.table.methods.keys().map(AsRef::as_ref)
    }

    /// The signature of a method as `system.methodSignature` gives it: the type of the result, then those of the parameters.
    ///
    /// `None` where there is none to give, since a type is not described or the number of parameters is not fixed, and where there
    /// is no such method.
    pub fn signature(&self, name: &str) -> Option<Vec<&'static str>> {
        self.table.methods.get(name)?.signature()
    }

    pub(crate) fn has_layers(&self) -> bool {
        !self.layers.is_empty()
    }

    /// The table with its layers around it.
    pub(crate) fn stack(&self) -> &Arc<Stack> {
        self.stack.get_or_init(|| self.layers.around(&self.table))
    }

    /// The table, to change it, after which what was built around it is built anew.
    fn table_mut(&mut self) -> &mut Table {
        self.stack = OnceLock::new();
        Arc::make_mut(&mut self.table)
    }

    fn codec_mut(&mut self) -> &mut Codec {
        Arc::make_mut(&mut self.table_mut().codec)
    }

    #[track_caller]
    fn register<A: Arguments, R: IntoReply>(mut self, name: &str, run: Run) -> Self {
        let mut parameters = Parameters::default();
        A::describe(&mut parameters);
        let method = Method::new(run, parameters, R::TYPE);
        match self.table_mut().methods.entry(name.into()) {
            Entry::Vacant(place) => place.insert(method),
            Entry::Occupied(_) => panic!("{}", Error::duplicate(name)),
        };
        self
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

impl Method {
    pub(crate) fn new(run: Run, parameters: Parameters, result: Type) -> Self {
        Self {
            run,
            parameters,
            result,
            help: "".into(),
        }
    }

    /// The same method, behind the layers of the table in which it has this name.
    fn behind(mut self, layers: &Arc<Stack>, name: &str) -> Self {
        // No call has a name that is none.
        if let Ok(name) = MethodName::try_from(name) {
            self.run = Run::Nested(Nested::new(layers.clone(), name));
        }
        self
    }

    pub(crate) fn signature(&self) -> Option<Vec<&'static str>> {
        let types = std::iter::once(&self.result).chain(self.parameters.types()?);
        let named = |known: &Type| (*known != Type::Undefined).then(|| known.name());
        types.map(named).collect()
    }
}
