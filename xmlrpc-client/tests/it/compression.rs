//! Compressed answers and requests.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use xmlrpc_client::{Limits, MethodResponse, ServerProxy};

use crate::support::{Peer, SEVEN, http, ok, result, within};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An answer with a `Content-Encoding`.
fn encoded(name: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: {name}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn answered(bytes: Vec<u8>) -> xmlrpc_client::Result<i32> {
    let peer = Peer::answering(bytes).await;
    let server = ServerProxy::builder(&peer.url())
        .limits(Limits::client().document_bytes(100_000))
        .build()
        .unwrap();
    within(server.call("m", ()).into_future()).await
}

#[tokio::test]
async fn answers_are_read_in_gzip_and_deflate() {
    let body = result(SEVEN).into_bytes();
    for bytes in [
        encoded("gzip", &gzip(&body)),
        encoded("deflate", &zlib(&body)),
        encoded("identity", &body),
    ] {
        assert_eq!(answered(bytes).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn an_answer_that_inflates_beyond_the_limit_is_read_no_further() {
    let bomb = gzip(&vec![b' '; 50_000_000]);
    assert!(
        bomb.len() < 100_000,
        "it is short as it comes: {} bytes",
        bomb.len()
    );
    let error = answered(encoded("gzip", &bomb)).await.unwrap_err();
    assert!(error.to_string().contains("Limits::document_bytes"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_inflated_is_an_error() {
    let whole = gzip(&result(SEVEN).into_bytes());
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(b"no document").unwrap();
    for bytes in [
        encoded("gzip", &whole[..20]),
        encoded("gzip", b"no gzip at all"),
        encoded("deflate", &raw.finish().unwrap()),
        encoded("br", b"whatever"),
    ] {
        let error = answered(bytes).await.unwrap_err();
        assert!(error.is_maybe_sent() && error.fault().is_none(), "{error:?}");
    }
}

#[tokio::test]
async fn long_requests_are_compressed_if_that_was_asked_for() {
    for (from, length, compressed) in [
        (None, 5000, false),
        (Some(1000), 100, false),
        (Some(1000), 5000, true),
    ] {
        let (requests, mut received) = tokio::sync::mpsc::unbounded_channel();
        let peer = Peer::start(move |mut connection| {
            let requests = requests.clone();
            async move {
                requests.send(connection.request().await).unwrap();
                connection.send(ok(result(SEVEN))).await;
            }
        })
        .await;
        let mut builder = ServerProxy::builder(&peer.url());
        if let Some(bytes) = from {
            builder = builder.compress_requests(bytes);
        }
        let server = builder.build().unwrap();
        let call = server.call::<i32>("m", ("x".repeat(length),));
        assert_eq!(within(call.into_future()).await.unwrap(), 7);
        let request = within(received.recv()).await.unwrap();
        assert_eq!(
            request.header("content-encoding"),
            compressed.then_some("gzip"),
            "{length}"
        );
        let sent: usize = request.header("content-length").unwrap().parse().unwrap();
        assert_eq!(sent < length, compressed, "{sent}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_read_compressed_requests_is_asked_as_it_answers() {
    let refusal = http(
        "415 Unsupported Media Type",
        "Content-Type: text/plain\r\n",
        "no gzip here",
    );
    let peer = Peer::answering(refusal).await;
    let server = ServerProxy::builder(&peer.url())
        .compress_requests(0)
        .build()
        .unwrap();
    let error = within(server.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(415));
    assert!(error.to_string().contains("no gzip here"), "{error}");
}

#[tokio::test]
async fn a_transport_of_ones_own_is_given_documents_as_they_are() {
    use xmlrpc_client::transport::{Response, from_fn};

    let transport = from_fn(|request| async move {
        assert!(request.body.starts_with(b"<?xml"));
        Ok(Response::new(MethodResponse::Success(7).to_vec().unwrap()))
    });
    let server = ServerProxy::over(transport).compress_requests(0).build().unwrap();
    assert_eq!(server.call::<i32>("m", ()).await.unwrap(), 7);
}
