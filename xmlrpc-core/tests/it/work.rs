//! Memory that is asked for grows as documents and values do, not faster; reads are counted beside the reader itself.

use allocation_counter::measure;
use serde::Deserialize;
use xmlrpc_core::{
    Base64, Decoder, Dialect, Duplicates, Encoder, Encoding, Forbidden, Limits, MethodCall, Reading, Struct,
    Value, from_value_ref, to_value, value,
};

/// Allocations, and the bytes of all of them, whether they are freed or not.
fn asked_for(run: impl FnOnce()) -> (u64, u64) {
    let info = measure(run);
    (info.count_total, info.bytes_total)
}

/// Runs something for a size and for eight times that size.
fn is_linear<T>(name: &str, make: impl Fn(usize) -> T, run: impl Fn(T)) {
    let of = |size| {
        let made = make(size);
        asked_for(|| run(made))
    };
    let ((count, bytes), (counts, total)) = (of(500), of(4000));
    assert!(
        counts <= 9 * count + 200,
        "{name}: {count} allocations, then {counts}"
    );
    // A vector that grows by doubling may ask for twice as much again.
    assert!(
        total <= 18 * bytes + 20_000,
        "{name}: {bytes} bytes, then {total}"
    );
}

fn array(elements: &str) -> String {
    format!("<value><array><data>{elements}</data></array></value>")
}

fn structure(members: &str) -> String {
    format!("<value><struct>{members}</struct></value>")
}

fn numbered(n: usize, member: impl Fn(usize) -> String) -> String {
    (0..n).map(member).collect()
}

type Make = fn(usize) -> String;

const DOCUMENTS: [(&str, Make); 20] = [
    ("references", |n| format!("<value>{}</value>", "&amp;x".repeat(n))),
    ("comments", |n| {
        format!("<value>{}</value>", "a<!-- -->".repeat(n))
    }),
    ("sections", |n| {
        format!("<value>{}</value>", "a<![CDATA[b]]>".repeat(n))
    }),
    ("carriage returns", |n| {
        format!("<value>{}</value>", "a\r".repeat(n))
    }),
    ("carriage returns in many strings", |n| {
        array(&"<value>a\rb</value>".repeat(n))
    }),
    ("changed strings", |n| array(&"<value>a&amp;b</value>".repeat(n))),
    ("strings", |n| array(&"<value>ab</value>".repeat(n))),
    ("base64", |n| {
        format!("<value><base64>{}</base64></value>", "QUJD\n".repeat(n))
    }),
    ("many base64", |n| {
        array(&"<value><base64>Q U J D</base64></value>".repeat(n))
    }),
    ("attributes", |n| {
        format!("<value {}/>", numbered(n, |i| format!("a{i}='1' ")))
    }),
    ("prefixes", |n| {
        format!("<value {}/>", numbered(n, |i| format!("xmlns:a{i}='1' ")))
    }),
    ("scopes", |n| array(&"<value xmlns:a='x'>1</value>".repeat(n))),
    ("members", |n| {
        structure(&numbered(n, |i| {
            format!("<member><name>{i}</name><value/></member>")
        }))
    }),
    ("members of one name", |n| {
        structure(&"<member><name>a</name><value>x</value></member>".repeat(n))
    }),
    ("members with the value first", |n| {
        structure(&numbered(n, |i| {
            format!("<member><value>x</value><name>{i}</name></member>")
        }))
    }),
    ("long names", |n| {
        structure(&format!(
            "<member><name>{}</name><value/></member>",
            "n&amp;".repeat(n)
        ))
    }),
    ("arrays in arrays", |n| {
        "<value><array><data>".repeat(n) + &"</data></array></value>".repeat(n)
    }),
    ("structs in structs", |n| {
        "<value><struct><member><name>a</name>".repeat(n)
            + "<value/>"
            + &"</member></struct></value>".repeat(n)
    }),
    ("structs that do not end", |n| {
        "<value><struct><member><name>a</name>".repeat(n)
    }),
    ("empty containers", |n| {
        array(&"<value><struct/></value><value><array/></value>".repeat(n))
    }),
];

fn decoders() -> [Decoder; 4] {
    let limits = Limits::default().depth(usize::MAX).attributes(usize::MAX);
    let decoder = Decoder::new().limits(limits);
    [
        decoder.clone(),
        decoder.clone().charset("iso-8859-1"),
        decoder
            .clone()
            .reading(Reading::default().duplicates(Duplicates::Refuse)),
        decoder.reading(
            Reading::default()
                .forbidden_characters(Forbidden::Replace)
                .duplicates(Duplicates::LastWinsBuffered),
        ),
    ]
}

