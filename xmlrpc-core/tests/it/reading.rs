//! Every switch of `Reading`, both ways.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use xmlrpc_core::{
    Category, DateTime, Decoder, Duplicates, Error, Forbidden, MethodResponse, Policy, Reading, Value,
    from_slice, value,
};

/// A switch, with documents that need it and what they stand for.
struct Switch {
    name: &'static str,
    set: fn(Reading, Policy) -> Reading,
    /// Whether strict reading refuses it, too.
    strict: bool,
    category: Category,
    cases: Vec<(&'static str, Value)>,
}

fn moment(text: &str) -> Value {
    Value::DateTime(text.parse().unwrap())
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Base64(bytes.into())
}

fn switches() -> Vec<Switch> {
    vec![
        Switch {
            name: "nil",
            set: Reading::nil,
            strict: false,
            category: Category::Protocol,
            cases: vec![
                ("<value><nil/></value>", Value::Nil),
                ("<value><nil></nil></value>", Value::Nil),
                ("<value><nil> </nil></value>", Value::Nil),
                ("<value> <nil /> </value>", Value::Nil),
            ],
        },
        Switch {
            name: "wide_integers",
            set: Reading::wide_integers,
            strict: false,
            category: Category::Protocol,
            cases: vec![
                ("<value><i8>5</i8></value>", Value::I8(5)),
                ("<value><i8>9223372036854775807</i8></value>", Value::I8(i64::MAX)),
                (
                    "<value> <i8 >-9223372036854775808</i8> </value>",
                    Value::I8(i64::MIN),
                ),
            ],
        },
        Switch {
            name: "extensions",
            set: Reading::extensions,
            strict: false,
            category: Category::Protocol,
            cases: vec![
                ("<value><ex:nil/></value>", Value::Nil),
                ("<value><ex:i1>-128</ex:i1></value>", Value::Int(-128)),
                ("<value><ex:i2>32767</ex:i2></value>", Value::Int(32767)),
                ("<value><ex:i8>5</ex:i8></value>", Value::I8(5)),
                ("<value><ex:float>1.5</ex:float></value>", Value::Double(1.5)),
                (
                    "<value><ex:bigdecimal>1.5</ex:bigdecimal></value>",
                    Value::Double(1.5),
                ),
                ("<value><ex:biginteger>5</ex:biginteger></value>", Value::Int(5)),
                (
                    "<value><ex:biginteger>5000000000</ex:biginteger></value>",
                    Value::I8(5_000_000_000),
                ),
                ("<value><i1>1</i1></value>", Value::Int(1)),
                ("<value><i2>1</i2></value>", Value::Int(1)),
                ("<value><biginteger>1</biginteger></value>", Value::Int(1)),
                (
                    "<value xmlns:a='http://ws.apache.org/xmlrpc/namespaces/extensions'><a:nil/></value>",
                    Value::Nil,
                ),
            ],
        },
        Switch {
            name: "scalar_space",
            set: Reading::scalar_space,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><int> 7</int></value>", Value::Int(7)),
                ("<value><i4>7\n</i4></value>", Value::Int(7)),
                ("<value><boolean>\t1 </boolean></value>", Value::Boolean(true)),
                ("<value><double> 1.5 </double></value>", Value::Double(1.5)),
                (
                    "<value><dateTime.iso8601> 19980717T14:08:55 </dateTime.iso8601></value>",
                    moment("19980717T14:08:55"),
                ),
                ("<value><int>&#13;\r\n7</int></value>", Value::Int(7)),
            ],
        },
        Switch {
            name: "overlong_ints",
            set: Reading::overlong_ints,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><int>2147483648</int></value>", Value::I8(2_147_483_648)),
                (
                    "<value><i4>-9223372036854775808</i4></value>",
                    Value::I8(i64::MIN),
                ),
                (
                    "<value><int >+05000000000</int></value>",
                    Value::I8(5_000_000_000),
                ),
            ],
        },
        Switch {
            name: "boolean_words",
            set: Reading::boolean_words,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><boolean>true</boolean></value>", Value::Boolean(true)),
                ("<value><boolean>false</boolean></value>", Value::Boolean(false)),
            ],
        },
        Switch {
            name: "exponents",
            set: Reading::exponents,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><double>1e3</double></value>", Value::Double(1000.0)),
                ("<value><double>-2.5E-1</double></value>", Value::Double(-0.25)),
            ],
        },
        Switch {
            name: "non_finite",
            set: Reading::non_finite,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><double>nan</double></value>", Value::Double(f64::NAN)),
                ("<value><double>NaN</double></value>", Value::Double(f64::NAN)),
                (
                    "<value><double>inf</double></value>",
                    Value::Double(f64::INFINITY),
                ),
                (
                    "<value><double>+Infinity</double></value>",
                    Value::Double(f64::INFINITY),
                ),
                (
                    "<value><double>-INF</double></value>",
                    Value::Double(f64::NEG_INFINITY),
                ),
            ],
        },
        Switch {
            name: "date_time_forms",
            set: Reading::date_time_forms,
            strict: true,
            category: Category::Data,
            cases: vec![
                (
                    "<value><dateTime.iso8601>1998-07-17T14:08:55</dateTime.iso8601></value>",
                    moment("19980717T14:08:55"),
                ),
                (
                    "<value><dateTime.iso8601>19980717T140855</dateTime.iso8601></value>",
                    moment("19980717T14:08:55"),
                ),
                (
                    "<value><dateTime.iso8601>19980717T14:08:55Z</dateTime.iso8601></value>",
                    moment("19980717T14:08:55Z"),
                ),
                (
                    "<value><dateTime.iso8601>19980717T14:08:55+01:30</dateTime.iso8601></value>",
                    moment("19980717T14:08:55+0130"),
                ),
                (
                    "<value><dateTime.iso8601>19980717T14:08:55.250</dateTime.iso8601></value>",
                    moment("19980717T14:08:55.25"),
                ),
            ],
        },
        Switch {
            name: "base64_forms",
            set: Reading::base64_forms,
            strict: true,
            category: Category::Data,
            cases: vec![
                ("<value><base64>QQ</base64></value>", bytes(b"A")),
                ("<value><base64>QQ=</base64></value>", bytes(b"A")),
                ("<value><base64>-_-_</base64></value>", bytes(&[0xFB, 0xFF, 0xBF])),
            ],
        },
        Switch {
            name: "value_first",
            set: Reading::value_first,
            strict: true,
            category: Category::Protocol,
            cases: vec![
                (
                    "<value><struct><member><value>x</value><name>a</name></member></struct></value>",
                    value!({ "a": "x" }),
                ),
                (
                    "<value><struct><member><value/><name/></member><member><name>b</name><value>y</value></member></struct></value>",
                    value!({ "": "", "b": "y" }),
                ),
                (
                    "<value><struct><member><value><array><data><value><int>1</int></value></data></array></value>\
                     <!-- late --><name>a</name></member></struct></value>",
                    value!({ "a": [1] }),
                ),
            ],
        },
        Switch {
            name: "attributes",
            set: Reading::attributes,
            strict: true,
            category: Category::Protocol,
            cases: vec![
                ("<value type='x'>a</value>", Value::from("a")),
                ("<value><int bits=\"32\">1</int></value>", Value::Int(1)),
                ("<value><struct a='1'/></value>", value!({})),
            ],
        },
        Switch {
            name: "empty_arrays",
            set: Reading::empty_arrays,
            strict: true,
            category: Category::Protocol,
            cases: vec![
                ("<value><array/></value>", value!([])),
                ("<value><array></array></value>", value!([])),
                ("<value><array> </array></value>", value!([])),
            ],
        },
        Switch {
            name: "leading_space",
            set: Reading::leading_space,
            strict: true,
            category: Category::Syntax,
            cases: vec![("\n <?xml version='1.0'?><value>a</value>", Value::from("a"))],
        },
        Switch {
            name: "cdata_ends",
            set: Reading::cdata_ends,
            strict: true,
            category: Category::Syntax,
            cases: vec![
                ("<value>a]]>b</value>", Value::from("a]]>b")),
                (
                    "<value><string><![CDATA[<&>]]>]]></string></value>",
                    Value::from("<&>]]>"),
                ),
                ("<value>&amp;]]></value>", Value::from("&]]>")),
            ],
        },
        Switch {
            name: "surrogate_pairs",
            set: Reading::surrogate_pairs,
            strict: true,
            category: Category::Syntax,
            cases: vec![
                ("<value>&#55357;&#56832;</value>", Value::from("😀")),
                ("<value>&#xD83D;&#56832;</value>", Value::from("😀")),
            ],
        },
    ]
}

