//! Prints what the server costs, and how that compares with bare hyper and with its peers.
//!
//! Arguments: `tiny`, `echo`, `multicall`, `idle` and `instructions` select tables (all of them if there is none), `--rounds N` how
//! often the contenders take turns, `--seconds N` how long each has the load for, and `--connections N` on how many the tiny calls come,
//! instead of on 16, 64 and 256 one after the other. The load is `wrk`; `taskset` keeps it and the server apart.
//! `--serve <contender>` and `--multicall <contender> <calls> <times>` are how the program starts itself.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use benches::measure::{Times, as_f64};
use benches::server::child::{Child, SERVER};
use benches::server::client::Connection;
use benches::server::exchange::{Exchange, RECORDS, tiny_reply};
use benches::server::load::{Load, Outcome};
use benches::server::multicall;
use benches::server::peers::{self, ALL, AXUM, Contender, DXR, HYPER, JSONRPSEE, OURS, PYTHON};
use benches::table::{Table, number};
use benches::{callgrind, machine, targets};

const TABLES: [&str; 5] = ["tiny", "echo", "multicall", "idle", "instructions"];
const ROUNDS: usize = 11;
const SECONDS: u64 = 2;
/// How many connections the tiny calls come on.
const CONNECTIONS: [usize; 3] = [16, 64, 256];
/// Those of the records; more of them would have many megabytes in memory at a time.
const ECHO_CONNECTIONS: usize = 4;
/// How many connections are idle.
const IDLE: usize = 2_000;
/// Calls in one `system.multicall`.
const CALLS: u32 = 1_000;
/// Requests between the two counts of instructions.
const COUNTED: usize = 2_000;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--serve", name] => peers::serve(name),
        ["--multicall", name, calls, times] => one_multicall(name, calls, times),
        ref words => Options::of(words).and_then(|options| all(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn one_multicall(name: &str, calls: &str, times: &str) -> Result<()> {
    multicall::own(name, calls.parse()?, times.parse()?)
}

/// What stood on the command line.
struct Options {
    tables: Vec<String>,
    rounds: usize,
    time: Duration,
    connections: Option<usize>,
}

impl Options {
    fn of(words: &[&str]) -> Result<Self> {
        let (mut tables, mut rounds, mut seconds) = (Vec::new(), ROUNDS, SECONDS);
        let mut connections = None;
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let number = || words.clone().next().ok_or(format!("{word} wants a number"));
            match word {
                "--rounds" => rounds = number()?.parse::<usize>()?.max(1),
                "--connections" => connections = Some(number()?.parse::<usize>()?.max(1)),
                "--seconds" => seconds = number()?.parse::<u64>()?.max(1),
                table if TABLES.contains(&table) => {
                    tables.push(table.to_owned());
                    continue;
                }
                _ => return Err(format!("there is no {word}; tables are {}", TABLES.join(", ")).into()),
            }
            words.next();
        }
        Ok(Self {
            tables,
            rounds,
            time: Duration::from_secs(seconds),
            connections,
        })
    }

    fn selects(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|selected| selected == table)
    }
}

fn all(options: &Options) -> Result<()> {
    print!("{}", machine::description());
    println!("- load: {}", version("wrk", "-v"));
    println!(
        "- rounds: {}, of {} s each\n",
        options.rounds,
        options.time.as_secs()
    );
    if options.selects("tiny") {
        for connections in options
            .connections
            .map_or(CONNECTIONS.to_vec(), |only| vec![only])
        {
            tiny(options, connections)?;
        }
    }
    if options.selects("echo") {
        echo(options)?;
    }
    if options.selects("multicall") {
        multicalls(options)?;
    }
    if options.selects("idle") {
        idle(options)?;
    }
    if options.selects("instructions") {
        instructions()?;
    }
    Ok(())
}

