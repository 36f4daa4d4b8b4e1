use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::Either;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tower_service::Service;
use xmlrpc_core::{Decoder, MethodResponse};
use xmlrpc_server::{CallContext, HttpService, Methods, ReplyBody, Server};

use crate::support::{Client, plain_call, post, within};

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

/// A service around another that lets in only requests with a password, and otherwise leaves the body where it is.
#[derive(Clone)]
struct Guarded<S>(S);

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<ReplyBody>>,
{
    type Response = Response<ReplyBody>;
    type Error = S::Error;
    type Future = Either<Ready<Result<Self::Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.headers().contains_key("password") {
            return Either::Right(self.0.call(request));
        }
        let mut response = Response::new(ReplyBody::default());
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        Either::Left(ready(Ok(response)))
    }
}

#[tokio::test]
async fn any_tower_service_can_be_served() {
    let methods = Methods::new().method("port", |context: CallContext| {
        context.peer().map(|peer| peer.port())
    });
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve_service(Guarded(HttpService::new(methods)), async {
        let _ = stopped.await;
    }));

    let mut client = Client(within(TcpStream::connect(address)).await.unwrap());
    let port = client.0.local_addr().unwrap().port();
    let body = "<methodCall><methodName>port</methodName></methodCall>";
    client
        .send(post(body).replacen("\r\n", "\r\nPassword: x\r\n", 1))
        .await;
    assert!(
        client
            .response()
            .await
            .body
            .contains(&format!("<int>{port}</int>"))
    );

    // More than fits into any buffer, so that the body is still coming when the connection is closed.
    client
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        .await;
    client.send("x".repeat(100_000)).await;
    assert_eq!(client.response().await.status, 401);
    client.send("x".repeat(100_000)).await;

    stop.send(()).unwrap();
    drop(client);
    within(served).await.unwrap().unwrap();
}
