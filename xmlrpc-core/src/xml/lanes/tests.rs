//! Corpus documents, mutated and generated ones, by both lanes.

use std::path::Path;

use proptest::prelude::*;

use super::compare;
use crate::reading::Policy;
use crate::{Duplicates, Encoder, Forbidden, Limits, Reading, Value};

fn compare_all(bytes: &[u8]) {
    let tight = Limits::default()
        .depth(3)
        .values(9)
        .members(3)
        .string_bytes(12)
        .name_bytes(6)
        .reread_bytes(60)
        .attributes(1);
    compare(bytes, &Limits::default(), &Reading::default());
    compare(bytes, &Limits::default(), &Reading::strict());
    compare(bytes, &tight, &Reading::default());
    let odd = Reading::default()
        .nil(Policy::Refuse)
        .wide_integers(Policy::Refuse)
        .extensions(Policy::Refuse)
        .duplicates(Duplicates::Refuse)
        .forbidden_characters(Forbidden::Pass);
    compare(bytes, &Limits::default(), &odd);
}

/// A case of the corpus, as far as it matters here.
#[derive(serde::Deserialize)]
struct Case {
    xml_b64: Option<String>,
}

/// The documents of the corpus, those of moderate size.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut documents = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let texts = cases.iter().filter_map(|case| case.xml_b64.as_deref());
        documents.extend(texts.filter_map(|text| crate::base64::decode(text, Policy::Accept)));
    }
    assert!(documents.len() > 700, "{} documents", documents.len());
    documents.retain(|bytes| bytes.len() < 20_000);
    documents
}

#[test]
fn lanes_agree_on_the_corpus() {
    for document in corpus() {
        compare_all(&document);
    }
}

/// Pieces that make a difference when they are put anywhere.
const PIECES: [&str; 34] = [
    " ",
    "\n",
    "\r\n",
    "\r",
    "<!-- c -->",
    "<?pi x?>",
    "<![CDATA[x]]>",
    "&amp;",
    "&#65;",
    "&",
    "]]>",
    "<",
    ">",
    "/",
    "<value>",
    "</value>",
    "<int>",
    "</int>",
    "<nil/>",
    "<array><data>",
    "</data></array>",
    "<struct>",
    "</struct>",
    "<member>",
    "</member>",
    "<name>a</name>",
    "<value/>",
    "<i8>5</i8>",
    "<ex:i8>5</ex:i8>",
    " xmlns:ex='u'",
    " xmlns:e='http://ws.apache.org/xmlrpc/namespaces/extensions'",
    "<e:nil/>",
    " a='1'",
    "\u{1}",
];

/// A document with pieces put in, bytes taken out, and parts copied over others.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..PIECES.len() + 2,
    );
    (
        prop::sample::select(corpus()),
        prop::collection::vec(change, 1..5),
    )
        .prop_map(|(mut bytes, changes)| {
            for (place, other, kind) in changes {
                let place = place.index(bytes.len() + 1);
                let other = other.index(bytes.len() + 1);
                let (start, end) = (place.min(other), place.max(other));
                match PIECES.get(kind) {
                    Some(piece) => drop(bytes.splice(place..place, piece.bytes())),
                    None if kind == PIECES.len() => drop(bytes.drain(start..end.min(start + 9))),
                    None => {
                        let copy = bytes[start..end.min(start + 40)].to_vec();
                        bytes.splice(place..place, copy);
                    }
                }
            }
            bytes
        })
}

/// A document made of nothing but pieces.
fn assembled() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)
        .prop_map(|pieces| format!("<value>{}</value>", pieces.concat()).into_bytes())
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::I8),
        any::<bool>().prop_map(Value::Boolean),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::Double),
        "[ -~\u{e4}\n\t\r]{0,20}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..30).prop_map(|bytes| Value::Base64(bytes.into())),
        Just(Value::Nil),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[ -~]{0,8}", inner), 0..6)
                .prop_map(|members| Value::Struct(members.into())),
        ]
    })
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lanes_agree_on_mutated_documents(bytes in mutated()) {
        compare_all(&bytes);
    }

    #[test]
    fn lanes_agree_on_assembled_documents(bytes in assembled()) {
        compare_all(&bytes);
    }

    #[test]
    fn lanes_agree_on_generated_values(value in values()) {
        compare_all(&Encoder::new().value(&value).unwrap());
    }
}
