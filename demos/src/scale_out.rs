//! Beyond the slides: several servers behind one address.
//!
//! A Python server that is too slow gets company: gunicorn forks workers, or a balancer is put in front of
//! several processes. A server of this workspace uses all processors by itself; further processes are for
//! further machines, and for a service that goes on while its servers are restarted one after the other. The
//! balancer is one that exists, and the folder `scale-out/` has its configuration.
//!
//! | part | module | subcommand |
//! |---|---|---|
//! | one server, a member | [`member`] | `scale-out member` |
//! | members behind a balancer | [`cluster`], [`balancer`] | `scale-out serve` |
//! | restarting them under load | [`roll`] | `scale-out roll` |

mod balancer;
mod cluster;
mod member;
mod roll;
mod serve;

use std::io::Write;

use anyhow::Result;
use clap::Subcommand;

/// Beyond the slides: members behind HAProxy, nginx or Envoy, which are restarted without losing a call.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    Member(member::Args),
    Serve(serve::Args),
    Roll(roll::Args),
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    match &args.part {
        Part::Member(args) => member::run(args, out),
        Part::Serve(args) => serve::run(args, out),
        Part::Roll(args) => roll::run(args, out),
    }
}