/// The first line of what a program says of itself, whatever it ends with.
fn version(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map(|output| [output.stdout, output.stderr].concat());
    let text = text.map(|text| {
        String::from_utf8_lossy(&text)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    text.unwrap_or_else(|_| format!("no {program}"))
}

/// The figures of one contender, round by round.
#[derive(Default)]
struct Figures {
    processor: Times,
    rate: Times,
    latency: Times,
    failures: u64,
}

impl Figures {
    fn add(&mut self, outcome: Outcome) {
        self.processor.push(outcome.processor);
        self.rate.push(outcome.rate);
        self.latency.push(outcome.latency);
        self.failures += outcome.failures;
    }
}

/// Starts contenders, checks them, and lets them take turns under load. One that answers wrong is left out.
fn in_turns(
    contenders: &[Contender],
    exchange: impl Fn(Contender) -> Option<Exchange>,
    connections: usize,
    options: &Options,
) -> Result<Vec<(Contender, Figures)>> {
    let mut ready = Vec::new();
    for (index, &contender) in contenders.iter().enumerate() {
        let Some(exchange) = exchange(contender) else {
            continue;
        };
        let load = Load::new(&exchange, &index.to_string())?;
        match checked(contender, &exchange) {
            Ok(child) => ready.push((contender, child, load, Figures::default())),
            Err(why) => eprintln!("WRONG: {}: {why}", contender.name),
        }
    }
    // Once to warm up. Not every server takes so many connections.
    ready.retain(|(contender, child, load, _)| {
        let outcome = load.run(child, connections, options.time);
        if let Err(why) = &outcome {
            eprintln!(
                "SKIPPED: {} with {connections} connections: {why}",
                contender.name
            );
        }
        outcome.is_ok()
    });
    let count = ready.len();
    for round in 0..options.rounds {
        for turn in 0..count {
            let (contender, child, load, figures) = &mut ready[(round + turn) % count];
            match load.run(child, connections, options.time) {
                Ok(outcome) => figures.add(outcome),
                Err(why) => eprintln!("WRONG: {} in round {round}: {why}", contender.name),
            }
        }
    }
    Ok(ready
        .into_iter()
        .map(|(contender, _, _, figures)| (contender, figures))
        .collect())
}

/// A contender that serves, and has answered right.
fn checked(contender: Contender, exchange: &Exchange) -> io::Result<Child> {
    let child = Child::start(contender)?;
    Connection::open(child.port)?.exchange(exchange)?;
    Ok(child)
}

/// A figure of the contender that the others are compared with.
fn reference(
    figures: &[(Contender, Figures)],
    contender: Contender,
    figure: impl Fn(&Figures) -> f64,
) -> f64 {
    let found = figures.iter().find(|(other, _)| *other == contender);
    found.map_or(f64::NAN, |(_, figures)| figure(figures))
}

fn tiny(options: &Options, connections: usize) -> Result<()> {
    let exchange = |contender: Contender| Some(Exchange::tiny(contender.protocol));
    let figures = in_turns(&ALL, exchange, connections, options)?;
    println!("### Tiny call, {connections} connections\n");
    println!(
        "{} bytes of XML there, {} back; kept alive where the server keeps them\n",
        Exchange::tiny(OURS.protocol).body.len(),
        tiny_reply().len()
    );
    let columns = [
        "contender",
        "us of processor",
        "spread",
        "ratio",
        "requests/s",
        "ratio",
        "p99, us",
        "ratio",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    let processor = |figures: &Figures| figures.processor.median();
    let rate = |figures: &Figures| figures.rate.median();
    let latency = |figures: &Figures| figures.latency.median();
    let of_hyper = [
        reference(&figures, HYPER, processor),
        reference(&figures, HYPER, rate),
        reference(&figures, HYPER, latency),
    ];
    for (contender, figures) in &figures {
        if figures.failures > 0 {
            eprintln!("{}: {} connections failed", contender.name, figures.failures);
        }
        let [processor_ratio, rate_ratio, latency_ratio] = [
            processor(figures) / of_hyper[0],
            rate(figures) / of_hyper[1],
            latency(figures) / of_hyper[2],
        ];
        let mut targets = vec![
            format!("processor {}", targets::PROCESSOR.judge(processor_ratio)),
            format!("requests {}", targets::RATE.judge(rate_ratio)),
        ];
        if connections == 64 {
            targets.push(format!("p99 {}", targets::LATENCY.judge(latency_ratio)));
        }
        table.row([
            contender.name.to_owned(),
            number(processor(figures) * 1e6),
            format!("{:.0} %", figures.processor.spread() * 100.0),
            number(processor_ratio),
            number(rate(figures)),
            number(rate_ratio),
            number(latency(figures) * 1e6),
            number(latency_ratio),
            of_ours(*contender, || targets.join("; ")),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// What stands in the last column: nothing for the others.
fn of_ours(contender: Contender, verdict: impl FnOnce() -> String) -> String {
    match contender {
        OURS => verdict(),
        _ => String::new(),
    }
}

fn echo(options: &Options) -> Result<()> {
    let contenders = [JSONRPSEE, OURS, DXR, PYTHON];
    let exchange = |contender: Contender| Exchange::echo(contender.protocol);
    let figures = in_turns(&contenders, exchange, ECHO_CONNECTIONS, options)?;
    println!("### Echo of {RECORDS} records, {ECHO_CONNECTIONS} connections\n");
    let length = |contender| exchange(contender).map_or(0, |exchange| exchange.body.len());
    println!(
        "{} bytes of XML there, {} bytes of JSON; about as many back\n",
        length(OURS),
        length(JSONRPSEE)
    );
    let columns = [
        "contender",
        "ms of processor",
        "spread",
        "ratio",
        "requests/s",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    let of_json = reference(&figures, JSONRPSEE, |figures| figures.processor.median());
    for (contender, figures) in &figures {
        let median = figures.processor.median();
        table.row([
            contender.name.to_owned(),
            number(median * 1e3),
            format!("{:.0} %", figures.processor.spread() * 100.0),
            number(median / of_json),
            number(figures.rate.median()),
            of_ours(*contender, || targets::ECHO.judge(median / of_json)),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn multicalls(options: &Options) -> Result<()> {
    let mut figures = multicall::CONTENDERS.map(|_| [Times::default(), Times::default()]);
    for round in 0..options.rounds {
        for turn in 0..figures.len() {
            let index = (round + turn) % figures.len();
            let contender = multicall::CONTENDERS[index];
            let times = if contender == OURS { 100 } else { 10 };
            let taken = multicall::run(contender, CALLS, times)?;
            figures[index][0].push(taken.processor);
            figures[index][1].push(taken.wall);
        }
    }
    println!("### system.multicall of {CALLS} tiny calls\n");
    println!("Client and server in one process on one processor; for each call\n");
    let columns = [
        "contender",
        "us of processor",
        "spread",
        "us by the clock",
        "times less than dxr",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    let of_dxr = figures[0][0].median();
    for (contender, [processor, wall]) in multicall::CONTENDERS.into_iter().zip(&figures) {
        let times_less = of_dxr / processor.median();
        table.row([
            contender.name.to_owned(),
            number(processor.median() * 1e6),
            format!("{:.0} %", processor.spread() * 100.0),
            number(wall.median() * 1e6),
            number(times_less),
            of_ours(contender, || targets::MULTICALL.judge(times_less)),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn idle(options: &Options) -> Result<()> {
    let contenders = [HYPER, OURS, AXUM, JSONRPSEE, DXR];
    let mut figures = contenders.map(|_| Times::default());
    // Fresh processes give nearly the same figure every time.
    for _ in 0..options.rounds.min(3) {
        for (contender, figures) in contenders.into_iter().zip(&mut figures) {
            figures.push(memory_of_idle(contender)?);
        }
    }
    println!("### Memory of an idle connection\n");
    println!("{IDLE} connections, each after one tiny call\n");
    let mut table = Table::new(&["contender", "bytes", "ratio", "target (floor)"], 1);
    let of_hyper = figures[0].median();
    for (contender, figures) in contenders.into_iter().zip(&figures) {
        let ratio = figures.median() / of_hyper;
        table.row([
            contender.name.to_owned(),
            number(figures.median()),
            number(ratio),
            of_ours(contender, || targets::IDLE.judge(ratio)),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// Bytes that a connection takes which waits for its next request.
fn memory_of_idle(contender: Contender) -> io::Result<f64> {
    let exchange = Exchange::tiny(contender.protocol);
    let child = checked(contender, &exchange)?;
    let before = child.memory()?;
    let mut connections = Vec::new();
    for _ in 0..IDLE {
        let mut connection = Connection::open(child.port)?;
        connection.exchange(&exchange)?;
        connections.push(connection);
    }
    let more = child.memory()?.saturating_sub(before);
    Ok(as_f64(more) / as_f64(connections.len() as u64))
}

fn instructions() -> Result<()> {
    println!("### Instructions and system calls of a tiny call\n");
    println!(
        "One connection; instructions outside of the system, by {}; system calls by strace\n",
        version("valgrind", "--version")
    );
    let columns = [
        "contender",
        "instructions",
        "ratio",
        "system calls",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    let mut of_hyper = None;
    for contender in [HYPER, OURS, AXUM, JSONRPSEE, DXR] {
        let exchange = Exchange::tiny(contender.protocol);
        let each = difference(|requests| under_callgrind(contender, &exchange, requests))?;
        let calls = difference(|requests| under_strace(contender, &exchange, requests));
        let ratio = each / *of_hyper.get_or_insert(each);
        table.row([
            contender.name.to_owned(),
            number(each),
            number(ratio),
            calls.map_or_else(|_| "-".to_owned(), number),
            String::new(),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// What one request costs: start and end of the process cancel out.
fn difference(count: impl Fn(usize) -> Result<u64>) -> Result<f64> {
    let (few, many) = (count(COUNTED / 10)?, count(COUNTED / 10 + COUNTED)?);
    Ok(as_f64(many.saturating_sub(few)) / as_f64(COUNTED as u64))
}

fn under_callgrind(contender: Contender, exchange: &Exchange, requests: usize) -> Result<u64> {
    let file = temporary("callgrind");
    let option = format!("--callgrind-out-file={}", file.display());
    let outcome = under(
        &["valgrind", "--quiet", "--tool=callgrind", &option],
        contender,
        exchange,
        requests,
    );
    let total = outcome.and_then(|()| Ok(callgrind::total(&file)?));
    // It is a file of a temporary folder.
    let _ = std::fs::remove_file(&file);
    total
}

fn under_strace(contender: Contender, exchange: &Exchange, requests: usize) -> Result<u64> {
    let file = temporary("strace");
    let name = file.to_string_lossy();
    let outcome = under(
        &["strace", "-f", "-c", "-U", "calls,name", "-o", &name],
        contender,
        exchange,
        requests,
    );
    let total = outcome.and_then(|()| {
        let text = std::fs::read_to_string(&file)?;
        let line = text.lines().find_map(|line| line.trim().strip_suffix("total"));
        Ok(line.ok_or("no total from strace")?.trim().parse()?)
    });
    // It is a file of a temporary folder.
    let _ = std::fs::remove_file(&file);
    total
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("xmlrpc-server-{}-{name}.out", std::process::id()))
}

/// A server under a program that counts, from its start to its end, with so many requests between.
fn under(program: &[&str], contender: Contender, exchange: &Exchange, requests: usize) -> Result<()> {
    let child = Child::start_under(&[&["taskset", "-c", SERVER], program].concat(), contender)?;
    let mut connection = Connection::open(child.port)?;
    for _ in 0..requests {
        connection.exchange(exchange)?;
    }
    drop(connection);
    Ok(child.end()?)
}
