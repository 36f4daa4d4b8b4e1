//! A server for tests that need a process of their own: for its signals, its descriptors, its memory.
//!
//! It prints the address on which it listens as one line, and serves until Ctrl-C or SIGTERM.

use std::alloc::System;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cap::Cap;
use clap::Parser;
use xmlrpc_server::{Fault, HttpService, Methods, Server, State, Value, Variadic};

/// Counts the bytes that are held.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Serves the methods of the tests.
#[derive(Parser)]
struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Threads that serve.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Bytes of a request's body.
    #[arg(long)]
    body_bytes: Option<usize>,
    /// Connections at a time.
    #[arg(long)]
    connections: Option<usize>,
    /// Bytes of the head of a request.
    #[arg(long)]
    header_bytes: Option<usize>,
    /// Milliseconds for the head of a request.
    #[arg(long, value_parser = milliseconds)]
    header_timeout: Option<Duration>,
    /// Milliseconds for its body.
    #[arg(long, value_parser = milliseconds)]
    body_timeout: Option<Duration>,
    /// Milliseconds for a handler.
    #[arg(long, value_parser = milliseconds)]
    handler_timeout: Option<Duration>,
    /// Milliseconds that a connection may be idle.
    #[arg(long, value_parser = milliseconds)]
    idle_timeout: Option<Duration>,
    /// Milliseconds that a client may take none of a reply.
    #[arg(long, value_parser = milliseconds)]
    write_timeout: Option<Duration>,
    /// Milliseconds for running calls once it is to stop.
    #[arg(long, value_parser = milliseconds)]
    shutdown_timeout: Option<Duration>,
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

/// Counts the calls that wait.
#[derive(Default)]
struct Running(Arc<()>);

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("echo", |value: Value| value)
        .method("add", |a: i32, b: i32| {
            a.checked_add(b).ok_or_else(|| Fault::new(7, "too large"))
        })
        .method("sum", |numbers: Variadic<i64>| numbers.iter().sum::<i64>())
        .method("heap", || HEAP.allocated())
        .method("fill", |bytes: u32| "x".repeat(bytes as usize))
        // Without a word on standard error, where real trouble is to be seen.
        .method("panic", |text: String| -> i32 {
            std::panic::resume_unwind(Box::new(text))
        })
        .state(Running::default())
        .method("running", |running: State<Running>| {
            Arc::strong_count(&running.0) - 1
        })
        .async_method("wait", |running: State<Running>, milliseconds: u32| async move {
            let _one_more = running.0.clone();
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
            milliseconds
        })
        .blocking_method("block", |milliseconds: u32| {
            std::thread::sleep(Duration::from_millis(milliseconds.into()));
            milliseconds
        })
}

/// Sets what was given, and leaves the rest as it is by default.
fn set<T, V>(target: T, value: Option<V>, setter: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => setter(target, value),
        None => target,
    }
}

impl Options {
    fn service(&self) -> HttpService {
        let methods = set(methods(), self.handler_timeout, Methods::handler_timeout);
        let service = HttpService::new(methods);
        let service = set(service, self.body_bytes, HttpService::body_bytes);
        set(service, self.body_timeout, HttpService::body_timeout)
    }

    fn server(&self, server: Server) -> Server {
        let server = set(server, self.connections, Server::connections);
        let server = set(server, self.header_bytes, Server::header_bytes);
        let server = set(server, self.header_timeout, Server::header_timeout);
        let server = set(server, self.idle_timeout, Server::idle_timeout);
        let server = set(server, self.write_timeout, Server::write_timeout);
        set(server, self.shutdown_timeout, Server::shutdown_timeout)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = options.server(Server::bind(options.listen).await?);
        let mut out = std::io::stdout();
        writeln!(out, "{}", server.local_addr())?;
        out.flush()?;
        server.shutdown_on_signal().serve(options.service()).await?;
        Ok(())
    })
}
