//! How connections are made: what was chosen for them becomes a client of reqwest.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Url;

use crate::error::{Error, Result};
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::transport::address::Route;

/// What was chosen for connections by HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connecting {
    pub(crate) timeout: Option<Duration>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Connecting {
    /// Refuses what would be of no effect on the way to a server.
    pub(crate) fn check(&self, way: Way<'_>) -> Result<()> {
        #[cfg(feature = "tls")]
        if self.tls.is_some() && !way.is_https() {
            return Err(Error::configuration(format!(
                "options for TLS are of effect with https:// URLs only, and this is {way}"
            )));
        }
        let _ = way;
        Ok(())
    }

    fn client(&self, route: &Route, secure: bool) -> Result<reqwest::Client> {
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        if let Some(limit) = self.timeout {
            client = client.connect_timeout(limit);
        }
        #[cfg(unix)]
        if let Route::HttpUnix(socket) = route {
            client = client.unix_socket(socket.as_path());
        }
        #[cfg(not(unix))]
        let _ = route;
        let client = self.with_tls(client, secure).build();
        client.map_err(|error| Error::unusable("the HTTP client cannot be set up", error.without_url()))
    }

    /// The platform's certificates are read only where they are needed: there may be none on a system that does without TLS.
    #[cfg(feature = "tls")]
    fn with_tls(&self, client: reqwest::ClientBuilder, secure: bool) -> reqwest::ClientBuilder {
        match &self.tls {
            Some(tls) => tls.apply(client),
            None if secure => client,
            None => client.tls_certs_only([]),
        }
    }

    #[cfg(not(feature = "tls"))]
    fn with_tls(&self, client: reqwest::ClientBuilder, _: bool) -> reqwest::ClientBuilder {
        client
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
}

impl std::fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => write!(f, "an {}:// URL", url.scheme()),
            Self::Own => f.write_str("a transport of its own"),
        }
    }
}

/// The connections of a proxy.
pub(crate) struct Clients {
    /// For the server itself.
    first: reqwest::Client,
    /// For https where the server itself is called by http, and redirects; made when it is needed.
    redirected: OnceLock<reqwest::Client>,
    secure: bool,
    connecting: Connecting,
}

impl Clients {
    pub(crate) fn new(connecting: Connecting, url: &Url, route: &Route) -> Result<Self> {
        let secure = url.scheme() == "https";
        Ok(Self {
            first: connecting.client(route, secure)?,
            redirected: OnceLock::new(),
            secure,
            connecting,
        })
    }

    /// The client for a URL.
    pub(crate) fn of(&self, url: &Url) -> Result<&reqwest::Client> {
        if self.secure || url.scheme() != "https" {
            return Ok(&self.first);
        }
        if let Some(client) = self.redirected.get() {
            return Ok(client);
        }
        let client = self.connecting.client(&Route::Http, true)?;
        Ok(self.redirected.get_or_init(|| client))
    }
}
