//! `xmlrpc decode` and `encode`, and the conformance corpus through them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use crate::support::{Scratch, xmlrpc, xmlrpc_with};

const DOCUMENTS: [(&str, &str); 3] = [
    (
        r#"{"method":"a.b","params":[{"int":1},{"i8":5},{"boolean":true},{"double":1.5},{"string":"x"},{"dateTime.iso8601":"19980717T14:08:55"},{"base64":"QUJD"},{"array":[{"nil":null}]},{"struct":{"b":{"int":1},"a":{"int":2}}}]}"#,
        r#"{"method":"a.b","params":[1,5,true,1.5,"x","19980717T14:08:55","QUJD",[null],{"b":1,"a":2}]}"#,
    ),
    (r#"{"params":[{"array":[]}]}"#, r#"{"params":[[]]}"#),
    (
        r#"{"fault":{"code":4,"string":"Too many parameters."}}"#,
        r#"{"fault":{"code":4,"string":"Too many parameters."}}"#,
    ),
];

#[test]
fn documents_go_from_json_to_xml_and_back() {
    for (typed, plain) in DOCUMENTS {
        let xml = xmlrpc_with(&["encode", "--typed"], typed.as_bytes()).text();
        assert!(xml.starts_with("<?xml version=\"1.0\""), "{xml}");
        assert_eq!(
            xmlrpc_with(&["--typed", "decode"], xml.as_bytes()).text(),
            format!("{typed}\n")
        );
        assert_eq!(
            xmlrpc_with(&["decode"], xml.as_bytes()).text(),
            format!("{plain}\n")
        );
        let again = xmlrpc_with(&["encode", "-"], plain.as_bytes()).text();
        assert_eq!(
            xmlrpc_with(&["decode", "-"], again.as_bytes()).text(),
            format!("{plain}\n")
        );
    }
}

#[test]
fn documents_come_from_files() {
    let file =
        Scratch::new(b"<methodResponse><params><param><value>x</value></param></params></methodResponse>");
    let path = file.path();
    assert_eq!(xmlrpc(&["decode", path]).text(), "{\"params\":[\"x\"]}\n");
    assert!(
        xmlrpc(&["decode", "/no/such/file"])
            .failed(2)
            .contains("/no/such/file")
    );
    assert!(
        xmlrpc(&["encode", "/no/such/file"])
            .failed(2)
            .contains("/no/such/file")
    );
}

#[test]
fn what_is_wrong_with_xml_has_a_line_a_column_and_a_pointer() {
    let refused = |xml: &str| xmlrpc_with(&["decode"], xml.as_bytes()).failed(3);
    assert_eq!(
        refused(
            "<methodResponse>\n <params><param><value><int>x7</int></value></param></params>\n</methodResponse>"
        ),
        "xmlrpc: expected int, found \"x7\" at line 2, column 17 (byte 33)\n  \
         |\n2 |  <params><param><value><int>x7</int></value></param></params>\n  |                 ^\n"
    );
    assert_eq!(
        refused("<methodCall><methodName>a</methodName><params><param><value>\u{1b}[31m</value></param></params></methodCall>")
            .lines()
            .nth(2),
        Some("1 | …thodName>a</methodName><params><param><value>\\u{1b}[31m</value></param></params></methodCall>")
    );
    let message = refused("<html>nothing here</html>");
    assert!(
        message.contains("expected <methodCall> or <methodResponse>, found <html>"),
        "{message}"
    );
    assert!(refused("").contains("line 1, column 1"));
    assert!(refused("<a").starts_with(
        "xmlrpc: expected the end of the markup, found the end of the document at line 1, column 3"
    ));
}

#[test]
fn pointers_count_in_other_encodings_too() {
    let text = "<?xml version=\"1.0\" encoding=\"ENC\"?>\n<methodResponse><params><param><value>ü</value><x/></param></params></methodResponse>";
    let latin: Vec<u8> = text
        .replace("ENC", "iso-8859-1")
        .chars()
        .map(|c| u8::try_from(c).unwrap())
        .collect();
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(
            text.replace("ENC", "utf-16")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    for xml in [latin, wide] {
        let message = xmlrpc_with(&["decode"], &xml).failed(3);
        let lines: Vec<&str> = message.lines().collect();
        assert!(lines[0].contains("line 2, column 48"), "{message}");
        let caret = lines[3].chars().position(|c| c == '^').unwrap();
        assert!(
            lines[2]
                .chars()
                .skip(caret)
                .collect::<String>()
                .starts_with("<x/>"),
            "{message}"
        );
    }
}

#[test]
fn what_is_wrong_with_json_has_them_too() {
    let refused = |args: &[&str], json: &str| xmlrpc_with(args, json.as_bytes()).failed(2);
    assert_eq!(
        refused(&["encode"], "{\"method\":\"a\",\n \"params\":[1,,2]}"),
        "xmlrpc: no JSON value begins like this at line 2, column 14\n  |\n2 |  \"params\":[1,,2]}\n  |              ^\n"
    );
    for (json, part) in [
        (
            "{\"params\":[18446744073709551616]}",
            "an integer beyond 64 bits, which XML-RPC has no type for at line 1, column 12",
        ),
        ("[]", "expected {\"method\""),
        (
            "{\"method\":\"a\",\"parms\":[1]}",
            "no member of a document; expected {\"method\"",
        ),
        ("{\"params\":[1,2]}", "a response has one value"),
        (
            "{\"method\":7,\"params\":[]}",
            "the method's name must be a string at line 1, column 11",
        ),
        (
            "{\"fault\":{\"code\":\"x\",\"string\":\"\"}}",
            "integer of 32 bits at line 1, column 18",
        ),
        ("{\"params\":[\"\\u0000\"]}", "U+0000"),
    ] {
        let message = refused(&["encode"], json);
        assert!(message.contains(part), "{json}: {message}");
    }
    let message = refused(&["encode", "--typed"], "{\"params\":[5]}");
    assert!(
        message.contains("expected a value with its type") && message.contains("column 12"),
        "{message}"
    );
}

#[test]
fn strict_reading_takes_the_letter_alone() {
    let spaced =
        b"<methodResponse><params><param><value><int> 7 </int></value></param></params></methodResponse>";
    assert_eq!(xmlrpc_with(&["decode"], spaced).text(), "{\"params\":[7]}\n");
    assert!(
        xmlrpc_with(&["decode", "--strict"], spaced)
            .failed(3)
            .contains("line 1, column")
    );
}

#[test]
fn profiles_and_limits_hold_for_documents() {
    let call = "{\"method\":\"a\",\"params\":[\"ü\"]}".as_bytes();
    let xml = xmlrpc_with(&["encode", "--profile", "homematic"], call).bytes;
    assert!(xml.contains(&0xFC), "ü is one byte");
    assert_eq!(
        xmlrpc_with(&["decode"], &xml).text().as_bytes(),
        [call, b"\n"].concat()
    );
    let xml = xmlrpc_with(&["encode"], call).text();
    let message = xmlrpc_with(&["decode", "--max-response", "50"], xml.as_bytes()).failed(3);
    assert!(
        message.contains("50 bytes; --max-response raises this limit"),
        "{message}"
    );
}

/// One line for each case, as the corpus's runner sends it.
struct Case {
    question: Json,
    outcomes: Vec<Json>,
    level: String,
}

fn corpus(encode: bool) -> BTreeMap<String, Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") || path.ends_with("encode.json") != encode {
            continue;
        }
        for case in deep(&fs::read_to_string(path).unwrap()).as_array().unwrap() {
            // Large documents stand for limits, which are tested below; they would take most of the time.
            if case.get("xml_parts").is_some() {
                continue;
            }
            let id = case["id"].as_str().unwrap().to_owned();
            let question = match encode {
                true => json!({ "id": id, "kind": case["kind"], "typed": case["typed"] }),
                false => json!({ "id": id, "kind": case["kind"], "xml_b64": case["xml_b64"] }),
            };
            let mut outcomes = vec![case["expect"].clone()];
            outcomes.extend(case["also"].as_array().cloned().unwrap_or_default());
            let level = case["level"].as_str().unwrap().to_owned();
            cases.insert(
                id,
                Case {
                    question,
                    outcomes,
                    level,
                },
            );
        }
    }
    cases
}

