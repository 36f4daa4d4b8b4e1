//! Who calls, and how it is known.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq as _};

/// Who called: a name, and roles.
///
/// A handler finds it by [`CallContext::extension`](crate::CallContext::extension), once [`Authenticate`](super::Authenticate) or
/// [`HttpAuthenticate`](super::HttpAuthenticate) has found out. Cheap to clone.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::layer::Identity;
/// use xmlrpc_server::{CallContext, Methods};
///
/// let methods = Methods::new().method("whoami", |context: CallContext| {
///     context.extension::<Identity>().map(|identity| identity.name().to_owned())
/// });
/// # let _ = methods;
/// ```
#[derive(Clone)]
pub struct Identity {
    name: Arc<str>,
    roles: Arc<[Box<str>]>,
    /// The users among whom it was found.
    known_to: Option<Arc<()>>,
}

impl Identity {
    /// Somebody with a name and without roles.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into().into(),
            roles: Arc::default(),
            known_to: None,
        }
    }

    /// Adds a role.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        let roles = self.roles.iter().cloned();
        self.roles = roles.chain([role.into().into()]).collect();
        self
    }

    /// The name: that of the user for Basic authentication.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has a role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|known| **known == *role)
    }

    /// Whether it was found among these users.
    pub(super) fn is_known_to(&self, users: &Users) -> bool {
        self.known_to
            .as_ref()
            .is_some_and(|known_to| Arc::ptr_eq(known_to, &users.mark))
    }
}

impl<T: Into<String>> From<T> for Identity {
    fn from(name: T) -> Self {
        Self::new(name)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.roles == other.roles
    }
}

impl Eq for Identity {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish()
    }
}

/// What somebody gives to prove who they are, from the header `Authorization`.
///
/// `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// `Basic`: a user's name and password, in UTF-8 or else in ISO-8859-1.
    Basic {
        /// The name: what stands before the first colon.
        user: String,
        /// The password: what stands behind it.
        password: String,
    },
    /// `Bearer`: a token.
    Bearer(
        /// The token.
        String,
    ),
}

impl Credentials {
    /// Those in the headers of a request: `None` if there are none, an error if they cannot be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Result<Self, Unreadable>> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return Some(Err(Unreadable));
        }
        let value = value.to_str().ok();
        Some(value.and_then(Self::read).ok_or(Unreadable))
    }

    fn read(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer(rest.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = base64_simd::forgiving_decode_to_vec(rest.as_bytes()).ok()?;
        let text = String::from_utf8(decoded)
            .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
        let (user, password) = text.split_once(':')?;
        Some(Self::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => f
                .debug_struct("Basic")
                .field("user", user)
                .finish_non_exhaustive(),
            Self::Bearer(_) => f.debug_struct("Bearer").finish_non_exhaustive(),
        }
    }
}

/// Of credentials that are none.
#[derive(Debug)]
pub(super) struct Unreadable;

/// Those who may call, and their secrets.
///
/// [`Authenticate`](super::Authenticate) and [`HttpAuthenticate`](super::HttpAuthenticate) ask it; a clone of it given to both asks once
/// for each request. Names of users are looked up; passwords and tokens are compared in constant time, for a user who is not known, too,
/// so that the time an answer takes tells nothing about them. Tokens are compared one by one: who has thousands of them asks a
/// [`checker`](Self::checker).
///
/// `Debug` shows no secret.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::layer::{Credentials, Identity, Users};
///
/// let users = Users::new()
///     .user("ada", "difference engine")
///     .user(Identity::new("grace").role("admin"), "nanosecond")
///     .token("backup", "b2f5ff47436671b6e533d8dc3614845d")
///     .checker(|credentials| async move {
///         match credentials {
///             // Ask a directory or a database.
///             Credentials::Basic { user, password } if user == "guest" && password.len() > 3 => Some(Identity::new(user)),
///             _ => None,
///         }
///     });
/// # let _ = users;
/// ```
#[derive(Clone, Default)]
pub struct Users {
    passwords: HashMap<Box<str>, (Secret, Identity)>,
    tokens: Vec<(Secret, Identity)>,
    checkers: Vec<Arc<Checker>>,
    /// Tells these users from others; clones share it until one of them is changed.
    mark: Arc<()>,
}

/// A question to somebody else.
type Checker = dyn Fn(Credentials) -> Pin<Box<dyn Future<Output = Option<Identity>> + Send>> + Send + Sync;

