//! HTTP straight from the pool of connections that reqwest has inside, for `http` URLs without an HTTP proxy.
//!
//! In: a request with its headers. Out: an answer, decompressed as it comes. Requests, answers and kinds of errors are those of reqwest:
//! the options of its connections are here once more, and what decompresses is the same; the words "error sending request" are missing
//! in the causes of an error. reqwest parses the URL anew for each call, copies the headers, and goes through services of which the
//! client needs none. Without it, a tiny call takes a third fewer instructions (`benches/README.md`).

use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
#[cfg(feature = "compression")]
use tower_http::decompression::{Decompression, DecompressionBody};

use crate::transport::connect::{Bounded, BoxError};

/// As reqwest keeps connections.
const IDLE: Duration = Duration::from_secs(90);
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long data may be unacknowledged, where the system can tell.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type Pool = Client<Bounded<HttpConnector>, Full<Bytes>>;

/// What comes of an answer's body.
#[cfg(feature = "compression")]
pub(crate) type Incoming = DecompressionBody<hyper::body::Incoming>;
#[cfg(not(feature = "compression"))]
pub(crate) type Incoming = hyper::body::Incoming;

/// Sends requests over a pool of connections.
pub(crate) struct Direct {
    pool: Box<Pool>,
}

impl Direct {
    /// `connect` is the time that a connection has to come about, and `per_call` whether each call has one of its own.
    pub(crate) fn new(connect: Option<Duration>, per_call: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(connect);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEPALIVE));
        connector.set_keepalive_interval(Some(KEEPALIVE));
        connector.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let mut builder = Client::builder(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        builder.pool_timer(TokioTimer::new());
        builder.pool_idle_timeout(IDLE);
        if per_call {
            builder.pool_max_idle_per_host(0);
        }
        Self {
            pool: Box::new(builder.build(Bounded::new(connector, connect))),
        }
    }

    /// Sends a request, and gives the answer up to its body.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, BoxError> {
        #[cfg(feature = "compression")]
        let sending = tower_service::Service::call(&mut Decompression::new(&*self.pool), request);
        #[cfg(not(feature = "compression"))]
        let sending = self.pool.request(request);
        sending.await.map_err(Into::into)
    }
}
