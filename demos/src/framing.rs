//! Framing: where a message ends.
//!
//! TCP carries bytes, not messages; `recv` in Python and `read` in Rust give whatever has arrived. Who wants
//! messages must mark their ends, in one of three ways: all have the same size, the size is announced before,
//! or a delimiter follows. The slide's `recvall` is a loop over `recv`; in Rust it is
//! `take(length).read_to_end(…)`, and `struct.Struct('!I')` is [`u32::from_be_bytes`].
//!
//! The slide trusts the announced size. Four bytes can announce four gigabytes, so here a size beyond the
//! limit is refused before anything is allocated, and memory grows with what arrives, not with what is
//! announced.
//!
//! The same three ways as `tokio-util` decoders are in [`codec`].

mod codec;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{options, python};

/// Slides "TCP recv", "TCP recvall", "Framing and Quoting": three ways to know where a message ends.
///
/// Without options, sends and receives over the loopback interface in all three ways, and shows what happens
/// to a block that is cut short and to one that is too long. With --listen, receives from one client; with
/// --connect, sends the messages.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Messages to send, with --connect.
    #[arg(requires = "connect")]
    messages: Vec<String>,
    /// Address to receive on; port 0 takes a free one.
    #[arg(long, conflicts_with = "connect")]
    listen: Option<SocketAddr>,
    /// HOST:PORT to send to.
    #[arg(long)]
    connect: Option<String>,
    /// How messages are told apart.
    #[arg(long, value_enum, default_value_t = Kind::Announced)]
    by: Kind,
    /// Bytes of a message, with `--by fixed`.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    size: u32,
    /// Longest message, in bytes.
    #[arg(long, default_value_t = 1 << 20, value_parser = clap::value_parser!(u32).range(1..=1 << 28))]
    limit: u32,
    /// Seconds to wait for a silent peer.
    #[arg(long, default_value = "10", value_parser = options::seconds)]
    timeout: Duration,
    /// Receive by the decoders of tokio-util.
    #[arg(long)]
    codec: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// All messages have the same size.
    Fixed,
    /// Four bytes in network order announce the size.
    Announced,
    /// A line feed follows each message.
    Delimiter,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let framing = Framing {
        end: match args.by {
            Kind::Fixed => End::Fixed(usize::try_from(args.size)?),
            Kind::Announced => End::Announced,
            Kind::Delimiter => End::Delimiter,
        },
        limit: usize::try_from(args.limit)?,
    };
    match (args.listen, &args.connect) {
        (Some(address), _) => receive(args, framing, address, out),
        (None, Some(server)) => send(args, framing, server),
        (None, None) => demonstrate(out),
    }
}

fn receive(args: &Args, framing: Framing, address: SocketAddr, out: &mut dyn Write) -> Result<()> {
    crate::terminal::end_on_ctrl_c()?;
    let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
    writeln!(out, "ready on {}", listener.local_addr()?)?;
    out.flush()?;
    let (stream, _) = listener.accept().context("accepting")?;
    stream.set_read_timeout(Some(args.timeout))?;
    let mut print = |message: &[u8]| -> Result<()> {
        writeln!(out, "{}", python::bytes(message))?;
        Ok(out.flush()?)
    };
    if args.codec {
        return codec::receive(framing, stream, args.timeout, &mut print);
    }
    let mut stream = BufReader::new(stream);
    while let Some(message) = framing.get(&mut stream)? {
        print(&message)?;
    }
    Ok(())
}

fn send(args: &Args, framing: Framing, server: &str) -> Result<()> {
    let addresses = options::resolve(server)?;
    let mut stream = TcpStream::connect(&addresses[..]).with_context(|| format!("connecting to {server}"))?;
    stream.set_write_timeout(Some(args.timeout))?;
    for message in &args.messages {
        framing
            .put(&mut stream, message.as_bytes())
            .with_context(|| format!("sending {message:?}"))?;
    }
    Ok(())
}

/// A way to mark the end of a message, with the longest message that is accepted.
#[derive(Clone, Copy)]
struct Framing {
    end: End,
    limit: usize,
}

#[derive(Clone, Copy)]
enum End {
    Fixed(usize),
    Announced,
    Delimiter,
}

impl Framing {
    /// Writes one message.
    fn put(self, stream: &mut impl Write, message: &[u8]) -> Result<(), FrameError> {
        match self.end {
            End::Fixed(size) if message.len() != size => Err(FrameError::WrongSize {
                length: message.len(),
                size,
            }),
            End::Fixed(_) => Ok(stream.write_all(message)?),
            End::Announced => put_block(stream, message),
            End::Delimiter if message.contains(&b'\n') => Err(FrameError::ContainsDelimiter),
            End::Delimiter => Ok(stream.write_all(&[message, b"\n"].concat())?),
        }
    }

    /// Reads one message; `None` when the peer has finished between two messages.
    fn get(self, stream: &mut impl BufRead) -> Result<Option<Vec<u8>>, FrameError> {
        match self.end {
            End::Fixed(size) => get_fixed(stream, size),
            End::Announced => get_block(stream, self.limit),
            End::Delimiter => get_line(stream, self.limit),
        }
    }
}

/// The slide's `put_block`; one write instead of two, so that the length does not travel alone.
fn put_block(stream: &mut impl Write, message: &[u8]) -> Result<(), FrameError> {
    let length = u32::try_from(message.len()).map_err(|_| FrameError::TooLong {
        length: message.len(),
        limit: 0xffff_ffff,
    })?;
    Ok(stream.write_all(&[&length.to_be_bytes(), message].concat())?)
}

