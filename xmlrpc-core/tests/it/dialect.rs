//! Every switch of `Dialect`, both ways, byte for byte.

use std::collections::BTreeMap;

use xmlrpc_core::{
    Base64, Base64Lines, Category, DateTime, Decoder, Dialect, Encoder, Encoding, Fault, Forbidden, IntTag,
    MethodCall, NilForm, NonFinite, Reading, Value, WideForm, from_slice, to_vec, to_writer, value,
};

fn written(dialect: Dialect, value: &Value) -> Result<String, Category> {
    let xml = Encoder::new().dialect(dialect).value(value);
    xml.map(|xml| String::from_utf8(xml).unwrap())
        .map_err(|error| error.category())
}

fn ok(xml: &str) -> Result<String, Category> {
    Ok(format!("<value>{xml}</value>"))
}

const REFUSED: Result<String, Category> = Err(Category::Data);

#[test]
fn values_are_written_and_read_back_byte_for_byte() {
    let moment: DateTime = "19980717T14:08:55".parse().unwrap();
    for (value, xml) in [
        (Value::Int(0), "<int>0</int>"),
        (Value::Int(i32::MIN), "<int>-2147483648</int>"),
        (Value::I8(5), "<i8>5</i8>"),
        (Value::I8(i64::MIN), "<i8>-9223372036854775808</i8>"),
        (Value::Boolean(true), "<boolean>1</boolean>"),
        (Value::Boolean(false), "<boolean>0</boolean>"),
        (Value::Double(1.5), "<double>1.5</double>"),
        (Value::Double(-0.0), "<double>-0.0</double>"),
        (Value::Double(0.1), "<double>0.1</double>"),
        (Value::Double(1e21), "<double>1000000000000000000000.0</double>"),
        (Value::Double(-1.25e-7), "<double>-0.000000125</double>"),
        (Value::from(""), "<string></string>"),
        (Value::from(" a\tb\n "), "<string> a\tb\n </string>"),
        (Value::from("<&>\r\"'"), "<string>&lt;&amp;&gt;&#13;\"'</string>"),
        (
            Value::from("äö😀\u{85}\u{FEFF}"),
            "<string>äö😀\u{85}\u{FEFF}</string>",
        ),
        (Value::from("]]>"), "<string>]]&gt;</string>"),
        (
            Value::DateTime(moment),
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
        ),
        (
            Value::Base64(Base64::from(b"ABC".to_vec())),
            "<base64>QUJD</base64>",
        ),
        (Value::Base64(Base64::default()), "<base64></base64>"),
        (Value::Nil, "<nil/>"),
        (value!([]), "<array><data></data></array>"),
        (
            value!([1, [], "x"]),
            "<array><data><value><int>1</int></value><value><array><data></data></array></value>\
             <value><string>x</string></value></data></array>",
        ),
        (value!({}), "<struct></struct>"),
        (
            value!({ "b": 1, "": nil, "a<&>": {} }),
            "<struct><member><name>b</name><value><int>1</int></value></member><member><name></name><value><nil/></value></member>\
             <member><name>a&lt;&amp;&gt;</name><value><struct></struct></value></member></struct>",
        ),
    ] {
        let xml = format!("<value>{xml}</value>");
        assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), xml);
        let mut out = Vec::new();
        to_writer(&mut out, &value).unwrap();
        assert_eq!(out, xml.as_bytes());
        for reading in [Reading::default(), Reading::strict()] {
            let back: Value = Decoder::new().reading(reading).value(xml.as_bytes()).unwrap();
            assert_eq!(back, value, "{xml}");
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }
    }
}

#[test]
fn documents_are_written_byte_for_byte() {
    let text = |xml: Vec<u8>| String::from_utf8(xml).unwrap();
    assert_eq!(
        text(MethodCall::new("a.b", (1, "x")).unwrap().to_vec().unwrap()),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>a.b</methodName><params>\
         <param><value><int>1</int></value></param><param><value><string>x</string></value></param></params></methodCall>"
    );
    assert_eq!(
        text(Encoder::new().method_call("<m>", &()).unwrap()),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>&lt;m&gt;</methodName><params></params></methodCall>"
    );
    assert_eq!(
        text(Encoder::new().method_response(&true).unwrap()),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse><params><param><value><boolean>1</boolean></value></param>\
         </params></methodResponse>"
    );
    assert_eq!(
        text(Encoder::new().fault(&Fault::new(-1, "a & b")).unwrap()),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse><fault><value><struct><member><name>faultCode</name>\
         <value><int>-1</int></value></member><member><name>faultString</name><value><string>a &amp; b</string></value></member>\
         </struct></value></fault></methodResponse>"
    );
}

#[test]
fn nil_is_an_element_an_extension_or_an_error() {
    let dialect = |form| Dialect::default().nil(form);
    for (form, outcome) in [
        (NilForm::Element, ok("<nil/>")),
        (NilForm::Extension, ok("<ex:nil/>")),
        (NilForm::EmptyResult, REFUSED),
    ] {
        assert_eq!(written(dialect(form), &Value::Nil), outcome);
    }
}

