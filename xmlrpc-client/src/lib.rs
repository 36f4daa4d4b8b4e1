//! XML-RPC calls from Rust: as short as Python's `ServerProxy`, typed where wanted.
//!
//! ```no_run
//! use xmlrpc_client::{ServerProxy, proxy};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = ServerProxy::new("http://127.0.0.1:7001/RPC2")?;
//! let sum: i64 = server.call("addtogether", (1, 2, 3)).await?;
//! let text: String = server.call("addtogether", ("x", "y", "z")).await?;
//! println!("{sum} {text}");
//! println!("{}", proxy!(server.addtogether(1, 2.5)).await?);
//! for name in proxy!(server.system.listMethods() -> Vec<String>).await? {
//!     println!("{name}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to look at
//!
//! - [`ServerProxy`] stands for a server; [`ServerProxyBuilder`] has its options: timeouts, headers, authentication, limits,
//!   and the [`Dialect`] and [`Reading`] for peers that need their own.
//! - [`ServerProxy::call`] and [`proxy!`] prepare a [`PendingCall`], which is made when it is awaited.
//! - [`ServerProxy::multicall`] sends many calls in one exchange, and [`ServerProxy::batch`] many calls of one method.
//! - [`rpc`] makes a client of a trait, of which each method is a function with typed arguments and result.
//! - [`Error`] answers what one asks after a failure: was it a [fault](Error::fault), a [timeout](Error::is_timeout), and
//!   [may the server have seen the call](Error::is_maybe_sent)?
//! - [`profile`] has what known peers need: Odoo, rTorrent, supervisord and others.
//! - [`Retry`] says when a call that is [idempotent](PendingCall::idempotent) is made again.
//! - [`ServerProxyBuilder::endpoint`] adds a server that is asked when another one cannot be reached.
//! - [`layer`] has what runs around calls, and the layers that are there: secrets and sessions that servers want among the parameters,
//!   spans, metrics.
//! - [`transport`] has what moves the bytes, and the trait for transports of one's own.
//! - [`tap`](ServerProxyBuilder::tap) and [`tap_to`](ServerProxyBuilder::tap_to) show every exchange as it went over the wire.
//! - `record`, the module of that name, keeps exchanges in a file, from which tests are answered without a server.
//!
//! # How data flows
//!
//! ```text
//! parameters -> serde -> bytes -> (layers) -> Transport -> bytes -> (layers) -> serde -> result or Error
//! ```
//!
//! No tree of values is built on either way unless [`Value`] is asked for. What the format needs comes from
//! [`xmlrpc_core`], whose types are found here, too, so that one dependency is enough.
//!
//! # Memory
//!
//! An answer is read frame by frame into one piece of memory, and decoded straight from there; it is dropped when the result is complete.
//! 100 MB of records take 155 MB at the peak, 52 MB of which are the records: 1.02 times document and result, whether the answer has a
//! length, comes in chunks or in gzip. As [`Value`]s they take 193 MB, 89 MB of which are the values. No length that a server claims
//! sets aside more than twice of what really came, and no answer is read beyond [`Limits::document_bytes`].
//!
//! # Logs
//!
//! By `tracing`: at `DEBUG` one event for each call, with the method, the duration and the fault's code; at `TRACE` the documents,
//! with all that is in them; at `INFO` the servers that are passed over and come back, where there are several. Credentials in headers
//! and URLs are never logged.
//!
//! # Features
//!
//! - `blocking`: the same calls without `await`, in the module of that name;
//! - `compression` (default): answers in gzip and deflate are asked for and read, and
//!   [long requests can be compressed](ServerProxyBuilder::compress_requests); a header `Accept-Encoding` of one's own, such as
//!   `identity` for a server nearby, is sent instead;
//! - `cookies`: [cookies](ServerProxyBuilder::cookies) are kept and sent back, on request;
//! - `http2`: HTTP/2 with servers that choose it when TLS begins;
//! - `macros` (default): [`rpc`];
//! - `metrics`: the layer `Metrics`, by the facade of that name;
//! - `memory`: calls straight into a service of `xmlrpc-server`, without a socket;
//! - `record`: exchanges in a file, recorded and answered from;
//! - `tls`: `https` URLs, by rustls; [`Tls`] has its options.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod by_method;
mod channel;
mod endpoints;
mod error;
mod exchange;
mod introspection;
pub mod layer;
mod macros;
mod multicall;
mod options;
mod pending;
pub mod profile;
mod proxy;
#[cfg(feature = "record")]
pub mod record;
mod retry;
mod secret;
mod tap;
#[cfg(feature = "tls")]
mod tls;
pub mod transport;

pub use builder::ServerProxyBuilder;
pub use error::{Error, Result};
pub use introspection::{Signature, Signatures};
pub use multicall::{Batch, Handle, Multicall, Results};
pub use options::CallOptions;
pub use pending::PendingCall;
pub use proxy::{CallFuture, Method, ServerProxy};
pub use retry::Retry;
pub use tap::{Exchange, PrettyExchange};
#[cfg(feature = "tls")]
pub use tls::Tls;

pub use bytes;
pub use http;
pub use xmlrpc_core;
pub use xmlrpc_core::{
    Array, Base64, Base64Lines, Call, Category, DateTime, Dialect, Duplicates, EncodedValue, Encoder,
    Encoding, Extensions, Fault, Forbidden, IntTag, Limits, MethodCall, MethodName, MethodResponse, Name,
    NilForm, NonFinite, Params, Policy, Pretty, Printable, Reading, Struct, Value, WideForm, Zone, fault,
    from_value, to_value, value, with,
};

#[cfg(feature = "macros")]
pub use xmlrpc_macros::client_rpc as rpc;

/// For `proxy!` and `#[rpc]`.
#[doc(hidden)]
pub mod __private {
    pub use crate::__blocking as blocking;
    pub use crate::macros::{Arguments, parameter, result};
}
