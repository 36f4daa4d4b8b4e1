//! Listeners: how they are bound or taken over, and how connections are taken from them.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

use crate::error::Error;
use crate::peer::Peer;
use crate::stream::Io;
#[cfg(feature = "tls")]
use crate::tls::Tls;
#[cfg(unix)]
use crate::unix::{self, UnixOptions};

/// How many connections wait in the system's queue, unless `backlog` says otherwise; the system may allow fewer.
pub(crate) const BACKLOG: u32 = 1024;
/// How long the loop rests when the system has no room for a further connection.
const REST: Duration = Duration::from_millis(50);

/// A socket that listens: bound here, or made elsewhere and handed over.
///
/// [`Server::bind`](crate::Server::bind) makes one with every option at its default. This type is for the rest: other options, Unix
/// sockets, sockets that systemd made (`Listener::from_systemd`), and any listener of `std` or `tokio` by [`TryFrom`].
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{Listener, Server, TcpOptions};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpOptions::new().backlog(4096).bind("127.0.0.1:0").await?;
/// let other = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let server = Server::from_listener(listener)?.and_listener(other)?;
/// assert_eq!(server.addresses().count(), 2);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Address,
    name: Option<String>,
    /// Whether nobody else holds it, as systemd or another process may hold one that was made there.
    own: bool,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

/// A connection that was taken.
pub(crate) struct Accepted {
    pub(crate) io: Io,
    pub(crate) peer: Peer,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::Socket),
}

/// Where a [`Listener`] listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// A Unix socket: its path, if it has one.
    #[cfg(unix)]
    Unix(Option<PathBuf>),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            #[cfg(unix)]
            Self::Unix(None) => f.write_str("unix:"),
        }
    }
}

impl Listener {
    /// Listens on a TCP address with the defaults of [`TcpOptions`].
    ///
    /// # Errors
    ///
    /// As [`TcpOptions::bind`].
    pub async fn bind(address: impl ToSocketAddrs) -> Result<Self, Error> {
        TcpOptions::new().bind(address).await
    }

    /// Listens on a Unix socket with the defaults of [`UnixOptions`].
    ///
    /// # Errors
    ///
    /// As [`UnixOptions::bind`].
    #[cfg(unix)]
    pub fn bind_unix(path: impl Into<PathBuf>) -> Result<Self, Error> {
        UnixOptions::new().bind(path)
    }

    /// Takes over the sockets that systemd made for this process (`LISTEN_FDS`), in the order of its configuration; none when it made
    /// none. [`Listener::name`] tells them apart.
    ///
    /// They are taken once: a second call finds none. It clears `LISTEN_FDS` and `LISTEN_PID` in the environment, so that it belongs
    /// to the beginning of a program, before other threads run.
    ///
    /// # Errors
    ///
    /// When one of them is no TCP or Unix stream socket that listens; [`Error::is_bind`] holds.
    #[cfg(unix)]
    pub fn from_systemd() -> Result<Vec<Self>, Error> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':').filter(|name| !name.is_empty());
        let mut passed = listenfd::ListenFd::from_env();
        (0..passed.len())
            .map(|place| {
                let mut listener = Self::passed(&mut passed, place)?;
                listener.name = names.next().map(str::to_owned);
                Ok(listener)
            })
            .collect()
    }

    #[cfg(unix)]
    fn passed(passed: &mut listenfd::ListenFd, place: usize) -> Result<Self, Error> {
        if let Ok(Some(listener)) = passed.take_tcp_listener(place) {
            return listener.try_into();
        }
        match passed.take_unix_listener(place).map_err(Error::bind)? {
            Some(listener) => listener.try_into(),
            None => Err(Error::bind(io::ErrorKind::NotFound.into())),
        }
    }

    /// Has its connections encrypted.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The name that systemd has for it (`FileDescriptorName=`), if it made it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn new(socket: Socket, address: Address) -> Self {
        Self {
            socket,
            address,
            name: None,
            own: false,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    fn tcp(listener: TcpListener) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::bind)?;
        Ok(Self::new(Socket::Tcp(listener), Address::Tcp(address)))
    }

    #[cfg(unix)]
    pub(crate) fn unix(socket: unix::Socket) -> Result<Self, Error> {
        let path = socket.path().map_err(Error::bind)?;
        Ok(Self::new(Socket::Unix(socket), Address::Unix(path)))
    }

    /// Lets no further connection begin, while those that have begun can be taken still.
    ///
    /// A listener that is closed resets the connections in its queue, which their peers take for made: a request that was sent on one is
    /// lost. So the queue is closed first. Where a system cannot do this, it has to be taken quickly. A listener that somebody else holds,
    /// too, stays as it is: the queue is there for whoever comes next.
    fn turn_away(&mut self) {
        match &mut self.socket {
            Socket::Tcp(listener) if self.own => drop_requests(listener),
            Socket::Tcp(_) => {}
            #[cfg(unix)]
            Socket::Unix(socket) => socket.remove_path(),
        }
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let accepted = match &self.socket {
            Socket::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, peer)| {
                // Without this a reply waits for the acknowledgement of the one before. Nothing is lost but time where it fails.
                let _ = stream.set_nodelay(true);
                (Io::Tcp(stream), peer.into())
            }),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.poll_accept(cx),
        };
        accepted.map_ok(|(io, peer)| Accepted {
            io,
            peer,
            #[cfg(feature = "tls")]
            tls: self.tls.clone(),
        })
    }
}

