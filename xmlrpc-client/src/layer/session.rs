//! A session with the server: its key goes with each call, and is asked for anew when it has ended.

mod xenapi;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;
use tokio::time::timeout_at;
use xmlrpc_core::{Call, EncodedValue, Value};

use super::added_member::add_member;
use super::around::Around;
use super::{CallService, Run};
use crate::by_method::ByMethod;
use crate::error::{Error, Result};
use crate::options::CallOptions;
use crate::proxy::CallFuture;

/// How often a call is made again with a new session.
const RENEWALS: u32 = 1;

/// Logs in, puts the session's key before the parameters of each call, and logs in again when the session has ended.
///
/// The first call logs in, and all others use what it got. When a call's outcome says that the session has ended
/// ([`renew_on_fault`](Session::renew_on_fault), [`renew_when`](Session::renew_when)), the layer logs in again and makes the call again,
/// once ([`renewals`](Session::renewals)); the outcome of that is the call's, whatever it says. Whichever calls find out about the end
/// at the same time log in once, together. This makes calls again that are not idempotent: a server that refuses the session has not
/// carried them out.
///
/// Methods of `system.*` are left alone, `system.multicall` among them; each entry of a multicall is a call of its own, so that it has
/// the key, and those whose session has ended are sent again, together. [`methods`](Session::methods) chooses others.
///
/// `Debug` shows neither the key nor how it is asked for.
///
/// # Errors
///
/// When logging in fails, all calls that wait for it give that error, as the [source](std::error::Error::source) of one that says so;
/// [`fault`](crate::Error::fault) and the other questions are answered for it. The next call tries again. A call's timeout includes
/// logging in; if it is over while logging in, the next call that waits logs in within its own time.
///
/// # Cancel safety
///
/// A call that is dropped while it logs in leaves that to the next.
///
/// # Examples
///
/// A server whose sessions end with fault 401:
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use xmlrpc_client::ServerProxy;
/// use xmlrpc_client::layer::{CallService, Session};
/// use xmlrpc_client::transport::Memory;
/// use xmlrpc_server::{Fault, Methods};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// static LOGINS: AtomicU32 = AtomicU32::new(0);
/// let methods = Methods::new()
///     .method("auth.login", |_user: String, _password: String| {
///         format!("session {}", LOGINS.fetch_add(1, Ordering::SeqCst))
///     })
///     .method("count", |key: String| match key.as_str() {
///         // The first session has ended by the time it is used.
///         "session 0" => Err(Fault::new(401, "log in")),
///         _ => Ok(42),
///     });
///
/// let session = Session::new(|server: CallService| async move {
///     server.call::<String>("auth.login", ("ada", "secret")).await
/// });
/// let server = ServerProxy::over(Memory::new(methods)).layer(session.renew_on_fault(401)).build()?;
///
/// assert_eq!(server.call::<i32>("count", ()).await?, 42);
/// assert_eq!(server.call::<i32>("count", ()).await?, 42);
/// assert_eq!(LOGINS.load(Ordering::SeqCst), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    rules: Arc<Rules>,
    state: Arc<State>,
}

/// What was chosen.
#[derive(Clone)]
struct Rules {
    login: Arc<Login>,
    is_over: Vec<Arc<IsOver>>,
    renewals: u32,
    methods: ByMethod,
    place: Place,
}

type Login = dyn Fn(CallService) -> Pin<Box<dyn Future<Output = Result<Value>> + Send>> + Send + Sync;

type IsOver = dyn Fn(&Result<EncodedValue>) -> bool + Send + Sync;

/// Where the key stands in a call.
#[derive(Clone)]
enum Place {
    First,
    Member(Arc<str>),
}

/// What all calls share.
#[derive(Default)]
struct State {
    key: Mutex<Held>,
    /// How many logins have ended, well or not.
    logins: AtomicU64,
}

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Key(Key),
    /// The last login failed.
    Failed(Arc<Error>),
}

/// A session.
#[derive(Clone)]
struct Key {
    value: Arc<Value>,
    /// The number of the login that gave it.
    login: u64,
}

impl Session {
    /// The layer that logs in by `login`, a function of what stands behind the layer, which gives the session's key:
    /// [`CallService::call`] makes the call for that.
    pub fn new<F, L, K>(login: F) -> Self
    where
        F: Fn(CallService) -> L + Send + Sync + 'static,
        L: Future<Output = Result<K>> + Send + 'static,
        K: Into<Value>,
    {
        let rules = Rules {
            login: Arc::new(move |server| {
                let key = login(server);
                Box::pin(async move { key.await.map(Into::into) })
            }),
            is_over: Vec::new(),
            renewals: RENEWALS,
            methods: ByMethod::default(),
            place: Place::First,
        };
        Self {
            rules: Arc::new(rules),
            state: Arc::default(),
        }
    }

