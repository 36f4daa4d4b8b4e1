//! The processes of supervisord, by its Unix socket:
//! `cargo run -p xmlrpc-client --example supervisord -- http+unix://%2Frun%2Fsupervisor.sock/RPC2 [NAME]`.
//!
//! With a name, that process is restarted.

use std::error::Error;

use serde::Deserialize;
use xmlrpc_client::{ServerProxy, profile};

/// Where Debian has the socket.
const SOCKET: &str = "http+unix://%2Frun%2Fsupervisor.sock/RPC2";

/// The code of the fault for a process that does not run.
const NOT_RUNNING: i32 = 70;

/// What `getAllProcessInfo` tells of a process, and some more.
#[derive(Debug, Deserialize)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) statename: String,
    pub(crate) description: String,
}

/// A proxy for supervisord; user and password stand in the URL, if it wants some.
pub(crate) fn connect(url: &str) -> xmlrpc_client::Result<ServerProxy> {
    ServerProxy::builder(url).profile(profile::supervisord()).build()
}

/// All processes.
pub(crate) async fn processes(supervisord: &ServerProxy) -> xmlrpc_client::Result<Vec<Process>> {
    supervisord.call("supervisor.getAllProcessInfo", ()).await
}

/// Stops a process, if it runs, and starts it.
pub(crate) async fn restart(supervisord: &ServerProxy, name: &str) -> xmlrpc_client::Result<()> {
    let wait = true;
    match supervisord
        .call::<bool>("supervisor.stopProcess", (name, wait))
        .await
    {
        Err(error) if error.fault().is_none_or(|fault| fault.code() != NOT_RUNNING) => return Err(error),
        _ => {}
    }
    supervisord
        .call::<bool>("supervisor.startProcess", (name, wait))
        .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let supervisord = connect(arguments.next().as_deref().unwrap_or(SOCKET))?;
    if let Some(name) = arguments.next() {
        restart(&supervisord, &name).await?;
    }
    for process in processes(&supervisord).await? {
        println!("{}: {}, {}", process.name, process.statename, process.description);
    }
    Ok(())
}
