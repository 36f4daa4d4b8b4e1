//! Every case of the conformance corpus, read, read strictly, written and read back.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;
use xmlrpc_core::{
    Array, Base64, Category, DateTime, Decoder, Encoder, Error, Fault, MethodCall, MethodResponse, Reading,
    Struct, Value, Zone,
};

/// Cases that leave the answer open, where strict reading refuses what the first of the possible answers reads.
const CHOICES_REFUSED_STRICTLY: [&str; 7] = [
    "double-underflow",
    "ex-datetime-bound",
    "fault-code-ex-i8",
    "fault-code-missing",
    "fault-string-base64",
    "fault-string-missing",
    "ref-surrogate-pair-decimal",
];

/// Refusals that are filed under another category than the corpus expects.
const CATEGORIES_THAT_DIFFER: [&str; 3] =
    ["magento-html-error", "proxy-error-page", "trail-bad-invalid-utf8"];

/// Reading a document and comparing it recurses through `serde_json`'s values.
const STACK_KIB: usize = 512 * 1024;

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    kind: String,
    level: String,
    why: String,
    xml_b64: Option<String>,
    xml_parts: Option<Vec<(String, usize)>>,
    #[serde(default)]
    expect: Json,
    #[serde(default)]
    also: Vec<Json>,
    strict: Option<Json>,
    #[serde(default)]
    any_int: bool,
    #[serde(default)]
    typed: Json,
    #[serde(default)]
    must_contain: Vec<Texts>,
    #[serde(default)]
    must_not_contain: Vec<String>,
    #[serde(default)]
    must_match: Vec<String>,
    #[serde(default)]
    must_not_match: Vec<String>,
    #[serde(default)]
    expect_error: bool,
    #[serde(default)]
    or_error: bool,
}

/// One text, or any one of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    AnyOf(Vec<String>),
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        match (&self.xml_parts, &self.xml_b64) {
            (Some(parts), _) => parts
                .iter()
                .map(|(text, times)| text.repeat(*times))
                .collect::<String>()
                .into_bytes(),
            (None, Some(text)) => BASE64_STANDARD.decode(text).unwrap(),
            (None, None) => panic!("{} has no document", self.id),
        }
    }
}

/// The cases by group, those that write under `encode`.
fn groups() -> BTreeMap<String, Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut groups = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read(&path).unwrap();
            let mut json = serde_json::Deserializer::from_slice(&text);
            json.disable_recursion_limit();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            groups.insert(name, Vec::deserialize(&mut json).unwrap());
        }
    }
    groups
}

fn reading_cases() -> Vec<Case> {
    let mut groups = groups();
    groups.remove("encode");
    groups.into_values().flatten().collect()
}

/// What a document was read as.
enum Document {
    Call(MethodCall<Vec<Value>>),
    Response(MethodResponse),
}

fn read(kind: &str, xml: &[u8], reading: Reading) -> Result<Document, Error> {
    let decoder = Decoder::new().reading(reading);
    match kind {
        "call" => decoder.method_call(xml).map(Document::Call),
        _ => decoder.method_response(xml).map(Document::Response),
    }
}

/// Whether a document is the one that was expected.
fn is_document(expected: &Json, document: &Document, any_int: bool) -> bool {
    let params = |got: &[Value]| {
        let expected = expected["params"].as_array();
        expected.is_some_and(|expected| all_values(expected, got, any_int))
    };
    match document {
        Document::Call(call) => expected["method"] == *call.method.as_str() && params(&call.params),
        Document::Response(MethodResponse::Success(value)) => {
            expected.get("method").is_none() && params(std::slice::from_ref(value))
        }
        Document::Response(MethodResponse::Fault(fault)) => {
            let Some(expected) = expected.get("fault") else {
                return false;
            };
            (expected["code"].is_null() || expected["code"] == fault.code())
                && (expected["string"].is_null() || expected["string"] == fault.string())
        }
    }
}

fn all_values(expected: &[Json], got: &[Value], any_int: bool) -> bool {
    expected.len() == got.len() && expected.iter().zip(got).all(|(e, g)| is_value(e, g, any_int))
}

