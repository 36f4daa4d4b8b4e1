//! hyper without anything around it: the least that a server on it can cost.

use std::convert::Infallible;
use std::error::Error;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::server::exchange::{XML, tiny_reply};

pub(super) async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let reply = Bytes::from(tiny_reply());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let reply = reply.clone();
        let service = service_fn(move |request| answer(request, reply.clone()));
        let mut http = http1::Builder::new();
        let connection = http
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), service);
        // Connections end as they like.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(request: Request<Incoming>, reply: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that is cut short gets an answer that nobody reads.
    drop(request.into_body().collect().await);
    let mut response = Response::new(Full::new(reply));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(XML));
    Ok(response)
}
