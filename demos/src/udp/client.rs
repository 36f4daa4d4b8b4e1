//! The UDP client, with patience for lost datagrams.
//!
//! The slide's `recvfrom` takes an answer from anyone who happens to know the port. [`UdpSocket::connect`]
//! names the one peer whose datagrams are let through, and has a second use: the system then reports when
//! nobody listens.
//!
//! Python's `settimeout` raises `socket.timeout`; Rust's `set_read_timeout` lets the next read fail with
//! `WouldBlock` (Unix) or `TimedOut` (Windows), and the retry is an ordinary loop over a `Result`.

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ArgGroup;

use crate::options::{self, Hex};
use crate::terminal;
use crate::udp::BUFFER;

/// Slides "UDP Python Client" and "UDP Packet Drops": sends one datagram and prints the answer.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("input"))]
pub(crate) struct Args {
    /// What to send; asked for when absent.
    #[arg(group = "input")]
    message: Option<String>,
    /// Send these bytes, given in hexadecimal.
    #[arg(long, value_name = "HEX", value_parser = options::hex, group = "input")]
    hex: Option<Hex>,
    /// Send so many letters `a`.
    #[arg(long, value_name = "BYTES", group = "input", value_parser = clap::value_parser!(u32).range(..=100_000))]
    size: Option<u32>,
    /// The server, as HOST:PORT.
    #[arg(long, default_value = "127.0.0.1:1234")]
    server: String,
    /// Seconds to wait for the answer when not sending again.
    #[arg(long, default_value = "5", value_parser = options::seconds)]
    timeout: Duration,
    /// Send again when no answer comes, waiting twice as long each time.
    #[arg(long)]
    retry: bool,
    /// With --retry: seconds to wait at first.
    #[arg(long, default_value = "0.1", value_parser = options::seconds)]
    delay: Duration,
    /// With --retry: give up when the next wait would be longer than so many seconds.
    #[arg(long, default_value = "2", value_parser = options::seconds)]
    give_up: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let message = message(args)?;
    let socket = connect(&args.server)?;
    let reply = if args.retry {
        ask_patiently(args, &socket, &message)?
    } else {
        ask_once(args, &socket, &message)?
    };
    terminal::note(&format!(
        "{} bytes sent, {} bytes received",
        message.len(),
        reply.len()
    ));
    writeln!(out, "{}", terminal::printable(&reply))?;
    Ok(())
}

fn message(args: &Args) -> Result<Vec<u8>> {
    match (&args.hex, args.size) {
        (Some(Hex(bytes)), _) => Ok(bytes.clone()),
        (None, Some(size)) => Ok(vec![b'a'; usize::try_from(size)?]),
        (None, None) => terminal::message(args.message.as_deref()),
    }
}

/// Gives a socket that talks to the server only, over the family of its first address.
fn connect(server: &str) -> Result<UdpSocket> {
    let address = options::resolve(server)?[0];
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).context("opening a socket")?;
    socket
        .connect(address)
        .with_context(|| format!("connecting to {address}"))?;
    Ok(socket)
}

fn ask_once(args: &Args, socket: &UdpSocket, message: &[u8]) -> Result<Vec<u8>> {
    socket
        .send(message)
        .with_context(|| format!("sending {} bytes", message.len()))?;
    match answer_within(socket, args.timeout) {
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => bail!("no answer within {:?}", args.timeout),
        Err(error) => Err(error).context("waiting for the answer"),
    }
}

/// Sends until an answer comes or the wait has grown too long.
fn ask_patiently(args: &Args, socket: &UdpSocket, message: &[u8]) -> Result<Vec<u8>> {
    let mut delay = args.delay;
    loop {
        match socket.send(message) {
            Err(error) if nobody_listens(&error) => {}
            sent => _ = sent.with_context(|| format!("sending {} bytes", message.len()))?,
        }
        if let Some(reply) = answer_despite_refusals(socket, delay)? {
            return Ok(reply);
        }
        terminal::note(&format!("no answer within {delay:?}"));
        delay *= 2;
        if delay > args.give_up {
            bail!("server seems down");
        }
    }
}

/// Waits the whole delay even when the system reports that nobody listens: the server may be just starting.
fn answer_despite_refusals(socket: &UdpSocket, delay: Duration) -> Result<Option<Vec<u8>>> {
    let deadline = Instant::now() + delay;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        match answer_within(socket, left) {
            Err(error) if nobody_listens(&error) => {}
            answer => return answer.context("waiting for the answer"),
        }
    }
}

/// Receives one datagram; `None` when the time is over.
fn answer_within(socket: &UdpSocket, timeout: Duration) -> io::Result<Option<Vec<u8>>> {
    socket.set_read_timeout(Some(timeout))?;
    let mut buffer = vec![0; BUFFER];
    match socket.recv(&mut buffer) {
        Ok(length) => {
            buffer.truncate(length);
            Ok(Some(buffer))
        }
        Err(error) if is_timeout(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a read gave up waiting: the kind differs between systems.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn nobody_listens(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}
