//! Running this program's own subcommands as processes.
//!
//! The tour and the comparison start servers and clients the way a reader of the slides does: each in a
//! process of its own. Python has `subprocess.Popen`; its `timeout` argument is a thread and a channel here,
//! because a pipe in the standard library has no time limit of its own.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Most output that is kept of one process, in bytes.
const MOST_OUTPUT: u64 = 1 << 20;

/// A process that serves until it is dropped.
pub(crate) struct Server {
    _process: Killed,
    /// The address on its first line.
    pub(crate) address: String,
}

impl Server {
    /// Starts a subcommand and waits for its first line, whose last word is the address.
    pub(crate) fn start(args: &[&str], timeout: Duration) -> Result<Self> {
        let command = || format!("`demos {}`", args.join(" "));
        let mut child = this_program(args)?
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(command)?;
        let out = child.stdout.take();
        let process = Killed(child);
        let lines = first_line(out.context("a process without output")?);
        let line = lines
            .recv_timeout(timeout)
            .with_context(|| format!("{} did not get ready", command()))?;
        let address = line?
            .split_whitespace()
            .last()
            .with_context(|| format!("{} said nothing", command()))?
            .to_owned();
        Ok(Self {
            _process: process,
            address,
        })
    }
}

/// What a finished process left behind.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a subcommand to its end.
pub(crate) fn run(args: &[&str], input: &str, timeout: Duration) -> Result<Finished> {
    let deadline = Instant::now() + timeout;
    let command = || format!("`demos {}`", args.join(" "));
    let mut child = this_program(args)?
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(command)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut process = Killed(child);
    let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
        bail!("{} has no pipes", command());
    };
    let (out, err) = (everything(stdout), everything(stderr));
    let input = input.to_owned();
    // A process that does not read its input must not hold up the one that reads its output.
    thread::spawn(move || stdin.write_all(input.as_bytes()));
    let collect = |pipe: Receiver<io::Result<Vec<u8>>>| -> Result<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        match pipe.recv_timeout(left) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes?).into_owned()),
            Err(RecvTimeoutError::Timeout) => bail!("{} took longer than {timeout:?}", command()),
            Err(RecvTimeoutError::Disconnected) => bail!("reading the output of {} failed", command()),
        }
    };
    let (out, err) = (collect(out)?, collect(err)?);
    // Both outputs are closed, so the process is ending.
    let status = process.0.wait().with_context(command)?;
    Ok(Finished { status, out, err })
}

fn this_program(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::current_exe().context("finding this program")?);
    command.args(args).stdout(Stdio::piped());
    Ok(command)
}

/// A child process that ends with its owner, at the latest.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the first line in a thread, which then goes on reading so that the process never waits for its
/// reader.
fn first_line(out: ChildStdout) -> Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut out = BufReader::new(out);
        let mut line = String::new();
        let read = out.by_ref().take(MOST_OUTPUT).read_line(&mut line);
        // The receiver is gone when the time was over.
        let _ = sender.send(read.map(|_| line));
        let _ = io::copy(&mut out, &mut io::sink());
    });
    receiver
}

fn everything(pipe: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    receiver
}
