//! The command as a process with limits, and servers for it to call.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use xmlrpc_server::{Base64, DateTime, Fault, Methods, Value};
use xmlrpc_tests::{LIMIT, PythonServer, TestServer};

/// What the program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    /// Standard output as it is, and as text.
    pub(crate) bytes: Vec<u8>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output of a run that must have gone well, without a word on standard error.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        assert!(self.status.success() && self.err.is_empty(), "{self:?}");
        self.out
    }

    /// Standard error of a run that must have ended with this status.
    #[track_caller]
    pub(crate) fn failed(self, status: i32) -> String {
        assert_eq!(self.status.code(), Some(status), "{self:?}");
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

/// The program, with nothing in its environment that it looks at.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xmlrpc"));
    command.args(args);
    for name in [
        "XMLRPC_USER",
        "XMLRPC_PASSWORD",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NO_COLOR",
        "http_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
#[track_caller]
pub(crate) fn xmlrpc(args: &[&str]) -> Ran {
    xmlrpc_with(args, b"")
}

/// Runs it with something to read.
#[track_caller]
pub(crate) fn xmlrpc_with(args: &[&str], input: &[u8]) -> Ran {
    Running::start(&mut command(args), input).finish()
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
        let out = whole(child.stdout.take().unwrap());
        let err = whole(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    #[track_caller]
    pub(crate) fn finish(mut self) -> Ran {
        let whole = |pipe: &Receiver<Vec<u8>>| pipe.recv_timeout(LIMIT).expect("a program that ends");
        let (bytes, err) = (whole(&self.out), whole(&self.err));
        Ran {
            status: self.child.wait().unwrap(),
            out: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            err: String::from_utf8(err).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that listens, ended when dropped.
pub(crate) struct Listening {
    running: Running,
    url: String,
}

impl Listening {
    /// Starts it, and waits until it says where.
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::writing_to(Stdio::piped(), args)
    }

    /// As [`Self::start`], with something else as its standard output.
    #[track_caller]
    pub(crate) fn writing_to(output: Stdio, args: &[&str]) -> Self {
        let mut command = command(args);
        let command = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (first, first_line) = mpsc::channel();
        let (rest, err) = mpsc::channel();
        let mut pipe = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            let mut line = String::new();
            let _ = pipe.read_line(&mut line);
            let _ = first.send(line);
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            rest.send(bytes)
        });
        let out = whole(
            child
                .stdout
                .take()
                .map_or(Box::new(std::io::empty()) as Box<dyn Read + Send>, |pipe| {
                    Box::new(pipe)
                }),
        );
        let line = first_line.recv_timeout(LIMIT).expect("a line with the address");
        let url = line.split([' ', ',']).find(|word| word.starts_with("http://"));
        Self {
            url: url.unwrap_or_else(|| panic!("{line}")).to_owned(),
            running: Running { child, out, err },
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it ends by itself, and gives what it left behind.
    #[track_caller]
    pub(crate) fn ended(self) -> Ran {
        self.running.finish()
    }

    /// Interrupts it, and gives what it left behind.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn interrupted(self) -> Ran {
        self.running.interrupt();
        let ran = self.running.finish();
        assert_eq!(ran.status.code(), Some(130), "{ran:?}");
        ran
    }
}

fn whole(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        sender.send(bytes)
    });
    receiver
}

/// A file with a name of its own, removed when dropped.
pub(crate) struct Scratch(String);

impl Scratch {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("{}/{}-{number}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a shell prints for a line, on a terminal of 80 columns; `None`, loudly, where there is no `script` to make one.
#[cfg(unix)]
pub(crate) fn on_terminal(line: &str) -> Option<String> {
    on_terminal_of(80, line)
}

/// The same, on a terminal of so many columns.
#[cfg(unix)]
pub(crate) fn on_terminal_of(columns: usize, line: &str) -> Option<String> {
    let line = format!("stty cols {columns} rows 24; {line}");
    let output = command_of("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    let output = xmlrpc_tests::found("script", output)?;
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

#[cfg(unix)]
fn command_of(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    command
}

pub(crate) fn methods() -> Methods {
    Methods::new()
        .method("echo", |value: Value| value)
        .help("echo", "The value itself.")
        .method("add", |a: i32, b: i32| {
            a.checked_add(b).ok_or_else(|| Fault::new(7, "too large"))
        })
        .help("add", "Adds two numbers.\nSmall ones.")
        .method("moment", || "19980717T14:08:55".parse::<DateTime>().unwrap())
        .method("bytes", || Base64::from(*b"ABC"))
        .method("fail", |code: i32, text: String| -> Result<i32, Fault> {
            Err(Fault::new(code, text))
        })
}

pub(crate) fn server() -> TestServer {
    TestServer::start(methods())
}

/// Python's server; `None`, loudly, where there is no Python.
pub(crate) fn python_server() -> Option<PythonServer> {
    PythonServer::start(include_str!("server.py"))
}

/// Python's server without introspection and `system.multicall`.
pub(crate) fn bare_python_server() -> Option<PythonServer> {
    let script = include_str!("server.py").replace("server.register_introspection_functions()", "");
    PythonServer::start(&script.replace("server.register_multicall_functions()", ""))
}
