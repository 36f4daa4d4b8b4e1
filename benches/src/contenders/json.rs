//! `serde_json` on the equivalent JSON: what all others are compared with.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Error, Value};

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Envelope};

/// Its name in the tables.
pub const NAME: &str = "serde_json";

/// A call as JSON-RPC has it. The method's name is borrowed.
#[derive(Serialize, Deserialize)]
struct Call<'a, P> {
    method: &'a str,
    params: P,
}

/// The JSON document of a value.
///
/// # Errors
///
/// Those of JSON.
pub fn document<T: Serialize + ?Sized>(envelope: Envelope, value: &T) -> Result<String, Error> {
    match envelope {
        Envelope::Call(method) => serde_json::to_string(&Call {
            method,
            params: value,
        }),
        Envelope::Response => serde_json::to_string(value),
    }
}

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
    vec![
        reader(document, Form::Value, |read: &Value| *read == document.json_value),
        writer(document, Form::Value, &document.json_value),
    ]
}

fn reader<'w, T: Deserialize<'w> + 'w>(
    document: &'w Document,
    form: Form,
    right: impl Fn(&T) -> bool + 'w,
) -> Contender<'w> {
    let json = document.json.as_bytes();
    let read = move || match document.envelope {
        Envelope::Call(_) => serde_json::from_slice(json).map(|call: Call<'_, T>| call.params),
        Envelope::Response => serde_json::from_slice(json),
    };
    Contender::new(NAME, (Task::Read, form), json.len(), read, right)
}

fn writer<'w, T: Serialize>(document: &'w Document, form: Form, value: &'w T) -> Contender<'w> {
    let write = move || match document.envelope {
        Envelope::Call(method) => serde_json::to_vec(&Call {
            method,
            params: value,
        }),
        Envelope::Response => serde_json::to_vec(value),
    };
    // Its `Value` sorts the members, so that the texts may differ.
    let right = |json: &Vec<u8>| is_written_in(document, json);
    Contender::new(NAME, (Task::Write, form), document.json.len(), write, right)
}

fn is_written_in(document: &Document, json: &[u8]) -> bool {
    let value = match document.envelope {
        Envelope::Call(_) => serde_json::from_slice(json).map(|call: Call<'_, Value>| call.params),
        Envelope::Response => serde_json::from_slice(json),
    };
    value.is_ok_and(|value| value == document.json_value)
}
