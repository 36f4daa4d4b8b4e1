//! XML-RPC on a Unix socket, or on those that systemd made, with callers told apart by their user.
//!
//! ```sh
//! cargo run -p xmlrpc-server --example unix -- /tmp/rpc.sock
//! curl --unix-socket /tmp/rpc.sock http://localhost/RPC2 -d '<methodCall><methodName>whoami</methodName></methodCall>'
//! systemd-socket-activate -l /tmp/rpc.sock target/debug/examples/unix
//! ```

use std::path::PathBuf;

use xmlrpc_server::{CallContext, Error, Listener, Methods, Server, UnixOptions};

pub(crate) fn methods() -> Methods {
    Methods::new().method("whoami", |context: CallContext| {
        match context.peer_credentials() {
            Some(who) => format!("user {} in process {:?}", who.uid(), who.pid()),
            None => "somebody".to_owned(),
        }
    })
}

/// The sockets of systemd, if it made some, or else one on a path, for this user and the group.
pub(crate) fn listeners(path: Option<PathBuf>) -> Result<Vec<Listener>, Error> {
    let mut listeners = Listener::from_systemd()?;
    if let Some(path) = path {
        listeners.push(UnixOptions::new().mode(0o660).bind(path)?);
    }
    Ok(listeners)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listeners = listeners(std::env::args_os().nth(1).map(PathBuf::from))?;
    let server = Server::from_listeners(listeners)?.shutdown_on_signal();
    for address in server.addresses() {
        println!("listening on {address}");
    }
    server.serve(methods()).await
}