fn read(xml: &str, reading: Reading) -> Result<Value, Error> {
    Decoder::new().reading(reading).value(xml.as_bytes())
}

#[test]
fn each_switch_accepts_by_default_and_refuses_when_told() {
    for switch in switches() {
        for (xml, value) in &switch.cases {
            assert_eq!(read(xml, Reading::default()).as_ref().ok(), Some(value), "{xml}");
            let error = read(xml, (switch.set)(Reading::default(), Policy::Refuse)).unwrap_err();
            assert_eq!(
                error.category(),
                switch.category,
                "{}: {xml}: {error}",
                switch.name
            );
        }
    }
}

#[test]
fn no_switch_refuses_what_another_one_is_for() {
    let switches = switches();
    for refused in &switches {
        let reading = (refused.set)(Reading::default(), Policy::Refuse);
        for other in switches.iter().filter(|other| other.name != refused.name) {
            for (xml, value) in &other.cases {
                let read = read(xml, reading.clone());
                assert_eq!(read.as_ref().ok(), Some(value), "{} refused: {xml}", refused.name);
            }
        }
    }
}

#[test]
fn strict_reading_refuses_all_but_the_extensions_with_switches_of_their_own() {
    for switch in switches() {
        for (xml, value) in &switch.cases {
            let strict = read(xml, Reading::strict());
            let accepted = (switch.set)(Reading::strict(), Policy::Accept);
            // Some ways of writing `<nil/>` and `<i8>` are not strict themselves.
            if switch.strict {
                assert_eq!(
                    strict.map_err(|error| error.category()),
                    Err(switch.category),
                    "{xml}"
                );
                assert_eq!(
                    read(xml, accepted).as_ref().ok(),
                    Some(value),
                    "{}: {xml}",
                    switch.name
                );
            } else {
                assert_eq!(strict.as_ref().ok(), Some(value), "{}: {xml}", switch.name);
            }
        }
    }
}

