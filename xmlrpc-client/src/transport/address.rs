//! Where a URL leads: its scheme, the socket, and the credentials in it.
//!
//! A URL comes in as a caller wrote it; what goes out names a transport and has no user and no password any more.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::error::{Error, Result};

/// A URL that was taken apart.
#[derive(Debug)]
pub(crate) struct Address {
    /// What is requested and shown: without user and password.
    pub(crate) url: Url,
    pub(crate) route: Route,
    pub(crate) credentials: Option<Credentials>,
}

/// The way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// HTTP to the URL's host.
    Http,
    /// HTTP through a Unix socket.
    #[cfg(unix)]
    HttpUnix(std::path::PathBuf),
    Scgi(Socket),
}

/// A socket to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Socket {
    Tcp {
        host: String,
        port: u16,
    },
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

/// What stands before the `@` of a URL.
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// The schemes that can be called, for errors.
const SCHEMES: &str = "the URL must begin with http://, https://, http+unix://, scgi:// or scgi+unix://";

impl Address {
    /// Takes a URL apart. It is not quoted in errors, since it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut url = match Url::parse(text.trim()) {
            Ok(url) => url,
            Err(_) if !text.contains("://") => return Err(Error::configuration(SCHEMES)),
            Err(error) => {
                let message = format!("not a URL, such as http://127.0.0.1:7001/RPC2: {error}");
                return Err(Error::configuration(message));
            }
        };
        if url.fragment().is_some() {
            return Err(Error::configuration(
                "the URL has a fragment, which no server sees; a `#` in a password is written %23",
            ));
        }
        let credentials = credentials(&mut url)?;
        let route = match url.scheme() {
            "http" => Route::Http,
            "https" if cfg!(feature = "tls") => Route::Http,
            "https" => {
                return Err(Error::configuration(
                    "https needs the feature `tls` of xmlrpc-client",
                ));
            }
            "scgi" => Route::Scgi(tcp(&url)?),
            #[cfg(unix)]
            "scgi+unix" => Route::Scgi(Socket::Unix(socket_path(&url)?)),
            #[cfg(unix)]
            "http+unix" => Route::HttpUnix(socket_path(&url)?),
            #[cfg(not(unix))]
            "scgi+unix" | "http+unix" => {
                return Err(Error::configuration("there are no Unix sockets on this system"));
            }
            _ => return Err(Error::configuration(SCHEMES)),
        };
        Ok(Self {
            url,
            route,
            credentials,
        })
    }
}

/// Takes user and password out of a URL.
pub(crate) fn credentials(url: &mut Url) -> Result<Option<Credentials>> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let found = Credentials {
        user: decoded(url.username()),
        password: decoded(url.password().unwrap_or_default()),
    };
    let cleaned = url.set_username("").and_then(|()| url.set_password(None));
    cleaned.map_err(|()| Error::configuration("the URL has no place for a user"))?;
    Ok(Some(found))
}

fn tcp(url: &Url) -> Result<Socket> {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) if !host.is_empty() => Ok(Socket::Tcp {
            // IPv6 addresses stand in brackets in URLs, and without them elsewhere.
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
        }),
        _ => Err(Error::configuration(
            "an SCGI URL needs a host and a port, as in scgi://127.0.0.1:5000",
        )),
    }
}

/// The path of a socket: the percent-encoded host, or else the path of the URL.
#[cfg(unix)]
fn socket_path(url: &Url) -> Result<std::path::PathBuf> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let encoded = match url.host_str() {
        Some(host) if !host.is_empty() => host,
        _ if url.scheme() == "scgi+unix" => url.path(),
        _ => "",
    };
    let path: Vec<u8> = percent_decode_str(encoded).collect();
    if !path.starts_with(b"/") || path.contains(&0) {
        return Err(Error::configuration(
            "the URL needs the percent-encoded path of a socket, as in http+unix://%2Frun%2Fsupervisor.sock/RPC2 \
             or scgi+unix:///run/rtorrent.sock",
        ));
    }
    Ok(OsString::from_vec(path).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn sockets_are_found_in_every_form_of_url() {
        let unix = |path: &str| Socket::Unix(path.into());
        let tcp = |host: &str, port| Socket::Tcp {
            host: host.to_owned(),
            port,
        };
        for (url, route) in [
            ("http://host/RPC2", Route::Http),
            (
                "http+unix://%2Frun%2Fsupervisor.sock/RPC2",
                Route::HttpUnix("/run/supervisor.sock".into()),
            ),
            ("http+unix://%2Fa%20b/", Route::HttpUnix("/a b".into())),
            ("scgi://127.0.0.1:5000", Route::Scgi(tcp("127.0.0.1", 5000))),
            ("scgi://[::1]:5000/RPC2", Route::Scgi(tcp("::1", 5000))),
            (
                "scgi+unix:///run/rtorrent.sock",
                Route::Scgi(unix("/run/rtorrent.sock")),
            ),
            (
                "scgi+unix://%2Frun%2Frtorrent.sock/RPC2",
                Route::Scgi(unix("/run/rtorrent.sock")),
            ),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.route, route, "{url}");
            assert!(address.credentials.is_none());
        }
    }

    #[test]
    fn credentials_are_taken_out_of_every_url() {
        for url in [
            "http://a%40b:s%3Acret@host/RPC2",
            #[cfg(unix)]
            "http+unix://a%40b:s%3Acret@%2Frun%2Fs.sock/RPC2",
            "scgi://a%40b:s%3Acret@host:1",
        ] {
            let address = Address::parse(url).unwrap();
            let credentials = address.credentials.expect(url);
            assert_eq!((&*credentials.user, &*credentials.password), ("a@b", "s:cret"));
            assert!(!address.url.as_str().contains("cret"), "{}", address.url);
        }
    }

    #[test]
    fn urls_without_a_socket_say_what_is_missing() {
        for (url, expected) in [
            ("scgi://host", "scgi://127.0.0.1:5000"),
            ("scgi:host", "scgi://127.0.0.1:5000"),
            #[cfg(unix)]
            (
                "http+unix:///run/supervisor.sock",
                "http+unix://%2Frun%2Fsupervisor.sock/RPC2",
            ),
            #[cfg(unix)]
            ("scgi+unix://relative/x", "scgi+unix:///run/rtorrent.sock"),
            #[cfg(unix)]
            ("scgi+unix://%2Fa%00b", "scgi+unix:///run/rtorrent.sock"),
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(
                error.is_configuration() && error.to_string().contains(expected),
                "{url}: {error}"
            );
        }
    }
}
