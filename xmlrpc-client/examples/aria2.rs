//! Downloads by aria2: `cargo run -p xmlrpc-client --example aria2 -- http://127.0.0.1:6800/rpc SECRET [URI]`.
//!
//! aria2 runs with `--enable-rpc --rpc-secret=SECRET`. It wants the secret as the first parameter of each call, also inside of a
//! multicall, which is the layer's business. All its numbers travel as texts.

use std::error::Error;

use serde::Deserialize;
use xmlrpc_client::layer::FirstParameter;
use xmlrpc_client::{Printable, ServerProxy, profile, with};

/// Some of what aria2 tells of a download.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Download {
    pub(crate) gid: String,
    pub(crate) status: String,
    #[serde(with = "with::integer_text")]
    pub(crate) total_length: u64,
    #[serde(with = "with::integer_text")]
    pub(crate) completed_length: u64,
}

/// A proxy that puts the secret into each call.
pub(crate) fn connect(url: &str, secret: &str) -> xmlrpc_client::Result<ServerProxy> {
    ServerProxy::builder(url)
        .profile(profile::aria2())
        .layer(FirstParameter::new(format!("token:{secret}")))
        .build()
}

/// Adds a download, and gives its number.
pub(crate) async fn add(aria2: &ServerProxy, uri: &str, paused: bool) -> xmlrpc_client::Result<String> {
    let options = [("pause", paused.to_string())];
    aria2.call("aria2.addUri", ([uri], with_names(options))).await
}

fn with_names<const N: usize>(
    options: [(&'static str, String); N],
) -> std::collections::BTreeMap<&'static str, String> {
    options.into()
}

/// All downloads that run or wait, by one exchange.
pub(crate) async fn downloads(aria2: &ServerProxy) -> Result<Vec<Download>, Box<dyn Error>> {
    let fields = ["gid", "status", "totalLength", "completedLength"];
    let mut batch = aria2.multicall();
    let active = batch.add::<Vec<Download>>("aria2.tellActive", (fields,))?;
    let waiting = batch.add::<Vec<Download>>("aria2.tellWaiting", (0, 1000, fields))?;
    let mut results = batch.send().await?;
    let mut all = results.take(active)?;
    all.append(&mut results.take(waiting)?);
    Ok(all)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (url, secret, uri) = match &*arguments {
        [url, secret] => (url, secret, None),
        [url, secret, uri] => (url, secret, Some(uri)),
        _ => return Err("usage: aria2 URL SECRET [URI]".into()),
    };
    let aria2 = connect(url, secret)?;
    if let Some(uri) = uri {
        println!("{} was added", add(&aria2, uri, false).await?);
    }
    for download in downloads(&aria2).await? {
        let (done, all) = (download.completed_length, download.total_length);
        println!(
            "{} {}: {done} of {all} bytes",
            download.gid,
            Printable(&download.status)
        );
    }
    Ok(())
}
