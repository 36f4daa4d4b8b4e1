//! A relay that records what passes through it.
//!
//! Wireshark listens at the network interface, which takes the system's permission. A relay takes none: it stands
//! between client and server, hands on every byte as it came, and keeps a copy. Python's `socketserver` would
//! make it from a `ThreadingTCPServer`; here each direction of a connection is a thread with a `read` and a
//! `write_all`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::str;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Most bytes that are kept of one direction of a connection.
const MOST_BYTES: usize = 1 << 20;

/// Longest silence on a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest wait for the server to take a connection.
const CONNECTING: Duration = Duration::from_secs(10);

/// A relay of the loopback interface, which works until the program ends.
pub(super) struct Relay {
    /// Where clients connect, instead of to the server.
    pub(super) address: SocketAddr,
    recordings: Arc<Mutex<Vec<Recording>>>,
}

/// What went through one connection.
#[derive(Clone, Default)]
struct Recording {
    requests: Vec<u8>,
    answers: Vec<u8>,
}

/// One HTTP request and its answer.
pub(super) struct Exchange {
    pub(super) request: Message,
    pub(super) answer: Message,
}

/// One HTTP message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// First line and headers, without the empty line.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Relay {
    /// Starts a relay in front of a server.
    pub(super) fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let recordings = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&recordings);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                // Without a server the client's connection closes, which tells it enough.
                let _ = connect(client, server, &kept);
            }
        });
        Ok(Self { address, recordings })
    }

    /// What passed so far, in the order of the connections.
    pub(super) fn exchanges(&self) -> Result<Vec<Exchange>> {
        let recordings = self
            .recordings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut exchanges = Vec::new();
        for recording in recordings {
            let requests = messages(&recording.requests).context("the recorded requests")?;
            let answers = messages(&recording.answers).context("the recorded answers")?;
            ensure!(
                requests.len() == answers.len(),
                "{} requests were recorded, and {} answers",
                requests.len(),
                answers.len()
            );
            let pairs = requests.into_iter().zip(answers);
            exchanges.extend(pairs.map(|(request, answer)| Exchange { request, answer }));
        }
        Ok(exchanges)
    }
}

/// Joins a client to the server, by a thread for each direction.
fn connect(client: TcpStream, server: SocketAddr, recordings: &Arc<Mutex<Vec<Recording>>>) -> io::Result<()> {
    let server = TcpStream::connect_timeout(&server, CONNECTING)?;
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
    }
    let (to_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let index = {
        let mut recordings = recordings.lock().unwrap_or_else(PoisonError::into_inner);
        recordings.push(Recording::default());
        recordings.len() - 1
    };
    let direction = |from, to, side: fn(&mut Recording) -> &mut Vec<u8>| {
        let recordings = Arc::clone(recordings);
        thread::spawn(move || {
            let record = |piece: &[u8]| {
                let mut recordings = recordings.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = side(&mut recordings[index]);
                let room = kept.len() + piece.len() <= MOST_BYTES;
                if room {
                    kept.extend_from_slice(piece);
                }
                room
            };
            pass_on(from, to, record);
        });
    };
    direction(client, to_server, |recording| &mut recording.requests);
    direction(server, to_client, |recording| &mut recording.answers);
    Ok(())
}

/// Passes bytes on until the stream ends, and then the end.
///
/// Each piece is recorded before it is passed on, so that what a client has seen is in the recording.
fn pass_on(mut from: TcpStream, mut to: TcpStream, record: impl Fn(&[u8]) -> bool) {
    let mut piece = [0; 4096];
    loop {
        let passed = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => record(&piece[..length]) && to.write_all(&piece[..length]).is_ok(),
            Err(error) => error.kind() == ErrorKind::Interrupted,
        };
        if !passed {
            // The connection may be gone by itself.
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Takes a recorded stream apart: a head ends with an empty line, and says how long the body is; one that says
/// nothing lasts to the end of the stream.
fn messages(mut stream: &[u8]) -> Result<Vec<Message>> {
    const EMPTY_LINE: &[u8] = b"\r\n\r\n";
    let mut messages = Vec::new();
    while !stream.is_empty() {
        let end = stream
            .windows(EMPTY_LINE.len())
            .position(|window| window == EMPTY_LINE)
            .context("a head has no end")?;
        let head = str::from_utf8(&stream[..end])
            .context("a head is no text")?
            .to_owned();
        stream = &stream[end + EMPTY_LINE.len()..];
        let length = body_length(&head)?.unwrap_or(stream.len());
        let (body, rest) = stream.split_at_checked(length).context("a body is cut short")?;
        messages.push(Message {
            head,
            body: body.to_vec(),
        });
        stream = rest;
    }
    Ok(messages)
}

fn body_length(head: &str) -> Result<Option<usize>> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, length)| length.trim().parse().context("the length of a body"))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(head: &str, body: &[u8]) -> Message {
        Message {
            head: head.to_owned(),
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_stream_is_taken_apart_by_its_lengths() {
        let stream =
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\r\nPOST / HTTP/1.1\r\ncontent-length:0\r\n\r\n\
            HTTP/1.0 200 OK\r\n\r\nto the end";
        assert_eq!(
            messages(stream).unwrap(),
            [
                message("POST / HTTP/1.1\r\nContent-Length: 3", b"a\r\n"),
                message("POST / HTTP/1.1\r\ncontent-length:0", b""),
                message("HTTP/1.0 200 OK", b"to the end"),
            ]
        );
        assert_eq!(messages(b"").unwrap(), []);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        for stream in [
            &b"garbage"[..],
            b"POST / HTTP/1.1\r\n",
            b"\xff\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        ] {
            assert!(messages(stream).is_err(), "{}", stream.escape_ascii());
        }
    }

    #[test]
    fn every_byte_is_passed_on_and_kept() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let relay = Relay::start(server.local_addr().unwrap()).unwrap();
        let request = b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\x00\xff";
        let answer = b"HTTP/1.0 200 OK\r\n\r\n\xfe";
        let mut client = TcpStream::connect(relay.address).unwrap();
        client.write_all(request).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let (mut served, _) = server.accept().unwrap();
        let mut received = Vec::new();
        served.read_to_end(&mut received).unwrap();
        assert_eq!(received, request);
        served.write_all(answer).unwrap();
        drop(served);
        received.clear();
        client.read_to_end(&mut received).unwrap();
        assert_eq!(received, answer);
        let exchanges = relay.exchanges().unwrap();
        assert_eq!(exchanges[0].request.body, b"\x00\xff");
        assert_eq!(exchanges[0].answer.body, b"\xfe");
    }
}
