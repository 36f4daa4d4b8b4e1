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
//! The three ways are in [`frames`], and as `tokio-util` decoders in [`codec`].

mod codec;
mod frames;
mod loopback;

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{options, python, terminal};
use frames::{End, Framing};

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
        (None, None) => loopback::demonstrate(out),
    }
}

fn receive(args: &Args, framing: Framing, address: SocketAddr, out: &mut dyn Write) -> Result<()> {
    terminal::end_on_ctrl_c()?;
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
