//! Restarts all members one after the other, while clients call without a pause.
//!
//! No client repeats a call, so that each one that fails is a call lost. Members count what they answer: the
//! sum shows that no call was carried out twice, either.

use std::collections::BTreeMap;
use std::io::Write;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use xmlrpc_client::ServerProxy;

use super::balancer::Balancer;
use super::cluster::{Cluster, name, wait_until};
use crate::program;
use crate::{options, terminal};

/// How long each step of a restart may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Milliseconds that the long calls take, so that some run whenever a member is to stop.
const NAP: u64 = 300;
/// How long a client rests that has lost a call.
const REST: Duration = Duration::from_millis(10);
/// Most errors that are shown.
const SHOWN: usize = 5;

/// Restarts three members one after the other under load, and counts lost calls.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The program in front of the members.
    #[arg(long, value_enum, default_value = "haproxy")]
    balancer: Balancer,
    /// Clients that make one short call after the other.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: u32,
    /// Clients whose calls take longer.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=1000))]
    sleepers: u32,
    /// How often all members are restarted.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Seconds for which a member goes on once it is told to end.
    #[arg(long, default_value = "2", value_parser = options::seconds)]
    drain: Duration,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    program::end_all_on_ctrl_c()?;
    let mut cluster = Cluster::start(args.balancer, 0, args.drain)?;
    writeln!(out, "{} is ready: {}", args.balancer.program(), cluster.url())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting tokio")?;
    let load = Load::start(&runtime, &cluster.url(), args)?;
    for member in &cluster.members {
        load.wait_for(&name(member))?;
    }
    let mut counts = BTreeMap::new();
    for _ in 0..args.rounds {
        for place in 0..cluster.members.len() {
            let (ended, count) = restart(&mut cluster, place, &load, out)?;
            counts.insert(ended, count);
        }
    }
    let tally = load.finish(&runtime);
    for member in &cluster.members {
        member.terminate()?;
    }
    for member in mem::take(&mut cluster.members) {
        counts.insert(name(&member), Cluster::end(member)?);
    }
    report(&counts, &tally, out)
}

/// Restarts one member, and waits until it gets calls again. Gives the name of the process before it, and its count.
fn restart(cluster: &mut Cluster, place: usize, load: &Load, out: &mut dyn Write) -> Result<(String, u64)> {
    let before = &cluster.members[place];
    before.terminate()?;
    wait_until("a member did not end", PATIENCE, || before.has_ended())?;
    let next = cluster.start_member(&before.address)?;
    let next_name = name(&next);
    let before = mem::replace(&mut cluster.members[place], next);
    let before_name = name(&before);
    let count = Cluster::end(before)?;
    load.wait_for(&next_name)?;
    writeln!(out, "{before_name} has ended, {next_name} answers calls")?;
    out.flush()?;
    Ok((before_name, count))
}

fn report(counts: &BTreeMap<String, u64>, tally: &Tally, out: &mut dyn Write) -> Result<()> {
    for (member, count) in counts {
        writeln!(
            out,
            "{member}: {count} calls carried out, {} answers received",
            tally.of(member)
        )?;
    }
    let received: u64 = tally.answers.values().sum();
    let lost = tally.lost;
    writeln!(out, "{} calls, {received} answers, {lost} lost", received + lost)?;
    for error in &tally.errors {
        terminal::note(error);
    }
    ensure!(lost == 0, "{lost} calls were lost");
    for (member, count) in counts {
        ensure!(
            *count == tally.of(member),
            "{member} was called twice for one answer"
        );
    }
    Ok(())
}

/// What came of the calls.
#[derive(Default)]
struct Tally {
    /// Answers received, by the member that gave them.
    answers: BTreeMap<String, u64>,
    lost: u64,
    errors: Vec<String>,
}

impl Tally {
    fn of(&self, member: &str) -> u64 {
        self.answers.get(member).copied().unwrap_or_default()
    }

    fn count(&mut self, outcome: xmlrpc_client::Result<String>) {
        match outcome {
            Ok(member) => *self.answers.entry(member).or_default() += 1,
            Err(error) => {
                self.lost += 1;
                if self.errors.len() < SHOWN {
                    self.errors.push(format!("{error:#}"));
                }
            }
        }
    }
}

/// Clients that call until they are told to stop.
struct Load {
    tally: Arc<Mutex<Tally>>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    fn start(runtime: &tokio::runtime::Runtime, url: &str, args: &Args) -> Result<Self> {
        let mut load = Self {
            tally: Arc::default(),
            stop: Arc::default(),
            clients: JoinSet::new(),
        };
        let _inside = runtime.enter();
        for _ in 0..args.clients {
            load.client(url, None)?;
        }
        for _ in 0..args.sleepers {
            load.client(url, Some(NAP))?;
        }
        Ok(load)
    }

    /// Starts a client, with a connection of its own that is kept.
    fn client(&mut self, url: &str, nap: Option<u64>) -> Result<()> {
        let server = ServerProxy::new(url)?;
        let (tally, stop) = (self.tally.clone(), self.stop.clone());
        self.clients.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let outcome = match nap {
                    Some(milliseconds) => server.call("member.nap", (milliseconds,)).await,
                    None => server.call("member.name", ()).await,
                };
                let lost = outcome.is_err();
                lock(&tally).count(outcome);
                if lost {
                    // To go on at once would be a load of another kind.
                    tokio::time::sleep(REST).await;
                }
            }
        });
        Ok(())
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        lock(&self.tally)
    }

    /// Waits until a member has answered a call.
    fn wait_for(&self, member: &str) -> Result<()> {
        wait_until(&format!("no answer came from {member}"), PATIENCE, || {
            Ok(self.tally().answers.contains_key(member))
        })
    }

    /// Lets the calls that run come to their end.
    fn finish(mut self, runtime: &tokio::runtime::Runtime) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        runtime.block_on(async { while self.clients.join_next().await.is_some() {} });
        mem::take(&mut *self.tally())
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
