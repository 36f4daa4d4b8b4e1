//! Network exceptions.
//!
//! Python sorts failures by class: `OSError` above everything, `gaierror` for names, `timeout`,
//! `ConnectionRefusedError` and so on; `except` picks by class. Rust has one type, [`io::Error`], with a
//! [`ErrorKind`] to match on, and nothing is thrown: the error is a value in the `Result`, and the compiler
//! warns about a result nobody looked at.
//!
//! Two kinds need care. A read timeout is `WouldBlock` on Unix and `TimedOut` on Windows. And a name that
//! does not exist has no kind of its own: the standard library gives `Uncategorized`, which cannot even be
//! named in a `match`; to tell it apart, ask the resolver itself, as the first case does with `dns-lookup`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use dns_lookup::{LookupError, LookupErrorKind, lookup_host};
use socket2::Socket;

use crate::options;
use crate::udp::client::is_timeout;

/// Slide "Network Exceptions": provokes the common failures and shows how to tell them apart.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The name that should not exist.
    #[arg(long, default_value = "nonexistent.invalid")]
    name: String,
    /// Seconds to wait for the resolver.
    #[arg(long, default_value = "20", value_parser = options::seconds)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{:<16} {:<22} {:<24} means", "failure", "Rust", "Python")?;
    let mut row = |failure: &str, rust: &str, python: &str, means: &str| -> Result<()> {
        Ok(writeln!(out, "{failure:<16} {rust:<22} {python:<24} {means}")?)
    };
    row(
        "name",
        &name_failure(&args.name, args.timeout),
        "gaierror",
        "this host does not seem to exist",
    )?;
    let cases: [(&str, Failure, &str); 7] = [
        ("refusal", refusal, "ConnectionRefusedError"),
        ("timeout", timeout, "TimeoutError"),
        ("unreachable", unreachable, "OSError (ENETUNREACH)"),
        ("reset", reset, "ConnectionResetError"),
        ("broken pipe", broken_pipe, "BrokenPipeError"),
        ("early end", early_end, "b'' from recv"),
        ("address in use", address_in_use, "OSError (EADDRINUSE)"),
    ];
    for (failure, provoke, python) in cases {
        let error = provoke()
            .err()
            .with_context(|| format!("{failure} did not fail"))?;
        row(failure, &format!("{:?}", error.kind()), python, meaning(&error))?;
    }
    Ok(())
}

/// Something that goes wrong.
type Failure = fn() -> io::Result<()>;

/// The decision a program makes: one `match` over the kinds it can do something about.
fn meaning(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "the host is there, the program is not",
        _ if is_timeout(error) => "nothing came in time; try again or give up",
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => "no route leads there",
        ErrorKind::ConnectionReset => "the peer dropped the connection",
        ErrorKind::BrokenPipe => "the connection was over before the write",
        ErrorKind::UnexpectedEof => "the peer finished before the message did",
        ErrorKind::AddrInUse => "another program has this port",
        _ => "something else",
    }
}

/// Looks a name up in a thread of its own, because the C library's resolver cannot be interrupted.
fn name_failure(name: &str, timeout: Duration) -> String {
    let (sender, receiver) = mpsc::channel();
    let name = name.to_owned();
    thread::spawn(move || {
        let found = lookup_host(&name).map(Iterator::count);
        // Nobody waits any more when the time is over.
        let _ = sender.send(found);
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(addresses)) => format!("none: {addresses} found"),
        Ok(Err(error)) => describe_lookup(&error),
        Err(_) => "no answer in time".to_owned(),
    }
}

fn describe_lookup(error: &LookupError) -> String {
    let kind = match error.kind() {
        LookupErrorKind::Again => "Again",
        LookupErrorKind::NoName => "NoName",
        LookupErrorKind::NoData => "NoData",
        LookupErrorKind::Fail => "Fail",
        _ => "other",
    };
    format!("LookupError ({kind})")
}

fn refusal() -> io::Result<()> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    // The listener is closed again, so nobody has this port.
    TcpStream::connect(address).map(drop)
}

fn timeout() -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(10)))?;
    socket.recv(&mut [0; 16]).map(drop)
}

/// TCP needs one peer; to a broadcast address there is no route for it, and no packet is sent.
fn unreachable() -> io::Result<()> {
    TcpStream::connect((Ipv4Addr::new(127, 255, 255, 255), 9)).map(drop)
}

fn reset() -> io::Result<()> {
    let mut stream = reset_connection()?;
    stream.read(&mut [0; 16]).map(drop)
}

/// The first read reports the reset; a write after it has no connection left to write to.
fn broken_pipe() -> io::Result<()> {
    let mut stream = reset_connection()?;
    match stream.read(&mut [0; 16]) {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => stream.write_all(b"anyone there?"),
        result => result.map(drop),
    }
}

fn early_end() -> io::Result<()> {
    let (mut stream, mut peer) = pair()?;
    peer.write_all(b"half a mess")?;
    drop(peer);
    stream.read_exact(&mut [0; 16])
}

fn address_in_use() -> io::Result<()> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    TcpListener::bind(first.local_addr()?).map(drop)
}

/// A connection whose peer has dropped it without a goodbye: with a linger time of zero, closing resets.
fn reset_connection() -> io::Result<TcpStream> {
    let (stream, peer) = pair()?;
    let peer = Socket::from(peer);
    peer.set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// Two ends of one connection; reads are limited, so that a surprise cannot hang the demo.
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok((stream, listener.accept()?.0))
}
