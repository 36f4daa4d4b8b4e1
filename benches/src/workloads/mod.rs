//! The workloads: documents with what they stand for, each the same in every run.
//!
//! | name | document |
//! |---|---|
//! | `tiny-call` | `methodCall` with an int, a string of 12 characters and a boolean |
//! | `struct-12` | `methodResponse` with one struct of 12 scalars |
//! | `ints` | array of 10,000 ints from all of the 32-bit range |
//! | `records` | array of 1,000 structs of 10 members: 3 ints, 4 strings, 2 doubles, 1 boolean; no white space between tags |
//! | `records-python` | the same laid out as Python's `xmlrpc.client` writes it, a line for each tag that opens or closes something |
//! | `multicall` | `system.multicall` call of 1,000 entries with two parameters each |
//! | `text` | one string of 1 MiB of which 2 % are `&`, `<` and `>`, so written as references |
//! | `nested` | 64 arrays inside one another |
//! | `base64-line` | one base64 value of 8 MiB once decoded, on one line |
//! | `base64-wrapped` | the same on lines of 76 characters |
//! | `records-1mib`, `records-256mib` | as many records as fill a document of that size; reading only |
//!
//! A *value* is every scalar, array and struct of the document: a record is 11 of them, the array of records one more. Member names,
//! the method's name and the document itself are none.

mod layout;
mod numbers;
mod samples;
mod types;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xmlrpc_core::{Base64Lines, Decoder, Dialect, Encoder, Limits, Value};

use crate::contender::Contender;
use crate::contenders::{dxr, json, ours, quick_xml, serde_xmlrpc, xmlrpc};
pub use layout::Layout;
pub(crate) use samples::make_records;
pub(crate) use types::Record;

/// A workload's name, and how it is made.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// Makes the workload.
    pub make: fn() -> Box<dyn Workload>,
}

/// All workloads but the ones that compare sizes.
pub const ALL: &[Named] = &[
    Named {
        name: "tiny-call",
        make: samples::tiny_call,
    },
    Named {
        name: "struct-12",
        make: samples::struct_12,
    },
    Named {
        name: "ints",
        make: samples::ints,
    },
    Named {
        name: "records",
        make: samples::records,
    },
    Named {
        name: "records-python",
        make: samples::records_python,
    },
    Named {
        name: "multicall",
        make: samples::multicall,
    },
    Named {
        name: "text",
        make: samples::text,
    },
    Named {
        name: "nested",
        make: samples::nested,
    },
    Named {
        name: "base64-line",
        make: samples::base64_line,
    },
    Named {
        name: "base64-wrapped",
        make: samples::base64_wrapped,
    },
];

/// The workloads that compare sizes, the small one first.
pub const SIZES: [Named; 2] = [
    Named {
        name: "records-1mib",
        make: samples::records_1_mib,
    },
    Named {
        name: "records-256mib",
        make: samples::records_256_mib,
    },
];

/// What the programs ask of a workload, whatever its types.
pub trait Workload {
    /// The document and its value.
    fn document(&self) -> &Document;

    /// Everyone in this process who reads or writes it.
    fn contenders(&self) -> Vec<Contender<'_>>;
}

/// Which document the value stands in.
#[derive(Clone, Copy, Debug)]
pub enum Envelope {
    /// The parameters of a call of this method.
    Call(&'static str),
    /// The result of a response.
    Response,
}

/// A value and the documents that carry it.
#[derive(Debug)]
pub struct Document {
    /// The workload's name.
    pub name: &'static str,
    /// Which document the value stands in.
    pub envelope: Envelope,
    /// How the XML is laid out.
    pub layout: Layout,
    /// The value; the array of the parameters for a call.
    pub value: Value,
    /// How many values the document holds.
    pub values: usize,
    /// The XML-RPC document.
    pub xml: String,
    /// The value in JSON.
    pub json_value: serde_json::Value,
    /// The JSON document: the value itself for a response, an object of `method` and `params` for a call.
    pub json: String,
    /// The name of the contender with which the others are compared.
    pub reference: &'static str,
    /// Whether another workload writes the same already.
    pub reads_only: bool,
}

impl Document {
    fn new<T: Serialize, J: Serialize>(
        (name, envelope, layout): (&'static str, Envelope, Layout),
        typed: &T,
        json_typed: &J,
    ) -> Self {
        let value = xmlrpc_core::to_value(typed).expect("all workloads are values of XML-RPC");
        let json_value = serde_json::to_value(json_typed).expect("all workloads are values of JSON");
        Self {
            name,
            envelope,
            layout,
            values: match envelope {
                Envelope::Call(_) => count(&value) - 1,
                Envelope::Response => count(&value),
            },
            xml: layout::document(envelope, &value, layout),
            json: json::document(envelope, json_typed).expect("all workloads are values of JSON"),
            value,
            json_value,
            reference: json::NAME,
            reads_only: false,
        }
    }

    /// The decoder that one gets without asking for more; beyond its 16 MiB, one with limits to match.
    pub fn decoder(&self) -> Decoder {
        let default = Limits::default();
        if self.xml.len() <= default.document_bytes {
            return Decoder::new();
        }
        let limits = default.document_bytes(self.xml.len()).values(self.values);
        Decoder::new().limits(limits)
    }

    /// The encoder that one gets without asking for more, but for the lines of base64.
    pub fn encoder(&self) -> Encoder {
        match self.layout {
            Layout::Compact => Encoder::new(),
            Layout::Python => Encoder::new().dialect(Dialect::default().base64_lines(Base64Lines::Wrapped)),
        }
    }

    /// Whether these bytes are an XML-RPC document, or one bare `<value>`, that stands for this one's value.
    pub fn is_written_in(&self, xml: impl AsRef<[u8]>) -> bool {
        let (decoder, xml) = (self.decoder(), xml.as_ref());
        if let Ok(value) = decoder.value::<Value>(xml) {
            return value == self.value;
        }
        match self.envelope {
            Envelope::Call(method) => decoder
                .method_call::<Vec<Value>>(xml)
                .is_ok_and(|call| call.method == method && Value::from(call.params) == self.value),
            Envelope::Response => decoder
                .method_response::<Value>(xml)
                .is_ok_and(|response| response.into_result().is_ok_and(|value| value == self.value)),
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Struct(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// A document with its value as a type of Rust's; `J` is that type where JSON needs another one.
struct Sample<T, J = T> {
    document: Document,
    typed: T,
    json_typed: J,
    /// Contenders that not every type has.
    more: fn(&Self) -> Vec<Contender<'_>>,
}

impl<T, J> Workload for Sample<T, J>
where
    T: Serialize + DeserializeOwned + PartialEq,
    J: Serialize + DeserializeOwned + PartialEq,
{
    fn document(&self) -> &Document {
        &self.document
    }

    fn contenders(&self) -> Vec<Contender<'_>> {
        let document = &self.document;
        let mut all = ours::typed(document, &self.typed);
        all.extend(ours::value(document));
        all.extend(json::typed(document, &self.json_typed));
        all.extend(json::value(document));
        all.extend((self.more)(self));
        all.extend(serde_xmlrpc::typed(document, &self.typed));
        all.extend(serde_xmlrpc::value(document));
        all.extend(dxr::value(document));
        all.extend(xmlrpc::value(document));
        all.extend(quick_xml::events(document));
        all
    }
}
