//! XML-RPC documents to and from Rust types.
