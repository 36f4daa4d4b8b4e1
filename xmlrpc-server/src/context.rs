//! What is known of a call beside its document.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use xmlrpc_core::{Call, Extensions, MethodName};

use crate::layer::Merged;
use crate::peer::{Peer, PeerCredentials};

/// What is known of a call beside its parameters: the peer's address, the HTTP headers, the method's name, and what layers added.
///
/// [`Methods::dispatch`](crate::Methods::dispatch) takes one, and a handler that has a `CallContext` among its arguments gets it.
/// It takes no parameter of the call. Cheap to clone.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{CallContext, Methods};
///
/// let methods = Methods::new().method("whoami", |context: CallContext| match context.peer() {
///     Some(address) => address.to_string(),
///     None => "somebody in this process".to_owned(),
/// });
/// # let _ = methods;
/// ```
#[derive(Clone, Default)]
pub struct CallContext {
    shared: Arc<Shared>,
    /// Of the call itself, which in a multicall is the entry.
    method: Option<MethodName>,
    of_call: Extensions,
}

#[derive(Clone, Default)]
struct Shared {
    peer: Option<Peer>,
    headers: HeaderMap,
    charset: Option<String>,
    extensions: http::Extensions,
}

impl CallContext {
    /// The context of a call in memory, of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a call that came by HTTP.
    #[cfg(feature = "http")]
    pub(crate) fn received(peer: Option<Peer>, headers: HeaderMap, extensions: http::Extensions) -> Self {
        let shared = Shared {
            peer,
            headers,
            charset: None,
            extensions,
        };
        // Each field, since the default would be made whole: with a shared part that is thrown away.
        Self {
            shared: Arc::new(shared),
            method: None,
            of_call: Extensions::default(),
        }
    }

    /// Sets the peer's address, and that nothing else is known of it.
    #[must_use]
    pub fn with_peer(self, address: SocketAddr) -> Self {
        self.with_identity(address.into())
    }

    /// Sets who the peer is.
    #[must_use]
    pub fn with_identity(mut self, peer: Peer) -> Self {
        Arc::make_mut(&mut self.shared).peer = Some(peer);
        self
    }

    /// Sets the HTTP headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        Arc::make_mut(&mut self.shared).headers = headers;
        self
    }

    /// Sets the encoding of the document, which goes before the one that its XML declaration names and the one in the headers.
    #[must_use]
    pub fn with_charset(mut self, charset: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.shared).charset = Some(charset.into());
        self
    }

    /// Adds a value for handlers, in place of the one of its type that was there.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.shared).extensions.insert(value);
        self
    }

    /// The address of the other end of the connection; `None` for a call in memory or over a Unix socket. Behind a proxy it is the
    /// proxy's.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.shared.peer.as_ref()?.address()
    }

    /// Who it is, for the log and for counting.
    pub(crate) fn who(&self) -> Option<&Peer> {
        self.shared.peer.as_ref()
    }

    /// What the system says of the process at the other end of a Unix socket; `None` for other calls.
    pub fn peer_credentials(&self) -> Option<PeerCredentials> {
        self.shared.peer.as_ref()?.credentials()
    }

    /// The certificates that a TLS client proved to be its own: DER, its own first; none for other calls.
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        self.shared.peer.as_ref().map_or(&[], Peer::certificates)
    }

    /// The HTTP headers of the request; empty for a call in memory.
    pub fn headers(&self) -> &HeaderMap {
        &self.shared.headers
    }

    /// The encoding that was set, or the `charset` in the request's `Content-Type`.
    pub fn charset(&self) -> Option<&str> {
        let shared = &*self.shared;
        let from_headers = || content_type(&shared.headers).and_then(charset_of);
        shared.charset.as_deref().or_else(from_headers)
    }

    /// The name of the method that was called, in a handler; `None` before the call is read. In a `system.multicall` it is the
    /// entry's.
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// A value that was added by [`CallContext::with_extension`], to the [`Call`] by a layer, or to the HTTP request by one.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let of_request = || self.shared.extensions.get();
        self.of_call.get().or_else(of_request)
    }

    /// What a handler gets.
    pub(crate) fn for_call(&self, call: &Call) -> Self {
        Self {
            shared: self.shared.clone(),
            method: Some(Merged::called(call).clone()),
            of_call: call.extensions.clone(),
        }
    }
}

impl fmt::Debug for CallContext {
    /// The names of headers only: their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("method", &self.method)
            .field("peer", &self.shared.peer)
            .field("headers", &self.shared.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The first `Content-Type`. It is quicker to look at the few names than to look one of them up.
fn content_type(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut headers = headers.iter();
    headers.find_map(|(name, value)| (*name == CONTENT_TYPE).then_some(value))
}

/// The `charset` parameter of a `Content-Type`.
fn charset_of(content_type: &HeaderValue) -> Option<&str> {
    // What nearly all peers send needs no search.
    match content_type.as_bytes() {
        b"text/xml" => return None,
        b"text/xml; charset=utf-8" => return Some("utf-8"),
        _ => {}
    }
    let mut parameters = content_type.to_str().ok()?.split(';').skip(1);
    let charset = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim())
    })?;
    let charset = charset.trim_matches(['"', '\'']);
    (!charset.is_empty()).then_some(charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charset_is_that_of_the_first_content_type() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("text/xml; charset=none"));
        assert_eq!(CallContext::new().with_headers(headers.clone()).charset(), None);
        for content_type in ["text/xml; charset=latin1", "text/xml; charset=utf-16"] {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        headers.insert("accept", HeaderValue::from_static("text/xml"));
        assert_eq!(CallContext::new().with_headers(headers).charset(), Some("latin1"));
    }

    #[test]
    fn charset_is_found_in_every_form_of_content_type() {
        for (content_type, charset) in [
            ("text/xml", None),
            ("text/xml; charset=utf-8", Some("utf-8")),
            ("text/xml;charset=\"ISO-8859-1\"", Some("ISO-8859-1")),
            ("text/xml; Charset = 'utf-16' ; x=y", Some("utf-16")),
            ("text/xml; boundary=x; charset=us-ascii", Some("us-ascii")),
            ("text/xml; charset=", None),
            ("text/xml; charset", None),
            ("", None),
        ] {
            let header = HeaderValue::from_static(content_type);
            assert_eq!(charset_of(&header), charset, "{content_type}");
        }
    }
}
