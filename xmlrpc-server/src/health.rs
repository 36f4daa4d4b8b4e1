//! What balancers in front of a server are told: whether to send requests here, and when to go elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, Version};
use http_body_util::{Either, Empty};

use crate::peer::Peer;
use crate::request::RequestBody;
use crate::respond::Respond;

/// A service, with the answer to health checks beside it.
pub(crate) struct Checked<R> {
    service: R,
    health: Arc<Health>,
}

/// How a server is.
#[derive(Debug)]
pub(crate) struct Health {
    path: Option<String>,
    draining: AtomicBool,
}

impl Health {
    pub(crate) fn new(path: Option<String>) -> Arc<Self> {
        Arc::new(Self {
            path,
            draining: AtomicBool::new(false),
        })
    }

    pub(crate) fn around<R>(self: &Arc<Self>, service: R) -> Checked<R> {
        Checked {
            service,
            health: self.clone(),
        }
    }

    /// From now on everybody is sent elsewhere.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The status of a health check; `None` for any other request.
    fn check(&self, head: &Parts) -> Option<StatusCode> {
        let path = self.path.as_deref()?;
        let asks = matches!(head.method, Method::GET | Method::HEAD);
        if !asks || head.uri.path() != path {
            return None;
        }
        Some(match self.is_draining() {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::OK,
        })
    }
}

impl<R: Respond> Respond for Checked<R> {
    type Body = Either<Empty<<R::Body as http_body::Body>::Data>, R::Body>;
    type Error = R::Error;

    async fn respond(
        &self,
        head: &mut Parts,
        body: RequestBody,
        peer: &Peer,
    ) -> Result<Response<Self::Body>, R::Error> {
        let version = head.version;
        let mut response = match self.health.check(head) {
            Some(status) => {
                let mut response = Response::new(Either::Left(Empty::new()));
                *response.status_mut() = status;
                response
            }
            None => self.service.respond(head, body, peer).await?.map(Either::Right),
        };
        // HTTP/2 has a frame for this, which is sent at the end.
        if self.health.is_draining() && version <= Version::HTTP_11 {
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}
