//! XML-RPC server.
