//! What errors say: the words, the place, the path, what was expected and found, and never much of the document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xmlrpc_core::Category::{Data, Encoding, Protocol, Syntax};
use xmlrpc_core::{
    Category, Decoder, Dialect, Encoder, Error, Fault, MethodCall, MethodResponse, Reading, Value,
    from_slice, from_value, to_value, to_vec, value,
};

/// Documents that should be one bare value, and what is said about them.
const VALUES: [(&str, Category, &str); 89] = [
    (
        "",
        Syntax,
        "expected <value>, found the end of the document at line 1, column 1 (byte 0)",
    ),
    (
        " ",
        Syntax,
        "expected <value>, found the end of the document at line 1, column 2 (byte 1)",
    ),
    (
        "x",
        Protocol,
        "expected <value>, found text \"x\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 7 (byte 6)",
    ),
    (
        "<value>",
        Syntax,
        "expected a type, found the end of the document at line 1, column 8 (byte 7)",
    ),
    (
        "<value>a",
        Syntax,
        "expected a type, found the end of the document at line 1, column 9 (byte 8)",
    ),
    (
        "<value><int>",
        Syntax,
        "expected text and </int>, found the end of the document at line 1, column 13 (byte 12)",
    ),
    (
        "<value><int>1",
        Syntax,
        "expected text and </int>, found the end of the document at line 1, column 14 (byte 13)",
    ),
    (
        "<value><int>1</int>",
        Syntax,
        "expected </value>, found the end of the document at line 1, column 20 (byte 19)",
    ),
    (
        "<value><int>1</int></value>x",
        Syntax,
        "expected the end of the document, found text \"x\" at line 1, column 28 (byte 27)",
    ),
    (
        "<value/><value/>",
        Syntax,
        "expected the end of the document, found <value> at line 1, column 9 (byte 8)",
    ),
    (
        "<value></int>",
        Syntax,
        "expected a type, found </int> at line 1, column 8 (byte 7)",
    ),
    (
        "<value><int></value>",
        Syntax,
        "expected text and </int>, found </value> at line 1, column 13 (byte 12)",
    ),
    (
        "<value><int>1</i4></value>",
        Syntax,
        "expected text and </int>, found </i4> at line 1, column 14 (byte 13)",
    ),
    (
        "<value>\n\n  <int>1<b/></int></value>",
        Protocol,
        "expected text and </int>, found <b/> at line 3, column 9 (byte 17)",
    ),
    (
        "<value>a<int>1</int></value>",
        Protocol,
        "expected a type alone in <value>, found text \"a\" at line 1, column 8 (byte 7)",
    ),
    (
        "<value><int>1</int>a</value>",
        Protocol,
        "expected </value>, found text \"a\" at line 1, column 20 (byte 19)",
    ),
    (
        "<value><foo/></value>",
        Protocol,
        "expected a type, found <foo/> at line 1, column 8 (byte 7)",
    ),
    (
        "<value><ex:foo/></value>",
        Protocol,
        "expected a type, found <ex:foo/> at line 1, column 8 (byte 7)",
    ),
    (
        "<value><y:i8>1</y:i8></value>",
        Protocol,
        "expected a type, found <y:i8> at line 1, column 8 (byte 7)",
    ),
    (
        "<int>1</int>",
        Protocol,
        "expected <value>, found <int> at line 1, column 1 (byte 0)",
    ),
    (
        "<!DOCTYPE a><value/>",
        Syntax,
        "a DOCTYPE is refused at line 1, column 1 (byte 0)",
    ),
    (
        "<value>&nbsp;</value>",
        Syntax,
        "undefined entity \"nbsp\" at line 1, column 8 (byte 7)",
    ),
    (
        "<value>&</value>",
        Syntax,
        "`&` that begins no reference at line 1, column 8 (byte 7)",
    ),
    (
        "<value>&#0;</value>",
        Syntax,
        "reference \"#0\" is no character of XML at line 1, column 8 (byte 7)",
    ),
    (
        "<value>&#xD800;</value>",
        Syntax,
        "reference \"#xD800\" is no character of XML at line 1, column 8 (byte 7)",
    ),
    (
        "<value>&#x110000;</value>",
        Syntax,
        "reference \"#x110000\" is no character of XML at line 1, column 8 (byte 7)",
    ),
    (
        "<value>\u{1}</value>",
        Syntax,
        "U+0001, which is no character of XML at line 1, column 8 (byte 7)",
    ),
    (
        "<value><!-- a -- b --></value>",
        Syntax,
        "`--` inside of a comment at line 1, column 8 (byte 7)",
    ),
    (
        "<value><?xml version='1.0'?></value>",
        Syntax,
        "an XML declaration that is not at the start of the document at line 1, column 8 (byte 7)",
    ),
    (
        "<value a=1/>",
        Syntax,
        "a tag out of shape at line 1, column 1 (byte 0)",
    ),
    (
        "<value a='1' a='2'/>",
        Syntax,
        "attribute \"a\" twice at line 1, column 1 (byte 0)",
    ),
    (
        "<value a='<'/>",
        Syntax,
        "`<` in the value of an attribute at line 1, column 1 (byte 0)",
    ),
    (
        "<value 1='x'/>",
        Syntax,
        "\"1\" is no name at line 1, column 1 (byte 0)",
    ),
    (
        "<value><![CDATA[a</value>",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 26 (byte 25)",
    ),
    (
        "<value><!ELEMENT></value>",
        Syntax,
        "markup that is no comment and no CDATA section at line 1, column 8 (byte 7)",
    ),
    (
        "<value><?p",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 11 (byte 10)",
    ),
    (
        "<value><!-- x",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 14 (byte 13)",
    ),
    (
        "<value>&am",
        Syntax,
        "expected the end of a reference, found the end of the document at line 1, column 11 (byte 10)",
    ),
    (
        "<value></ value>",
        Syntax,
        "\" value\" is no name at line 1, column 8 (byte 7)",
    ),
    (
        "<value><array></array",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 22 (byte 21)",
    ),
    (
        "<value><array><int/></array></value>",
        Protocol,
        "expected <data>, found <int/> at line 1, column 15 (byte 14)",
    ),
    (
        "<value><array><data><int/></data></array></value>",
        Protocol,
        "expected <value> or </data>, found <int/> at line 1, column 21 (byte 20)",
    ),
    (
        "<value><array><data></data><data/></array></value>",
        Protocol,
        "expected </array>, found <data/> at line 1, column 28 (byte 27)",
    ),
    (
        "<value><array>x<data/></array></value>",
        Protocol,
        "expected <data>, found text \"x\" at line 1, column 15 (byte 14)",
    ),
    (
        "<value><struct><name/></struct></value>",
        Protocol,
        "expected <member> or </struct>, found <name/> at line 1, column 16 (byte 15)",
    ),
    (
        "<value><struct><member/></struct></value>",
        Protocol,
        "a member without name and value at line 1, column 16 (byte 15)",
    ),
    (
        "<value><struct><member></member></struct></value>",
        Protocol,
        "expected <name>, found </member> at line 1, column 24 (byte 23)",
    ),
    (
        "<value><struct><member><name>a</name></member></struct></value>",
        Protocol,
        "expected <value>, found </member> in a at line 1, column 38 (byte 37)",
    ),
    (
        "<value><struct><member><name>a</name><int/></member></struct></value>",
        Protocol,
        "expected <value>, found <int/> in a at line 1, column 38 (byte 37)",
    ),
    (
        "<value><struct><member><name>a</name><value/><value/></member></struct></value>",
        Protocol,
        "expected </member>, found <value/> in a at line 1, column 46 (byte 45)",
    ),
    (
        "<value><struct><member><name>a<b/></name><value/></member></struct></value>",
        Protocol,
        "expected text and </name>, found <b/> at line 1, column 31 (byte 30)",
    ),
    (
        "<value><struct><member><value/></member></struct></value>",
        Protocol,
        "expected <name>, found </member> at line 1, column 32 (byte 31)",
    ),
    (
        "<value><struct>x</struct></value>",
        Protocol,
        "expected <member> or </struct>, found text \"x\" at line 1, column 16 (byte 15)",
    ),
    (
        "<value><int>x</int></value>",
        Data,
        "expected int, found \"x\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><int>9223372036854775808</int></value>",
        Data,
        "expected int, found \"9223372036854775808\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><i8>9223372036854775808</i8></value>",
        Data,
        "expected i8, found \"9223372036854775808\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><i1>128</i1></value>",
        Data,
        "expected i1, found \"128\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><boolean>2</boolean></value>",
        Data,
        "expected boolean, found \"2\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><double>1,5</double></value>",
        Data,
        "expected double, found \"1,5\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><double>1e999</double></value>",
        Data,
        "expected double, found \"1e999\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><dateTime.iso8601>19981317T00:00:00</dateTime.iso8601></value>",
        Data,
        "expected dateTime.iso8601, found \"19981317T00:00:00\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><base64>a*</base64></value>",
        Data,
        "expected base64, found \"a*\" at line 1, column 1 (byte 0)",
    ),
    (
        "<value><nil>x</nil></value>",
        Protocol,
        "expected nothing inside of <nil>, found \"x\" at line 1, column 1 (byte 0)",
    ),
    (
        "<?xml version='2.0'?><value/>",
        Syntax,
        "an XML declaration out of shape at line 1, column 1 (byte 0)",
    ),
    (
        "<?xml encoding='utf-8'?><value/>",
        Syntax,
        "an XML declaration without version at line 1, column 1 (byte 0)",
    ),
    (
        "<?xml version='1.0'?><?xml version='1.0'?><value/>",
        Syntax,
        "an XML declaration that is not at the start of the document at line 1, column 22 (byte 21)",
    ),
    (
        "<?xml version='1.0' encoding='klingon'?><value/>",
        Encoding,
        "unknown encoding \"klingon\"",
    ),
    (
        "<?xml",
        Syntax,
        "expected the end of the XML declaration, found the end of the document at line 1, column 6 (byte 5)",
    ),
    (
        "<?xml version='1.0'",
        Syntax,
        "expected the end of the XML declaration, found the end of the document at line 1, column 20 (byte 19)",
    ),
    (
        "<?xml version='1.0' foo='x'?><value/>",
        Syntax,
        "an XML declaration out of shape at line 1, column 1 (byte 0)",
    ),
    (
        "<?xml version='1.0' encoding='us-ascii'?><value>ä</value>",
        Encoding,
        "bytes that are not US-ASCII at line 1, column 49 (decoded byte 48)",
    ),
    (
        "<value>\u{ffff}",
        Syntax,
        "U+FFFF, which is no character of XML at line 1, column 8 (byte 7)",
    ),
    (
        "<value><array><data><value/><value><struct><member><name>users</name><value><int>x</int></value></member></struct></value></data></array></value>",
        Data,
        "expected int, found \"x\" in [1].users at line 1, column 70 (byte 69)",
    ),
    (
        "<!-->",
        Syntax,
        "a comment that ends too early at line 1, column 1 (byte 0)",
    ),
    (
        "<!--->",
        Syntax,
        "a comment that ends too early at line 1, column 1 (byte 0)",
    ),
    (
        "<![CDATA[>",
        Syntax,
        "text outside of the root element at line 1, column 1 (byte 0)",
    ),
    (
        "<?>",
        Syntax,
        "expected the end of the markup, found the end of the document at line 1, column 4 (byte 3)",
    ),
    (
        "<?x?>",
        Syntax,
        "expected <value>, found the end of the document at line 1, column 6 (byte 5)",
    ),
    ("</>", Syntax, "\"\" is no name at line 1, column 1 (byte 0)"),
    ("<>", Syntax, "\"\" is no name at line 1, column 1 (byte 0)"),
    ("< >", Syntax, "\"\" is no name at line 1, column 1 (byte 0)"),
    ("<//>", Syntax, "\"/\" is no name at line 1, column 1 (byte 0)"),
    ("</ >", Syntax, "\"\" is no name at line 1, column 1 (byte 0)"),
    (
        "<value><></value>",
        Syntax,
        "\"\" is no name at line 1, column 8 (byte 7)",
    ),
    (
        "<value><!--></value>",
        Syntax,
        "a comment that ends too early at line 1, column 8 (byte 7)",
    ),
    (
        "<value></value >x",
        Syntax,
        "expected the end of the document, found text \"x\" at line 1, column 17 (byte 16)",
    ),
    (
        "<value/ >",
        Syntax,
        "\"value/\" is no name at line 1, column 1 (byte 0)",
    ),
    (
        "<value / >",
        Syntax,
        "a tag out of shape at line 1, column 1 (byte 0)",
    ),
];

