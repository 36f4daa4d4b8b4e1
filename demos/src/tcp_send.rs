//! Sending over TCP.
//!
//! Python's `send` says how many bytes it took, and the slide's loop sends the rest; `sendall` is that loop,
//! ready made. Rust has the same pair: `Write::write` and `Write::write_all`. Forgetting to look at the
//! number is a bug in both languages; in Rust the compiler warns when the result of `write` is dropped.
//!
//! A *blocking* send on Linux waits until everything has a place, so the partial send of the slide shows
//! itself only on a non-blocking socket: the demo fills the system's buffers while nobody reads, then runs
//! the loop, which waits (with `mio`, as `select` would in Python) whenever there is no room, and at last
//! does the same with `write_all`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use mio::{Events, Interest, Poll, Token};
use socket2::SockRef;

/// Longest wait for the other side.
const PATIENCE: Duration = Duration::from_secs(10);

/// Slides "TCP send", "TCP send Loop", "TCP sendall": fills the stack, counts partial sends, then sends
/// everything.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Bytes to send, in each of the two ways.
    #[arg(long, default_value_t = 4 << 20, value_parser = clap::value_parser!(u32).range(1 << 20..=1 << 28))]
    size: u32,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let message = pattern(usize::try_from(args.size)?);

    let (sender, receiver) = connected_pair()?;
    sender.set_nonblocking(true)?;
    let mut sender = mio::net::TcpStream::from_std(sender);
    let filled = fill(&mut sender, &message)?;
    writeln!(out, "nobody reads: {filled}")?;
    let reader = count_in_background(receiver, message.len());
    let looped = send_loop(&mut sender, &message[filled.bytes..])?;
    drop(sender);
    writeln!(out, "the loop:     {looped}")?;
    writeln!(out, "received:     {} bytes, all as sent", finish(reader)?)?;

    let (mut sender, receiver) = connected_pair()?;
    let reader = count_in_background(receiver, message.len());
    sender.write_all(&message).context("write_all")?;
    drop(sender);
    writeln!(
        out,
        "write_all:    1 call, {} bytes, all as sent",
        finish(reader)?
    )?;
    Ok(())
}

/// What a series of sends did.
#[derive(Default)]
struct Tally {
    whole: usize,
    partial: usize,
    waits: usize,
    bytes: usize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            whole,
            partial,
            waits,
            bytes,
        } = self;
        write!(
            f,
            "{bytes} bytes in {whole} whole and {partial} partial sends, {waits} times no room"
        )
    }
}

impl Tally {
    fn add(&mut self, sent: usize, offered: usize) {
        self.bytes += sent;
        if sent < offered {
            self.partial += 1;
        } else {
            self.whole += 1;
        }
    }
}

/// Sends pieces until the stack is full. The last piece that fits in part is the slide's "almost full".
fn fill(sender: &mut mio::net::TcpStream, message: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    while tally.bytes < message.len() {
        let rest = &message[tally.bytes..];
        let piece = &rest[..rest.len().min(50_000)];
        match sender.write(piece) {
            Ok(sent) => tally.add(sent, piece.len()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tally.waits += 1;
                return Ok(tally);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("sending"),
        }
    }
    bail!(
        "{} bytes did not fill the stack; try a larger --size",
        message.len()
    )
}

/// The slide's loop, for a socket that never blocks.
fn send_loop(sender: &mut mio::net::TcpStream, message: &[u8]) -> Result<Tally> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1);
    poll.registry().register(sender, Token(0), Interest::WRITABLE)?;
    let mut tally = Tally::default();
    while tally.bytes < message.len() {
        let rest = &message[tally.bytes..];
        match sender.write(rest) {
            Ok(sent) => tally.add(sent, rest.len()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tally.waits += 1;
                wait(&mut poll, &mut events)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("sending"),
        }
    }
    Ok(tally)
}

fn wait(poll: &mut Poll, events: &mut Events) -> Result<()> {
    match poll.poll(events, Some(PATIENCE)) {
        Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
        result => result.context("waiting for room")?,
    }
    ensure!(!events.is_empty(), "no room within {PATIENCE:?}");
    Ok(())
}

/// Bytes in which a lost or doubled piece shows: 251 is prime, so pieces of round length never repeat.
fn pattern(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// Reads to the end in a thread and says whether everything came in order.
fn count_in_background(receiver: TcpStream, length: usize) -> JoinHandle<io::Result<usize>> {
    thread::spawn(move || {
        let mut received = Vec::new();
        // One byte more than expected would show a doubled piece.
        let most = u64::try_from(length).unwrap_or(u64::MAX - 1) + 1;
        receiver.take(most).read_to_end(&mut received)?;
        if received != pattern(length) {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "the bytes differ from those sent",
            ));
        }
        Ok(received.len())
    })
}

fn finish(reader: JoinHandle<io::Result<usize>>) -> Result<usize> {
    reader
        .join()
        .map_err(|_| anyhow!("the reader panicked"))?
        .context("receiving")
}

/// A sender with a small buffer and a receiver, both of which give up after a while.
fn connected_pair() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening")?;
    // The sizes are wishes; set before connecting, they keep the system from growing the buffers.
    SockRef::from(&listener).set_recv_buffer_size(64 << 10)?;
    let sender = TcpStream::connect(listener.local_addr()?).context("connecting")?;
    SockRef::from(&sender).set_send_buffer_size(64 << 10)?;
    sender.set_write_timeout(Some(PATIENCE))?;
    let (receiver, _) = listener.accept().context("accepting")?;
    receiver.set_read_timeout(Some(PATIENCE))?;
    Ok((sender, receiver))
}
