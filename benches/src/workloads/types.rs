//! The types that workloads hold, owned and borrowed.

use std::borrow::Cow;

use dxr::{TryFromValue, TryToValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A struct of 10 mixed members, as tables of users and the like give them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TryFromValue, TryToValue)]
pub(crate) struct Record {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) city: String,
    pub(crate) comment: String,
    pub(crate) active: bool,
    pub(crate) score: f64,
    pub(crate) balance: f64,
    pub(crate) visits: i32,
    pub(crate) group: i32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordRef<'a> {
    id: i32,
    name: &'a str,
    email: &'a str,
    city: &'a str,
    comment: &'a str,
    active: bool,
    score: f64,
    balance: f64,
    visits: i32,
    group: i32,
}

/// A struct of 12 members, as a call for the state of a process or a download gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TryFromValue, TryToValue)]
pub(super) struct Status {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) description: String,
    pub(super) state: i32,
    pub(super) state_name: String,
    pub(super) pid: i32,
    pub(super) started: i32,
    pub(super) stopped: i32,
    pub(super) exit_status: i32,
    pub(super) load: f64,
    pub(super) healthy: bool,
    pub(super) log_file: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StatusRef<'a> {
    name: &'a str,
    group: &'a str,
    description: &'a str,
    state: i32,
    state_name: &'a str,
    pid: i32,
    started: i32,
    stopped: i32,
    exit_status: i32,
    load: f64,
    healthy: bool,
    log_file: &'a str,
}

/// An entry of `system.multicall`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "methodName")]
    pub(super) method_name: String,
    pub(super) params: (String, i32),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntryRef<'a> {
    #[serde(rename = "methodName")]
    method_name: &'a str,
    #[serde(borrow)]
    params: (&'a str, i32),
}

/// A text, borrowed where it stands in the document as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Arrays that hold arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Nested(pub(super) Vec<Nested>);

/// Bytes as JSON has them: a string of base64.
#[derive(Debug, PartialEq)]
pub(super) struct Base64Text(pub(super) Vec<u8>);

impl Serialize for Base64Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let bytes = base64_simd::STANDARD.decode_to_vec(text);
        bytes.map(Self).map_err(serde::de::Error::custom)
    }
}
