//! How connections are made: what was chosen for them becomes a client of reqwest, or of the pool inside of it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::Url;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use crate::error::{Error, Result};
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::transport::address::Route;
use crate::transport::direct::Direct;
use crate::transport::http_proxy::Through;

const NO_CLIENT: &str = "the HTTP client cannot be set up";

/// What was chosen for HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connecting {
    pub(crate) timeout: Option<Duration>,
    pub(crate) through: Through,
    /// Whether each call has a connection of its own.
    pub(crate) per_call: bool,
    /// Whether connections can come with a time of their own, as [`within`] sets it.
    pub(crate) bounded: bool,
    /// How many bytes of cookies are kept, if any are.
    pub(crate) cookie_bytes: Option<usize>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Connecting {
    /// Refuses what would be of no effect on the way to a server, or on the ways that so many redirects can lead to.
    pub(crate) fn check(&self, way: Way<'_>, redirects: usize) -> Result<()> {
        #[cfg(not(feature = "tls"))]
        let _ = redirects;
        #[cfg(feature = "tls")]
        let may_become_https = way.is_http() && (redirects > 0 || self.through.may_be_https());
        #[cfg(feature = "tls")]
        if self.tls.is_some() && !way.is_https() && !may_become_https {
            return Err(Error::configuration(format!(
                "options for TLS are of effect with https:// URLs only, and this is {way}"
            )));
        }
        if self.cookie_bytes.is_some() && !way.is_http() && !way.is_unix() {
            return Err(Error::configuration(format!(
                "cookies are kept with HTTP only, and this is {way}"
            )));
        }
        match self.through {
            Through::Proxy(_) if !way.is_http() => Err(Error::configuration(format!(
                "HTTP proxies are of effect with http:// and https:// URLs only, and this is {way}"
            ))),
            _ => Ok(()),
        }
    }

    /// What sends requests to a URL.
    fn sender(&self, url: &Url, route: &Route) -> Result<Sender> {
        let is_direct =
            url.scheme() == "http" && *route == Route::Http && matches!(self.through, Through::Nothing);
        match is_direct {
            true => Ok(Sender::Direct(Direct::new(self.timeout, self.per_call))),
            false => self.client(url, route).map(Sender::Reqwest),
        }
    }

    fn client(&self, url: &Url, route: &Route) -> Result<reqwest::Client> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let mut client = self.through.apply(client, url)?;
        if url.scheme() != "https" {
            // reqwest repeats what a server by HTTP/2 has refused unseen. Without HTTP/2 it would keep copies of requests for nothing.
            client = client.retry(reqwest::retry::never().max_retries_per_request(0));
        }
        if let Some(limit) = self.timeout {
            client = client.connect_timeout(limit);
        }
        if self.bounded {
            client = client.connector_layer(tower_layer::layer_fn(|connector| Bounded::new(connector, None)));
        }
        #[cfg(unix)]
        if let Route::HttpUnix(socket) = route {
            client = client.unix_socket(socket.as_path());
        }
        #[cfg(not(unix))]
        let _ = route;
        if self.per_call {
            // By HTTP/2, many calls share a connection.
            client = client.pool_max_idle_per_host(0).http1_only();
        }
        let client = self.with_tls(client, url)?.build();
        client.map_err(|error| Error::unusable(NO_CLIENT, error.without_url()))
    }

    /// The platform's certificates are read only where they are needed: there may be none on a system that does without TLS.
    #[cfg(feature = "tls")]
    fn with_tls(&self, client: reqwest::ClientBuilder, url: &Url) -> Result<reqwest::ClientBuilder> {
        let standard = Tls::new();
        let tls = match &self.tls {
            Some(tls) => tls,
            None if url.scheme() == "https" || self.through.may_be_https() => &standard,
            None => return Ok(client.tls_certs_only([])),
        };
        let protocols: &[&[u8]] = match cfg!(feature = "http2") && !self.per_call {
            true => &[b"h2", b"http/1.1"],
            false => &[b"http/1.1"],
        };
        let config = tls
            .config(protocols)
            .map_err(|error| Error::unusable(NO_CLIENT, error))?;
        Ok(client.tls_backend_preconfigured(config))
    }

    #[cfg(not(feature = "tls"))]
    fn with_tls(&self, client: reqwest::ClientBuilder, _: &Url) -> Result<reqwest::ClientBuilder> {
        Ok(client)
    }
}