/// Whether a value is the one that was expected; the sign of zero and the type of integers count, the order of members does not.
fn is_value(expected: &Json, got: &Value, any_int: bool) -> bool {
    let (kind, data) = expected.as_object().unwrap().iter().next().unwrap();
    let integer = kind == "int" || kind == "i8";
    if kind != got.type_name() && !(any_int && integer && matches!(got, Value::Int(_) | Value::I8(_))) {
        return false;
    }
    match got {
        Value::Int(_) | Value::I8(_) => data.as_i64() == got.as_i64(),
        Value::Boolean(truth) => *data == *truth,
        Value::String(text) => *data == **text,
        Value::Double(number) => is_double(data, *number),
        Value::DateTime(moment) => {
            let expected: DateTime = data.as_str().unwrap().parse().unwrap();
            in_one_zone(expected) == in_one_zone(*moment)
        }
        Value::Base64(bytes) => BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap() == **bytes,
        Value::Array(values) => all_values(data.as_array().unwrap(), values, any_int),
        Value::Struct(members) => {
            let expected = data.as_object().unwrap();
            let same = |(name, value): (&String, &Json)| {
                members.get(name).is_some_and(|got| is_value(value, got, any_int))
            };
            expected.len() == members.len() && expected.iter().all(same)
        }
        Value::Nil => data.is_null(),
    }
}

fn is_double(expected: &Json, got: f64) -> bool {
    let expected = match expected.as_str() {
        Some(word) => word.parse().unwrap(),
        None => expected.as_f64().unwrap(),
    };
    expected.is_nan() && got.is_nan() || expected.to_bits() == got.to_bits()
}

/// `Z` and an offset of nothing are the same here.
fn in_one_zone(moment: DateTime) -> DateTime {
    match moment.zone() {
        Zone::Offset(0) => moment.with_zone(Zone::Utc).unwrap(),
        _ => moment,
    }
}

fn is_outcome(expected: &Json, got: &Result<Document, Error>, any_int: bool) -> bool {
    match got {
        Ok(document) => expected
            .get("ok")
            .is_some_and(|expected| is_document(expected, document, any_int)),
        Err(_) => expected.get("error").is_some(),
    }
}

/// What became of the cases.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: Vec<String>,
    other_choices: Vec<String>,
    other_categories: Vec<String>,
}

impl Tally {
    fn case(&mut self, case: &Case, passes: bool, got: &str) {
        if passes {
            self.passed += 1;
        } else if case.level == "choice" {
            self.other_choices.push(case.id.clone());
        } else {
            self.failed
                .push(format!("{} ({}): {got}\n    {}", case.id, case.level, case.why));
        }
    }

    /// `other_choices` are the cases that leave the answer open and are answered otherwise than they would like best.
    fn check(mut self, least: usize, other_choices: &[&str]) {
        assert!(self.failed.is_empty(), "{}", self.failed.join("\n"));
        self.other_choices.sort_unstable();
        assert_eq!(self.other_choices, other_choices);
        assert!(self.passed >= least, "{} cases", self.passed);
    }
}

fn outcome_text(outcome: &Result<Document, Error>) -> String {
    let text = match outcome {
        Ok(Document::Call(call)) => format!("{call:?}"),
        Ok(Document::Response(response)) => format!("{response:?}"),
        Err(error) => error.to_string(),
    };
    text.chars().take(200).collect()
}

fn read_all(reading: &Reading, strict: bool) -> Tally {
    let mut tally = Tally::default();
    for case in reading_cases() {
        let got = read(&case.kind, &case.bytes(), reading.clone());
        let expected = case.strict.as_ref().filter(|_| strict).unwrap_or(&case.expect);
        // Of several outcomes that pass, a choice asks for the first.
        let others = match case.level.as_str() {
            _ if strict && case.strict.is_some() => &[],
            "choice" => &[],
            _ => &case.also[..],
        };
        let passes = std::iter::once(expected)
            .chain(others)
            .any(|expected| is_outcome(expected, &got, case.any_int));
        tally.case(&case, passes, &outcome_text(&got));
        if let (Err(error), Some(category)) = (&got, expected.get("error"))
            && *category != *category_name(error.category())
        {
            tally.other_categories.push(case.id.clone());
        }
    }
    tally
}

fn category_name(category: Category) -> &'static str {
    match category {
        Category::Syntax => "xml",
        Category::Protocol => "xmlrpc",
        Category::Limit => "limit",
        Category::Encoding => "encoding",
        _ => "value",
    }
}

