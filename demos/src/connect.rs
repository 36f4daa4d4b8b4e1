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
    for (index, entry) in entries.iter().enumerate().skip(args.entry) {
        writeln!(out, "{index}: {}", names::shown(entry))?;
        match connect(entry, args.timeout) {
            Ok(stream) => {
                let peer = stream.peer_addr().context("asking for the peer's address")?;
                writeln!(out, "connected to {}", names::address_tuple(&peer))?;
                return Ok(());
            }
            Err(error) => writeln!(out, "{index}: {error}")?,
        }
    }
    bail!("no entry of {} could be connected to", args.host)
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
