//! A plain client on one connection, to check replies and to send as many requests as are to be counted.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::exchange::Exchange;

/// How long a reply may take; callgrind slows servers down fifty times.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is kept for further exchanges.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    ///
    /// When nobody listens there.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            received: Vec::new(),
        })
    }

    /// Sends a request, and waits for the reply.
    ///
    /// # Errors
    ///
    /// When the connection fails, and when the reply is not a right one with status 200.
    pub fn exchange(&mut self, exchange: &Exchange) -> io::Result<()> {
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            exchange.content_type,
            exchange.body.len()
        );
        let request = [head.as_bytes(), &exchange.body].concat();
        self.stream.write_all(&request)?;
        let reply = self.reply()?;
        match exchange.is_answered_by(&reply) {
            true => Ok(()),
            false => Err(io::Error::other(format!(
                "another reply than expected: {}",
                String::from_utf8_lossy(&reply[..reply.len().min(300)])
            ))),
        }
    }

    /// The body of the next reply.
    fn reply(&mut self) -> io::Result<Vec<u8>> {
        let end = loop {
            match self.received.windows(4).position(|end| end == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.receive()?,
            }
        };
        let head = String::from_utf8_lossy(&self.received[..end]).to_ascii_lowercase();
        if head.split(' ').nth(1) != Some("200") {
            return Err(io::Error::other(head));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length
            .and_then(|length| length.trim().parse().ok())
            .ok_or_else(|| io::Error::other("a reply without a Content-Length"))?;
        while self.received.len() < end + length {
            self.receive()?;
        }
        let body = self.received[end..end + length].to_vec();
        self.received.drain(..end + length);
        Ok(body)
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut buffer = [0; 64 * 1024];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(())
            }
        }
    }
}