/// Documents that should be calls.
const CALLS: [(&str, Category, &str); 15] = [
    (
        "<methodCall/>",
        Protocol,
        "expected <methodCall>, found <methodCall/> at line 1, column 1 (byte 0)",
    ),
    (
        "<methodCall></methodCall>",
        Protocol,
        "expected <methodName>, found </methodCall> at line 1, column 13 (byte 12)",
    ),
    (
        "<methodCall><methodName/></methodCall>",
        Protocol,
        "expected <methodName>, found <methodName/> at line 1, column 13 (byte 12)",
    ),
    (
        "<methodCall><methodName> </methodName></methodCall>",
        Protocol,
        "an empty <methodName> at line 1, column 13 (byte 12)",
    ),
    (
        "<methodResponse/>",
        Protocol,
        "expected <methodCall>, found <methodResponse/> at line 1, column 1 (byte 0)",
    ),
    (
        "<methodCall><methodName>m</methodName><params><value/></params></methodCall>",
        Protocol,
        "expected <param> or </params>, found <value/> at line 1, column 47 (byte 46)",
    ),
    (
        "<methodCall><methodName>m</methodName><params><param/></params></methodCall>",
        Protocol,
        "expected <param> or </params>, found <param/> at line 1, column 47 (byte 46)",
    ),
    (
        "<methodCall><methodName>m</methodName><params><param></param></params></methodCall>",
        Protocol,
        "expected <value>, found </param> in params[0] at line 1, column 54 (byte 53)",
    ),
    (
        "<methodCall><methodName>m</methodName><params><param><value/><value/></param></params></methodCall>",
        Protocol,
        "expected </param>, found <value/> in params[0] at line 1, column 62 (byte 61)",
    ),
    (
        "<methodCall><methodName>m</methodName></methodCall><x/>",
        Syntax,
        "expected the end of the document, found <x> at line 1, column 52 (byte 51)",
    ),
    (
        "<methodCall><methodName>m</methodName><fault/></methodCall>",
        Protocol,
        "expected <params>, found <fault/> at line 1, column 39 (byte 38)",
    ),
    (
        "<methodCall><methodName>m</methodName><params></params><params/></methodCall>",
        Protocol,
        "expected </methodCall>, found <params/> at line 1, column 56 (byte 55)",
    ),
    (
        "<methodCall><methodName>m<b/></methodName></methodCall>",
        Protocol,
        "expected text and </methodName>, found <b/> at line 1, column 26 (byte 25)",
    ),
    (
        "<html/>",
        Protocol,
        "expected <methodCall>, found <html/> at line 1, column 1 (byte 0)",
    ),
    (
        "<methodCall><methodName>m</methodName><params><param><value><int>1</int></value></param><param><value><array><data><value><int>q</int></value></data></array></value></param></params></methodCall>",
        Data,
        "expected int, found \"q\" in params[1][0] at line 1, column 116 (byte 115)",
    ),
];

