//! Every type of serde's data model, both ways or refused; types of this crate inside of those of others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use xmlrpc_core::{
    Array, Base64, Category, DateTime, Decoder, MethodCall, Name, Struct, Value, from_slice, from_value,
    from_value_ref, to_value, to_vec, value,
};

/// Holds a type against its text, in both directions, by way of bytes and by way of `Value`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the tables below read better without references"
)]
fn both<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, content: &str) {
    let xml = format!("<value>{content}</value>");
    assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), xml);
    assert_eq!(from_slice::<T>(xml.as_bytes()).unwrap(), value, "{xml}");
    let tree: Value = from_slice(xml.as_bytes()).unwrap();
    assert_eq!(to_value(&value).unwrap(), tree, "{xml}");
    assert_eq!(from_value::<T>(tree).unwrap(), value, "{xml}");
}

fn read<T: DeserializeOwned>(content: &str) -> Option<T> {
    let read = from_slice(format!("<value>{content}</value>").as_bytes());
    read.map_err(|error| assert_eq!(error.category(), Category::Data, "{content}: {error}"))
        .ok()
}

fn member(name: &str, content: &str) -> String {
    format!("<member><name>{name}</name><value>{content}</value></member>")
}

fn structure(members: &[(&str, &str)]) -> String {
    let members: String = members
        .iter()
        .map(|(name, content)| member(name, content))
        .collect();
    format!("<struct>{members}</struct>")
}

fn array(elements: &[&str]) -> String {
    let elements: String = elements
        .iter()
        .map(|content| format!("<value>{content}</value>"))
        .collect();
    format!("<array><data>{elements}</data></array>")
}

const MOMENT: &str = "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>";

fn moment() -> DateTime {
    "19980717T14:08:55".parse().unwrap()
}

#[test]
fn scalars_of_rust_have_one_form_each() {
    both(true, "<boolean>1</boolean>");
    both(-8_i8, "<int>-8</int>");
    both(-16_i16, "<int>-16</int>");
    both(i32::MIN, "<int>-2147483648</int>");
    both(1_i64 << 40, "<i8>1099511627776</i8>");
    both(-1_i128, "<int>-1</int>");
    both(u8::MAX, "<int>255</int>");
    both(u16::MAX, "<int>65535</int>");
    both(u32::MAX, "<i8>4294967295</i8>");
    both(i64::MAX.unsigned_abs(), "<i8>9223372036854775807</i8>");
    both(7_u128, "<int>7</int>");
    both(0.1_f32, "<double>0.1</double>");
    both(1.0_f64, "<double>1.0</double>");
    both('ä', "<string>ä</string>");
    both("x".to_owned(), "<string>x</string>");
    both(ByteBuf::from(b"ABC".to_vec()), "<base64>QUJD</base64>");
    both((), "<nil/>");
    both(None::<i32>, "<nil/>");
    both(Some(5), "<int>5</int>");
    both(PhantomData::<i32>, "<nil/>");
    both(moment(), MOMENT);
    both(Base64::from(b"ABC".to_vec()), "<base64>QUJD</base64>");
    both(Name::from("n"), "<string>n</string>");
}

