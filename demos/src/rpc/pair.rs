//! Server and client in one process, with everything that goes over the wire.
//!
//! The slides run two programs in two windows. Here the server is a task beside the client; they still talk
//! through a TCP connection of the loopback interface.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;
use xmlrpc_server::{Methods, Server};

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
    let calls = async |url: String, out: &mut dyn Write| client::calls(&url, !args.quiet, TIMEOUT, out).await;
    super::runtime()?.block_on(beside(service::methods(), out, calls))
}

/// Serves methods while something calls them.
pub(super) async fn beside(
    methods: Methods,
    out: &mut dyn Write,
    calls: impl AsyncFnOnce(String, &mut dyn Write) -> Result<()>,
) -> Result<()> {
    let server = Server::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/RPC2", server.local_addr());
    writeln!(out, "Server ready on {}", server.local_addr())?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = server.serve_with_shutdown(methods, async {
        // Both an order to stop and a client that is gone end the server.
        let _ = stopped.await;
    });
    let calling = async {
        let result = calls(url, out).await;
        let _ = stop.send(());
        result
    };
    let (served, called) = tokio::join!(serving, calling);
    called?;
    Ok(served?)
}
