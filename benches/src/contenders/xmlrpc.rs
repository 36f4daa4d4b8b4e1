//! `xmlrpc` 0.15, the client of old: reads responses, writes calls; types are none of its business.

use std::io;

use xmlrpc::{Error, Request, Transport, Value};

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Envelope};

const NAME: &str = "xmlrpc";

/// What it can do of: reading responses, writing calls, writing a bare `<value>`.
pub fn value(document: &Document) -> Vec<Contender<'_>> {
    let value = value_of(&document.value);
    let mut all = Vec::new();
    if let Envelope::Response = document.envelope {
        let expected = value.clone();
        let read = || -> Result<Value, Error> { Request::new("").call(Received(document.xml.as_bytes())) };
        let right = move |read: &Value| *read == expected;
        all.push(Contender::new(
            NAME,
            (Task::Read, Form::Value),
            document.xml.len(),
            read,
            right,
        ));
    }
    let write = move || write(document.envelope, &value);
    let right = |xml: &Vec<u8>| document.is_written_in(xml);
    all.push(Contender::new(
        NAME,
        (Task::Write, Form::Value),
        document.xml.len(),
        write,
        right,
    ));
    all
}

/// A response that is there before the request is sent, which is the only way in without a network.
struct Received<'w>(&'w [u8]);

impl<'w> Transport for Received<'w> {
    type Stream = &'w [u8];

    fn transmit(self, _: &Request<'_>) -> Result<&'w [u8], Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0)
    }
}

fn write(envelope: Envelope, value: &Value) -> io::Result<Vec<u8>> {
    let mut xml = Vec::new();
    match (envelope, value) {
        (Envelope::Call(method), Value::Array(params)) => {
            let request = params.iter().cloned().fold(Request::new(method), Request::arg);
            request.write_as_xml(&mut xml)?;
        }
        _ => value.write_as_xml(&mut xml)?,
    }
    Ok(xml)
}

fn value_of(value: &xmlrpc_core::Value) -> Value {
    use xmlrpc_core::Value as Ours;
    match value {
        Ours::Int(number) => Value::Int(*number),
        Ours::Boolean(truth) => Value::Bool(*truth),
        Ours::String(text) => Value::String(text.clone()),
        Ours::Double(number) => Value::Double(*number),
        Ours::Base64(bytes) => Value::Base64(bytes.to_vec()),
        Ours::Array(values) => Value::Array(values.iter().map(value_of).collect()),
        Ours::Struct(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_owned(), value_of(value)));
            Value::Struct(members.collect())
        }
        other => unreachable!("no workload holds {}", other.type_name()),
    }
}
