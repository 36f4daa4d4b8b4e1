//! The slides' service with a trait between its two sides.
//!
//! In Python, a server and a client agree on names, and on types when a call comes. Here both are made of one
//! trait: a call with another type, or of a method that is not there, does not compile. What goes over the wire
//! is the same, so that Python calls this server, and this client calls Python's.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use xmlrpc_client::ServerProxy;
use xmlrpc_server::{Fault, Value, Variadic, rpc};

use super::{arithmetic, pair};

/// Longest time for one call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Slides "Python XML-RPC Server" and "Python XML-RPC Client": both made of one trait, in one process.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// The functions of the slides.
#[rpc(server, client)]
trait Slides {
    /// Adds numbers (booleans count as 0 and 1), or joins strings or arrays.
    #[method(idempotent)]
    fn addtogether(&self, things: Variadic<Value>) -> Result<Value, Fault>;

    /// The slide's formula, which divides by 2.0 and multiplies by a: right where a is 1 or -1. See roots.
    #[method(idempotent)]
    fn quadratic(&self, a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault>;

    /// The real solutions of a x^2 + b x + c = 0, the smaller one first.
    #[method(idempotent)]
    fn roots(&self, a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault>;
}

/// The server's side.
struct Course;

impl SlidesServer for Course {
    fn addtogether(&self, things: Variadic<Value>) -> Result<Value, Fault> {
        arithmetic::addtogether(things)
    }

    fn quadratic(&self, a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault> {
        arithmetic::quadratic(a, b, c)
    }

    fn roots(&self, a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault> {
        arithmetic::roots(a, b, c)
    }
}

pub(crate) fn run(_: &Args, out: &mut dyn Write) -> Result<()> {
    super::runtime()?.block_on(pair::beside(Course.into_methods(), out, calls))
}

/// The client's side.
async fn calls(url: String, out: &mut dyn Write) -> Result<()> {
    let proxy = ServerProxy::builder(&url).timeout(TIMEOUT).build()?;
    let slides = SlidesClient::new(proxy.clone());
    let text = slides.addtogether(["x", "y", "z"]).await?;
    writeln!(out, "slides.addtogether([\"x\", \"y\", \"z\"]) → {text}")?;
    let sum = slides.addtogether([1, 2, 3, 4, 5]).await?;
    writeln!(out, "slides.addtogether([1, 2, 3, 4, 5]) → {sum}")?;
    let results = slides.quadratic(2.0, -4.0, 0.0).await?;
    writeln!(out, "slides.quadratic(2.0, -4.0, 0.0) → {results:?}")?;
    let results = slides.quadratic(1.0, 2.0, 1.0).await?;
    writeln!(out, "slides.quadratic(1.0, 2.0, 1.0) → {results:?}")?;
    let results = slides.roots(2.0, -4.0, 0.0).await?;
    writeln!(out, "slides.roots(2.0, -4.0, 0.0) → {results:?}")?;

    // What a program in another language may send is checked when it comes, and told what is wanted.
    match proxy.call::<Value>("quadratic", (1, "two", 3)).await {
        Ok(results) => writeln!(out, "quadratic(1, \"two\", 3) → {results}")?,
        Err(error) => writeln!(out, "quadratic(1, \"two\", 3) → {error}")?,
    }
    let signatures = proxy.method_signature("quadratic").await?;
    writeln!(
        out,
        "quadratic: {signatures}. {}",
        proxy.method_help("quadratic").await?
    )?;
    Ok(())
}
