//! Encodings, in and out, and what offsets in errors count.

use xmlrpc_core::{Category, Decoder, Dialect, Encoder, Encoding, Error, MethodCall, Value, from_slice};

fn declared(encoding: &str, text: &[u8]) -> Vec<u8> {
    let declaration = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>");
    [declaration.as_bytes(), b"<value>", text, b"</value>"].concat()
}

fn utf_16(text: &str, big: bool) -> Vec<u8> {
    let unit = |unit: u16| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(unit).collect()
}

fn read(xml: &[u8]) -> Result<String, Error> {
    from_slice(xml)
}

fn read_as(charset: &str, xml: &[u8]) -> Result<String, Error> {
    Decoder::new().charset(charset).value(xml)
}

#[test]
fn declared_encodings_are_read() {
    for (encoding, bytes, text) in [
        ("UTF-8", "ä€😀".as_bytes(), "ä€😀"),
        ("utf-8", "ä".as_bytes(), "ä"),
        ("ISO-8859-1", b"\xE4\xFF", "äÿ"),
        ("latin1", b"\xE4", "ä"),
        ("ISO-8859-1", b"\x80\x9F", "€Ÿ"),
        ("ISO-8859-15", b"\xA4", "€"),
        ("windows-1252", b"\x80", "€"),
        ("windows-1251", b"\xE6", "ж"),
        ("KOI8-R", b"\xD6", "ж"),
        ("Shift_JIS", b"\x82\xA0", "あ"),
        ("GBK", b"\xC4\xE3", "你"),
        ("EUC-JP", b"\xA4\xA2", "あ"),
        ("Big5", b"\xA7\x41", "你"),
        ("US-ASCII", b"abc", "abc"),
        ("ascii", b"a", "a"),
    ] {
        assert_eq!(read(&declared(encoding, bytes)).unwrap(), text, "{encoding}");
        assert_eq!(
            read_as(encoding, &[b"<value>", bytes, b"</value>"].concat()).unwrap(),
            text,
            "{encoding}"
        );
    }
}

#[test]
fn the_declaration_is_found_in_any_layout() {
    for front in [
        "<?xml version='1.0' encoding='koi8-r'?>",
        "<?xml version='1.0'\n encoding = 'koi8-r' ?>",
        "\n <?xml version=\"1.0\" encoding=\"KOI8-R\" standalone='yes'?>\n",
        "<?xml\tversion='1.0' encoding='koi8-r'?><?xml-stylesheet encoding='utf-8'?>",
        &format!("<?xml version='1.0'{}encoding='koi8-r'?>", " ".repeat(1000)),
    ] {
        let xml = [front.as_bytes(), b"<value>\xD6</value>"].concat();
        assert_eq!(read(&xml).unwrap(), "ж", "{front}");
    }
}

#[test]
fn what_is_no_declaration_names_no_encoding() {
    for front in [
        "<?xml-stylesheet encoding='koi8-r'?>",
        "<?xmlencoding='koi8-r'?>",
        "<!-- <?xml encoding='koi8-r'?> -->",
        "<?xml version='1.0'?><!-- encoding='koi8-r' ?>-->",
        "",
    ] {
        let xml = [front.as_bytes(), "<value>ж</value>".as_bytes()].concat();
        assert_ne!(read(&xml).ok().as_deref(), Some("п╤"), "{front}");
    }
}

#[test]
fn a_byte_order_mark_goes_before_the_charset_and_that_before_the_declaration() {
    let koi8 = declared("koi8-r", b"\xD6");
    assert_eq!(read(&koi8).unwrap(), "ж");
    assert_eq!(read_as("iso-8859-1", &koi8).unwrap(), "Ö");
    assert_eq!(read_as("", &koi8).unwrap(), "ж");
    let marked = [b"\xEF\xBB\xBF", &declared("koi8-r", "ж".as_bytes())[..]].concat();
    assert_eq!(read(&marked).unwrap(), "ж");
    assert_eq!(read_as("iso-8859-1", &marked).unwrap(), "ж");
    let marked = [
        b"\xFF\xFE",
        &utf_16("<?xml version='1.0' encoding='utf-8'?><value>ж</value>", false)[..],
    ]
    .concat();
    assert_eq!(read_as("koi8-r", &marked).unwrap(), "ж");
}

#[test]
fn utf_16_is_read_in_both_orders_with_and_without_its_mark() {
    for front in [
        "",
        "<?xml version='1.0'?>",
        "<?xml version='1.0' encoding='UTF-16'?>",
        "<!-- 😀 -->",
    ] {
        let text = format!("{front}<value>aж😀</value>");
        for big in [true, false] {
            let bytes = utf_16(&text, big);
            assert_eq!(read(&bytes).unwrap(), "aж😀", "{front}");
            let mark: &[u8] = if big { b"\xFE\xFF" } else { b"\xFF\xFE" };
            assert_eq!(read(&[mark, &bytes].concat()).unwrap(), "aж😀", "{front}");
            assert_eq!(
                read_as("UTF-16", &[mark, &bytes].concat()).unwrap(),
                "aж😀",
                "{front}"
            );
        }
    }
}