fn answers(args: &[&str], cases: &BTreeMap<String, Case>) -> Vec<Json> {
    let input: String = cases
        .values()
        .map(|case| format!("{}\n", case.question))
        .collect();
    let out = xmlrpc_with(args, input.as_bytes()).text();
    let answers: Vec<Json> = out.lines().map(deep).collect();
    let ids: Vec<&str> = answers
        .iter()
        .map(|answer| answer["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, cases.keys().map(String::as_str).collect::<Vec<_>>());
    answers
}

/// JSON as deep as the corpus has it.
fn deep(text: &str) -> Json {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.disable_recursion_limit();
    Json::deserialize(&mut deserializer).unwrap()
}

#[test]
fn the_corpus_is_read_through_the_command() {
    let cases = corpus(false);
    assert!(cases.len() > 600, "{}", cases.len());
    for (answer, (id, case)) in answers(&["decode", "--batch"], &cases).iter().zip(&cases) {
        let refused = answer.get("error").is_some();
        let fits = case
            .outcomes
            .iter()
            .any(|outcome| refused == outcome.get("error").is_some());
        assert!(fits || case.level == "choice", "{id}: {answer}");
    }
}

#[test]
fn the_corpus_is_written_through_the_command_and_read_back() {
    let cases = corpus(true);
    let written = answers(&["encode", "--batch"], &cases);
    assert_eq!(answers(&["decode", "--encode", "--batch"], &cases), written);
    let mut back = BTreeMap::new();
    for answer in written.iter().filter(|answer| answer.get("error").is_none()) {
        let id = answer["id"].as_str().unwrap();
        let kind = &cases[id].question["kind"];
        let question = json!({ "id": id, "kind": kind, "xml_b64": answer["xml_b64"] });
        let outcomes = vec![cases[id].question["typed"].clone()];
        back.insert(
            id.to_owned(),
            Case {
                question,
                outcomes,
                level: String::new(),
            },
        );
    }
    assert!(back.len() > 60, "{}", back.len());
    for (answer, (id, case)) in answers(&["decode", "--batch"], &back).iter().zip(&back) {
        let (sent, came) = (
            numbers_as_doubles(&case.outcomes[0]),
            numbers_as_doubles(&answer["ok"]),
        );
        assert_eq!(came, sent, "{id}");
    }
}

/// `1` and `1.0` are one double, and one number in JSON.
fn numbers_as_doubles(json: &Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(values) => values.iter().map(numbers_as_doubles).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), numbers_as_doubles(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn a_batch_answers_every_line() {
    let out = xmlrpc_with(
        &["encode", "--batch"],
        br#"{"id":[1],"kind":"call","typed":{"method":"a\ud800","params":[]}}"#,
    )
    .text();
    assert_eq!(
        out,
        "{\"id\":[1],\"error\":\"value\",\"message\":\"half of a surrogate pair, which is no character\"}\n"
    );
    let out = xmlrpc_with(&["decode", "--batch"], br#"{"id":7,"kind":"call","xml_b64":"*"}"#).text();
    assert_eq!(
        out,
        "{\"id\":7,\"error\":\"value\",\"message\":\"xml_b64 must be a document in base64\"}\n"
    );
    let out = xmlrpc_with(
        &["decode", "--batch", "--strict"],
        br#"{"id":7,"kind":"response","xml_b64":"PDE+"}"#,
    )
    .text();
    assert!(out.starts_with("{\"id\":7,\"error\":\"xml\","), "{out}");
}

#[test]
fn a_batch_comes_from_a_file_too_and_goes_on_behind_what_is_no_json() {
    let file = Scratch::new(b"{\"id\":7\n\n\xFF\n{\"id\":8,\"typed\":{\"method\":\"a\"}}\n");
    let out = xmlrpc(&["encode", "--batch", file.path()]).text();
    let answers: Vec<Json> = out.lines().map(deep).collect();
    let [cut, bytes, whole] = answers.as_slice() else {
        panic!("{out}")
    };
    for (answer, line) in [(cut, "line 1: "), (bytes, "line 3: ")] {
        assert_eq!(
            (&answer["id"], &answer["error"]),
            (&Json::Null, &json!("value")),
            "{out}"
        );
        assert!(answer["message"].as_str().unwrap().starts_with(line), "{out}");
    }
    assert!(whole["id"] == 8 && whole["xml_b64"].is_string(), "{out}");
    assert!(
        xmlrpc(&["decode", "--batch", "/no/such/file"])
            .failed(2)
            .contains("/no/such/file")
    );
}

#[test]
fn doubles_that_are_no_numbers_come_back_as_they_were() {
    let typed = r#"{"params":[{"array":[{"double":"NaN"},{"double":"inf"},{"double":"-inf"}]}]}"#;
    let xml = xmlrpc_with(&["encode", "--typed"], typed.as_bytes()).text();
    assert_eq!(
        xmlrpc_with(&["decode", "--typed"], xml.as_bytes()).text(),
        format!("{typed}\n")
    );
    // The corpus has it that they are refused unless they are asked for.
    let case = format!("{{\"id\":1,\"typed\":{typed}}}\n");
    let out = xmlrpc_with(&["encode", "--batch"], case.as_bytes()).text();
    assert!(
        out.contains("expected a finite double (see --typed), found "),
        "{out}"
    );
}

#[test]
fn messages_name_options_of_the_command_and_nothing_else() {
    let deep = format!(
        "<methodResponse><params><param>{}{}</param></params></methodResponse>",
        "<value><array><data>".repeat(2000),
        "</data></array></value>".repeat(2000)
    );
    let message = xmlrpc_with(&["decode"], deep.as_bytes()).failed(3);
    assert!(
        message.contains("nested deeper") && !message.contains("::"),
        "{message}"
    );
    let case = json!({ "id": 1, "kind": "response", "xml_b64": "eHh4".repeat(33) });
    let out = xmlrpc_with(
        &["decode", "--batch", "--max-response", "50"],
        case.to_string().as_bytes(),
    )
    .text();
    assert!(out.contains("--max-response raises this limit"), "{out}");
    let message = xmlrpc_with(&["encode"], br#"{"params":["\u0000"]}"#).failed(2);
    assert!(message.contains("U+0000") && !message.contains("::"), "{message}");
}
