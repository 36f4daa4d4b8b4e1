//! Authentication on the level of HTTP.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tower_service::Service;

use super::users::{Credentials, Users};

/// A layer of tower's, for HTTP requests, that answers with status 401 whoever does not say who they are.
///
/// That is what clients of XML-RPC expect: Python's `xmlrpc.client` raises its `ProtocolError`, a browser asks for a password. It
/// stands around an [`HttpService`](crate::HttpService), or any other service, and refuses before anything of the body is read. Who it was is
/// an [`Identity`](super::Identity) among the extensions of the request, where handlers find it. Per-method rules are
/// [`Authenticate`](super::Authenticate)'s, which believes what this layer found out if both have the same [`Users`].
///
/// Refused requests carry a `WWW-Authenticate` for each scheme by which the users can be known. What a browser asks before a
/// request to another origin (`OPTIONS` with `Access-Control-Request-Method`) never carries credentials, and passes.
///
/// # Examples
///
/// ```
/// use tower_layer::Layer;
/// use xmlrpc_server::layer::{HttpAuthenticate, Users};
/// use xmlrpc_server::{HttpService, Methods, Server};
///
/// # async fn run() -> Result<(), xmlrpc_server::Error> {
/// let users = Users::new().user("ada", "difference engine");
/// let methods = Methods::new().method("ping", || "pong");
/// let service = HttpAuthenticate::new(users).layer(HttpService::new(methods));
/// Server::bind("127.0.0.1:0").await?.serve_service(service, async { /* wait for Ctrl-C, say */ }).await?;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct HttpAuthenticate {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    users: Users,
    challenges: Vec<HeaderValue>,
    lets_strangers_in: bool,
}

impl HttpAuthenticate {
    /// The layer. Its realm, which browsers show, is `XML-RPC`.
    pub fn new(users: Users) -> Self {
        let shared = Shared {
            challenges: challenges(&users, "XML-RPC"),
            users,
            lets_strangers_in: false,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Sets the realm, the name of what the credentials are for: visible ASCII characters and spaces; what is neither becomes a `?`.
    #[must_use]
    pub fn realm(mut self, realm: impl AsRef<str>) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.challenges = challenges(&shared.users, realm.as_ref());
        self
    }

    /// Lets requests without credentials pass; those with wrong ones are refused as before. For servers whose
    /// [`Authenticate`](super::Authenticate) has methods for everybody.
    #[must_use]
    pub fn let_strangers_in(mut self) -> Self {
        Arc::make_mut(&mut self.shared).lets_strangers_in = true;
        self
    }
}

/// What the header `WWW-Authenticate` has to say.
fn challenges(users: &Users, realm: &str) -> Vec<HeaderValue> {
    let visible = |c| if matches!(c, ' '..='~') { c } else { '?' };
    let realm: String = realm.chars().map(visible).collect();
    let realm = realm.replace('\\', "\\\\").replace('"', "\\\"");
    let (basic, bearer) = users.schemes();
    let basic = basic.then(|| format!("Basic realm=\"{realm}\", charset=\"UTF-8\""));
    let bearer = bearer.then(|| format!("Bearer realm=\"{realm}\""));
    let challenges = basic.into_iter().chain(bearer);
    challenges
        .filter_map(|challenge| HeaderValue::try_from(challenge).ok())
        .collect()
}

impl Shared {
    /// Whether a request passes; who makes it is put among its extensions.
    async fn admits(&self, request: &mut Parts) -> bool {
        match Credentials::of(&request.headers) {
            None => self.lets_strangers_in || is_preflight(&request.method, &request.headers),
            Some(Err(_)) => false,
            Some(Ok(credentials)) => match self.users.check(credentials).await {
                Some(identity) => {
                    request.extensions.insert(identity);
                    true
                }
                None => false,
            },
        }
    }

    fn refusal<R: From<Bytes>>(&self) -> Response<R> {
        const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
        tracing::debug!(
            status = StatusCode::UNAUTHORIZED.as_u16(),
            "a request without credentials"
        );
        let text = Bytes::from_static(b"this needs credentials, and there are none or they are wrong\n");
        let mut response = Response::new(R::from(text));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, TEXT);
        for challenge in &self.challenges {
            headers.append(WWW_AUTHENTICATE, challenge.clone());
        }
        response
    }
}

fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl<S> tower_layer::Layer<S> for HttpAuthenticate {
    type Service = HttpAuthenticateService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let shared = self.shared.clone();
        HttpAuthenticateService { shared, inner }
    }
}

/// The service of [`HttpAuthenticate`].
#[derive(Clone, Debug)]
pub struct HttpAuthenticateService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for HttpAuthenticateService<S>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = self.shared.clone();
        // The one that is ready answers; its clone need not be.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            if !shared.admits(&mut head).await {
                return Ok(shared.refusal());
            }
            inner.call(Request::from_parts(head, body)).await
        })
    }
}
