//! HTTP proxies: which connections go through one, and what it is told.

use std::fmt;

use ::http::HeaderValue;
use reqwest::Url;
use reqwest::header::PROXY_AUTHORIZATION;

use crate::builder::basic_as;
use crate::error::{Error, Result};
use crate::transport::address::{Credentials, credentials};

/// How connections reach a server.
#[derive(Clone, Debug, Default)]
pub(crate) enum Through {
    #[default]
    Nothing,
    Proxy(HttpProxy),
    /// What the environment names.
    Environment,
}

/// A proxy that was named.
#[derive(Clone)]
pub(crate) struct HttpProxy {
    /// Without user and password.
    url: Url,
    authorization: Option<HeaderValue>,
}

impl HttpProxy {
    /// Takes a URL apart. It is not quoted in errors, since it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut url = Url::parse(text.trim()).map_err(|error| {
            let message = format!("not the URL of an HTTP proxy, such as http://127.0.0.1:3128: {error}");
            Error::configuration(message)
        })?;
        let authorization = match credentials(&mut url)? {
            None => None,
            Some(Credentials { user, password }) => Some(basic_as(&PROXY_AUTHORIZATION, &user, &password)?),
        };
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => {
                return Err(Error::configuration(
                    "an https:// proxy needs the feature `tls` of xmlrpc-client",
                ));
            }
            _ => {
                return Err(Error::configuration(
                    "the URL of an HTTP proxy must begin with http:// or https://",
                ));
            }
        }
        Ok(Self { url, authorization })
    }

    fn reqwest(&self) -> Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(self.url.clone());
        let proxy = proxy.map_err(|error| {
            Error::unusable("the URL of the HTTP proxy cannot be used", error.without_url())
        })?;
        Ok(match &self.authorization {
            Some(value) => proxy.custom_http_auth(value.clone()),
            None => proxy,
        })
    }
}

impl Through {
    /// Puts it in force for calls to a URL.
    pub(crate) fn apply(&self, client: reqwest::ClientBuilder, url: &Url) -> Result<reqwest::ClientBuilder> {
        Ok(match self {
            Self::Nothing => client.no_proxy(),
            Self::Environment if is_loopback(url) => client.no_proxy(),
            // This is what reqwest does by itself.
            Self::Environment => client,
            Self::Proxy(proxy) => client.proxy(proxy.reqwest()?),
        })
    }

    /// Whether there may be TLS on the way to a proxy.
    #[cfg(feature = "tls")]
    pub(crate) fn may_be_https(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Proxy(proxy) => proxy.url.scheme() == "https",
            Self::Environment => true,
        }
    }

    /// The proxy that was named, for errors.
    pub(crate) fn named(&self) -> Option<String> {
        match self {
            Self::Proxy(proxy) => Some(proxy.url.origin().ascii_serialization()),
            _ => None,
        }
    }
}

impl fmt::Debug for HttpProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpProxy").field(&self.url.as_str()).finish()
    }
}

/// Whether a URL's host is this machine, by name or address.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    match address {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_the_rest() {
        for (url, expected) in [
            ("http://localhost:8000/", true),
            ("http://LOCALHOST./", true),
            ("http://a.localhost/", true),
            ("http://127.0.0.1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://localhost.example.org/", false),
            ("http://mylocalhost/", false),
            ("http://10.0.0.1/", false),
            ("http://[fe80::1]/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