#[test]
fn reading_asks_for_memory_in_proportion_to_the_document() {
    for decoder in decoders() {
        for (name, make) in DOCUMENTS {
            is_linear(name, make, |xml| drop(decoder.value::<Value>(xml.as_bytes())));
        }
    }
}

#[test]
fn typed_reading_asks_for_memory_in_proportion_to_the_document() {
    #[derive(Deserialize)]
    struct Wide {
        #[serde(rename = "0")]
        _zero: String,
        #[serde(flatten)]
        _rest: Option<Struct>,
    }

    for decoder in decoders() {
        is_linear(
            "members skipped",
            |n| {
                structure(&numbered(n, |i| {
                    format!("<member><name>{i}</name><value>a&amp;b</value></member>")
                }))
            },
            |xml| drop(decoder.value::<Wide>(xml.as_bytes())),
        );
        is_linear(
            "equal members",
            |n| structure(&"<member><name>0</name><value>a&amp;b</value></member>".repeat(n)),
            |xml| drop(decoder.value::<Wide>(xml.as_bytes())),
        );
        is_linear(
            "strings",
            |n| array(&"<value>a&amp;b</value>".repeat(n)),
            |xml| drop(decoder.value::<Vec<String>>(xml.as_bytes())),
        );
    }
}

#[test]
fn texts_that_need_no_change_ask_for_none() {
    let xml = array(&"<value>abc</value>".repeat(1000));
    let decoder = Decoder::new();
    let (count, _) = asked_for(|| {
        let texts: Vec<&str> = decoder.value(xml.as_bytes()).unwrap();
        assert_eq!(texts.len(), 1000);
    });
    assert!(count < 30, "{count} allocations");
}

#[test]
fn a_call_is_kept_without_a_copy() {
    let call = MethodCall::new("m", ("x".repeat(1_000_000),))
        .unwrap()
        .to_vec()
        .unwrap();
    let length = call.len() as u64;
    let decoder = Decoder::new();
    let (_, bytes) = asked_for(|| {
        let call = decoder.call(call).unwrap();
        assert_eq!(call.params.parse::<(&str,)>().unwrap().0.len(), 1_000_000);
    });
    assert!(bytes < length / 10, "{bytes} bytes for a call of {length}");
}

fn nested(n: usize) -> Value {
    (0..n).fold(Value::from(1), |inner, i| match i % 2 {
        0 => value!([inner, "x"]),
        _ => value!({ "a": inner, "b": "y" }),
    })
}

fn broad(n: usize) -> Value {
    let members: Struct = (0..n)
        .map(|i| (format!("member {i}"), value!([(i.to_string()), 1.5, nil])))
        .collect();
    Value::Struct(members)
}

#[test]
fn values_ask_for_memory_in_proportion_to_themselves() {
    for make in [nested, broad] {
        is_linear("clone", make, |value| drop(value.clone()));
        is_linear("equality", make, |value| assert!(value == value));
        is_linear("display", make, |value| drop(value.to_string()));
        is_linear("debug", make, |value| drop(format!("{value:?}")));
        is_linear("to_value", make, |value| drop(to_value(&value)));
        is_linear("from_value", make, |value| drop(from_value_ref::<Value>(&value)));
        for encoding in [
            Encoding::UTF_8,
            Encoding::US_ASCII,
            Encoding::for_label("koi8-r").unwrap(),
        ] {
            let encoder = Encoder::new().dialect(Dialect::default().encoding(encoding));
            is_linear("writing", make, |value| drop(encoder.method_response(&value)));
        }
    }
}

#[test]
fn escapes_ask_for_memory_in_proportion_to_the_text() {
    for unit in ["<", "\r", "ä", "\u{85}", "😀", "a"] {
        for label in ["utf-8", "us-ascii", "windows-1252"] {
            let dialect = Dialect::default().encoding(Encoding::for_label(label).unwrap());
            let encoder = Encoder::new().dialect(dialect);
            is_linear(unit, |n| unit.repeat(n), |text| drop(encoder.value(&text)));
        }
    }
    let encoder = Encoder::new();
    is_linear(
        "base64",
        |n| Base64::from(vec![1; n]),
        |bytes| drop(encoder.value(&bytes)),
    );
}
