//! Runs every subcommand as a program, client against server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bytes;
mod command_line;
mod compare;
mod errors;
mod framing;
mod names;
mod rpc;
mod scale_out;
mod servers;
mod support;
mod tcp;
mod tour;
mod udp;
mod wire;