/// The slide's `get_block`.
fn get_block(stream: &mut impl Read, limit: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut header = [0; 4];
    match get_fixed(stream, header.len())? {
        None => return Ok(None),
        Some(bytes) => header.copy_from_slice(&bytes),
    }
    let length = announced(header, limit)?;
    complete(recv_all(stream, length)?, length).map(Some)
}

/// Reads the announced length of a block and holds it against the limit.
fn announced(header: [u8; 4], limit: usize) -> Result<usize, FrameError> {
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if length > limit {
        Err(FrameError::TooLong { length, limit })
    } else {
        Ok(length)
    }
}

fn get_fixed(stream: &mut impl Read, size: usize) -> Result<Option<Vec<u8>>, FrameError> {
    match recv_all(stream, size)? {
        bytes if bytes.is_empty() => Ok(None),
        bytes => complete(bytes, size).map(Some),
    }
}

fn get_line(stream: &mut impl BufRead, limit: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut line = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX - 1) + 1;
    stream.take(most).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) if line.len() == limit => Err(FrameError::NoDelimiter { limit }),
        Some(_) => Err(FrameError::Unfinished {
            length: line.len() + 1,
        }),
    }
}

/// The slide's `recvall`: reads `length` bytes, fewer only at the end of the stream.
fn recv_all(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream
        .take(u64::try_from(length).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn complete(bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, FrameError> {
    match length - bytes.len() {
        0 => Ok(bytes),
        missing => Err(FrameError::Missing { missing }),
    }
}

/// Why a message could not be read or written.
#[derive(Debug)]
enum FrameError {
    /// The stream ended inside a block.
    Missing { missing: usize },
    /// The stream ended inside a line.
    Unfinished { length: usize },
    /// The announced length is beyond the limit.
    TooLong { length: usize, limit: usize },
    /// The limit was reached before the delimiter.
    NoDelimiter { limit: usize },
    /// A message to send has not the fixed size.
    WrongSize { length: usize, size: usize },
    /// A message to send contains the delimiter, which a receiver would take for its end.
    ContainsDelimiter,
    /// The stream failed.
    Io(io::Error),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { missing } => write!(f, "socket closed with {missing} bytes left in this block"),
            Self::Unfinished { length } => {
                write!(f, "socket closed after {length} bytes without a delimiter")
            }
            Self::TooLong { length, limit } => {
                write!(f, "a block of {length} bytes is beyond the limit of {limit}")
            }
            Self::NoDelimiter { limit } => write!(f, "no delimiter within the limit of {limit} bytes"),
            Self::WrongSize { length, size } => {
                write!(f, "a message of {length} bytes where all have {size}")
            }
            Self::ContainsDelimiter => f.write_str("the message contains the delimiter"),
            Self::Io(_) => f.write_str("the connection failed"),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn demonstrate(out: &mut dyn Write) -> Result<()> {
    let limit = 1 << 20;
    let cases: [(&str, End, &[&[u8]]); 3] = [
        ("fixed size", End::Fixed(8), &[b"12345678", b"abcdefgh"]),
        ("announced size", End::Announced, &[b"hello", b"", b"two\nlines"]),
        ("delimiter", End::Delimiter, &[b"hello", b"", b"world"]),
    ];
    for (name, end, messages) in cases {
        let framing = Framing { end, limit };
        let mut wire = Vec::new();
        for message in messages {
            framing.put(&mut wire, message)?;
        }
        let received = received_by_std(framing, &wire)?;
        ensure!(
            received == received_by_codec(framing, &wire)?,
            "{name}: tokio-util gave other messages"
        );
        let shown: Vec<_> = received.iter().map(|message| python::bytes(message)).collect();
        writeln!(out, "{name:<15} {}", shown.join(" "))?;
    }
    writeln!(out, "tokio-util      the same")?;
    let mut short = 100_u32.to_be_bytes().to_vec();
    short.extend(b"hello");
    let framing = Framing {
        end: End::Announced,
        limit,
    };
    for (name, wire) in [("early end", &short[..]), ("huge length", &[0xff; 8])] {
        let error = received_by_std(framing, wire)
            .err()
            .with_context(|| format!("{name} was accepted"))?;
        writeln!(out, "{name:<15} {error:#}")?;
    }
    Ok(())
}

fn received_by_std(framing: Framing, wire: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut stream = BufReader::new(delivered(wire)?);
    let mut messages = Vec::new();
    while let Some(message) = framing.get(&mut stream)? {
        messages.push(message);
    }
    Ok(messages)
}

fn received_by_codec(framing: Framing, wire: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut messages = Vec::new();
    codec::receive(
        framing,
        delivered(wire)?,
        Duration::from_secs(5),
        &mut |message| {
            messages.push(message.to_vec());
            Ok(())
        },
    )?;
    Ok(messages)
}

/// Sends a few bytes over a connection, closes it, and gives the end to receive from.
fn delivered(wire: &[u8]) -> Result<TcpStream> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening")?;
    let mut sender = TcpStream::connect(listener.local_addr()?).context("connecting")?;
    sender.write_all(wire).context("sending")?;
    let (receiver, _) = listener.accept().context("accepting")?;
    receiver.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(receiver)
}
