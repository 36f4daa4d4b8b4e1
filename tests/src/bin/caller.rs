//! A client for tests that need a process of their own: for its memory.
//!
//! It calls `records` once and prints the bytes on its heap: the most that were held at a time, and what the result holds.

use std::alloc::System;
use std::error::Error;

use cap::Cap;
use clap::Parser;
use xmlrpc_client::{DateTime, Limits, ServerProxy, Value};

/// Counts the bytes that are held.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Calls a server for its records.
#[derive(Parser)]
struct Options {
    /// Where to call.
    url: String,
    /// Bytes that the answer may have.
    #[arg(long)]
    limit: usize,
    /// Takes the records as values of no type.
    #[arg(long)]
    values: bool,
}

#[expect(dead_code, reason = "it is held, and nothing else")]
#[derive(serde::Deserialize)]
struct Record {
    id: i32,
    name: String,
    note: String,
    size: i64,
    ratio: f64,
    done: bool,
    at: DateTime,
    tags: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let limits = Limits::client()
        .document_bytes(options.limit)
        .string_bytes(options.limit);
    let server = ServerProxy::builder(&options.url)
        .limits(limits)
        .no_timeout()
        .build()?;
    let before = HEAP.allocated();
    let (count, held) = match options.values {
        true => measured(&server.call::<Vec<Value>>("records", ()).await?),
        false => measured(&server.call::<Vec<Record>>("records", ()).await?),
    };
    println!("{count} {} {}", HEAP.max_allocated() - before, held - before);
    Ok(())
}

/// How many there are, and what the heap holds with them.
fn measured<T>(records: &[T]) -> (usize, usize) {
    (records.len(), HEAP.allocated())
}
