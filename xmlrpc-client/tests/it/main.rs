//! The client against small servers on real sockets, each of which plays its part byte by byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod blocking;
mod callback_example;
mod cancel;
mod compression;
mod connections;
mod cookies;
mod endpoints;
mod http2;
mod http_proxies;
mod layers;
mod logs;
mod metrics;
mod multicall;
mod odoo_example;
mod options;
mod profiles;
mod proxy_macro;
mod record;
mod redirects;
mod retries;
mod sockets;
mod support;
mod tap;
mod tls;
mod transports;
mod udp_example;
mod xenapi_example;
