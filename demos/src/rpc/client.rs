//! The XML-RPC client: the slide's four calls.
//!
//! Python's proxy builds the remote name from attributes while it runs; `proxy!` does the same when the
//! program is compiled, so that a call looks like the slide's. Its result is a `Value`, which prints as the
//! slide's results do.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use xmlrpc_client::{ServerProxy, Value, proxy};

use super::page;
use crate::{options, terminal};

/// Slide "Python XML-RPC Client": the four calls and what they print.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server.
    #[arg(default_value = "http://127.0.0.1:7001/RPC2")]
    url: String,
    /// Shows each request and response as they go over the wire (slide "Wireshark").
    #[arg(long)]
    wire: bool,
    /// Seconds that each call may take.
    #[arg(long, default_value = "10", value_parser = options::seconds)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    super::runtime()?.block_on(calls(&args.url, args.wire, args.timeout, out))
}

/// Makes the calls and prints the results.
pub(super) async fn calls(url: &str, wire: bool, timeout: Duration, out: &mut dyn Write) -> Result<()> {
    let seen = Arc::new(Mutex::new(String::new()));
    let mut builder = ServerProxy::builder(url).timeout(timeout);
    if wire {
        let seen = seen.clone();
        builder = builder.tap(move |exchange| {
            if let Ok(mut seen) = seen.lock() {
                seen.push_str(&page::page(exchange));
            }
        });
    }
    let server = builder.build().context("the server's address")?;

    let mut show = |call: &str, result: xmlrpc_client::Result<Value>| -> Result<()> {
        let seen = seen
            .lock()
            .map(|mut seen| std::mem::take(&mut *seen))
            .unwrap_or_default();
        write!(out, "{seen}")?;
        let result = result.with_context(|| call.to_owned())?.to_string();
        writeln!(out, "{call} → {}", terminal::printable(result.as_bytes()))?;
        Ok(out.flush()?)
    };
    show(
        "proxy.addtogether('x','y','z')",
        proxy!(server.addtogether("x", "y", "z")).await,
    )?;
    show(
        "proxy.addtogether(1,2,3,4,5)",
        proxy!(server.addtogether(1, 2, 3, 4, 5)).await,
    )?;
    show(
        "proxy.quadratic(2,-4,0)",
        proxy!(server.quadratic(2, -4, 0)).await,
    )?;
    show("proxy.quadratic(1,2,1)", proxy!(server.quadratic(1, 2, 1)).await)
}
