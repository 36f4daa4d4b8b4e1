//! Serve Rust functions and closures over XML-RPC.
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```text")]
//! use xmlrpc_server::{Fault, Methods, Server};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), xmlrpc_server::Error> {
//!     let methods = Methods::new()
//!         .method("add", |a: i32, b: i32| a.checked_add(b).ok_or(Fault::new(1, "the sum is too large")))
//!         .help("add", "The sum of two integers.");
//!     Server::bind("127.0.0.1:7001").await?.serve(methods).await
//! }
//! ```
//!
//! Any XML-RPC client calls it, such as Python's:
//! `python3 -c "from xmlrpc.client import *; print(ServerProxy('http://127.0.0.1:7001').add(1, 2))"`.
//!
//! # What there is
//!
//! - [`Methods`] holds the methods: plain, async and blocking functions of typed arguments, which return a value or a `Result`. Their
//!   types make the answer of `system.methodSignature`; `system.listMethods`, `system.methodExist`, `system.methodHelp`,
//!   `system.getCapabilities` and `system.multicall` are there, too. A method may have several handlers, by the types of its parameters,
//!   and further names; tables are merged, under a prefix where wanted.
//! - [`State`] and [`CallContext`] are arguments beside the parameters; [`Variadic`] takes any number of them.
//! - [`Items`] and [`AsyncItems`] are arrays as results, encoded item by item.
//! - [`Describe`](trait@Describe) names the XML-RPC type of a struct of one's own.
//! - [`rpc`] makes all of this of a trait: names, signatures, help, and a typed client besides.
//! - [`Server`] listens on TCP and Unix sockets, serves HTTP/1.0, 1.1 and 2, with TLS if wanted, and stops gracefully.
//! - [`Documentation`] is the page that browsers get: every method with its signature and help, and a form that calls it.
//! - [`HttpService`] is the same as a `tower` service, to stand in a router or under a server of one's own.
//! - [`layer`]: what runs around every method, also inside of `system.multicall`; [`Methods::layer`] adds it.
//! - [`Methods::dispatch`] answers one document without any HTTP, and [`MethodsService`] one call.
//!
//! # How data flows
//!
//! ```text
//! Server -> HttpService -> Methods::dispatch -> layers -> handler
//! bytes     requests       documents            calls     Rust types
//! ```
//!
//! Arguments are read straight from the document and results written straight into the reply, with no tree of values between.
//!
//! # Embed
//!
//! [`HttpService`] takes requests with any type of body and is cheap to clone, so that it stands wherever a `tower` service does: beside
//! the other routes of an axum application (`Router::route_service`), or under an accept loop of one's own on bare hyper. It looks at the
//! path itself, [`HttpService::paths`], and takes a `SocketAddr` among the request's extensions for the peer. Connections are then up to
//! whoever accepts them, with the limits and the graceful shutdown that [`Server`] would have brought. Without any HTTP,
//! [`Methods::dispatch`] answers a document in memory.
//!
//! Each way is an example, and tested as it stands: `axum`, `hyper` and `in_process` in `xmlrpc-server/examples/`.
//!
//! # Logging
//!
//! By `tracing`, at DEBUG: for each call, and for each entry of a multicall, a span `call` with an event `answered` at its end.
//!
//! | field | what it is |
//! |---|---|
//! | `method` | the name that was asked for: at most 100 characters, without control characters, in quotes if it has more than letters, digits and `_.:/-@$` |
//! | `peer` | the address of the other end, or the process at the other end of a Unix socket |
//! | `request_bytes` | bytes of the document; none for an entry |
//! | `reply_bytes` | bytes of the result, encoded; none for a fault |
//! | `fault` | the code of the fault, if it was answered with one |
//! | `duration` | from the method's name being known to the outcome, with all layers |
//!
//! Documents stand in the log at TRACE only; panics of handlers and layers, with their text, at ERROR. Without a subscriber that asks
//! for DEBUG nothing of this is made.
//!
//! # Metrics
//!
//! With the feature `metrics`, by the `metrics` facade, to whatever recorder the program installs (`examples/prometheus.rs` shows one):
//!
//! | name | kind | unit | labels |
//! |---|---|---|---|
//! | `xmlrpc_server_calls_total` | counter | calls, and entries of multicalls, that began | `method` |
//! | `xmlrpc_server_faults_total` | counter | faults, of calls and of entries | `method`, `class` |
//! | `xmlrpc_server_call_duration_seconds` | histogram | seconds, of calls that ended | `method` |
//! | `xmlrpc_server_calls_in_flight` | gauge | calls that run, entries too | |
//! | `xmlrpc_server_connections_total` | counter | connections that were taken | |
//! | `xmlrpc_server_connections` | gauge | connections that are open | |
//! | `xmlrpc_server_received_bytes_total` | counter | bytes of request bodies, as they came in | |
//! | `xmlrpc_server_sent_bytes_total` | counter | bytes of reply bodies, as they went out | |
//! | `xmlrpc_server_refusals_total` | counter | requests, calls or connections that met a limit | `limit`, the name of its setter |
//!
//! `describe_metrics` gives the recorder these descriptions.
//!
//! `method` is the name of a registered method, `(unknown)` for every other name, and `(none)` for a document that is no call: a peer
//! cannot make labels. `class` is `not_well_formed`, `encoding`, `invalid_xml_rpc`, `method_not_found`, `invalid_parameters`, `internal`,
//! `system`, `transport`, `server` (-32099 to -32000), `reserved`, or `application` for every other code.
//!
//! # Features
//!
//! - `http` (default): [`Server`] and [`HttpService`]. Without it, [`Methods::dispatch`] remains, and no network.
//! - `macros` (default): [`rpc`] and the derive of [`Describe`](macro@Describe).
//! - `metrics`: the metrics above.
//! - `http2` (default): HTTP/2 beside HTTP/1, on every listener.
//! - `tls`: TLS by rustls, `Tls`, with client certificates and reload.
//! - `compression` (default): bodies in gzip and deflate. Without it, requests with such bodies are refused.
#![cfg_attr(not(feature = "http"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "http")]
mod activity;
mod argument;
#[cfg(feature = "http")]
mod body;
#[cfg(feature = "compression")]
mod compression;
#[cfg(feature = "http")]
mod connection;
mod context;
mod describe;
mod dispatch;
#[cfg(feature = "http")]
mod docs_page;
mod error;
#[cfg(feature = "http")]
mod handle;
mod handler;
#[cfg(feature = "http")]
mod health;
#[cfg(feature = "http")]
mod http;
mod items;
pub mod layer;
#[cfg(feature = "http")]
mod listener;
#[cfg(feature = "macros")]
mod macros;
#[cfg(feature = "http")]
mod media;
mod method;
mod methods;
mod metrics;
mod multicall;
mod observe;
mod options;
#[cfg(feature = "http")]
mod origin;
mod overload;
#[cfg(feature = "http2")]
mod paced;
mod peer;
mod registration;
mod reply;
#[cfg(feature = "http")]
mod request;
#[cfg(feature = "http")]
mod respond;
#[cfg(feature = "http")]
mod serve;
#[cfg(feature = "http")]
mod stream;
mod system;
mod time;
#[cfg(feature = "tls")]
mod tls;
#[cfg(all(feature = "http", unix))]
mod unix;

