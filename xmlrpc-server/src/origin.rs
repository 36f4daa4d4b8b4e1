//! Calls that browsers send for web pages: whose are let in, and what their pages may read.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderName,
    ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

/// Where a browser says that a request comes from, which no page can set.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const EVERY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
/// Two hours, which is as long as browsers remember what a preflight said.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origins whose pages may call, beside the server's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    every: bool,
    named: Arc<[String]>,
}

/// For whom a request is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sender {
    /// A program, or a page of this server.
    Own,
    /// A page of an origin that is allowed; its browser is told so in these words.
    Guest(HeaderValue),
    /// A page of another origin.
    Stranger,
}

impl Origins {
    pub(crate) fn allow(&mut self, origin: &str) {
        match origin.trim_end_matches('/') {
            "*" => self.every = true,
            origin => self.named = self.named.iter().cloned().chain([origin.to_owned()]).collect(),
        }
    }

    /// Whether pages of any other origin are let in.
    pub(crate) fn any_allowed(&self) -> bool {
        self.every || !self.named.is_empty()
    }

    pub(crate) fn sender(&self, head: &Parts) -> Sender {
        // Programs send neither header, and it is quicker to look at the few names than to look two of them up.
        let of_browser = |name: &HeaderName| matches!(name.as_str(), "origin" | "sec-fetch-site");
        if !head.headers.keys().any(of_browser) {
            return Sender::Own;
        }
        let origin = only(&head.headers, &ORIGIN);
        let site = only(&head.headers, &SEC_FETCH_SITE);
        let own = match site {
            Some("same-origin") => true,
            None | Some("none") => origin.is_none_or(|origin| is_of_host(origin, host(head))),
            Some(_) => false,
        };
        let named = |origin: &str| self.named.iter().any(|named| named.eq_ignore_ascii_case(origin));
        match head.headers.get(ORIGIN) {
            _ if own => Sender::Own,
            _ if self.every => Sender::Guest(EVERY_ORIGIN),
            Some(value) if origin.is_some_and(named) => Sender::Guest(value.clone()),
            _ => Sender::Stranger,
        }
    }

    /// Tells the browser of a page that is let in that the page may read the reply, and caches that another might not.
    pub(crate) fn open(&self, sender: &Sender, headers: &mut HeaderMap) {
        if !self.every && self.any_allowed() {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Sender::Guest(origin) = sender {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }
}

/// Whether a browser asks beforehand if a page may call.
pub(crate) fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Says yes to a preflight: the page may post, with all the headers it asks for.
pub(crate) fn grant(request: &HeaderMap, reply: &mut HeaderMap) {
    reply.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    reply.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if let Some(wanted) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        reply.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    reply.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
}

/// The text of a header that stands there once; empty for one that stands there several times or is no text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => Some(value.to_str().unwrap_or_default()),
        Some(_) => Some(""),
    }
}

/// The host, and the port if it is said, to which a request was sent.
fn host(head: &Parts) -> &str {
    match head.uri.authority() {
        Some(authority) => authority.as_str(),
        None => only(&head.headers, &HOST).unwrap_or_default(),
    }
}