#[test]
fn containers_of_rust_are_arrays_and_structs() {
    let two = array(&["<int>1</int>", "<int>2</int>"]);
    both(vec![1, 2], &two);
    both([1, 2], &two);
    both((1, 2), &two);
    both(BTreeSet::from([1, 2]), &two);
    both(Box::new([1, 2]), &two);
    both(vec![65_u8, 66], &array(&["<int>65</int>", "<int>66</int>"]));
    both(Vec::<String>::new(), &array(&[]));
    both(
        (1, "x".to_owned(), true),
        &array(&["<int>1</int>", "<string>x</string>", "<boolean>1</boolean>"]),
    );
    both(
        BTreeMap::from([("a".to_owned(), 1)]),
        &structure(&[("a", "<int>1</int>")]),
    );
    both(
        HashMap::from([(Name::from("a"), Value::from(1))]),
        &structure(&[("a", "<int>1</int>")]),
    );
    both(
        0..3,
        &structure(&[("start", "<int>0</int>"), ("end", "<int>3</int>")]),
    );
    both(
        Duration::new(1, 2),
        &structure(&[("secs", "<int>1</int>"), ("nanos", "<int>2</int>")]),
    );
    both(Ok::<i32, String>(1), &structure(&[("Ok", "<int>1</int>")]));
    both(
        "127.0.0.1".parse::<IpAddr>().unwrap(),
        "<string>127.0.0.1</string>",
    );
    both(NonZeroU16::MIN, "<int>1</int>");
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Unit;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Wrapper(i32);

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Two(i32, String);

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Shape {
    Nothing,
    Circle(f64),
    Line(i32, i32),
    Box { width: i32, height: i32 },
}

#[test]
fn structs_and_enums_of_ones_own_have_one_form_each() {
    both(Unit, "<nil/>");
    both(Wrapper(1), "<int>1</int>");
    both(
        Two(1, "x".to_owned()),
        &array(&["<int>1</int>", "<string>x</string>"]),
    );
    both(
        Point { x: 1.0, y: 2.5 },
        &structure(&[("x", "<double>1.0</double>"), ("y", "<double>2.5</double>")]),
    );
    both(Shape::Nothing, "<string>Nothing</string>");
    both(
        Shape::Circle(1.5),
        &structure(&[("Circle", "<double>1.5</double>")]),
    );
    both(
        Shape::Line(1, 2),
        &structure(&[("Line", &array(&["<int>1</int>", "<int>2</int>"]))]),
    );
    let sides = structure(&[("width", "<int>1</int>"), ("height", "<int>2</int>")]);
    both(Shape::Box { width: 1, height: 2 }, &structure(&[("Box", &sides)]));
}

#[test]
fn integers_become_doubles_and_wider_integers_without_loss_and_nothing_else() {
    assert_eq!(read::<f64>("<int>7</int>"), Some(7.0));
    assert_eq!(
        read::<f64>("<i8>9007199254740992</i8>"),
        Some(9_007_199_254_740_992.0)
    );
    assert_eq!(read::<f64>("<i8>9007199254740993</i8>"), None);
    assert_eq!(read::<f64>("<i8>-9007199254740993</i8>"), None);
    assert_eq!(read::<f64>("<i8>9223372036854775807</i8>"), None);
    assert_eq!(read::<f32>("<int>16777216</int>"), Some(16_777_216.0));
    assert_eq!(read::<f32>("<int>16777217</int>"), None);
    assert_eq!(read::<f32>("<double>1e39</double>"), None);
    assert_eq!(read::<f32>("<double>0.1</double>"), Some(0.1));
    assert_eq!(read::<f32>("<double>inf</double>"), Some(f32::INFINITY));
    assert_eq!(read::<i64>("<int>7</int>"), Some(7));
    assert_eq!(read::<i32>("<i8>7</i8>"), Some(7));
    assert_eq!(read::<i32>("<i8>2147483648</i8>"), None);
    assert_eq!(read::<u8>("<int>255</int>"), Some(255));
    assert_eq!(read::<u8>("<int>256</int>"), None);
    assert_eq!(read::<u64>("<int>-1</int>"), None);
    assert_eq!(read::<u128>("<i8>5</i8>"), Some(5));
    assert_eq!(read::<i128>("<i8>-5</i8>"), Some(-5));
    for content in [
        "<double>1</double>",
        "<boolean>1</boolean>",
        "<string>1</string>",
        "1",
        "<nil/>",
        MOMENT,
        "<base64>AQ==</base64>",
    ] {
        assert_eq!(read::<i32>(content), None, "{content}");
        assert_eq!(read::<u128>(content), None, "{content}");
    }
    for content in ["<boolean>1</boolean>", "<string>1</string>", "<nil/>", MOMENT] {
        assert_eq!(read::<f64>(content), None, "{content}");
    }
    for content in [
        "<int>1</int>",
        "<string>true</string>",
        "<nil/>",
        "<double>1</double>",
    ] {
        assert_eq!(read::<bool>(content), None, "{content}");
    }
    for content in [
        "<int>1</int>",
        "<nil/>",
        MOMENT,
        "<boolean>1</boolean>",
        "<double>1</double>",
        "<struct/>",
    ] {
        assert_eq!(read::<String>(content), None, "{content}");
    }
    for content in [
        "<string>19980717T14:08:55</string>",
        "<int>1</int>",
        "<nil/>",
        "<struct/>",
    ] {
        assert_eq!(read::<DateTime>(content), None, "{content}");
    }
    assert_eq!(read::<char>("ab"), None);
    assert_eq!(read::<char>(""), None);
}

#[test]
fn integers_beyond_64_bits_are_not_written() {
    assert!(to_vec(&u64::MAX).is_err());
    assert!(to_vec(&(1_i128 << 63)).is_err());
    assert!(to_vec(&((-1_i128 << 63) - 1)).is_err());
    assert!(to_value(&u128::MAX).is_err());
    assert_eq!(
        to_vec(&(-1_i128 << 63)).unwrap(),
        b"<value><i8>-9223372036854775808</i8></value>"
    );
}

#[test]
fn containers_take_as_many_as_they_have_room_for() {
    let three = array(&["<int>1</int>", "<int>2</int>", "<int>3</int>"]);
    assert_eq!(read::<(i32, i32, i32)>(&three), Some((1, 2, 3)));
    assert_eq!(read::<(i32, i32)>(&three), None);
    assert_eq!(read::<[i32; 4]>(&three), None);
    assert_eq!(read::<Two>(&three), None);
    assert_eq!(read::<()>(&array(&[])), None);
    assert_eq!(
        read::<Point>(&array(&["<int>1</int>", "<int>2</int>"])),
        Some(Point { x: 1.0, y: 2.0 })
    );
    assert_eq!(read::<Vec<i32>>("<int>1</int>"), None);
    assert_eq!(read::<BTreeMap<String, i32>>(&array(&[])), None);
    assert_eq!(read::<Vec<i32>>("<struct/>"), None);
}

#[test]
fn bytes_come_from_base64_or_from_numbers() {
    let text = "<base64>QUJD</base64>";
    let numbers = array(&["<int>65</int>", "<int>66</int>", "<int>67</int>"]);
    for content in [text, &numbers] {
        assert_eq!(
            read::<Vec<u8>>(content).as_deref(),
            Some(&b"ABC"[..]),
            "{content}"
        );
        assert_eq!(read::<[u8; 3]>(content), Some(*b"ABC"), "{content}");
        assert_eq!(read::<[u8; 2]>(content), None, "{content}");
        assert_eq!(read::<[u8; 4]>(content), None, "{content}");
        assert_eq!(read::<(u8, u8)>(content), None, "{content}");
        assert_eq!(
            read::<Base64>(content).as_deref().map(Vec::as_slice),
            Some(&b"ABC"[..]),
            "{content}"
        );
    }
    assert_eq!(
        to_vec(Bytes::new(b"ABC")).unwrap(),
        b"<value><base64>QUJD</base64></value>"
    );
    assert_eq!(read::<Vec<i8>>("<base64>/w==</base64>"), None);
}

#[test]
fn nil_is_none_and_nothing_else() {
    assert_eq!(read::<Option<i32>>("<nil/>"), Some(None));
    assert_eq!(read::<Option<String>>(""), Some(Some(String::new())));
    assert_eq!(read::<Option<Value>>("<nil/>"), Some(None));
    assert_eq!(read::<Option<Option<i32>>>("<nil/>"), Some(None));
    assert_eq!(
        read::<Vec<Option<i32>>>(&array(&["<nil/>", "<int>1</int>"])),
        Some(vec![None, Some(1)])
    );
    assert_eq!(read::<()>("<nil/>"), Some(()));
    assert_eq!(read::<()>("<string></string>"), Some(()));
    assert_eq!(read::<()>(" "), None);
    assert_eq!(read::<Unit>("<nil/>"), Some(Unit));
    assert_eq!(read::<i32>("<nil/>"), None);
}

#[test]
fn documents_lend_texts_that_need_no_change() {
    #[derive(Debug, Deserialize)]
    struct Lent<'a> {
        plain: &'a str,
        #[serde(borrow)]
        maybe: Cow<'a, str>,
        #[serde(borrow)]
        changed: Cow<'a, str>,
        #[serde(borrow)]
        raw: &'a [u8],
    }

    let members = [
        ("plain", "x"),
        ("maybe", "<string>y</string>"),
        ("changed", "a&amp;b"),
        ("raw", "bytes"),
    ];
    let xml = format!("<value>{}</value>", structure(&members));
    let lent: Lent<'_> = from_slice(xml.as_bytes()).unwrap();
    assert_eq!(
        (lent.plain, &*lent.maybe, &*lent.changed, lent.raw),
        ("x", "y", "a&b", &b"bytes"[..])
    );
    assert!(matches!(lent.maybe, Cow::Borrowed(_)));
    assert!(matches!(lent.changed, Cow::Owned(_)));
    assert!(xml.as_bytes().as_ptr_range().contains(&lent.plain.as_ptr()));
    assert!(from_slice::<&str>(b"<value>a&amp;b</value>").is_err());
    assert!(from_slice::<&[u8]>(b"<value><base64>QUJD</base64></value>").is_err());
}

