//! The documentation page, which GET gets on the paths of the service.

mod insides;
mod render;

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::http::ReplyBody;
use crate::methods::Methods;

/// What the browser may do with the page: run its one script, use its one style sheet, and call its own server. A test holds
/// the two hashes to the script and the style sheet, and prints those that are right.
const POLICY: &str = "default-src 'none'; \
    script-src 'sha256-QFK0UziEe7HyRMWk511ysx2vLlPJid/pQBmL9JVu/OU='; \
    style-src 'sha256-GRQDO0R8rJlY4KxdbdorOSZOkj+BI44Gs7NAtbyUgKM='; \
    img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types reply";

/// The headers that every answer with the page has.
const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (CACHE_CONTROL, "no-cache"),
];

/// What a GET request gets on the paths of an [`HttpService`](crate::HttpService): the documentation page, or status 405.
///
/// The page lists the methods by namespace, with signatures and help, the names of parameters and the members of structs as far as they are
/// known ([`Methods::parameter_names`], [`Describe::description`](crate::Describe::description)), and has a form for each that calls it from the browser and
/// shows the result, and the two documents that went over the wire. It is one document that loads nothing else. Names and help
/// texts are shown as they are: nothing in them is taken for markup. Hidden methods are not on it.
///
/// The page is made at the first request for it, and kept.
///
/// It is made for browsers since 2024; where scripts are off, it can be read, but not call. Its forms send what XML-RPC has: no NaN and no
/// infinities, no character that XML forbids, and date-times without a zone, unless they are written as values with one.
///
/// # Who can read it
///
/// Whoever may call `system.listMethods`: where the table has [layers](crate::layer), they are asked by such a call, with the peer and
/// headers of the request. If they refuse it, the answer is status 401 for who is not known to
/// [`Authenticate`](crate::layer::Authenticate), so that a browser asks for a password, 429 for who is held back by a
/// [`RateLimit`](crate::layer::RateLimit), and else 403. HTTP layers around the service stand in front of the page, too. A browser lets no page of another origin frame it, and none read it but those that
/// [`allow_origin`](crate::HttpService::allow_origin) names.
///
/// # Examples
///
/// ```
/// use http::{Request, StatusCode};
/// use tower_service::Service;
/// use xmlrpc_server::{Documentation, HttpService, Methods};
///
/// # async fn run() {
/// let methods = Methods::new().method("add", |a: i32, b: i32| a + b).help("add", "The sum of two integers.");
/// let service = HttpService::new(methods);
/// let request = || Request::get("/RPC2").body(String::new()).unwrap();
///
/// let mut titled = service.clone().documentation(Documentation::page().title("Sums"));
/// assert_eq!(titled.call(request()).await.unwrap().status(), StatusCode::OK);
///
/// let mut silent = service.documentation(Documentation::none());
/// assert_eq!(silent.call(request()).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
/// ```
#[derive(Clone, Debug)]
pub struct Documentation(Option<Texts>);

/// What is said on the page beside the methods.
#[derive(Clone, Debug)]
struct Texts {
    title: String,
    introduction: String,
}

impl Documentation {
    /// The page, which is the default.
    pub fn page() -> Self {
        Self(Some(Texts {
            title: "XML-RPC service".to_owned(),
            introduction: String::new(),
        }))
    }

    /// No page: GET is answered with status 405.
    pub fn none() -> Self {
        Self(None)
    }

    /// Sets the title of the page; `XML-RPC service` unless set. It is nothing to [`Documentation::none`].
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        if let Some(texts) = &mut self.0 {
            texts.title = title.into();
        }
        self
    }

    /// Sets what the page says of the service as a whole, as plain text with line breaks; nothing unless set. It is nothing to
    /// [`Documentation::none`].
    #[must_use]
    pub fn introduction(mut self, text: impl Into<String>) -> Self {
        if let Some(texts) = &mut self.0 {
            texts.introduction = text.into();
        }
        self
    }
}

impl Default for Documentation {
    fn default() -> Self {
        Self::page()
    }
}

/// The page of one service.
#[derive(Clone, Default)]
pub(crate) struct DocsPage {
    documentation: Documentation,
    /// Made at the first request, for all clones of the service.
    page: Arc<OnceLock<Page>>,
}

impl DocsPage {
    pub(crate) fn new(documentation: Documentation) -> Self {
        Self {
            documentation,
            page: Arc::default(),
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.documentation.0.is_some()
    }

    /// The answer to GET and HEAD, if there is a page. `compresses` says for a length whether that much goes to the client in gzip.
    pub(crate) fn answer(
        &self,
        methods: &Methods,
        head: &Parts,
        compresses: impl FnOnce(usize) -> bool,
    ) -> Option<Response<ReplyBody>> {
        let texts = self.documentation.0.as_ref()?;
        if head.method != Method::GET && head.method != Method::HEAD {
            return None;
        }
        let page = self.page.get_or_init(|| Page::new(texts, methods));
        let gzip = page.gzip.as_ref().filter(|_| compresses(page.plain.body.len()));
        let mut response = gzip.unwrap_or(&page.plain).answer(head);
        let headers = response.headers_mut();
        if page.gzip.is_some() {
            headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if gzip.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Some(response)
    }
}

impl fmt::Debug for DocsPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.documentation.fmt(f)
    }
}

/// The page in the forms in which it goes out.
struct Page {
    plain: Form,
    gzip: Option<Form>,
}

impl Page {
    fn new(texts: &Texts, methods: &Methods) -> Self {
        let body = render::page(texts, methods).into_bytes();
        Self {
            gzip: gzip(&body).map(Form::new),
            plain: Form::new(body),
        }
    }
}

#[cfg(feature = "compression")]
fn gzip(page: &[u8]) -> Option<Vec<u8>> {
    crate::compression::gzip_to_keep(page)
}

#[cfg(not(feature = "compression"))]
fn gzip(_: &[u8]) -> Option<Vec<u8>> {
    None
}

/// The page's bytes, and the tag that tells them from other ones.
struct Form {
    body: Bytes,
    tag: HeaderValue,
}

impl Form {
    fn new(body: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        Self {
            body: body.into(),
            // Hexadecimal digits in quotes.
            tag: HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }

    fn answer(&self, head: &Parts) -> Response<ReplyBody> {
        let is_known = self.is_known(head);
        let body = match head.method == Method::HEAD || is_known {
            true => Bytes::new(),
            false => self.body.clone(),
        };
        let mut response = Response::new(ReplyBody::new(body));
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(ETAG, self.tag.clone());
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        response
    }

    /// Whether the client says that it has this page already.
    fn is_known(&self, head: &Parts) -> bool {
        let tags = head.headers.get_all(IF_NONE_MATCH).iter();
        tags.filter_map(|tags| tags.to_str().ok())
            .flat_map(|tags| tags.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag.as_bytes() == self.tag.as_bytes())
    }
}
