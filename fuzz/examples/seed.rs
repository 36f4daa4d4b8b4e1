//! Writes the documents of the conformance corpus as seeds, into `fuzz/corpus/<target>/`.
//!
//! What a target reads before its document is put in front: zeros, which choose the defaults, and where that makes a difference
//! a few other choices.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use xmlrpc_core::{Base64, Decoder, Limits, MethodCall, MethodResponse, Value, value};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Larger documents would only slow a target down.
const LARGEST: usize = 16 * 1024;

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    xml_b64: Option<String>,
    xml_parts: Option<Vec<(String, usize)>>,
}

fn main() -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for file in fs::read_dir(root.join("../tests/corpus"))? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read(path)?;
        let mut json = serde_json::Deserializer::from_slice(&text);
        json.disable_recursion_limit();
        for case in Vec::<Case>::deserialize(&mut json)? {
            if let Some(document) = case.document()?.filter(|document| document.len() <= LARGEST) {
                case.write(&document, root)?;
                count += 1;
            }
        }
    }
    for (name, document) in requests()? {
        write(root, "dispatch", &name, &[0], &document)?;
        write(root, "decode_call", &name, &[], &document)?;
    }
    println!(
        "seeds of {count} documents are in {}",
        root.join("corpus").display()
    );
    Ok(())
}

impl Case {
    fn document(&self) -> Outcome<Option<Vec<u8>>> {
        if let Some(parts) = &self.xml_parts {
            let length: usize = parts.iter().map(|(text, times)| text.len() * times).sum();
            let text = || {
                parts
                    .iter()
                    .map(|(text, times)| text.repeat(*times))
                    .collect::<String>()
            };
            return Ok((length <= LARGEST).then(|| text().into_bytes()));
        }
        let Some(text) = &self.xml_b64 else {
            return Ok(None);
        };
        let value = format!("<value><base64>{text}</base64></value>");
        let decoder = Decoder::new().limits(Limits::client());
        Ok(Some(decoder.value::<Base64>(value.as_bytes())?.into_inner()))
    }

    fn write(&self, document: &[u8], root: &Path) -> Outcome<()> {
        let name = &self.id;
        for limits in [0, 1] {
            write(
                root,
                "lanes",
                &format!("{name}-{limits}"),
                &[0, 0, 0, limits],
                document,
            )?;
        }
        if self.kind == "call" {
            write(root, "decode_call", name, &[], document)?;
            write(root, "dispatch", name, &[0], document)?;
        } else {
            for forbidden in [0, 4, 8] {
                let name = format!("{name}-{forbidden}");
                write(root, "decode_response", &name, &[0, 0, 0, forbidden], document)?;
            }
        }
        for (index, value) in values(document).iter().enumerate() {
            let name = format!("{name}-{index}");
            for duplicates in [0, 1, 2, 4] {
                write(
                    root,
                    "typed",
                    &format!("{name}-{duplicates}"),
                    &[duplicates],
                    value,
                )?;
            }
            write(root, "roundtrip", &name, &[1, 0, 0], value)?;
        }
        Ok(())
    }
}

/// The values in a document: as they stand there, and as they are written here.
fn values(document: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut values = BTreeSet::new();
    if let Some(text) = std::str::from_utf8(document).ok()
        && let (Some(start), Some(end)) = (text.find("<value"), text.rfind("</value>"))
        && start < end
    {
        values.insert(text[start..end + "</value>".len()].into());
    }
    let call = MethodCall::<Vec<Value>>::from_slice(document).map(|call| call.params);
    let response = || match MethodResponse::from_slice(document).ok()? {
        MethodResponse::Success(value) => Some(vec![value]),
        MethodResponse::Fault(fault) => fault.raw().cloned().map(|value| vec![value]),
    };
    let read = call.ok().or_else(response);
    values.extend(
        read.iter()
            .flatten()
            .filter_map(|value| xmlrpc_core::to_vec(value).ok()),
    );
    values
}

/// Calls of the methods that the target `dispatch` has.
fn requests() -> Outcome<Vec<(String, Vec<u8>)>> {
    let point = value!({ "a": 1.5, "b": nil });
    let moment: Value = Value::DateTime("19980717T14:08:55".parse()?);
    let data = Value::Base64(b"data"[..].into());
    let entry = |name: &str, params: Value| value!({ "methodName": name, "params": params });
    let many = Value::from((0..8).map(|_| entry("big", value!([255]))).collect::<Vec<_>>());
    let calls = [
        ("a", value!([{ "x": [1, 2.5, "three", nil, true] }])),
        ("add", value!([1, 2])),
        ("add", value!([2147483647, 2])),
        ("all", value!([1, "2", [3]])),
        ("b", Value::from(vec![true.into(), moment])),
        ("big", value!([9])),
        ("bytes", Value::from(vec![data, "name".into()])),
        ("fail", value!([4, "Too many parameters."])),
        ("map", value!([{ "x": 1.5, "y": 2 }, 7])),
        ("nothing", value!([])),
        (
            "point",
            Value::from(vec![point.clone(), Value::from(vec![point])]),
        ),
        (
            "wide",
            Value::from(vec![Value::I8(5_000_000_000), 7.into(), 0.5.into()]),
        ),
        ("later", value!(["text"])),
        ("none", value!([])),
        ("system.listMethods", value!([])),
        ("system.methodHelp", value!(["a"])),
        ("system.methodSignature", value!(["add"])),
        ("system.getCapabilities", value!([])),
        ("system.multicall", Value::from(vec![many])),
        (
            "system.multicall",
            Value::from(vec![Value::from(vec![
                entry("add", value!([1, 2])),
                entry("none", value!([])),
                entry("system.multicall", value!([[]])),
                value!({ "methodName": "nothing" }),
                value!(5),
            ])]),
        ),
    ];
    let documents = calls.into_iter().enumerate().map(|(index, (name, params))| {
        let params: Vec<Value> = xmlrpc_core::from_value(params)?;
        Ok((
            format!("request-{index}"),
            MethodCall::new(name, params)?.to_vec()?,
        ))
    });
    documents.collect()
}

fn write(root: &Path, target: &str, name: &str, choices: &[u8], document: &[u8]) -> std::io::Result<()> {
    let folder = root.join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("seed-{name}")), [choices, document].concat())
}
