//! The contenders: one module for each, each a server on a listener that was made for it.
//!
//! All run on tokio's ordinary runtime, which has as many threads as the process has processors.

mod axum;
mod dxr;
mod hyper;
mod jsonrpsee;
mod ours;

use std::error::Error;
use std::io::{self, Read as _};

use tokio::net::TcpListener;

use super::exchange::Protocol;

/// A contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contender {
    /// Its name in the tables.
    pub name: &'static str,
    /// What it understands.
    pub protocol: Protocol,
    /// How it is started.
    pub program: Program,
}

/// How a contender is started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Program {
    /// By this program, with `--serve` and the contender's name.
    Own,
    /// By `python3`, with the script in `python.py`.
    Python,
}

/// What the others are compared with.
pub const HYPER: Contender = own("hyper, fixed bytes", Protocol::Fixed);
/// axum with a handler that gives fixed bytes.
pub const AXUM: Contender = own("axum, fixed bytes", Protocol::Fixed);
/// The server that is measured.
pub const OURS: Contender = own("xmlrpc-server", Protocol::Xml);
/// The other server for XML-RPC in Rust.
pub const DXR: Contender = own("dxr_server", Protocol::Xml);
/// JSON-RPC.
pub const JSONRPSEE: Contender = own("jsonrpsee", Protocol::Json);
/// Python's `SimpleXMLRPCServer`.
pub const PYTHON: Contender = Contender {
    name: "Python's xmlrpc.server",
    protocol: Protocol::Xml,
    program: Program::Python,
};

/// All of them.
pub const ALL: [Contender; 6] = [HYPER, OURS, AXUM, JSONRPSEE, DXR, PYTHON];

const fn own(name: &'static str, protocol: Protocol) -> Contender {
    Contender {
        name,
        protocol,
        program: Program::Own,
    }
}

/// What a child process does: it serves, tells its port in a line on standard output, and ends when standard input does.
///
/// # Errors
///
/// When there is no contender of that name, or it fails.
pub fn serve(name: &str) -> Result<(), Box<dyn Error>> {
    std::thread::spawn(|| {
        // Nothing but the end is waited for.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        serve_on(name, listener).await
    })
}

/// Serves without end.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_on(name: &str, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    match name {
        name if name == HYPER.name => hyper::serve(listener).await,
        name if name == AXUM.name => axum::serve(listener).await,
        name if name == OURS.name => ours::serve(listener).await,
        name if name == DXR.name => dxr::serve(listener).await,
        name if name == JSONRPSEE.name => jsonrpsee::serve(listener).await,
        _ => Err(format!("there is no contender called {name}").into()),
    }
}
