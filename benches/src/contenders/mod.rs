//! The contenders: one module for each library, each turning a [`Document`](crate::workloads::Document) into
//! [`Contender`](crate::contender::Contender)s.

pub mod base64;
pub mod dxr;
pub mod json;
pub mod ours;
pub mod python;
pub mod quick_xml;
pub mod serde_xmlrpc;
pub mod xmlrpc;
