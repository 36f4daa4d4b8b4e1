//! The UDP broadcast client.
//!
//! Python's `setsockopt(SOL_SOCKET, SO_BROADCAST, 1)` is `set_broadcast(true)` in Rust; without it the system
//! refuses to send. The slide reads a single answer, but a broadcast has as many as there are servers, and
//! nobody says how many that is. So this client prints all that arrive within a window of time.
//!
//! The default address is the loopback network's broadcast address, which Linux serves without any network
//! card; start the servers with `--listen 127.255.255.255:1234`.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::udp::BUFFER;
use crate::udp::client::is_timeout;
use crate::{options, terminal};

/// Answers beyond this number are left unread.
const MOST_ANSWERS: usize = 1000;

/// Slide "UDP Broadcast Client": sends to everyone, prints all answers within a window.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to send; asked for when absent.
    message: Option<String>,
    /// The broadcast address and port.
    #[arg(long, default_value = "127.255.255.255:1234")]
    to: SocketAddrV4,
    /// Seconds to wait for answers.
    #[arg(long, default_value = "1", value_parser = options::seconds)]
    window: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let message = terminal::message(args.message.as_deref())?;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).context("opening a socket")?;
    socket.set_broadcast(true)?;
    socket
        .send_to(&message, args.to)
        .with_context(|| format!("sending to {}", args.to))?;
    match print_answers(&socket, args.window, out)? {
        0 => bail!("no answer within {:?}", args.window),
        _ => Ok(()),
    }
}

fn print_answers(socket: &UdpSocket, window: Duration, out: &mut dyn Write) -> Result<usize> {
    let end = Instant::now() + window;
    let mut buffer = vec![0; BUFFER];
    for count in 0..MOST_ANSWERS {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(count);
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv_from(&mut buffer) {
            Ok((length, server)) => writeln!(out, "{server}: {}", terminal::printable(&buffer[..length]))?,
            Err(error) if is_timeout(&error) => return Ok(count),
            Err(error) => return Err(error).context("waiting for answers"),
        }
        out.flush()?;
    }
    Ok(MOST_ANSWERS)
}
