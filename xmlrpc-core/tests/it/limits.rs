//! Each limit: kept one below and at its value, refused one above, with its name and its setter in the error.

use allocation_counter::measure;
use xmlrpc_core::{
    Category, Decoder, Duplicates, Error, LimitName, Limits, MethodCall, Reading, Value, from_slice,
};

fn read(xml: &str, limits: Limits) -> Result<Value, Error> {
    Decoder::new().limits(limits).value(xml.as_bytes())
}

/// Reads a document that needs `need` of something under limits of one less, exactly that, and one more.
fn holds(limit: LimitName, setter: fn(Limits, usize) -> Limits, xml: &str, need: usize) {
    for granted in [need, need + 1] {
        let value = read(xml, setter(Limits::default(), granted));
        assert!(value.is_ok(), "{limit:?} of {granted}: {}", value.unwrap_err());
    }
    let error = read(xml, setter(Limits::default(), need - 1)).unwrap_err();
    assert_eq!(error.category(), Category::Limit, "{limit:?}: {error}");
    assert_eq!(error.limit_name(), Some(limit));
    let text = error.to_string();
    let setter = format!("Limits::{} raises this limit", limit.setter());
    assert!(text.contains(&setter), "{text}");
    assert!(text.contains(&(need - 1).to_string()), "{text}");
}

fn array(elements: &str) -> String {
    format!("<value><array><data>{elements}</data></array></value>")
}

#[test]
fn documents_are_bounded_in_bytes() {
    let xml = "<value>ä</value>";
    holds(LimitName::DocumentBytes, Limits::document_bytes, xml, xml.len());
    let xml = b"\xFE\xFF\0<\0v\0a\0l\0u\0e\0/\0>";
    for (granted, accepted) in [(17, false), (18, true), (19, true)] {
        let limits = Limits::default().document_bytes(granted);
        let value = Decoder::new().limits(limits).value::<Value>(xml);
        assert_eq!(value.is_ok(), accepted, "{granted} bytes");
    }
}

#[test]
fn documents_too_long_are_not_looked_at() {
    let error = read("\u{1}\u{1}<", Limits::default().document_bytes(2)).unwrap_err();
    assert_eq!(error.limit_name(), Some(LimitName::DocumentBytes));
    assert_eq!(error.position(), None);
}

#[test]
fn depth_counts_arrays_and_structs() {
    for (xml, need) in [
        (array("<value><int>1</int></value>"), 1),
        (array(&array("")), 2),
        (array("<value><array/></value>"), 2),
        (array("<value><struct/></value>"), 2),
        (
            array(
                "<value><struct><member><name>a</name><value><array><data/></array></value></member></struct></value>",
            ),
            3,
        ),
        (
            array(
                "<value><struct><member><value><array><data/></array></value><name>a</name></member></struct></value>",
            ),
            3,
        ),
    ] {
        holds(LimitName::Depth, Limits::depth, &xml, need);
    }
}

#[test]
fn a_scalar_needs_no_depth() {
    let value = read("<value><int>1</int></value>", Limits::default().depth(0));
    assert_eq!(value.unwrap(), 1);
}

#[test]
fn values_are_counted_over_the_whole_document() {
    for (xml, need) in [
        ("<value/>".to_owned(), 1),
        (array("<value/><value>a</value><value><nil/></value>"), 4),
        (array(&array(&array("<value/>"))), 4),
        (
            "<value><struct><member><name>a</name><value/></member></struct></value>".to_owned(),
            2,
        ),
        (
            "<value><struct><member><value><struct><member><value/><name>b</name></member></struct></value>\
             <name>a</name></member></struct></value>"
                .to_owned(),
            3,
        ),
    ] {
        holds(LimitName::Values, Limits::values, &xml, need);
    }
}

#[test]
fn values_are_counted_over_all_parameters() {
    let params = "<param><value/></param>".repeat(3);
    let xml = format!("<methodCall><methodName>m</methodName><params>{params}</params></methodCall>");
    let read = |values| {
        let decoder = Decoder::new().limits(Limits::default().values(values));
        decoder.method_call::<Vec<Value>>(xml.as_bytes())
    };
    assert!(read(3).is_ok());
    assert_eq!(read(2).unwrap_err().limit_name(), Some(LimitName::Values));
    assert_eq!(read(2).unwrap_err().path(), "params[2]");
}