pub use argument::{Argument, Arguments, State, Variadic};
#[cfg(feature = "compression")]
pub use compression::ReplyCompression;
pub use context::CallContext;
pub use describe::{Describe, Description, Member, Type, Undescribed};
pub use dispatch::MethodsService;
#[cfg(feature = "http")]
pub use docs_page::Documentation;
pub use error::Error;
#[cfg(feature = "http")]
pub use handle::ServerHandle;
pub use handler::{AsyncHandler, Handler};
#[cfg(feature = "http")]
pub use http::{HttpService, ReplyBody};
pub use items::{AsyncItems, IntoItem, Items};
#[cfg(feature = "http")]
pub use listener::{Address, Listener, TcpOptions};
#[cfg(feature = "http")]
pub use media::MediaTypes;
pub use methods::Methods;
#[cfg(feature = "metrics")]
pub use metrics::describe_metrics;
pub use peer::{Peer, PeerCredentials};
pub use reply::{IntoAsyncReply, IntoReply, Reply};
#[cfg(feature = "http")]
pub use request::RequestBody;
#[cfg(feature = "http")]
pub use serve::Server;
#[cfg(feature = "tls")]
pub use tls::{ClientCertificates, Tls};
#[cfg(all(feature = "http", unix))]
pub use unix::UnixOptions;
pub use xmlrpc_core::{
    Array, Base64, Base64Lines, Call, Category, DateTime, Decoder, Dialect, Duplicates, EncodedValue,
    Encoder, Encoding, Extensions, Fault, Forbidden, IntTag, Limits, MethodCall, MethodName, MethodResponse,
    Name, NilForm, NonFinite, Params, Policy, Reading, Struct, Value, WideForm, Zone, fault, value, with,
};
#[cfg(feature = "macros")]
pub use xmlrpc_macros::{Describe, server_rpc as rpc};

/// For the code that macros make.
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private {
    pub use crate::macros::{Probe, Undecided, argument, async_result, items, result};
}
