//! The server on tokio's runtime: code like the multi-thread server's, underneath the multiplexing one.
//!
//! Python's counterpart is `asyncio`, which the slides do not reach. `tokio::spawn` takes a future instead of
//! a closure; a client that waits costs the few hundred bytes of that future (and a buffer) instead of a
//! thread. Each `.await` is a place where another client's turn may come, and where a time limit can be put
//! around anything.
//!
//! Ctrl-C is one more thing to wait for: the server stops accepting, and what runs is dropped with the
//! runtime.

use std::io;
use std::net;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

use super::upper::Upper;
use super::{Limits, PIECE};
use crate::terminal;

/// A server that is ready to run.
pub(super) struct Server {
    runtime: Runtime,
    listener: net::TcpListener,
    limits: Limits,
    stop: Arc<Notify>,
}

impl Server {
    pub(super) fn new(listener: net::TcpListener, limits: Limits) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = Runtime::new().context("starting tokio")?;
        let stop = Arc::new(Notify::new());
        let told = Arc::clone(&stop);
        terminal::on_ctrl_c(move || told.notify_one())?;
        Ok(Self {
            runtime,
            listener,
            limits,
            stop,
        })
    }

    /// Serves until Ctrl-C.
    pub(super) fn run(self) -> Result<()> {
        let Self {
            runtime,
            listener,
            limits,
            stop,
        } = self;
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).context("handing the listener to tokio")?;
            tokio::select! {
                () = serve(&listener, limits) => {}
                () = stop.notified() => terminal::note("stopped"),
            }
            Ok(())
        })
    }
}

/// Accepts for ever; a place is taken before the client is accepted, so that the one too many waits in the
/// queue.
async fn serve(listener: &TcpListener, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.clients));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = accept(listener).await;
        tokio::spawn(async move {
            if let Err(error) = talk(stream, limits.idle).await {
                terminal::note(&format!("a client failed: {error}"));
            }
            drop(place);
        });
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                terminal::note(&format!("accepting: {error}"));
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// The loop of [`super::serve_client`], with `.await` where that one blocks.
async fn talk(mut stream: TcpStream, idle: Duration) -> io::Result<()> {
    let mut upper = Upper::default();
    let mut piece = vec![0; PIECE];
    loop {
        match timeout(idle, stream.read(&mut piece)).await?? {
            0 => return send(&mut stream, &upper.finish(), idle).await,
            length => send(&mut stream, &upper.push(&piece[..length]), idle).await?,
        }
    }
}

/// `write_all`, where each part that is sent starts the clock anew.
async fn send(stream: &mut TcpStream, mut rest: &[u8], idle: Duration) -> io::Result<()> {
    while !rest.is_empty() {
        let sent = timeout(idle, stream.write(rest)).await??;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = &rest[sent..];
    }
    Ok(())
}
