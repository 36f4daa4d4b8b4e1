//! Server and client in one process, with everything that goes over the wire.
//!
//! The slides run two programs in two windows. Here the server is a task beside the client; they still talk
//! through a TCP connection of the loopback interface.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;
use xmlrpc_server::Server;

use super::{client, service};

/// Longest time for one call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Slides "Python XML-RPC Server", "Python XML-RPC Client" and "Wireshark": both in one process, then the end.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leaves out what goes over the wire.
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    super::runtime()?.block_on(async {
        let server = Server::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/RPC2", server.local_addr());
        writeln!(out, "Server ready on {}", server.local_addr())?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server.serve_with_shutdown(service::methods(), async {
            // Both an order to stop and a client that is gone end the server.
            let _ = stopped.await;
        });
        let calling = async {
            let result = client::calls(&url, !args.quiet, TIMEOUT, out).await;
            let _ = stop.send(());
            result
        };
        let (served, called) = tokio::join!(serving, calling);
        called?;
        Ok(served?)
    })
}