impl Users {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user with a password, for Basic authentication.
    ///
    /// # Panics
    ///
    /// When the password is empty, when there is a user of this name already, and when the name has a colon, which Basic
    /// authentication cannot carry.
    #[must_use]
    #[track_caller]
    pub fn user(mut self, identity: impl Into<Identity>, password: impl AsRef<str>) -> Self {
        let identity = self.mark(identity.into());
        let name = identity.name();
        assert!(!name.contains(':'), "the name of user {name:?} has a colon");
        let secret = Secret::new(password.as_ref());
        let before = self.passwords.insert(name.into(), (secret, identity.clone()));
        assert!(before.is_none(), "there is a user {:?} already", identity.name());
        self
    }

    /// Adds somebody with a token, for bearer authentication.
    ///
    /// # Panics
    ///
    /// When the token is empty.
    #[must_use]
    #[track_caller]
    pub fn token(mut self, identity: impl Into<Identity>, token: impl AsRef<str>) -> Self {
        let identity = self.mark(identity.into());
        self.tokens.push((Secret::new(token.as_ref()), identity));
        self
    }

    /// Adds a function that knows more users; it is asked after those that were given here, and after the checkers before it.
    ///
    /// It has to compare secrets in constant time itself, and what it awaits has to have a time limit. What computes for long, as
    /// hashes of passwords do, goes to `tokio::task::spawn_blocking`; and since anybody can have it asked, put a
    /// [`RateLimit`](super::RateLimit) outside of [`Authenticate`](super::Authenticate). When it panics, the credentials are not known.
    #[must_use]
    pub fn checker<F, R>(mut self, checker: F) -> Self
    where
        F: Fn(Credentials) -> R + Send + Sync + 'static,
        R: Future<Output = Option<Identity>> + Send + 'static,
    {
        self.mark = Arc::default();
        self.checkers
            .push(Arc::new(move |credentials| Box::pin(checker(credentials))));
        self
    }

    /// Whether any can be known by Basic, and by bearer authentication.
    pub(super) fn schemes(&self) -> (bool, bool) {
        let asks = !self.checkers.is_empty();
        (
            asks || !self.passwords.is_empty(),
            asks || !self.tokens.is_empty(),
        )
    }

    /// Whose credentials these are.
    pub(super) async fn check(&self, credentials: Credentials) -> Option<Identity> {
        let known = match &credentials {
            Credentials::Basic { user, password } => self.by_password(user, password),
            Credentials::Bearer(token) => self.by_token(token),
        };
        if known.is_some() {
            return known;
        }
        for checker in &self.checkers {
            let asked = AssertUnwindSafe(async { checker(credentials.clone()).await });
            let Ok(found) = asked.catch_unwind().await else {
                tracing::error!("a checker of credentials panicked");
                return None;
            };
            if let Some(identity) = found {
                return Some(self.marked(identity));
            }
        }
        None
    }

    fn by_password(&self, user: &str, password: &str) -> Option<Identity> {
        let nobody = Secret::of_nobody();
        let found = self.passwords.get(user);
        let secret = found.map_or(&nobody, |(secret, _)| secret);
        let is_right = bool::from(secret.is(password));
        found
            .filter(|_| is_right)
            .map(|(_, identity)| self.marked(identity.clone()))
    }

    /// Looks at all tokens, whichever it is.
    fn by_token(&self, token: &str) -> Option<Identity> {
        let mut found = None;
        for (secret, identity) in &self.tokens {
            if bool::from(secret.is(token)) {
                found = Some(identity);
            }
        }
        found.map(|identity| self.marked(identity.clone()))
    }

    /// Begins a change: from here on these are other users.
    fn mark(&mut self, identity: Identity) -> Identity {
        self.mark = Arc::default();
        identity
    }

    fn marked(&self, identity: Identity) -> Identity {
        Identity {
            known_to: Some(self.mark.clone()),
            ..identity
        }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.passwords.keys().collect();
        names.sort_unstable();
        f.debug_struct("Users")
            .field("names", &names)
            .field("tokens", &self.tokens.len())
            .field("checkers", &self.checkers.len())
            .finish()
    }
}

/// A password or token; never empty.
#[derive(Clone)]
struct Secret(Box<[u8]>);