#[test]
fn what_every_reading_takes() {
    for (xml, value) in [
        ("<value><i4>-2147483648</i4></value>", Value::Int(i32::MIN)),
        ("<value><int>+0007</int></value>", Value::Int(7)),
        ("<value><boolean>0</boolean></value>", Value::Boolean(false)),
        ("<value><double>-12.214</double></value>", Value::Double(-12.214)),
        ("<value><double>3</double></value>", Value::Double(3.0)),
        ("<value><double>.5</double></value>", Value::Double(0.5)),
        (
            "<value><dateTime.iso8601>00000000T00:00:00</dateTime.iso8601></value>",
            moment("00000000T00:00:00"),
        ),
        ("<value><base64> Q Q = =\n</base64></value>", bytes(b"A")),
        ("<value> a </value>", Value::from(" a ")),
        (
            "<value><string> a\r\nb\rc </string></value>",
            Value::from(" a\nb\nc "),
        ),
        ("<value/>", Value::from("")),
        ("<value><string/></value>", Value::from("")),
        (
            "<value>a<![CDATA[<b>]]>&#99;<!-- x --><?y?>d</value>",
            Value::from("a<b>cd"),
        ),
        (
            "<value>\n<array>\n<data>\n</data>\n</array>\n</value>",
            value!([]),
        ),
        ("<value><array><data/></array></value>", value!([])),
        ("<value><struct/></value>", value!({})),
        (
            "<value><struct><member><name> a </name><value/></member></struct></value>",
            value!({ " a ": "" }),
        ),
        ("<value xmlns='x' xmlns:y='z'>a</value>", Value::from("a")),
        ("<!-- a --><?b?>\n<value>a</value ><!-- c -->\n", Value::from("a")),
        (
            "<value>&lt;&gt;&amp;&apos;&quot;&#x1F600;</value>",
            Value::from("<>&'\"😀"),
        ),
    ] {
        for reading in [Reading::default(), Reading::strict()] {
            assert_eq!(read(xml, reading).unwrap(), value, "{xml}");
        }
    }
}

