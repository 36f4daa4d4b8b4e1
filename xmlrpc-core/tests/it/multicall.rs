//! `system.multicall`: entries that are read where they stand, and results that are written one by one.

use xmlrpc_core::{
    Call, Category, Decoder, Dialect, Encoder, Error, Fault, LimitName, Limits, MulticallEntries, Params,
    Reading, Value, value,
};

fn document(entries: &str) -> String {
    format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{entries}</data>\
         </array></value></param></params></methodCall>"
    )
}

fn entry(params: &str) -> String {
    format!(
        "<value><struct><member><name>methodName</name><value>m</value></member>\
         <member><name>params</name><value><array><data>{params}</data></array></value></member></struct></value>"
    )
}

fn read_by(decoder: &Decoder, xml: &str) -> Result<MulticallEntries, Error> {
    decoder.call(xml.into()).unwrap().params.into_multicall(1000)
}

fn read(xml: &str) -> Result<MulticallEntries, Error> {
    read_by(&Decoder::new(), xml)
}

/// What an entry gives to one who reads all of its parameters: their values, or a fault code.
fn outcome(entry: Result<Call, Fault>) -> Result<Vec<Value>, i32> {
    let values = entry.and_then(|call| {
        assert_eq!(call.method, "m");
        call.params.values().map_err(Fault::from)
    });
    values.map_err(|fault| fault.code())
}

const GOOD: &str = "<value><int>7</int></value>";

/// Reads entries between two good ones, which are not to be harmed.
fn between_good_ones(entries: &str) -> Vec<Result<Vec<Value>, i32>> {
    let good = entry(GOOD);
    let read = read(&document(&format!("{good}{entries}{good}"))).unwrap();
    let mut outcomes: Vec<_> = read.map(outcome).collect();
    assert_eq!(outcomes.pop(), Some(Ok(vec![7.into()])));
    assert_eq!(outcomes.remove(0), Ok(vec![7.into()]));
    outcomes
}

#[test]
fn parameters_are_read_where_they_stand() {
    for (params, values) in [
        ("", value!([])),
        (
            "<value>a</value><value><i8>5</i8></value>",
            value!(["a", (Value::I8(5))]),
        ),
        (
            " <!-- --> <value><array><data><value/></data></array></value>\n<value><struct/></value> ",
            value!([[""], {}]),
        ),
        (
            "<value><struct><member><value><nil/></value><name>late</name></member></struct></value>",
            value!([{ "late": nil }]),
        ),
    ] {
        let Value::Array(values) = values else {
            unreachable!()
        };
        assert_eq!(
            between_good_ones(&entry(params)),
            [Ok(values.into_vec())],
            "{params}"
        );
    }
}

#[test]
fn members_of_an_entry_come_in_any_order_and_shape() {
    let name = "<member><name>methodName</name><value> m\n</value></member>";
    let params =
        "<member><name>params</name><value><array><data><value>x</value></data></array></value></member>";
    let late =
        "<member><value><array><data><value>x</value></data></array></value><name>params</name></member>";
    let other =
        "<member><name>id</name><value><array><data><value><struct/></value></data></array></value></member>";
    for members in [
        format!("{name}{params}"),
        format!("{params}{name}"),
        format!("{other}{name}{other}{params}{other}"),
        format!("{late}{name}"),
        format!("{name}<!-- -->{late} "),
        format!("<member><name>methodName</name><value>other</value></member>{name}{params}"),
    ] {
        let outcomes = between_good_ones(&format!("<value><struct>{members}</struct></value>"));
        assert_eq!(outcomes, [Ok(vec!["x".into()])], "{members}");
    }
    let without = between_good_ones(&format!("<value><struct>{name}</struct></value>"));
    assert_eq!(without, [Ok(Vec::new())]);
}

#[test]
fn what_is_wrong_in_an_entry_is_its_own_fault() {
    for (params, code) in [
        ("<value><int>x</int></value>", -32602),
        ("<value><int>9223372036854775808</int></value>", -32602),
        ("<value><boolean>2</boolean></value>", -32602),
        ("<value><double></double></value>", -32602),
        ("<value><base64>!</base64></value>", -32602),
        ("<value><dateTime.iso8601>now</dateTime.iso8601></value>", -32602),
        ("<value><nil>x</nil></value>", -32600),
        ("<value><foo>x</foo></value>", -32600),
        (
            "<value><foo><bar a='1'/><value><int>x</int></value></foo></value>",
            -32600,
        ),
        ("<value>x<int>1</int></value>", -32600),
        ("<value><struct><member/></struct></value>", -32600),
        (
            "<value><struct><member><value/></member></struct></value>",
            -32600,
        ),
        (
            "<value><struct><member><name>a</name></member></struct></value>",
            -32600,
        ),
        ("<value><array><value/></array></value>", -32600),
        ("<int>1</int>", -32600),
        ("text", -32600),
    ] {
        for before in ["", "<value><array><data><value>a</value></data></array></value>"] {
            let params = format!("{before}{params}<value>behind</value>");
            assert_eq!(between_good_ones(&entry(&params)), [Err(code)], "{params}");
        }
    }
}