#[test]
fn values_lend_texts_and_bytes() {
    let tree = value!(["x", (Base64::from(*b"ABC"))]);
    let (text, bytes): (&str, &[u8]) = from_value_ref(&tree).unwrap();
    assert_eq!((text, bytes), ("x", &b"ABC"[..]));
    assert_eq!(Some(text.as_ptr()), tree[0].as_str().map(str::as_ptr));
    let call = Decoder::new()
        .call(MethodCall::new("m", ("x", "y")).unwrap().to_vec().unwrap())
        .unwrap();
    assert_eq!(
        call.params.parse::<(&str, Cow<'_, str>)>().unwrap(),
        ("x", "y".into())
    );
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
enum Key {
    Low,
    High,
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
struct Id(u32);

#[test]
fn keys_of_maps_are_what_has_one_text() {
    fn key<K: Serialize + DeserializeOwned + Ord + Debug>(key: K, name: &str) {
        both(BTreeMap::from([(key, 1)]), &structure(&[(name, "<int>1</int>")]));
    }
    key("k".to_owned(), "k");
    key(String::new(), "");
    key('ä', "ä");
    key(-5_i8, "-5");
    key(u64::MAX, "18446744073709551615");
    key(i128::MIN, "-170141183460469231731687303715884105728");
    key(true, "true");
    key(Key::High, "High");
    key(Id(7), "7");
    key(Name::from("n"), "n");
    assert!(to_vec(&BTreeMap::from([((), 1)])).is_err());
    assert!(to_vec(&BTreeMap::from([(None::<i32>, 1)])).is_err());
    assert!(to_vec(&BTreeMap::from([(vec![1], 1)])).is_err());
    assert!(to_vec(&HashMap::from([(Value::from(1.5), 1)])).is_err());
    assert_eq!(
        to_value(&HashMap::from([(Value::from("a"), 1)])).unwrap(),
        value!({ "a": 1 })
    );
    assert_eq!(
        read::<BTreeMap<u8, i32>>(&structure(&[("256", "<int>1</int>")])),
        None
    );
    assert_eq!(
        read::<BTreeMap<bool, i32>>(&structure(&[("1", "<int>1</int>")])),
        None
    );
    assert_eq!(
        read::<BTreeMap<Key, i32>>(&structure(&[("Mid", "<int>1</int>")])),
        None
    );
}

/// What has no type of serde's own, and has to get through serde's buffers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Delicate {
    when: DateTime,
    data: Base64,
    wide: Value,
    narrow: Value,
    nothing: Option<i32>,
    any: Value,
    list: Array,
    named: Struct,
    long: i64,
    number: f64,
}

fn delicate() -> Delicate {
    Delicate {
        when: moment(),
        data: Base64::from(*b"ABC"),
        wide: Value::I8(5),
        narrow: Value::Int(-5),
        nothing: None,
        any: value!([nil, (moment()), (Base64::from(*b"D")), { "a": [(Value::I8(1)), 1, 1.0, true, "x"] }]),
        list: Array::from(vec![Value::I8(6), Value::Nil]),
        named: Struct::from([("when", moment())]),
        long: 1 << 40,
        number: 2.0,
    }
}

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let xml = to_vec(value).unwrap();
    assert_eq!(
        &from_slice::<T>(&xml).unwrap(),
        value,
        "{}",
        String::from_utf8_lossy(&xml)
    );
    let tree = to_value(value).unwrap();
    assert_eq!(from_slice::<Value>(&xml).unwrap(), tree);
    assert_eq!(&from_value::<T>(tree).unwrap(), value);
}

#[test]
fn every_type_survives_in_a_struct_and_in_flattened_ones() {
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Flat {
        first: i32,
        #[serde(flatten)]
        delicate: Delicate,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    survives(&delicate());
    let rest = [
        ("more".to_owned(), Value::I8(9)),
        ("date".to_owned(), moment().into()),
        ("none".to_owned(), Value::Nil),
    ];
    survives(&Flat {
        first: 1,
        delicate: delicate(),
        rest: rest.into(),
    });
}

#[test]
fn a_flattened_struct_of_values_takes_the_rest() {
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Rest {
        id: i32,
        #[serde(flatten)]
        rest: Struct,
    }

    let members = [
        ("id", "<int>1</int>"),
        ("a", MOMENT),
        ("b", "<i8>2</i8>"),
        ("c", "<nil/>"),
    ];
    let rest = Rest {
        id: 1,
        rest: Struct::from([("a", moment().into()), ("b", Value::I8(2)), ("c", Value::Nil)]),
    };
    both(rest, &structure(&members));
}

#[test]
fn every_type_survives_in_enums_of_all_four_kinds() {
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    enum External {
        Unit,
        New(Delicate),
        Pair(DateTime, Value),
        Named { delicate: Delicate },
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(tag = "kind")]
    enum Internal {
        Unit,
        New(Delicate),
        Named { delicate: Delicate, value: Value },
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(tag = "kind", content = "data")]
    enum Adjacent {
        Unit,
        New(Delicate),
        Pair(DateTime, Value),
        Named { delicate: Delicate },
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Unit,
        When(DateTime),
        Number(i32),
        Wide(i64),
        Data(Base64),
        Named { delicate: Delicate },
        Pair(DateTime, i32),
        Any(Value),
    }

    let pair = || value!([(moment()), (Value::I8(1)), nil]);
    survives(&vec![
        External::Unit,
        External::New(delicate()),
        External::Pair(moment(), pair()),
        External::Named { delicate: delicate() },
    ]);
    survives(&vec![
        Internal::Unit,
        Internal::New(delicate()),
        Internal::Named {
            delicate: delicate(),
            value: pair(),
        },
    ]);
    survives(&vec![
        Adjacent::Unit,
        Adjacent::New(delicate()),
        Adjacent::Pair(moment(), pair()),
        Adjacent::Named { delicate: delicate() },
    ]);
    survives(&vec![
        Untagged::Unit,
        Untagged::When(moment()),
        Untagged::Number(1),
        Untagged::Wide(1 << 40),
        Untagged::Data(Base64::from(*b"ABC")),
        Untagged::Named { delicate: delicate() },
        Untagged::Pair(moment(), 1),
        Untagged::Any(pair()),
        Untagged::Any(value!({ "delicate": { "when": (moment()) } })),
    ]);
}

#[test]
fn an_enum_that_is_untagged_tells_types_apart() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Kind {
        Truth(bool),
        Whole(i64),
        Real(f64),
        Moment(DateTime),
        Bytes(Base64),
        Text(String),
        List(Vec<Kind>),
        Named(BTreeMap<String, Kind>),
        Nothing,
    }

    for (content, kind) in [
        ("<boolean>1</boolean>", Kind::Truth(true)),
        ("<int>1</int>", Kind::Whole(1)),
        ("<i8>1</i8>", Kind::Whole(1)),
        ("<double>1</double>", Kind::Real(1.0)),
        (MOMENT, Kind::Moment(moment())),
        ("<base64>QUJD</base64>", Kind::Bytes(Base64::from(*b"ABC"))),
        ("19980717T14:08:55", Kind::Text("19980717T14:08:55".to_owned())),
        ("<nil/>", Kind::Nothing),
        (
            &array(&[MOMENT, "<nil/>"]),
            Kind::List(vec![Kind::Moment(moment()), Kind::Nothing]),
        ),
        (
            &structure(&[("a", MOMENT)]),
            Kind::Named(BTreeMap::from([("a".to_owned(), Kind::Moment(moment()))])),
        ),
    ] {
        let read = read::<Kind>(content).unwrap();
        // serde tries the variants in turn: a text that is a date-time is read as one.
        if content.starts_with('1') {
            assert!(matches!(read, Kind::Moment(_) | Kind::Text(_)), "{read:?}");
        } else {
            assert_eq!(read, kind);
        }
    }
}

#[test]
fn what_serde_says_of_members_holds() {
    #[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Settings {
        user_name: String,
        #[serde(rename = "Größe")]
        size: Option<i32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        maybe: Option<i32>,
        #[serde(skip)]
        hidden: i32,
        #[serde(alias = "old")]
        new: i32,
    }

    let settings = Settings {
        user_name: "x".to_owned(),
        ..Settings::default()
    };
    let written = [
        ("userName", "<string>x</string>"),
        ("Größe", "<nil/>"),
        ("new", "<int>0</int>"),
    ];
    both(settings, &structure(&written));
    assert_eq!(read::<Settings>("<struct/>"), Some(Settings::default()));
    assert_eq!(
        read::<Settings>(&structure(&[("old", "<int>4</int>")]))
            .unwrap()
            .new,
        4
    );
    assert_eq!(
        read::<Settings>(&structure(&[("hidden", "<int>4</int>")]))
            .unwrap()
            .hidden,
        0
    );
}

