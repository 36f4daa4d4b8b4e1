//! Documents and other bodies as they are shown.

use proptest::prelude::*;
use xmlrpc_core::{Dialect, Encoder, Encoding, MethodCall, MethodResponse, Pretty, Printable, Value, value};

use crate::properties::cases;

fn pretty(body: impl AsRef<[u8]>) -> String {
    Pretty::new(body.as_ref()).to_string()
}

#[test]
fn elements_stand_on_lines_of_their_own_and_wrappers_with_what_they_wrap() {
    let call = MethodCall::new(
        "a.b",
        (1, value!({ "n": "x y", "list": [true, {}, []] }), "", value!(nil)),
    );
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<methodCall>
  <methodName>a.b</methodName>
  <params>
    <param><value><int>1</int></value></param>
    <param><value><struct>
      <member>
        <name>n</name>
        <value><string>x y</string></value>
      </member>
      <member>
        <name>list</name>
        <value><array><data>
          <value><boolean>1</boolean></value>
          <value><struct></struct></value>
          <value><array><data></data></array></value>
        </data></array></value>
      </member>
    </struct></value></param>
    <param><value><string></string></value></param>
    <param><value><nil/></value></param>
  </params>
</methodCall>"#;
    assert_eq!(pretty(call.unwrap().to_vec().unwrap()), expected);
}

#[test]
fn layout_of_another_writer_is_replaced_and_texts_stay() {
    let xml = "<?xml version='1.0'?>\n<!-- a -->\n<methodResponse >\n<fault>\n\n<value>\t<struct>\r\n\
               <member><name> n </name><value>  two\n lines &amp; <![CDATA[<b>]]> </value></member>\
               <member>\n<name>s</name>\n<value><string>  </string></value></member>\
               <member><name>c</name><value><!-- big --><ex:i8>1</ex:i8></value></member>\
               </struct></value></fault></methodResponse>\n";
    let expected = "<?xml version='1.0'?>
<!-- a -->
<methodResponse >
  <fault><value><struct>
    <member>
      <name> n </name>
      <value>  two\n lines &amp; <![CDATA[<b>]]> </value>
    </member>
    <member>
      <name>s</name>
      <value><string>  </string></value>
    </member>
    <member>
      <name>c</name>
      <value><!-- big --><ex:i8>1</ex:i8></value>
    </member>
  </struct></value></fault>
</methodResponse>";
    assert_eq!(pretty(xml), expected);
}

#[test]
fn documents_are_decoded_from_their_encoding() {
    let latin1 = Encoder::new().dialect(Dialect::default().encoding(Encoding::ISO_8859_1));
    let xml = latin1.method_call("m", &("Küche",)).unwrap();
    assert!(pretty(&xml).contains("<string>Küche</string>"));
    let bare = b"<value>K\xFCche</value>";
    let shown = Pretty::new(bare).charset("iso-8859-1").to_string();
    assert_eq!(shown, "<value>Küche</value>");
    // Without a name for its encoding it is none of UTF-8.
    assert_eq!(pretty(bare), r"<value>K\xFCche</value>");
    assert_eq!(
        Pretty::new(bare).charset("x-klingon").to_string(),
        r"<value>K\xFCche</value>"
    );
}

#[test]
fn what_is_no_document_is_shown_as_it_is() {
    for (body, expected) in [
        (&b""[..], ""),
        (b"  not found\n", "  not found\n"),
        (b"<html><p>No</p></html>", "<html><p>No</p></html>"),
        (b"<!DOCTYPE html>\r\n<html>", "<!DOCTYPE html>\n<html>"),
        (b"{\"a\": 1}", "{\"a\": 1}"),
        (b"\x1F\x8B\x08\0\xFF", r"\u{1f}\x8B\u{8}\u{0}\xFF"),
        (b"</methodCall>", "</methodCall>"),
        (b"&amp;<value/>", "&amp;<value/>"),
    ] {
        assert_eq!(pretty(body), expected);
    }
}

#[test]
fn broken_documents_are_shown_to_their_end() {
    for (body, expected) in [
        ("<methodCall><methodName>a", "<methodCall>\n  <methodName>a"),
        (
            "<value></value></value></x></value>",
            "<value></value>\n</value>\n</x>\n</value>",
        ),
        ("<value a='>'>x</value", "<value a='>'>x</value"),
        ("<value><!-- never", "<value><!-- never"),
        (
            "<value><int>1</int><int>2</int></value>",
            "<value><int>1</int>\n<int>2</int></value>",
        ),
        ("<value/>garbage", "<value/>garbage"),
        ("<params/><", "<params/><"),
    ] {
        assert_eq!(pretty(body), expected, "{body}");
    }
}

