//! jsonrpsee's server, by HTTP alone.

use std::error::Error;

use jsonrpsee_server::types::ErrorObjectOwned;
use jsonrpsee_server::{RpcModule, ServerBuilder, ServerConfig};
use tokio::net::TcpListener;

use crate::server::exchange::{ECHO, TINY, Tiny, rename};
use crate::workloads::Record;

pub(super) async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let mut module = RpcModule::new(());
    module.register_method(TINY, |params, (), _| {
        let (id, name, overwrite) = params.parse::<Tiny>()?;
        Ok::<_, ErrorObjectOwned>(rename(id, &name, overwrite))
    })?;
    module.register_method(ECHO, |params, (), _| params.one::<Vec<Record>>())?;
    // Its default of 100 connections is less than the load has.
    let config = ServerConfig::builder()
        .http_only()
        .max_connections(20_000)
        .build();
    let server = ServerBuilder::with_config(config).build_from_tcp(listener.into_std()?)?;
    server.start(module).stopped().await;
    Ok(())
}