#[test]
fn every_document_is_read_as_the_corpus_has_it() {
    super::with_stack(STACK_KIB, || {
        let tally = read_all(&Reading::default(), false);
        let mut differ = tally.other_categories.clone();
        differ.sort_unstable();
        assert_eq!(differ, CATEGORIES_THAT_DIFFER);
        // Peers that follow XML-RPC to the letter write it.
        tally.check(789, &["cdata-end-in-text"]);
    });
}

#[test]
fn every_document_is_read_strictly_as_the_corpus_has_it() {
    super::with_stack(STACK_KIB, || {
        read_all(&Reading::strict(), true).check(783, &CHOICES_REFUSED_STRICTLY);
    });
}

/// A value from its form in the corpus.
fn value(json: &Json) -> Result<Value, Error> {
    let (kind, data) = json.as_object().unwrap().iter().next().unwrap();
    let text = || data.as_str().unwrap_or_default();
    Ok(match kind.as_str() {
        "int" => Value::from(data.as_i64().unwrap()),
        "i8" => Value::I8(data.as_i64().unwrap_or(i64::MAX)),
        "boolean" => Value::Boolean(data.as_bool().unwrap()),
        "double" => Value::Double(data.as_f64().unwrap_or_else(|| text().parse().unwrap())),
        "string" => Value::from(text()),
        "dateTime.iso8601" => Value::DateTime(text().parse()?),
        "base64" => Value::Base64(Base64::from(BASE64_STANDARD.decode(text()).unwrap())),
        "array" => Value::Array(
            data.as_array()
                .unwrap()
                .iter()
                .map(value)
                .collect::<Result<Array, _>>()?,
        ),
        "struct" => {
            let members = data.as_object().unwrap().iter();
            let members = members.map(|(name, data)| Ok((name.as_str(), value(data)?)));
            Value::Struct(members.collect::<Result<Struct, Error>>()?)
        }
        _ => Value::Nil,
    })
}

fn write(document: &Json) -> Result<Vec<u8>, Error> {
    if let Some(fault) = document.get("fault") {
        let code = fault["code"].as_i64().unwrap().try_into().unwrap();
        return Encoder::new().fault(&Fault::new(code, fault["string"].as_str().unwrap()));
    }
    let params = document["params"].as_array().unwrap().iter().map(value);
    let params: Vec<Value> = params.collect::<Result<_, _>>()?;
    match document["method"].as_str() {
        Some(method) => Encoder::new().method_call(method, &params),
        None => Encoder::new().method_response(&params[0]),
    }
}

/// What is wrong with a document that was written, if anything is.
fn complaint(case: &Case, xml: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(xml).unwrap();
    let contains = |wanted: &Texts| match wanted {
        Texts::One(wanted) => text.contains(wanted),
        Texts::AnyOf(wanted) => wanted.iter().any(|wanted| text.contains(wanted)),
    };
    let matches = |pattern: &String| Regex::new(pattern).unwrap().is_match(text);
    if let Some(wanted) = case.must_contain.iter().find(|wanted| !contains(wanted)) {
        return Some(format!("lacks {wanted:?}"));
    }
    if let Some(refused) = case
        .must_not_contain
        .iter()
        .find(|refused| text.contains(*refused))
    {
        return Some(format!("contains {refused:?}"));
    }
    if let Some(pattern) = case.must_match.iter().find(|pattern| !matches(pattern)) {
        return Some(format!("does not match {pattern:?}"));
    }
    if let Some(pattern) = case.must_not_match.iter().find(|pattern| matches(pattern)) {
        return Some(format!("matches {pattern:?}"));
    }
    for reading in [Reading::default(), Reading::strict()] {
        let back = read(&case.kind, xml, reading);
        if !back
            .as_ref()
            .is_ok_and(|back| is_document(&case.typed, back, case.any_int))
        {
            return Some(format!("is read back as {}", outcome_text(&back)));
        }
    }
    None
}

#[test]
fn every_value_is_written_as_the_corpus_has_it() {
    super::with_stack(STACK_KIB, || {
        let mut tally = Tally::default();
        for case in groups().remove("encode").unwrap() {
            let complaint = match write(&case.typed) {
                Ok(_) if case.expect_error => Some("was written".to_owned()),
                Ok(xml) => complaint(&case, &xml),
                Err(_) if case.expect_error || case.or_error => None,
                Err(error) => Some(error.to_string()),
            };
            tally.case(
                &case,
                complaint.is_none(),
                complaint.as_deref().unwrap_or_default(),
            );
        }
        tally.check(88, &[]);
    });
}
