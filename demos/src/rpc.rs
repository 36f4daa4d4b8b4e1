//! XML-RPC: calling functions of another program as if they were local.
//!
//! In Python, `SimpleXMLRPCServer` takes functions by name and `ServerProxy` turns attributes into remote
//! names; what travels is decided when it runs. In Rust `Methods` takes functions and closures, whose types
//! say what a parameter must be before the function is called, and answer `system.methodSignature`; the
//! `proxy!` macro writes calls like Python's, with a result of type `Value` or of any type asked for.
//!
//! | slide | module | subcommand |
//! |---|---|---|
//! | Python XML-RPC Server | [`service`], [`server`] | `rpc-server` |
//! | Python XML-RPC Client | [`client`] | `rpc-client` |
//! | both of them | [`pair`] | `rpc` |
//! | both of them, made of one trait | [`typed`] | `rpc-typed` |
//! | Wireshark | [`wire`], with [`relay`] and [`page`] | `wire`, `rpc-client --wire` |

mod arithmetic;
pub(crate) mod client;
mod page;
pub(crate) mod pair;
mod relay;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod typed;
mod validator;
pub(crate) mod wire;

/// A runtime for one demo: all of it runs on this thread.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
