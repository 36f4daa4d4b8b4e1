//! The programs of a network programming course, in Rust: one subcommand a slide.
//!
//! Each module begins with a comment that puts the Python of the slide and the Rust beside each other, and
//! can be read alone. `demos help` lists the subcommands, `demos tour` runs the whole course on the loopback
//! interface.

mod byte_order;
mod compare;
mod compress;
mod connect;
mod errors;
mod framing;
mod json;
mod names;
mod options;
mod program;
mod python;
mod rpc;
mod scale_out;
mod servers;
mod tcp_client;
mod tcp_send;
mod terminal;
mod text;
mod tour;
mod udp;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The programs of a network programming course, in Rust: one subcommand a slide.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The subcommands, in the order of the slides.
#[derive(Subcommand)]
enum Command {
    Names(names::Args),
    Connect(connect::Args),
    Text(text::Args),
    UdpServer(udp::server::Args),
    UdpClient(udp::client::Args),
    UdpBroadcastClient(udp::broadcast::Args),
    ByteOrder(byte_order::Args),
    Errors(errors::Args),
    TcpSend(tcp_send::Args),
    Framing(framing::Args),
    Json(json::Args),
    Compress(compress::Args),
    TcpServer(servers::Args),
    TcpClient(tcp_client::Args),
    Compare(compare::Args),
    RpcServer(rpc::server::Args),
    RpcClient(rpc::client::Args),
    Rpc(rpc::pair::Args),
    RpcTyped(rpc::typed::Args),
    Wire(rpc::wire::Args),
    ScaleOut(scale_out::Args),
    Tour(tour::Args),
}

impl Command {
    fn run(&self, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Names(args) => names::run(args, out),
            Self::Connect(args) => connect::run(args, out),
            Self::Text(args) => text::run(args, out),
            Self::UdpServer(args) => udp::server::run(args, out),
            Self::UdpClient(args) => udp::client::run(args, out),
            Self::UdpBroadcastClient(args) => udp::broadcast::run(args, out),
            Self::ByteOrder(args) => byte_order::run(args, out),
            Self::Errors(args) => errors::run(args, out),
            Self::TcpSend(args) => tcp_send::run(args, out),
            Self::Framing(args) => framing::run(args, out),
            Self::Json(args) => json::run(args, out),
            Self::Compress(args) => compress::run(args, out),
            Self::TcpServer(args) => servers::run(args, out),
            Self::TcpClient(args) => tcp_client::run(args, out),
            Self::Compare(args) => compare::run(args, out),
            Self::RpcServer(args) => rpc::server::run(args, out),
            Self::RpcClient(args) => rpc::client::run(args, out),
            Self::Rpc(args) => rpc::pair::run(args, out),
            Self::RpcTyped(args) => rpc::typed::run(args, out),
            Self::Wire(args) => rpc::wire::run(args, out),
            Self::ScaleOut(args) => scale_out::run(args, out),
            Self::Tour(args) => tour::run(args, out),
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version come this way too.
            let _ = answer.print();
            return if answer.use_stderr() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let mut out = io::stdout();
    match cli.command.run(&mut out).and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to report to if standard error is gone too.
            let _ = writeln!(
                io::stderr(),
                "demos: {}",
                terminal::printable(format!("{error:#}").as_bytes())
            );
            ExitCode::FAILURE
        }
    }
}

/// Whether the program at the other end of a pipe, such as `head -1`, has read all it wanted.
fn reader_left(error: &anyhow::Error) -> bool {
    error.downcast_ref::<terminal::OutputClosed>().is_some()
        || error
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