#[test]
fn members_may_be_missing_unknown_or_double() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Loose {
        a: i32,
        b: Option<i32>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tight {
        #[serde(rename = "a")]
        _a: i32,
    }

    let one = ("a", "<int>1</int>");
    assert_eq!(read::<Loose>(&structure(&[one])), Some(Loose { a: 1, b: None }));
    assert_eq!(read::<Loose>(&structure(&[("b", "<int>1</int>")])), None);
    let deep = array(&[&structure(&[("a", "<double>1</double>")]), MOMENT]);
    assert_eq!(
        read::<Loose>(&structure(&[("x", &deep), one, ("y", "<nil/>")])),
        Some(Loose { a: 1, b: None })
    );
    assert!(read::<Tight>(&structure(&[one])).is_some());
    assert!(read::<Tight>(&structure(&[one, ("x", "")])).is_none());
    assert_eq!(read::<Loose>(&structure(&[one, one])), None);
    assert_eq!(
        read::<Value>(&structure(&[one, ("a", "x")])),
        Some(value!({ "a": "x" }))
    );
    assert_eq!(
        read::<HashMap<String, Value>>(&structure(&[one, ("a", "x")])).unwrap()["a"],
        "x"
    );
}

#[test]
fn variants_are_named_by_a_text_or_by_one_member() {
    assert_eq!(read::<Shape>("Nothing"), Some(Shape::Nothing));
    assert_eq!(
        read::<Shape>(&structure(&[("Circle", "<int>1</int>")])),
        Some(Shape::Circle(1.0))
    );
    for content in [
        "Circle",
        "Square",
        "",
        "<int>0</int>",
        "<nil/>",
        "<struct/>",
        MOMENT,
        &structure(&[("Square", "<int>1</int>")]),
        &structure(&[("Circle", "<int>1</int>"), ("Line", "")]),
        &structure(&[("Line", &array(&["<int>1</int>"]))]),
        &structure(&[("Line", &array(&["<int>1</int>", "<int>1</int>", "<int>1</int>"]))]),
        &structure(&[("Box", &structure(&[("width", "<int>1</int>")]))]),
        &array(&["Nothing"]),
    ] {
        assert_eq!(read::<Shape>(content), None, "{content}");
    }
}

