//! Tests across crates and with other programs, a module a topic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod credentials;
mod failover;
mod holes;
mod hostile;
mod memory;
mod page;
mod peers;
mod process;
mod python_calls;
mod python_servers;
mod python_serves;
mod rust_both_ends;
mod service;
mod siege;
mod slides;