#[test]
fn what_no_reading_takes() {
    for xml in [
        "<value><int></int></value>",
        "<value><int/></value>",
        "<value><int>1.0</int></value>",
        "<value><int>0x10</int></value>",
        "<value><int>1_000</int></value>",
        "<value><int>\u{661}</int></value>",
        "<value><int>1 2</int></value>",
        "<value><int>- 1</int></value>",
        "<value><int>9223372036854775808</int></value>",
        "<value><boolean>TRUE</boolean></value>",
        "<value><boolean>2</boolean></value>",
        "<value><boolean></boolean></value>",
        "<value><double>.</double></value>",
        "<value><double>0x1p3</double></value>",
        "<value><double>1e999</double></value>",
        "<value><double></double></value>",
        "<value><dateTime.iso8601>19980732T14:08:55</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>19990229T14:08:55</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>19980717T24:08:55</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>19980717T14:08:55.</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>19980717T14:08:55+2400</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>19980717 14:08:55</dateTime.iso8601></value>",
        "<value><base64>Q</base64></value>",
        "<value><base64>QQ===</base64></value>",
        "<value><base64>Q=Q=</base64></value>",
        "<value><base64>QQ*=</base64></value>",
        "<value><INT>1</INT></value>",
        "<value><number>1</number></value>",
        "<value xmlns:ex='other'><ex:nil/></value>",
        "<value><x:nil/></value>",
        "<value><ex:string>1</ex:string></value>",
        "<value>&#56832;&#55357;</value>",
        "<value>&#55357;x&#56832;</value>",
        "<value><string>a</string><string>b</string></value>",
        "<value><array><data/><data/></array></value>",
        "<value><struct><member><name>a</name><value/><name>b</name></member></struct></value>",
    ] {
        for reading in [Reading::default(), Reading::strict()] {
            assert!(read(xml, reading).is_err(), "{xml}");
        }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Pair {
    a: i32,
    #[serde(default)]
    b: i32,
}

const TWICE: &[u8] = b"<value><struct><member><name>a</name><value><int>1</int></value></member>\
    <member><name>b</name><value><int>2</int></value></member>\
    <member><name>a</name><value><int>3</int></value></member></struct></value>";

#[test]
fn the_last_of_equal_names_wins_for_values_and_maps() {
    for policy in [Duplicates::LastWins, Duplicates::LastWinsBuffered] {
        let decoder = Decoder::new().reading(Reading::default().duplicates(policy));
        let value: Value = decoder.value(TWICE).unwrap();
        assert_eq!(value.to_string(), r#"{"a": 3, "b": 2}"#);
        let map: BTreeMap<String, i32> = decoder.value(TWICE).unwrap();
        assert_eq!(map, BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 2)]));
        let map: HashMap<String, i32> = decoder.value(TWICE).unwrap();
        assert_eq!(map["a"], 3);
    }
}

#[test]
fn a_derived_struct_takes_equal_names_only_when_buffered() {
    let read = |policy| {
        let decoder = Decoder::new().reading(Reading::default().duplicates(policy));
        decoder.value::<Pair>(TWICE)
    };
    assert_eq!(read(Duplicates::LastWinsBuffered).unwrap(), Pair { a: 3, b: 2 });
    let error = read(Duplicates::LastWins).unwrap_err();
    assert_eq!((error.category(), error.path()), (Category::Data, "a"));
    let error = read(Duplicates::Refuse).unwrap_err();
    assert_eq!((error.category(), error.path()), (Category::Protocol, "a"));
}

#[test]
fn buffered_members_nest_and_keep_their_types() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        when: DateTime,
        any: Value,
        inner: Vec<Pair>,
        none: Option<i32>,
    }

    let inner = std::str::from_utf8(TWICE).unwrap();
    let xml = format!(
        "<value><struct><member><name>when</name><value>no date</value></member>\
         <member><name>any</name><value><struct><member><name>x</name><value><i8>1</i8></value></member></struct></value></member>\
         <member><name>inner</name><value><array><data>{inner}{inner}</data></array></value></member>\
         <member><name>skipped</name><value>{}</value></member>\
         <member><name>when</name><value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value></member>\
         </struct></value>",
        "<array><data/></array>"
    );
    let decoder = Decoder::new().reading(Reading::default().duplicates(Duplicates::LastWinsBuffered));
    let outer: Outer = decoder.value(xml.as_bytes()).unwrap();
    let expected = Outer {
        when: "19980717T14:08:55".parse().unwrap(),
        any: value!({ "x": (Value::I8(1)) }),
        inner: vec![Pair { a: 3, b: 2 }, Pair { a: 3, b: 2 }],
        none: None,
    };
    assert_eq!(outer, expected);
}

