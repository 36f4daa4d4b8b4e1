//! Clients by the hundred.
//!
//! Each client is a tokio task, so one process can be all of them without being what is measured. A client
//! that is still waiting when the time is over has no answer to count; how many never got one is counted
//! instead, for otherwise a server that ignores most of its clients would look quick.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

/// What a client asks; the answer is as long.
const REQUEST: &[u8] = b"the quick brown fox jumps over it";

/// What is asked of a server.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) clients: u32,
    /// Requests of one connection.
    pub(super) requests: u32,
    pub(super) pause: Option<Duration>,
    pub(super) time: Duration,
}

/// What came of it.
pub(super) struct Answers {
    /// How long each answer took, in order of length. A fast client's first includes connecting.
    durations: Vec<Duration>,
    /// Clients that got no answer at all.
    pub(super) never: usize,
    time: Duration,
}

impl Answers {
    pub(super) fn per_second(&self) -> f64 {
        self.durations.len() as f64 / self.time.as_secs_f64()
    }

    /// The duration in milliseconds that so many percent of the answers did not exceed.
    pub(super) fn percentile(&self, part: usize) -> Option<f64> {
        let last = self.durations.len().checked_sub(1)?;
        self.durations
            .get(last * part.min(100) / 100)
            .map(|duration| duration.as_secs_f64() * 1000.0)
    }
}

/// Runs all clients until the time is over.
pub(super) async fn run(load: Load) -> Answers {
    let end = Instant::now() + load.time;
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        clients.spawn(client(load, end));
    }
    let mut durations = Vec::new();
    let mut never = 0;
    while let Some(finished) = clients.join_next().await {
        let own = finished.unwrap_or_default();
        never += usize::from(own.is_empty());
        durations.extend(own);
    }
    durations.sort_unstable();
    Answers {
        durations,
        never,
        time: load.time,
    }
}

/// One client, until the time is over.
async fn client(load: Load, end: Instant) -> Vec<Duration> {
    let mut durations = Vec::new();
    while Instant::now() < end {
        match timeout_at(end, visit(load, &mut durations)).await {
            Ok(Ok(())) => {}
            // Refused or cut off; coming back at once would be a second kind of load.
            Ok(Err(_)) => sleep(Duration::from_millis(1)).await,
            Err(_) => break,
        }
    }
    durations
}

/// One connection with its requests.
async fn visit(load: Load, durations: &mut Vec<Duration>) -> io::Result<()> {
    let mut start = Instant::now();
    let mut stream = TcpStream::connect(load.address).await?;
    stream.set_nodelay(true)?;
    let mut answer = [0; REQUEST.len()];
    for request in 0..load.requests {
        if let Some(pause) = load.pause {
            sleep(pause).await;
        }
        if request > 0 || load.pause.is_some() {
            start = Instant::now();
        }
        stream.write_all(REQUEST).await?;
        stream.read_exact(&mut answer).await?;
        durations.push(start.elapsed());
    }
    Ok(())
}
