//! Holds connections on which a call was answered and no further one is made.
//!
//! It prints how many there are once all of them are open, and ends with its standard input.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use clap::Parser;

/// Opens connections and keeps them.
#[derive(Parser)]
struct Options {
    /// The server.
    address: SocketAddr,
    /// How many connections.
    count: usize,
}

const CALL: &str = "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: 56\r\n\r\n\
    <methodCall><methodName>ping</methodName></methodCall>\r\n";

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(CALL.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"</methodResponse>") {
        let mut piece = [0; 512];
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&piece[..read]);
    }
    Ok(stream)
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let held = (0..options.count)
        .map(|_| open(options.address))
        .collect::<io::Result<Vec<_>>>()?;
    let mut out = io::stdout();
    writeln!(out, "{}", held.len())?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
