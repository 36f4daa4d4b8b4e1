//! Cookies: kept as servers set them, and sent back to where they came from.
//!
//! A cookie goes to the origin (scheme, host and port) that set it and to no other, whatever it says of domains; paths and times hold as
//! browsers keep them.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::http::HeaderValue;
use ::http::header::{self, HeaderMap};
use cookie::Cookie;
use cookie::time::OffsetDateTime;
use reqwest::Url;

/// What a cookie counts for besides its texts, so that many of them count, too.
const OVERHEAD: usize = 32;

/// The cookies of a proxy.
pub(crate) struct Jar {
    limit: usize,
    /// The oldest first.
    cookies: Mutex<Vec<Kept>>,
}

struct Kept {
    origin: String,
    path: String,
    name: String,
    value: String,
    expires: Option<OffsetDateTime>,
}

impl Jar {
    /// A jar for so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            cookies: Mutex::new(Vec::new()),
        }
    }

    /// Keeps the cookies that an answer from a URL sets, and drops those that it takes back. Where there is no room, the oldest go.
    pub(crate) fn keep(&self, url: &Url, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let text = str::from_utf8(value.as_bytes()).unwrap_or_default();
            match Cookie::parse(text) {
                Ok(cookie) => self.keep_one(url, &cookie, OffsetDateTime::now_utc()),
                Err(error) => tracing::debug!(%error, "a cookie that is none was passed over"),
            }
        }
    }

    fn keep_one(&self, url: &Url, cookie: &Cookie<'_>, now: OffsetDateTime) {
        if cookie.secure() == Some(true) && url.scheme() != "https" {
            return tracing::debug!("a cookie for https was passed over, which came by http");
        }
        let new = Kept {
            origin: url.origin().ascii_serialization(),
            path: path_of(cookie, url),
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            expires: expiry(cookie, now),
        };
        let mut cookies = self.cookies();
        cookies.retain(|kept| !kept.is_same(&new) && !kept.is_over(now));
        if new.is_over(now) {
            return;
        }
        if new.bytes() > self.limit {
            return tracing::debug!(
                "a cookie was passed over, for which ServerProxyBuilder::cookie_bytes has no room"
            );
        }
        cookies.push(new);
        let mut bytes: usize = cookies.iter().map(Kept::bytes).sum();
        while bytes > self.limit {
            bytes -= cookies.remove(0).bytes();
        }
    }

    /// Adds the cookies for a URL to the headers of a call, behind those that the caller set there.
    pub(crate) fn add_to(&self, url: &Url, headers: &mut HeaderMap) {
        let now = OffsetDateTime::now_utc();
        let origin = url.origin().ascii_serialization();
        let cookies = self.cookies();
        let mut ours: Vec<&Kept> = cookies
            .iter()
            .filter(|kept| kept.origin == origin && kept.holds_for(url.path()) && !kept.is_over(now))
            .collect();
        if ours.is_empty() {
            return;
        }
        ours.sort_by_key(|kept| std::cmp::Reverse(kept.path.len()));
        let mut line = headers
            .get(header::COOKIE)
            .map(|own| own.as_bytes().to_vec())
            .unwrap_or_default();
        for kept in ours {
            let separator = if line.is_empty() { "" } else { "; " };
            line.extend_from_slice(format!("{separator}{}={}", kept.name, kept.value).as_bytes());
        }
        // All of it was in headers before, so that it can be in one.
        if let Ok(mut value) = HeaderValue::from_bytes(&line) {
            value.set_sensitive(true);
            headers.insert(header::COOKIE, value);
        }
    }

    fn cookies(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        self.origin.len() + self.path.len() + self.name.len() + self.value.len() + OVERHEAD
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.path, &self.origin) == (&other.name, &other.path, &other.origin)
    }

    fn is_over(&self, now: OffsetDateTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether the path is that of the cookie, or below it.
    fn holds_for(&self, path: &str) -> bool {
        path.strip_prefix(&*self.path)
            .is_some_and(|below| below.is_empty() || below.starts_with('/') || self.path.ends_with('/'))
    }
}

/// The path that the cookie names, or else the folder of the URL's.
fn path_of(cookie: &Cookie<'_>, url: &Url) -> String {
    if let Some(path) = cookie.path().filter(|path| path.starts_with('/')) {
        return path.to_owned();
    }
    match url.path().rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
        _ => "/".to_owned(),
    }
}