#[test]
fn members_are_counted_per_struct() {
    let members = |count: usize| -> String {
        (0..count)
            .map(|i| format!("<member><name>{i}</name><value/></member>"))
            .collect()
    };
    let flat = format!("<value><struct>{}</struct></value>", members(3));
    holds(LimitName::Members, Limits::members, &flat, 3);
    holds(
        LimitName::Members,
        Limits::members,
        &array(&format!("{flat}{flat}")),
        3,
    );
    let same_name = "<member><name>a</name><value/></member>".repeat(3);
    let repeated = format!("<value><struct>{same_name}</struct></value>");
    holds(LimitName::Members, Limits::members, &repeated, 3);
}

#[test]
fn strings_are_bounded_in_bytes_of_utf_8() {
    for (xml, need) in [
        ("<value>abc</value>", 3),
        ("<value><string>abc</string></value>", 3),
        ("<value>äö</value>", 4),
        ("<value>&#228;&amp;</value>", 3),
        ("<value>a<![CDATA[b]]><!-- -->c</value>", 3),
        ("<value><base64>QUJD</base64></value>", 4),
        ("<value><int>  12</int></value>", 4),
    ] {
        holds(LimitName::StringBytes, Limits::string_bytes, xml, need);
    }
}

#[test]
fn names_are_bounded_in_bytes_of_utf_8() {
    for (name, need) in [("abc", 3), ("äb", 3), ("&#228;b", 3), ("<![CDATA[abc]]>", 3)] {
        for members in [
            format!("<member><name>{name}</name><value/></member>"),
            format!("<member><value/><name>{name}</name></member>"),
        ] {
            let xml = format!("<value><struct>{members}</struct></value>");
            holds(LimitName::NameBytes, Limits::name_bytes, &xml, need);
        }
    }
}

#[test]
fn method_names_are_bounded_as_names_are() {
    let xml = "<methodCall><methodName> abc </methodName></methodCall>";
    let read = |bytes| {
        let decoder = Decoder::new().limits(Limits::default().name_bytes(bytes));
        decoder.method_call::<()>(xml.as_bytes())
    };
    assert!(read(3).is_ok());
    assert_eq!(read(2).unwrap_err().limit_name(), Some(LimitName::NameBytes));
}

#[test]
fn bytes_read_again_are_bounded() {
    let one = "<value><struct><member><value>abc</value><name>a</name></member></struct></value>";
    holds(
        LimitName::RereadBytes,
        Limits::reread_bytes,
        one,
        "<value>abc</value>".len(),
    );
    // The inner value is read three times in all, which is twice again.
    let two = format!("<value><struct><member>{one}<name>b</name></member></struct></value>");
    let need = one.len() + "<value>abc</value>".len();
    holds(LimitName::RereadBytes, Limits::reread_bytes, &two, need);
}

#[test]
fn attributes_are_counted_per_element() {
    for (xml, need) in [
        ("<value a='1' b='2'/>", 2),
        ("<value xmlns='x' xmlns:y='z' c='3'>x</value>", 3),
        ("<value a='1'><int a='1' b='2'>1</int></value>", 2),
    ] {
        holds(LimitName::Attributes, Limits::attributes, xml, need);
    }
}

#[test]
fn the_limits_are_those_the_documentation_gives() {
    let limits = Limits::default();
    assert_eq!(limits.document_bytes, 16 << 20);
    assert_eq!(limits.depth, 128);
    assert_eq!(limits.values, 4_000_000);
    assert_eq!(limits.members, 1_000_000);
    assert_eq!(limits.string_bytes, 16 << 20);
    assert_eq!(limits.name_bytes, 1 << 20);
    assert_eq!(limits.reread_bytes, 16 << 20);
    assert_eq!(limits.attributes, 64);
    let client = Limits::client();
    assert_eq!(client.document_bytes, 64 << 20);
    assert_eq!(client.values, 16_000_000);
    assert_eq!(client.string_bytes, 64 << 20);
    assert_eq!(client.reread_bytes, 64 << 20);
    assert_eq!((client.depth, client.members), (limits.depth, limits.members));
    assert_eq!(Decoder::new().limits(client.clone()).limits_in_force(), &client);
}

