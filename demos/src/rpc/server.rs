//! The XML-RPC server.
//!
//! `serve_forever` of Python's `SimpleXMLRPCServer` answers one request after the other. This one answers all
//! its clients at once, keeps their connections open, and ends when it is told to, after the calls that run.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use xmlrpc_server::Server;

use super::service;

/// Slide "Python XML-RPC Server": addtogether, quadratic and more, with introspection and multicall.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7001")]
    listen: SocketAddr,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    super::runtime()?.block_on(async {
        let server = Server::bind(args.listen)
            .await
            .with_context(|| format!("listening on {}", args.listen))?;
        writeln!(out, "Server ready on {}", server.local_addr())?;
        out.flush()?;
        let interrupted = async {
            // Where Ctrl-C cannot be waited for, the system ends the program.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        server
            .serve_with_shutdown(service::methods(), interrupted)
            .await?;
        Ok(())
    })
}
