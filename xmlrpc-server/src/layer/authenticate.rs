//! Authentication on the level of calls.

use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;
use xmlrpc_core::{Call, EncodedValue, Fault};

use super::by_method::ByMethod;
use super::users::{Credentials, Identity, Users};
use super::{CallFuture, CallService};
use crate::context::CallContext;

/// Who may call a method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everybody, known or not.
    Everybody,
    /// Everybody who is known.
    Known,
    /// Whoever has this role.
    Role(String),
    /// Nobody.
    Nobody,
}

/// A layer that finds out who calls, and lets in who may.
///
/// Credentials come in the HTTP header `Authorization`, as `Basic` or `Bearer`. Who it was stands among the call's extensions as an
/// [`Identity`], for handlers and for layers further in. Each entry of a `system.multicall` is judged by the name of its own method, but
/// credentials are looked at only once.
///
/// Unless [`rule`](Self::rule)s say otherwise, every method is for those who are known, those of `system.*` and those that are not there
/// too: whoever is not known learns nothing of what there is. [`others`](Self::others)`(Access::Nobody)` closes all methods for which there is
/// no rule. The documentation page is for those who may call `system.listMethods`. Where it opens them, the names and help texts of closed methods are still told by `system.listMethods` and its kin, unless there is
/// a rule for `system.*`.
///
/// | who calls | is answered |
/// |---|---|
/// | somebody without credentials, where they are needed | fault -32001, [`Authenticate::NOT_KNOWN`] |
/// | somebody with wrong credentials, whatever the method | the same |
/// | somebody without the role, or where nobody may | fault -32003, [`Authenticate::NOT_ALLOWED`] |
///
/// Faults come with status 200, which clients of XML-RPC show as what they are. Many expect status 401 in place of the first two:
/// [`HttpAuthenticate`](super::HttpAuthenticate) answers so, and the two can be used together.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::layer::{Access, Authenticate, Identity, Users};
/// use xmlrpc_server::{CallContext, Methods};
///
/// let users = Users::new()
///     .user("ada", "difference engine")
///     .user(Identity::new("grace").role("admin"), "nanosecond");
/// let methods = Methods::new()
///     .method("ping", || "pong")
///     .method("whoami", |context: CallContext| context.extension::<Identity>().map(|who| who.name().to_owned()))
///     .method("admin.stop", || true)
///     .layer(
///         Authenticate::new(users)
///             .rule("ping", Access::Everybody)
///             .rule("admin.*", Access::Role("admin".to_owned())),
///     );
/// # let _ = methods;
/// ```
#[derive(Clone, Debug)]
pub struct Authenticate {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    users: Users,
    rules: ByMethod<Access>,
    trusts_others: bool,
}

impl Authenticate {
    /// The code of the fault for who is not known.
    pub const NOT_KNOWN: i32 = -32001;
    /// The code of the fault for who is known, but may not call the method.
    pub const NOT_ALLOWED: i32 = -32003;

    /// The layer, with every method for those who are known.
    pub fn new(users: Users) -> Self {
        let shared = Shared {
            users,
            rules: ByMethod::new(Access::Known),
            trusts_others: false,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Sets who may call a method, such as `ping`, or all methods whose names begin alike, such as `admin.*`.
    ///
    /// A rule for the name of a method goes before those for beginnings, and one for a longer beginning before one for a shorter one.
    ///
    /// A rule is about a name, and not about what stands behind it: an [alias](crate::Methods::alias) needs one of its own, and is open to
    /// [`others`](Self::others) without.
    #[must_use]
    pub fn rule(mut self, methods: impl AsRef<str>, access: Access) -> Self {
        self.shared().rules.set(methods.as_ref(), access);
        self
    }

    /// Sets who may call the methods for which there is no rule: [`Access::Known`] unless set, and [`Access::Nobody`] to open none but
    /// those that rules name.
    #[must_use]
    pub fn others(mut self, access: Access) -> Self {
        self.shared().rules.set_others(access);
        self
    }

    /// Takes an [`Identity`] that others have found out, such as a layer further out that looks at a client's certificate, from among
    /// the extensions of the call or of the HTTP request. Otherwise only one that was found among the same [`Users`] is taken.
    ///
    /// ```
    /// use xmlrpc_server::layer::{Authenticate, CallService, Identity, Users, from_fn};
    /// use xmlrpc_server::{Call, CallContext, Methods};
    ///
    /// // A local process with the rights of root, by a Unix socket, needs no password.
    /// let local = from_fn(|mut call: Call, next: CallService| {
    ///     let context = call.extensions.get::<CallContext>();
    ///     let credentials = context.and_then(CallContext::peer_credentials);
    ///     if credentials.is_some_and(|peer| peer.uid() == 0) {
    ///         call.extensions.insert(Identity::new("root").role("admin"));
    ///     }
    ///     next.run(call)
    /// });
    /// let methods = Methods::new().layer(Authenticate::new(Users::new()).trust_others()).layer(local);
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn trust_others(mut self) -> Self {
        self.shared().trusts_others = true;
        self
    }

    fn shared(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.shared)
    }
}

impl Shared {
    /// Lets a call pass, with who makes it.
    async fn admit(&self, call: &mut Call) -> Result<(), Fault> {
        let found = match self.found_before(call) {
            Some(identity) => Some(identity),
            None => self.identify(call).await?,
        };
        match (self.rules.find(&call.method), &found) {
            (Access::Everybody, _) | (Access::Known, Some(_)) => {}
            (Access::Role(role), Some(identity)) if identity.has_role(role) => {}
            (_, Some(_)) => return Err(not_allowed()),
            (_, None) => return Err(not_known()),
        }
        if let Some(identity) = found {
            call.extensions.insert(identity);
        }
        Ok(())
    }

    /// Who it was, where a layer, the HTTP level or the multicall around has found out.
    fn found_before(&self, call: &Call) -> Option<Identity> {
        let context = call.extensions.get::<CallContext>();
        let of_request = context.and_then(CallContext::extension);
        [call.extensions.get::<Identity>(), of_request]
            .into_iter()
            .flatten()
            .find(|identity| self.trusts_others || identity.is_known_to(&self.users))
            .cloned()
    }

    async fn identify(&self, call: &Call) -> Result<Option<Identity>, Fault> {
        let context = call.extensions.get::<CallContext>();
        let Some(given) = context.and_then(|context| Credentials::of(context.headers())) else {
            return Ok(None);
        };
        let credentials = given.map_err(|_| not_known())?;
        match self.users.check(credentials).await {
            Some(identity) => Ok(Some(identity)),
            None => Err(not_known()),
        }
    }
}

fn not_known() -> Fault {
    Fault::new(
        Authenticate::NOT_KNOWN,
        "this needs credentials, and there are none or they are wrong",
    )
}

fn not_allowed() -> Fault {
    Fault::new(Authenticate::NOT_ALLOWED, "these credentials do not allow this")
}

impl<S> tower_layer::Layer<S> for Authenticate
where
    S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
{
    type Service = AuthenticateService;

    fn layer(&self, next: S) -> AuthenticateService {
        AuthenticateService {
            shared: self.shared.clone(),
            next: CallService::new(next),
        }
    }
}

/// The service of [`Authenticate`].
#[derive(Clone, Debug)]
pub struct AuthenticateService {
    shared: Arc<Shared>,
    next: CallService,
}

impl Service<Call> for AuthenticateService {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut call: Call) -> CallFuture {
        let (shared, next) = (self.shared.clone(), self.next.clone());
        Box::pin(async move {
            shared.admit(&mut call).await?;
            next.run(call).await
        })
    }
}
