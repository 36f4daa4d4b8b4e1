//! Running programs as processes: this one's own subcommands, and others.
//!
//! The tour and the comparison start servers and clients the way a reader of the slides does: each in a
//! process of its own. Python has `subprocess.Popen`; its `timeout` argument is a thread and a channel here,
//! because a pipe in the standard library has no time limit of its own.

use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::process::{self, Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::terminal;

/// Most output that is kept of one process, in bytes.
const MOST_OUTPUT: u64 = 1 << 20;

/// A process that serves until it is dropped.
pub(crate) struct Server {
    process: Killed,
    /// Its output, once the first line was read.
    out: Receiver<io::Result<String>>,
    /// The address on its first line.
    pub(crate) address: String,
}

impl Server {
    /// Starts a subcommand and waits for its first line, whose last word is the address.
    pub(crate) fn start(args: &[&str], timeout: Duration) -> Result<Self> {
        Self::start_command(this_program(args)?, &name(args), timeout)
    }

    /// As [`start`](Self::start), for any program; `name` is for messages.
    pub(crate) fn start_command(mut command: Command, name: &str, timeout: Duration) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let (process, pipes) = Killed::start(&mut command).with_context(|| format!("starting {name}"))?;
        let out = first_line_and_rest(pipes.out.context("a process without output")?);
        let line = out
            .recv_timeout(timeout)
            .with_context(|| format!("{name} did not get ready"))?;
        let address = line?
            .split_whitespace()
            .last()
            .with_context(|| format!("{name} said nothing"))?
            .to_owned();
        Ok(Self {
            process,
            out,
            address,
        })
    }

    /// Starts a program that prints nothing to wait for.
    pub(crate) fn start_silent(mut command: Command, name: &str, address: String) -> Result<Self> {
        let (process, _) = Killed::start(&mut command).with_context(|| format!("starting {name}"))?;
        let (_, out) = mpsc::channel();
        Ok(Self {
            process,
            out,
            address,
        })
    }

    /// The number that the system has given to the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.0.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// Whether the process has come to its end.
    pub(crate) fn has_ended(&self) -> Result<bool> {
        Ok(self.process.status()?.is_some())
    }

    /// Asks the process to end, as `kill` does.
    pub(crate) fn terminate(&self) -> Result<()> {
        let kill = Command::new("kill").arg(self.id().to_string()).status();
        ensure!(kill.context("starting kill")?.success(), "kill failed");
        Ok(())
    }

    /// Waits for the process to end, and gives what it printed behind its first line.
    pub(crate) fn last_words(self, timeout: Duration) -> Result<String> {
        let status = self.process.wait(Instant::now() + timeout)?;
        ensure!(status.success(), "it ended with {status}");
        Ok(self.out.recv_timeout(timeout)??)
    }
}

/// What a finished process left behind.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Finished {
    /// What a program printed that must have succeeded.
    pub(crate) fn success(self, name: &str) -> Result<String> {
        let reason = self.err.lines().last().unwrap_or_default();
        ensure!(
            self.status.success(),
            "{name} ended with {}: {reason}",
            self.status
        );
        Ok(self.out)
    }
}

/// Runs a subcommand to its end.
pub(crate) fn run(args: &[&str], input: &str, timeout: Duration) -> Result<Finished> {
    run_command(this_program(args)?, &name(args), input, timeout)
}

/// As [`run`], for any program; `name` is for messages.
pub(crate) fn run_command(
    mut command: Command,
    name: &str,
    input: &str,
    timeout: Duration,
) -> Result<Finished> {
    let deadline = Instant::now() + timeout;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (process, pipes) = Killed::start(&mut command).with_context(|| format!("starting {name}"))?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (pipes.input, pipes.out, pipes.err) else {
        bail!("{name} has no pipes");
    };
    let (out, err) = (everything(stdout), everything(stderr));
    let input = input.to_owned();
    // A process that does not read its input must not hold up the one that reads its output.
    thread::spawn(move || stdin.write_all(input.as_bytes()));
    let collect = |pipe: Receiver<io::Result<Vec<u8>>>| -> Result<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        match pipe.recv_timeout(left) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes?).into_owned()),
            Err(RecvTimeoutError::Timeout) => bail!("{name} took longer than {timeout:?}"),
            Err(RecvTimeoutError::Disconnected) => bail!("reading the output of {name} failed"),
        }
    };
    let (out, err) = (collect(out)?, collect(err)?);
    // Both outputs are closed, so the process is ending.
    let status = process
        .wait(deadline)
        .with_context(|| format!("waiting for {name}"))?;
    Ok(Finished { status, out, err })
}

/// Ends the program on Ctrl-C, and before it the processes it has started, which would go on by themselves.
///
/// What was to be done is not done then, hence the status: 128 and the number of the signal, as shells have it.
pub(crate) fn end_all_on_ctrl_c() -> Result<()> {
    terminal::on_ctrl_c(|| {
        terminal::note("stopped");
        // Held to the end, so that no further process starts.
        let started = started();
        for child in started.iter() {
            kill(child);
        }
        process::exit(130)
    })
}

fn this_program(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::current_exe().context("finding this program")?);
    command.args(args);
    Ok(command)
}

fn name(args: &[&str]) -> String {
    format!("`demos {}`", args.join(" "))
}

/// All processes that run.
static STARTED: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

fn started() -> MutexGuard<'static, Vec<Arc<Mutex<Child>>>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child process that ends with its owner, at the latest.
struct Killed(Arc<Mutex<Child>>);

/// A process's standard streams, as far as they are pipes.
struct Pipes {
    input: Option<ChildStdin>,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
}

impl Killed {
    fn start(command: &mut Command) -> io::Result<(Self, Pipes)> {
        let mut started = started();
        let mut child = command.spawn()?;
        let pipes = Pipes {
            input: child.stdin.take(),
            out: child.stdout.take(),
            err: child.stderr.take(),
        };
        let child = Arc::new(Mutex::new(child));
        started.push(Arc::clone(&child));
        Ok((Self(child), pipes))
    }

    fn status(&self) -> io::Result<Option<ExitStatus>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).try_wait()
    }

    /// Waits for the end in short steps, so that [`end_all_on_ctrl_c`] gets hold of the process in between.
    fn wait(&self, deadline: Instant) -> io::Result<ExitStatus> {
        loop {
            match self.status()? {
                Some(status) => return Ok(status),
                None if Instant::now() > deadline => return Err(ErrorKind::TimedOut.into()),
                None => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        kill(&self.0);
        started().retain(|child| !Arc::ptr_eq(child, &self.0));
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads the first line in a thread, and then all that follows, so that the process never waits for its reader.
fn first_line_and_rest(out: ChildStdout) -> Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut out = BufReader::new(out);
        let mut line = String::new();
        let read = out.by_ref().take(MOST_OUTPUT).read_line(&mut line);
        // The receiver is gone when the time was over.
        let _ = sender.send(read.map(|_| line));
        let mut rest = String::new();
        let read = out.by_ref().take(MOST_OUTPUT).read_to_string(&mut rest);
        let _ = sender.send(read.map(|_| rest));
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