#[test]
fn what_is_ignored_is_read_to_its_end() {
    let deep = array(&[
        &structure(&[("a", &array(&["<nil/>", MOMENT]))]),
        "<base64>QUJD</base64>",
    ]);
    assert!(read::<IgnoredAny>(&deep).is_some());
    let wrong = deep.replace("QUJD", "Q*JD");
    assert!(read::<IgnoredAny>(&wrong).is_none());
    let pair: (IgnoredAny, i32) = read(&array(&[&deep, "<int>1</int>"])).unwrap();
    assert_eq!(pair.1, 1);
}

#[test]
fn other_formats_get_nested_data() {
    let tree = value!({
        "int": 1, "wide": 5_000_000_000_i64, "truth": true, "double": 1.5, "text": "x", "nothing": nil,
        "when": (moment()), "data": (Base64::from(*b"AB")), "list": [1, [2]], "empty": {},
    });
    let json = serde_json::json!({
        "int": 1, "wide": 5_000_000_000_i64, "truth": true, "double": 1.5, "text": "x", "nothing": null,
        "when": "19980717T14:08:55", "data": [65, 66], "list": [1, [2]], "empty": {},
    });
    assert_eq!(serde_json::to_value(&tree).unwrap(), json);
    assert_eq!(
        serde_json::to_string(&value!([1, { "b": 1, "a": nil }])).unwrap(),
        r#"[1,{"b":1,"a":null}]"#
    );
    assert_eq!(
        serde_json::to_string(tree["list"].as_array().unwrap()).unwrap(),
        "[1,[2]]"
    );
    assert_eq!(
        serde_json::to_string(tree["empty"].as_struct().unwrap()).unwrap(),
        "{}"
    );
    assert_eq!(
        serde_json::to_string(&moment()).unwrap(),
        r#""19980717T14:08:55""#
    );
}

