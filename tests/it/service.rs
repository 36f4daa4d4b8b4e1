//! The service that most tests call: every type, faults, and the slides' functions.

use serde::{Deserialize, Serialize};
use xmlrpc_server::{Base64, CallContext, DateTime, Describe, Fault, Methods, State, Value, Variadic};

/// A struct with members of many types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) score: f64,
    pub(crate) active: bool,
    pub(crate) born: DateTime,
    pub(crate) photo: Base64,
    pub(crate) tags: Vec<String>,
    pub(crate) parent: Option<Box<Record>>,
}

impl Describe for Record {}

/// A record that has a parent.
pub(crate) fn record() -> Record {
    let parent = Record {
        id: 5_000_000_000,
        name: "größer & <älter> \u{1F600}".to_owned(),
        score: -0.1,
        active: false,
        born: "19400101T00:00:00".parse().unwrap(),
        photo: Base64::from(vec![0, 255, 10]),
        tags: vec![],
        parent: None,
    };
    Record {
        id: 7,
        name: " spaces\tand\r\nlines ".to_owned(),
        score: 1e300,
        active: true,
        born: "19980717T14:08:55".parse().unwrap(),
        photo: Base64::from(vec![]),
        tags: vec!["".to_owned(), "x".to_owned()],
        parent: Some(Box::new(parent)),
    }
}

/// What handlers share.
pub(crate) struct Greeting(pub(crate) &'static str);

pub(crate) fn methods() -> Methods {
    Methods::new()
        .state(Greeting("Hello"))
        .method("echo", |value: Value| value)
        .method("echo_record", |record: Record| record)
        .method("count", |things: Variadic<Value>| {
            i32::try_from(things.len()).unwrap_or(i32::MAX)
        })
        .method("add", |a: i32, b: i32| {
            a.checked_add(b).ok_or_else(|| Fault::new(7, "too large"))
        })
        .help("add", "Adds <two> numbers & returns the sum.")
        .method("divide", |a: f64, b: f64| {
            if b == 0.0 {
                Err(Fault::new(8, "division by zero — ÷"))
            } else {
                Ok(a / b)
            }
        })
        .method("line_ends", || "a\r\nb\rc")
        .method("nothing", || ())
        .method("panic", |text: String| -> i32 { panic!("{text}") })
        .async_method("greet", |greeting: State<Greeting>, name: String| async move {
            format!("{}, {name}!", greeting.0)
        })
        .blocking_method("slow", |number: i64| number + 1)
        .method("peer", |context: CallContext| {
            context.peer().map(|address| address.ip().to_string())
        })
}