/// Documents that should be responses.
const RESPONSES: [(&str, Category, &str); 13] = [
    (
        "<methodResponse/>",
        Protocol,
        "expected <methodResponse>, found <methodResponse/> at line 1, column 1 (byte 0)",
    ),
    (
        "<methodResponse></methodResponse>",
        Protocol,
        "expected <params> or <fault>, found </methodResponse> at line 1, column 17 (byte 16)",
    ),
    (
        "<methodResponse><params/></methodResponse>",
        Protocol,
        "expected <params> or <fault>, found <params/> at line 1, column 17 (byte 16)",
    ),
    (
        "<methodResponse><params></params></methodResponse>",
        Protocol,
        "expected <param>, found </params> at line 1, column 25 (byte 24)",
    ),
    (
        "<methodResponse><params><param/></params></methodResponse>",
        Protocol,
        "expected <param>, found <param/> at line 1, column 25 (byte 24)",
    ),
    (
        "<methodResponse><params><param><value/></param><param><value/></param></params></methodResponse>",
        Protocol,
        "expected </params>, found <param> at line 1, column 48 (byte 47)",
    ),
    (
        "<methodResponse><params><param><value/></param></params><fault/></methodResponse>",
        Protocol,
        "expected </methodResponse>, found <fault/> at line 1, column 57 (byte 56)",
    ),
    (
        "<methodResponse><fault/></methodResponse>",
        Protocol,
        "expected <params> or <fault>, found <fault/> at line 1, column 17 (byte 16)",
    ),
    (
        "<methodResponse><fault></fault></methodResponse>",
        Protocol,
        "expected <value>, found </fault> in fault at line 1, column 24 (byte 23)",
    ),
    (
        "<methodResponse><fault><value/></fault></methodResponse>",
        Protocol,
        "expected a struct in <fault>, found string in fault at line 1, column 24 (byte 23)",
    ),
    (
        "<methodResponse><fault><value><struct/></value></fault></methodResponse>",
        Protocol,
        "a fault without faultCode and faultString in fault at line 1, column 24 (byte 23)",
    ),
    (
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>x</int></value></member></struct></value></fault></methodResponse>",
        Data,
        "expected int, found \"x\" in fault.faultCode at line 1, column 69 (byte 68)",
    ),
    (
        "<methodCall/>",
        Protocol,
        "expected <methodResponse>, found <methodCall/> at line 1, column 1 (byte 0)",
    ),
];

