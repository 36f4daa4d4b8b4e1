//! Connecting by what `getaddrinfo` suggests.
//!
//! The slide takes one entry of the list by its index and hands its parts on: `socket(*info[0:3])`, then
//! `connect(info[4])`. `socket2` is the crate for that style: family, type and protocol are arguments, every
//! option of a socket is a method, and the result turns into a `std::net::TcpStream`.
//!
//! The list exists because a name may have several addresses, of which some may not answer. So the entries
//! after the chosen one are tried in turn, each for a limited time; `std::net::TcpStream::connect` does the
//! same for the whole list, without the limit.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dns_lookup::AddrInfo;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::{names, options};

/// Slide "IPv4-IPv6 Names": connects by a chosen entry of getaddrinfo, then by the next when one fails.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name or address to connect to.
    #[arg(default_value = "localhost")]
    host: String,
    /// Service or port.
    #[arg(default_value = "1234")]
    service: String,
    /// The entry to begin with, counted from 0 among those for TCP.
    #[arg(long, default_value_t = 0)]
    entry: usize,
    /// Seconds to wait for each entry.
    #[arg(long, default_value = "5", value_parser = options::seconds)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let mut entries = names::entries(&args.host, &args.service)?;
    entries.retain(|entry| Type::from(entry.socktype) == Type::STREAM);
    if args.entry >= entries.len() {
        bail!(
            "there is no entry {}: {} has {} for TCP",
            args.entry,
            args.host,
            entries.len()
        );
    }
    match connect_by(&entries, args.entry, args.timeout, out)? {
        Some(stream) => {
            let peer = stream.peer_addr().context("asking for the peer's address")?;
            writeln!(out, "connected to {}", names::address_tuple(&peer))?;
            Ok(())
        }
        None => bail!("no entry of {} could be connected to", args.host),
    }
}

/// Tries the entries from the first one on, and says how each fared.
fn connect_by(
    entries: &[AddrInfo],
    first: usize,
    timeout: Duration,
    out: &mut dyn Write,
) -> Result<Option<TcpStream>> {
    for (index, entry) in entries.iter().enumerate().skip(first) {
        writeln!(out, "{index}: {}", names::shown(entry))?;
        match connect(entry, timeout) {
            Ok(stream) => return Ok(Some(stream)),
            Err(error) => writeln!(out, "{index}: {error}")?,
        }
    }
    Ok(None)
}

/// `socket(*info[0:3])` and `connect(info[4])`.
fn connect(entry: &AddrInfo, timeout: Duration) -> io::Result<TcpStream> {
    let AddrInfo {
        address: family,
        socktype,
        protocol,
        ..
    } = *entry;
    let socket = Socket::new(
        Domain::from(family),
        Type::from(socktype),
        Some(Protocol::from(protocol)),
    )?;
    socket.connect_timeout(&SockAddr::from(entry.sockaddr), timeout)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// An entry for a port of the loopback interface.
    fn entry(listener: &TcpListener) -> AddrInfo {
        let address = listener.local_addr().unwrap();
        names::entries("127.0.0.1", &address.port().to_string())
            .unwrap()
            .swap_remove(0)
    }

    #[test]
    fn the_next_entry_is_tried_when_one_fails() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = entry(&TcpListener::bind("127.0.0.1:0").unwrap());
        let entries = [entry(&listener), closed.clone(), closed, entry(&listener)];
        let mut out = Vec::new();
        let stream = connect_by(&entries, 1, Duration::from_secs(5), &mut out)
            .unwrap()
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        let lines = String::from_utf8(out).unwrap();
        let tried: Vec<_> = lines.lines().map(|line| &line[..1]).collect();
        assert_eq!(tried, ["1", "1", "2", "2", "3"], "{lines}");
    }
}
