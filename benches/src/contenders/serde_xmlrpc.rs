//! `serde_xmlrpc`: types by serde; calls by way of its `Value`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_xmlrpc::{Result, Value};

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Envelope};

const NAME: &str = "serde_xmlrpc";

/// To and from a type.
pub fn typed<'w, T: Serialize + DeserializeOwned + PartialEq>(
    document: &'w Document,
    typed: &'w T,
) -> Vec<Contender<'w>> {
    let read = || match document.envelope {
        Envelope::Call(_) => serde_xmlrpc::from_values(serde_xmlrpc::request_from_str(&document.xml)?.1),
        Envelope::Response => serde_xmlrpc::response_from_str(&document.xml),
    };
    let write = move || write(document.envelope, typed);
    vec![
        reader(document, Form::Typed, read, move |read: &T| read == typed),
        writer(document, Form::Typed, write),
    ]
}

/// To and from its `Value`.
pub fn value(document: &Document) -> Vec<Contender<'_>> {
    let value = serde_xmlrpc::to_value(&document.value).unwrap_or(Value::Nil);
    let expected = value.clone();
    let read = || match document.envelope {
        Envelope::Call(_) => Ok(Value::Array(serde_xmlrpc::request_from_str(&document.xml)?.1)),
        Envelope::Response => serde_xmlrpc::response_from_str(&document.xml),
    };
    let write = move || write(document.envelope, &value);
    vec![
        reader(document, Form::Value, read, move |read| *read == expected),
        writer(document, Form::Value, write),
    ]
}

fn reader<'w, T>(
    document: &'w Document,
    form: Form,
    read: impl Fn() -> Result<T> + 'w,
    right: impl Fn(&T) -> bool + 'w,
) -> Contender<'w> {
    Contender::new(NAME, (Task::Read, form), document.xml.len(), read, right)
}

fn writer<'w>(document: &'w Document, form: Form, write: impl Fn() -> Result<String> + 'w) -> Contender<'w> {
    let right = |xml: &String| document.is_written_in(xml);
    Contender::new(NAME, (Task::Write, form), document.xml.len(), write, right)
}

/// Responses are written as a bare `<value>`: only that goes without a `Value`.
fn write<T: Serialize>(envelope: Envelope, value: &T) -> Result<String> {
    match envelope {
        Envelope::Call(method) => match serde_xmlrpc::to_value(value)? {
            Value::Array(params) => serde_xmlrpc::request_to_string(method, params.into_iter()),
            other => serde_xmlrpc::request_to_string(method, std::iter::once(other)),
        },
        Envelope::Response => serde_xmlrpc::value_to_string(value),
    }
}