/// The way to a server, as options are checked against it.
#[derive(Clone, Copy)]
pub(crate) enum Way<'u> {
    Url(&'u Url),
    /// A transport of one's own.
    Own,
}

impl Way<'_> {
    #[cfg(feature = "tls")]
    fn is_https(self) -> bool {
        matches!(self, Self::Url(url) if url.scheme() == "https")
    }

    fn is_http(self) -> bool {
        matches!(self, Self::Url(url) if matches!(url.scheme(), "http" | "https"))
    }

    /// Whether it is HTTP through a Unix socket.
    fn is_unix(self) -> bool {
        matches!(self, Self::Url(url) if url.scheme() == "http+unix")
    }
}

impl std::fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => write!(f, "an {}:// URL", url.scheme()),
            Self::Own => f.write_str("a transport of its own"),
        }
    }
}

/// What sends requests.
pub(crate) enum Sender {
    /// Where neither TLS nor an HTTP proxy nor a Unix socket stands between.
    Direct(Direct),
    Reqwest(reqwest::Client),
}

/// The connections of a proxy.
pub(crate) struct Clients {
    /// For the server itself.
    first: Sender,
    /// For https where the server itself is called by http, and redirects; made when it is needed.
    redirected: OnceLock<Sender>,
    secure: bool,
    connecting: Box<Connecting>,
}

impl Clients {
    pub(crate) fn new(connecting: Connecting, url: &Url, route: &Route) -> Result<Self> {
        let secure = url.scheme() == "https";
        Ok(Self {
            first: connecting.sender(url, route)?,
            redirected: OnceLock::new(),
            secure,
            connecting: Box::new(connecting),
        })
    }

    /// Whether each call has a connection of its own.
    pub(crate) fn are_per_call(&self) -> bool {
        self.connecting.per_call
    }

    /// The HTTP proxy that was named.
    pub(crate) fn http_proxy(&self) -> Option<String> {
        self.connecting.through.named()
    }

    /// The client for a URL.
    pub(crate) fn of(&self, url: &Url) -> Result<&Sender> {
        if self.secure || url.scheme() != "https" {
            return Ok(&self.first);
        }
        if let Some(client) = self.redirected.get() {
            return Ok(client);
        }
        let client = self.connecting.sender(url, &Route::Http)?;
        Ok(self.redirected.get_or_init(|| client))
    }
}

tokio::task_local! {
    /// Until when the connection of this call must have come about. A client of reqwest takes one time for all its calls alone.
    static CONNECT_BY: Instant;
}

/// Runs a call by a client for which connections are bounded, with the time until which it must have its connection.
pub(crate) async fn within<Sending: Future>(by: Option<Instant>, sending: Sending) -> Sending::Output {
    match by {
        None => sending.await,
        Some(by) => CONNECT_BY.scope(by, sending).await,
    }
}

/// Makes connections within a time of their own, and that of the call that asks for them.
#[derive(Clone)]
pub(crate) struct Bounded<S> {
    connector: S,
    limit: Option<Duration>,
}

impl<S> Bounded<S> {
    pub(crate) fn new(connector: S, limit: Option<Duration>) -> Self {
        Self { connector, limit }
    }
}

impl<S, Target> Service<Target> for Bounded<S>
where
    S: Service<Target>,
    S::Response: Send,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, target: Target) -> Self::Future {
        let connecting = self.connector.call(target);
        // Read here, in the call's task: the connection may be made by another one when the call has got one in the meantime.
        let of_call = CONNECT_BY.try_with(|by| *by).ok();
        let own = self.limit.and_then(|limit| Instant::now().checked_add(limit));
        match of_call.into_iter().chain(own).min() {
            None => Box::pin(async { connecting.await.map_err(Into::into) }),
            Some(by) => Box::pin(async move {
                match timeout_at(by, connecting).await {
                    Ok(connected) => connected.map_err(Into::into),
                    Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
                }
            }),
        }
    }
}

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
