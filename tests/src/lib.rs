//! What the tests across crates share: a server of their own, raw HTTP, Python, and a limit on every wait.

mod browser;

use std::convert::Infallible;
use std::ffi::OsStr;
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::{Request, Response};
use socket2::SockRef;
use tokio::sync::oneshot;
use tower_service::Service;
use xmlrpc_server::{Error, HttpService, ReplyBody, RequestBody, Server};

pub use browser::{Browser, keys};

/// The examples of the README, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct ReadmeExamples;

/// The longest wait for anything.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits for something, but not for ever.
///
/// # Panics
///
/// When it takes longer than [`LIMIT`].
pub async fn within<F: Future>(future: F) -> F::Output {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("nothing came within {LIMIT:?}"),
    }
}

/// A server on a free port of 127.0.0.1, ended when dropped. A panic of its thread is one of the test.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Ready when a server is to stop.
type Until = Pin<Box<dyn Future<Output = ()> + Send>>;

impl TestServer {
    /// Serves methods, or a service made of them, as [`Server`] does by default.
    pub fn start(service: impl Into<HttpService>) -> Self {
        Self::start_with(service, |server| server)
    }

    /// Serves with options of the server.
    ///
    /// # Panics
    ///
    /// When no port can be bound.
    pub fn start_with(
        service: impl Into<HttpService>,
        options: impl FnOnce(Server) -> Server + Send + 'static,
    ) -> Self {
        let service = service.into();
        Self::run(|server, until| options(server).serve_with_shutdown(service, until))
    }

    /// Serves a service of tower's, such as an [`HttpService`] behind layers.
    ///
    /// # Panics
    ///
    /// When no port can be bound.
    pub fn start_service<S>(service: S) -> Self
    where
        S: Service<Request<RequestBody>, Response = Response<ReplyBody>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Self::run(|server, until| server.serve_service(service, until))
    }

    fn run<F>(serve: impl FnOnce(Server, Until) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>>,
    {
        let (bound, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async move {
                let server = Server::bind("127.0.0.1:0").await.expect("a free port");
                bound.send(server.local_addr()).expect("a test that waits");
                let until: Until = Box::pin(async {
                    let _ = stopped.await;
                });
                serve(server, until).await.expect("serving");
            });
        });
        let address = address.recv_timeout(LIMIT).expect("a server that starts");
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its `/RPC2`.
    pub fn url(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }

    /// A raw connection to it.
    ///
    /// # Panics
    ///
    /// When it does not accept.
    pub fn connect(&self) -> Connection {
        Connection::to(self.address)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(!matches!(ended, Some(Err(_))), "the server's thread panicked");
        }
    }
}

/// A connection on which requests are written and answers read, byte by byte.
#[derive(Debug)]
pub struct Connection(BufReader<TcpStream>);

/// The parts of an HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// The status line and the headers, names in lower case.
    pub head: String,
    /// The body, as long as Content-Length says.
    pub body: String,
}

impl Answer {
    /// The status code.
    ///
    /// # Panics
    ///
    /// When the status line has none.
    pub fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("a status code")
    }
}

