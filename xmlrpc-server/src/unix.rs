//! Unix sockets: their file, its mode, and when it is removed.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use socket2::{Domain, SockAddr, Socket as Socket2, Type};
use tokio::net::UnixListener;

use crate::error::Error;
use crate::listener::{Address, BACKLOG, Listener};
use crate::peer::{Peer, PeerCredentials};
use crate::stream::Io;

/// How a Unix socket listens.
///
/// | setter | default |
/// |---|---|
/// | [`mode`](Self::mode) | 0600: this user alone |
/// | [`backlog`](Self::backlog) | 1,024 |
///
/// The file is removed when the server ends, unless another one has taken its place by then. One that a server left behind which
/// ended otherwise is replaced; a socket on which somebody listens, and a file of any other kind, are left alone.
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{Server, UnixOptions};
///
/// # async fn run() -> Result<(), xmlrpc_server::Error> {
/// # let path = std::env::temp_dir().join(format!("xmlrpc-doc-{}.sock", std::process::id()));
/// let listener = UnixOptions::new().mode(0o660).bind(&path)?; // "/run/service.sock", say
/// let server = Server::from_listener(listener)?;
/// # drop(server);
/// # assert!(!path.exists());
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct UnixOptions {
    mode: u32,
    backlog: u32,
}

impl Default for UnixOptions {
    fn default() -> Self {
        Self {
            mode: 0o600,
            backlog: BACKLOG,
        }
    }
}

impl UnixOptions {
    /// Every option at its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the file's mode, such as `0o660`; 0600 unless set. On Linux whoever may write to it may connect; elsewhere only the
    /// directory's mode may count.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Sets how many connections wait in the system's queue until they are taken; 1,024 unless set.
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Listens on a path. The directory must exist. Nobody can connect before the mode is set.
    ///
    /// Two servers that are started on one path in the same instant can take it from each other; that is for whoever starts them
    /// to prevent.
    ///
    /// # Errors
    ///
    /// When somebody listens on the path, a file of another kind is there, or the system refuses it; [`Error::is_bind`] holds, and the
    /// source is the system's error.
    pub fn bind(&self, path: impl Into<PathBuf>) -> Result<Listener, Error> {
        let path = path.into();
        match self.listen(&path) {
            Ok(socket) => Listener::unix(socket),
            Err(error) => Err(Error::bind_at(Address::Unix(Some(path)), error)),
        }
    }

    fn listen(&self, path: &Path) -> io::Result<Socket> {
        make_way(path)?;
        let socket = Socket2::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SockAddr::unix(path)?)?;
        let file = File::at(path)?;
        fs::set_permissions(path, Permissions::from_mode(self.mode))?;
        socket.listen(i32::try_from(self.backlog).unwrap_or(i32::MAX))?;
        Ok(Socket {
            listener: UnixListener::from_std(socket.into())?,
            file: Some(file),
        })
    }
}

/// Removes a socket that a server left behind; everything else on the path is an error.
fn make_way(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        let text = "there is a file that is no socket on this path";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    // One that does not block: a server whose queue is full takes its time.
    let socket = Socket2::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// A Unix socket that listens.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    /// Removed with it, where it was made here.
    file: Option<File>,
}

impl Socket {
    pub(crate) fn path(&self) -> io::Result<Option<PathBuf>> {
        Ok(match &self.file {
            Some(file) => Some(file.path.clone()),
            None => self.listener.local_addr()?.as_pathname().map(Path::to_owned),
        })
    }

    /// Lets nobody find it any more.
    pub(crate) fn remove_path(&mut self) {
        self.file = None;
    }

    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Io, Peer)>> {
        self.listener.poll_accept(cx).map_ok(|(stream, _)| {
            let peer = match stream.peer_cred() {
                Ok(who) => {
                    Peer::new().with_credentials(PeerCredentials::new(who.uid(), who.gid(), who.pid()))
                }
                Err(_) => Peer::new(),
            };
            (Io::Unix(stream), peer)
        })
    }
}

impl From<UnixListener> for Socket {
    fn from(listener: UnixListener) -> Self {
        Self { listener, file: None }
    }
}

/// The file of a socket, removed at the end.
#[derive(Debug)]
struct File {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl File {
    fn at(path: &Path) -> io::Result<Self> {
        let made = fs::symlink_metadata(path)?;
        Ok(Self {
            path: std::path::absolute(path)?,
            device: made.dev(),
            inode: made.ino(),
        })
    }

    fn is(&self, found: &Metadata) -> bool {
        (found.dev(), found.ino()) == (self.device, self.inode)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| self.is(&found)) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
