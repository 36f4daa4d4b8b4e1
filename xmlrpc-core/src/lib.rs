//! XML-RPC documents to and from Rust types.
//!
//! This crate is the format: bytes on one side, serde and Rust types on the other. It knows no HTTP, no async and no clock; the
//! crates `xmlrpc-server` and `xmlrpc-client` add them.
//!
//! # Three ways in
//!
//! **Typed.** Any type of serde's goes straight between bytes and Rust, with no tree between:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use xmlrpc_core::{MethodCall, MethodResponse};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Point { x: f64, y: f64 }
//!
//! let xml = MethodCall::new("shapes.move", (Point { x: 1.0, y: 2.0 }, "up"))?.to_vec()?;
//! let call: MethodCall<(Point, String)> = MethodCall::from_slice(&xml)?;
//! assert_eq!(call.params.0, Point { x: 1.0, y: 2.0 });
//!
//! let answer = MethodResponse::Success(Point { x: 1.0, y: 3.0 }).to_vec()?;
//! let point = MethodResponse::<Point>::from_slice(&answer)?.into_result()?;
//! assert_eq!(point.y, 3.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Values.** [`Value`] holds whatever comes, and [`value!`] makes one:
//!
//! ```
//! use xmlrpc_core::{Value, from_slice, to_vec, value};
//!
//! let value = value!({ "name": "Ada", "scores": [1, 2.5, nil] });
//! let back: Value = from_slice(&to_vec(&value)?)?;
//! assert_eq!(back["scores"][1], 2.5);
//! # Ok::<(), xmlrpc_core::Error>(())
//! ```
//!
//! **Tokens.** [`Decoder::tokens`] walks through a value of any size without keeping it.
//!
//! # How data flows
//!
//! ```text
//! bytes -> document (decoded, checked) -> reader -> Token .. -> serde -> Rust types or Value
//! Rust types or Value -> serde -> Token .. -> writer -> bytes
//! ```
//!
//! [`Decoder`] and [`Encoder`] carry the options: [`Limits`] on what a document may ask for, [`Reading`] for what is accepted,
//! [`Dialect`] for what is written. The free functions [`from_slice`] and [`to_vec`] and the documents [`MethodCall`] and
//! [`MethodResponse`] use the defaults. A server that must know the method before it knows the parameters' types reads a [`Call`].
//!
//! # Reference
//!
//! [`documentation`] has the tables: types, accepted and refused forms, errors and limits.

mod base64;
mod call;
mod calls;
mod codec;
mod datetime;
mod de;
mod dialect;
pub mod documentation;
mod error;
pub mod fault;
mod limits;
mod multicall;
mod options;
mod params;
mod path;
mod pretty;
mod reading;
mod results;
mod ser;
mod stack;
mod token;
mod value;
pub mod with;
mod xml;

pub use base64::Base64;
pub use call::{MethodCall, MethodName, MethodResponse};
pub use calls::CallsEncoder;
pub use codec::{
    ArrayEncoder, Decoder, Encoder, from_slice, from_value, from_value_ref, to_value, to_vec, to_writer,
};
pub use datetime::{DateTime, Zone};
pub use dialect::{Base64Lines, Dialect, Forbidden, IntTag, NilForm, NonFinite, WideForm};
pub use error::{Category, Error, LimitName, Position, Result};
pub use fault::Fault;
pub use limits::Limits;
pub use multicall::MulticallEntries;
pub use params::{Call, EncodedValue, Extensions, Params, ParamsReader};
pub use pretty::{Pretty, Printable};
pub use reading::{Duplicates, Policy, Reading};
pub use results::{MulticallReader, MulticallResults};
pub use token::Token;
pub use value::{Array, Index, Name, Struct, Value};
pub use xml::Encoding;

/// Panics where the two lanes of the reader differ on a document; for the targets in `fuzz/`.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn compare_lanes(document: &[u8], limits: &Limits, reading: &Reading) {
    xml::compare_lanes(document, limits, reading);
}
