//! A server for tests: it hands each connection to a closure that says what to do with it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits for something, but not for ever.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LIMIT, future).await.expect("the test hangs")
}

/// A server on a free port; it ends when it is dropped.
pub(crate) struct Peer {
    pub(crate) authority: String,
    task: JoinHandle<()>,
}

impl Peer {
    /// Runs `play` for each connection, all at the same time.
    pub(crate) async fn start<F, P>(play: F) -> Self
    where
        F: Fn(Connection) -> P + Send + Sync + 'static,
        P: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let authority = listener.local_addr().expect("bound").to_string();
        let play = Arc::new(play);
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(play(Connection { stream, number }));
                number += 1;
            }
        });
        Self { authority, task }
    }

    /// Answers every request with the same bytes, and closes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                connection.request().await;
                connection.send(&*answer).await;
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/RPC2", self.authority)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection to a [`Peer`]; dropped, it is closed.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Counts the connections of the peer from 0.
    pub(crate) number: usize,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Connection {
    /// The next request; `None` when the client has closed the connection.
    pub(crate) async fn try_request(&mut self) -> Option<Received> {
        let mut bytes = Vec::new();
        loop {
            let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = head_end {
                let mut received = Received {
                    head: String::from_utf8(bytes[..end].to_vec()).expect("a head in ASCII"),
                    body: String::new(),
                };
                let length = received
                    .header("content-length")
                    .map_or(0, |length| length.parse().expect("a length"));
                if bytes.len() >= end + 4 + length {
                    received.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                    return Some(received);
                }
            }
            if within(self.stream.read_buf(&mut bytes)).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// The next request, which must come.
    pub(crate) async fn request(&mut self) -> Received {
        self.try_request().await.expect("a request")
    }

    /// Reads one byte of a request, and no more.
    pub(crate) async fn first_byte(&mut self) {
        within(self.stream.read_u8()).await.expect("a request");
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.stream.write_all(bytes.as_ref()))
            .await
            .expect("the client takes the answer");
    }

    /// Sends, whether the client still listens or not; `false` when it does not.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        within(self.stream.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Passes bytes both ways between the client and another address, until both are done.
    pub(crate) async fn tunnel(mut self, authority: &str) {
        let mut other = within(TcpStream::connect(authority))
            .await
            .expect("a server there");
        let _ = within(tokio::io::copy_bidirectional(&mut self.stream, &mut other)).await;
    }

    /// Closes this side, and goes on listening.
    pub(crate) async fn finish(&mut self) {
        within(self.stream.shutdown())
            .await
            .expect("the connection is open");
    }

    /// Waits until the client closes the connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = [0; 1024];
        while !matches!(within(self.stream.read(&mut rest)).await, Ok(0) | Err(_)) {}
    }
}

/// An HTTP answer with a length.
pub(crate) fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A `200 OK` with a document.
pub(crate) fn ok(document: impl AsRef<[u8]>) -> Vec<u8> {
    http("200 OK", "Content-Type: text/xml\r\n", document)
}

/// A document whose result is a value, which is given as XML.
pub(crate) fn result(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<methodResponse><params><param>{value}</param></params></methodResponse>"
    )
}

/// A document that is a fault.
pub(crate) fn fault(code: i32, string: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><methodResponse><fault><value><struct>\
         <member><name>faultCode</name><value><int>{code}</int></value></member>\
         <member><name>faultString</name><value><string>{string}</string></value></member>\
         </struct></value></fault></methodResponse>"
    )
}

pub(crate) const SEVEN: &str = "<value><int>7</int></value>";

/// An error and all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
