//! The architectures side by side.
//!
//! The slides draw who waits for whom. This subcommand measures it: each architecture runs in a process of
//! its own, and 1 to 512 clients talk to it, once as fast as they can and once with a pause before each
//! request, as people do. A client connects, asks some questions one after the other, goes, and comes back,
//! until the time is over.
//!
//! With fast clients an architecture shows what a request costs it; with slow ones, whether it can do
//! something useful while a client thinks. Figures depend on the machine and on its other work, so read them
//! against each other, within one run.

mod chart;
mod load;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use crate::options;
use crate::program::{self, Server};
use crate::servers::Kind;
use load::{Answers, Load};

/// The architectures' picture: drives the five TCP servers with 1 to 512 clients and draws a chart.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], value_parser = clap::value_parser!(u32).range(1..=4096))]
    clients: Vec<u32>,
    /// Architectures; all five when absent.
    #[arg(long, value_enum, value_delimiter = ',')]
    kinds: Vec<Kind>,
    /// Seconds that each measurement takes.
    #[arg(long, default_value = "0.5", value_parser = options::seconds)]
    seconds: Duration,
    /// Seconds that a slow client pauses before each request.
    #[arg(long, default_value = "0.01", value_parser = options::seconds)]
    pause: Duration,
    /// Requests that a client makes before it connects anew.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    requests: u32,
    /// File to draw the chart into.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

/// The two ways in which clients behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Fast,
    Slow,
}

impl Pace {
    const ALL: [Self; 2] = [Self::Fast, Self::Slow];

    fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
        }
    }
}

/// One measurement.
struct Measured {
    kind: Kind,
    pace: Pace,
    clients: u32,
    answers: Answers,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    program::end_all_on_ctrl_c()?;
    let all = Kind::value_variants().to_vec();
    let kinds = if args.kinds.is_empty() {
        all
    } else {
        args.kinds.clone()
    };
    let mut clients = args.clients.clone();
    clients.sort_unstable();
    clients.dedup();

    let bar = ProgressBar::new(u64::try_from(Pace::ALL.len() * kinds.len() * clients.len())?);
    bar.set_style(ProgressStyle::with_template(
        "{msg:<30} {wide_bar} {pos}/{len}, {eta} left",
    )?);
    let runtime = tokio::runtime::Runtime::new().context("starting tokio")?;
    let mut results = Vec::new();
    for pace in Pace::ALL {
        for &kind in &kinds {
            for &count in &clients {
                bar.set_message(format!("{}, {} {} clients", name(kind), count, pace.name()));
                let answers = runtime.block_on(measure(args, kind, pace, count))?;
                results.push(Measured {
                    kind,
                    pace,
                    clients: count,
                    answers,
                });
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();

    print_table(&results, out)?;
    if let Some(path) = &args.svg {
        let svg = chart::draw(&results).context("drawing the chart")?;
        fs::write(path, svg).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Starts a fresh server, so that no measurement inherits the clients of the one before.
async fn measure(args: &Args, kind: Kind, pace: Pace, clients: u32) -> Result<Answers> {
    let arguments = [
        "tcp-server",
        "--kind",
        &name(kind),
        "--listen",
        "127.0.0.1:0",
        "--clients",
        "5000",
    ];
    let server = Server::start(&arguments, Duration::from_secs(10))?;
    let load = Load {
        address: server.address.parse().context("reading the server's address")?,
        clients,
        requests: args.requests,
        pause: (pace == Pace::Slow).then_some(args.pause),
        time: args.seconds,
    };
    Ok(load::run(load).await)
}

fn print_table(results: &[Measured], out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "| architecture | clients | pace | requests/s | median ms | 99th percentile ms | never answered |"
    )?;
    writeln!(out, "|---|--:|---|--:|--:|--:|--:|")?;
    for Measured {
        kind,
        pace,
        clients,
        answers,
    } in results
    {
        let milliseconds = |part| {
            answers
                .percentile(part)
                .map_or("-".to_owned(), |ms| format!("{ms:.2}"))
        };
        writeln!(
            out,
            "| {} | {clients} | {} | {:.0} | {} | {} | {} |",
            name(*kind),
            pace.name(),
            answers.per_second(),
            milliseconds(50),
            milliseconds(99),
            answers.never
        )?;
    }
    Ok(())
}

/// The architecture as it is called on the command line.
fn name(kind: Kind) -> String {
    kind.to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
