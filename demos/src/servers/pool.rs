//! The thread-pool server: a fixed number of threads, each of them a sequential server.
//!
//! As in Python, all threads call `accept` on the same listening socket and the system picks one. In Rust the
//! listener is *borrowed* by all of them: [`thread::scope`] promises the compiler that the threads end before
//! the borrow does. Four slow clients occupy a pool of four, and the fifth client waits.

use std::net::TcpListener;
use std::thread;

use anyhow::{Context, Result};

use super::{Limits, sequential};

/// Serves for ever with so many threads.
pub(super) fn serve(listener: &TcpListener, limits: Limits, workers: usize) -> Result<()> {
    thread::scope(|scope| {
        for number in 1..=workers {
            thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn_scoped(scope, || sequential::serve(listener, limits))
                .context("starting a thread of the pool")?;
        }
        Ok(())
    })
}
