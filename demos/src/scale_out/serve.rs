//! Members behind a balancer, to play with.

use std::io::Write;
use std::mem;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Result;

use super::balancer::Balancer;
use super::cluster::{Cluster, name};
use crate::{options, terminal};

/// How often it is looked whether a member has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Three members behind a balancer. A member that ends is started again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The program in front of the members.
    #[arg(long, value_enum, default_value = "haproxy")]
    balancer: Balancer,
    /// Port of 127.0.0.1 on which it listens; 0 takes a free one.
    #[arg(long, default_value = "7000")]
    port: u16,
    /// Seconds for which a member goes on once it is told to end.
    #[arg(long, default_value = "2", value_parser = options::seconds)]
    drain: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (stop, stopped) = mpsc::channel();
    terminal::on_ctrl_c(move || {
        terminal::note("stopped");
        // Nobody listens any more when all is ending already.
        let _ = stop.send(());
    })?;
    let mut cluster = Cluster::start(args.balancer, args.port, args.drain)?;
    writeln!(out, "{} is ready: {}", args.balancer.program(), cluster.url())?;
    for member in &cluster.members {
        writeln!(out, "member {}: `kill {}` restarts it", name(member), member.id())?;
    }
    out.flush()?;
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        for place in 0..cluster.members.len() {
            if cluster.members[place].has_ended()? {
                let next = cluster.start_member(&cluster.members[place].address)?;
                writeln!(
                    out,
                    "member {} follows {}",
                    name(&next),
                    name(&cluster.members[place])
                )?;
                out.flush()?;
                drop(mem::replace(&mut cluster.members[place], next));
            }
        }
    }
    Ok(())
}
