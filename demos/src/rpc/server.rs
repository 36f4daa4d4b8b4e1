//! The XML-RPC server.
//!
//! `serve_forever` of Python's `SimpleXMLRPCServer` answers one request after the other. This one answers all
//! its clients at once, keeps their connections open, and ends when it is told to, after the calls that run.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::Notify;
use xmlrpc_server::{Documentation, HttpService, Server};

use super::service;
use crate::{options, terminal};

/// How long calls may go on after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);

/// Slide "Python XML-RPC Server": addtogether, quadratic and more, with introspection and multicall.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7001")]
    listen: SocketAddr,
    /// Seconds after which a client is disconnected that sends no request, or only part of one.
    #[arg(long, default_value = "30", value_parser = options::seconds)]
    idle: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let stop = Arc::new(Notify::new());
    let told = Arc::clone(&stop);
    terminal::on_ctrl_c(move || {
        terminal::note("stopped");
        told.notify_one();
    })?;
    super::runtime()?.block_on(async {
        let server = Server::bind(args.listen)
            .await
            .with_context(|| format!("listening on {}", args.listen))?;
        writeln!(out, "Server ready on {}", server.local_addr())?;
        out.flush()?;
        let page = Documentation::page()
            .title("XML-RPC demo")
            .introduction("The functions of the slides, and those of the validator1 suite.");
        let service = HttpService::new(service::methods())
            .documentation(page)
            .body_timeout(args.idle);
        server
            .header_timeout(args.idle)
            .idle_timeout(args.idle)
            .shutdown_timeout(PATIENCE)
            .serve_with_shutdown(service, stop.notified())
            .await?;
        Ok(())
    })
}
