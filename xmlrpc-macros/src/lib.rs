//! The macros of `xmlrpc-server` and `xmlrpc-client`.
//!
//! They are used from there: `xmlrpc_server::rpc`, `xmlrpc_client::rpc` and the derive of `xmlrpc_server::Describe`. What they make calls
//! the public functions of these crates, so that one who knows them can read it, and a little that they have for macros alone.
//!
//! # How data flows
//!
//! ```text
//! attribute -> Options \
//!                       Service -> server: trait, table of methods
//! trait -> Method ..   /        -> client: struct, functions
//! ```

mod attributes;
mod client;
mod describe;
mod method;
mod options;
mod parameter;
mod rename;
mod result;
mod serde;
mod server;
mod service;
mod types;

use options::Side;
use proc_macro::TokenStream;

#[doc = include_str!("rpc.md")]
#[proc_macro_attribute]
pub fn server_rpc(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, Side::Server)
}

#[doc = include_str!("rpc.md")]
#[proc_macro_attribute]
pub fn client_rpc(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, Side::Client)
}

#[doc = include_str!("describe.md")]
#[proc_macro_derive(Describe, attributes(describe))]
pub fn derive_describe(item: TokenStream) -> TokenStream {
    let expanded = describe::expand(item.into());
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(options: TokenStream, item: TokenStream, origin: Side) -> TokenStream {
    let expanded = service::expand(options.into(), item.into(), origin);
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
