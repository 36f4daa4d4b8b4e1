//! What a handler takes: parameters of the call, and what else it asks for.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::de::value::UnitDeserializer;
use xmlrpc_core::fault::code;
use xmlrpc_core::{Call, Category, Fault, ParamsReader};

use crate::context::CallContext;
#[cfg(feature = "macros")]
use crate::describe::Describing;
use crate::describe::{Describe, Described, Type};
use crate::handler::Request;
use crate::metrics;

/// One argument of a handler.
///
/// | argument | what it is |
/// |---|---|
/// | a type with [`Describe`] and serde's `DeserializeOwned` | the next parameter of the call |
/// | an `Option` of such a type | the next parameter of the call; `None` for nil |
/// | [`Variadic<T>`] | all parameters that are left, as the last one of these |
/// | [`State<S>`] | what [`Methods::state`](crate::Methods::state) was given |
/// | [`CallContext`] | peer, headers, method name |
///
/// The first three take parameters of the call, in the order in which they stand; the others may stand anywhere. All are owned: it is
/// `String` where one would write `&str`, and `Vec<T>` for a slice. There is nothing to implement here: describe the type instead.
///
/// # Optional parameters
///
/// Parameters that are `Option`s, and have none behind them that is not, may be left out: they are `None` then, as for nil. A call may
/// leave out the last of them, the last two, and so on; `system.methodSignature` lists a signature for each length, the shortest first.
///
/// ```
/// use xmlrpc_server::Methods;
///
/// let methods = Methods::new().method("log", |text: String, level: Option<i32>, time: Option<f64>| {
///     format!("{} {} {text}", time.unwrap_or(0.0), level.unwrap_or(3))
/// });
/// assert_eq!(
///     methods.signatures("log"),
///     [vec!["string", "string"], vec!["string", "string", "int"], vec!["string", "string", "int", "double"]],
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a method",
    label = "no argument of a method",
    note = "a parameter is an owned type with `xmlrpc_server::Describe` and serde's `Deserialize`",
    note = "for a type of your own, derive serde's `Deserialize` and `xmlrpc_server::Describe`",
    note = "for a type of another crate, use `xmlrpc_server::Undescribed<{Self}>`"
)]
pub trait Argument: Sized + Send + 'static {
    /// What is found out when the method is registered.
    #[doc(hidden)]
    type Prepared: Clone + Send + Sync + 'static;

    #[doc(hidden)]
    #[track_caller]
    fn describe(parameters: &mut Parameters);

    /// Panics, with what to do about it, if something is not there.
    #[doc(hidden)]
    #[track_caller]
    fn prepare(states: &States) -> Self::Prepared;

    #[doc(hidden)]
    fn extract(prepared: &Self::Prepared, input: &mut Input<'_>) -> Result<Self, Refusal>;
}

/// All parameters that are left, however many there are.
///
/// It derefs to a slice, and iterates by value. A method that has it gives no signature.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{Methods, Variadic};
///
/// let methods = Methods::new().method("sum", |numbers: Variadic<f64>| numbers.iter().sum::<f64>());
/// # let _ = methods;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variadic<T>(pub Vec<T>);

/// What [`Methods::state`](crate::Methods::state) was given, shared by all calls.
///
/// It derefs to `S`. What changes stands behind a lock or an atomic of its own.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use xmlrpc_server::{Methods, State};
///
/// #[derive(Default)]
/// struct Visits(AtomicU32);
///
/// fn visit(visits: State<Visits>, name: String) -> String {
///     let count = visits.0.fetch_add(1, Ordering::Relaxed) + 1;
///     format!("{name} is visitor {count}")
/// }
///
/// let methods = Methods::new().state(Visits::default()).method("visit", visit);
/// # let _ = methods;
/// ```
pub struct State<S: ?Sized>(Arc<S>);

impl<S: ?Sized> State<S> {
    /// The shared value, to keep it longer than the call.
    pub fn into_inner(self) -> Arc<S> {
        self.0
    }
}

impl<T: Describe + DeserializeOwned + Send + 'static> Argument for T {
    type Prepared = ();

    #[track_caller]
    fn describe(parameters: &mut Parameters) {
        parameters.push(Described::of::<T>(), T::OPTIONAL);
    }

    fn prepare(_: &States) {}

    fn extract(&(): &(), input: &mut Input<'_>) -> Result<Self, Refusal> {
        match input.reader.next()? {
            Some(parameter) => Ok(parameter),
            None if T::OPTIONAL => Ok(T::deserialize(UnitDeserializer::<xmlrpc_core::Error>::new())?),
            None => Err(Refusal::Missing),
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Argument for Variadic<T> {
    type Prepared = ();

    #[track_caller]
    fn describe(parameters: &mut Parameters) {
        parameters.rest();
    }

    fn prepare(_: &States) {}

    fn extract(&(): &(), input: &mut Input<'_>) -> Result<Self, Refusal> {
        let mut values = Vec::new();
        while let Some(value) = input.reader.next()? {
            values.push(value);
        }
        Ok(Self(values))
    }
}

impl<S: Send + Sync + 'static> Argument for State<S> {
    type Prepared = Arc<S>;

    #[track_caller]
    fn describe(_: &mut Parameters) {}

    #[track_caller]
    fn prepare(states: &States) -> Arc<S> {
        states.find()
    }

    fn extract(state: &Arc<S>, _: &mut Input<'_>) -> Result<Self, Refusal> {
        Ok(Self(state.clone()))
    }
}

impl Argument for CallContext {
    type Prepared = ();

    #[track_caller]
    fn describe(_: &mut Parameters) {}

    fn prepare(_: &States) {}

    fn extract(&(): &(), input: &mut Input<'_>) -> Result<Self, Refusal> {
        Ok(input.context.for_call(input.call))
    }
}

impl<T> Deref for Variadic<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for Variadic<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'v, T> IntoIterator for &'v Variadic<T> {
    type Item = &'v T;
    type IntoIter = std::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<S: ?Sized> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: ?Sized> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for State<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&&*self.0).finish()
    }
}