/// Drops the packets that ask for a connection. Who sent one asks again a second later, and is refused once the listener is closed.
fn drop_requests(listener: &TcpListener) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use socket2::{SockFilter, SockRef};

        // A program for the kernel's packet filter. A packet begins with its TCP header, in which byte 13 holds the flags.
        let program = [
            // Load that byte,
            SockFilter::new(0x30, 0, 0, 13),
            // go over the next line unless SYN is set in it,
            SockFilter::new(0x45, 0, 1, 0x02),
            // keep nothing,
            SockFilter::new(0x06, 0, 0, 0),
            // keep everything.
            SockFilter::new(0x06, 0, 0, u32::MAX),
        ];
        if let Err(error) = SockRef::from(listener).attach_filter(&program) {
            tracing::debug!(%error, "connections that are made now may be reset");
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = listener;
}

impl TryFrom<TcpListener> for Listener {
    type Error = Error;

    /// Fails when the listener has no address.
    fn try_from(listener: TcpListener) -> Result<Self, Error> {
        Self::tcp(listener)
    }
}

impl TryFrom<std::net::TcpListener> for Listener {
    type Error = Error;

    /// Fails outside of a runtime of tokio's, and when the listener has no address.
    fn try_from(listener: std::net::TcpListener) -> Result<Self, Error> {
        listener.set_nonblocking(true).map_err(Error::bind)?;
        Self::tcp(TcpListener::from_std(listener).map_err(Error::bind)?)
    }
}

#[cfg(unix)]
impl TryFrom<tokio::net::UnixListener> for Listener {
    type Error = Error;

    /// Fails when the listener has no address. Its path, if it has one, stays when the server ends.
    fn try_from(listener: tokio::net::UnixListener) -> Result<Self, Error> {
        Self::unix(listener.into())
    }
}

#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixListener> for Listener {
    type Error = Error;

    /// Fails outside of a runtime of tokio's, and when the listener has no address. Its path, if it has one, stays when the server
    /// ends.
    fn try_from(listener: std::os::unix::net::UnixListener) -> Result<Self, Error> {
        listener.set_nonblocking(true).map_err(Error::bind)?;
        let listener = tokio::net::UnixListener::from_std(listener).map_err(Error::bind)?;
        Self::unix(listener.into())
    }
}

