//! The four calls as bytes on the wire, Rust's and Python's side by side.
//!
//! The slides run a client and a server in two windows and look at the bytes with Wireshark. Here both are
//! processes as well, and a [relay](super::relay) between them keeps what passes: once with this program at both
//! ends, and once with Python, whose `xmlrpc.client` and `xmlrpc.server` run the programs in the folder `python`.
//!
//! The two say the same in other words. Python puts every tag on a line of its own and calls itself by its
//! version; Rust leaves out what no reader needs. That either end can be exchanged for the other is what a
//! protocol is for.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::page;
use super::relay::{Exchange, Relay};
use crate::program::{self, Server};
use crate::terminal;

/// How long a server may take to get ready, and a client for its calls.
const PATIENCE: Duration = Duration::from_secs(30);

/// The slide's calls.
const CALLS: [&str; 4] = [
    "proxy.addtogether('x','y','z')",
    "proxy.addtogether(1,2,3,4,5)",
    "proxy.quadratic(2,-4,0)",
    "proxy.quadratic(1,2,1)",
];

/// Slide "Wireshark": the four calls as bytes on the wire, ours and Python's side by side.
///
/// Shows requests and answers as a relay between client and server has recorded them. Without Python, shows our
/// own alone. Where a line ends with `\`, the line on the wire goes on; all other ends of lines are on the wire.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Calls to show, 1 to 4; all when absent.
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=4))]
    call: Vec<u8>,
    /// Shows our own, without looking for Python.
    #[arg(long)]
    alone: bool,
    /// The Python to compare with.
    #[arg(long, default_value = "python3", conflicts_with = "alone")]
    python: String,
}

/// The four exchanges of a client with its server, and what the client printed.
struct Recorded {
    exchanges: Vec<Exchange>,
    results: Vec<String>,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    program::end_all_on_ctrl_c()?;
    let ours = ours()?;
    let pythons = match args.alone {
        true => None,
        false => match pythons(&args.python) {
            Ok(recorded) => Some(recorded),
            Err(error) => {
                let python = &args.python;
                terminal::note(&format!(
                    "no {python} to compare with, so our own bytes stand alone: {error:#}"
                ));
                None
            }
        },
    };
    writeln!(out, "(where a line ends with \\, the line on the wire goes on)\n")?;
    for index in 0..CALLS.len() {
        if args.call.is_empty() || args.call.iter().any(|number| usize::from(*number) == index + 1) {
            writeln!(out, "{}", shown(index, &ours, pythons.as_ref()))?;
        }
    }
    Ok(())
}

/// One call, and what went over the wire for it.
fn shown(index: usize, ours: &Recorded, pythons: Option<&Recorded>) -> String {
    let ours = ours.column(index, "Rust");
    let body = match pythons {
        Some(pythons) => page::columns(&ours, &pythons.column(index, "Python")),
        None => ours.map(|part| part.join("\n") + "\n").join("\n"),
    };
    format!("{}\n{body}", CALLS[index])
}

impl Recorded {
    fn new(relay: &Relay, results: Vec<String>) -> Result<Self> {
        let exchanges = relay.exchanges()?;
        ensure!(
            exchanges.len() == CALLS.len() && results.len() == CALLS.len(),
            "{} calls gave {} exchanges and {} results",
            CALLS.len(),
            exchanges.len(),
            results.len()
        );
        Ok(Self { exchanges, results })
    }

    /// A call's result, request and answer, the heads and bodies of both, in lines.
    fn column(&self, index: usize, who: &str) -> [Vec<String>; 5] {
        let Exchange { request, answer } = &self.exchanges[index];
        let result = terminal::printable(self.results[index].as_bytes());
        let ([request, asked], [answer, answered]) = (page::lines(request), page::lines(answer));
        [
            vec![format!("{who} → {result}")],
            request,
            asked,
            answer,
            answered,
        ]
    }
}

/// Runs this program at both ends.
fn ours() -> Result<Recorded> {
    let server = Server::start(&["rpc-server", "--listen", "127.0.0.1:0"], PATIENCE)?;
    let relay = relay_to(&server)?;
    let url = format!("http://{}/RPC2", relay.address);
    let printed = program::run(&["rpc-client", &url], "", PATIENCE)?.success("`demos rpc-client`")?;
    let results = printed
        .lines()
        .zip(CALLS)
        .map(|(line, call)| {
            line.strip_prefix(call)
                .and_then(|rest| rest.strip_prefix(" → "))
                .map(str::to_owned)
                .with_context(|| format!("`demos rpc-client` printed {line:?}"))
        })
        .collect::<Result<_>>()?;
    Recorded::new(&relay, results)
}

/// Runs Python's modules at both ends.
fn pythons(python: &str) -> Result<Recorded> {
    // What lies in the current folder or stands in the environment must not pass for Python's own modules.
    let script = |text: &str| {
        let mut command = Command::new(python);
        command.args(["-I", "-X", "utf8", "-c", text]);
        command
    };
    let server = script(include_str!("python/server.py"));
    let server = Server::start_command(server, &format!("{python}'s server"), PATIENCE)?;
    let relay = relay_to(&server)?;
    let mut client = script(include_str!("python/client.py"));
    client.arg(format!("http://{}", relay.address));
    let name = format!("{python}'s client");
    let printed = program::run_command(client, &name, "", PATIENCE)?.success(&name)?;
    Recorded::new(&relay, printed.lines().map(str::to_owned).collect())
}

fn relay_to(server: &Server) -> Result<Relay> {
    let address: SocketAddr = server.address.parse().context("reading the server's address")?;
    Relay::start(address).context("starting the relay")
}
