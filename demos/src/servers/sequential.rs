//! The sequential server: one client after the other.
//!
//! Two lines in Python and two in Rust. While one client is served the others wait in the system's queue,
//! however short their errand; the idle limit is all that keeps a silent client from stopping the service.

use std::net::TcpListener;

use super::{Limits, accept, serve_client};

/// Serves for ever.
pub(super) fn serve(listener: &TcpListener, limits: Limits) -> ! {
    loop {
        serve_client(accept(listener), limits.idle);
    }
}