#[test]
fn refused_duplicates_are_looked_for_in_each_struct_alone() {
    let decoder = Decoder::new().reading(Reading::default().duplicates(Duplicates::Refuse));
    let member =
        |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    let structure = |members: &str| format!("<struct>{members}</struct>");
    let read = |content: &str| decoder.value::<Value>(format!("<value>{content}</value>").as_bytes());

    let inner = structure(&member("a", ""));
    assert!(read(&structure(&(member("a", &inner) + &member("b", &inner)))).is_ok());
    for repeated in [
        member("a", "") + &member("a", ""),
        member("a", "") + &member("&#97;", ""),
        member("", "") + "<member><name/><value/></member>",
        member("a", "") + "<member><value/><name>a</name></member>",
        member("b", &structure(&(member("a", "") + &member("a", "")))),
        "<member><value>".to_owned()
            + &structure(&(member("a", "") + &member("a", "")))
            + "</value><name>b</name></member>",
    ] {
        let error = read(&structure(&repeated)).unwrap_err();
        assert_eq!(error.category(), Category::Protocol, "{repeated}");
    }
}

#[test]
fn characters_that_xml_lacks_are_refused_replaced_or_passed() {
    let read = |xml: &str, policy| read(xml, Reading::default().forbidden_characters(policy));
    for c in [
        '\0', '\u{1}', '\u{B}', '\u{C}', '\u{1B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}',
    ] {
        let code = u32::from(c);
        for xml in [
            format!("<value>a{c}b</value>"),
            format!("<value><string>a&#{code};b</string></value>"),
            format!("<value>a&#x{code:X};b</value>"),
            format!("<value><![CDATA[a{c}b]]></value>"),
        ] {
            assert_eq!(
                read(&xml, Forbidden::Refuse).unwrap_err().category(),
                Category::Syntax,
                "{xml:?}"
            );
            assert_eq!(read(&xml, Forbidden::Replace).unwrap(), "a\u{FFFD}b", "{xml:?}");
            assert_eq!(read(&xml, Forbidden::Pass).unwrap(), format!("a{c}b"), "{xml:?}");
        }
        let named = format!("<value><struct><member><name>{c}</name><value/></member></struct></value>");
        assert!(read(&named, Forbidden::Refuse).is_err());
        assert_eq!(read(&named, Forbidden::Replace).unwrap()["\u{FFFD}"], "");
        assert_eq!(read(&named, Forbidden::Pass).unwrap()[&*c.to_string()], "");
    }
}

#[test]
fn half_a_surrogate_pair_is_replaced_or_refused() {
    let read = |xml: &str, policy| read(xml, Reading::default().forbidden_characters(policy));
    let xml = "<value>a&#xD83D;b</value>";
    assert!(read(xml, Forbidden::Refuse).is_err());
    assert_eq!(read(xml, Forbidden::Replace).unwrap(), "a\u{FFFD}b");
    // No text of Rust's can hold it.
    assert!(read(xml, Forbidden::Pass).is_err());
}

/// Members of a fault, and the code and string they stand for.
const FAULTS: [(&str, i32, &str); 10] = [
    (
        "<member><name>faultCode</name><value><i8>4</i8></value></member><member><name>faultString</name><value>x</value></member>",
        4,
        "x",
    ),
    (
        "<member><name>faultCode</name><value><i8>4294967300</i8></value></member><member><name>faultString</name><value>x</value></member>",
        0,
        "x",
    ),
    (
        "<member><name>faultCode</name><value>-7 </value></member><member><name>faultString</name><value>x</value></member>",
        -7,
        "x",
    ),
    (
        "<member><name>faultCode</name><value>Client</value></member><member><name>faultString</name><value>x</value></member>",
        0,
        "x",
    ),
    (
        "<member><name>faultCode</name><value><double>5.0</double></value></member><member><name>faultString</name><value>x</value></member>",
        5,
        "x",
    ),
    (
        "<member><name>faultCode</name><value><double>5.5</double></value></member><member><name>faultString</name><value>x</value></member>",
        0,
        "x",
    ),
    (
        "<member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</name><value><nil/></value></member>",
        1,
        "",
    ),
    (
        "<member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</name><value><int>6</int></value></member>",
        1,
        "6",
    ),
    (
        "<member><name>faultCode</name><value><int>1</int></value></member>",
        1,
        "",
    ),
    (
        "<member><name>x</name><value/></member><member><name>faultString</name><value>x</value></member><member><name>faultCode</name><value><int>1</int></value></member>",
        1,
        "x",
    ),
];