/// Whether an origin is that of a host. A port that is the default of the origin's scheme may be left out on either side. Whether the
/// host is spoken to by TLS is not known here, since a proxy may have ended it.
fn is_of_host(origin: &str, host: &str) -> bool {
    let (default_port, origin_host) = if let Some(rest) = origin.strip_prefix("http://") {
        (":80", rest)
    } else if let Some(rest) = origin.strip_prefix("https://") {
        (":443", rest)
    } else {
        return false;
    };
    let bare = |host| str::strip_suffix(host, default_port).unwrap_or(host);
    !bare(origin_host).is_empty() && bare(origin_host).eq_ignore_ascii_case(bare(host))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn sender(origins: &Origins, uri: &str, headers: &[(&str, &str)]) -> Sender {
        let mut request = Request::post(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        origins.sender(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn an_origin_is_held_against_the_host() {
        for (origin, host, own) in [
            ("http://test", "test", true),
            ("http://test", "TEST", true),
            ("http://test", "test:80", true),
            ("https://test", "test", true),
            ("https://test", "test:443", true),
            ("http://test:8080", "test:8080", true),
            ("http://[::1]:7001", "[::1]:7001", true),
            ("http://[::1]", "[::1]:80", true),
            ("http://test", "test:443", false),
            ("https://test", "test:80", false),
            ("https://test:80", "test", false),
            ("http://test:8080", "test", false),
            ("http://test", "test:8080", false),
            ("http://test", "test.evil.example", false),
            ("http://test.evil.example", "test", false),
            ("http://eviltest", "test", false),
            ("http://", "", false),
            ("http://:80", "", false),
            ("null", "null", false),
            ("", "", false),
            ("test", "test", false),
            ("file://test", "test", false),
            ("chrome-extension://test", "test", false),
            ("http://user@test", "test", false),
            ("http://test/", "test", false),
        ] {
            assert_eq!(is_of_host(origin, host), own, "{origin:?} at {host:?}");
        }
    }

    #[test]
    fn what_the_browser_says_of_the_site_goes_before_the_host() {
        let origins = Origins::default();
        for (headers, own) in [
            (&[][..], true),
            // A proxy that rewrites the host does not shut out the server's own pages.
            (
                &[
                    ("origin", "https://public.example"),
                    ("sec-fetch-site", "same-origin"),
                    ("host", "inner:7001"),
                ],
                true,
            ),
            (&[("sec-fetch-site", "none")], true),
            (
                &[
                    ("sec-fetch-site", "none"),
                    ("origin", "chrome-extension://x"),
                    ("host", "x"),
                ],
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "same-site"),
                    ("origin", "http://x"),
                    ("host", "x"),
                ],
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://x"),
                    ("host", "x"),
                ],
                false,
            ),
            (&[("sec-fetch-site", "Same-Origin")], false),
            (&[("sec-fetch-site", "")], false),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
            (
                &[
                    ("origin", "http://x"),
                    ("origin", "http://evil.example"),
                    ("host", "x"),
                ],
                false,
            ),
            (&[("origin", "http://x")], false),
            (&[("origin", "http://x"), ("host", "x"), ("host", "y")], false),
        ] {
            let expected = if own { Sender::Own } else { Sender::Stranger };
            assert_eq!(sender(&origins, "/", headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn the_authority_of_a_request_is_its_host() {
        let origins = Origins::default();
        for (host, expected) in [("x:7001", Sender::Own), ("y", Sender::Stranger)] {
            let headers = [("origin", "http://x:7001"), ("host", "x")];
            assert_eq!(
                sender(&origins, &format!("http://{host}/RPC2"), &headers),
                expected
            );
        }
    }

    #[test]
    fn origins_that_are_allowed_are_named_in_the_reply() {
        let mut origins = Origins::default();
        origins.allow("https://Good.example/");
        origins.allow("null");
        for origin in ["https://good.example", "null"] {
            let guest = Sender::Guest(HeaderValue::from_static(origin));
            let headers = [
                ("origin", origin),
                ("sec-fetch-site", "cross-site"),
                ("host", "x"),
            ];
            assert_eq!(sender(&origins, "/", &headers), guest);
        }
        for headers in [
            &[("origin", "http://good.example"), ("host", "x")][..],
            &[("origin", "https://good.example:444"), ("host", "x")],
            &[
                ("origin", "https://good.example"),
                ("origin", "https://good.example"),
            ],
            &[("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(sender(&origins, "/", headers), Sender::Stranger, "{headers:?}");
        }
        origins.allow("*");
        let headers = [("origin", "https://evil.example")];
        assert_eq!(sender(&origins, "/", &headers), Sender::Guest(EVERY_ORIGIN));
    }
}
