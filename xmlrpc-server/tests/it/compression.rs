use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::pin::pin;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use futures_util::stream;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tower_service::Service as _;
use xmlrpc_server::{Fault, HttpService, Methods, ReplyBody, ReplyCompression};

use crate::support::{TestServer, plain_call, post, within};

const MIB: usize = 1024 * 1024;

fn service() -> HttpService {
    let methods = Methods::new()
        .method("answer", || 42)
        .method("length", |text: String| i32::try_from(text.len()).unwrap())
        .method("text", |length: usize| "text ".repeat(length / 5))
        .method("fail", || -> Result<i32, Fault> {
            Err(Fault::new(1, "long ".repeat(1000)))
        });
    methods.into()
}

fn gzip(data: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// What RFC 9110 calls deflate: in the frame of zlib.
fn zlib(data: &str, level: u32) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(data.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What some have taken it for.
fn raw_deflate(data: &str, level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(data.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn call_of_length(length: usize) -> String {
    let text = "x".repeat(length);
    format!(
        "<methodCall><methodName>length</methodName><params><param><value>{text}</value></param></params></methodCall>"
    )
}

/// A request whose body comes in pieces of a length.
fn in_pieces(
    encoding: &str,
    body: &[u8],
    length: usize,
) -> Request<impl http_body::Body<Data = Bytes> + Send + 'static> {
    let pieces: Vec<_> = body
        .chunks(length.max(1))
        .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = StreamBody::new(stream::iter(pieces));
    Request::post("/")
        .header("content-encoding", encoding)
        .body(body)
        .unwrap()
}

async fn text(response: Response<ReplyBody>) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn answer(service: &HttpService, encoding: &str, body: &[u8]) -> (StatusCode, String) {
    let request = Request::post("/")
        .header("content-encoding", encoding)
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap();
    text(within(service.clone().call(request)).await.unwrap()).await
}

#[track_caller]
fn assert_fault((status, body): &(StatusCode, String), text: &str) {
    assert_eq!(*status, StatusCode::OK, "{body}");
    assert!(
        body.contains("<int>-32300</int>") && body.contains(text),
        "{text}: {body}"
    );
    assert!(body.len() < 600, "{} bytes", body.len());
}

#[tokio::test]
async fn gzip_and_both_kinds_of_deflate_are_read_in_pieces_of_any_length() {
    let call = plain_call("answer");
    let (first, second) = call.split_at(20);
    for (encoding, body) in [
        ("gzip", gzip(&call)),
        ("x-gzip", gzip(&call)),
        ("GZip", gzip(&call)),
        ("identity, gzip", gzip(&call)),
        // In two members, as files that were put together are, with an empty one between.
        ("gzip", [gzip(first), gzip(""), gzip(second)].concat()),
        ("deflate", zlib(&call, 9)),
        ("deflate", zlib(&call, 1)),
        ("deflate", zlib(&call, 0)),
        ("deflate", raw_deflate(&call, 9)),
        ("deflate", raw_deflate(&call, 1)),
        ("deflate", raw_deflate(&call, 0)),
        ("identity", call.clone().into_bytes()),
        ("", call.clone().into_bytes()),
    ] {
        for length in [1, 2, 3, 7, 20, body.len() - 1, body.len()] {
            let request = in_pieces(encoding, &body, length);
            let (status, reply) = text(within(service().call(request)).await.unwrap()).await;
            assert_eq!(status, StatusCode::OK);
            assert!(reply.contains("<int>42</int>"), "{encoding} by {length}: {reply}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_a_fault() {
    let call = plain_call("answer");
    for (encoding, body) in [
        ("gzip", gzip(&call)),
        ("deflate", zlib(&call, 6)),
        ("deflate", raw_deflate(&call, 6)),
    ] {
        for length in 0..body.len() {
            assert_fault(
                &answer(&service(), encoding, &body[..length]).await,
                "it ends too early",
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_is_damaged_is_a_fault() {
    let call = plain_call("answer");
    let whole = gzip(&call);
    let changed = |place: usize| {
        let mut body = whole.clone();
        body[place] ^= 0x55;
        body
    };
    for (encoding, body, why) in [
        ("gzip", b"garbage".to_vec(), "damaged"),
        ("gzip", call.clone().into_bytes(), "damaged"),
        ("gzip", zlib(&call, 6), "damaged"),
        ("gzip", changed(0), "damaged"),
        // A method that is not deflate.
        ("gzip", changed(2), "damaged"),
        // The checksum, and the length.
        ("gzip", changed(whole.len() - 8), "damaged"),
        ("gzip", changed(whole.len() - 1), "damaged"),
        ("gzip", [&whole[..], b"x"].concat(), "it ends too early"),
        ("gzip", [&whole[..], b"xyz"].concat(), "damaged"),
        ("gzip", [&whole[..], &[0; 512]].concat(), "damaged"),
        (
            "deflate",
            [zlib(&call, 6), b"x".to_vec()].concat(),
            "something stands behind its end",
        ),
        (
            "deflate",
            zlib(&call, 6).repeat(2),
            "something stands behind its end",
        ),
        (
            "deflate",
            [raw_deflate(&call, 6), b"x".to_vec()].concat(),
            "something stands behind its end",
        ),
        ("deflate", whole.clone(), "damaged"),
        // One that asks for a dictionary.
        ("deflate", b"\x78\xbb\x01\x02\x03\x04xyz".to_vec(), "damaged"),
    ] {
        assert_fault(&answer(&service(), encoding, &body).await, why);
    }
}

#[tokio::test]
async fn a_connection_goes_on_behind_a_body_that_cannot_be_decompressed() {
    let server = TestServer::start(service()).await;
    let mut client = server.connect().await;
    for encoding in ["gzip", "deflate", "br", "gzip, gzip"] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {encoding}\r\nContent-Length: 300000\r\n\r\n"
        );
        client.send(head + &"\u{7f}".repeat(300_000)).await;
        let response = client.response().await;
        assert_eq!(response.status, 200);
        assert!(response.body.contains("-32300"), "{}", response.body);
        client.post(&plain_call("answer")).await;
        assert!(client.response().await.body.contains("<int>42</int>"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn other_compressions_and_several_at_once_are_refused_by_name() {
    let twice = gzip(gzip(plain_call("answer")));
    let long = "x".repeat(1000);
    for (encoding, text) in [
        ("gzip, gzip", "several times over (gzip, gzip)"),
        ("gzip, deflate", "several times over"),
        ("br", "compressed as br, and only gzip and deflate are read"),
        ("zstd", "compressed as zstd"),
        ("compress", "compressed as compress"),
        ("gzip;q=1", "compressed as gzip;q=1"),
        ("*", "compressed as *"),
        (&long[..], &long[..40]),
    ] {
        assert_fault(&answer(&service(), encoding, &twice).await, text);
    }
    let request = Request::post("/")
        .header("content-encoding", "gzip")
        .header("content-encoding", "gzip")
        .body(Full::new(Bytes::from(twice)))
        .unwrap();
    let reply = text(within(service().call(request)).await.unwrap()).await;
    assert_fault(&reply, "several times over (gzip, gzip)");
}

#[tokio::test]
async fn a_document_inside_of_gzip_is_held_to_the_same_rules() {
    for (document, code) in [
        ("", "-32700"),
        ("<!DOCTYPE x><methodCall/>", "-32700"),
        ("<html/>", "-32600"),
    ] {
        let (status, reply) = answer(&service(), "gzip", &gzip(document)).await;
        assert!(status == StatusCode::OK && reply.contains(code), "{reply}");
    }
}

#[tokio::test]
async fn inflation_stops_at_its_limits() {
    let call = call_of_length(500_000);
    let length = call.len();
    let large = call_of_length(2 * MIB);
    let bytes = |limit: usize| {
        format!("the request body inflates to more than {limit} bytes; inflated_bytes raises this limit\n")
    };
    let ratio = |limit: usize| {
        format!(
            "the request body inflates to more than {limit} times its size; inflation_ratio raises this limit\n"
        )
    };
    let member = gzip("");
    for (service, body, refusal) in [
        (service(), gzip(&call), None),
        (service().inflated_bytes(length), gzip(&call), None),
        (
            service().inflated_bytes(length - 1),
            gzip(&call),
            Some(bytes(length - 1)),
        ),
        (service().inflated_bytes(10), gzip(&call), Some(bytes(10))),
        // The ratio is looked at from 1 MiB on.
        (service().inflation_ratio(2), gzip(&call), None),
        (service().inflation_ratio(2), gzip(&large), Some(ratio(2))),
        (service().inflation_ratio(2), zlib(&large, 0), None),
        (service().inflation_ratio(1000), gzip(&large), None),
        (service().body_bytes(2000), gzip(&call), None),
    ] {
        let refusal = refusal.map(|text| (StatusCode::PAYLOAD_TOO_LARGE, text));
        let reply = answer(&service, if body[0] == 0x1f { "gzip" } else { "deflate" }, &body).await;
        match refusal {
            Some(refusal) => assert_eq!(reply, refusal),
            None => assert!(
                reply.0 == StatusCode::OK && reply.1.contains("<int>"),
                "{}",
                reply.1
            ),
        }
    }
    let members = [member.repeat(9), gzip(plain_call("answer"))].concat();
    let (_, reply) = answer(&service().gzip_members(10), "gzip", &members).await;
    assert!(reply.contains("<int>42</int>"), "{reply}");
    assert_fault(
        &answer(&service().gzip_members(9), "gzip", &members).await,
        "gzip_members raises this limit",
    );
    assert_fault(
        &answer(&service(), "gzip", &member.repeat(200_000)).await,
        "more than 1000 gzip members",
    );
}

#[tokio::test]
async fn a_bomb_is_refused_while_it_comes_in() {
    let bomb = gzip(vec![b' '; 64 * MIB]);
    let server = TestServer::start(service()).await;
    for (begin, end) in [(bomb.len(), "0\r\n\r\n"), (bomb.len() / 2, "")] {
        let mut client = server.connect().await;
        let head =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.send(head).await;
        let chunk = [format!("{begin:x}\r\n").as_bytes(), &bomb[..begin], b"\r\n"].concat();
        client.send(chunk).await;
        client.send(end).await;
        let response = client.response().await;
        assert_eq!(response.status, 413);
        assert!(response.body.contains("inflat"), "{}", response.body);
        assert_eq!(response.header("connection"), Some("close"));
    }
    let mut client = server.connect().await;
    client.send(post(&plain_call("answer"))).await;
    assert!(client.response().await.body.contains("<int>42</int>"));
    server.stopped().await;
}

#[tokio::test]
async fn others_get_their_turn_while_a_large_body_is_inflated() {
    let body = gzip(call_of_length(15 * MIB));
    let request = Request::post("/")
        .header("content-encoding", "gzip")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let mut service = service().inflation_ratio(2000);
    let mut answered = pin!(service.call(request));
    let mut turns = 0;
    let response = std::future::poll_fn(|cx| {
        turns += 1;
        answered.as_mut().poll(cx)
    })
    .await
    .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(turns > 20, "{turns} turns");
}

/// The reply to a call, for a client that accepts some encodings; without its compression, which is told apart.
async fn reply(service: &HttpService, call: &str, accepted: &str) -> (Response<()>, String) {
    let request = Request::post("/")
        .header("accept-encoding", accepted)
        .body(call.to_owned())
        .unwrap();
    let (head, body) = within(service.clone().call(request)).await.unwrap().into_parts();
    let length = http_body::Body::size_hint(&body).exact().unwrap();
    let bytes = body.collect().await.unwrap().to_bytes();
    assert_eq!(length, bytes.len() as u64, "the length is known beforehand");
    let mut text = String::new();
    match head.headers.get("content-encoding") {
        Some(_) => GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
        None => (&bytes[..]).read_to_string(&mut text).unwrap(),
    };
    (Response::from_parts(head, ()), text)
}

fn text_of(length: usize) -> String {
    format!(
        "<methodCall><methodName>text</methodName><params><param><value><int>{length}</int></value></param></params></methodCall>"
    )
}

#[tokio::test]
async fn long_replies_are_compressed_for_those_who_accept_it() {
    let (short, long, fault) = (text_of(1000), text_of(4096), plain_call("fail"));
    let from_1000 = service().reply_compression(ReplyCompression::From(1000));
    let off = service().reply_compression(ReplyCompression::Off);
    let (gzip, vary) = (Some("gzip"), Some("Accept-Encoding"));
    for (service, call, accepted, encoding, varies) in [
        (&service(), &long, "gzip", gzip, vary),
        (&service(), &fault, "deflate, gzip;q=0.5", gzip, vary),
        (&service(), &long, "*", gzip, vary),
        (&service(), &long, "", None, vary),
        (&service(), &long, "gzip;q=0", None, vary),
        (&service(), &long, "identity, gzip;q=0.5", None, vary),
        (&service(), &long, "br", None, vary),
        (&service(), &short, "gzip", None, None),
        (&from_1000, &short, "gzip", gzip, vary),
        (&from_1000, &plain_call("answer"), "gzip", None, None),
        (&off, &long, "gzip", None, None),
    ] {
        let (head, text) = reply(service, call, accepted).await;
        let header = |name| head.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (header("content-encoding"), header("vary")),
            (encoding, varies),
            "{accepted}: {call}"
        );
        assert_eq!(header("content-type"), Some("text/xml; charset=utf-8"));
        assert_eq!(text, reply(&off, call, "").await.1);
    }
}

#[tokio::test]
async fn compressed_replies_go_over_the_wire_with_their_length() {
    let server = TestServer::start(service()).await;
    let mut client = server.connect().await;
    let call = text_of(100_000);
    for version in ["1.1", "1.0"] {
        client
            .send(format!(
                "POST / HTTP/{version}\r\nHost: x\r\nAccept-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{call}",
                call.len()
            ))
            .await;
        let response = client.response().await;
        assert_eq!(response.header("content-encoding"), Some("gzip"));
        let length: usize = response.header("content-length").unwrap().parse().unwrap();
        assert!(length < 2000, "{length} bytes");
        assert!(response.body.starts_with("<?xml") && response.body.len() > 100_000);
    }
    server.stopped().await;
}

#[tokio::test]
async fn others_get_their_turn_while_a_long_reply_is_compressed() {
    let turns = |accepted: &'static str| async move {
        let request = Request::post("/")
            .header("accept-encoding", accepted)
            .body(text_of(8 * MIB))
            .unwrap();
        let mut service = service();
        let mut answered = pin!(service.call(request));
        let mut turns = 0;
        std::future::poll_fn(|cx| {
            turns += 1;
            answered.as_mut().poll(cx)
        })
        .await
        .unwrap();
        turns
    };
    assert_eq!(turns("").await, 1);
    assert!(turns("gzip").await > 10);
}
