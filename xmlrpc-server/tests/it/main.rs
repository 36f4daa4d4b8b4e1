//! The server's tests, a module a topic.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod arguments;
mod authenticate;
#[cfg(feature = "compression")]
mod compression;
mod connections;
mod context;
mod dispatch;
mod documentation;
mod draining;
mod embedding;
mod handler_time;
mod handlers;
mod http;
#[cfg(feature = "http2")]
mod http2;
mod introspection;
mod items;
mod layers;
mod listeners;
mod logging;
#[cfg(feature = "metrics")]
mod metrics;
mod multicall;
mod names;
mod optional;
mod origins;
mod overloads;
mod parameter_names;
#[cfg(feature = "compression")]
mod peers;
mod rate_limit;
mod service;
mod shutdown;
mod support;
mod table;
mod timeouts;
#[cfg(feature = "tls")]
mod tls;
mod unix;
