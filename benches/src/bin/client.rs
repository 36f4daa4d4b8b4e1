//! Prints what calls cost the client, and how that compares with bare reqwest and with its peers.
//!
//! Arguments: `sequential`, `concurrent`, `multicall` and `instructions` select tables (all of them if there is none), and `--rounds N`
//! says how often the contenders take turns. `taskset` keeps client and server on processors of their own. `--serve <server>` and
//! `--call <contender> <port>` are how the program starts itself.

use std::error::Error;
use std::io;
use std::process::{Command, ExitCode};

use benches::client::child::{Child, Taken};
use benches::client::{ALL, Contender, DXR, OURS, Order, PYTHON, REQWEST, calls};
use benches::measure::{Times, as_f64};
use benches::server::child::Child as Server;
use benches::server::peers;
use benches::table::{Table, number};
use benches::{callgrind, machine, targets};

const TABLES: [&str; 4] = ["sequential", "concurrent", "multicall", "instructions"];
const ROUNDS: usize = 21;
/// Calls of a turn; Python makes a tenth of them.
const CALLS: u32 = 6_400;
/// Tasks that call at a time, in the table of that name.
const AT_A_TIME: u32 = 64;
/// Calls in a batch.
const BATCH: u32 = 1_000;
/// Calls between the two counts of instructions.
const COUNTED: u32 = 2_000;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--serve", name] => peers::serve(name).map_err(|error| error.to_string().into()),
        ["--call", name, port] => calls::serve_orders(name, port),
        ref words => Options::of(words).and_then(|options| all(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What stood on the command line.
struct Options {
    tables: Vec<String>,
    rounds: usize,
}

impl Options {
    fn of(words: &[&str]) -> Result<Self> {
        let (mut tables, mut rounds) = (Vec::new(), ROUNDS);
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--rounds" => {
                    rounds = words
                        .next()
                        .ok_or("--rounds wants a number")?
                        .parse::<usize>()?
                        .max(1);
                }
                table if TABLES.contains(&table) => tables.push(table.to_owned()),
                _ => return Err(format!("there is no {word}; tables are {}", TABLES.join(", ")).into()),
            }
        }
        Ok(Self { tables, rounds })
    }

    fn selects(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|selected| selected == table)
    }
}

fn all(options: &Options) -> Result<()> {
    print!("{}", machine::description());
    println!("- rounds: {}\n", options.rounds);
    if options.selects("sequential") {
        single(options, 1)?;
    }
    if options.selects("concurrent") {
        single(options, AT_A_TIME)?;
    }
    if options.selects("multicall") {
        multicall(options)?;
    }
    if options.selects("instructions") {
        instructions()?;
    }
    Ok(())
}

/// A client with its server, and the figures of its turns.
struct Pair {
    contender: Contender,
    client: Child,
    server: Server,
}

impl Pair {
    fn start(contender: Contender, server: peers::Contender) -> io::Result<Self> {
        let server = Server::start(server)?;
        let client = Child::start(contender, server.port)?;
        Ok(Self {
            contender,
            client,
            server,
        })
    }

    /// What each call took, and how much of the server's processor.
    fn run(&mut self, order: Order) -> io::Result<(Taken, f64)> {
        let before = self.server.processor_time()?;
        let taken = self.client.run(order)?;
        let of_server = self.server.processor_time()? - before;
        Ok((taken, of_server.as_secs_f64() / f64::from(order.calls())))
    }
}

/// The figures of one contender, round by round.
#[derive(Default)]
struct Figures {
    processor: Times,
    wall: Times,
    /// Processor time of client and server.
    both: Times,
}

/// Lets pairs take turns, after one turn to warm up.
fn in_turns(pairs: &mut [Pair], rounds: usize, order: impl Fn(Contender) -> Order) -> Result<Vec<Figures>> {
    let mut figures: Vec<Figures> = pairs.iter().map(|_| Figures::default()).collect();
    for pair in &mut *pairs {
        pair.run(order(pair.contender))?;
    }
    for round in 0..rounds {
        for turn in 0..pairs.len() {
            let index = (round + turn) % pairs.len();
            let pair = &mut pairs[index];
            let (taken, of_server) = pair.run(order(pair.contender))?;
            figures[index].processor.push(taken.processor);
            figures[index].wall.push(taken.wall);
            figures[index].both.push(taken.processor + of_server);
        }
    }
    Ok(figures)
}

/// Fewer for Python, which takes longer.
fn calls_of(contender: Contender, calls: u32) -> u32 {
    if contender == PYTHON { calls / 10 } else { calls }
}

