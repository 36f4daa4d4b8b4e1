//! The programs of a network programming course, in Rust.

fn main() {}