#[test]
fn what_is_no_call_is_a_fault_in_its_place() {
    let name = "<member><name>methodName</name><value>m</value></member>";
    for (entry, code) in [
        ("<value/>", -32600),
        ("<value><int>x</int></value>", -32600),
        ("<value><array><data><value/></data></array></value>", -32600),
        ("<value><struct/></value>", -32601),
        (
            "<value><struct><member><name>methodName</name><value> </value></member></struct></value>",
            -32601,
        ),
        (
            "<value><struct><member><name>methodName</name><value><struct/></value></member></struct></value>",
            -32601,
        ),
        (
            &format!(
                "<value><struct>{name}<member><name>params</name><value>x</value></member></struct></value>"
            ),
            -32602,
        ),
        (
            &format!(
                "<value><struct>{name}<member><name>params</name><value><struct/></value></member></struct></value>"
            ),
            -32602,
        ),
    ] {
        assert_eq!(between_good_ones(entry), [Err(code)], "{entry}");
    }
}

#[test]
fn what_is_wrong_in_the_document_is_an_error() {
    let good = entry(GOOD);
    for (entries, category) in [
        ("<value><foo></bar></value>", Category::Syntax),
        ("<value><int>x</i4></value>", Category::Syntax),
        ("<value><foo>&bar;</foo></value>", Category::Syntax),
        ("<value><foo></value>", Category::Syntax),
        ("<foo/>", Category::Protocol),
        ("text", Category::Protocol),
    ] {
        for entries in [entries.to_owned(), format!("{good}{entries}{good}")] {
            let error = read(&document(&entries)).unwrap_err();
            assert_eq!(error.category(), category, "{entries}: {error}");
        }
    }
    let whole = document(&good);
    for length in whole.len() - 60..whole.len() {
        let error = read(&whole[..length]).unwrap_err();
        assert_eq!(error.category(), Category::Syntax, "{error}");
    }
    for params in [
        "",
        "<params/>",
        "<params><param><value>x</value></param></params>",
        "<params><param><value><array><data/></array></value></param><param><value/></param></params>",
    ] {
        let xml = format!("<methodCall><methodName>system.multicall</methodName>{params}</methodCall>");
        assert_eq!(read(&xml).unwrap_err().category(), Category::Data, "{params}");
    }
}

#[test]
fn an_error_in_an_entry_tells_its_place_in_the_document() {
    let xml = document(&format!(
        "{}\n{}",
        entry(GOOD),
        entry("<value>a</value><value><int>x</int></value>")
    ));
    let entries: Vec<_> = read(&xml).unwrap().collect();
    let call = entries[1].as_ref().unwrap();
    let error = call.params.parse::<(String, i32)>().unwrap_err();
    assert_eq!(error.path(), "params[1]");
    let place = xml.find("<value><int>x").unwrap();
    assert_eq!(error.position().unwrap().offset(), place);
    assert_eq!(error.position().unwrap().line(), 2);

    let xml = document(&format!("{}{}", entry(GOOD), entry("<value><foo/></value>")));
    let fault = read(&xml).unwrap().nth(1).unwrap().unwrap_err();
    assert!(fault.string().contains("found <foo/>"), "{fault}");
    assert!(fault.string().contains("in params[0][1].params[0] at"), "{fault}");
}

#[test]
fn limits_hold_for_the_whole_document() {
    let deep = |levels: usize, leaf: &str| {
        let (open, close) = ("<value><array><data>", "</data></array></value>");
        entry(&(open.repeat(levels) + leaf + &close.repeat(levels)))
    };
    for leaf in ["", "<value><foo/></value>"] {
        let xml = document(&deep(125, leaf));
        assert!(read(&xml).is_ok());
        let error = read(&document(&deep(126, leaf))).unwrap_err();
        assert_eq!(error.limit_name(), Some(LimitName::Depth), "{error}");
    }
    let unknown = format!("<value>{}{}</value>", "<a>".repeat(1000), "</a>".repeat(1000));
    let error = read(&document(&unknown)).unwrap_err();
    assert_eq!(error.limit_name(), Some(LimitName::Depth), "{error}");

    let decoder = Decoder::new().limits(Limits::default().values(20));
    let error = read_by(&decoder, &document(&entry(GOOD).repeat(10))).unwrap_err();
    assert_eq!(error.limit_name(), Some(LimitName::Values), "{error}");
}

