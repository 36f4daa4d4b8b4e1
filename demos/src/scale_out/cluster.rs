//! Members, each in a process of its own, and a balancer in front of them.

use std::net::TcpListener;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xmlrpc_client::ServerProxy;

use super::balancer::{Balancer, Folder};
use super::member;
use crate::program::Server;
use crate::rpc;

/// As many as the configurations have.
const MEMBERS: usize = 3;
/// How long a program may take to get ready.
const START: Duration = Duration::from_secs(20);
/// How long a member may take to end: longer than it drains and finishes calls.
const END: Duration = Duration::from_secs(60);
/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(20);
/// Where ports are taken from: below those that systems give to clients, so that none of these takes the port of a member that is
/// being restarted.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// A balancer with members behind it. All of them end with it.
pub(super) struct Cluster {
    pub(super) members: Vec<Server>,
    balancer: Server,
    drain: Duration,
    folder: Folder,
}

impl Cluster {
    /// Starts all of it. The balancer listens on a port of 127.0.0.1; 0 takes a free one.
    pub(super) fn start(balancer: Balancer, port: u16, drain: Duration) -> Result<Self> {
        let folder = Folder::new()?;
        let mut ports = free_ports();
        let members: Vec<_> = (0..MEMBERS)
            .map(|_| {
                start_member(
                    &format!("127.0.0.1:{}", ports.next().context("no port is free")?),
                    drain,
                )
            })
            .collect::<Result<_>>()?;
        let port = match port {
            0 => ports.next().context("no port is free")?,
            port => port,
        };
        let behind: Vec<_> = members.iter().map(port_of).collect::<Result<_>>()?;
        let command = balancer.command(port, &behind, &folder)?;
        let address = format!("127.0.0.1:{port}");
        let balancer = Server::start_silent(command, balancer.program(), address)?;
        let cluster = Self {
            members,
            balancer,
            drain,
            folder,
        };
        cluster.wait_until_it_answers()?;
        Ok(cluster)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/RPC2", self.balancer.address)
    }

    fn wait_until_it_answers(&self) -> Result<()> {
        let url = self.url();
        let runtime = rpc::runtime()?;
        let answers = || {
            runtime.block_on(async {
                let server = ServerProxy::builder(&url).timeout(START).build()?;
                server.call::<Vec<String>>("system.listMethods", ()).await
            })
        };
        wait_until("the balancer did not get ready", START, || {
            let ended = self.balancer.has_ended()?;
            ensure!(
                !ended,
                "the balancer ended at once:\n{}",
                self.folder.last_lines()
            );
            Ok(answers().is_ok())
        })
    }

    /// The number of calls that a member has answered, once it has come to its end.
    pub(super) fn end(member: Server) -> Result<u64> {
        let name = member.address.clone();
        let counted = member.last_words(END).with_context(|| format!("ending {name}"))?;
        let counted = counted.trim().parse();
        counted.with_context(|| format!("{name} said how many calls it had answered"))
    }

    /// Starts the next member at an address.
    pub(super) fn start_member(&self, address: &str) -> Result<Server> {
        start_member(address, self.drain)
    }
}

/// How a member calls itself.
pub(super) fn name(member: &Server) -> String {
    member::name(&member.address, member.id())
}

/// Looks again and again, up to a deadline.
pub(super) fn wait_until(
    otherwise: &str,
    time: Duration,
    mut is_so: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let deadline = Instant::now() + time;
    while !is_so()? {
        if Instant::now() > deadline {
            bail!("{otherwise} within {time:?}");
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn start_member(address: &str, drain: Duration) -> Result<Server> {
    let drain = drain.as_secs_f64().to_string();
    Server::start(
        &["scale-out", "member", "--listen", address, "--drain", &drain],
        START,
    )
}

fn port_of(member: &Server) -> Result<u16> {
    let port = member.address.rsplit(':').next().unwrap_or_default();
    port.parse()
        .with_context(|| format!("the port of {}", member.address))
}

/// Ports on which nobody listens, beginning at another one in each process.
fn free_ports() -> impl Iterator<Item = u16> {
    let count = u32::from(PORTS.end - PORTS.start);
    let first = process::id().wrapping_mul(101) % count;
    PORTS
        .cycle()
        .skip(usize::try_from(first).unwrap_or_default())
        .take(PORTS.len())
        .filter(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
}