fn says(case: (&str, Category, &str), outcome: Result<String, Error>) {
    let (xml, category, message) = case;
    let error = outcome.expect_err(xml);
    assert_eq!(
        (error.category(), error.to_string().as_str()),
        (category, message),
        "{xml}"
    );
}

#[test]
fn bare_values_that_are_wrong_are_refused_in_these_words() {
    for case in VALUES {
        says(
            case,
            from_slice::<Value>(case.0.as_bytes()).map(|value| value.to_string()),
        );
    }
}

#[test]
fn what_only_strict_reading_refuses_is_told_with_its_place() {
    for case in [
        (
            "<value><int>2147483648</int></value>",
            Data,
            "expected int, found \"2147483648\" at line 1, column 1 (byte 0)",
        ),
        (
            "<value>]]></value>",
            Syntax,
            "`]]>` in text at line 1, column 8 (byte 7)",
        ),
        (
            "<value><![CDATA[]]>]]></value>",
            Syntax,
            "`]]>` in text at line 1, column 20 (byte 19)",
        ),
    ] {
        let strict = Decoder::new().reading(Reading::strict());
        let outcome = strict.value::<Value>(case.0.as_bytes());
        says(case, outcome.map(|value| value.to_string()));
    }
}

#[test]
fn calls_that_are_wrong_are_refused_in_these_words() {
    for case in CALLS {
        let call = MethodCall::<Vec<Value>>::from_slice(case.0.as_bytes());
        says(case, call.map(|call| format!("{call:?}")));
    }
}

