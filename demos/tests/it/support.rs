//! Processes with limits, and what this machine has.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Longest wait for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Finished {
    /// Standard output of a program that must have succeeded.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        assert!(self.status.success(), "{}: {}", self.status, self.err);
        String::from_utf8(self.out).unwrap()
    }

    /// The message of a program that must have failed with status 1, plainly.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        let last = self.err.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("demos: ") && !self.err.contains("panicked"),
            "{}",
            self.err
        );
        last.trim_start_matches("demos: ").to_owned()
    }
}

/// Runs a subcommand to its end.
#[track_caller]
pub(crate) fn run(args: &[&str]) -> Finished {
    run_with_input(args, b"")
}

/// Runs a subcommand that reads this input.
#[track_caller]
pub(crate) fn run_with_input(args: &[&str], input: &[u8]) -> Finished {
    Running::start(Command::new(env!("CARGO_BIN_EXE_demos")).args(args), input).finish()
}

/// Runs a program of this machine and gives what it prints; `None`, loudly, where there is no such program.
pub(crate) fn run_python(script: &str) -> Option<String> {
    let mut python = Command::new("python3");
    python.args(["-X", "utf8", "-c", script]);
    match python.output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            assert!(
                env::var_os("CI").is_none(),
                "the pipeline installs python3, but: {error}"
            );
            eprintln!("SKIPPED: no python3 to compare with ({error})");
            None
        }
    }
}

/// Whether the loopback interface has its IPv6 address; says so loudly when not.
pub(crate) fn has_ipv6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        eprintln!("SKIPPED: this machine has no ::1");
    }
    has
}

/// A program that runs, ended when dropped.
pub(crate) struct Running {
    child: Child,
    out: Receiver<Vec<u8>>,
    err: Receiver<Vec<u8>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command, input: &[u8]) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that ends early does not read its input.
        thread::spawn(move || stdin.write_all(&input));
        let out = pieces(child.stdout.take().unwrap());
        let err = pieces(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    /// The next line of standard output.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        let line = self.out.recv_timeout(LIMIT).expect("a line of output");
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let collect = |pipe: &Receiver<Vec<u8>>| {
            let mut all = Vec::new();
            loop {
                match pipe.recv_timeout(LIMIT) {
                    Ok(piece) => all.extend(piece),
                    Err(mpsc::RecvTimeoutError::Disconnected) => return all,
                    Err(mpsc::RecvTimeoutError::Timeout) => panic!("the program did not end"),
                }
            }
        };
        let out = collect(&self.out);
        let err = String::from_utf8_lossy(&collect(&self.err)).into_owned();
        // Both pipes are closed: the program is at its end.
        Finished {
            status: self.child.wait().unwrap(),
            out,
            err,
        }
    }

    /// Presses Ctrl-C and waits for the end.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn interrupt(self) -> Finished {
        self.signal("INT");
        self.finish()
    }

    /// Sends a signal.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a free port, ended when dropped.
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) address: SocketAddr,
}

impl Server {
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_command(Command::new(env!("CARGO_BIN_EXE_demos")).args(args))
    }

    /// Starts a command whose first line ends with the address it listens on.
    #[track_caller]
    pub(crate) fn start_command(command: &mut Command) -> Self {
        let process = Running::start(command, b"");
        let line = process.line();
        let address = line
            .split(' ')
            .next_back()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("no address in {line:?}"));
        Self { process, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }
}

/// A connection that neither reads nor writes for longer than the limit.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, LIMIT).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads a pipe in a thread, line by line, so that nobody waits without a limit.
fn pieces(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        loop {
            let mut line = Vec::new();
            match pipe.read_until(b'\n', &mut line) {
                Ok(1..) if sender.send(line).is_ok() => {}
                _ => return,
            }
        }
    });
    receiver
}
