//! `xmlrpc multicall`: calls as lines of JSON, results as lines of JSON in the same order. Where the server has no `system.multicall`, the
//! client's batches make the calls one by one.

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use xmlrpc_client::{Error, ServerProxy, Value};

use crate::common::Common;
use crate::document::{Document, Types, fault_to_json};
use crate::failure::{Failure, Result};
use crate::input::{Lines, Next, Source};
use crate::json::parse::parse;
use crate::json::print::Style;
use crate::terminal;

/// How long calls from a pipe wait for others to go with them.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long work may take before its progress is shown.
const LONG: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server
    url: String,
    /// Calls, one a line: {"method":…,"params":[…]}; standard input without it, and for -
    file: Option<PathBuf>,
    /// Calls in one exchange, or fewer where no other comes for 20 ms
    #[arg(long, value_name = "CALLS", default_value = "100")]
    chunk: NonZeroUsize,
}

/// A call, and the line on which it stands.
struct Entry {
    line: usize,
    method: String,
    params: Vec<Value>,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let server = common.server(&args.url)?;
    let source = Source::new(args.file.as_deref());
    let length = source.length();
    let mut calls = Calls {
        patience: length.is_none().then_some(PATIENCE),
        lines: Lines::of(source),
        line: 0,
        read: 0,
        types: common.types(),
    };
    let mut work = Work {
        server,
        types: common.types(),
        any_fault: false,
        progress: Progress::start(length),
    };
    let runtime = Common::runtime()?;
    loop {
        let (chunk, end) = calls.next(args.chunk.get());
        runtime.block_on(work.exchange(&chunk))?;
        work.progress.at(calls.read);
        match end {
            None => {}
            Some(Ok(())) => break,
            // What stood before it is done.
            Some(Err(failure)) => return Err(failure),
        }
    }
    if work.any_fault {
        Err(Failure::Faults)
    } else {
        Ok(())
    }
}

/// The calls that come in.
struct Calls {
    lines: Lines,
    /// How long to wait for calls that may go with those that came, if they are not all there already.
    patience: Option<Duration>,
    line: usize,
    /// Bytes of input.
    read: u64,
    types: Types,
}

impl Calls {
    /// The next calls, at most `count`, and how the input ended if it did.
    fn next(&mut self, count: usize) -> (Vec<Entry>, Option<Result>) {
        let mut chunk = Vec::new();
        while chunk.len() < count {
            let wait = if chunk.is_empty() { None } else { self.patience };
            let entry = match self.lines.next(wait) {
                Ok(Next::Line(line)) => self.entry(&line),
                Ok(Next::NotYet) => break,
                Ok(Next::End) => return (chunk, Some(Ok(()))),
                Err(failure) => Err(failure),
            };
            match entry {
                Ok(entry) => chunk.extend(entry),
                Err(failure) => return (chunk, Some(Err(failure))),
            }
        }
        (chunk, None)
    }

    /// The call on a line; `None` for an empty one.
    fn entry(&mut self, line: &[u8]) -> Result<Option<Entry>> {
        self.line += 1;
        self.read += line.len() as u64 + 1;
        let wrong = |message: &str| Failure::Usage(format!("line {}: {message}", self.line));
        let text = std::str::from_utf8(line).map_err(|error| wrong(&error.to_string()))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let document = parse(text).and_then(|json| Document::from_json(json, self.types));
        match document.map_err(|error| wrong(&error.explained(text)))? {
            Document::Call { method, params } => Ok(Some(Entry {
                line: self.line,
                method,
                params,
            })),
            _ => Err(wrong("expected a call, {\"method\":…,\"params\":[…]}")),
        }
    }
}

/// What is done with the calls.
struct Work {
    server: ServerProxy,
    types: Types,
    any_fault: bool,
    progress: Progress,
}

impl Work {
    /// Makes calls and prints what they give.
    async fn exchange(&mut self, chunk: &[Entry]) -> Result {
        let mut batch = self.server.multicall().chunk(NonZeroUsize::MAX);
        let mut handles = Vec::with_capacity(chunk.len());
        for entry in chunk {
            let handle = batch.add::<Value>(&entry.method, &entry.params);
            handles.push(handle.map_err(|error| Failure::Usage(format!("line {}: {error:#}", entry.line)))?);
        }
        let mut results = batch.send().await?;
        for (entry, handle) in chunk.iter().zip(handles) {
            self.print(entry, results.take(handle))?;
        }
        Ok(())
    }

    fn print(&mut self, entry: &Entry, outcome: std::result::Result<Value, Error>) -> Result {
        let json = match outcome.map_err(Failure::from) {
            Ok(result) => self.types.to_json(&result),
            Err(Failure::Fault(fault)) => {
                self.any_fault = true;
                self.progress
                    .aside(|| terminal::note(&terminal::one_line(&format!("{fault} (line {})", entry.line))));
                fault_to_json(&fault)
            }
            Err(failure) => return Err(failure),
        };
        terminal::print((Style::Compact.print(&json) + "\n").as_bytes())
    }
}

/// A bar on a terminal that shows nothing else, for as much of the file as was called.
struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Of so many bytes of input; of unknown many, it is no bar but a number.
    fn start(length: Option<u64>) -> Self {
        let template = match length {
            Some(_) => "{bar:40} {percent}% of {total_bytes}, {elapsed}, {eta} left",
            None => "{spinner} {bytes} of calls, {elapsed}",
        };
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        Self {
            bar: match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            },
            started: Instant::now(),
        }
    }

    fn at(&self, bytes: u64) {
        self.bar.set_position(bytes);
        let alone = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        if self.bar.is_hidden() && alone && self.started.elapsed() > LONG {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Writes something beside the bar.
    fn aside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