#[test]
fn no_more_entries_are_kept_than_were_asked_for() {
    let xml = document(&entry(GOOD).repeat(30));
    let call = Decoder::new().call(xml.into_bytes()).unwrap();
    let entries = call.params.into_multicall(10).unwrap();
    assert_eq!((entries.len(), entries.count_in_document()), (10, 30));
}

#[test]
fn prefixes_reach_into_entries_wherever_they_are_bound() {
    let namespace = "xmlns:x='http://ws.apache.org/xmlrpc/namespaces/extensions'";
    let good = entry(GOOD);
    let own = entry("<value><x:i8>5</x:i8></value>");
    for xml in [
        document(&format!("{good}{own}{good}")).replacen(
            "<methodCall>",
            &format!("<methodCall {namespace}>"),
            1,
        ),
        document(&format!("{good}{own}{good}")).replacen("<params>", &format!("<params {namespace}>"), 1),
        document(&format!("{good}{own}{good}")).replacen("<data>", &format!("<data {namespace}>"), 1),
        document(&format!(
            "{good}{}{good}",
            own.replacen("<struct>", &format!("<struct {namespace}>"), 1)
        )),
        document(&format!(
            "{good}{}{good}",
            own.replacen("<array>", &format!("<array {namespace}>"), 1)
        )),
        document(&format!(
            "{good}{}{good}",
            own.replacen("<x:i8>", &format!("<x:i8 {namespace}>"), 1)
        )),
    ] {
        let entries = read(&xml).unwrap();
        assert!(entries.met_extensions(), "{xml}");
        let outcomes: Vec<_> = entries.map(outcome).collect();
        assert_eq!(outcomes[1], Ok(vec![Value::I8(5)]), "{xml}");
        assert_eq!(outcomes[2], Ok(vec![7.into()]));

        let wrong = read(&xml.replace(">5<", ">five<")).unwrap();
        let outcomes: Vec<_> = wrong.map(outcome).collect();
        assert_eq!(outcomes[1], Err(-32602), "{xml}");
        assert_eq!(outcomes[2], Ok(vec![7.into()]));

        let unknown = read(&xml.replace("x:i8", "x:i9")).unwrap();
        let outcomes: Vec<_> = unknown.map(outcome).collect();
        assert_eq!(outcomes[1], Err(-32600), "{xml}");
        assert_eq!(outcomes[2], Ok(vec![7.into()]));
    }
    let unbound = document(&format!("{good}{own}{good}"));
    assert_eq!(read(&unbound).unwrap().map(outcome).nth(1), Some(Err(-32600)));
}

#[test]
fn a_strict_reading_is_strict_with_entries() {
    let twice = "<value><struct><member><name>methodName</name><value>m</value></member>\
                 <member><name>methodName</name><value>m</value></member></struct></value>";
    let xml = document(&format!("{twice}{}", entry("<value><int> 7 </int></value>")));
    let entries = read_by(&Decoder::new().reading(Reading::strict()), &xml).unwrap();
    let outcomes: Vec<_> = entries.map(outcome).collect();
    assert_eq!(outcomes, [Err(-32600), Err(-32602)]);
}

#[test]
fn parameters_of_an_entry_are_handed_on_like_any() {
    let xml = document(&entry("<value>a</value><value><struct/></value>"));
    let mut call = read(&xml).unwrap().next().unwrap().unwrap();
    call.params.prepend(&"token").unwrap();
    let clone = call.params.clone();
    assert_eq!(clone.parse::<(String, String, Value)>().unwrap().1, "a");
    let error = clone.parse::<(String, i32, Value)>().unwrap_err();
    assert_eq!(error.path(), "params[1]");
    let written = Encoder::new().call(&call).unwrap();
    let again = Decoder::new().call(written).unwrap();
    assert_eq!(
        again.params.values().unwrap(),
        ["token".into(), "a".into(), value!({})]
    );
}