#[test]
fn limits_hold_for_every_way_of_reading() {
    let limits = Limits::default().string_bytes(2);
    let decoder = Decoder::new().limits(limits);
    let value = b"<value>abc</value>";
    let call = b"<methodCall><methodName>m</methodName><params><param><value>abc</value></param></params></methodCall>";
    let response = b"<methodResponse><params><param><value>abc</value></param></params></methodResponse>";
    let fault = b"<methodResponse><fault><value><struct><member><name>faultString</name><value>abc</value></member></struct></value></fault></methodResponse>";
    let outcomes = [
        decoder.value::<String>(value).map(drop),
        decoder.tokens(value, |_| Ok(())),
        decoder.method_call::<(String,)>(call).map(drop),
        decoder
            .call(call.to_vec())
            .and_then(|call| call.params.parse::<(String,)>().map(drop)),
        decoder
            .call(call.to_vec())
            .and_then(|call| call.params.reader()?.skip_all().map(drop)),
        decoder.method_response::<String>(response).map(drop),
        decoder
            .response(response.to_vec())
            .and_then(|result| result.unwrap().parse::<String>().map(drop)),
        decoder.method_response::<String>(fault).map(drop),
        decoder.response(fault.to_vec()).map(drop),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().limit_name(), Some(LimitName::StringBytes));
    }
}

/// The most bytes that were held at once while a document was read, beyond the document itself.
fn held(xml: &[u8], decoder: &Decoder) -> u64 {
    measure(|| drop(decoder.value::<Value>(xml))).bytes_max
}

#[test]
fn memory_follows_the_bytes_that_came() {
    // A value takes far less text than memory at worst: `<value/>` is eight bytes.
    const PER_BYTE: u64 = 16;
    let decoder = Decoder::new();
    for piece in [
        "<value/>",
        "<value><nil/></value>",
        "<value><base64>QUJD</base64></value>",
        "<value>&amp;&amp;&amp;</value>",
        "<value><struct/></value>",
        "<value><struct><member><name/><value/></member></struct></value>",
        "<value><array><data/></array></value>",
    ] {
        let xml = array(&piece.repeat(20_000));
        let held = held(xml.as_bytes(), &decoder);
        assert!(
            held < PER_BYTE * xml.len() as u64,
            "{piece}: {held} bytes for {}",
            xml.len()
        );
    }
}

#[test]
fn documents_that_are_refused_cost_no_more_memory_than_themselves() {
    let strict = Decoder::new().reading(Reading::strict().duplicates(Duplicates::Refuse));
    for xml in [
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]>".to_owned() + &" ".repeat(100_000),
        format!("<!DOCTYPE x {}", "[<!ENTITY a 'aaaaaaaaaa'>]".repeat(10_000)),
        format!("<value>&{};</value>", "e".repeat(100_000)),
        format!("<value {}/>", "a='1' ".repeat(20_000)),
        format!("<{}>", "v".repeat(100_000)),
        format!("<value><int>{}</int></value>", "9".repeat(100_000)),
        format!(
            "<value><dateTime.iso8601>{}</dateTime.iso8601></value>",
            "9".repeat(100_000)
        ),
        "<value><array><data>".repeat(10_000),
    ] {
        let held = held(xml.as_bytes(), &Decoder::new()).max(held(xml.as_bytes(), &strict));
        assert!(
            held < xml.len() as u64 + 16 * 1024,
            "{held} bytes for {}…",
            &xml[..60]
        );
    }
}

#[test]
fn nothing_is_taken_for_a_length_that_is_only_claimed() {
    let limits = Limits::default()
        .document_bytes(usize::MAX)
        .depth(usize::MAX)
        .values(usize::MAX)
        .members(usize::MAX)
        .string_bytes(usize::MAX)
        .name_bytes(usize::MAX)
        .reread_bytes(usize::MAX)
        .attributes(usize::MAX);
    let decoder = Decoder::new().limits(limits);
    for xml in [
        "<value length='18446744073709551615'><string size='9999999999'>a</string></value>",
        "<value><array size='9223372036854775807'><data count='4294967296'/></array></value>",
        "<value><struct members='4294967296'></struct></value>",
    ] {
        assert!(decoder.value::<Value>(xml.as_bytes()).is_ok());
        assert!(held(xml.as_bytes(), &decoder) < 4 * 1024);
    }
}

#[test]
fn a_refusal_for_depth_comes_before_the_rest_is_read() {
    let xml = format!("{}\u{1}", "<value><array><data>".repeat(200));
    let error = from_slice::<Value>(xml.as_bytes()).unwrap_err();
    assert_eq!(error.position().unwrap().offset(), 128 * 20);
    let call = format!("<methodCall><methodName>m</methodName><params><param>{xml}");
    let error = MethodCall::<Vec<Value>>::from_slice(call.as_bytes()).unwrap_err();
    assert_eq!(error.limit_name(), Some(LimitName::Depth));
}