#[test]
fn values_come_from_other_formats() {
    let text = r#"{"a": [1, 2.5, "x", null, true, 5000000000, {}], "b": -1.0}"#;
    let tree: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        tree,
        value!({ "a": [1, 2.5, "x", nil, true, 5_000_000_000_i64, {}], "b": (-1.0) })
    );
    assert_eq!(
        serde_json::from_str::<Array>("[1]").unwrap(),
        Array::from(vec![1])
    );
    assert_eq!(
        serde_json::from_str::<Struct>(r#"{"a": 1}"#).unwrap(),
        Struct::from([("a", 1)])
    );
    assert!(serde_json::from_str::<Struct>("[]").is_err());
    assert!(serde_json::from_str::<Value>("18446744073709551615").is_err());
    assert_eq!(
        serde_json::from_str::<DateTime>(r#""19980717T14:08:55""#).unwrap(),
        moment()
    );
    assert!(serde_json::from_str::<DateTime>(r#""yesterday""#).is_err());
    assert_eq!(
        serde_json::from_str::<Base64>("[65, 66]").unwrap(),
        Base64::from(*b"AB")
    );
    let twice: Value = serde_json::from_str(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(twice, value!({ "a": 2 }));
}

#[test]
fn a_document_becomes_another_formats_value() {
    let xml = to_vec(&value!({ "a": [1, "x", nil, 1.5, true], "b": (Value::I8(5)) })).unwrap();
    let json: serde_json::Value = from_slice(&xml).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "a": [1, "x", null, 1.5, true], "b": 5 })
    );
    assert_eq!(
        to_value(&json).unwrap(),
        value!({ "a": [1, "x", nil, 1.5, true], "b": 5 })
    );
}

#[test]
fn another_format_may_be_used_while_a_value_is_written() {
    /// Writes itself as the JSON text of what it holds.
    #[derive(Debug)]
    struct Json(Value);

    impl Serialize for Json {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let text = serde_json::to_string(&(&self.0, moment())).map_err(serde::ser::Error::custom)?;
            let inner = to_vec(&self.0).map_err(serde::ser::Error::custom)?;
            serializer.serialize_newtype_struct("$some", &(text, inner.len(), &self.0))
        }
    }

    let inner = value!({ "when": (moment()), "wide": (Value::I8(1)) });
    let tree = to_value(&[(Json(inner.clone()), inner.clone(), moment())]).unwrap();
    let text = r#"[{"when":"19980717T14:08:55","wide":1},"19980717T14:08:55"]"#;
    assert_eq!(tree[0][0][0], text);
    assert_eq!(
        (&tree[0][0][2], &tree[0][1], &tree[0][2]),
        (&inner, &inner, &moment().into())
    );
    let xml = to_vec(&[(Json(inner.clone()), inner, moment())]).unwrap();
    assert_eq!(from_slice::<Value>(&xml).unwrap(), tree);
}

