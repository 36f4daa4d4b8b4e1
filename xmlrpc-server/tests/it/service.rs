use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service as _;
use xmlrpc_core::{Decoder, MethodResponse};
use xmlrpc_server::{CallContext, HttpService, Methods, ReplyBody};

use crate::support::{plain_call, within};

/// A body of one's own, in pieces that are not contiguous.
struct Pieces(Vec<&'static str>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(self.0.remove(0))))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

async fn text(mut body: ReplyBody) -> String {
    let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
    let Ok(bytes) = frame.unwrap().unwrap().into_data() else {
        panic!("no data")
    };
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_request_with_any_body_is_answered() {
    let mut service = HttpService::new(Methods::new().method("who", |context: CallContext| {
        context.peer().map(|peer| peer.port())
    }));
    let mut request = Request::post("/RPC2?x=y")
        .body(Pieces(vec![
            "<methodCall><methodName>wh",
            "o</methodName>",
            "",
            "</methodCall>",
        ]))
        .unwrap();
    request
        .extensions_mut()
        .insert(SocketAddr::from(([192, 0, 2, 1], 4711)));
    let response = within(service.call(request)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/xml; charset=utf-8");
    let body = text(response.into_body()).await;
    assert_eq!(
        MethodResponse::from_slice(body.as_bytes()).unwrap(),
        MethodResponse::Success(4711)
    );
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_beyond_the_limit() {
    let mut service = HttpService::new(Methods::new()).body_bytes(10);
    for (pieces, status) in [
        (vec!["12345", "67890"], StatusCode::OK),
        (vec!["12345", "67890", "1"], StatusCode::PAYLOAD_TOO_LARGE),
        (vec!["12345678901"], StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let request = Request::post("/").body(Pieces(pieces)).unwrap();
        assert_eq!(within(service.call(request)).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn paths_can_be_chosen() {
    let mut service = HttpService::new(Methods::new()).paths(["/xmlrpc.php"]);
    for (path, status) in [("/xmlrpc.php", StatusCode::OK), ("/RPC2", StatusCode::NOT_FOUND)] {
        let request = Request::post(path)
            .body(plain_call("system.listMethods"))
            .unwrap();
        assert_eq!(within(service.call(request)).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn methods_are_a_service_for_calls() {
    let mut service = Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .into_service();
    let xml = xmlrpc_core::MethodCall::new("add", (1, 2))
        .unwrap()
        .to_vec()
        .unwrap();
    let result = within(service.call(Decoder::new().call(xml).unwrap()))
        .await
        .unwrap();
    assert_eq!(result.parse::<i32>().unwrap(), 3);
    let call = Decoder::new().call(plain_call("nothing").into()).unwrap();
    assert_eq!(within(service.call(call)).await.unwrap_err().code(), -32601);
}
