//! Contenders as processes: how they are started, and what the system says of them.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::Duration;

use super::peers::{Contender, Program};

/// The processor that servers run on.
pub const SERVER: &str = "0";

const PYTHON: &str = include_str!("peers/python.py");

/// A contender that serves.
#[derive(Debug)]
pub struct Child {
    process: Process,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Child {
    /// Starts a contender on the processor of servers.
    ///
    /// # Errors
    ///
    /// When it does not start, or `taskset` is not there.
    pub fn start(contender: Contender) -> io::Result<Self> {
        Self::start_under(&["taskset", "-c", SERVER], contender)
    }

    /// Starts a contender under another program.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start_under(program: &[&str], contender: Contender) -> io::Result<Self> {
        let mut command = match contender.program {
            Program::Own => {
                let mut command = under(program, std::env::current_exe()?.as_os_str().as_ref());
                command.args(["--serve", contender.name]);
                command
            }
            Program::Python => {
                let mut command = under(program, "python3".as_ref());
                command.args(["-c", PYTHON, "serve"]);
                command
            }
        };
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let port = line
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("{} does not serve", contender.name)));
        match port {
            Ok(port) => Ok(Self { process, port }),
            Err(error) => {
                // It may have ended by itself.
                let _ = process.kill();
                process.wait()?;
                Err(error)
            }
        }
    }

    /// How long its threads have run, in the system too.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn processor_time(&self) -> io::Result<Duration> {
        processor_time(&self.process.id().to_string())
    }

    /// Bytes of memory that it has in use.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        let bytes = kibibytes.map(|kibibytes| kibibytes * 1024);
        bytes.ok_or_else(|| io::Error::other("the system does not tell how much memory a process has in use"))
    }

    /// Lets it end by itself.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn end(mut self) -> io::Result<()> {
        drop(self.process.stdin.take());
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to do about it then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command that another program runs.
fn under(program: &[&str], command: &Path) -> Command {
    let [first, arguments @ ..] = program else {
        return Command::new(command);
    };
    let mut all = Command::new(first);
    all.args(arguments).arg(command);
    all
}

/// What a program prints that this one runs on the processor of servers, as the contender's own program.
///
/// # Errors
///
/// When it fails.
pub fn output(contender: Contender, arguments: &[&str]) -> io::Result<String> {
    let mut command = match contender.program {
        Program::Own => under(&["taskset", "-c", SERVER], &std::env::current_exe()?),
        Program::Python => {
            let mut command = under(&["taskset", "-c", SERVER], "python3".as_ref());
            command.args(["-c", PYTHON]);
            command
        }
    };
    let output = command.args(arguments).stderr(Stdio::inherit()).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(io::Error::other(format!(
            "{} ended with {}",
            contender.name, output.status
        ))),
    }
}

/// How long the threads of a process have run. `process` is a number, or `self`.
///
/// # Errors
///
/// When the system does not tell.
pub fn processor_time(process: &str) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may have ended since.
        let Ok(line) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let on_processor = line
            .split(' ')
            .next()
            .and_then(|number| number.parse::<u64>().ok());
        nanoseconds += on_processor.unwrap_or_default();
    }
    match nanoseconds {
        0 => Err(io::Error::other(
            "the system does not tell how long a process has run",
        )),
        nanoseconds => Ok(Duration::from_nanos(nanoseconds)),
    }
}
