//! A transport of one's own: calls in datagrams, to whoever answers each with one.
//! `cargo run -p xmlrpc-client --example udp -- 127.0.0.1:7001 system.listMethods`.

use std::net::SocketAddr;

use tokio::net::UdpSocket;
use xmlrpc_client::transport::{Request, Response, Transport};
use xmlrpc_client::{Error, ServerProxy, Value};

/// Calls in datagrams. Those that get lost run out of time, which the proxy sees to.
pub(crate) struct Udp(pub(crate) SocketAddr);

impl Transport for Udp {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let any = if self.0.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let unreached = |error| Error::connect(self.0.to_string(), error);
        // A socket for each call, so that no answer comes to another one.
        let socket = UdpSocket::bind(any).await.map_err(unreached)?;
        socket.connect(self.0).await.map_err(unreached)?;
        socket.send(&request.body).await.map_err(Error::transport)?;
        let mut answer = vec![0; request.response_limit.min(64 * 1024)];
        let length = socket.recv(&mut answer).await.map_err(Error::transport)?;
        answer.truncate(length);
        Ok(Response::new(answer))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: udp ADDRESS METHOD [TEXT]...";
    let server = ServerProxy::over(Udp(arguments.next().ok_or(usage)?.parse()?)).build()?;
    let method = arguments.next().ok_or(usage)?;
    let texts: Vec<String> = arguments.collect();
    println!("{}", server.call::<Value>(&method, texts).await?);
    Ok(())
}
