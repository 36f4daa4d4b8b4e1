//! `xmlrpc`: XML-RPC from the command line.
//!
//! ```text
//! arguments -> cli -> a module of commands/ -> xmlrpc-client -> a server
//!                         |  json/: values as JSON, plain and typed
//!                         |  document: whole documents as JSON
//!                         `> terminal: standard output and standard error
//! ```
//!
//! A command gives a [`failure::Failure`] where it does not do what it was asked to, and that decides the status: 0 done, 1 a fault,
//! 2 usage, 3 transport or protocol, 130 interrupted.
//!
//! # Start
//!
//! Nothing is set up that the command does not need: `xmlrpc decode` starts no runtime, and only https loads certificates. A release
//! build takes 2 ms of processor time for `xmlrpc decode` of a small document, and 4 ms for `xmlrpc call` and `xmlrpc list` of a server
//! nearby, from start to end; `true` takes 0.5 ms on that machine. `perf stat -e task-clock xmlrpc list URL` tells it of others.

mod argument;
mod cli;
mod commands;
mod common;
mod document;
mod endpoint;
mod failure;
mod input;
mod introspection;
mod json;
mod options;
mod pointer;
mod table;
mod terminal;

use std::process::{self, ExitCode};

fn main() -> ExitCode {
    let cli = match cli::Cli::parse_from_environment() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version come this way, too; nothing is left to tell where nobody reads them.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { 2 } else { 0 });
        }
    };
    // Without a handler the shell says the same of the signal; other callers do not.
    let _ = ctrlc::set_handler(|| process::exit(failure::INTERRUPTED));
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
