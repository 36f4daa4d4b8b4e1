//! Calls that are to travel in one `system.multicall`, encoded one by one.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::call::{MethodCall, check_method_name};
use crate::codec::{ARRAY_END, ARRAY_START, Decoder, Encoder, write_entry};
use crate::error::Result;
use crate::params::Params;
use crate::value::Value;
use crate::xml::Writer;

/// Calls in the making: encoded one by one into one piece of memory, from which any run of them becomes the call of a
/// `system.multicall`.
///
/// ```
/// use xmlrpc_core::{Encoder, MethodCall, Value, value};
///
/// let mut calls = Encoder::new().calls();
/// calls.push("add", &(1, 2))?;
/// calls.push("name", &())?;
/// let call = MethodCall::<Vec<Value>>::from_slice(&calls.multicall(0..2)?)?;
/// assert_eq!(call.method, "system.multicall");
/// let expected = value!([{ "methodName": "add", "params": [1, 2] }, { "methodName": "name", "params": [] }]);
/// assert_eq!(call.params, [expected]);
/// assert_eq!(calls.call(0)?, MethodCall::new("add", vec![Value::Int(1), Value::Int(2)])?);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CallsEncoder {
    /// The entries, one behind the other, in UTF-8.
    xml: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    encoder: Encoder,
}

/// What stands in an entry.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "methodName")]
    method: String,
    params: Vec<Value>,
}

impl Encoder {
    /// Begins calls that are encoded one by one.
    pub fn calls(&self) -> CallsEncoder {
        CallsEncoder {
            xml: Vec::new(),
            ends: Vec::new(),
            encoder: self.clone(),
        }
    }
}

impl CallsEncoder {
    /// Appends a call.
    ///
    /// # Errors
    ///
    /// As [`Encoder::multicall_entry`]. Nothing is appended then.
    pub fn push<P: Serialize + ?Sized>(&mut self, method: &str, params: &P) -> Result<()> {
        check_method_name(method)?;
        let before = self.xml.len();
        let mut writer = Writer::continued(std::mem::take(&mut self.xml), self.encoder.dialect_in_force());
        let written = write_entry(method, params, &mut writer);
        self.xml = writer.into_utf8();
        match written {
            Ok(()) => self.ends.push(self.xml.len()),
            Err(_) => self.xml.truncate(before),
        }
        written
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes that a run of calls takes, encoded in UTF-8.
    ///
    /// # Panics
    ///
    /// Where there are not so many calls.
    pub fn encoded_len(&self, calls: Range<usize>) -> usize {
        self.bytes(calls).len()
    }

    /// The whole document that calls `system.multicall` with a run of these calls.
    ///
    /// # Errors
    ///
    /// None: what was encoded here can be written.
    ///
    /// # Panics
    ///
    /// Where there are not so many calls.
    pub fn multicall(&self, calls: Range<usize>) -> Result<Vec<u8>> {
        let mut writer = Writer::new(self.encoder.dialect_in_force());
        writer.call_head("system.multicall")?;
        self.write(calls, &mut writer);
        writer.call_end();
        Ok(writer.finish())
    }

    /// The parameters of the same call, for a [`Call`](crate::Call).
    ///
    /// # Panics
    ///
    /// Where there are not so many calls.
    pub fn multicall_params(&self, calls: Range<usize>) -> Params {
        let mut writer = Writer::new(self.encoder.dialect_in_force());
        self.write(calls, &mut writer);
        Params::written(writer.into_text(), self.encoder.clone())
    }

    /// One of the calls, to be made by itself.
    ///
    /// # Errors
    ///
    /// None: what was encoded here can be read.
    ///
    /// # Panics
    ///
    /// Where there are not so many calls.
    pub fn call(&self, index: usize) -> Result<MethodCall> {
        let Entry { method, params } = Decoder::own().value(self.bytes(index..index + 1))?;
        MethodCall::new(&method, params)
    }

    fn write(&self, calls: Range<usize>, writer: &mut Writer<'_>) {
        writer.raw("<param>");
        writer.raw(ARRAY_START);
        writer.raw_utf8(self.bytes(calls));
        writer.raw(ARRAY_END);
        writer.raw("</param>");
    }

    fn bytes(&self, calls: Range<usize>) -> &[u8] {
        let end = |count: usize| match count {
            0 => 0,
            count => self.ends[count - 1],
        };
        &self.xml[end(calls.start)..end(calls.end)]
    }
}
