//! The torrents of rTorrent, by SCGI:
//! `cargo run -p xmlrpc-client --example rtorrent -- scgi+unix:///home/me/.rtorrent.sock [FILE.torrent]`.
//!
//! rTorrent has `network.scgi.open_local` or `network.scgi.open_port` in its configuration.

use std::error::Error;

use xmlrpc_client::{Base64, Printable, ServerProxy, profile};

/// Hash, name, bytes, and bytes that are there: what [`torrents`] asks for, in this order.
pub(crate) type Torrent = (String, String, i64, i64);

/// A proxy for rTorrent, which sends names of files as they are, with characters that XML lacks.
pub(crate) fn connect(url: &str) -> xmlrpc_client::Result<ServerProxy> {
    ServerProxy::builder(url).profile(profile::rtorrent()).build()
}

/// All torrents of the view `main`.
pub(crate) async fn torrents(rtorrent: &ServerProxy) -> xmlrpc_client::Result<Vec<Torrent>> {
    let fields = (
        "",
        "main",
        "d.hash=",
        "d.name=",
        "d.size_bytes=",
        "d.completed_bytes=",
    );
    rtorrent.call("d.multicall2", fields).await
}

/// Adds a torrent, from the bytes of its file, without starting it.
pub(crate) async fn add(rtorrent: &ServerProxy, file: Vec<u8>) -> xmlrpc_client::Result<()> {
    rtorrent.call::<i64>("load.raw", ("", Base64::from(file))).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: rtorrent URL [FILE.torrent]")?;
    let rtorrent = connect(&url)?;
    if let Some(path) = arguments.next() {
        add(&rtorrent, std::fs::read(path)?).await?;
    }
    for (hash, name, bytes, done) in torrents(&rtorrent).await? {
        // Names are the torrents' makers': nothing in them is to steer the terminal.
        println!("{hash} {:3} % {}", 100 * done / bytes.max(1), Printable(&name));
    }
    Ok(())
}
