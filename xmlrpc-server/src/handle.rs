//! How a server is told to stop: by a handle, or by signals.

use std::future::pending;
use std::io;

use tokio::sync::watch;

/// Stops a [`Server`](crate::Server) from elsewhere. Cheap to clone; from [`Server::handle`](crate::Server::handle).
///
/// # Examples
///
/// ```
/// use xmlrpc_server::{Methods, Server};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::bind("127.0.0.1:0").await?;
/// let handle = server.handle();
/// let served = tokio::spawn(server.serve(Methods::new()));
///
/// handle.shutdown();
/// handle.stopped().await;
/// served.await??;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ServerHandle {
    asked: watch::Sender<bool>,
    ended: watch::Receiver<()>,
}

impl ServerHandle {
    /// Lets it take no further connections and finish what runs, as [`Server`](crate::Server) tells. One that does not serve yet stops as
    /// soon as it does; one that has stopped stays so.
    pub fn shutdown(&self) {
        self.asked.send_replace(true);
    }

    /// Waits until it has stopped, for whatever reason, and its last connection has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn stopped(&self) {
        let mut ended = self.ended.clone();
        // Nothing is ever sent: it ends with the server.
        while ended.changed().await.is_ok() {}
    }
}

/// The server's side of its handles.
#[derive(Debug)]
pub(crate) struct Stop {
    asked: watch::Sender<bool>,
    /// Dropped with the server.
    ended: watch::Sender<()>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            asked: watch::Sender::new(false),
            ended: watch::Sender::new(()),
        }
    }
}

impl Stop {
    pub(crate) fn handle(&self) -> ServerHandle {
        ServerHandle {
            asked: self.asked.clone(),
            ended: self.ended.subscribe(),
        }
    }

    /// Waits until a handle asks for it.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.subscribe();
        // It cannot fail: the sender is held here.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}

/// The signals on which a server stops, or none.
pub(crate) struct Signals(Option<System>);

impl Signals {
    pub(crate) fn new(wanted: bool) -> io::Result<Self> {
        Ok(Self(wanted.then(System::new).transpose()?))
    }

    pub(crate) async fn next(&mut self) {
        match &mut self.0 {
            Some(system) => system.next().await,
            None => pending().await,
        }
    }
}

#[cfg(unix)]
struct System {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl System {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => tracing::info!("stopping on Ctrl-C"),
            _ = self.terminate.recv() => tracing::info!("stopping on SIGTERM"),
        }
    }
}

#[cfg(not(unix))]
struct System;

#[cfg(not(unix))]
impl System {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        match tokio::signal::ctrl_c().await {
            Ok(()) => tracing::info!("stopping on Ctrl-C"),
            Err(error) => {
                tracing::error!(%error, "signals cannot be received");
                pending().await
            }
        }
    }
}
