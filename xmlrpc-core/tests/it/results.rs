//! What `system.multicall` answers: results that are read one by one, each into its type.

use serde::Deserialize;
use xmlrpc_core::{
    Category, DateTime, Decoder, Dialect, Encoder, Error, Fault, LimitName, Limits, MethodResponse,
    MulticallReader, MulticallResults, NonFinite, Reading, Value, value,
};

fn document(results: &str) -> String {
    format!(
        "<methodResponse><params><param><value><array><data>{results}</data></array></value></param></params></methodResponse>"
    )
}

fn wrapped(value: &str) -> String {
    format!("<value><array><data>{value}</data></array></value>")
}

fn read_by(decoder: &Decoder, xml: &str) -> MulticallResults {
    let answer = decoder.response(xml.into()).unwrap().unwrap();
    answer.into_multicall().unwrap()
}

fn read(xml: &str) -> MulticallResults {
    read_by(&Decoder::new(), xml)
}

/// The next result, which must be there.
fn next<T: serde::de::DeserializeOwned>(
    reader: &mut MulticallReader<'_>,
) -> Result<MethodResponse<T>, Error> {
    reader.next().unwrap().expect("a result")
}

const GOOD: &str = "<value><array><data><value><int>7</int></value></data></array></value>";

/// Reads one result between two good ones, which are not to be harmed.
fn between_good_ones(result: &str) -> Result<MethodResponse, Error> {
    let results = read(&document(&format!("{GOOD}{result}{GOOD}")));
    let mut reader = results.reader().unwrap();
    assert_eq!(next::<i32>(&mut reader).unwrap(), MethodResponse::Success(7));
    let between = next(&mut reader);
    assert_eq!(
        next::<i32>(&mut reader).unwrap(),
        MethodResponse::Success(7),
        "{result}"
    );
    assert!(reader.next::<Value>().unwrap().is_none());
    assert!(reader.next::<Value>().unwrap().is_none());
    assert_eq!(reader.count(), 3);
    between
}

#[test]
fn results_are_read_straight_into_their_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Process {
        name: String,
        pid: u32,
    }
    let answer = value!([
        [1], ["x"], [[1, 2]], [{ "name": "web", "pid": 7 }], [nil],
        [("19980717T14:08:55".parse::<DateTime>().unwrap())],
    ]);
    for xml in [
        Encoder::new().method_response(&answer).unwrap(),
        Encoder::new()
            .dialect(Dialect::apache())
            .method_response(&answer)
            .unwrap(),
    ] {
        let results = read(&String::from_utf8(xml).unwrap());
        // Twice, since nothing is used up.
        for _ in 0..2 {
            let mut reader = results.reader().unwrap();
            assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(1));
            assert_eq!(
                next(&mut reader).unwrap(),
                MethodResponse::Success("x".to_owned())
            );
            assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success((1, 2)));
            let web = Process {
                name: "web".into(),
                pid: 7,
            };
            assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(web));
            assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(()));
            let MethodResponse::Success(moment) = next::<DateTime>(&mut reader).unwrap() else {
                panic!("a fault")
            };
            assert_eq!(moment.to_string(), "19980717T14:08:55");
            assert!(reader.next::<()>().unwrap().is_none());
        }
    }
}

#[test]
fn a_struct_is_a_fault_and_a_scalar_itself() {
    let fault = "<value><struct><member><name>faultString</name><value>no</value></member>\
                 <member><name>faultCode</name><value><i8>4</i8></value></member></struct></value>";
    assert_eq!(
        between_good_ones(fault).unwrap(),
        MethodResponse::Fault(Fault::new(4, "no"))
    );
    for (scalar, expected) in [
        ("<value><int>5</int></value>", value!(5)),
        ("<value>text</value>", value!("text")),
        ("<value/>", value!("")),
        ("<value><nil/></value>", value!(nil)),
        (
            "<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>",
            value!("19980717T14:08:55".parse::<DateTime>().unwrap()),
        ),
        (
            "<value><base64>AP8=</base64></value>",
            Value::Base64(vec![0, 255].into()),
        ),
    ] {
        for result in [
            scalar.to_owned(),
            wrapped(scalar),
            format!(" <!-- -->{} ", wrapped(scalar)),
        ] {
            assert_eq!(
                between_good_ones(&result).unwrap(),
                MethodResponse::Success(expected.clone()),
                "{result}"
            );
        }
    }
}

#[test]
fn what_is_wrong_in_a_result_is_its_own_error() {
    for (result, category, text) in [
        (
            "<value><array><data/></array></value>",
            Category::Protocol,
            "expected an array of one value, found one of 0",
        ),
        ("<value><array/></value>", Category::Protocol, "found one of 0"),
        (
            &wrapped("<value/><value><array/></value><value/>"),
            Category::Protocol,
            "found one of 3",
        ),
        (
            "<value><struct/></value>",
            Category::Protocol,
            "a fault without faultCode and faultString",
        ),
        (&wrapped("<value><int>x</int></value>"), Category::Data, "\"x\""),
        (&wrapped("<value><foo/></value>"), Category::Protocol, "<foo/>"),
        ("<value><foo/></value>", Category::Protocol, "<foo/>"),
        (
            &wrapped("<value><struct><member/></struct></value>"),
            Category::Protocol,
            "a member without name and value",
        ),
    ] {
        let error = between_good_ones(result).unwrap_err();
        assert_eq!(error.category(), category, "{result}: {error}");
        assert!(error.to_string().contains(text), "{result}: {error}");
        assert!(error.to_string().contains("[1]"), "{result}: {error}");
    }
}

