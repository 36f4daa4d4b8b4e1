//! What can go wrong with a call, and the questions one asks then.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use xmlrpc_core::{Category, Fault};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// How many bytes of an answer an error may quote, escapes included.
const EXCERPT: usize = 200;

/// Why a call gave no result.
///
/// Opaque and one word wide. The questions below tell the cases apart that a caller treats differently; `Display` says what
/// happened at this level in one line, [`source`](StdError::source) gives the cause, and `{:#}` writes both. No text of this error or of its
/// sources holds a user name, a password or a header's value.
///
/// | question | yes for |
/// |---|---|
/// | [`fault`](Error::fault) | the method answered with a fault, whatever the HTTP status |
/// | [`is_timeout`](Error::is_timeout) | the call or the connection took too long |
/// | [`is_connect`](Error::is_connect) | no connection came about |
/// | [`status`](Error::status) | an HTTP status came, and its body is no usable answer |
/// | [`is_decode`](Error::is_decode) | the answer is no XML-RPC, not of the type asked for, or beyond a limit |
/// | [`is_encode`](Error::is_encode) | the parameters cannot be written |
/// | [`is_maybe_sent`](Error::is_maybe_sent) | the server may have seen the call |
///
/// # Examples
///
/// ```no_run
/// # async fn run() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::ServerProxy;
///
/// let server = ServerProxy::new("http://127.0.0.1:7001/RPC2")?;
/// match server.call::<i64>("addtogether", (1, 2)).await {
///     Ok(sum) => println!("{sum}"),
///     Err(error) if error.is_timeout() => println!("too slow"),
///     Err(error) => match error.fault() {
///         Some(fault) => println!("the method failed: {} ({})", fault.string(), fault.code()),
///         None => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    maybe_sent: bool,
    source: Option<Source>,
}

#[derive(Debug)]
enum Kind {
    Configuration(Cow<'static, str>),
    Encode,
    Fault(Fault),
    Timeout(Duration),
    Connect {
        address: String,
        timed_out: bool,
        /// What to do about it, where that is known.
        hint: Option<&'static str>,
    },
    Exchange(&'static str),
    Redirect(Cow<'static, str>),
    Status(Answer),
    Decode(Option<Answer>, Category),
    TooLong {
        limit: usize,
        answer: Answer,
    },
    Shape(String),
    /// The part of a batch that this entry belongs to failed as a whole.
    Batch(Arc<Error>),
    /// An earlier part of the batch failed, so that this entry was not sent.
    Unsent(Arc<Error>),
    /// Logging in failed, for all calls that waited for it.
    Login(Arc<Error>),
}

/// What is worth saying about an answer that cannot be used.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    content_type: Option<String>,
    /// The compression that nobody asked for, if it is in one.
    compression: Option<String>,
    excerpt: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE);
        let compression = headers.get(header::CONTENT_ENCODING);
        let compression = compression.filter(|name| !name.as_bytes().eq_ignore_ascii_case(b"identity"));
        Self {
            status,
            compression: compression.map(|name| excerpt(name.as_bytes(), 40)),
            content_type: content_type.map(|value| excerpt(value.as_bytes(), 100)),
            excerpt: excerpt(body, EXCERPT),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        match &self.content_type {
            Some(content_type) => write!(f, ", {content_type}")?,
            None => f.write_str(", no content type")?,
        }
        if let Some(name) = &self.compression {
            return write!(
                f,
                ", compressed ({name}), which was not asked for and cannot be read"
            );
        }
        match self.excerpt.as_str() {
            "" => f.write_str(", empty body"),
            excerpt => write!(f, ": \"{excerpt}\""),
        }
    }
}

/// The front of a peer's bytes, escaped, in no more than `limit` bytes.
fn excerpt(bytes: &[u8], limit: usize) -> String {
    let front = &bytes[..bytes.len().min(limit)];
    let mut out = String::new();
    for c in String::from_utf8_lossy(front).chars() {
        let escaped = c.escape_debug();
        if out.len() + escaped.clone().map(char::len_utf8).sum::<usize>() > limit - '…'.len_utf8() {
            out.push('…');
            return out;
        }
        out.extend(escaped);
    }
    if front.len() < bytes.len() {
        out.push('…');
    }
    out
}

impl Error {
    fn new(kind: Kind, maybe_sent: bool) -> Self {
        Self(Box::new(Inner {
            kind,
            maybe_sent,
            source: None,
        }))
    }