#[test]
fn faults_out_of_shape_are_read_unless_refused() {
    let lenient = Decoder::new();
    let picky = Decoder::new().reading(Reading::default().fault_forms(Policy::Refuse));
    for (members, code, string) in FAULTS {
        for (front, back) in [
            ("<value><struct>", "</struct></value>"),
            ("<struct>", "</struct>"),
        ] {
            let xml = format!("<methodResponse><fault>{front}{members}{back}</fault></methodResponse>");
            let fault = lenient
                .method_response::<Value>(xml.as_bytes())
                .unwrap()
                .into_result()
                .unwrap_err();
            assert_eq!((fault.code(), fault.string()), (code, string), "{xml}");
            assert!(fault.raw().is_some_and(|raw| raw.as_struct().is_some()));
            let error = picky.method_response::<Value>(xml.as_bytes()).unwrap_err();
            assert_eq!(error.category(), Category::Protocol, "{xml}");
        }
    }
}

#[test]
fn faults_in_shape_are_read_in_any_order() {
    let picky = Decoder::new().reading(Reading::strict());
    let code = "<member><name>faultCode</name><value><i4>4</i4></value></member>";
    let string = "<member><name>faultString</name><value>x</value></member>";
    for members in [format!("{code}{string}"), format!("{string}{code}")] {
        let xml = format!(
            "<methodResponse><fault><value><struct>{members}</struct></value></fault></methodResponse>"
        );
        let response: MethodResponse = picky.method_response(xml.as_bytes()).unwrap();
        assert_eq!(response, MethodResponse::Fault(xmlrpc_core::Fault::new(4, "x")));
    }
}

#[test]
fn what_a_peer_used_of_the_extensions_is_known() {
    let call = |param: &str| {
        let xml = format!(
            "<methodCall><methodName>m</methodName><params><param>{param}</param></params></methodCall>"
        );
        let call = Decoder::new().call(xml.into_bytes()).unwrap();
        let mut reader = call.params.reader().unwrap();
        reader.skip_all().unwrap();
        reader.met_extensions()
    };
    assert!(call("<value><ex:nil/></value>"));
    assert!(!call("<value><nil/></value>"));
    // Who declares them knows them.
    assert!(call(
        "<value xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'><i8>1</i8></value>"
    ));
    assert!(!call("<value xmlns:ex='urn:x'><i8>1</i8></value>"));
}

#[test]
fn outside_of_the_root_there_is_no_text_of_any_kind() {
    let root = "<methodResponse><params><param><value>x</value></param></params></methodResponse>";
    for reading in [Reading::default(), Reading::strict()] {
        let decoder = Decoder::new().reading(reading);
        for text in ["<![CDATA[ ]]>", "<![CDATA[]]>", "&#32;", "&#10;", "&amp;"] {
            for document in [
                format!("{text}{root}"),
                format!("{root}{text}"),
                format!("<!-- c -->{text}{root}"),
                format!("{root}<?p?>{text}"),
            ] {
                let error = decoder.method_response::<Value>(document.as_bytes()).unwrap_err();
                assert_eq!(error.category(), Category::Syntax, "{document}");
            }
        }
        let around = format!("<?xml version='1.0'?><!-- a -->\n<?p?>{root}\n<!-- b --> <?p?>");
        assert!(decoder.method_response::<Value>(around.as_bytes()).is_ok());
    }
}

#[test]
fn a_declaration_names_each_thing_once_and_rightly() {
    for declaration in [
        "version='1.0' version='1.0'",
        "version='1.0' encoding='utf-8' encoding='iso-8859-1'",
        "version='1.0' encoding=' utf-8 '",
        "version='1.0' standalone='yes' standalone='yes'",
    ] {
        let document = format!("<?xml {declaration}?><value/>");
        let error = from_slice::<Value>(document.as_bytes()).unwrap_err();
        assert_eq!(error.category(), Category::Syntax, "{document}");
    }
}

#[test]
fn colons_may_stand_in_names_of_attributes_and_instructions() {
    for document in [
        "<?:?><value/>",
        "<value :a='1'/>",
        "<value a:='1'/>",
        "<value a:b:c='1'/>",
    ] {
        assert_eq!(
            from_slice::<Value>(document.as_bytes()).unwrap(),
            "",
            "{document}"
        );
    }
}
