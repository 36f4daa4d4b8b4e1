//! Strings and bytes, byte order, JSON, compression: what the slides print, to the letter.

use crate::support::{run, run_python};

#[test]
fn byte_order_prints_what_the_slide_prints() {
    let slide = r"0x4d2
b'\xd2\x04\x00\x00'
b'\x00\x00\x04\xd2'
b'\x00\x00\x04\xd2'
(1234,)
(1234,)
";
    assert_eq!(run(&["byte-order"]).text(), slide);
    assert_eq!(run(&["byte-order", "1234", "--with", "byteorder"]).text(), slide);
}

#[test]
fn byte_order_agrees_with_python() {
    for number in ["0", "-1", "39", "92", "2147483647", "-2147483648"] {
        let script = format!(
            "from struct import *; n={number}; print(hex(n)); print(pack('<i',n)); print(pack('>i',n)); print(pack('!i',n)); print(unpack('>i',pack('>i',n))); print(unpack('!i',pack('!i',n)))"
        );
        if let Some(printed) = run_python(&script) {
            assert_eq!(run(&["byte-order", number]).text(), printed);
        }
    }
}

#[test]
fn text_shows_lengths_and_wrong_decodes() {
    let shown = run(&["text", "é😀"]).text();
    for line in [
        "characters              2",
        "bytes in UTF-8          6",
        "bytes in UTF-16         6",
        r"encoded as UTF-8        b'\xc3\xa9\xf0\x9f\x98\x80'",
        r"decoded as ISO-8859-1   'Ã©ð\x9f\x98\x80'",
        "encoded as ISO-8859-1   impossible: it has no '😀'",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in\n{shown}");
    }
    let shown = run(&["text", "é"]).text();
    assert!(
        shown.contains("that decoded as UTF-8   impossible: the character at index 0 is unfinished\n"),
        "{shown}"
    );
}

#[test]
fn json_prints_what_the_slide_prints() {
    let slide = r#"["a\u00e9\u00e7\u00e8\u00e0", 1234, [2, 3, 4, 5, 6]]
['aéçèà', 1234, [2, 3, 4, 5, 6]]
this data does not seem serializable with JSON
"#;
    assert_eq!(run(&["json"]).text(), slide);
}

#[test]
fn json_agrees_with_python() {
    let texts = [
        r#"{"a": [1.5, 1e22, -0.0, 1e-7, null, true, false], "b": {}, "c": []}"#,
        r#""quotes \" ' \\ / and \b\f\n\r\t\u0000\u007f \ud83d\ude00 €""#,
        r#"[18446744073709551615, -9223372036854775808, 0]"#,
        r#""it's""#,
    ];
    for text in texts {
        let script =
            format!("import json; v = json.loads(r'''{text}'''); print(json.dumps(v)); print(repr(v))");
        if let Some(printed) = run_python(&script) {
            assert_eq!(run(&["json", text]).text(), printed, "{text}");
        }
    }
}

#[test]
fn json_that_is_none_is_refused() {
    let deep = "[".repeat(100_000);
    for text in ["", "[", "{\"a\"}", "[1,]", "nul", r#""\ud800""#, "1e999", &deep] {
        assert!(
            run(&["json", text])
                .refusal()
                .starts_with("reading the JSON text: "),
            "{text:.20}"
        );
    }
}

#[test]
fn compression_gives_the_78_bytes_of_the_slide() {
    let printed = run(&["compress"]).text();
    let lines: Vec<_> = printed.lines().collect();
    // The slide's print lost two characters, the `e` of `\xec` and a backslash.
    let data = r"b'x\x9c\x15\xc9\xd1\t\xc0 \x0c\x05\xc0U\xde*\x1d%\xd5\xa0\x015%\x89J\xb7\xaf\xfd;\xb8\x0b\x8b\xedE\xd3Q\x10\xec\x01\x0f\x93\xdf\n^\xd4&\x05#i\x7f\x8c\xddE\x07hdT\xdd\xe83UH@N\xe9b\xc7}fK\x8e\x8a\xe9T\xf8\x03\xad\\!\x05'";
    let text = "b'A very long test string to evaluate compression and how much it improves bandwidth usage'";
    assert_eq!(lines, ["88", data, "78", text]);
}

#[test]
fn compression_agrees_with_python() {
    let long = "0123456789 the same again and again ".repeat(500);
    for text in ["", "a", "aéçèà", &long] {
        let script = format!(
            "import zlib; d = '{text}'.encode(); c = zlib.compress(d); print(len(d)); print(c); print(len(c)); print(d)"
        );
        if let Some(printed) = run_python(&script) {
            assert_eq!(run(&["compress", text]).text(), printed);
        }
    }
}

#[test]
fn decompression_stops_at_the_limit_and_refuses_garbage() {
    // "aaaaaaaaaa" compressed.
    let data = "789c4b4c84010014e103cb";
    assert_eq!(run(&["compress", "--inflate", data]).text(), "b'aaaaaaaaaa'\n");
    assert_eq!(
        run(&["compress", "--inflate", data, "--limit", "10"]).text(),
        "b'aaaaaaaaaa'\n"
    );
    let refusal = run(&["compress", "--inflate", data, "--limit", "9"]).refusal();
    assert_eq!(refusal, "the data expands to more than the limit of 9 bytes");
    for garbage in [
        "",
        "00",
        "789c",
        "789c00",
        "ffffffffffff",
        &data[..data.len() - 2],
        &data.replace("cb", "cc"),
    ] {
        assert!(
            run(&["compress", "--inflate", garbage])
                .refusal()
                .starts_with("decompressing"),
            "{garbage}"
        );
    }
    let refusal = run(&["compress", "--inflate", &format!("{data}00")]).refusal();
    assert_eq!(refusal, "1 bytes follow the end of the compressed data");
}