/// When the cookie ends; `None` for one that lives as long as the proxy.
fn expiry(cookie: &Cookie<'_>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    match cookie.max_age() {
        Some(age) => now.checked_add(age),
        None => cookie.expires_datetime(),
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar")
            .field("len", &self.cookies().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use cookie::time::Duration;

    use super::*;

    fn sent(jar: &Jar, url: &str) -> String {
        let mut headers = HeaderMap::new();
        jar.add_to(&Url::parse(url).unwrap(), &mut headers);
        let line = headers
            .get(header::COOKIE)
            .map(|line| line.to_str().unwrap().to_owned());
        line.unwrap_or_default()
    }

    fn set(jar: &Jar, url: &str, cookie: &str) {
        let headers = HeaderMap::from_iter([(header::SET_COOKIE, HeaderValue::from_str(cookie).unwrap())]);
        jar.keep(&Url::parse(url).unwrap(), &headers);
    }

    #[test]
    fn cookies_go_to_their_origin_and_path_only() {
        let jar = Jar::new(8192);
        set(&jar, "http://host/a/RPC2", "folder=1");
        set(&jar, "http://host/a/RPC2", "root=2; Path=/");
        set(&jar, "http://host/a/RPC2", "deep=3; Path=/a/b/");
        set(
            &jar,
            "http://host/a/RPC2",
            "wide=4; Domain=example.org; Path=nonsense",
        );
        for (url, expected) in [
            ("http://host/a/RPC2", "folder=1; wide=4; root=2"),
            ("http://host/a", "folder=1; wide=4; root=2"),
            ("http://host/a/b/c", "deep=3; folder=1; wide=4; root=2"),
            ("http://host/ab", "root=2"),
            ("http://host/", "root=2"),
            ("http://host:8080/", ""),
            ("https://host/", ""),
            ("http://example.org/", ""),
            ("http://sub.host/", ""),
        ] {
            assert_eq!(sent(&jar, url), expected, "{url}");
        }
    }

    #[test]
    fn cookies_are_replaced_taken_back_and_end() {
        let jar = Jar::new(8192);
        let url = "http://host/";
        set(&jar, url, "a=1");
        set(&jar, url, "a=2; Max-Age=3600");
        assert_eq!(sent(&jar, url), "a=2");
        set(&jar, url, "a=; Max-Age=0");
        assert_eq!(sent(&jar, url), "");
        set(&jar, url, "b=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT");
        assert_eq!(sent(&jar, url), "b=1");
        set(&jar, url, "b=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT");
        assert_eq!(sent(&jar, url), "");
        set(&jar, url, "c=1; Max-Age=9223372036854775807");
        assert_eq!(sent(&jar, url), "c=1");
        let soon = Cookie::build(("d", "1")).max_age(Duration::seconds(10)).build();
        jar.keep_one(
            &Url::parse(url).unwrap(),
            &soon,
            OffsetDateTime::now_utc() - Duration::seconds(11),
        );
        assert_eq!(sent(&jar, url), "c=1");
    }

    #[test]
    fn a_cookie_for_https_is_not_taken_by_http() {
        let jar = Jar::new(8192);
        set(&jar, "http://host/", "a=1; Secure");
        set(&jar, "https://host/", "b=2; Secure; HttpOnly; SameSite=Strict");
        assert_eq!(sent(&jar, "http://host/"), "");
        assert_eq!(sent(&jar, "https://host/"), "b=2");
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let jar = Jar::new(300);
        let url = "http://host/";
        for number in 0..1000 {
            set(&jar, url, &format!("n{number}=x"));
        }
        assert_eq!(sent(&jar, url), "n994=x; n995=x; n996=x; n997=x; n998=x; n999=x");
        set(&jar, url, &format!("large={}", "x".repeat(300)));
        assert!(sent(&jar, url).ends_with("n999=x"));
    }

    #[test]
    fn what_is_no_cookie_is_passed_over() {
        let jar = Jar::new(8192);
        for text in ["", "=", "novalue", "; Path=/"] {
            set(&jar, "http://host/", text);
        }
        let odd = HeaderValue::from_bytes(b"a=\xFF").unwrap();
        jar.keep(
            &Url::parse("http://host/").unwrap(),
            &HeaderMap::from_iter([(header::SET_COOKIE, odd)]),
        );
        assert_eq!(sent(&jar, "http://host/"), "");
    }
}
