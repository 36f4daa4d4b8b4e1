//! The codec from outside: documents in, documents out, and what happens to hostile ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod corpus;
mod depth;
mod dialect;
mod encodings;
mod errors;
mod limits;
mod multicall;
mod pretty;
mod properties;
mod reading;
mod results;
mod serde_types;
mod work;

use std::thread;

/// Runs a test on a thread with a stack of so many KiB, and hands on its panic.
fn with_stack<T: Send + 'static>(kib: usize, test: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(kib * 1024).spawn(test).unwrap();
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
