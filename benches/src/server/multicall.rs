//! `system.multicall` with client and server in one process.

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::time::Instant;

use dxr::TryFromValue as _;
use dxr_client::{ClientBuilder, Url};
use tokio::net::TcpListener;
use xmlrpc_client::ServerProxy;

use super::child;
use super::exchange::{TINY, tiny};
use super::peers::{Contender, DXR, OURS, PYTHON, serve_on};

/// Those with a client.
pub const CONTENDERS: [Contender; 3] = [DXR, OURS, PYTHON];

/// What one call of the many took, client and server together.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Seconds of processor.
    pub processor: f64,
    /// Seconds by the clock.
    pub wall: f64,
}

/// Makes so many calls in one, so many times, in a process of its own.
///
/// # Errors
///
/// When that process fails.
pub fn run(contender: Contender, calls: u32, times: u32) -> io::Result<Taken> {
    let (calls_text, times_text) = (calls.to_string(), times.to_string());
    let arguments = match contender {
        PYTHON => vec!["multicall", &calls_text, &times_text],
        _ => vec!["--multicall", contender.name, &calls_text, &times_text],
    };
    let output = child::output(contender, &arguments)?;
    let numbers = output.split_whitespace().map(str::parse::<f64>);
    match numbers.collect::<Result<Vec<_>, _>>().as_deref() {
        Ok(&[processor, wall]) => Ok(Taken {
            processor: processor / 1e9 / f64::from(calls) / f64::from(times),
            wall: wall / 1e9 / f64::from(calls) / f64::from(times),
        }),
        _ => Err(io::Error::other(output)),
    }
}

/// What that process does: it prints nanoseconds of processor and clock for all of it, but for the first time.
///
/// # Errors
///
/// When a call fails, or gives another result than expected.
pub fn own(name: &str, calls: u32, times: u32) -> Result<(), Box<dyn Error>> {
    let calls = usize::try_from(calls)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/RPC2", listener.local_addr()?);
        let serving = name.to_owned();
        tokio::task::spawn_blocking(move || {
            let served = tokio::runtime::Handle::current().block_on(serve_on(&serving, listener));
            eprintln!("{serving} has ended: {served:?}");
        });
        match name {
            name if name == OURS.name => {
                let proxy = ServerProxy::new(&url)?;
                measured(times, async || of_ours(&proxy, calls).await).await
            }
            name if name == DXR.name => {
                let client = ClientBuilder::new(Url::parse(&url)?).build();
                measured(times, async || of_dxr(&client, calls).await).await
            }
            _ => Err(format!("{name} has no client").into()),
        }
    })?;
    // The server would never end.
    std::process::exit(0)
}

async fn measured(
    times: u32,
    once: impl AsyncFn() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    once().await?;
    let (before, started) = (child::processor_time("self")?, Instant::now());
    for _ in 0..times {
        once().await?;
    }
    let (after, taken) = (child::processor_time("self")?, started.elapsed());
    println!("{} {}", (after - before).as_nanos(), taken.as_nanos());
    Ok(())
}

async fn of_ours(proxy: &ServerProxy, calls: usize) -> Result<(), Box<dyn Error>> {
    let mut batch = proxy
        .multicall()
        .chunk(NonZeroUsize::new(calls).ok_or("no calls")?);
    let handles: Result<Vec<_>, _> = (0..calls).map(|_| batch.add::<bool>(TINY, tiny())).collect();
    let mut results = batch.send().await?;
    for handle in handles? {
        right(results.take(handle)?)?;
    }
    Ok(())
}

async fn of_dxr(client: &dxr_client::Client, calls: usize) -> Result<(), Box<dyn Error>> {
    let batch = (0..calls).map(|_| (TINY.to_owned(), tiny())).collect();
    for result in client.multicall(batch).await? {
        right(bool::try_from_value(&result?)?)?;
    }
    Ok(())
}

fn right(result: bool) -> Result<(), Box<dyn Error>> {
    match result {
        true => Ok(()),
        false => Err("another result than expected".into()),
    }
}
