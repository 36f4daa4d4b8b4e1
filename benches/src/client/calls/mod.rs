//! What the processes of contenders do: a client each, which makes tiny calls as it is ordered to.
//!
//! All run on tokio's ordinary runtime, in tasks, as the handlers of a server would.

mod dxr;
mod jsonrpsee;
mod ours;
mod reqwest;

use std::error::Error;
use std::future::Future;
use std::io;
use std::time::Instant;

use super::{DXR, JSONRPSEE, OURS, Order, REQWEST};
use crate::server::child;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// A client that is cheap to clone.
trait Client: Clone + Send + 'static {
    /// Makes a tiny call, and gives its result.
    fn call(&self) -> impl Future<Output = Result<bool>> + Send;

    /// Makes so many tiny calls in one, and says whether all results are right.
    fn batch(&self, calls: usize) -> impl Future<Output = Result<bool>> + Send;
}

/// Waits for orders on standard input, and reports on standard output: nanoseconds of processor and by the clock.
///
/// # Errors
///
/// When there is no contender of that name, or a call fails.
pub fn serve_orders(name: &str, port: &str) -> Result<()> {
    let url = format!("http://127.0.0.1:{port}/RPC2");
    match name {
        name if name == REQWEST.name => orders(|| reqwest::client(&url)),
        name if name == OURS.name => orders(|| ours::client(&url)),
        name if name == DXR.name => orders(|| dxr::client(&url)),
        name if name == JSONRPSEE.name => orders(|| jsonrpsee::client(&url)),
        _ => Err(format!("there is no contender called {name}").into()),
    }
}

fn orders<C: Client>(client: impl FnOnce() -> Result<C>) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let client = {
        let _entered = runtime.enter();
        client()?
    };
    for line in io::stdin().lines() {
        let line = line?;
        let order = Order::parse(&line).ok_or_else(|| format!("no order: {line}"))?;
        let (before, started) = (child::processor_time("self")?, Instant::now());
        runtime.block_on(carry_out(&client, order))?;
        let (after, taken) = (child::processor_time("self")?, started.elapsed());
        println!("{} {}", (after - before).as_nanos(), taken.as_nanos());
    }
    Ok(())
}

async fn carry_out<C: Client>(client: &C, order: Order) -> Result<()> {
    let tasks: Vec<_> = match order {
        Order::Single { calls, at_a_time } => (0..at_a_time)
            .map(|_| tokio::spawn(one_by_one(client.clone(), calls / at_a_time)))
            .collect(),
        Order::Batch { calls, times } => {
            vec![tokio::spawn(in_batches(client.clone(), calls, times))]
        }
    };
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn one_by_one<C: Client>(client: C, calls: u32) -> Result<()> {
    for _ in 0..calls {
        right(client.call().await?)?;
    }
    Ok(())
}

async fn in_batches<C: Client>(client: C, calls: u32, times: u32) -> Result<()> {
    for _ in 0..times {
        right(client.batch(usize::try_from(calls)?).await?)?;
    }
    Ok(())
}

fn right(result: bool) -> Result<()> {
    match result {
        true => Ok(()),
        false => Err("another result than expected".into()),
    }
}
