//! The upper-casing UDP server.
//!
//! The slide binds `''`, which is every interface; this server listens on the loopback interface unless told
//! otherwise. Its loop is the slide's, but no datagram can end it: one that cannot be answered is noted and
//! forgotten. `--drop` makes it lose datagrams on purpose, by a random sequence that the seed fixes, so that
//! a client's patience can be tried twice in the same way.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, UdpSocket};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use crate::servers::upper;
use crate::udp::BUFFER;
use crate::{options, terminal};

/// Slides "UDP Python Server", "UDP Packet Drops", "UDP Broadcast Server": answers in upper case.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one. For broadcasts on the loopback interface:
    /// 127.255.255.255:1234.
    #[arg(long, default_value = "127.0.0.1:1234")]
    listen: SocketAddr,
    /// Share the port with other servers, so that all of them hear a broadcast.
    #[arg(long)]
    share: bool,
    /// Probability with which a datagram is dropped instead of answered.
    #[arg(long, default_value = "0", value_name = "PROBABILITY", value_parser = options::probability)]
    drop: f64,
    /// Seed of the random sequence that decides what is dropped.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    terminal::end_on_ctrl_c()?;
    let socket = bind(args).with_context(|| format!("listening on {}", args.listen))?;
    writeln!(out, "server ready on {}", socket.local_addr()?)?;
    out.flush()?;
    let mut luck = Luck(args.seed);
    let mut buffer = vec![0; BUFFER];
    loop {
        let (length, client) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            // Windows reports here that an earlier answer found nobody.
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionReset) => {
                continue;
            }
            Err(error) => return Err(error).context("receiving"),
        };
        if luck.next() < args.drop {
            terminal::log_line(&format!("dropped {length} bytes"))?;
            continue;
        }
        match socket.send_to(&upper::all(&buffer[..length]), client) {
            Ok(sent) => terminal::log_line(&format!("answered {length} bytes with {sent}"))?,
            Err(error) => terminal::note(&format!("no answer to {client}: {error}")),
        }
    }
}

fn bind(args: &Args) -> Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(args.listen), Type::DGRAM, None)?;
    socket.set_reuse_address(args.share)?;
    socket.bind(&args.listen.into())?;
    Ok(socket.into())
}

/// A random sequence that a seed fixes (the generator is known as splitmix64).
struct Luck(u64);

impl Luck {
    /// The next number of the sequence, at least 0 and below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // A double holds 53 bits exactly.
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luck_repeats_and_is_fair() {
        let draw = |seed| {
            let mut luck = Luck(seed);
            (0..1000).map(|_| luck.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|number| (0.0..1.0).contains(number)));
        let below = draw(1).iter().filter(|&&number| number < 0.5).count();
        assert!((400..600).contains(&below), "{below} of 1000 below a half");
    }
}
