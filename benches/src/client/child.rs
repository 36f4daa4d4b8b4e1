//! Contenders as processes that wait for orders.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};

use super::{Contender, Order};
use crate::server::peers::Program;

/// The processor that clients run on; servers have the other one.
const CLIENT: &str = "1";

const PYTHON: &str = include_str!("calls/python.py");

/// What one call took its client.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Seconds of processor.
    pub processor: f64,
    /// Seconds by the clock, for all calls together, by the number of calls.
    pub wall: f64,
}

/// A client that is ready for orders.
#[derive(Debug)]
pub struct Child {
    process: Process,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
    name: &'static str,
}

impl Child {
    /// Starts a contender on the processor of clients, which is to call the server at a port of this machine.
    ///
    /// # Errors
    ///
    /// When it does not start, or `taskset` is not there.
    pub fn start(contender: Contender, port: u16) -> io::Result<Self> {
        Self::start_under(&["taskset", "-c", CLIENT], contender, port)
    }

    /// Starts a contender under another program.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start_under(program: &[&str], contender: Contender, port: u16) -> io::Result<Self> {
        let [first, arguments @ ..] = program else {
            return Err(io::Error::other("no program"));
        };
        let mut command = Command::new(first);
        command.args(arguments);
        match contender.program {
            Program::Own => command
                .arg(std::env::current_exe()?)
                .args(["--call", contender.name]),
            Program::Python => command.args(["python3", "-c", PYTHON]),
        };
        let pipes = command
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = pipes.spawn()?;
        let (orders, reports) = process
            .stdin
            .take()
            .zip(process.stdout.take())
            .ok_or_else(|| io::Error::other("a process without pipes"))?;
        Ok(Self {
            process,
            orders,
            reports: BufReader::new(reports),
            name: contender.name,
        })
    }

    /// Lets it make calls, and says what each of them took.
    ///
    /// # Errors
    ///
    /// When a call fails, or gives another result than it should.
    pub fn run(&mut self, order: Order) -> io::Result<Taken> {
        self.orders.write_all(order.line().as_bytes())?;
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[processor, wall]) => {
                let calls = f64::from(order.calls());
                Ok(Taken {
                    processor: processor / 1e9 / calls,
                    wall: wall / 1e9 / calls,
                })
            }
            _ => Err(io::Error::other(format!("{} says: {line}", self.name))),
        }
    }

    /// Lets it end by itself.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn end(self) -> io::Result<()> {
        let Self {
            mut process, orders, ..
        } = self;
        drop(orders);
        process.wait()?;
        Ok(())
    }
}
