//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Who is at the other end of a connection: its address, and what proves who it is. Cheap to clone.
///
/// [`Server`](crate::Server) puts it among the extensions of each request, where layers of HTTP find it; handlers have
/// [`CallContext::peer`](crate::CallContext::peer), [`peer_credentials`](crate::CallContext::peer_credentials) and
/// [`peer_certificates`](crate::CallContext::peer_certificates). A server of one's own makes one for each connection.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
/// use xmlrpc_server::{Peer, PeerCredentials};
///
/// let remote = Peer::from(SocketAddr::from(([192, 0, 2, 1], 4711)));
/// assert_eq!(remote.to_string(), "192.0.2.1:4711");
///
/// let local = Peer::new().with_credentials(PeerCredentials::new(1000, 100, Some(42)));
/// assert_eq!(local.credentials().map(|who| who.uid()), Some(1000));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Peer(Arc<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    address: Option<SocketAddr>,
    credentials: Option<PeerCredentials>,
    certificates: Vec<Vec<u8>>,
}

impl Peer {
    /// Somebody of whom nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the system says of the process at the other end of a Unix socket.
    #[must_use]
    pub fn with_credentials(mut self, credentials: PeerCredentials) -> Self {
        Arc::make_mut(&mut self.0).credentials = Some(credentials);
        self
    }

    /// Adds the certificates that a TLS client proved to be its own: DER, its own first.
    #[must_use]
    pub fn with_certificates(mut self, chain: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Arc::make_mut(&mut self.0).certificates = chain.into_iter().collect();
        self
    }

    /// The address of the other end; `None` for a Unix socket. Behind a proxy it is the proxy's.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.address
    }

    /// What the system says of the process at the other end of a Unix socket; `None` for other connections.
    pub fn credentials(&self) -> Option<PeerCredentials> {
        self.0.credentials
    }

    /// The certificates that a TLS client proved to be its own: DER, its own first; none for other connections.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0.certificates
    }
}

/// Of an IPv4 address within IPv6 (`::ffff:192.0.2.1`), as a socket for both has them, the IPv4 address is taken.
impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        let known = Known {
            address: Some(SocketAddr::new(address.ip().to_canonical(), address.port())),
            ..Known::default()
        };
        Self(Arc::new(known))
    }
}

/// The address, or the number of the user or the process.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.address, self.0.credentials) {
            (Some(address), _) => address.fmt(f),
            (None, Some(credentials)) => credentials.fmt(f),
            (None, None) => f.write_str("unknown"),
        }
    }
}

/// What the system says of the process at the other end of a Unix socket, as it was when it connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCredentials {
    uid: u32,
    gid: u32,
    pid: Option<i32>,
}

impl PeerCredentials {
    /// Those of a process, as a test or a server of one's own knows them.
    pub fn new(uid: u32, gid: u32, pid: Option<i32>) -> Self {
        Self { uid, gid, pid }
    }

    /// The number of its user.
    pub fn uid(self) -> u32 {
        self.uid
    }

    /// The number of its group.
    pub fn gid(self) -> u32 {
        self.gid
    }

    /// Its own number; `None` where the system does not tell. By the time it is looked up, another process may have it.
    pub fn pid(self) -> Option<i32> {
        self.pid
    }
}

impl fmt::Display for PeerCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uid {}", self.uid)?;
        self.pid.map_or(Ok(()), |pid| write!(f, ", pid {pid}"))
    }
}