#[test]
fn nothing_that_steers_a_terminal_is_shown() {
    let text = "a\u{1b}[2J\u{9b}31m\u{7f}\r\u{202e}é\t\n\u{2069}\u{2028}\u{2029}\u{200b}";
    let expected = "a\\u{1b}[2J\\u{9b}31m\\u{7f}\\r\\u{202e}é\t\n\\u{2069}\\u{2028}\\u{2029}\\u{200b}";
    assert_eq!(Printable(text).to_string(), expected);
    assert_eq!(pretty(text), expected);
    assert_eq!(
        pretty(format!("<value>{text}</value>")),
        format!("<value>{expected}</value>")
    );
}

#[test]
fn long_bodies_are_cut_and_say_how_much() {
    let xml = MethodResponse::Success("é".repeat(200)).to_vec().unwrap();
    let shown = Pretty::new(&xml).limit(150).to_string();
    let (kept, note) = shown.rsplit_once('\n').unwrap();
    assert!(
        (148..=150).contains(&kept.len()) && kept.ends_with('é'),
        "{shown}"
    );
    let shown_of_text = kept.chars().filter(|&c| c == 'é').count();
    let hidden = 2 * (200 - shown_of_text) + "</string></value></param></params></methodResponse>".len();
    assert_eq!(note, format!("[{hidden} of {} bytes are not shown]", xml.len()));

    let all = Pretty::new(&xml).to_string();
    assert_eq!(Pretty::new(&xml).limit(all.len()).to_string(), all);
    assert_eq!(
        Pretty::new(b"\x07\x07").limit(5).to_string(),
        "\\u{7}\n[1 of 2 bytes are not shown]"
    );
    assert_eq!(
        Pretty::new(b"\xFF\xFF").limit(7).to_string(),
        "\\xFF\n[1 of 2 bytes are not shown]"
    );
    assert_eq!(
        Pretty::new(b"<params><param>").limit(9).to_string(),
        "<params>\n[7 of 15 bytes are not shown]"
    );
}

#[test]
fn depth_costs_no_more_than_its_bytes() {
    let deep = "<struct><member>".repeat(100_000);
    let body = format!("<value>{deep}");
    let shown = Pretty::new(body.as_bytes()).limit(usize::MAX).to_string();
    assert!(shown.len() < body.len() * 12, "{}", shown.len());
    assert!(pretty(&body).len() < Pretty::LIMIT + 100);
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_body_is_shown_within_the_limit_and_without_control_characters(
        body in prop::collection::vec(
            prop_oneof![
                Just("<value>".to_owned()), Just("</value>".to_owned()), Just("<data>".to_owned()), Just("<![CDATA[".to_owned()),
                Just("]]>".to_owned()), Just("<!--".to_owned()), Just("-->".to_owned()), Just("<a b='".to_owned()), Just("/>".to_owned()),
                Just("<?x".to_owned()), Just("\u{1b}".to_owned()), Just(" ".to_owned()), ".{0,9}"
            ],
            0..40,
        ),
        limit in 0_usize..400,
        cut in 0_usize..200,
    ) {
        let body = body.concat().into_bytes();
        let body = &body[..body.len().saturating_sub(cut)];
        let shown = Pretty::new(body).limit(limit).to_string();
        prop_assert!(shown.len() <= limit + 60);
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        // All of it is there where there is room for it, white space aside.
        let whole = Pretty::new(body).limit(usize::MAX).to_string();
        prop_assert!(!whole.contains("bytes are not shown"));
        if let Ok(text) = std::str::from_utf8(body) {
            let bare = |text: &str| text.replace([' ', '\n', '\t', '\u{FEFF}'], "").replace("\\r", "");
            prop_assert_eq!(bare(&whole), bare(&Printable(text).to_string()));
        }
    }

    #[test]
    fn a_document_means_the_same_when_it_is_laid_out(texts in prop::collection::vec("[ a-z\n&<]{0,6}", 0..6)) {
        let value = value!({ "list": [(texts.clone()), [(texts)]], "n": -1.5 });
        let xml = MethodResponse::Success(value.clone()).to_vec().unwrap();
        let shown = pretty(&xml);
        prop_assert_eq!(MethodResponse::<Value>::from_slice(shown.as_bytes()).unwrap().into_result().unwrap(), value);
    }
}