#[test]
fn responses_that_are_wrong_are_refused_in_these_words() {
    for case in RESPONSES {
        let response = MethodResponse::<Value>::from_slice(case.0.as_bytes());
        says(case, response.map(|response| format!("{response:?}")));
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    #[serde(rename = "id")]
    _id: u8,
    #[serde(rename = "role", default)]
    _role: Option<Role>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Admin,
    Guest,
}

fn user(members: &str) -> Error {
    let users =
        format!("<value><array><data><value><struct>{members}</struct></value></data></array></value>");
    let error = from_slice::<Vec<User>>(users.as_bytes()).unwrap_err();
    assert_eq!(error.category(), Data);
    error
}

#[test]
fn a_value_of_another_type_is_told_with_path_and_place() {
    let error = user("<member><name>id</name>\n<value><string>seven</string></value></member>");
    assert_eq!(
        (error.expected(), error.found()),
        (Some("u8"), Some("string \"seven\""))
    );
    assert_eq!(error.path(), "[0].id");
    let place = error.position().unwrap();
    assert_eq!((place.offset(), place.line(), place.column()), (59, 2, 1));
    assert!(!place.is_decoded());
    assert_eq!(error.limit_name(), None);
    assert_eq!(
        error.to_string(),
        "expected u8, found string \"seven\" in [0].id at line 2, column 1 (byte 59)"
    );
    assert_eq!(
        format!("{error:?}"),
        r#"Error { category: Data, message: "expected u8, found string \"seven\" in [0].id at line 2, column 1 (byte 59)" }"#
    );
}

#[test]
fn members_and_variants_are_told_by_name() {
    let member =
        |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    for (members, message) in [
        (String::new(), "missing member `id` in [0] at "),
        (
            member("id", "<int>1</int>") + &member("id", "<int>2</int>"),
            "member `id` twice in [0].id at ",
        ),
        (
            member("age", "<int>1</int>"),
            r#"unknown member "age", expected one of ["id", "role"] in [0].age at "#,
        ),
        (
            member("role", "root"),
            r#"unknown variant "root", expected one of ["admin", "guest"] in [0].role at "#,
        ),
        (
            member("role", "<int>1</int>"),
            "expected a variant: its name, or a struct of one member, found int 1 in [0].role at ",
        ),
        (
            member("id", "<int>256</int>"),
            "expected u8, found int 256 in [0].id at ",
        ),
        (
            member("id", "<int>-1</int>"),
            "expected u8, found int -1 in [0].id at ",
        ),
        (
            member("id", "<i8>-1</i8>"),
            "expected u8, found int -1 in [0].id at ",
        ),
        (
            member("id", "<double>1</double>"),
            "expected u8, found double 1.0 in [0].id at ",
        ),
        (
            member("id", "<double>1e300</double>"),
            "expected u8, found double 1e300 in [0].id at ",
        ),
        (
            member("id", "<boolean>1</boolean>"),
            "expected u8, found boolean 1 in [0].id at ",
        ),
        (member("id", "<nil/>"), "expected u8, found nil in [0].id at "),
        (
            member("id", "<base64>QUJD</base64>"),
            "expected u8, found base64 of 3 bytes in [0].id at ",
        ),
        (
            member("id", "<array><data/></array>"),
            "expected u8, found array in [0].id at ",
        ),
        (
            member("id", "<struct/>"),
            "expected u8, found struct in [0].id at ",
        ),
    ] {
        let text = user(&members).to_string();
        assert!(text.starts_with(message), "{text}\n{message}");
    }
}

#[test]
fn parameters_of_the_wrong_number_or_type_are_told() {
    let xml = MethodCall::new("m", (1, "x", value!([{ "a": [1, true] }])))
        .unwrap()
        .to_vec()
        .unwrap();
    fn told<'x, P: Deserialize<'x>>(xml: &'x [u8]) -> String {
        MethodCall::<P>::from_slice(xml)
            .map(drop)
            .unwrap_err()
            .to_string()
    }
    assert_eq!(told::<(i32,)>(&xml), "expected 1 parameter, found 3");
    assert_eq!(told::<()>(&xml), "expected 0 parameters, found 3");
    assert_eq!(
        told::<(i32, String, Value, Value)>(&xml),
        "expected a tuple of size 4, found 3 of them"
    );
    assert_eq!(
        told::<i32>(&xml),
        "expected parameters as a list, which is `(x,)` for one and `()` for none, found a type that is no list"
    );
    let text = told::<(i32, i32, Value)>(&xml);
    assert!(
        text.starts_with("expected i32, found string \"x\" in params[1] at line 2, column "),
        "{text}"
    );
    let text = told::<(i32, String, Vec<BTreeMap<String, Vec<i32>>>)>(&xml);
    assert!(
        text.starts_with("expected i32, found boolean 1 in params[2][0].a[1] at line 2, "),
        "{text}"
    );
}

#[test]
fn values_in_memory_are_told_without_a_place() {
    let error = from_value::<Vec<Vec<i32>>>(value!([[1], [2, "x"]])).unwrap_err();
    assert_eq!(error.to_string(), "expected i32, found string \"x\" in [1][1]");
    assert_eq!(error.position(), None);
    let error = i32::try_from(Value::from("x")).unwrap_err();
    assert_eq!(error.to_string(), "expected int, found string");
}

/// A value that the default dialect cannot carry, as often as it may stand somewhere.
fn unwritable<T: Serialize>(value: T, message: &str) {
    let error = to_vec(&value).unwrap_err();
    assert_eq!((error.category(), error.to_string().as_str()), (Data, message));
    assert_eq!(error.position(), None);
}

#[test]
fn values_that_cannot_be_written_are_told_by_their_path() {
    unwritable(
        f64::NAN,
        "expected a finite double (see Dialect::non_finite), found NaN",
    );
    unwritable(
        [1.0, f64::NEG_INFINITY],
        "expected a finite double (see Dialect::non_finite), found -inf in [1]",
    );
    unwritable(
        [1, u64::MAX],
        "expected an integer of 64 bits, signed, found 18446744073709551615 in [1]",
    );
    unwritable(
        (1, (true, i128::MIN)),
        "expected an integer of 64 bits, signed, found -170141183460469231731687303715884105728 in [1][1]",
    );
    unwritable(
        ["", "a\0"],
        "U+0000, which XML cannot carry (see Dialect::forbidden_characters) in [1]",
    );
    unwritable(
        value!([1, { "a": 1, "b": [1, 2, { "c": "\u{FFFF}" }] }]),
        "U+FFFF, which XML cannot carry (see Dialect::forbidden_characters) in [1].b[2].c",
    );
    unwritable(
        BTreeMap::from([("a", vec![1.0]), ("b", vec![2.0, f64::NAN])]),
        "expected a finite double (see Dialect::non_finite), found NaN in b[1]",
    );
    // Names are shown as they are written, whatever is in them and however long they are.
    for (name, shown) in [
        ("a<b>&", "a&lt;b&gt;&amp;"),
        ("héllo", "héllo"),
        (
            "a name of more than thirty-two bytes",
            "a name of more than thirty-two bytes",
        ),
    ] {
        unwritable(
            BTreeMap::from([("A", 1.0), (name, f64::NAN)]),
            &format!("expected a finite double (see Dialect::non_finite), found NaN in {shown}"),
        );
    }
    unwritable(
        BTreeMap::from([((1, 2), 3)]),
        "expected a string, number, boolean or unit variant as key of a map, found a tuple",
    );
    let error = to_value(&(1, BTreeMap::from([("x", [1, u64::MAX])]))).unwrap_err();
    assert_eq!(error.path(), "[1].x[1]");
}

#[test]
fn what_the_dialect_lacks_is_told_by_its_path() {
    let spec = Encoder::new().dialect(Dialect::spec());
    for (value, message) in [
        (
            value!([1, nil]),
            "the dialect has no nil (see Dialect::nil) in [1]",
        ),
        (
            value!([1, [2], [3, 5_000_000_000_i64]]),
            "expected an integer of 32 bits (see Dialect::wide_integers), found 5000000000 in [2][1]",
        ),
    ] {
        assert_eq!(spec.value(&value).unwrap_err().to_string(), message);
        let error = spec.method_call("m", &(true, value)).unwrap_err();
        assert!(error.path().starts_with("params[1]["), "{error}");
    }
    assert_eq!(
        spec.method_call("m", &(1, None::<i32>)).unwrap_err().path(),
        "params[1]"
    );
    assert_eq!(
        spec.method_call("m", &(1, u64::MAX)).unwrap_err().path(),
        "params[1]"
    );
    assert_eq!(spec.method_response(&[None::<i32>]).unwrap_err().path(), "[0]");
}

#[test]
fn an_error_of_a_type_of_ones_own_has_path_and_bounded_words() {
    struct Picky;

    impl Serialize for Picky {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("ä".repeat(1_000_000)))
        }
    }

    impl<'de> Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            i32::deserialize(deserializer)?;
            Err(serde::de::Error::custom("ä".repeat(1_000_000)))
        }
    }

    let error = to_vec(&(1, Picky)).unwrap_err();
    assert_eq!(error.path(), "[1]");
    assert!(error.to_string().len() < 300);
    let error = from_slice::<(i32, Picky)>(&to_vec(&[1, 2]).unwrap())
        .map(drop)
        .unwrap_err();
    assert_eq!(error.path(), "[1]");
    assert!(error.to_string().len() < 300);
}