#[test]
fn a_result_of_another_type_tells_its_place() {
    let xml = document(&format!(
        "{GOOD}\n{}",
        wrapped("<value><array><data><value>x</value></data></array></value>")
    ));
    let results = read(&xml);
    let mut reader = results.reader().unwrap();
    let _ = next::<i32>(&mut reader).unwrap();
    let error = next::<Vec<i32>>(&mut reader).unwrap_err();
    assert_eq!(error.path(), "[1][0][0]");
    assert_eq!(error.position().unwrap().line(), 2);
    assert_eq!(error.position().unwrap().offset(), xml.find("<value>x").unwrap());
}

#[test]
fn what_is_wrong_in_the_document_is_an_error_behind_which_nothing_is_read() {
    for results in [
        "<value><foo></bar></value>",
        "<value><int>1</value>",
        "<foo/>",
        "text",
    ] {
        let results = read(&document(&format!("{GOOD}{results}{GOOD}")));
        let mut reader = results.reader().unwrap();
        assert!(reader.next::<i32>().unwrap().is_some());
        assert!(reader.next::<Value>().is_err());
        assert!(reader.next::<Value>().unwrap().is_none());
    }
    let whole = document(GOOD);
    for length in whole.len() - 60..whole.len() {
        let results = read(&whole[..length]);
        let error = results.reader().unwrap().skip_all().unwrap_err();
        assert_eq!(error.category(), Category::Syntax, "{error}");
    }
    for other in [
        "<value><struct/></value>",
        "<value>x</value>",
        "<value><nil/></value>",
    ] {
        let xml = format!("<methodResponse><params><param>{other}</param></params></methodResponse>");
        let error = read(&xml).reader().unwrap_err();
        assert_eq!(error.category(), Category::Data, "{error}");
        assert!(
            error
                .to_string()
                .starts_with("expected an array with an element for each call, found "),
            "{error}"
        );
    }
}

#[test]
fn bare_results_are_taken_as_they_are() {
    let answer =
        value!([[1], [], { "code": 1 }, { "faultCode": 7, "faultString": "no" }, "x", { "code": "x" }]);
    let xml = Encoder::new().method_response(&answer).unwrap();
    let results = read(&String::from_utf8(xml).unwrap()).bare();
    let mut reader = results.reader().unwrap();
    assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(vec![1]));
    assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(vec![0; 0]));
    assert_eq!(
        next(&mut reader).unwrap(),
        MethodResponse::Success(value!({ "code": 1 }))
    );
    assert_eq!(
        next::<Value>(&mut reader).unwrap(),
        MethodResponse::Fault(Fault::new(7, "no"))
    );
    assert_eq!(
        next(&mut reader).unwrap(),
        MethodResponse::Success("x".to_owned())
    );
    #[derive(Debug, Deserialize)]
    struct Code {
        #[expect(dead_code, reason = "it is of another type")]
        code: i32,
    }
    let error = next::<Code>(&mut reader).unwrap_err();
    assert_eq!(error.category(), Category::Data, "{error}");
    assert_eq!(reader.skip_all().unwrap(), 6);
}

#[test]
fn results_that_were_never_a_document_are_read_too() {
    let encoder = Encoder::new().dialect(Dialect::default().non_finite(NonFinite::Text));
    let mut array = encoder.array();
    array
        .push_outcome(Ok(&encoder.result(&f64::INFINITY).unwrap()))
        .unwrap();
    array.push_outcome(Err(&Fault::new(1, "no"))).unwrap();
    let results = array.finish().into_multicall().unwrap();
    let mut reader = results.reader().unwrap();
    assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(f64::INFINITY));
    assert_eq!(
        next::<f64>(&mut reader).unwrap(),
        MethodResponse::Fault(Fault::new(1, "no"))
    );
    assert!(reader.next::<f64>().unwrap().is_none());
}

#[test]
fn limits_and_readings_hold_for_results() {
    let decoder = Decoder::new().limits(Limits::default().values(20));
    let error = read_by(&decoder, &document(&GOOD.repeat(20)))
        .reader()
        .unwrap()
        .skip_all()
        .unwrap_err();
    assert_eq!(error.limit_name(), Some(LimitName::Values), "{error}");

    let extra = "<value><struct><member><name>faultCode</name><value><int>4</int></value></member>\
                 <member><name>faultString</name><value>no</value></member>\
                 <member><name>more</name><value>x</value></member></struct></value>";
    let strict = Decoder::new().reading(Reading::strict());
    let results = read_by(&strict, &document(&format!("{extra}{GOOD}")));
    let mut reader = results.reader().unwrap();
    assert_eq!(
        next::<i32>(&mut reader).unwrap_err().category(),
        Category::Protocol
    );
    assert_eq!(next(&mut reader).unwrap(), MethodResponse::Success(7));
}

#[test]
fn results_are_what_they_are_as_values() {
    let answer =
        value!([[1], { "faultCode": 4, "faultString": "x" }, [[["deep", { "a": [nil] }]]], [""], [{}], [[]]]);
    let xml = Encoder::new().method_response(&answer).unwrap();
    let results = read(&String::from_utf8(xml).unwrap());
    let mut reader = results.reader().unwrap();
    let Value::Array(elements) = answer else {
        unreachable!()
    };
    for element in elements {
        let outcome = next::<Value>(&mut reader).unwrap();
        let again = match outcome {
            MethodResponse::Success(value) => value!([value]),
            MethodResponse::Fault(fault) => Value::Struct(fault.to_struct()),
        };
        assert_eq!(again, element);
    }
}
