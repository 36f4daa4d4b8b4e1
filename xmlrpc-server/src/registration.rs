//! How a table of methods is filled.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::argument::{Arguments, Parameters};
use crate::describe::Described;
use crate::error::Error;
use crate::handler::{self, AsyncHandler, Handler, Start};
use crate::method::{Method, Run};
use crate::methods::Methods;
use crate::reply::{IntoAsyncReply, IntoReply};
use crate::system;

impl Methods {
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
        let method = self.plain(handler);
        self.register(name.as_ref(), method)
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
    /// or [`Methods::handler_timeout`] cuts it off. Whoever drops the future of [`Methods::dispatch`] drops its future at the `.await` where it stands; work that must
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
        H: AsyncHandler<A, Output: IntoAsyncReply>,
    {
        let method = self.asynchronous(handler);
        self.register(name.as_ref(), method)
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
    /// Once it runs it runs to its end, whatever becomes of the call: also when [`Methods::handler_timeout`] has long been over and the
    /// call answered.
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
        let method = self.blocking(handler);
        self.register(name.as_ref(), method)
    }

    /// Adds a handler to those of a method, or the first one: which of them answers a call is decided by its parameters.
    ///
    /// The handlers are tried in the order in which they were registered, by [`Methods::method`] or its like at first or by this, and the
    /// first one runs that takes as many parameters and can read each of them. What a parameter can be read as is told in
    /// [the reference](xmlrpc_core::documentation::types): an `f64` takes an `<int>`, too, so that a handler of integers has to be
    /// registered before one of doubles, and one that takes [`Value`](crate::Value) last. Where none fits, the fault (-32602) lists
    /// what they take. A handler that was chosen has answered, whatever it answers; another one is not tried.
    ///
    /// `system.methodSignature` gives the signatures of all of them, `"undef"` if one of them has none. The method has one help text.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new()
    ///     .overload("double", |number: i32| number * 2)
    ///     .overload("double", |text: String| text.repeat(2));
    /// assert_eq!(methods.signatures("double"), [["int", "int"], ["string", "string"]]);
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Methods::method`], but for a method of this name: only one of `system.*`, and one that came with layers of its own by
    /// [`Methods::merge`], can have no other handlers.
    #[must_use]
    #[track_caller]
    pub fn overload<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let method = self.plain(handler);
        self.register_overload(name.as_ref(), method)
    }

    /// Adds an async handler to those of a method: [`Methods::overload`] for what [`Methods::async_method`] takes. A method may have
    /// handlers of all kinds.
    ///
    /// # Panics
    ///
    /// As [`Methods::overload`].
    #[must_use]
    #[track_caller]
    pub fn async_overload<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: AsyncHandler<A, Output: IntoAsyncReply>,
    {
        let method = self.asynchronous(handler);
        self.register_overload(name.as_ref(), method)
    }

    /// Adds a blocking handler to those of a method: [`Methods::overload`] for what [`Methods::blocking_method`] takes.
    ///
    /// # Panics
    ///
    /// As [`Methods::overload`].
    #[must_use]
    #[track_caller]
    pub fn blocking_overload<A, H>(self, name: impl AsRef<str>, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let method = self.blocking(handler);
        self.register_overload(name.as_ref(), method)
    }

    /// Registers a function for calls of methods that are not there, in place of fault -32601.
    ///
    /// It takes arguments as any handler. One that answers whatever comes takes [`CallContext`](crate::CallContext), of which
    /// [`method`](crate::CallContext::method) is the name that was called, and [`Variadic<Value>`](crate::Variadic). The `system.*`
    /// methods know nothing of what it answers: `system.listMethods` does not list it, and `system.methodExist` says no. It is not
    /// carried into another table by [`Methods::merge`].
    ///
    /// ```
    /// use xmlrpc_server::{CallContext, Fault, Methods, Value, Variadic};
    ///
    /// fn forward(context: CallContext, params: Variadic<Value>) -> Result<Value, Fault> {
    ///     match context.method() {
    ///         Some(name) if name.starts_with("old.") => Ok(Value::from(params.into_iter().collect::<Vec<_>>())),
    ///         _ => Err(Fault::new(-32601, "there is no such method")),
    ///     }
    /// }
    ///
    /// let methods = Methods::new().fallback(forward);
    /// # let _ = methods;
    /// ```
    ///
    /// # Panics
    ///
    /// When there is one already, and as [`Methods::method`].
    #[must_use]
    #[track_caller]
    pub fn fallback<A, H>(self, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let method = self.plain(handler);
        self.register_fallback(method)
    }

