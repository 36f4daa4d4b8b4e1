//! What connections ask for answers: the service of this crate, or any of tower's.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::http::{HttpService, ReplyBody};
use crate::request::RequestBody;

/// Answers requests; cloned for each of them.
pub(crate) trait Respond: Clone + Send + Sync + 'static {
    type Body: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;
    type Error: Into<Box<dyn Error + Send + Sync>>;

    fn respond(
        self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response<Self::Body>, Self::Error>> + Send;
}

/// Directly, without the box around its future that `tower` asks for.
impl Respond for HttpService {
    type Body = ReplyBody;
    type Error = Infallible;

    async fn respond(
        self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<Response<ReplyBody>, Infallible> {
        Ok(self.answer(request, Some(peer)).await)
    }
}

/// A service of tower's.
#[derive(Clone)]
pub(crate) struct Tower<S>(pub(crate) S);

impl<S, B> Respond for Tower<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Body = B;
    type Error = S::Error;

    async fn respond(
        mut self,
        mut request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<Response<B>, S::Error> {
        poll_fn(|cx| self.0.poll_ready(cx)).await?;
        request.extensions_mut().insert(peer);
        self.0.call(request).await
    }
}
