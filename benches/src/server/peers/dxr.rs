//! `dxr_server`, which is axum with dxr's codec.

use std::error::Error;

use axum::serve::ListenerExt as _;
use dxr::{TryFromParams as _, TryFromValue as _, TryToValue as _, Value};
use dxr_server::{HandlerFn, HandlerResult, RouteBuilder, Server};
use tokio::net::TcpListener;

use super::axum::at_once;
use crate::server::exchange::{ECHO, TINY, Tiny, rename};
use crate::workloads::Record;

pub(super) async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let tiny: HandlerFn = |params, _| tiny(params);
    let echo: HandlerFn = |params, _| echo(params);
    let route = RouteBuilder::new()
        .set_path("/RPC2")
        .add_method(TINY, Box::new(tiny))
        .add_method(ECHO, Box::new(echo))
        .build();
    Server::from_route(route)
        .serve_listener(listener.tap_io(at_once))
        .await?;
    Ok(())
}

fn tiny(params: &[Value]) -> HandlerResult {
    let (id, name, overwrite) = Tiny::try_from_params(params)?;
    Ok(rename(id, &name, overwrite).try_to_value()?)
}

fn echo(params: &[Value]) -> HandlerResult {
    let records = params
        .first()
        .map_or(Ok(Vec::new()), Vec::<Record>::try_from_value)?;
    Ok(records.try_to_value()?)
}