    /// Registers an async function for calls of methods that are not there: [`Methods::fallback`] for what [`Methods::async_method`]
    /// takes.
    ///
    /// # Panics
    ///
    /// As [`Methods::fallback`].
    #[must_use]
    #[track_caller]
    pub fn async_fallback<A, H>(self, handler: H) -> Self
    where
        A: Arguments,
        H: AsyncHandler<A, Output: IntoAsyncReply>,
    {
        let method = self.asynchronous(handler);
        self.register_fallback(method)
    }

    /// Registers a blocking function for calls of methods that are not there: [`Methods::fallback`] for what
    /// [`Methods::blocking_method`] takes.
    ///
    /// # Panics
    ///
    /// As [`Methods::fallback`].
    #[must_use]
    #[track_caller]
    pub fn blocking_fallback<A, H>(self, handler: H) -> Self
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        let method = self.blocking(handler);
        self.register_fallback(method)
    }

    /// Gives a method a further name, `new`. It is as the one that is there, with its handlers and its help, and goes its own way from
    /// then on: what is changed by one name later is not changed by the other.
    ///
    /// A handler finds the name that was called in [`CallContext::method`](crate::CallContext::method), and so do
    /// [layers](crate::layer): what they are told of one name, such as who may call it, does not hold for the other.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new()
    ///     .method("add", |a: i32, b: i32| a + b)
    ///     .alias("sum", "add")
    ///     .alias("listMethods", "system.listMethods");
    /// assert_eq!(methods.signature("sum"), methods.signature("add"));
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no method `existing` yet, and when there is one `new` already.
    #[must_use]
    #[track_caller]
    pub fn alias(self, new: impl AsRef<str>, existing: impl AsRef<str>) -> Self {
        let existing = existing.as_ref();
        match self.table.methods.get(existing).cloned() {
            Some(method) => self.register(new.as_ref(), method),
            None => {
                panic!("there is no method {existing:?} to give another name: register it before its alias")
            }
        }
    }

    /// Keeps a method out of `system.listMethods` and [`Methods::names`], and so out of all that is made from these.
    ///
    /// It can be called as before. Who knows its name is told of it, too, by `system.methodExist`, `system.methodSignature` and
    /// `system.methodHelp`. This hides a method from view and protects nothing: who may call it is a matter of
    /// [layers](crate::layer).
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().method("debug.dump", || "…").hidden("debug.dump").hidden("system.multicall");
    /// assert!(methods.names().all(|name| name != "debug.dump" && name != "system.multicall"));
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no method of this name yet.
    #[must_use]
    #[track_caller]
    pub fn hidden(mut self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        match self.table_mut().methods.get_mut(name) {
            Some(method) => method.is_hidden = true,
            None => panic!("there is no method {name:?} to hide: register it before"),
        }
        self
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

    /// Says what the parameters of a method are called, in their order; they have no names unless set.
    ///
    /// The names stand in the faults for parameters that do not fit, and on the documentation page. Callers give parameters by their
    /// place all the same, and `system.methodSignature` knows types alone. Of a method with several handlers, all have them.
    ///
    /// ```
    /// use xmlrpc_server::{CallContext, Methods};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let methods = Methods::new()
    ///     .method("divide", |dividend: i32, divisor: i32| dividend / divisor)
    ///     .parameter_names("divide", ["dividend", "divisor"]);
    ///
    /// let call = "<methodCall><methodName>divide</methodName><params><param><value>x</value></param></params></methodCall>";
    /// let reply = methods.dispatch(call, CallContext::new()).await;
    /// assert!(reply.fault().unwrap().string().starts_with("parameter dividend: expected i32, found string \"x\""));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no method of this name yet.
    #[must_use]
    #[track_caller]
    pub fn parameter_names(
        mut self,
        name: impl AsRef<str>,
        names: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        let name = name.as_ref();
        match self.table_mut().methods.get_mut(name) {
            Some(method) => {
                let names = names.into_iter().map(|name| name.into().into());
                method.names = names.collect();
            }
            None => panic!("there is no method {name:?} to name the parameters of: register it before"),
        }
        self
    }

    /// Adds all methods of another table, with the states that they were registered with, and behind the layers of that table.
    ///
    /// The `system.*` methods, fallback, options and states of `other` are left behind. Its layers see its methods by the names that
    /// they have in `other`, and run inside those of this table.
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
    pub fn try_merge(self, other: Self) -> Result<Self, Error> {
        self.merge_by(other, |name| name)
    }

    /// Adds all methods of another table under names that begin with `prefix` and a dot, and else as [`Methods::merge`] does.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let users = Methods::new().method("get", |id: u32| format!("user {id}"));
    /// let methods = Methods::new().merge_under("users", users);
    /// assert!(methods.names().any(|name| name == "users.get"));
    /// ```
    ///
    /// # Panics
    ///
    /// When there is a method of such a name already; [`Methods::try_merge_under`] gives an error instead.
    #[must_use]
    #[track_caller]
    pub fn merge_under(self, prefix: impl AsRef<str>, other: Self) -> Self {
        match self.try_merge_under(prefix, other) {
            Ok(merged) => merged,
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds all methods of another table, as [`Methods::merge_under`] does.
    ///
    /// # Errors
    ///
    /// When there is a method of such a name already; [`Error::duplicate_method`] tells it.
    pub fn try_merge_under(self, prefix: impl AsRef<str>, other: Self) -> Result<Self, Error> {
        let prefix = prefix.as_ref();
        self.merge_by(other, |name| format!("{prefix}.{name}").into())
    }

    /// Adds all methods of another table under the names that `rename` makes of theirs.
    fn merge_by(mut self, other: Self, rename: impl Fn(Box<str>) -> Box<str>) -> Result<Self, Error> {
        let layers = other.has_layers().then(|| other.stack().clone());
        let table = self.table_mut();
        for (name, method) in Arc::unwrap_or_clone(other.table).methods {
            if system::has(&name) {
                continue;
            }
            let method = match &layers {
                Some(layers) => method.behind(layers, &name),
                None => method,
            };
            table.add(rename(name), method)?;
        }
        Ok(self)
    }

    #[track_caller]
    fn plain<A, H>(&self, handler: H) -> Method
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        method::<A>(
            handler::plain(handler, self.states()),
            <H::Output as IntoReply>::RESULT,
        )
    }

    #[track_caller]
    fn asynchronous<A, H>(&self, handler: H) -> Method
    where
        A: Arguments,
        H: AsyncHandler<A, Output: IntoAsyncReply>,
    {
        method::<A>(handler::asynchronous(handler, self.states()), H::Output::RESULT)
    }

    #[track_caller]
    fn blocking<A, H>(&self, handler: H) -> Method
    where
        A: Arguments,
        H: Handler<A, Output: IntoReply>,
    {
        method::<A>(
            handler::blocking(handler, self.states()),
            <H::Output as IntoReply>::RESULT,
        )
    }

    #[track_caller]
    fn register(mut self, name: &str, method: Method) -> Self {
        if let Err(error) = self.table_mut().add(name.into(), method) {
            panic!("{error}");
        }
        self
    }

    #[track_caller]
    fn register_overload(mut self, name: &str, method: Method) -> Self {
        match self.table_mut().methods.entry(name.into()) {
            Entry::Vacant(place) => drop(place.insert(method)),
            Entry::Occupied(mut place) => assert!(
                place.get_mut().overload(method),
                "the method {name:?} can have no other handlers"
            ),
        }
        self
    }

    #[track_caller]
    fn register_fallback(mut self, method: Method) -> Self {
        let fallback = &mut self.table_mut().fallback;
        assert!(fallback.is_none(), "there is a fallback already");
        *fallback = Some(method);
        self
    }
}

/// A method with one handler.
#[track_caller]
fn method<A: Arguments>(handler: Arc<dyn Start>, result: Described) -> Method {
    Method::new(Run::Handler(handler), Parameters::of_arguments::<A>(), result)
}
