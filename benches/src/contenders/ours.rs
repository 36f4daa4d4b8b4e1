//! `xmlrpc-core` itself, through the functions that its documentation begins with: options are made anew for each document.

use std::error::Error;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xmlrpc_core::Value;

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Envelope};

/// Its name in the tables.
pub const NAME: &str = "xmlrpc-core";

/// Straight between the document and a type.
pub fn typed<'w, T: Serialize + DeserializeOwned + PartialEq>(
    document: &'w Document,
    typed: &'w T,
) -> Vec<Contender<'w>> {
    vec![
        reader(document, Form::Typed, move |read: &T| read == typed),
        writer(document, Form::Typed, typed),
    ]
}

/// Into a type that borrows its texts.
pub fn borrowed<'w, T: Serialize + Deserialize<'w> + 'w>(document: &'w Document) -> Vec<Contender<'w>> {
    vec![reader(document, Form::Borrowed, |read: &T| {
        serde_json::to_value(read).is_ok_and(|value| value == document.json_value)
    })]
}

/// To and from [`Value`].
pub fn value(document: &Document) -> Vec<Contender<'_>> {
    let reader = match document.envelope {
        Envelope::Response => reader(document, Form::Value, |read: &Value| *read == document.value),
        Envelope::Call(_) => reader(document, Form::Value, |read: &Vec<Value>| {
            document
                .value
                .as_array()
                .is_some_and(|params| params.as_slice() == read)
        }),
    };
    vec![reader, writer(document, Form::Value, &document.value)]
}

fn reader<'w, T: Deserialize<'w> + 'w>(
    document: &'w Document,
    form: Form,
    right: impl Fn(&T) -> bool + 'w,
) -> Contender<'w> {
    let xml = document.xml.as_bytes();
    Contender::new(
        NAME,
        (Task::Read, form),
        xml.len(),
        move || read(document, xml),
        right,
    )
}

fn read<'w, T: Deserialize<'w>>(document: &Document, xml: &'w [u8]) -> Result<T, Box<dyn Error>> {
    match document.envelope {
        Envelope::Call(_) => Ok(document.decoder().method_call(xml)?.params),
        Envelope::Response => Ok(document.decoder().method_response(xml)?.into_result()?),
    }
}

fn writer<'w, T: Serialize>(document: &'w Document, form: Form, value: &'w T) -> Contender<'w> {
    let write = move || match document.envelope {
        Envelope::Call(method) => document.encoder().method_call(method, value),
        Envelope::Response => document.encoder().method_response(value),
    };
    let right = |xml: &Vec<u8>| document.is_written_in(xml);
    Contender::new(NAME, (Task::Write, form), document.xml.len(), write, right)
}
