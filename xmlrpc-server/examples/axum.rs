//! XML-RPC beside the other routes of an axum application, with which it shares its state.
//!
//! ```sh
//! cargo run -p xmlrpc-server --example axum
//! python3 -c "from xmlrpc.client import *; print(ServerProxy('http://127.0.0.1:7001').counter.add(3))"
//! curl http://127.0.0.1:7001/counter
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::{self, ConnectInfo, Request};
use axum::middleware::map_request;
use axum::routing::get;
use tokio::net::TcpListener;
use xmlrpc_server::{CallContext, HttpService, Methods, State};

/// What the routes and the methods share.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicI64>);

/// The application. Its layers are around the calls, too.
pub(crate) fn app() -> Router {
    let counter = Counter::default();
    Router::new()
        .route("/counter", get(count))
        .with_state(counter.clone())
        // The service looks at the path itself: on another one it needs `HttpService::paths`.
        .route_service("/RPC2", HttpService::new(methods(counter)))
        .layer(map_request(name_peer))
}

fn methods(counter: Counter) -> Methods {
    Methods::new()
        .state(counter)
        .method("counter.add", |counter: State<Counter>, by: i64| {
            counter.0.fetch_add(by, Ordering::Relaxed).wrapping_add(by)
        })
        .help("counter.add", "Adds to the counter and returns it.")
        .method("whoami", |context: CallContext| {
            context.peer().map(|peer| peer.to_string())
        })
        .help("whoami", "The address that the call comes from.")
}

async fn count(extract::State(counter): extract::State<Counter>) -> String {
    format!("{}\n", counter.0.load(Ordering::Relaxed))
}

/// Tells the service the peer's address, which axum keeps in a type of its own.
async fn name_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(peer);
    request
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:7001").await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(
        listener,
        app().into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await
}
