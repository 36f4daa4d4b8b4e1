//! Which headers hold secrets, and how those that may be seen are shown.

use std::borrow::Cow;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use xmlrpc_core::Printable;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Parts of the names of headers whose values are secrets.
const PARTS: [&str; 8] = [
    "auth",
    "cookie",
    "credential",
    "key",
    "pass",
    "secret",
    "session",
    "token",
];

/// Whether the value of a header of this name is taken for a secret. Challenges, which a server sends to anybody, are none.
pub(crate) fn is_secret(name: &HeaderName) -> bool {
    // Names of headers are in lower case here.
    PARTS.iter().any(|part| name.as_str().contains(part))
        && ![header::WWW_AUTHENTICATE, header::PROXY_AUTHENTICATE].contains(name)
}

/// Marks secrets as sensitive.
pub(crate) fn mark(headers: &mut HeaderMap) {
    let secrets = headers.iter_mut().filter(|(name, _)| is_secret(name));
    secrets.for_each(|(_, value)| value.set_sensitive(true));
}

/// The value of a header as it may be seen.
pub(crate) fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    if value.is_sensitive() || is_secret(name) {
        return HIDDEN.to_owned();
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let text = match *name {
        header::LOCATION | header::CONTENT_LOCATION => without_user(&text),
        _ => text,
    };
    Printable(&text).to_string()
}

/// An address without user and password, wherever those who follow it find its host.
fn without_user(address: &str) -> Cow<'_, str> {
    let is_scheme = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let scheme = address.find(':').filter(|&colon| is_scheme(&address[..colon]));
    let slashes = |text: &str| text.len() - text.trim_start_matches(['/', '\\']).len();
    let behind_scheme = scheme.map_or(0, |colon| colon + 1);
    let start = behind_scheme + slashes(&address[behind_scheme..]);
    let end = address[start..]
        .find(['/', '\\', '?', '#'])
        .map_or(address.len(), |length| start + length);
    match address[start..end].rfind('@') {
        Some(at) => format!("{}{HIDDEN}{}", &address[..start], &address[start + at..]).into(),
        None => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_user_and_password() {
        for (address, shown) in [
            ("http://ada:s3cret@host/RPC2?a=b@c", "http://***@host/RPC2?a=b@c"),
            ("http://a:b@c@host", "http://***@host"),
            ("//ada:s3cret@host/", "//***@host/"),
            ("http:\\\\ada:s3cret@host\\x", "http:\\\\***@host\\x"),
            ("https:ada:s3cret@host", "https:***@host"),
            ("http://host/a@b", "http://host/a@b"),
            ("http://[::1]:80/", "http://[::1]:80/"),
            ("", ""),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }
}
