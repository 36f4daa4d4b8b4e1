//! Load by wrk, from another processor than the server's.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::child::Child;
use super::exchange::Exchange;

/// The processor that the load comes from.
const LOAD: &str = "1";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/post.lua");

/// What came of one run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Seconds of the server's processor for each request.
    pub processor: f64,
    /// Requests answered in a second.
    pub rate: f64,
    /// Seconds that one request in a hundred took longer than.
    pub latency: f64,
    /// Connections that failed.
    pub failures: u64,
}

/// An exchange whose body stands in a file, for wrk.
#[derive(Debug)]
pub struct Load {
    body: PathBuf,
    content_type: &'static str,
}

impl Load {
    /// Writes the body to a file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn new(exchange: &Exchange, name: &str) -> io::Result<Self> {
        let body = std::env::temp_dir().join(format!("xmlrpc-load-{}-{name}", std::process::id()));
        fs::write(&body, &exchange.body)?;
        Ok(Self {
            body,
            content_type: exchange.content_type,
        })
    }

    /// Sends the request over and over on so many connections.
    ///
    /// # Errors
    ///
    /// When wrk, or `taskset`, does not start, and when a reply has another status than 200.
    pub fn run(&self, server: &Child, connections: usize, time: Duration) -> io::Result<Outcome> {
        let before = server.processor_time()?;
        let output = Command::new("taskset")
            .args([
                "-c",
                LOAD,
                "wrk",
                "--threads",
                "1",
                "--timeout",
                "20s",
                "--connections",
            ])
            .arg(connections.to_string())
            .arg("--duration")
            .arg(format!("{}s", time.as_secs().max(1)))
            .args(["--script", SCRIPT])
            .arg(format!("http://127.0.0.1:{}/RPC2", server.port))
            .arg("--")
            .arg(&self.body)
            .arg(self.content_type)
            .output()?;
        let processor = server.processor_time()? - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers = text.lines().find_map(|line| line.strip_prefix("outcome "));
        let numbers: Vec<u32> = numbers
            .map(|line| line.split(' ').filter_map(|number| number.parse().ok()).collect())
            .unwrap_or_default();
        match numbers[..] {
            [requests, microseconds, latency, 0, failures] if requests > 0 => Ok(Outcome {
                processor: processor.as_secs_f64() / f64::from(requests),
                rate: f64::from(requests) / f64::from(microseconds) * 1e6,
                latency: f64::from(latency) / 1e6,
                failures: failures.into(),
            }),
            _ => Err(io::Error::other(format!(
                "wrk says: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It is a file of a temporary folder.
        let _ = fs::remove_file(&self.body);
    }
}