/// The parameters that a method takes.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    types: Vec<Described>,
    /// How many of them have to be there.
    required: usize,
    variadic: bool,
}

impl Parameters {
    /// Those that a function of such arguments takes.
    #[track_caller]
    pub(crate) fn of_arguments<A: Arguments>() -> Self {
        let mut parameters = Self::default();
        A::describe(&mut parameters);
        parameters
    }

    #[track_caller]
    fn push(&mut self, parameter: Described, optional: bool) {
        assert!(
            !self.variadic,
            "no parameter can follow a `Variadic`, which takes all that are left"
        );
        self.types.push(parameter);
        if !optional {
            self.required = self.types.len();
        }
    }

    #[track_caller]
    fn rest(&mut self) {
        assert!(!self.variadic, "a method can take one `Variadic` only");
        self.variadic = true;
    }

    /// Says what the items of those are that are arrays.
    #[cfg(feature = "macros")]
    pub(crate) fn set_items(&mut self, items: &[Option<Describing>]) {
        for (known, items) in self.types.iter_mut().zip(items) {
            known.set_items(*items);
        }
    }

    /// The types, except of what is variadic.
    #[cfg(feature = "http")]
    pub(crate) fn types(&self) -> &[Described] {
        &self.types
    }

    /// The types for each number of parameters that a call may have, where there is one for each parameter.
    pub(crate) fn lists(&self) -> Option<impl Iterator<Item = &[Described]>> {
        let lengths = self.required..=self.types.len();
        (!self.variadic).then(|| lengths.map(|length| &self.types[..length]))
    }

    /// The fault for a call of another number of parameters.
    #[cold]
    fn wrong_count(&self, request: &Request<'_>, found: usize) -> Fault {
        let most = self.types.len();
        let takes = match self.required {
            least if self.variadic => format!("at least {least}"),
            least if least < most => format!("{least} to {most}"),
            _ => most.to_string(),
        };
        let last = if self.variadic { self.required } else { most };
        let noun = if last == 1 { "parameter" } else { "parameters" };
        let mut wanted = format!("{} takes {takes} {noun}", request.call.method);
        if !request.names.is_empty() {
            wanted.push_str(&format!(" {}", self.named(request.names)));
        }
        Fault::new(code::INVALID_PARAMETERS, format!("{wanted}, but {found} came"))
    }

    /// The names of all, those in brackets that may be left out: `(name, [greeting])`.
    pub(crate) fn named(&self, names: &[Box<str>]) -> String {
        let last = self.types.len() + usize::from(self.variadic);
        let named = names
            .iter()
            .take(last)
            .enumerate()
            .map(|(index, name)| match index {
                index if index < self.required => name.to_string(),
                index if index < self.types.len() => format!("[{name}]"),
                _ => format!("{name}…"),
            });
        format!("({})", named.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Parameters {
    /// As a list of types, optional ones in brackets: `(int, [string])`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.types.iter().enumerate().map(|(index, parameter)| {
            let name = match parameter.kind {
                Type::Undefined => "any",
                known => known.name(),
            };
            if index < self.required {
                name.to_owned()
            } else {
                format!("[{name}]")
            }
        });
        let rest = self.variadic.then(|| "…".to_owned());
        write!(f, "({})", shown.chain(rest).collect::<Vec<_>>().join(", "))
    }
}

/// Where arguments come from.
#[derive(Debug)]
pub struct Input<'c> {
    reader: ParamsReader<'c>,
    call: &'c Call,
    context: &'c CallContext,
}

/// Why an argument cannot be given.
#[derive(Debug)]
pub enum Refusal {
    /// There are fewer parameters.
    Missing,
    /// The parameter, or the document, is not what it should be.
    Wrong(xmlrpc_core::Error),
}

impl From<xmlrpc_core::Error> for Refusal {
    fn from(error: xmlrpc_core::Error) -> Self {
        Self::Wrong(error)
    }
}

