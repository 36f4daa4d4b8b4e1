//! One member: the slide's service, for a balancer to send calls to.
//!
//! It answers health checks. When it is told to end, it first lets them fail and goes on for a while, until
//! the balancer sends its calls elsewhere. When it is told a second time, it ends at once.

use std::io::Write;
use std::net::SocketAddr;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use xmlrpc_server::{Methods, Server, State};

use crate::options;
use crate::rpc::{self, service};

/// The longest nap that is taken for a caller, in milliseconds.
const LONGEST_NAP: u64 = 10_000;

/// One member: a server that tells the balancer in front of it when it is about to stop.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7001")]
    listen: SocketAddr,
    /// Seconds for which it goes on, with failing health checks, once it is told to end.
    #[arg(long, default_value = "2", value_parser = options::seconds)]
    drain: Duration,
    /// Seconds that calls may take after that, before they are cut off.
    #[arg(long, default_value = "15", value_parser = options::seconds)]
    shutdown: Duration,
}

/// Who it is, and how many calls of its own methods it has answered.
struct Member {
    name: String,
    answered: AtomicU64,
}

impl Member {
    fn answer(&self) -> String {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.name.clone()
    }
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    rpc::runtime()?.block_on(async {
        let server = Server::bind(args.listen)
            .await
            .with_context(|| format!("listening on {}", args.listen))?;
        let member = Arc::new(Member {
            name: name(server.local_addr(), process::id()),
            answered: AtomicU64::new(0),
        });
        writeln!(out, "Server ready on {}", server.local_addr())?;
        out.flush()?;
        server
            .health_path("/health")
            .drain_time(args.drain)
            .shutdown_timeout(args.shutdown)
            .shutdown_on_signal()
            .serve(methods(member.clone()))
            .await?;
        writeln!(out, "{}", member.answered.load(Ordering::Relaxed))?;
        Ok(())
    })
}

/// How a member calls itself.
pub(super) fn name(address: impl std::fmt::Display, process: u32) -> String {
    format!("{address}, process {process}")
}

fn methods(member: Arc<Member>) -> Methods {
    service::methods()
        .state(member)
        .method("member.name", |member: State<Arc<Member>>| member.answer())
        .help("member.name", "The member that answers.")
        .async_method(
            "member.nap",
            |member: State<Arc<Member>>, milliseconds: u64| async move {
                tokio::time::sleep(Duration::from_millis(milliseconds.min(LONGEST_NAP))).await;
                member.answer()
            },
        )
        .help(
            "member.nap",
            "The member that answers, after so many milliseconds.",
        )
}