/// How a TCP socket listens.
///
/// | setter | default |
/// |---|---|
/// | [`backlog`](Self::backlog) | 1,024 |
/// | [`reuse_port`](Self::reuse_port) | the address is for this socket alone |
/// | [`only_v6`](Self::only_v6) | as the system does it |
///
/// # IPv4 and IPv6
///
/// On most systems `[::]:7001` takes connections by IPv4, too, and then `0.0.0.0:7001` cannot be bound beside it. Whoever wants two
/// sockets, or wants to know for sure, sets [`only_v6`](Self::only_v6) and binds both:
///
/// ```
/// use xmlrpc_server::{Server, TcpOptions};
///
/// # async fn run() -> Result<(), xmlrpc_server::Error> {
/// let v4 = Server::bind("0.0.0.0:0").await?;
/// # if false {
/// let v6 = TcpOptions::new().only_v6().bind("[::]:0").await?;
/// let both = v4.and_listener(v6)?;
/// # }
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct TcpOptions {
    backlog: u32,
    reuse_port: bool,
    only_v6: bool,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: BACKLOG,
            reuse_port: false,
            only_v6: false,
        }
    }
}

impl TcpOptions {
    /// Every option at its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many connections wait in the system's queue until they are taken; 1,024 unless set. The system may allow fewer
    /// (`net.core.somaxconn`).
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Lets several processes of one user listen on the same address (`SO_REUSEPORT`), each of which gets a share of the connections.
    /// Those that wait in the queue of one that ends are lost.
    #[cfg(unix)]
    #[must_use]
    pub fn reuse_port(mut self) -> Self {
        self.reuse_port = true;
        self
    }

    /// Takes no connections by IPv4 on an address of IPv6 (`IPV6_V6ONLY`).
    #[must_use]
    pub fn only_v6(mut self) -> Self {
        self.only_v6 = true;
        self
    }

    /// Listens on an address, such as `127.0.0.1:7001` or `("::", 7001)`; port 0 is any free one, which [`Listener::address`] tells.
    /// Of a name with several addresses the first one is taken that can be bound.
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or bound; [`Error::is_bind`] holds, and the source is the system's error.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> Result<Listener, Error> {
        let no_address = || io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        let mut failure = None;
        for address in lookup_host(address).await.map_err(Error::bind)? {
            match self.listen(address) {
                Ok(listener) => {
                    let listener = Listener::tcp(listener)?;
                    return Ok(Listener {
                        own: true,
                        ..listener
                    });
                }
                Err(error) => failure = Some(Error::bind_at(Address::Tcp(address), error)),
            }
        }
        Err(failure.unwrap_or_else(|| Error::bind(no_address())))
    }

    fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // So that a server can be started again while connections of the one before are winding down. Elsewhere it would let another
        // program take the address away.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        #[cfg(unix)]
        if self.reuse_port {
            socket.set_reuseport(true)?;
        }
        if self.only_v6 && address.is_ipv6() {
            socket2::SockRef::from(&socket).set_only_v6(true)?;
        }
        socket.bind(address)?;
        socket.listen(self.backlog)
    }
}

/// All listeners of a server, from which connections are taken in turn.
#[derive(Debug)]
pub(crate) struct Listeners {
    all: Vec<Listener>,
    /// The one that is asked first.
    next: usize,
}

impl Listeners {
    pub(crate) fn new(all: Vec<Listener>) -> Self {
        Self { all, next: 0 }
    }

    pub(crate) fn push(&mut self, listener: Listener) {
        self.all.push(listener);
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.all.iter().map(Listener::address)
    }

    /// Lets no further connection begin, while those that have begun can be taken still.
    pub(crate) fn turn_away(&mut self) {
        self.all.iter_mut().for_each(Listener::turn_away);
    }

    /// The next connection. Failures that pass are waited for.
    pub(crate) async fn accept(&mut self) -> io::Result<Accepted> {
        use io::ErrorKind::{
            ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, InvalidInput,
        };
        loop {
            let error = match std::future::poll_fn(|cx| self.poll_accept(cx)).await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => error,
            };
            match error.kind() {
                // One connection failed, before it was taken.
                ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted => {}
                // It listens no more.
                InvalidInput => return Err(error),
                _ => {
                    tracing::warn!(%error, "no further connection can be taken");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let count = self.all.len();
        for place in (self.next..count).chain(0..self.next) {
            let accepted = self.all[place].poll_accept(cx);
            if accepted.is_ready() {
                self.next = (place + 1) % count;
                return accepted;
            }
        }
        Poll::Pending
    }
}