impl Secret {
    #[track_caller]
    fn new(text: &str) -> Self {
        assert!(!text.is_empty(), "an empty password or token lets anybody in");
        Self(text.as_bytes().into())
    }

    /// That of a user who is not known.
    fn of_nobody() -> Self {
        Self([0].into())
    }

    /// Whether it is what was given. The time depends on the length of that alone.
    fn is(&self, given: &str) -> Choice {
        let mut same = self.0.len().ct_eq(&given.len());
        for (index, byte) in given.bytes().enumerate() {
            same &= byte.ct_eq(&self.0[index % self.0.len()]);
        }
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &[u8]) -> Option<Credentials> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, http::HeaderValue::from_bytes(value).unwrap());
        Credentials::of(&headers).unwrap().ok()
    }

    fn basic(user: &str, password: &str) -> Option<Credentials> {
        Some(Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    #[test]
    fn credentials_are_read_in_every_form() {
        for (value, credentials) in [
            // ada:lovelace, with padding and without, in any case and with white space.
            (&b"Basic YWRhOmxvdmVsYWNl"[..], basic("ada", "lovelace")),
            (b"BASIC  YWRhOmxvdmVsYWNl ", basic("ada", "lovelace")),
            (b"basic YTpi", basic("a", "b")),
            (b"Basic YTpiYw==", basic("a", "bc")),
            (b"Basic YTpiYw", basic("a", "bc")),
            (b"Basic YTpiOmM=", basic("a", "b:c")),
            (b"Basic Og==", basic("", "")),
            // ü in UTF-8 and in ISO-8859-1.
            (b"Basic YTrDvA==", basic("a", "\u{fc}")),
            (b"Basic YTr8", basic("a", "\u{fc}")),
            (b"Bearer t0ken", Some(Credentials::Bearer("t0ken".to_owned()))),
            (b"bearer  t0ken", Some(Credentials::Bearer("t0ken".to_owned()))),
            (b"Basic", None),
            (b"Basic YWRh", None),
            (b"Basic !!!!", None),
            (b"Digest username=ada", None),
            (b"YWRhOmxvdmVsYWNl", None),
            (b"Bearer \xff", None),
            (b"", None),
        ] {
            assert_eq!(read(value), credentials, "{}", String::from_utf8_lossy(value));
        }
        assert!(Credentials::of(&HeaderMap::new()).is_none());
    }

    #[test]
    fn two_headers_are_no_credentials() {
        let mut headers = HeaderMap::new();
        for value in ["Bearer a", "Bearer b"] {
            headers.append(AUTHORIZATION, http::HeaderValue::from_static(value));
        }
        assert!(Credentials::of(&headers).unwrap().is_err());
    }

    #[test]
    fn a_secret_is_the_whole_of_what_was_given() {
        let secret = Secret::new("abc");
        for (given, is) in [
            ("abc", true),
            ("", false),
            ("a", false),
            ("ab", false),
            ("abd", false),
            ("xbc", false),
            ("abca", false),
            ("abcabc", false),
        ] {
            assert_eq!(bool::from(secret.is(given)), is, "{given}");
        }
        for given in ["", "a", "abc"] {
            assert!(!bool::from(Secret::of_nobody().is(given)));
        }
        // What nobody can be asked for: a user who is not known is refused whatever the password.
        assert!(Users::new().by_password("nobody", "\0").is_none());
    }

    #[test]
    fn no_secret_is_printed() {
        let users = Users::new().user("ada", "hidden").token("bob", "hidden");
        let printed = format!(
            "{users:?} {:?} {:?}",
            basic("ada", "hidden"),
            Credentials::Bearer("hidden".to_owned())
        );
        assert!(
            printed.contains("ada") && !printed.contains("hidden"),
            "{printed}"
        );
    }

    #[test]
    fn changed_clones_are_other_users() {
        let users = Users::new().user("ada", "x");
        let ada = users.by_password("ada", "x").unwrap();
        let more = users.clone().user("bob", "y");
        assert!(ada.is_known_to(&users) && ada.is_known_to(&users.clone()));
        assert!(!ada.is_known_to(&more) && !ada.is_known_to(&Users::new()));
        assert!(!Identity::new("ada").is_known_to(&users));
        for other in [
            users.clone().token("bob", "y"),
            users.clone().checker(|_| async { None }),
        ] {
            assert!(!ada.is_known_to(&other));
        }
    }
}
