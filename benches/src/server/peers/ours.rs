//! `xmlrpc-server`, with the default of every limit, timeout and option.

use std::error::Error;

use tokio::net::TcpListener;
use xmlrpc_server::{Describe, Methods, Server};

use crate::server::exchange::{ECHO, TINY, rename};
use crate::workloads::Record;

impl Describe for Record {}

pub(super) async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let methods = Methods::new()
        .method(TINY, |id: i32, name: String, overwrite: bool| {
            rename(id, &name, overwrite)
        })
        .method(ECHO, |records: Vec<Record>| records);
    Server::from_listener(listener)?.serve(methods).await?;
    Ok(())
}
