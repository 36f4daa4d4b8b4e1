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
//! | Wireshark | [`wire`] | `rpc-client --wire` |
//! | all of them | [`pair`] | `rpc` |

mod arithmetic;
pub(crate) mod client;
pub(crate) mod pair;
pub(crate) mod server;
mod service;
mod validator;
mod wire;

/// A runtime for one demo: all of it runs on this thread.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