/// The most bytes that an error may show.
const SHORT: usize = 600;

#[test]
fn errors_stay_short_whatever_the_document_holds() {
    for unit in [
        "a",
        "0",
        "9",
        "x",
        " ",
        "\u{10FFFF}",
        "ä",
        "\"",
        "\\",
        "\u{85}",
        "#",
        "#x",
        ";",
        "&",
        "\u{301}",
    ] {
        let bytes = if unit == "0" { 1_000_000 } else { 3_000 };
        let long = unit.repeat(bytes / unit.len());
        for xml in [
            format!("<{long}>"),
            format!("<a{long}/>"),
            format!("</a{long}>"),
            format!("<value>{long}<int>1</int></value>"),
            format!("<value></v{long}>"),
            format!("<value><v{long}/></value>"),
            format!("<value><int></i{long}></value>"),
            format!("<value a{long}='1'/>"),
            format!("<value a{long}/>"),
            format!("<value a='1' a='{long}'/>"),
            format!("<value b{long}='1' b{long}='2'/>"),
            format!("<value a='&{long};'/>"),
            format!("<value a='<{long}'/>"),
            format!("<value>&{long};</value>"),
            format!("<value>&{long}</value>"),
            format!("<value>&#{long};</value>"),
            format!("<value>&#x{long};</value>"),
            format!("<value>&#{}0;</value>", "0".repeat(bytes)),
            format!("<value>&#{}xD800;</value>", "x".repeat(bytes)),
            format!("<value><int>{long}</int></value>"),
            format!("<value><double>{long}</double></value>"),
            format!("<value><double>x{long}</double></value>"),
            format!("<value><boolean>{long}</boolean></value>"),
            format!("<value><dateTime.iso8601>{long}</dateTime.iso8601></value>"),
            format!("<value><base64>*{long}</base64></value>"),
            format!("<value><nil>1{long}</nil></value>"),
            format!("<value/>{long}"),
            format!("<value/>1{long}"),
            format!("<value/><a{long}>"),
            format!("<value/></a{long}>"),
            format!("<?{long}?>"),
            format!("<?xml {long}?><value/>"),
            format!("<?xml version='1.0' encoding='k{long}'?><value/>"),
            format!("<!DOCTYPE {long}>"),
            format!("<!{long}>"),
            format!("<![{long}[x]]>"),
            format!("<value><struct><member><name>{long}</name><int/></member></struct></value>"),
            format!(
                "<value><struct><member><name>{long}</name><value><int>x</int></value></member></struct></value>"
            ),
            format!(
                "<value><struct><member><name>{long}</name><value/></member><member><name>{long}</name><value/></member></struct></value>"
            ),
            format!("<value><struct>{long}</struct></value>"),
        ] {
            for reading in [Reading::default(), Reading::strict()] {
                if let Err(error) = Decoder::new().reading(reading).value::<Value>(xml.as_bytes()) {
                    let (text, front) = (error.to_string(), xml.chars().take(60).collect::<String>());
                    assert!(text.len() < SHORT, "{} bytes for {front}…", text.len());
                    assert!(format!("{error:?}").len() < 2 * SHORT, "{front}…");
                    assert!(error.path().len() < SHORT, "{front}…");
                }
            }
        }
    }
}

