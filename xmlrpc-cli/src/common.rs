//! The options that all commands share, and what they make: a proxy, a decoder, an encoder.

use std::borrow::Cow;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use tokio::runtime::Runtime;
use xmlrpc_client::profile::{self, Profile};
use xmlrpc_client::xmlrpc_core::{Decoder, Encoder};
use xmlrpc_client::{Dialect, Limits, NonFinite, Reading, ServerProxy, ServerProxyBuilder, Tls};

use crate::document::Types;
use crate::failure::{Failure, Result};
use crate::options::{self, Header};

/// The environment's user, or user and password with a colon between.
const USER: &str = "XMLRPC_USER";
/// The environment's password.
const PASSWORD: &str = "XMLRPC_PASSWORD";

// Names of the environment's variables are no names of items, for which documentation would take them.
const USER_HELP: &str = "Basic authentication; goes before credentials in the URL. Without a password, here or in the URL, it is \
    XMLRPC_PASSWORD of the environment; without this option and credentials in the URL, XMLRPC_USER and XMLRPC_PASSWORD count";
const CACERT_HELP: &str = "Trusts the certificates in this PEM file and no others, for https. SSL_CERT_FILE and SSL_CERT_DIR of the \
    environment name those that are trusted without it";

#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Common options, before the command or behind it")]
pub(crate) struct Common {
    /// Keeps the types of XML-RPC, in JSON that is read and written: {"int":5}, {"base64":"QUJD"}, {"array":[{"nil":null}]}
    #[arg(long)]
    typed: bool,
    #[arg(long, value_name = "NAME:PASSWORD", help = USER_HELP)]
    user: Option<String>,
    /// A header of all requests; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = options::header)]
    headers: Vec<Header>,
    /// Seconds that a call may take [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = options::seconds)]
    timeout: Option<Duration>,
    /// Takes any certificate of a server, for https
    #[arg(long)]
    insecure: bool,
    #[arg(long, value_name = "FILE", help = CACERT_HELP)]
    cacert: Option<PathBuf>,
    /// Reads and writes what a known peer needs
    #[arg(long, value_name = "PEER")]
    profile: Option<Peer>,
    /// Reads nothing but what the specification writes
    #[arg(long)]
    strict: bool,
    /// Shows requests and answers on standard error, as they go over the wire
    #[arg(long)]
    wire: bool,
    /// Bytes of an answer or a document, such as 500000 or 16M [default: 64M]
    #[arg(long, value_name = "BYTES", value_parser = options::bytes)]
    max_response: Option<usize>,
}

/// Peers that have a profile.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Aria2,
    Homematic,
    Koji,
    Odoo,
    Ros1,
    Rtorrent,
    Supervisord,
    Wordpress,
    Xenapi,
}

impl Peer {
    fn profile(self) -> Profile {
        match self {
            Self::Aria2 => profile::aria2(),
            Self::Homematic => profile::homematic(),
            Self::Koji => profile::koji(),
            Self::Odoo => profile::odoo(),
            Self::Ros1 => profile::ros1(),
            Self::Rtorrent => profile::rtorrent(),
            Self::Supervisord => profile::supervisord(),
            Self::Wordpress => profile::wordpress(),
            Self::Xenapi => profile::xenapi(),
        }
    }
}

impl Common {
    /// What was given before the command, with what was given behind it, which counts.
    pub(crate) fn then(mut self, behind: Self) -> Self {
        self.headers.extend(behind.headers);
        Self {
            typed: self.typed || behind.typed,
            user: behind.user.or(self.user),
            headers: self.headers,
            timeout: behind.timeout.or(self.timeout),
            insecure: self.insecure || behind.insecure,
            cacert: behind.cacert.or(self.cacert),
            profile: behind.profile.or(self.profile),
            strict: self.strict || behind.strict,
            wire: self.wire || behind.wire,
            max_response: behind.max_response.or(self.max_response),
        }
    }

    pub(crate) fn types(&self) -> Types {
        if self.typed { Types::Typed } else { Types::Plain }
    }

    pub(crate) fn decoder(&self) -> Decoder {
        Decoder::new().limits(self.limits()).reading(self.reading())
    }

    pub(crate) fn encoder(&self) -> Encoder {
        Encoder::new().dialect(self.dialect())
    }

    /// The form in which documents are written. Doubles that are no numbers come from typed JSON alone, by their own words; there they
    /// are written as they are read.
    fn dialect(&self) -> Dialect {
        let dialect = self.peer_profile().dialect().clone();
        match self.types() {
            Types::Plain => dialect,
            Types::Typed => dialect.non_finite(NonFinite::Text),
        }
    }

