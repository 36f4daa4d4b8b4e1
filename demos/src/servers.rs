//! TCP servers: one service, five architectures.
//!
//! The slides build the same upper-casing server four times, to show who waits for whom; the fifth way is
//! tokio's.
//!
//! | architecture | who waits | module |
//! |---|---|---|
//! | sequential | every client for the one before | [`sequential`] |
//! | threads | nobody; each client costs a thread | [`threads`] |
//! | pool | the fifth client for one of the first four | [`pool`] |
//! | poll | nobody; one thread watches all sockets | [`poll`] |
//! | tokio | nobody; the runtime watches, the code reads like threads | [`tokio`] |
//!
//! In Python the sketches share their faults: after the end of the stream they close the socket and go on
//! reading from it, a character that arrives in two pieces ends the program, and a client that stops reading
//! keeps its server for ever. Here the end of the stream ends the loop, [`upper::Upper`] puts split
//! characters together, and nobody may be idle for longer than `--idle`, neither in sending nor in receiving.
//! The loop for one client is [`serve_client`], which three of the five share.

mod poll;
mod pool;
mod sequential;
mod threads;
mod tokio;
pub(crate) mod upper;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use socket2::{Domain, Socket, Type};

use crate::{options, terminal};
use upper::Upper;

/// How many bytes are read at once, as in the slides.
const PIECE: usize = 4096;

/// Slides "Sequential", "Multi-thread", "Thread Pool" and "Multiplexing TCP Server": answers in upper case.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The architecture.
    #[arg(long, value_enum, default_value_t = Kind::Sequential)]
    kind: Kind,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:1234")]
    listen: SocketAddr,
    /// Seconds without a byte sent or received after which a client is disconnected.
    #[arg(long, default_value = "60", value_parser = options::seconds)]
    idle: Duration,
    /// Most clients at once (threads, poll, tokio); the next one waits.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
    clients: u16,
    /// Threads of the pool.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..))]
    workers: u8,
}

/// The five architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One client after the other.
    Sequential,
    /// A thread for each client.
    Threads,
    /// A fixed number of threads that take turns in accepting.
    Pool,
    /// One thread that watches all sockets with mio.
    Poll,
    /// Tasks on tokio's runtime.
    Tokio,
}

/// What a server promises about its clients.
#[derive(Clone, Copy)]
struct Limits {
    idle: Duration,
    clients: usize,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let listener = listen(args.listen).with_context(|| format!("listening on {}", args.listen))?;
    let limits = Limits {
        idle: args.idle,
        clients: usize::from(args.clients),
    };
    let mut ready = || -> Result<()> {
        writeln!(out, "server ready on {}", listener.local_addr()?)?;
        Ok(out.flush()?)
    };
    match args.kind {
        Kind::Poll => {
            let server = poll::Server::new(listener.try_clone()?, limits)?;
            ready()?;
            server.run()
        }
        Kind::Tokio => {
            let server = tokio::Server::new(listener.try_clone()?, limits)?;
            ready()?;
            server.run()
        }
        kind => {
            terminal::end_on_ctrl_c()?;
            ready()?;
            match kind {
                Kind::Threads => threads::serve(&listener, limits),
                Kind::Pool => pool::serve(&listener, limits, usize::from(args.workers)),
                _ => sequential::serve(&listener, limits),
            }
        }
    }
}

/// A listening socket whose queue holds many clients: 128 in the standard library are few for a sequential
/// server.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

/// Accepts one client, however many attempts that takes.
///
/// A client may be gone before it is accepted, and a process may run out of descriptors; neither ends a
/// server. The second does not pass by itself, hence the pause.
fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return stream,
            Err(error) => {
                terminal::note(&format!("accepting: {error}"));
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Serves one client to its end; what went wrong with it is noted, and concerns nobody else.
fn serve_client(stream: TcpStream, idle: Duration) {
    if let Err(error) = talk(stream, idle) {
        terminal::note(&format!("a client failed: {error}"));
    }
}

fn talk(mut stream: TcpStream, idle: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(idle))?;
    stream.set_write_timeout(Some(idle))?;
    let mut upper = Upper::default();
    let mut piece = [0; PIECE];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return stream.write_all(&upper.finish()),
            Ok(length) => stream.write_all(&upper.push(&piece[..length]))?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