#[test]
fn errors_of_types_stay_short_whatever_the_document_holds() {
    let long = "\u{85}".repeat(400_000);
    let told = |outcome: Result<(), Error>| {
        let text = outcome.unwrap_err().to_string();
        assert!(text.len() < SHORT, "{} bytes", text.len());
    };
    let text = format!("<value>{long}</value>");
    told(from_slice::<i32>(text.as_bytes()).map(drop));
    told(from_slice::<char>(text.as_bytes()).map(drop));
    told(from_slice::<Role>(text.as_bytes()).map(drop));
    told(from_slice::<()>(text.as_bytes()).map(drop));
    told(from_slice::<xmlrpc_core::DateTime>(text.as_bytes()).map(drop));
    let named = format!("<value><struct><member><name>{long}</name><value/></member></struct></value>");
    told(from_slice::<User>(named.as_bytes()).map(drop));
    told(from_slice::<Role>(named.as_bytes()).map(drop));
    told(from_slice::<BTreeMap<i32, Value>>(named.as_bytes()).map(drop));
    told(from_slice::<BTreeMap<bool, Value>>(named.as_bytes()).map(drop));
    told(
        Decoder::new()
            .charset(&long)
            .value::<Value>(b"<value/>")
            .map(drop),
    );
}

#[test]
fn every_error_is_one_line() {
    let all = VALUES
        .iter()
        .map(|case| from_slice::<Value>(case.0.as_bytes()).unwrap_err());
    for error in all {
        let text = error.to_string();
        assert!(!text.contains(['\n', '\r']) && !text.ends_with('.'), "{text}");
        assert!(std::error::Error::source(&error).is_none());
    }
}

#[test]
fn a_fault_is_shown_without_what_steers_a_terminal() {
    let fault = Fault::new(4, "no\u{1b}[2J \u{202e}é\nnext");
    assert_eq!(fault.to_string(), "fault 4: no\\u{1b}[2J \\u{202e}é\nnext");
    assert_eq!(fault.string(), "no\u{1b}[2J \u{202e}é\nnext");
}