#[test]
fn bytes_that_are_not_in_the_encoding_are_refused() {
    for (encoding, bytes) in [
        ("UTF-8", &b"\xE4x"[..]),
        ("UTF-8", b"\xC0\x80"),
        ("UTF-8", b"\xED\xA0\x80"),
        ("UTF-8", b"\xF4\x90\x80\x80"),
        ("US-ASCII", b"\xE4"),
        ("US-ASCII", "ä".as_bytes()),
        ("Shift_JIS", b"\x82\xFF"),
        ("EUC-JP", b"\xA4x"),
        ("windows-1253", b"\xD2"),
    ] {
        let error = read(&declared(encoding, bytes)).unwrap_err();
        assert_eq!(
            error.category(),
            Category::Encoding,
            "{encoding} {bytes:X?}: {error}"
        );
        assert!(error.to_string().starts_with("bytes that are not "), "{error}");
    }
}

#[test]
fn a_lone_surrogate_in_utf_16_is_refused() {
    for half in [0xD83D_u16, 0xDE00] {
        let mut bytes = utf_16("<value>", true);
        bytes.extend_from_slice(&half.to_be_bytes());
        bytes.extend_from_slice(&utf_16("</value>", true));
        assert_eq!(read(&bytes).unwrap_err().category(), Category::Encoding);
    }
}

#[test]
fn encodings_that_nobody_knows_are_refused_by_name() {
    for name in ["klingon", "UTF-7", "UTF-32", "hz-gb-2312", "ISO-8859-1x"] {
        let error = read(&declared(name, b"a")).unwrap_err();
        assert_eq!(error.category(), Category::Encoding);
        assert_eq!(error.to_string(), format!("unknown encoding {name:?}"));
        assert_eq!(
            read_as(name, b"<value/>").unwrap_err().to_string(),
            error.to_string()
        );
    }
}

#[test]
fn utf_16_named_for_bytes_of_eight_bits_contradicts_them() {
    for error in [
        read(&declared("UTF-16", b"a")).unwrap_err(),
        read_as("utf-16", b"<value/>").unwrap_err(),
    ] {
        assert_eq!(error.category(), Category::Encoding);
        assert_eq!(
            error.to_string(),
            "bytes that are not UTF-16, which is the encoding named for them"
        );
    }
}

#[test]
fn a_document_cut_inside_a_character_ends_too_early() {
    let xml = "<value>ä€😀</value>".as_bytes();
    for end in 7..xml.len() {
        let error = read(&xml[..end]).unwrap_err();
        assert_eq!(error.category(), Category::Syntax, "{end}: {error}");
        assert!(error.position().unwrap().offset() <= end);
    }
    for big in [true, false] {
        let xml = utf_16("<value>ä€😀</value>", big);
        for end in 0..xml.len() {
            assert_eq!(
                read(&xml[..end]).unwrap_err().category(),
                Category::Syntax,
                "{end}"
            );
        }
    }
}

#[test]
fn encodings_do_not_smuggle_a_doctype() {
    let text = "<!DOCTYPE a [<!ENTITY b 'c'>]><value>&b;</value>";
    let marked = [b"\xFE\xFF", &utf_16(text, true)[..]].concat();
    for xml in [
        text.as_bytes().to_vec(),
        utf_16(text, false),
        utf_16(text, true),
        marked,
    ] {
        assert_eq!(
            read(&xml).unwrap_err().to_string().split(" at ").next(),
            Some("a DOCTYPE is refused")
        );
    }
}

/// Where the refusal of a document points, and whether it counts decoded bytes.
fn place(outcome: Result<String, Error>) -> (usize, usize, usize, bool) {
    let error = outcome.unwrap_err();
    let place = error.position().unwrap();
    let unit = if place.is_decoded() {
        "(decoded byte "
    } else {
        "(byte "
    };
    assert!(
        error.to_string().ends_with(&format!("{unit}{})", place.offset())),
        "{error}"
    );
    (place.offset(), place.line(), place.column(), place.is_decoded())
}

