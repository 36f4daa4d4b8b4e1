//! Full load on a server for as long as asked, with good and bad traffic at once: no good call may fail, and what the server holds must
//! not grow.
//!
//! ```sh
//! cargo build --release -p xmlrpc-tests && target/release/soak --minutes 10
//! ```
//!
//! It starts the program `server` that stands beside it, prints a line for each interval and a table at the end, and ends with status 1
//! when a good call failed or memory grew.

use std::fmt::Write as _;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use xmlrpc_tests::{Connection, ServerProcess};

/// Drives a server with good and bad traffic.
#[derive(Parser)]
struct Options {
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Threads that make good calls, each on connections of its own.
    #[arg(long, default_value_t = 8)]
    good: usize,
    /// Threads that do harm.
    #[arg(long, default_value_t = 4)]
    bad: usize,
    /// Seconds between two looks at the server's memory.
    #[arg(long, default_value_t = 10)]
    interval: u64,
}

/// What happened so far.
#[derive(Default)]
struct Counts {
    over: AtomicBool,
    calls: AtomicU64,
    failures: AtomicU64,
    attacks: AtomicU64,
}

impl Counts {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

fn request(body: &str) -> String {
    format!(
        "POST /RPC2 HTTP/1.1\r\nHost: soak\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn call(method: &str, values: &[&str]) -> String {
    let mut params = String::new();
    for value in values {
        // Writing to a string does not fail.
        let _ = write!(params, "<param><value>{value}</value></param>");
    }
    format!("<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>")
}

/// Good calls, each with a part of its answer.
fn good_calls() -> Vec<(String, String)> {
    let record = "<struct><member><name>id</name><value><int>7</int></value></member><member><name>name</name>\
        <value><string>größer &amp; kleiner</string></value></member></struct>";
    let records = format!(
        "<array><data>{}</data></array>",
        format!("<value>{record}</value>").repeat(200)
    );
    let entry = "<value><struct><member><name>methodName</name><value>ping</value></member></struct></value>";
    let entries = format!("<array><data>{}</data></array>", entry.repeat(50));
    let pongs = "<value><array><data><value><string>pong</string></value></data></array></value>".repeat(50);
    vec![
        (
            call("add", &["<int>1</int>", "<int>2</int>"]),
            "<int>3</int>".to_owned(),
        ),
        (call("ping", &[]), "pong".to_owned()),
        (call("echo", &[&records]), records),
        (call("system.multicall", &[&entries]), pongs),
        (call("fill", &["<int>100000</int>"]), "x".repeat(100_000)),
        (call("wait", &["<int>1</int>"]), "<int>1</int>".to_owned()),
        (call("block", &["<int>1</int>"]), "<int>1</int>".to_owned()),
        (call("panic", &["text"]), "-32603".to_owned()),
        (call("nothing.there", &[]), "-32601".to_owned()),
    ]
}

/// Calls and checks the answers, on one connection after the other.
fn do_good(server: &ServerProcess, counts: &Counts) {
    let calls = good_calls();
    while !counts.is_over() {
        let mut connection = server.connect();
        for (body, expected) in calls.iter().cycle().take(1000) {
            if counts.is_over() {
                return;
            }
            counts.calls.fetch_add(1, Ordering::Relaxed);
            let trouble = match connection.post(body) {
                Ok(answer) if answer.body.contains(expected.as_str()) => continue,
                Ok(answer) => format!("{:.300}", answer.head + &answer.body),
                Err(error) => error.to_string(),
            };
            counts.failures.fetch_add(1, Ordering::Relaxed);
            eprintln!("a good call failed: {body:.120}: {trouble}");
            break;
        }
    }
}

/// What harms, or tries to: bytes to send, and whether the connection is reset after them instead of read to its end.
fn attacks() -> Vec<(Vec<u8>, bool)> {
    let good = request(&call("add", &["<int>1</int>", "<int>2</int>"]));
    let deep = |levels: usize| {
        let (open, close) = (
            "<value><array><data>".repeat(levels),
            "</data></array></value>".repeat(levels),
        );
        request(&format!(
            "<methodCall><methodName>echo</methodName><params><param>{open}{close}</param></params></methodCall>"
        ))
    };
    let entry = "<value><struct><member><name>methodName</name><value>ping</value></member></struct></value>";
    let long = "POST /RPC2 HTTP/1.1\r\nHost: soak\r\nContent-Length: ";
    let attributes: String = (0..5000).map(|n| format!(" a{n}='x'")).collect();
    let mut attacks: Vec<(Vec<u8>, bool)> = [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: soak\r\n\r\n".to_owned(),
        request("<methodCall>"),
        request("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><methodCall/>"),
        request(&format!("<methodCall{attributes}/>")),
        deep(200),
        deep(20_000),
        request(&call(
            "system.multicall",
            &[&format!("<array><data>{}</data></array>", entry.repeat(2000))],
        )),
        format!("{long}99999999999\r\n\r\n"),
        format!("{long}-1\r\n\r\n"),
        format!("{long}10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "POST /RPC2 HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"
            .to_owned(),
        format!(
            "POST /RPC2 HTTP/1.1\r\nHost: soak\r\nX: {}\r\n\r\n",
            "x".repeat(1_000_000)
        ),
        format!("{long}1000\r\n\r\nshort"),
    ]
    .map(|bytes| (bytes.into_bytes(), false))
    .into();
    // Gone at every stage: in the head, in the body, while the call runs, while the reply is written.
    let stages = [
        good[..20].to_owned(),
        good[..good.len() - 10].to_owned(),
        good,
        request(&call("wait", &["<int>20</int>"])),
        request(&call("block", &["<int>20</int>"])),
        request(&call("fill", &["<int>3000000</int>"])),
    ];
    attacks.extend(stages.map(|bytes| (bytes.into_bytes(), true)));
    attacks
}

/// Attacks, on a connection each. Whether it is answered or cut off is the server's to choose.
fn do_harm(server: &ServerProcess, counts: &Counts) {
    for (bytes, reset) in attacks().iter().cycle() {
        if counts.is_over() {
            return;
        }
        counts.attacks.fetch_add(1, Ordering::Relaxed);
        let mut connection = server.connect();
        let _ = attack(&mut connection, bytes, *reset);
        if *reset {
            let _ = connection.reset();
        }
    }
}

fn attack(connection: &mut Connection, bytes: &[u8], reset: bool) -> io::Result<()> {
    connection.send(bytes)?;
    if !reset {
        connection.end()?;
        connection.rest()?;
    }
    Ok(())
}

/// What the server holds: bytes allocated, and resident memory in kilobytes where the system tells it.
struct Memory {
    heap: u64,
    resident: u64,
}

impl Memory {
    fn of(server: &ServerProcess) -> io::Result<Self> {
        let answer = server.connect().post(call("heap", &[]))?;
        let heap = answer.body.split(['<', '>']).find_map(|text| text.parse().ok());
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        Ok(Self {
            heap: heap.ok_or(io::ErrorKind::InvalidData)?,
            resident: resident.unwrap_or_default(),
        })
    }
}

/// Looks at the memory until time is up.
fn watch(
    server: &ServerProcess,
    counts: &Counts,
    time: Duration,
    interval: Duration,
) -> io::Result<Vec<Memory>> {
    let (begin, mut seen) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        std::thread::sleep(interval.min(time.saturating_sub(begin.elapsed())));
        let memory = Memory::of(server)?;
        println!(
            "{:>5} s  {:>10} good calls  {:>3} failures  {:>8} attacks  heap {:>6} kB  resident {:>6} kB",
            begin.elapsed().as_secs(),
            counts.calls.load(Ordering::Relaxed),
            counts.failures.load(Ordering::Relaxed),
            counts.attacks.load(Ordering::Relaxed),
            memory.heap / 1024,
            memory.resident
        );
        seen.push(memory);
    }
    Ok(seen)
}

/// Puts the server under full load for a time; what it held meanwhile.
fn load(
    server: &ServerProcess,
    counts: &Counts,
    options: &Options,
    time: Duration,
) -> io::Result<Vec<Memory>> {
    counts.over.store(false, Ordering::Relaxed);
    std::thread::scope(|scope| {
        for _ in 0..options.good {
            scope.spawn(|| do_good(server, counts));
        }
        for _ in 0..options.bad {
            scope.spawn(|| do_harm(server, counts));
        }
        let seen = watch(server, counts, time, Duration::from_secs(options.interval));
        counts.over.store(true, Ordering::Relaxed);
        seen
    })
}

/// What is held when nothing is asked for any more: the least within a time in which threads without work end, too.
fn at_rest(server: &ServerProcess) -> io::Result<Memory> {
    let (end, mut least) = (Instant::now() + Duration::from_secs(15), Memory::of(server)?);
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(250));
        let memory = Memory::of(server)?;
        if memory.heap < least.heap {
            least = memory;
        }
    }
    Ok(least)
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let options = Options::parse();
    let program = std::env::current_exe()?.with_file_name(format!("server{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    let server = ServerProcess::start(command.args(["--body-timeout", "2000", "--header-timeout", "5000"]));
    let counts = Counts::default();

    // What the process makes once and keeps is there after the first load.
    let time = Duration::from_secs_f64(options.minutes * 60.0);
    load(&server, &counts, &options, time / 10)?;
    let before = at_rest(&server)?;
    let seen = load(&server, &counts, &options, time)?;
    let after = at_rest(&server)?;

    // Under load it goes up and down with the calls that run just then, so that the most of each half is told.
    let (first, second) = seen.split_at(seen.len() / 2);
    let most = |seen: &[Memory]| seen.iter().map(|memory| memory.heap).max().unwrap_or_default();
    println!(
        "\n| minutes | good calls | failures | attacks | heap at rest before | most, first half | most, second half | heap at rest after |\n\
         |---|---|---|---|---|---|---|---|\n\
         | {} | {} | {} | {} | {} kB | {} kB | {} kB | {} kB |",
        options.minutes,
        counts.calls.load(Ordering::Relaxed),
        counts.failures.load(Ordering::Relaxed),
        counts.attacks.load(Ordering::Relaxed),
        before.heap / 1024,
        most(first) / 1024,
        most(second) / 1024,
        after.heap / 1024,
    );
    let failed = counts.failures.load(Ordering::Relaxed) > 0;
    let grown = after.heap > before.heap + before.heap / 10;
    if grown {
        eprintln!(
            "{} bytes are held at rest, {} were before",
            after.heap, before.heap
        );
    }
    Ok(match failed || grown {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}