    /// The server at a URL.
    pub(crate) fn server(&self, url: &str) -> Result<ServerProxy> {
        Ok(self.server_builder(url)?.build()?)
    }

    /// The server at a URL, for more options.
    pub(crate) fn server_builder(&self, url: &str) -> Result<ServerProxyBuilder> {
        let mut builder = ServerProxy::builder(&self.complete(url)?)
            .profile(self.peer_profile())
            .dialect(self.dialect())
            .reading(self.reading())
            .limits(self.limits())
            .user_agent(concat!("xmlrpc/", env!("CARGO_PKG_VERSION")));
        if let Some(limit) = self.timeout {
            builder = builder.timeout(limit);
        }
        for Header { name, value } in options::joined(&self.headers) {
            builder = builder.header(&name, &value);
        }
        if self.wire {
            builder = builder.tap_to(std::io::stderr());
        }
        if let Some(tls) = self.tls(url)? {
            builder = builder.tls(tls);
        }
        if let Some((user, password)) = self.credentials(url)? {
            builder = builder.basic_auth(&user, &password);
        }
        Ok(builder)
    }

    /// What runs calls: this thread alone.
    pub(crate) fn runtime() -> Result<Runtime> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Failure::Exchange(format!("the runtime cannot be started: {error}")))
    }

    /// What differs from the default, for a URL that is of https or may lead there.
    fn tls(&self, url: &str) -> Result<Option<Tls>> {
        let scheme = url.split(':').next().unwrap_or_default();
        let is_http = ["http", "https"]
            .iter()
            .any(|http| scheme.eq_ignore_ascii_case(http));
        if !is_http || !self.insecure && self.cacert.is_none() {
            return Ok(None);
        }
        let mut tls = Tls::new();
        if let Some(file) = &self.cacert {
            tls = tls.authorities_file(file)?.without_platform_authorities();
        }
        if self.insecure {
            tls = tls.danger_accept_invalid_certificates();
        }
        Ok(Some(tls))
    }

    fn peer_profile(&self) -> Profile {
        self.profile.map(Peer::profile).unwrap_or_default()
    }

    fn reading(&self) -> Reading {
        match self.strict {
            true => Reading::strict(),
            false => self.peer_profile().reading().clone(),
        }
    }

    /// How long a document may be.
    pub(crate) fn document_bytes(&self) -> usize {
        self.limits().document_bytes
    }

    fn limits(&self) -> Limits {
        let limits = Limits::client();
        match self.max_response {
            None => limits,
            // A document may be one string.
            Some(bytes) => limits
                .document_bytes(bytes)
                .string_bytes(bytes)
                .reread_bytes(bytes),
        }
    }

    /// The URL, with the environment's password behind a user who has none in it. One who has an empty one is left so.
    fn complete<'u>(&self, url: &'u str) -> Result<Cow<'u, str>> {
        let Some(user) = user_info(url).filter(|info| !info.is_empty() && !info.contains(':')) else {
            return Ok(url.into());
        };
        if self.user.is_some() {
            return Ok(url.into());
        }
        let password = env::var(PASSWORD).map_err(|_| {
            Failure::usage(format!(
                "a user without a password in the URL: give NAME:PASSWORD@, NAME:@ for an empty one, or set {PASSWORD}"
            ))
        })?;
        let password: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Ok(url
            .replacen(&format!("{user}@"), &format!("{user}:{password}@"), 1)
            .into())
    }

    /// User and password, unless those in the URL are to be used.
    fn credentials(&self, url: &str) -> Result<Option<(String, String)>> {
        let from_environment = || {
            env::var(USER)
                .ok()
                .filter(|user| !user.is_empty() && user_info(url).is_none())
        };
        let Some(user) = self.user.clone().or_else(from_environment) else {
            return Ok(None);
        };
        if let Some((user, password)) = user.split_once(':') {
            return Ok(Some((user.to_owned(), password.to_owned())));
        }
        match env::var(PASSWORD) {
            Ok(password) => Ok(Some((user, password))),
            Err(_) => Err(Failure::usage(format!(
                "a user without a password: give NAME:PASSWORD, or set {PASSWORD}"
            ))),
        }
    }
}

/// What stands before the host in a URL: a user, or a user and a password with a colon between.
fn user_info(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map(|(info, _)| info)
}