    fn because(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// A transport's error when no connection to `address` came about, so that nothing was sent. `address` holds no secrets.
    pub fn connect(address: impl Into<String>, source: impl Into<Source>) -> Self {
        let kind = Kind::Connect {
            address: address.into(),
            timed_out: false,
            hint: None,
        };
        Self::new(kind, false).because(source)
    }

    /// A transport's error after the first byte of the request may have gone out.
    pub fn transport(source: impl Into<Source>) -> Self {
        Self::exchange("the exchange failed", source)
    }

    /// The error of a call that took longer than it was allowed to.
    pub fn timeout(limit: Duration) -> Self {
        Self::new(Kind::Timeout(limit), true)
    }

    pub(crate) fn connect_timeout(address: impl Into<String>, source: impl Into<Source>) -> Self {
        let kind = Kind::Connect {
            address: address.into(),
            timed_out: true,
            hint: None,
        };
        Self::new(kind, false).because(source)
    }

    /// Says what to do about a connection that did not come about.
    pub(crate) fn with_hint(mut self, what: Option<&'static str>) -> Self {
        if let Kind::Connect { hint, .. } = &mut self.0.kind {
            *hint = what;
        }
        self
    }

    /// The error when none of so many servers could be reached, for the reason that the last one gave.
    pub(crate) fn connect_any(servers: usize, last: Self) -> Self {
        let kind = Kind::Connect {
            address: format!("any of {servers} servers"),
            timed_out: last.is_timeout(),
            hint: None,
        };
        Self::new(kind, false).because(last)
    }

    pub(crate) fn exchange(what: &'static str, source: impl Into<Source>) -> Self {
        Self::new(Kind::Exchange(what), true).because(source)
    }

    /// An error before anything was sent.
    pub(crate) fn unsent(what: &'static str, source: impl Into<Source>) -> Self {
        Self::new(Kind::Exchange(what), false).because(source)
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Configuration(message.into()), false)
    }

    /// What was chosen cannot be used, for a reason that something else gives.
    pub(crate) fn unusable(message: impl Into<Cow<'static, str>>, source: impl Into<Source>) -> Self {
        Self::configuration(message).because(source)
    }

    pub(crate) fn encode(source: xmlrpc_core::Error) -> Self {
        Self::new(Kind::Encode, false).because(source)
    }

    pub(crate) fn redirect(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Redirect(message.into()), true)
    }

    pub(crate) fn http_status(answer: Answer) -> Self {
        Self::new(Kind::Status(answer), true)
    }

    pub(crate) fn too_long(limit: usize, answer: Answer) -> Self {
        Self::new(Kind::TooLong { limit, answer }, true)
    }

    pub(crate) fn decode(answer: Option<Answer>, source: xmlrpc_core::Error) -> Self {
        Self::new(Kind::Decode(answer, source.category()), true).because(source)
    }

    /// An answer that is XML-RPC, but not what its method must give.
    pub(crate) fn shape(message: String) -> Self {
        Self::new(Kind::Shape(message), true)
    }

    /// The answer to a method with many results is no array of them.
    pub(crate) fn no_array(method: &str, source: xmlrpc_core::Error) -> Self {
        Self::shape(format!("{method} must answer with an array")).because(source)
    }

    /// One of the results of a `system.multicall` is none.
    pub(crate) fn no_result(method: &str, index: usize, source: xmlrpc_core::Error) -> Self {
        let message = format!(
            "result {index} of {method} is neither an array of one value nor a fault; Multicall::bare_results takes results without \
             an array around them"
        );
        Self::shape(message).because(source)
    }

    pub(crate) fn batch(shared: Arc<Self>) -> Self {
        let maybe_sent = shared.is_maybe_sent();
        Self::new(Kind::Batch(shared), maybe_sent)
    }

    pub(crate) fn batch_unsent(shared: Arc<Self>) -> Self {
        Self::new(Kind::Unsent(shared), false)
    }

    /// The error of a call that waited for something before it was sent, and whose time was up then.
    pub(crate) fn timeout_unsent(limit: Duration) -> Self {
        Self::new(Kind::Timeout(limit), false)
    }

    /// The error of a call that was not sent, since logging in failed.
    pub(crate) fn login(shared: Arc<Self>) -> Self {
        Self::new(Kind::Login(shared), false)
    }

    /// The fault, if this is one of this call alone.
    pub(crate) fn into_own_fault(self) -> Result<Fault, Self> {
        match &self.0.kind {
            Kind::Fault(_) => self.into_fault(),
            _ => Err(self),
        }
    }

    /// Whether one result of an answer cannot be read, and others of it may be.
    pub(crate) fn is_of_one_result(&self) -> bool {
        matches!(self.0.kind, Kind::Shape(_) | Kind::Decode(..))
    }

    /// The error itself in place of one that others shared, if they are gone.
    pub(crate) fn into_single(self) -> Self {
        match self.0.kind {
            Kind::Batch(shared) => Arc::try_unwrap(shared).unwrap_or_else(Self::batch),
            _ => self,
        }
    }

    /// Whether an exchange failed, on a connection that had come about.
    pub(crate) fn is_exchange(&self) -> bool {
        matches!(self.kind(), Kind::Exchange(_))
    }

    /// What a log may hold of this error: nothing that the peer wrote.
    pub(crate) fn for_log(&self) -> String {
        match self.kind() {
            Kind::Status(answer) => format!("the server refused the call with status {}", answer.status),
            Kind::Decode(..) | Kind::Shape(_) => "the answer cannot be used".to_owned(),
            Kind::Fault(fault) => format!("fault {}", fault.code()),
            _ => self.to_string(),
        }
    }

