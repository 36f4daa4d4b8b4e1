//! What is asked of a server, and what it has to answer.

use serde_json::json;
use xmlrpc_core::{Encoder, MethodCall, MethodResponse};

use crate::workloads::{Record, make_records};

/// How many records go there and back.
pub const RECORDS: usize = 1_000;
/// The method of the tiny call.
pub const TINY: &str = "files.rename";
/// The method that gives back the records it got.
pub const ECHO: &str = "records.echo";
/// What XML-RPC travels as.
pub const XML: &str = "text/xml; charset=utf-8";
/// What JSON-RPC travels as.
pub const JSON: &str = "application/json";

/// The parameters of the tiny call.
pub type Tiny = (i32, String, bool);

/// The parameters of the tiny call, the same as those of the codec's workload `tiny-call`.
pub fn tiny() -> Tiny {
    (17, "second draft".to_owned(), true)
}

/// What the method of the tiny call gives.
pub fn rename(id: i32, name: &str, overwrite: bool) -> bool {
    overwrite && id > 0 && !name.is_empty()
}

/// What a contender understands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    /// It answers everything with the bytes of [`tiny_reply`].
    Fixed,
    /// XML-RPC.
    Xml,
    /// JSON-RPC 2.0.
    Json,
}

/// A request, and which replies are right.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// In HTTP's `Content-Type`.
    pub content_type: &'static str,
    /// The request's body.
    pub body: Vec<u8>,
    right: fn(&[u8]) -> bool,
}

impl Exchange {
    /// The tiny call. A contender with fixed bytes reads it, too.
    pub fn tiny(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Fixed | Protocol::Xml => Self {
                content_type: XML,
                body: encoder_says(MethodCall::new(TINY, tiny()).and_then(|call| call.to_vec())),
                right: |reply| {
                    matches!(
                        MethodResponse::from_slice(reply),
                        Ok(MethodResponse::Success(true))
                    )
                },
            },
            Protocol::Json => Self {
                content_type: JSON,
                body: json!({"jsonrpc": "2.0", "id": 1, "method": TINY, "params": tiny()})
                    .to_string()
                    .into_bytes(),
                right: |reply| json_result(reply) == Some(true.into()),
            },
        }
    }

    /// The records there and back; `None` for contenders that understand nothing.
    pub fn echo(protocol: Protocol) -> Option<Self> {
        let records = make_records(RECORDS);
        match protocol {
            Protocol::Fixed => None,
            Protocol::Xml => Some(Self {
                content_type: XML,
                body: encoder_says(MethodCall::new(ECHO, (records,)).and_then(|call| call.to_vec())),
                right: |reply| {
                    let response = MethodResponse::<Vec<Record>>::from_slice(reply);
                    let result = response.ok().and_then(|response| response.into_result().ok());
                    result == Some(make_records(RECORDS))
                },
            }),
            Protocol::Json => Some(Self {
                content_type: JSON,
                body: json!({"jsonrpc": "2.0", "id": 1, "method": ECHO, "params": [records]})
                    .to_string()
                    .into_bytes(),
                right: |reply| {
                    let records = json_result(reply).map(serde_json::from_value::<Vec<Record>>);
                    records.and_then(Result::ok) == Some(make_records(RECORDS))
                },
            }),
        }
    }

    /// Whether a reply is right.
    pub fn is_answered_by(&self, reply: &[u8]) -> bool {
        (self.right)(reply)
    }
}

/// The reply to the tiny call.
pub fn tiny_reply() -> Vec<u8> {
    encoder_says(Encoder::new().method_response(&true))
}

fn encoder_says(document: xmlrpc_core::Result<Vec<u8>>) -> Vec<u8> {
    document.expect("all exchanges are values of XML-RPC")
}

fn json_result(reply: &[u8]) -> Option<serde_json::Value> {
    let mut reply: serde_json::Value = serde_json::from_slice(reply).ok()?;
    Some(reply.get_mut("result")?.take())
}
