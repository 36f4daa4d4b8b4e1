//! What a call costs the client, beside bare reqwest and the peers: the parts of the program `client`.
//!
//! ```text
//! Contender (a client) -> Child (its process, on one processor) -> a server (its process, on the other)
//! ```
//!
//! Every contender is a process of its own that waits for orders, so that its connections are warm and its processor time is known
//! to the system.

pub mod calls;
pub mod child;

use crate::server::exchange::Protocol;
use crate::server::peers::{self, Program};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contender {
    /// Its name in the tables.
    pub name: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// How it is started.
    pub program: Program,
    /// Whether it makes many calls in one.
    pub has_batches: bool,
}

/// What the others are compared with: reqwest that posts fixed bytes and reads the reply, of which it understands nothing.
pub const REQWEST: Contender = own("reqwest, fixed bytes", Protocol::Fixed, false);
/// The client that is measured.
pub const OURS: Contender = own("xmlrpc-client", Protocol::Xml, true);
/// The other client for XML-RPC in Rust.
pub const DXR: Contender = own("dxr_client", Protocol::Xml, true);
/// JSON-RPC.
pub const JSONRPSEE: Contender = own("jsonrpsee-http-client", Protocol::Json, true);
/// Python's `ServerProxy`.
pub const PYTHON: Contender = Contender {
    name: "Python's xmlrpc.client",
    protocol: Protocol::Xml,
    program: Program::Python,
    has_batches: true,
};

/// All of them.
pub const ALL: [Contender; 5] = [REQWEST, OURS, JSONRPSEE, DXR, PYTHON];

const fn own(name: &'static str, protocol: Protocol, has_batches: bool) -> Contender {
    Contender {
        name,
        protocol,
        program: Program::Own,
        has_batches,
    }
}

impl Contender {
    /// The server that answers its tiny calls with the least work: bare hyper with fixed bytes, where the bytes can be fixed.
    pub fn fastest_server(self) -> peers::Contender {
        match self.protocol {
            Protocol::Fixed | Protocol::Xml => peers::HYPER,
            Protocol::Json => peers::JSONRPSEE,
        }
    }

    /// The server that takes its calls one by one and many at a time.
    pub fn whole_server(self) -> peers::Contender {
        match self.protocol {
            Protocol::Fixed | Protocol::Xml => peers::OURS,
            Protocol::Json => peers::JSONRPSEE,
        }
    }
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Tiny calls, each by itself, so many at a time.
    Single {
        /// How many in all.
        calls: u32,
        /// How many tasks (threads in Python) make them.
        at_a_time: u32,
    },
    /// One batch with so many tiny calls, so many times.
    Batch {
        /// Calls in a batch.
        calls: u32,
        /// Batches, one after the other.
        times: u32,
    },
}

impl Order {
    /// How many calls that are.
    pub fn calls(self) -> u32 {
        match self {
            Self::Single { calls, .. } => calls,
            Self::Batch { calls, times } => calls * times,
        }
    }

    /// As a line.
    fn line(self) -> String {
        match self {
            Self::Single { calls, at_a_time } => format!("single {calls} {at_a_time}\n"),
            Self::Batch { calls, times } => format!("batch {calls} {times}\n"),
        }
    }

    /// From a line.
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [kind, calls, second] = words[..] else {
            return None;
        };
        let (calls, second) = (calls.parse().ok()?, second.parse().ok()?);
        match kind {
            "single" => Some(Self::Single {
                calls,
                at_a_time: second,
            }),
            "batch" => Some(Self::Batch { calls, times: second }),
            _ => None,
        }
    }
}