impl Connection {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, LIMIT).expect("a server that accepts");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        stream.set_write_timeout(Some(LIMIT)).expect("a timeout");
        // Without this a body waits until the head before it is acknowledged: 40 ms for each request.
        stream.set_nodelay(true).expect("a connection");
        Self(BufReader::new(stream))
    }

    /// Posts a document to `/RPC2` and reads the answer.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn post(&mut self, body: impl AsRef<[u8]>) -> io::Result<Answer> {
        let body = body.as_ref();
        self.send(format!(
            "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ))?;
        self.send(body)?;
        self.answer()
    }

    /// Writes raw bytes.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// Says that nothing more will be written.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn end(&mut self) -> io::Result<()> {
        self.0.get_mut().shutdown(std::net::Shutdown::Write)
    }

    /// Reads one answer.
    ///
    /// # Errors
    ///
    /// The connection's; one that ends before the answer does is [`io::ErrorKind::UnexpectedEof`].
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok(Answer {
            head,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Sets how long to wait for bytes, in place of [`LIMIT`].
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn patience(&mut self, limit: Duration) -> io::Result<()> {
        self.0.get_mut().set_read_timeout(Some(limit))
    }

    /// Whether there is something to read, or an end, within its [patience](Self::patience).
    ///
    /// # Errors
    ///
    /// The connection's; a reset is something to read.
    pub fn is_readable(&mut self) -> io::Result<bool> {
        match self.0.fill_buf() {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(false),
                io::ErrorKind::ConnectionReset => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// Reads to the end of the connection. One that is reset ends, too.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn rest(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Ends it at once, in both directions, so that the other side finds it reset.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn reset(self) -> io::Result<()> {
        SockRef::from(self.0.get_ref()).set_linger(Some(Duration::ZERO))
    }

    /// Whether the other side closed the connection, without another byte.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn is_closed(&mut self) -> io::Result<bool> {
        match self.0.read(&mut [0]) {
            Ok(read) => Ok(read == 0),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Runs a Python script and gives what it prints; `None`, loudly, where there is no Python.
///
/// # Panics
///
/// When the script fails, and where `CI` is set and there is no Python.
pub fn python<S: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = S>) -> Option<String> {
    let output = python_command(script).args(arguments).output();
    let output = found("python3", output)?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What curl prints; `None`, loudly, where there is none.
///
/// # Panics
///
/// When it fails, and where `CI` is set and there is no curl.
pub fn curl<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Option<String> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error"])
        .args(arguments)
        .output();
    let output = found("curl", output)?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn python_command(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-X", "utf8", "-c", script]).stdin(Stdio::null());
    command
}

/// What was started, or looked for; `None`, loudly, where it is not there.
///
/// # Panics
///
/// Where `CI` is set and it is not there.
pub fn found<T>(program: &str, started: io::Result<T>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "the pipeline installs {program}, but: {error}"
            );
            eprintln!("SKIPPED: no {program} to talk to ({error})");
            None
        }
    }
}

/// The first line that a program prints.
///
/// # Panics
///
/// When its output is no pipe, or nothing comes within [`LIMIT`].
pub fn first_line(child: &mut Child) -> String {
    let pipe = child.stdout.take().expect("a pipe");
    let (sender, first_line) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(pipe).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = first_line.recv_timeout(LIMIT).expect("the server's address");
    line.trim().to_owned()
}

/// A program that serves in a process of its own, such as this package's `server`; ended when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts a command that prints the address on which it serves.
    ///
    /// # Panics
    ///
    /// When it cannot be started or prints no address.
    pub fn start(command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.expect("a program that starts");
        let address = first_line(&mut child).parse().expect("an address");
        Self { child, address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its `/RPC2`.
    pub fn url(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A raw connection to it.
    ///
    /// # Panics
    ///
    /// When it does not accept.
    pub fn connect(&self) -> Connection {
        Connection::to(self.address)
    }

    /// Sends it a signal, such as `TERM`.
    ///
    /// # Panics
    ///
    /// When there is no shell to send it.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell").success(), "{kill}");
    }

    /// Waits for its end; whether it ended well.
    ///
    /// # Panics
    ///
    /// When it takes longer than [`LIMIT`].
    pub fn ended(mut self) -> bool {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.success();
            }
            assert!(Instant::now() < deadline, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python program that serves, ended when dropped.
#[derive(Debug)]
pub struct PythonServer {
    child: Child,
    address: String,
}

impl PythonServer {
    /// Starts a script that prints the address on which it serves; `None`, loudly, where there is no Python.
    ///
    /// # Panics
    ///
    /// When the script prints nothing, and where `CI` is set and there is no Python.
    pub fn start(script: &str) -> Option<Self> {
        let mut child = found("python3", python_command(script).stdout(Stdio::piped()).spawn())?;
        let address = first_line(&mut child);
        Some(Self { child, address })
    }

    /// The URL of its `/RPC2`.
    pub fn url(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }
}

impl Drop for PythonServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
