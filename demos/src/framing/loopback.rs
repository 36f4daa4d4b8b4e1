//! All three ways over the loopback interface, in one process.
//!
//! The messages are short enough for the system's buffers, so one thread can send first and receive afterwards; the
//! demo of `tcp-send` shows what happens otherwise.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::codec;
use super::frames::{End, Framing};
use crate::python;

/// Shows all three ways, and two failures.
pub(super) fn demonstrate(out: &mut dyn Write) -> Result<()> {
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
