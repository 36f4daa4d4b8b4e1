//! SCGI, as rTorrent and web servers speak it: a connection for each call, headers in a netstring, an answer as of CGI.
//!
//! The request is `<length>:<headers>,<body>`, where each header is a name and a value, both ended by a NUL; `CONTENT_LENGTH` is the
//! first and `SCGI` is `1` ([the protocol](https://python.ca/scgi/protocol.txt)). rTorrent takes headers of 17 to 2,000 bytes.
//! The answer has header lines, with `Status` in place of a status line, an empty line, and a body that goes to `Content-Length` or to
//! the end of the connection.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use ::http::StatusCode;
use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::BytesMut;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::error::{Answer, Error, Result};
use crate::transport::address::Socket;
use crate::transport::{Request, Response, Transport, ending};

/// Bytes that the head of an answer may have.
const HEAD_BYTES: usize = 64 * 1024;

/// Headers of HTTP that say nothing to a program behind SCGI, or stand there in another form.
const LEFT_OUT: [HeaderName; 5] = [
    header::HOST,
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::USER_AGENT,
];

/// The transport for `scgi` and `scgi+unix` URLs.
pub(crate) struct Scgi {
    socket: Socket,
    url: Url,
    connect_timeout: Option<Duration>,
}

impl Scgi {
    pub(crate) fn new(socket: Socket, url: Url, connect_timeout: Option<Duration>) -> Self {
        Self {
            socket,
            url,
            connect_timeout,
        }
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The path that is asked for, which rTorrent does not look at.
    fn path(&self) -> &str {
        match (&self.socket, self.url.path()) {
            (_, "" | "/") => "/RPC2",
            #[cfg(unix)]
            (Socket::Unix(socket), path) if socket.as_os_str() == path => "/RPC2",
            (_, path) => path,
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Response> {
        let head = request_head(request, self.path())?;
        match &self.socket {
            Socket::Tcp { host, port } => {
                let connecting = TcpStream::connect((host.as_str(), *port));
                let stream = self.connected(connecting, request.connect_by).await?;
                let _ = stream.set_nodelay(true);
                transfer(stream, &head, request).await
            }
            #[cfg(unix)]
            Socket::Unix(path) => {
                let connecting = tokio::net::UnixStream::connect(path);
                let stream = self.connected(connecting, request.connect_by).await?;
                transfer(stream, &head, request).await
            }
        }
    }

    async fn connected<S>(
        &self,
        connecting: impl Future<Output = io::Result<S>>,
        by: Option<Instant>,
    ) -> Result<S> {
        let limit = self
            .connect_timeout
            .and_then(|limit| Instant::now().checked_add(limit));
        let connected = match limit.into_iter().chain(by).min() {
            None => connecting.await,
            Some(limit) => match timeout_at(limit, connecting).await {
                Ok(connected) => connected,
                Err(elapsed) => return Err(Error::connect_timeout(self.url.as_str(), elapsed)),
            },
        };
        connected.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Error::connect_timeout(self.url.as_str(), error),
            _ => Error::connect(self.url.as_str(), error),
        })
    }
}

impl Transport for Scgi {
    async fn send(&self, request: Request) -> Result<Response> {
        self.exchange(&request).await
    }
}

impl fmt::Debug for Scgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scgi").field("url", &self.url.as_str()).finish()
    }
}

/// The netstring with the headers.
fn request_head(request: &Request, path: &str) -> Result<Vec<u8>> {
    let mut headers = Vec::new();
    let mut add = |name: &str, value: &[u8]| {
        for text in [name.as_bytes(), value] {
            headers.extend_from_slice(text);
            headers.push(0);
        }
    };
    add("CONTENT_LENGTH", request.body.len().to_string().as_bytes());
    add("SCGI", b"1");
    add("REQUEST_METHOD", b"POST");
    add("REQUEST_URI", path.as_bytes());
    if let Some(content_type) = request.headers.get(header::CONTENT_TYPE) {
        add("CONTENT_TYPE", content_type.as_bytes());
    }
    for (name, value) in &request.headers {
        if LEFT_OUT.contains(name) {
            continue;
        }
        // Values of headers hold no NUL, so that none can end early.
        let name = name.as_str().to_ascii_uppercase().replace('-', "_");
        add(&format!("HTTP_{name}"), value.as_bytes());
    }
    let mut head = format!("{}:", headers.len()).into_bytes();
    head.append(&mut headers);
    head.push(b',');
    Ok(head)
}

async fn transfer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    head: &[u8],
    request: &Request,
) -> Result<Response> {
    // A server that has refused the call may have closed its half, and its answer still be there to read.
    let sent = write(&mut stream, head, &request.body).await;
    match read(&mut stream, request.response_limit).await {
        Ok(response) => Ok(response),
        Err(error) => Err(match sent {
            Ok(()) => error,
            Err(unsent) => Error::transport(unsent),
        }),
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), head: &[u8], body: &[u8]) -> io::Result<()> {
    stream.write_all(head).await?;
    stream.write_all(body).await?;
    stream.flush().await
}

async fn read(stream: &mut (impl AsyncRead + Unpin), limit: usize) -> Result<Response> {
    let mut bytes = BytesMut::new();
    let body = loop {
        if let Some(body) = end_of_head(&bytes) {
            break body;
        }
        if bytes.len() > HEAD_BYTES {
            let message = "the head of the answer has more than 64 KiB";
            return Err(Error::transport(io::Error::new(
                io::ErrorKind::InvalidData,
                message,
            )));
        }
        if stream.read_buf(&mut bytes).await.map_err(Error::transport)? == 0 {
            let cause = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(Error::exchange(
                "the connection was closed before the answer was complete",
                cause,
            ));
        }
    };
    let head = bytes.split_to(body);
    let (status, headers) = head_of(&head);
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let length: Option<usize> = length;
    while length.is_none_or(|length| bytes.len() < length) && bytes.len() <= limit {
        let complete = ending::is_complete(&bytes);
        let reading = stream.read_buf(&mut bytes);
        let read = match complete {
            false => reading.await,
            true => tokio::time::timeout(ending::PATIENCE, reading)
                .await
                .unwrap_or(Ok(0)),
        };
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if complete => {
                tracing::debug!(%error, "the connection ended behind the answer");
                break;
            }
            Err(error) => return Err(Error::transport(error)),
        }
    }
    if bytes.len() > limit {
        let answer = Answer::new(status, &headers, &bytes);
        return Err(Error::too_long(limit, answer));
    }
    let body = match length {
        None => bytes.freeze(),
        Some(length) => {
            bytes.truncate(length);
            ending::mended(bytes.freeze())
        }
    };
    Ok(Response::new(body).status(status).headers(headers))
}

/// Where the body begins: behind an empty line, ended in either way.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let empty = |end: &[u8]| {
        bytes
            .windows(end.len())
            .position(|window| window == end)
            .map(|at| at + end.len())
    };
    match (empty(b"\r\n\r\n"), empty(b"\n\n")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Status and headers. Lines that are neither are passed over, as one would do with those of a program under test.
fn head_of(head: &[u8]) -> (StatusCode, HeaderMap) {
    let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
    for line in head.split(|byte| *byte == b'\n') {
        if line.starts_with(b"HTTP/") {
            status = code(line.split(|byte| *byte == b' ').nth(1)).unwrap_or(status);
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"status") {
            status = code(value.split(|byte| *byte == b' ').next()).unwrap_or(status);
        } else if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    (status, headers)
}

fn code(text: Option<&[u8]>) -> Option<StatusCode> {
    StatusCode::from_bytes(text?).ok()
}
