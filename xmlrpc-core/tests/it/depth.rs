//! Nested values: a `Value` costs no stack at any depth, types of one's own a known amount.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher, RandomState};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use xmlrpc_core::{
    Category, Decoder, Dialect, Duplicates, Encoder, Fault, LimitName, Limits, MethodCall, MethodResponse,
    Reading, Struct, Token, Value, from_slice, from_value, from_value_ref, to_value, to_vec,
};

use super::with_stack;

const LEVELS: usize = 1_000_000;
/// The stack on which a value of any depth has to be handled, debug builds included.
const SMALL_KIB: usize = 128;
/// The stack for types of one's own at the default depth.
const TYPED_KIB: usize = if cfg!(debug_assertions) { 512 } else { 128 };

/// The tags of a level of some shape.
struct Shape {
    front: &'static str,
    back: &'static str,
    wrap: fn(Value) -> Value,
}

const ARRAY: Shape = Shape {
    front: "<value><array><data>",
    back: "</data></array></value>",
    wrap: |inner| Value::from(vec![inner]),
};
const STRUCT: Shape = Shape {
    front: "<value><struct><member><name>a</name>",
    back: "</member></struct></value>",
    wrap: |inner| Value::Struct(Struct::from([("a", inner)])),
};
/// A level of each kind, with a neighbour on the way.
const MIXED: Shape = Shape {
    front: "<value><struct><member><name>a</name><value><array><data><value><nil/></value>",
    back: "</data></array></value></member></struct></value>",
    wrap: |inner| Value::Struct(Struct::from([("a", Value::from(vec![Value::Nil, inner]))])),
};

const LEAF: &str = "<value><int>7</int></value>";

impl Shape {
    fn value(&self, times: usize) -> Value {
        (0..times).fold(Value::Int(7), |inner, _| (self.wrap)(inner))
    }

    fn xml(&self, times: usize) -> String {
        [&self.front.repeat(times), LEAF, &self.back.repeat(times)].concat()
    }
}

fn any_depth() -> Limits {
    Limits::default().depth(usize::MAX).document_bytes(usize::MAX)
}

/// Takes text and keeps only its length.
#[derive(Default)]
struct Measured(usize);