    /// Adds a code of faults that say that the session has ended.
    #[must_use]
    pub fn renew_on_fault(self, code: i32) -> Self {
        self.renew_when(move |outcome| {
            let fault = outcome.as_ref().err().and_then(Error::fault);
            fault.is_some_and(|fault| fault.code() == code)
        })
    }

    /// Adds a sign that the session has ended, for servers that do not say so by a fault.
    #[must_use]
    pub fn renew_when(self, is_over: impl Fn(&Result<EncodedValue>) -> bool + Send + Sync + 'static) -> Self {
        self.with(|rules| rules.is_over.push(Arc::new(is_over)))
    }

    /// Sets how often a call is made again with a new session. Once if not set.
    #[must_use]
    pub fn renewals(self, most: u32) -> Self {
        self.with(|rules| rules.renewals = most)
    }

    /// Sets by their names which methods take the key.
    #[must_use]
    pub fn methods(self, chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.with(|rules| rules.methods = ByMethod::new(chosen))
    }

    /// Says that the key is a member of this name in every struct among the parameters, as [`AddedMember`](super::AddedMember) puts it
    /// there, and not the first parameter.
    #[must_use]
    pub fn as_member(self, name: &str) -> Self {
        self.with(|rules| rules.place = Place::Member(name.into()))
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.rules));
        self
    }

    async fn run(self, call: Call, next: CallService) -> Result<EncodedValue> {
        let mut ended = None;
        for _ in 0..self.rules.renewals {
            let key = self.key(&call, &next, ended).await?;
            let outcome = next.run(self.with_key(call.clone(), &key)?).await;
            if !self.rules.is_over.iter().any(|is_over| is_over(&outcome)) {
                return outcome;
            }
            tracing::debug!(method = %call.method, "the session has ended");
            ended = Some(key.login);
        }
        let key = self.key(&call, &next, ended).await?;
        next.run(self.with_key(call, &key)?).await
    }

    fn with_key(&self, mut call: Call, key: &Key) -> Result<Call> {
        match &self.rules.place {
            Place::First => call.params.prepend(&*key.value).map_err(Error::encode)?,
            Place::Member(name) => add_member(&mut call, name, &key.value)?,
        }
        Ok(call)
    }

    /// A session other than the one that has ended, within the time of the call.
    async fn key(&self, call: &Call, next: &CallService, ended: Option<u64>) -> Result<Key> {
        let options = call.extensions.get::<CallOptions>();
        let finding = self.find_key(options, next, ended);
        match options.and_then(|options| Some((options.timeout?, options.deadline()?))) {
            None => finding.await,
            Some((limit, deadline)) => match timeout_at(deadline, finding).await {
                Ok(found) => found,
                Err(_) => Err(Error::timeout_unsent(limit)),
            },
        }
    }

    async fn find_key(
        &self,
        options: Option<&CallOptions>,
        next: &CallService,
        ended: Option<u64>,
    ) -> Result<Key> {
        let before = self.state.logins.load(Ordering::SeqCst);
        let mut held = self.state.key.lock().await;
        let logins = self.state.logins.load(Ordering::SeqCst);
        match &*held {
            Held::Key(key) if ended != Some(key.login) => return Ok(key.clone()),
            // It failed while this call waited for it.
            Held::Failed(error) if logins != before => return Err(Error::login(error.clone())),
            _ => {}
        }
        // What is dropped in here leaves nothing behind, so that the next one logs in.
        *held = Held::Nothing;
        let found = (self.rules.login)(within(next, options)).await;
        let login = self.state.logins.fetch_add(1, Ordering::SeqCst);
        match found {
            Ok(value) => {
                let value = Arc::new(value);
                let key = Key { value, login };
                *held = Held::Key(key.clone());
                Ok(key)
            }
            Err(error) => {
                let error = Arc::new(error);
                if !error.is_timeout() {
                    *held = Held::Failed(error.clone());
                }
                Err(Error::login(error))
            }
        }
    }
}

/// What stands behind the layer, for calls in the time of another.
fn within(next: &CallService, options: Option<&CallOptions>) -> CallService {
    let Some(options) = options else {
        return next.clone();
    };
    let mut options = options.clone();
    options.idempotent = false;
    options.reading = None;
    CallService(Arc::new(Within {
        next: next.clone(),
        options,
    }))
}

struct Within {
    next: CallService,
    options: CallOptions,
}

impl Run for Within {
    fn run(&self, mut call: Call) -> CallFuture<EncodedValue> {
        if call.extensions.get::<CallOptions>().is_none() {
            call.extensions.insert(self.options.clone());
        }
        self.next.run(call)
    }
}

impl Around for Session {
    fn around(&self, call: Call, next: &CallService) -> CallFuture<EncodedValue> {
        if !self.rules.methods.has(&call.method) {
            return next.run(call);
        }
        Box::pin(self.clone().run(call, next.clone()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("renewals", &self.rules.renewals)
            .finish_non_exhaustive()
    }
}
