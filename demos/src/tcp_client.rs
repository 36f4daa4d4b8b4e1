//! The TCP client.
//!
//! Answers may be longer or shorter than what was asked (`ß` becomes `SS`), so counting bytes does not tell
//! when an answer is complete. The client says that it is done by closing its direction of the connection,
//! `shutdown(SHUT_WR)` in Python and `shutdown(Shutdown::Write)` in Rust, and reads until the server has
//! closed the other.
//!
//! It sends in a thread of its own: a client that first sends everything and then reads waits for ever for a
//! server that will not read on before its answers are taken.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{options, terminal};

/// Slides "Sequential TCP Server" to "Multiplexing TCP Server": the client that they all serve.
///
/// Sends the message, or all of standard input, and prints the answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to send; standard input when absent.
    message: Option<String>,
    /// The server, as HOST:PORT.
    #[arg(long, default_value = "127.0.0.1:1234")]
    server: String,
    /// Seconds without an answer after which the client gives up.
    #[arg(long, default_value = "60", value_parser = options::seconds)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let stream = connect(&args.server, args.timeout)?;
    let sending = stream.try_clone().context("splitting the connection")?;
    let message = args.message.clone();
    thread::spawn(move || {
        if let Err(error) = send(sending, message) {
            // The reading side finds out by itself what became of the connection.
            terminal::note(&format!("sending: {error}"));
        }
    });
    print_all(stream, out)
}

fn connect(server: &str, timeout: Duration) -> Result<TcpStream> {
    let addresses = options::resolve(server)?;
    let mut failure = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(stream);
            }
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| ErrorKind::NotFound.into()))
        .with_context(|| format!("connecting to {server}"))
}

fn send(mut stream: TcpStream, message: Option<String>) -> io::Result<()> {
    match message {
        Some(message) => stream.write_all(message.as_bytes())?,
        None => send_input(&mut stream)?,
    }
    stream.shutdown(Shutdown::Write)
}

/// Sends standard input as it comes.
fn send_input(stream: &mut TcpStream) -> io::Result<()> {
    let mut input = io::stdin().lock();
    loop {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        stream.write_all(piece)?;
        let length = piece.len();
        input.consume(length);
    }
}

/// Prints what arrives, byte for byte: the answer may be a file.
fn print_all(mut stream: TcpStream, out: &mut dyn Write) -> Result<()> {
    let mut piece = [0; 16 << 10];
    let mut last = b'\n';
    loop {
        let length = match stream.read(&mut piece) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("receiving"),
        };
        let Some(&end) = piece[..length].last() else {
            break;
        };
        last = end;
        out.write_all(&piece[..length])?;
        out.flush()?;
    }
    if last != b'\n' {
        writeln!(out)?;
    }
    Ok(())
}