/// What was registered by type.
#[derive(Clone, Debug, Default)]
pub struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<S: Send + Sync + 'static>(&mut self, state: S) {
        self.0.insert(TypeId::of::<S>(), Arc::new(state));
    }

    #[track_caller]
    fn find<S: Send + Sync + 'static>(&self) -> Arc<S> {
        let state = self.0.get(&TypeId::of::<S>()).cloned();
        match state.and_then(|state| state.downcast().ok()) {
            Some(state) => state,
            None => panic!(
                "no state of type `{0}` is there: call `.state(…)` with a `{0}` before the methods that take `State<{0}>`",
                type_name::<S>()
            ),
        }
    }
}

/// The arguments of a handler: a tuple of up to fourteen [`Argument`]s.
///
/// Only functions that are generic over handlers have to name it.
///
/// ```
/// use xmlrpc_server::{Arguments, Handler, IntoReply, Methods};
///
/// fn register_twice<A: Arguments>(methods: Methods, handler: impl Handler<A, Output: IntoReply> + Clone) -> Methods {
///     methods.method("old.name", handler.clone()).method("new.name", handler)
/// }
///
/// let methods = register_twice(Methods::new(), |a: i32, b: i32| a + b);
/// assert_eq!(methods.signature("old.name"), methods.signature("new.name"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no arguments of a method",
    note = "a method takes at most 14 arguments, each of a type with `xmlrpc_server::Argument`"
)]
pub trait Arguments: Sized + Send + 'static {
    #[doc(hidden)]
    type Prepared: Clone + Send + Sync + 'static;

    #[doc(hidden)]
    #[track_caller]
    fn describe(parameters: &mut Parameters);

    #[doc(hidden)]
    #[track_caller]
    fn prepare(states: &States) -> Self::Prepared;

    #[doc(hidden)]
    fn extract(prepared: &Self::Prepared, input: &mut Input<'_>) -> Result<Self, Refusal>;
}

/// Why a handler does not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The parameters are not those that it takes.
    Misfit(Fault),
    Fault(Fault),
}

impl Failure {
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Self::Misfit(fault) | Self::Fault(fault) => fault,
        }
    }
}

impl Failure {
    /// The failure of an argument, or of the document that it stands in.
    #[cold]
    fn of(error: xmlrpc_core::Error, names: &[Box<str>]) -> Self {
        if error.category() != Category::Data {
            metrics::refused_document(&error);
            return Self::Fault(error.into());
        }
        let name = parameter_of(error.path()).and_then(|index| names.get(index));
        let text = name.map(|name| format!("parameter {name}: {error}"));
        let fault = Fault::from(error);
        Self::Misfit(match text {
            Some(text) => Fault::new(fault.code(), text),
            None => fault,
        })
    }
}

/// The place of the parameter in which a path begins, as `params[1].name` does.
fn parameter_of(path: &str) -> Option<usize> {
    let (index, _) = path.strip_prefix("params[")?.split_once(']')?;
    index.parse().ok()
}

/// Reads all arguments, and the document to its end. Says whether Apache's types were met, too.
pub(crate) fn read<A: Arguments>(
    prepared: &A::Prepared,
    parameters: &Parameters,
    request: &Request<'_>,
) -> Result<(A, bool), Failure> {
    let failure = |error| Failure::of(error, request.names);
    let mut input = Input {
        reader: request.call.params.reader().map_err(failure)?,
        call: request.call,
        context: request.context,
    };
    let arguments = match A::extract(prepared, &mut input) {
        Ok(arguments) => arguments,
        Err(Refusal::Missing) => {
            let fault = parameters.wrong_count(request, input.reader.count());
            return Err(Failure::Misfit(fault));
        }
        Err(Refusal::Wrong(error)) => return Err(failure(error)),
    };
    let read = input.reader.count();
    let found = input.reader.skip_all().map_err(failure)?;
    if found != read {
        return Err(Failure::Misfit(parameters.wrong_count(request, found)));
    }
    Ok((arguments, input.reader.met_extensions()))
}

impl Arguments for () {
    type Prepared = ();

    #[track_caller]
    fn describe(_: &mut Parameters) {}

    fn prepare(_: &States) {}

    fn extract(&(): &(), _: &mut Input<'_>) -> Result<Self, Refusal> {
        Ok(())
    }
}

macro_rules! tuples {
    () => {};
    ($($argument:ident)+) => {
        impl<$($argument: Argument),+> Arguments for ($($argument,)+) {
            type Prepared = ($($argument::Prepared,)+);

            #[track_caller]
            fn describe(parameters: &mut Parameters) {
                $($argument::describe(parameters);)+
            }

            #[track_caller]
            fn prepare(states: &States) -> Self::Prepared {
                ($($argument::prepare(states),)+)
            }

            #[allow(non_snake_case, reason = "a variable is named as its type")]
            fn extract(($($argument,)+): &Self::Prepared, input: &mut Input<'_>) -> Result<Self, Refusal> {
                Ok(($($argument::extract($argument, input)?,)+))
            }
        }
    };
}

crate::handler::for_each_arity!(tuples);