#[test]
fn parameters_that_never_were_a_document_have_entries_too() {
    let entries = value!([{ "methodName": "m", "params": ["\u{1}", (f64::INFINITY)] }, 5]);
    let written = Encoder::new()
        .dialect(Dialect::apache())
        .params(&(value!([{ "methodName": "m", "params": [nil] }]),))
        .unwrap();
    let expected = [Ok(vec![Value::Nil])];
    let read: Vec<_> = written.into_multicall(10).unwrap().map(outcome).collect();
    assert_eq!(read, expected);
    let values = Params::from_values(vec![entries]);
    let read: Vec<_> = values.into_multicall(10).unwrap().map(outcome).collect();
    assert_eq!(
        read,
        [Ok(vec!["\u{1}".into(), f64::INFINITY.into()]), Err(-32600)]
    );
}

#[test]
fn an_array_is_what_its_elements_are_one_by_one() {
    let mut array = Encoder::new().array();
    assert!(array.is_empty());
    array.push("a").unwrap();
    array.push(&[1, 2]).unwrap();
    assert_eq!(array.len(), 2);
    let expected = value!(["a", [1, 2]]);
    let bytes = array.encoded_len();
    let finished = array.finish();
    assert_eq!(finished.parse::<Value>().unwrap(), expected);
    let written = Encoder::new().result(&expected).unwrap();
    assert_eq!(finished.encoded_len(), written.encoded_len());
    assert!(bytes < finished.encoded_len());
    assert_eq!(
        finished.into_response().unwrap(),
        written.into_response().unwrap()
    );
}

#[test]
fn an_element_that_cannot_be_encoded_leaves_nothing_behind() {
    let mut array = Encoder::new().array();
    array.push(&1).unwrap();
    let error = array.push(&value!([{ "x": (f64::NAN) }])).unwrap_err();
    assert_eq!(error.path(), "[1][0].x");
    array.push(&2).unwrap();
    assert_eq!(array.finish().parse::<Vec<i32>>().unwrap(), [1, 2]);
}

#[test]
fn outcomes_are_appended_as_long_as_there_is_room() {
    let result = Encoder::new().result("four").unwrap();
    let fault = Fault::new(1, "x");
    let mut array = Encoder::new().array();
    assert!(array.push_outcome_within(1000, Ok(&result)).unwrap());
    let first = array.encoded_len();
    assert!(!array.push_outcome_within(2 * first - 1, Ok(&result)).unwrap());
    assert!(!array.push_outcome_within(2 * first, Err(&fault)).unwrap());
    assert_eq!((array.encoded_len(), array.len()), (first, 1));
    assert!(array.push_outcome_within(2 * first, Ok(&result)).unwrap());
    array.push_outcome(Err(&fault)).unwrap();
    let expected = value!([["four"], ["four"], { "faultCode": 1, "faultString": "x" }]);
    assert_eq!(array.finish().parse::<Value>().unwrap(), expected);
}

#[test]
fn calls_are_encoded_one_by_one_as_they_are_together() {
    let encoder = Encoder::new().dialect(Dialect::apache());
    let mut calls = encoder.calls();
    assert!(calls.is_empty());
    calls.push("a", &(1, None::<i32>)).unwrap();
    let error = calls.push("b", &(1, [f64::NAN])).unwrap_err();
    assert_eq!(error.path(), "params[1][0]");
    for refused in [calls.push("b", &5), calls.push("", &())] {
        assert_eq!(refused.unwrap_err().category(), Category::Data);
    }
    calls.push("c", &("ü<", 1_i64 << 40)).unwrap();
    calls.push("d", &()).unwrap();
    assert_eq!(calls.len(), 3);
    let entries = [
        encoder.multicall_entry("a", &(1, None::<i32>)).unwrap(),
        encoder.multicall_entry("c", &("ü<", 1_i64 << 40)).unwrap(),
        encoder.multicall_entry("d", &()).unwrap(),
    ];
    for run in [0..3, 0..1, 1..3, 1..1] {
        let together = encoder.multicall(&entries[run.clone()]).unwrap();
        assert_eq!(calls.multicall(run.clone()).unwrap(), together, "{run:?}");
        let lengths: usize = entries[run.clone()]
            .iter()
            .map(xmlrpc_core::EncodedValue::encoded_len)
            .sum();
        assert_eq!(calls.encoded_len(run.clone()), lengths);
        let params = calls.multicall_params(run.clone()).values().unwrap();
        assert_eq!(
            params,
            encoder.multicall_params(&entries[run]).unwrap().values().unwrap()
        );
    }
    let call = calls.call(1).unwrap();
    assert_eq!(
        (&*call.method, call.params),
        ("c", vec!["ü<".into(), Value::I8(1 << 40)])
    );
    assert!(calls.call(2).unwrap().params.is_empty());
}
