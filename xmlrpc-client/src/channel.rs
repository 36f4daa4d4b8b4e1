//! The way to a server: one transport, and the tap that is told of what goes through it.

use std::future::Future;

use reqwest::Url;
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::tap::{Exchange, Tap};
use crate::transport::http::Http;
use crate::transport::scgi::Scgi;
use crate::transport::{DynTransport, Request, Response, Transport as _};

/// What the calls go through.
pub(crate) enum Channel {
    Http(Box<Http>),
    Scgi(Scgi),
    Own(Box<dyn DynTransport>),
}

impl Channel {
    pub(crate) fn url(&self) -> Option<&Url> {
        match self {
            Self::Http(http) => Some(http.url()),
            Self::Scgi(scgi) => Some(scgi.url()),
            Self::Own(_) => None,
        }
    }

    pub(crate) async fn send(&self, request: Box<Request>, tap: Option<&Tap>) -> Result<Response> {
        match self {
            // Tells the tap itself, for each redirect.
            Self::Http(http) => http.send(request, tap).await,
            Self::Scgi(scgi) => watched(tap, Some(scgi.url()), *request, |request| scgi.send(request)).await,
            Self::Own(transport) => {
                watched(tap, None, *request, |request| transport.send_boxed(request)).await
            }
        }
    }
}

/// Sends a request by a transport that knows nothing of taps.
async fn watched<Sending: Future<Output = Result<Response>>>(
    tap: Option<&Tap>,
    url: Option<&Url>,
    request: Request,
    send: impl FnOnce(Request) -> Sending,
) -> Result<Response> {
    let Some(tap) = tap else {
        return send(request).await;
    };
    let watched = Watched::new(tap, &request);
    let outcome = send(request).await;
    watched.tell(url, outcome.as_ref());
    outcome
}

/// A request that the tap is to be told of.
pub(crate) struct Watched<'t> {
    tap: &'t Tap,
    request: Request,
    started: Instant,
}

impl<'t> Watched<'t> {
    pub(crate) fn new(tap: &'t Tap, request: &Request) -> Self {
        Self {
            tap,
            request: request.clone(),
            started: Instant::now(),
        }
    }

    pub(crate) fn tell(&self, url: Option<&Url>, outcome: Result<&Response, &Error>) {
        self.tap.tell(&Exchange {
            method: &self.request.method,
            url,
            request_headers: &self.request.headers,
            request_body: &self.request.body,
            outcome,
            duration: self.started.elapsed(),
        });
    }
}