#[test]
fn a_result_of_nothing_is_the_empty_string_where_there_is_no_nil() {
    let spec = Encoder::new().dialect(Dialect::spec());
    let empty = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse><params><param><value><string></string></value>\
        </param></params></methodResponse>";
    for xml in [
        spec.method_response(&()),
        spec.method_response(&None::<i32>),
        spec.method_response(&Value::Nil),
    ] {
        let xml = xml.unwrap();
        assert_eq!(xml, empty);
        assert!(Decoder::new().method_response::<()>(&xml).is_ok());
    }
    for inner in [
        value!([nil]),
        value!({ "a": nil }),
        value!([[], nil]),
        value!(["", nil]),
    ] {
        assert!(spec.method_response(&inner).is_err(), "{inner}");
    }
    assert!(spec.method_call("m", &((),)).is_err());
}

#[test]
fn wide_integers_are_an_element_an_extension_an_int_text_or_an_error() {
    let dialect = |form| Dialect::default().wide_integers(form);
    let (small, wide) = (Value::I8(5), Value::I8(-5_000_000_000));
    for (form, of_small, of_wide) in [
        (WideForm::Element, ok("<i8>5</i8>"), ok("<i8>-5000000000</i8>")),
        (
            WideForm::Extension,
            ok("<ex:i8>5</ex:i8>"),
            ok("<ex:i8>-5000000000</ex:i8>"),
        ),
        (WideForm::Int, ok("<int>5</int>"), ok("<int>-5000000000</int>")),
        (
            WideForm::Text,
            ok("<string>5</string>"),
            ok("<string>-5000000000</string>"),
        ),
        (WideForm::Refuse, ok("<int>5</int>"), REFUSED),
    ] {
        assert_eq!(written(dialect(form), &small), of_small);
        assert_eq!(written(dialect(form), &wide), of_wide);
        assert_eq!(written(dialect(form), &Value::Int(5)), ok("<int>5</int>"));
    }
}

#[test]
fn integers_of_rust_are_as_wide_as_they_need() {
    for (xml, expected) in [
        (to_vec(&i64::from(i32::MAX)), "<int>2147483647</int>"),
        (to_vec(&(i64::from(i32::MAX) + 1)), "<i8>2147483648</i8>"),
        (to_vec(&(i64::from(i32::MIN) - 1)), "<i8>-2147483649</i8>"),
        (to_vec(&u32::MAX), "<i8>4294967295</i8>"),
        (to_vec(&7_u128), "<int>7</int>"),
        (to_vec(&(1_u64 << 62)), "<i8>4611686018427387904</i8>"),
    ] {
        assert_eq!(xml.unwrap(), format!("<value>{expected}</value>").as_bytes());
    }
}

