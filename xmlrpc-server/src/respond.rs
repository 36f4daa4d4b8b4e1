//! What connections ask for answers: the service of this crate, or any of tower's.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::mem;

use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::http::{HttpService, ReplyBody};
use crate::peer::Peer;
use crate::request::RequestBody;

/// Answers requests, the heads of which may be taken.
pub(crate) trait Respond: Send + Sync + 'static {
    type Body: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;
    type Error: Into<Box<dyn Error + Send + Sync>>;

    fn respond(
        &self,
        head: &mut Parts,
        body: RequestBody,
        peer: &Peer,
    ) -> impl Future<Output = Result<Response<Self::Body>, Self::Error>> + Send;
}

/// Directly, without the box around its future that `tower` asks for.
impl Respond for HttpService {
    type Body = ReplyBody;
    type Error = Infallible;

    async fn respond(
        &self,
        head: &mut Parts,
        body: RequestBody,
        peer: &Peer,
    ) -> Result<Response<ReplyBody>, Infallible> {
        Ok(self.answer(head, body, Some(peer.clone())).await)
    }
}

/// A service of tower's, cloned for each request.
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
        &self,
        head: &mut Parts,
        body: RequestBody,
        peer: &Peer,
    ) -> Result<Response<B>, S::Error> {
        let mut service = self.0.clone();
        poll_fn(|cx| service.poll_ready(cx)).await?;
        let (empty, ()) = Request::new(()).into_parts();
        let mut request = Request::from_parts(mem::replace(head, empty), body);
        if let Some(address) = peer.address() {
            request.extensions_mut().insert(address);
        }
        request.extensions_mut().insert(peer.clone());
        service.call(request).await
    }
}