    /// The kind that the questions are about: of a failed batch or login, the batch's or login's.
    fn kind(&self) -> &Kind {
        match &self.0.kind {
            Kind::Batch(shared) | Kind::Login(shared) => shared.kind(),
            kind => kind,
        }
    }

    /// The fault that the method answered with.
    pub fn fault(&self) -> Option<&Fault> {
        match self.kind() {
            Kind::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// Whether the call, or the connection for it, took longer than it was allowed to.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Timeout(_) | Kind::Connect { timed_out: true, .. }
        )
    }

    /// Whether no connection to the server came about.
    pub fn is_connect(&self) -> bool {
        matches!(self.kind(), Kind::Connect { .. })
    }

    /// The HTTP status of an answer that could not be used; `None` for faults and where no answer came.
    pub fn status(&self) -> Option<StatusCode> {
        match self.kind() {
            Kind::Status(answer) | Kind::TooLong { answer, .. } => Some(answer.status),
            Kind::Decode(answer, _) => answer.as_ref().map(|answer| answer.status),
            _ => None,
        }
    }

    /// Whether an answer came that is no XML-RPC, not of the type asked for, or beyond a limit.
    pub fn is_decode(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Decode(..) | Kind::TooLong { .. } | Kind::Shape(_)
        )
    }

    /// Whether the parameters could not be written, in the dialect chosen or at all.
    pub fn is_encode(&self) -> bool {
        matches!(self.kind(), Kind::Encode)
    }

    /// Whether a URL, a header, a certificate, a recording or another setting was refused.
    pub fn is_configuration(&self) -> bool {
        matches!(self.kind(), Kind::Configuration(_))
    }

    /// Whether the server may have seen the call, and so carried it out.
    ///
    /// `false` means that it surely did not, so that the call may be made again. `true` for all errors from the first byte of the
    /// request on, faults among them; and for every [timeout](Error::is_timeout) of a call, as opposed to one of the connection.
    pub fn is_maybe_sent(&self) -> bool {
        self.0.maybe_sent
    }

    /// The fault that the method answered with.
    ///
    /// # Errors
    ///
    /// This error, if it is none.
    pub fn into_fault(self) -> Result<Fault, Self> {
        match self.0.kind {
            Kind::Fault(fault) => Ok(fault),
            _ => Err(self),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(Kind::Fault(fault), true)
    }
}

impl fmt::Display for Error {
    /// What failed, on this level; its causes are behind [`source`](std::error::Error::source). `{:#}` writes them all, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words(f)?;
        let mut cause = std::error::Error::source(self).filter(|_| f.alternate());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error {
    fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Configuration(message) | Kind::Redirect(message) => f.write_str(message),
            Kind::Encode => f.write_str("the call cannot be written"),
            Kind::Fault(fault) => fmt::Display::fmt(fault, f),
            Kind::Timeout(limit) => write!(f, "no answer within {limit:?}"),
            Kind::Connect {
                address,
                timed_out,
                hint,
            } => {
                let slowly = if *timed_out { " in time" } else { "" };
                write!(f, "no connection to {address}{slowly}")?;
                hint.map_or(Ok(()), |hint| write!(f, ": {hint}"))
            }
            Kind::Exchange(what) => f.write_str(what),
            Kind::Status(answer) => write!(f, "the server refused the call with {answer}"),
            Kind::Decode(_, Category::Data) => f.write_str("the result is not of the type asked for"),
            Kind::Decode(_, Category::Limit) => f.write_str("the answer is beyond a limit"),
            Kind::Decode(Some(answer), _) => write!(f, "the answer is no XML-RPC response: {answer}"),
            Kind::Decode(None, _) => f.write_str("the answer is no XML-RPC response"),
            Kind::TooLong { limit, .. } => write!(
                f,
                "the answer is longer than {limit} bytes; Limits::document_bytes raises this limit"
            ),
            Kind::Shape(message) => f.write_str(message),
            Kind::Batch(_) => f.write_str("the batch failed"),
            Kind::Login(_) => f.write_str("logging in failed"),
            Kind::Unsent(_) => f.write_str("not sent, since an earlier part of the batch failed"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("message", &self.to_string())
            .field("maybe_sent", &self.0.maybe_sent)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            Kind::Batch(shared) | Kind::Unsent(shared) | Kind::Login(shared) => Some(shared.as_ref()),
            _ => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn excerpts_are_escaped_and_never_longer_than_asked() {
        assert_eq!(excerpt(b"a\n\"b\"", 200), r#"a\n\"b\""#);
        for body in [vec![0x1B; 500], vec![0xFF; 500], "ü".repeat(300).into_bytes()] {
            let cut = excerpt(&body, 200);
            assert!(cut.len() <= 200 && cut.ends_with('…'), "{} {cut}", cut.len());
        }
    }
}