fn single(options: &Options, at_a_time: u32) -> Result<()> {
    let pairs = ALL.map(|contender| Pair::start(contender, contender.fastest_server()));
    let mut pairs = pairs.into_iter().collect::<io::Result<Vec<_>>>()?;
    let order = |contender| Order::Single {
        calls: calls_of(contender, CALLS),
        at_a_time,
    };
    let figures = in_turns(&mut pairs, options.rounds, order)?;
    println!("### Tiny call, {at_a_time} at a time\n");
    let columns = [
        "contender",
        "us of processor",
        "spread",
        "ratio",
        "calls/s",
        "ratio",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    let of = |contender: Contender, figure: fn(&Figures) -> f64| {
        let found = pairs.iter().position(|pair| pair.contender == contender);
        found.map_or(f64::NAN, |index| figure(&figures[index]))
    };
    let processor = |figures: &Figures| figures.processor.median();
    let rate = |figures: &Figures| 1.0 / figures.wall.median();
    for (pair, figures) in pairs.iter().zip(&figures) {
        let ratio = processor(figures) / of(REQWEST, processor);
        let ahead = [DXR, PYTHON].iter().all(|&other| rate(figures) > of(other, rate));
        let verdict = match pair.contender {
            OURS => format!(
                "processor {}; calls ahead of dxr and Python: {}",
                targets::CLIENT.judge(ratio),
                if ahead { "met" } else { "**missed**" }
            ),
            _ => String::new(),
        };
        table.row([
            pair.contender.name.to_owned(),
            number(processor(figures) * 1e6),
            format!("{:.0} %", figures.processor.spread() * 100.0),
            number(ratio),
            number(rate(figures)),
            number(rate(figures) / of(REQWEST, rate)),
            verdict,
        ]);
    }
    println!("{table}");
    Ok(())
}

fn multicall(options: &Options) -> Result<()> {
    let contenders = ALL.into_iter().filter(|contender| contender.has_batches);
    let pairs = contenders.map(|contender| Pair::start(contender, contender.whole_server()));
    let mut pairs = pairs.collect::<io::Result<Vec<_>>>()?;
    let single = |contender| Order::Single {
        calls: calls_of(contender, CALLS),
        at_a_time: 1,
    };
    let batch = |contender| Order::Batch {
        calls: BATCH,
        times: calls_of(contender, CALLS * 10) / BATCH,
    };
    let single = in_turns(&mut pairs, options.rounds, single)?;
    let batch = in_turns(&mut pairs, options.rounds, batch)?;
    println!("### A batch of {BATCH} tiny calls against single ones, one after the other\n");
    println!("For each call; processor time is that of client and server\n");
    let columns = [
        "contender",
        "us of processor, single",
        "in a batch",
        "times less",
        "us by the clock, single",
        "in a batch",
        "times less",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 1);
    for ((pair, single), batch) in pairs.iter().zip(&single).zip(&batch) {
        let [processor, wall] = [
            single.both.median() / batch.both.median(),
            single.wall.median() / batch.wall.median(),
        ];
        let verdict = match pair.contender {
            OURS => targets::BATCH.judge(processor.min(wall)),
            _ => String::new(),
        };
        table.row([
            pair.contender.name.to_owned(),
            number(single.both.median() * 1e6),
            number(batch.both.median() * 1e6),
            number(processor),
            number(single.wall.median() * 1e6),
            number(batch.wall.median() * 1e6),
            number(wall),
            verdict,
        ]);
    }
    println!("{table}");
    Ok(())
}

fn instructions() -> Result<()> {
    println!("### Instructions of a tiny call\n");
    let valgrind = Command::new("valgrind").arg("--version").output()?;
    println!(
        "One call after the other; instructions of the client outside of the system, by {}\n",
        String::from_utf8_lossy(&valgrind.stdout).trim()
    );
    let mut table = Table::new(&["contender", "instructions", "ratio", "target (floor)"], 1);
    let mut of_reqwest = None;
    for contender in ALL.into_iter().filter(|&contender| contender != PYTHON) {
        let (few, many) = (
            counted(contender, COUNTED / 10)?,
            counted(contender, COUNTED / 10 + COUNTED)?,
        );
        let each = as_f64(many.saturating_sub(few)) / f64::from(COUNTED);
        let ratio = each / *of_reqwest.get_or_insert(each);
        table.row([
            contender.name.to_owned(),
            number(each),
            number(ratio),
            String::new(),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// A client under callgrind, from its start to its end, with so many calls between.
fn counted(contender: Contender, calls: u32) -> Result<u64> {
    let file = std::env::temp_dir().join(format!("xmlrpc-client-{}-callgrind.out", std::process::id()));
    let option = format!("--callgrind-out-file={}", file.display());
    let server = Server::start(contender.fastest_server())?;
    let program = ["valgrind", "--quiet", "--tool=callgrind", &option];
    let mut client = Child::start_under(&program, contender, server.port)?;
    client.run(Order::Single { calls, at_a_time: 1 })?;
    client.end()?;
    let total = callgrind::total(&file);
    // It is a file of a temporary folder.
    let _ = std::fs::remove_file(&file);
    Ok(total?)
}
