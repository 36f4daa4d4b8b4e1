//! What `xmlrpc proxy` and `xmlrpc serve` are towards their clients: a place that takes documents by HTTP.
//!
//! A request that is none of a program's comes no further: another method than POST, a body beyond the limit, a browser's page, which
//! must not call through a developer's machine.

use std::convert::Infallible;
use std::future::Future;
use std::io::Read as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full, Limited};
use xmlrpc_server::{RequestBody, Server};

use crate::failure::{Failure, Result};
use crate::terminal;

/// How many clients are connected at a time; others wait.
const CONNECTIONS: usize = 100;
/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) type Reply = Response<Full<Bytes>>;

/// A document that came.
#[derive(Debug)]
pub(crate) struct Posted {
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Inflated, if it was compressed.
    pub(crate) body: Bytes,
}

/// What is done with documents.
pub(crate) trait Answer: Clone + Send + Sync + 'static {
    fn answer(&self, posted: Posted) -> impl Future<Output = Reply> + Send;
}

/// An address to listen on: `HOST:PORT`, or a port of the loopback interface.
pub(crate) fn address(text: &str) -> std::result::Result<String, String> {
    let port = text.rsplit_once(':').map_or(text, |(_, port)| port);
    match port.parse::<u16>() {
        Ok(_) if text.starts_with(':') => Err("needs a host, such as 127.0.0.1".to_owned()),
        Ok(_) if port == text => Ok(format!("127.0.0.1:{port}")),
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected HOST:PORT or PORT".to_owned()),
    }
}

/// Listens, says so, and answers until `end` comes.
pub(crate) async fn serve<A: Answer>(
    listen: &str,
    what: &str,
    body_bytes: usize,
    answer: A,
    end: impl Future<Output = ()>,
) -> Result {
    let failed = |error: xmlrpc_server::Error| match std::error::Error::source(&error) {
        Some(source) => Failure::Usage(format!("{error}: {source}")),
        None => Failure::Usage(error.to_string()),
    };
    let server = Server::bind(listen)
        .await
        .map_err(failed)?
        .connections(CONNECTIONS);
    terminal::note(&format!(
        "xmlrpc: listening on http://{}/RPC2, {what}",
        server.local_addr()
    ));
    let endpoint = Endpoint { answer, body_bytes };
    server.serve_service(endpoint, end).await.map_err(failed)
}

/// The service behind the server.
#[derive(Clone)]
struct Endpoint<A> {
    answer: A,
    body_bytes: usize,
}

impl<A: Answer> tower_service::Service<Request<RequestBody>> for Endpoint<A> {
    type Response = Reply;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Reply, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let Self { answer, body_bytes } = self.clone();
        Box::pin(async move {
            Ok(match posted(request, body_bytes).await {
                Ok(posted) => answer.answer(posted).await,
                Err((status, why)) => {
                    terminal::note(&format!("xmlrpc: a request was refused: {why}"));
                    refusal(status, why)
                }
            })
        })
    }
}

type Refused = (StatusCode, &'static str);

const TOO_LONG: Refused = (
    StatusCode::PAYLOAD_TOO_LARGE,
    "the body is too long, or broke off; --max-response raises the limit",
);

/// Reads a request, if it is one of a program that posts a document.
async fn posted(request: Request<RequestBody>, limit: usize) -> std::result::Result<Posted, Refused> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "only POST is answered"));
    }
    if is_from_page(&head.headers) {
        return Err((StatusCode::FORBIDDEN, "pages in browsers are not answered"));
    }
    if body.size_hint().lower() > limit as u64 {
        return Err(TOO_LONG);
    }
    let body = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return Err(TOO_LONG),
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    };
    let path = head.uri.path_and_query().map(ToString::to_string);
    Ok(Posted {
        body: inflated(&head.headers, body, limit)?,
        path: path.unwrap_or_default(),
        headers: head.headers,
    })
}

/// Whether a browser says that a page sends this.
fn is_from_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != "none")
}

fn inflated(headers: &HeaderMap, body: Bytes, limit: usize) -> std::result::Result<Bytes, Refused> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    let encoding = encoding
        .map(HeaderValue::as_bytes)
        .unwrap_or(b"identity")
        .to_ascii_lowercase();
    let mut out = Vec::new();
    let most = limit as u64 + 1;
    let read = match encoding.as_slice() {
        b"identity" => return Ok(body),
        b"gzip" | b"x-gzip" => MultiGzDecoder::new(&*body).take(most).read_to_end(&mut out),
        b"deflate" => ZlibDecoder::new(&*body).take(most).read_to_end(&mut out),
        _ => {
            return Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the compression is neither gzip nor deflate",
            ));
        }
    };
    match read {
        Ok(read) if read <= limit => Ok(out.into()),
        Ok(_) => Err((StatusCode::PAYLOAD_TOO_LARGE, "the body inflates to too much")),
        Err(_) => Err((StatusCode::BAD_REQUEST, "the body cannot be inflated")),
    }
}

/// The encoding that `Content-Type` names.
pub(crate) fn charset(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// An answer that is no document.
pub(crate) fn refusal(status: StatusCode, why: &str) -> Reply {
    let mut reply = Response::new(Full::from(format!("{why}\n")));
    *reply.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, text);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        reply
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    reply
}

/// The answer that a server gave, or a recording has.
pub(crate) fn reply(response: xmlrpc_client::transport::Response) -> Reply {
    let mut reply = Response::new(Full::new(response.body));
    *reply.status_mut() = response.status;
    *reply.headers_mut() = end_to_end(response.headers);
    reply
}

/// Headers without those that belong to one connection, or to how the body travels on it.
pub(crate) fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let named = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> = named
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let of_connection = [
        header::CONNECTION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::EXPECT,
        header::HOST,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    for name in named.iter().chain(&of_connection) {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(address("8080").as_deref(), Ok("127.0.0.1:8080"));
        assert_eq!(address("[::1]:0").as_deref(), Ok("[::1]:0"));
        assert_eq!(address("localhost:80").as_deref(), Ok("localhost:80"));
        for refused in ["", ":80", "host", "host:", "host:99999", "host:80:x"] {
            assert!(address(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn headers_of_a_connection_go_no_further() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("x-end", "2"),
            ("te", "trailers"),
            ("host", "h"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert_eq!(end_to_end(headers).keys().collect::<Vec<_>>(), ["x-end"]);
    }

    #[test]
    fn bodies_inflate_to_no_more_than_the_limit() {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut zip, &[b'a'; 1000]).unwrap();
        let body = Bytes::from(zip.finish().unwrap());
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        assert_eq!(inflated(&headers, body.clone(), 1000).unwrap().len(), 1000);
        assert_eq!(
            inflated(&headers, body.clone(), 999).unwrap_err().0,
            StatusCode::PAYLOAD_TOO_LARGE
        );
        assert_eq!(
            inflated(&headers, Bytes::from_static(b"x"), 9).unwrap_err().0,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(inflated(&HeaderMap::new(), body.clone(), 1).unwrap(), body);
    }
}
