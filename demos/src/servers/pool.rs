//! The thread-pool server: a fixed number of threads, each of them a sequential server.
//!
//! As in Python, all threads call `accept` on the same listening socket and the system picks one. In Rust the
//! listener is *borrowed* by all of them: [`thread::scope`] promises the compiler that the threads end before
//! the borrow does. Four slow clients occupy a pool of four, and the fifth client waits.

use std::net::TcpListener;
use std::thread;

use anyhow::{Context, Result};

use super::{Limits, sequential};
use crate::terminal;

/// Serves for ever with so many threads.
pub(super) fn serve(listener: &TcpListener, limits: Limits, workers: usize) -> Result<()> {
    thread::scope(|scope| {
        for number in 1..=workers {
            let worker = thread::Builder::new().name(format!("worker {number}"));
            match worker.spawn_scoped(scope, || sequential::serve(listener, limits)) {
                Ok(_) => {}
                Err(error) if number == 1 => return Err(error).context("starting a thread"),
                // Leaving the scope would wait for the threads that serve already, so it goes on with those.
                Err(error) => terminal::note(&format!("the pool has {} threads: {error}", number - 1)),
            }
        }
        Ok(())
    })
}
