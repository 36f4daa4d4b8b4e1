//! UDP: a server, a client and a client for broadcasts.
//!
//! Python's `sendto` and `recvfrom` are `send_to` and `recv_from` on [`std::net::UdpSocket`]. Three things
//! the slides leave open are settled here: how long a datagram may be (`recvfrom(2048)` silently cuts the
//! rest off; the buffers here hold the longest there is), what is done with bytes that are no UTF-8 (they
//! pass unchanged; Python's server would end with `UnicodeDecodeError`), and who may answer (see [`client`]).

pub(crate) mod broadcast;
pub(crate) mod client;
pub(crate) mod server;

/// Longer than any UDP datagram, so that none is cut.
const BUFFER: usize = 65_536;
