//! XML-RPC on bare hyper, under an accept loop of one's own.
//!
//! ```sh
//! cargo run -p xmlrpc-server --example hyper
//! python3 -c "from xmlrpc.client import *; print(ServerProxy('http://127.0.0.1:7001').add(1, 2))"
//! ```
//!
//! The service brings its limits and its timeout on bodies. What concerns connections is up to the loop, and in this one only the
//! time for a request's head is limited: their number, clients that do not read, and the shutdown are what
//! `xmlrpc_server::Server` adds.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;
use xmlrpc_server::{CallContext, HttpService, Methods};

pub(crate) fn service() -> HttpService {
    let methods = Methods::new()
        .method("add", |a: i32, b: i32| a.wrapping_add(b))
        .method("whoami", |context: CallContext| {
            context.peer().map(|peer| peer.to_string())
        });
    HttpService::new(methods)
}

/// Serves one connection to its end.
pub(crate) async fn serve(stream: TcpStream, peer: SocketAddr, service: HttpService) -> hyper::Result<()> {
    let answer = service_fn(move |mut request: Request<Incoming>| {
        // Where handlers find the peer.
        request.extensions_mut().insert(peer);
        service.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .serve_connection(TokioIo::new(stream), answer)
        .await
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:7001").await?;
    println!("listening on {}", listener.local_addr()?);
    let service = service();
    loop {
        let (stream, peer) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            if let Err(error) = serve(stream, peer, service).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