#[test]
fn members_named_like_the_crates_own_marks_are_plain_data() {
    for name in [
        "$xmlrpc::DateTime",
        "$xmlrpc::Value",
        "$serde_json::private::Number",
        "__proto__",
        "___class___",
        "faultCode",
    ] {
        let tree = Value::Struct([(name, "x")].into());
        let xml = to_vec(&tree).unwrap();
        assert_eq!(from_slice::<Value>(&xml).unwrap(), tree);
        assert_eq!(from_slice::<BTreeMap<String, String>>(&xml).unwrap()[name], "x");
        assert_eq!(from_value::<Value>(tree.clone()).unwrap(), tree);
        assert_eq!(to_value(&BTreeMap::from([(name, "x")])).unwrap(), tree);
    }
}

#[test]
fn calls_take_any_list_and_responses_any_type() {
    let call = MethodCall::new("m", Two(1, "x".to_owned()))
        .unwrap()
        .to_vec()
        .unwrap();
    assert_eq!(
        MethodCall::<Two>::from_slice(&call).unwrap().params,
        Two(1, "x".to_owned())
    );
    assert_eq!(
        MethodCall::<(i32, String)>::from_slice(&call).unwrap().params,
        (1, "x".to_owned())
    );
    assert_eq!(
        MethodCall::<Array>::from_slice(&call).unwrap().params,
        Array::from(vec![Value::from(1), "x".into()])
    );
    assert_eq!(
        MethodCall::<Value>::from_slice(&call).unwrap().params,
        value!([1, "x"])
    );
    assert_eq!(
        MethodCall::<Vec<Value>>::from_slice(&call).unwrap().params,
        [Value::from(1), "x".into()]
    );
    assert!(MethodCall::<IgnoredAny>::from_slice(&call).is_ok());
    assert!(MethodCall::<BTreeMap<String, i32>>::from_slice(&call).is_err());
    assert!(MethodCall::<Option<(i32, String)>>::from_slice(&call).is_err());
}

#[test]
fn negative_numbers_of_other_formats_take_the_type_they_need() {
    let value: Value = serde_json::from_str("[-5, 5, -5000000000]").unwrap();
    assert_eq!(value, value!([-5, 5, -5_000_000_000_i64]));
    assert_eq!(value[0], Value::Int(-5));
}

#[test]
fn base64_is_no_string_and_a_string_no_base64() {
    assert_eq!(read::<String>("<base64>QUJD</base64>"), None);
    assert_eq!(read::<Base64>("<string>QUJD</string>"), None);
    assert_eq!(read::<Base64>("QUJD"), None);
}
