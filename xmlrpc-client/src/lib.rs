//! XML-RPC client.
