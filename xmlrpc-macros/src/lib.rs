//! The macros of `xmlrpc-server` and `xmlrpc-client`, where they are to be used from: `xmlrpc_server::rpc`, `xmlrpc_client::rpc`.

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

/// Makes a service of a trait: the server's side, unless it says otherwise.
#[proc_macro_attribute]
pub fn server_rpc(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, Side::Server)
}

/// Makes a service of a trait: the client's side, unless it says otherwise.
#[proc_macro_attribute]
pub fn client_rpc(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, Side::Client)
}

/// Describes a struct or an enum as serde's derive sends it, with its members.
#[proc_macro_derive(Describe, attributes(describe))]
pub fn derive_describe(item: TokenStream) -> TokenStream {
    let expanded = describe::expand(item.into());
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(options: TokenStream, item: TokenStream, origin: Side) -> TokenStream {
    let expanded = service::expand(options.into(), item.into(), origin);
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
