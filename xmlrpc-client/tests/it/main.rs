//! The client against small servers on real sockets, each of which plays its part byte by byte.

#![allow(clippy::panic, reason = "tests")]

mod answers;
mod connections;
mod multicall;
mod options;
mod proxy_macro;
mod redirects;
mod support;
mod tap;
mod transports;