#[test]
fn offsets_count_the_bytes_that_came_in_utf_8_and_decoded_ones_otherwise() {
    let wrong = "<value>ä€\n<b/></value>";
    assert_eq!(place(read(wrong.as_bytes())), (7, 1, 8, false));
    let wrong = "<!-- ä€ -->\n<value><b/></value>";
    assert_eq!(place(read(wrong.as_bytes())), (22, 2, 8, false));
    let marked = [b"\xEF\xBB\xBF", wrong.as_bytes()].concat();
    assert_eq!(place(read(&marked)), (25, 2, 8, false));
    assert_eq!(place(read(&utf_16(wrong, true))), (22, 2, 8, true));
    assert_eq!(
        place(read(&[b"\xFF\xFE", &utf_16(wrong, false)[..]].concat())),
        (22, 2, 8, true)
    );
    assert_eq!(
        place(read_as("windows-1252", b"<!-- \xE4\x80 -->\n<value><b/></value>")),
        (22, 2, 8, true)
    );
    assert_eq!(place(read_as("utf-8", wrong.as_bytes())), (22, 2, 8, false));
}

#[test]
fn offsets_of_wrong_bytes_are_those_of_the_bytes() {
    assert_eq!(place(read(b"<value>\xC3\xA4\n\xFF</value>")), (10, 2, 1, false));
    assert_eq!(place(read(b"\xEF\xBB\xBF<value>\x01</value>")), (10, 1, 8, false));
    assert_eq!(
        place(read_as("us-ascii", b"<value>\xE4</value>")),
        (7, 1, 8, true)
    );
}

fn in_encoding(encoding: Encoding) -> Encoder {
    Encoder::new().dialect(Dialect::default().encoding(encoding))
}

#[test]
fn what_an_encoding_lacks_is_written_as_a_reference() {
    let text = "aä€ж😀\u{85}\r";
    for (encoding, bytes) in [
        (Encoding::UTF_8, "aä€ж😀\u{85}&#13;".as_bytes()),
        (Encoding::US_ASCII, b"a&#228;&#8364;&#1078;&#128512;&#133;&#13;"),
        (Encoding::ISO_8859_1, b"a\xE4&#8364;&#1078;&#128512;&#133;&#13;"),
        (
            Encoding::for_label("windows-1252").unwrap(),
            b"a\xE4\x80&#1078;&#128512;&#133;&#13;",
        ),
        (
            Encoding::for_label("iso-8859-15").unwrap(),
            b"a\xE4\xA4&#1078;&#128512;&#133;&#13;",
        ),
        (
            Encoding::for_label("koi8-r").unwrap(),
            b"a&#228;&#8364;\xD6&#128512;&#133;&#13;",
        ),
    ] {
        let xml = in_encoding(encoding).value(text).unwrap();
        assert_eq!(
            xml,
            [b"<value><string>", bytes, b"</string></value>"].concat(),
            "{encoding:?}"
        );
        assert_eq!(read_as(encoding.name(), &xml).unwrap(), text);
    }
}

#[test]
fn every_encoding_that_can_be_written_is_read_back() {
    let text: String = ('\u{1}'..='\u{24FF}')
        .chain([
            '\u{2FFF}', '\u{E000}', '\u{F7FF}', '\u{F780}', '\u{FEFF}', '\u{FFFD}', '😀',
        ])
        .filter(|c| *c >= ' ' || *c == '\t' || *c == '\n' || *c == '\r')
        .collect();
    let value = Value::Struct([(text.clone(), text.clone())].into());
    for label in [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-9",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "x-mac-cyrillic",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "ibm866",
        "x-user-defined",
    ] {
        let encoding = Encoding::for_label(label).unwrap();
        let xml = in_encoding(encoding)
            .method_call(&text.trim()[..40], &(&value,))
            .unwrap();
        let call: MethodCall<(Value,)> = MethodCall::from_slice(&xml).unwrap();
        assert!(call.params.0 == value, "{label}");
        assert_eq!(call.method, text.trim()[..40], "{label}");
    }
}

#[test]
fn encodings_of_several_bytes_a_character_are_not_written() {
    for label in [
        "utf-16",
        "utf-16le",
        "shift_jis",
        "gbk",
        "gb18030",
        "euc-jp",
        "big5",
        "iso-2022-jp",
        "euc-kr",
        "x",
        "",
    ] {
        assert_eq!(Encoding::for_label(label), None, "{label}");
    }
    for (label, name) in [
        ("UTF8", "UTF-8"),
        ("ASCII", "US-ASCII"),
        ("Latin1", "ISO-8859-1"),
        (" cp1252 ", "windows-1252"),
    ] {
        assert_eq!(Encoding::for_label(label).unwrap().name(), name);
    }
}

#[test]
fn transcoded_documents_lend_no_text() {
    let latin = declared("iso-8859-1", b"\xE4");
    assert_eq!(from_slice::<String>(&latin).unwrap(), "ä");
    assert_eq!(from_slice::<std::borrow::Cow<'_, str>>(&latin).unwrap(), "ä");
    assert_eq!(from_slice::<&str>(&latin).unwrap_err().category(), Category::Data);
    assert_eq!(from_slice::<&str>("<value>ä</value>".as_bytes()).unwrap(), "ä");
}