impl fmt::Write for Measured {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn printed(args: fmt::Arguments<'_>) -> usize {
    let mut out = Measured::default();
    out.write_fmt(args).unwrap();
    out.0
}

fn is_handled_at(shape: &'static Shape, times: usize) {
    with_stack(SMALL_KIB, move || {
        let value = shape.value(times);
        let decoder = Decoder::new().limits(any_depth());

        let xml = to_vec(&value).unwrap();
        assert!(xml == shape.xml(times).as_bytes());
        let back: Value = decoder.value(&xml).unwrap();
        assert!(back == value);

        let copy = value.clone();
        assert!(copy == value);
        assert!(copy != shape.value(times - 1));
        drop(copy);
        let hasher = RandomState::new();
        assert_eq!(hasher.hash_one(&value), hasher.hash_one(&back));
        drop(back);

        assert!(printed(format_args!("{value}")) > 2 * times);
        assert!(printed(format_args!("{value:?}")) > 2 * times);
        if times < LEVELS / 2 {
            assert!(printed(format_args!("{value:#?}")) > 2 * times);
        }

        assert!(to_value(&value).unwrap() == value);
        assert!(from_value_ref::<Value>(&value).unwrap() == value);
        assert!(from_value::<Value>(value).is_ok());
    });
}

#[test]
fn arrays_of_any_depth_cost_no_stack() {
    is_handled_at(&ARRAY, LEVELS);
}

#[test]
fn structs_of_any_depth_cost_no_stack() {
    is_handled_at(&STRUCT, LEVELS);
}

#[test]
fn arrays_in_structs_of_any_depth_cost_no_stack() {
    is_handled_at(&MIXED, LEVELS / 2);
}

#[test]
fn documents_around_deep_values_cost_no_stack() {
    with_stack(SMALL_KIB, || {
        let value = MIXED.value(LEVELS / 50);
        let decoder = Decoder::new().limits(any_depth());

        let call = MethodCall::new("m", vec![value.clone()]).unwrap();
        let xml = call.to_vec().unwrap();
        assert!(decoder.method_call::<Vec<Value>>(&xml).unwrap() == call);
        let params = decoder.call(xml).unwrap().params;
        assert!(params.values().unwrap() == call.params);
        assert_eq!(params.reader().unwrap().skip_all().unwrap(), 1);
        drop(call);

        let xml = Encoder::new().method_response(&value).unwrap();
        assert!(decoder.method_response::<Value>(&xml).unwrap() == MethodResponse::Success(value.clone()));
        let answer = decoder.response(xml).unwrap().unwrap();
        assert!(answer.parse::<Value>().unwrap() == value);
        let both = Encoder::new()
            .multicall_result(&[Ok(answer), Err(Fault::new(1, "x"))])
            .unwrap();
        assert!(both.into_response().is_ok());

        let fault = [
            "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value></member>",
            "<member><name>extra</name>",
            &MIXED.xml(LEVELS / 50),
            "</member></struct></value></fault></methodResponse>",
        ];
        let answer: MethodResponse = decoder.method_response(fault.concat().as_bytes()).unwrap();
        let fault = answer.into_result().unwrap_err();
        assert!(fault.raw().unwrap()["extra"] == value);
    });
}

#[test]
fn skipping_and_tokens_cost_no_stack() {
    with_stack(SMALL_KIB, || {
        let decoder = Decoder::new().limits(any_depth());
        let xml = STRUCT.xml(LEVELS / 5);
        decoder.value::<IgnoredAny>(xml.as_bytes()).unwrap();
        let mut names = 0;
        decoder
            .tokens(xml.as_bytes(), |token| {
                names += usize::from(matches!(token, Token::Name(_)));
                Ok(())
            })
            .unwrap();
        assert_eq!(names, LEVELS / 5);
        let strict = decoder.reading(Reading::strict().duplicates(Duplicates::Refuse));
        strict.value::<IgnoredAny>(xml.as_bytes()).unwrap();
    });
}

#[test]
fn a_value_inside_of_a_type_costs_no_stack() {
    #[derive(Deserialize, Serialize)]
    struct Holder {
        held: Option<Value>,
        list: Vec<Struct>,
    }

    with_stack(SMALL_KIB, || {
        let Value::Struct(members) = MIXED.value(LEVELS / 50) else {
            unreachable!()
        };
        let holder = Holder {
            held: Some(ARRAY.value(LEVELS / 50)),
            list: vec![members],
        };
        let xml = to_vec(&holder).unwrap();
        let back: Holder = Decoder::new().limits(any_depth()).value(&xml).unwrap();
        assert!((&back.held, &back.list) == (&holder.held, &holder.list));
        assert!(to_value(&back).unwrap() == to_value(&holder).unwrap());
    });
}

#[test]
fn errors_at_any_depth_cost_no_stack_and_stay_short() {
    with_stack(SMALL_KIB, || {
        let nested = |leaf: &str| {
            [
                &STRUCT.front.repeat(LEVELS / 4),
                leaf,
                &STRUCT.back.repeat(LEVELS / 4),
            ]
            .concat()
        };
        let decoder = Decoder::new().limits(any_depth());
        let error = decoder
            .value::<Value>(nested("<value><int>x</int></value>").as_bytes())
            .unwrap_err();
        assert_eq!(error.category(), Category::Data);
        assert!(error.path().starts_with("a.a.a.a"));
        assert!(error.to_string().len() < 300, "{error}");

        let nil = (0..LEVELS / 4).fold(Value::Nil, |inner, _| (STRUCT.wrap)(inner));
        let error = Encoder::new().dialect(Dialect::spec()).value(&nil).unwrap_err();
        assert!(error.path().starts_with("a.a.a.a"));
        assert!(error.to_string().len() < 300, "{error}");
    });
}

/// A struct whose members give their values before their names, all the way down.
fn value_first(levels: usize) -> String {
    [
        &"<value><struct><member>".repeat(levels),
        LEAF,
        &format!(
            "<name>z</name></member></struct></value>{}",
            "<name>a</name></member></struct></value>".repeat(levels - 1)
        ),
    ]
    .concat()
}

#[test]
fn members_with_the_value_first_nest_as_deep_as_the_limits_let_them() {
    with_stack(SMALL_KIB, || {
        let read = |levels, reread| {
            let limits = any_depth().reread_bytes(reread);
            Decoder::new()
                .limits(limits)
                .value::<Value>(value_first(levels).as_bytes())
        };
        let value = read(300, usize::MAX).unwrap();
        let expected = (1..300).fold(Value::Struct(Struct::from([("z", 7)])), |inner, _| {
            (STRUCT.wrap)(inner)
        });
        assert_eq!(value, expected);

        let error = read(LEVELS / 20, 4 << 20).unwrap_err();
        assert_eq!(error.limit_name(), Some(LimitName::RereadBytes));
    });
}

#[test]
fn unclosed_containers_of_any_depth_are_an_error() {
    with_stack(SMALL_KIB, || {
        let decoder = Decoder::new().limits(any_depth());
        for front in [ARRAY.front, STRUCT.front, MIXED.front, "<value><struct><member>"] {
            let error = decoder
                .value::<Value>(front.repeat(LEVELS / 20).as_bytes())
                .unwrap_err();
            assert_eq!(error.category(), Category::Syntax, "{front}");
        }
    });
}

#[test]
fn the_default_limit_stops_hostile_depth_at_once() {
    with_stack(SMALL_KIB, || {
        for front in [ARRAY.front, STRUCT.front, MIXED.front, "<value><struct><member>"] {
            let error = from_slice::<Value>(front.repeat(LEVELS / 20).as_bytes()).unwrap_err();
            assert_eq!(error.limit_name(), Some(LimitName::Depth), "{front}");
        }
    });
}

/// Writes and reads a type of one's own on the stack that the default depth is made for.
fn fits<T: Serialize + DeserializeOwned + PartialEq + Send + 'static>(value: T) {
    with_stack(16 * 1024, move || {
        let xml = with_stack(TYPED_KIB, move || {
            let xml = to_vec(&value).unwrap();
            let back: T = from_slice(&xml).unwrap();
            assert!(back == value);
            assert!(from_value::<T>(to_value(&value).unwrap()).unwrap() == value);
            xml
        });
        let nested = [b"<value><array><data>", &xml[..], b"</data></array></value>"].concat();
        let error = from_slice::<Vec<T>>(&nested).map(drop).unwrap_err();
        assert_eq!(error.limit_name(), Some(LimitName::Depth));
    });
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Arrays(Vec<Arrays>);

#[derive(Deserialize, PartialEq, Serialize)]
struct Linked {
    number: i32,
    text: String,
    next: Option<Box<Linked>>,
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Tree {
    children: Vec<Tree>,
    by_name: HashMap<String, Tree>,
}

#[derive(Deserialize, PartialEq, Serialize)]
enum Expression {
    Number(f64),
    Not(Box<Expression>),
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Maps(BTreeMap<String, Maps>);

#[test]
fn nested_vectors_fit_their_stack() {
    fits((1..128).fold(Arrays(Vec::new()), |inner, _| Arrays(vec![inner])));
}

#[test]
fn linked_structs_fit_their_stack() {
    let link = |next| Linked {
        number: 1,
        text: "x".to_owned(),
        next,
    };
    fits((1..128).fold(link(None), |inner, _| link(Some(Box::new(inner)))));
}

#[test]
fn trees_fit_their_stack() {
    let node = |children, by_name| Tree { children, by_name };
    let leaf = node(Vec::new(), HashMap::new());
    // A leaf takes two levels, as does each further node.
    fits((1..64).fold(leaf, |inner, level| {
        if level % 2 == 0 {
            node(vec![inner], HashMap::new())
        } else {
            node(Vec::new(), HashMap::from([("b".to_owned(), inner)]))
        }
    }));
}

#[test]
fn enums_with_data_fit_their_stack() {
    fits((1..128).fold(Expression::Number(1.5), |inner, _| {
        Expression::Not(Box::new(inner))
    }));
}

#[test]
fn nested_maps_fit_their_stack() {
    fits((1..128).fold(Maps(BTreeMap::new()), |inner, _| {
        Maps(BTreeMap::from([("m".to_owned(), inner)]))
    }));
}

#[test]
fn buffered_types_fit_their_stack() {
    /// serde reads these into buffers of its own first.
    #[derive(Deserialize, PartialEq, Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(i32),
        List(Vec<Untagged>),
    }

    fits((0..128).fold(Untagged::Number(1), |inner, _| Untagged::List(vec![inner])));
}
