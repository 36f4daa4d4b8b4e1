//! `dxr`: always by way of its `Value`; a type is made from that, or turned into it.

use dxr::{Error, MethodCall, MethodResponse, TryFromValue, TryToValue, Value};

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Envelope};

/// Its name in the tables.
pub const NAME: &str = "dxr";

/// To and from a type, by dxr's derive.
pub fn typed<'w, T: TryFromValue + TryToValue + PartialEq + 'w>(
    document: &'w Document,
    typed: &'w T,
) -> Vec<Contender<'w>> {
    let read = || T::try_from_value(&read(document)?);
    let write = || write(document.envelope, typed.try_to_value()?);
    vec![
        reader(document, Form::Typed, read, move |read| read == typed),
        writer(document, Form::Typed, write),
    ]
}

/// To and from dxr's `Value`.
pub fn value(document: &Document) -> Vec<Contender<'_>> {
    let value = value_of(&document.value);
    let expected = value.clone();
    // The library wants the value inside of its documents, so that one is cloned for each.
    let write = move || write(document.envelope, value.clone());
    vec![
        reader(
            document,
            Form::Value,
            || read(document),
            move |read| *read == expected,
        ),
        writer(document, Form::Value, write),
    ]
}

fn reader<'w, T>(
    document: &'w Document,
    form: Form,
    read: impl Fn() -> Result<T, Error> + 'w,
    right: impl Fn(&T) -> bool + 'w,
) -> Contender<'w> {
    Contender::new(NAME, (Task::Read, form), document.xml.len(), read, right)
}

fn writer<'w>(
    document: &'w Document,
    form: Form,
    write: impl Fn() -> Result<String, Error> + 'w,
) -> Contender<'w> {
    let right = |xml: &String| document.is_written_in(xml);
    Contender::new(NAME, (Task::Write, form), document.xml.len(), write, right)
}

fn read(document: &Document) -> Result<Value, Error> {
    Ok(match document.envelope {
        Envelope::Call(_) => Value::Array(MethodCall::from_xml(&document.xml)?.params),
        Envelope::Response => MethodResponse::from_xml(&document.xml)?.value,
    })
}

fn write(envelope: Envelope, value: Value) -> Result<String, Error> {
    match (envelope, value) {
        (Envelope::Call(method), Value::Array(params)) => {
            let name = method.into();
            MethodCall { name, params }.to_xml()
        }
        (_, value) => MethodResponse { value }.to_xml(),
    }
}

fn value_of(value: &xmlrpc_core::Value) -> Value {
    use xmlrpc_core::Value as Ours;
    match value {
        Ours::Int(number) => Value::Integer(*number),
        Ours::Boolean(truth) => Value::Boolean(*truth),
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
