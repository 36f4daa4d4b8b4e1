//! What tests share: calls in memory, and raw HTTP over a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use xmlrpc_core::{MethodCall, MethodResponse};
use xmlrpc_server::{CallContext, Fault, HttpService, Methods, Server};

/// Waits, but not for ever.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("nothing happened for 20 seconds")
}

/// Waits while a paused clock stands still, which otherwise leaps to the next timer whenever all wait, be it for a socket.
pub(crate) async fn at_once<F: Future>(future: F) -> F::Output {
    let busy = async {
        loop {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        output = future => output,
        () = busy => unreachable!("it has no end"),
    }
}

/// Gives the server many turns, of which a few would do.
pub(crate) async fn server_has_read() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

/// Calls a method in memory.
pub(crate) async fn call<T: DeserializeOwned>(
    methods: &Methods,
    method: &str,
    params: impl Serialize,
) -> Result<T, Fault> {
    let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
    let reply = within(methods.dispatch(body, CallContext::new())).await;
    let response = MethodResponse::<T>::from_slice(reply.body()).unwrap();
    let fault = match &response {
        MethodResponse::Success(_) => None,
        MethodResponse::Fault(fault) => Some(fault),
    };
    assert_eq!(reply.fault(), fault, "the reply says of itself what it is");
    response.into_result()
}

/// The fault with which a call in memory is answered.
pub(crate) async fn fault(methods: &Methods, method: &str, params: impl Serialize) -> Fault {
    call::<xmlrpc_core::Value>(methods, method, params)
        .await
        .unwrap_err()
}

/// Dispatches a document and gives the reply's text.
pub(crate) async fn dispatch(methods: &Methods, body: impl Into<Vec<u8>>) -> String {
    let reply = within(methods.dispatch(body.into(), CallContext::new())).await;
    String::from_utf8(reply.into_body().to_vec()).unwrap()
}

/// The fault code with which a document is answered; 0 for none.
pub(crate) async fn code_of(methods: &Methods, body: impl Into<Vec<u8>>) -> i32 {
    let reply = within(methods.dispatch(body.into(), CallContext::new())).await;
    reply.fault().map_or(0, Fault::code)
}

/// A server on a free port, which is stopped at the end.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), xmlrpc_server::Error>>,
}

impl TestServer {
    pub(crate) async fn start(service: impl Into<HttpService>) -> Self {
        Self::with(service, |server| server).await
    }

    pub(crate) async fn with(
        service: impl Into<HttpService>,
        options: impl FnOnce(Server) -> Server,
    ) -> Self {
        let server = options(Server::bind("127.0.0.1:0").await.unwrap());
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.serve_with_shutdown(service.into(), async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop: Some(stop),
            served,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(within(TcpStream::connect(self.address)).await.unwrap())
    }

    /// Asks it to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(mut self) {
        if self.stop.is_some() {
            self.stop();
        }
        within(self.served).await.unwrap().unwrap();
    }
}

/// A connection that sends what it is told to.
pub(crate) struct Client(pub(crate) TcpStream);

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands twice");
        value
    }
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Posts a document to /RPC2.
    pub(crate) async fn post(&mut self, body: &str) {
        self.send(post(body)).await;
    }

    /// Reads one response, which must say how long it is, and decompresses it.
    pub(crate) async fn response(&mut self) -> Response {
        within(self.paused_response()).await
    }

    /// Reads one response on a paused clock, which goes on while all wait.
    pub(crate) async fn paused_response(&mut self) -> Response {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = self.0.read_u8().await;
            let Ok(byte) = byte else {
                panic!(
                    "the connection ended in a head: {:?}",
                    String::from_utf8_lossy(&head)
                );
            };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let mut status = lines.next().unwrap().split(' ');
        let (version, status) = (status.next().unwrap(), status.next().unwrap());
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut response = Response {
            status: status.parse().unwrap(),
            version: version.to_owned(),
            headers,
            body: String::new(),
        };
        let length = response.header("content-length").expect("no Content-Length");
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        response.body = match response.header("content-encoding") {
            Some(_) => std::io::read_to_string(flate2::read::GzDecoder::new(&body[..])).unwrap(),
            None => String::from_utf8(body).unwrap(),
        };
        response
    }

    /// Reads the word to go on sending.
    pub(crate) async fn interim(&mut self) {
        let mut interim = [0; 25];
        within(self.0.read_exact(&mut interim)).await.unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// Reads what is left on a paused clock, which goes on while all wait.
    pub(crate) async fn rest_after_silence(&mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await.unwrap();
        String::from_utf8(rest).unwrap()
    }

    /// Reads what is left, up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        within(self.0.read_to_end(&mut rest)).await.unwrap();
        String::from_utf8(rest).unwrap()
    }
}

/// A whole request with a document.
pub(crate) fn post(body: &str) -> String {
    format!(
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The document of a call without parameters.
pub(crate) fn plain_call(method: &str) -> String {
    format!("<methodCall><methodName>{method}</methodName></methodCall>")
}