#[test]
fn non_finite_doubles_are_an_error_or_words() {
    for (number, word) in [
        (f64::NAN, "nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let value = Value::Double(number);
        assert_eq!(written(Dialect::default(), &value), REFUSED);
        let xml = written(Dialect::default().non_finite(NonFinite::Text), &value);
        assert_eq!(xml, ok(&format!("<double>{word}</double>")));
        assert_eq!(from_slice::<Value>(xml.unwrap().as_bytes()).unwrap(), value);
    }
}

#[test]
fn ints_have_either_tag() {
    let value = value!([1, (Value::I8(2))]);
    let xml = written(Dialect::default().int_tag(IntTag::I4), &value).unwrap();
    assert_eq!(
        xml,
        "<value><array><data><value><i4>1</i4></value><value><i8>2</i8></value></data></array></value>"
    );
    let narrow = Dialect::default()
        .int_tag(IntTag::I4)
        .wide_integers(WideForm::Refuse);
    assert_eq!(written(narrow.clone(), &Value::I8(2)), ok("<i4>2</i4>"));
    let fault = Encoder::new().dialect(narrow).fault(&Fault::new(4, "")).unwrap();
    assert!(String::from_utf8(fault).unwrap().contains("<i4>4</i4>"));
}

#[test]
fn base64_is_on_one_line_or_on_lines_of_76_characters() {
    let value = Value::Base64(Base64::from(vec![0; 100]));
    assert_eq!(
        written(Dialect::default(), &value),
        ok(&format!("<base64>{}A==</base64>", "A".repeat(133)))
    );
    let wrapped = written(Dialect::default().base64_lines(Base64Lines::Wrapped), &value);
    assert_eq!(
        wrapped,
        ok(&format!(
            "<base64>{}\n{}A==</base64>",
            "A".repeat(76),
            "A".repeat(57)
        ))
    );
    assert_eq!(from_slice::<Value>(wrapped.unwrap().as_bytes()).unwrap(), value);
}

#[test]
fn characters_that_xml_lacks_are_an_error_replaced_or_passed() {
    let dialect = |policy| Dialect::default().forbidden_characters(policy);
    for c in ['\0', '\u{8}', '\u{B}', '\u{1B}', '\u{FFFE}', '\u{FFFF}'] {
        let value = Value::from(format!("a{c}<"));
        assert_eq!(written(dialect(Forbidden::Refuse), &value), REFUSED);
        assert_eq!(
            written(dialect(Forbidden::Replace), &value),
            ok("<string>a\u{FFFD}&lt;</string>")
        );
        assert_eq!(
            written(dialect(Forbidden::Pass), &value),
            ok(&format!("<string>a{c}&lt;</string>"))
        );

        let named = Value::Struct([(format!("{c}"), 1)].into());
        assert_eq!(written(dialect(Forbidden::Refuse), &named), REFUSED);
        assert!(
            written(dialect(Forbidden::Replace), &named)
                .unwrap()
                .contains("<name>\u{FFFD}</name>")
        );
        let method = format!("m{c}");
        assert!(Encoder::new().method_call(&method, &()).is_err());
        assert!(Encoder::new().fault(&Fault::new(1, method)).is_err());
    }
}

#[test]
fn the_presets_are_what_their_names_say() {
    let value = value!([nil, (Value::I8(5))]);
    assert_eq!(written(Dialect::spec(), &value), REFUSED);
    let apache = Encoder::new().dialect(Dialect::apache());
    let namespace = "xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"";
    let xml = apache.method_call("m", &(value.clone(),)).unwrap();
    let text = std::str::from_utf8(&xml).unwrap();
    assert!(text.contains(&format!("<methodCall {namespace}>")), "{text}");
    assert!(
        text.contains("<value><ex:nil/></value><value><ex:i8>5</ex:i8></value>"),
        "{text}"
    );
    let call: MethodCall<(Value,)> = MethodCall::from_slice(&xml).unwrap();
    assert_eq!(call.params.0, value);
    let response = String::from_utf8(apache.method_response(&value).unwrap()).unwrap();
    assert!(
        response.contains(&format!("<methodResponse {namespace}>")),
        "{response}"
    );
}

#[test]
fn the_encoding_stands_in_the_declaration() {
    let dialect = Dialect::default().encoding(Encoding::ISO_8859_1);
    let xml = Encoder::new().dialect(dialect).method_response("ä€").unwrap();
    assert!(xml.starts_with(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<methodResponse>"));
    let text = b"<string>\xE4&#8364;</string>";
    assert!(xml.windows(text.len()).any(|window| window == text));
}

#[test]
fn method_names_with_white_space_around_them_or_none_are_refused() {
    for name in ["", " ", " m", "m ", "\tm", "m\n", "m\r"] {
        assert!(MethodCall::new(name, ()).is_err(), "{name:?}");
        assert!(Encoder::new().method_call(name, &()).is_err(), "{name:?}");
    }
    for name in ["m m", "ä.ö", "<&>", "m\rm", "\u{A0}m"] {
        let xml = Encoder::new().method_call(name, &()).unwrap();
        assert_eq!(MethodCall::<()>::from_slice(&xml).unwrap().method, name);
    }
}

#[test]
fn parameters_are_a_list_or_nothing() {
    let encoder = Encoder::new();
    let params = |xml: Vec<u8>| String::from_utf8(xml).unwrap().matches("<param>").count();
    assert_eq!(params(encoder.method_call("m", &()).unwrap()), 0);
    assert_eq!(params(encoder.method_call("m", &(1,)).unwrap()), 1);
    assert_eq!(params(encoder.method_call("m", &[1, 2]).unwrap()), 2);
    assert_eq!(
        params(encoder.method_call("m", &vec![vec![1, 2], vec![]]).unwrap()),
        2
    );
    assert_eq!(
        params(
            encoder
                .method_call("m", &value!([[1], { "a": [] }, nil]))
                .unwrap()
        ),
        3
    );
    assert_eq!(params(encoder.method_call("m", &Vec::<i32>::new()).unwrap()), 0);
    let error = encoder.method_call("m", &5).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "expected a list of parameters, which is `(x,)` for one and `()` for none, found int 5"
        ),
        "{error}"
    );
    assert!(encoder.method_call("m", "x").is_err());
    assert!(encoder.method_call("m", &BTreeMap::from([("a", 1)])).is_err());
}

#[test]
fn a_writer_that_fails_gives_its_error_and_a_value_that_fails_writes_nothing() {
    struct Broken;

    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    assert_eq!(
        to_writer(Broken, &1).unwrap_err().kind(),
        std::io::ErrorKind::BrokenPipe
    );
    let mut out = Vec::new();
    let error = to_writer(&mut out, &[1.0, f64::NAN]).unwrap_err();
    assert_eq!((error.kind(), out.len()), (std::io::ErrorKind::InvalidData, 0));
}

#[test]
fn parameters_keep_the_namespace_of_the_dialect_they_were_encoded_in() {
    use xmlrpc_core::Call;

    let apache = Encoder::new().dialect(Dialect::apache());
    let mut params = apache.params(&(None::<i32>,)).unwrap();
    params.prepend(&5_000_000_000_i64).unwrap();
    let call = Call::new("m".try_into().unwrap(), params);
    let xml = String::from_utf8(Encoder::new().call(&call).unwrap()).unwrap();
    assert!(xml.contains("<methodCall xmlns:ex="), "{xml}");
    assert!(
        xml.contains("<ex:i8>5000000000</ex:i8>") && xml.contains("<ex:nil/>"),
        "{xml}"
    );
}
