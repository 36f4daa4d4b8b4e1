//! Whether parameters mean the same, and where they do not.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use xmlrpc_core::{Printable, Struct, Value};

/// What stands in a recording for a secret, and matches any text.
pub(super) const MASK: &str = "***";

/// How many characters of a value or name are told.
const EXCERPT: usize = 60;

/// Whether a call's parameters are those that were recorded.
pub(super) fn same(recorded: &[Value], called: &[Value]) -> bool {
    recorded.len() == called.len() && recorded.iter().zip(called).all(|(a, b)| is_same(a, b))
}

/// Integers are the same whatever their tag, and texts where a secret stands for the difference.
fn is_same(recorded: &Value, called: &Value) -> bool {
    match (recorded, called) {
        (Value::Int(_) | Value::I8(_), Value::Int(_) | Value::I8(_)) => recorded.as_i64() == called.as_i64(),
        (Value::String(recorded), Value::String(called)) => recorded == called || masks(recorded, called),
        (Value::Array(recorded), Value::Array(called)) => same(recorded, called),
        (Value::Struct(recorded), Value::Struct(called)) => {
            recorded.len() == called.len()
                && pairs(recorded, called).all(|(_, a, b)| b.is_some_and(|b| is_same(a, b)))
        }
        (recorded, called) => recorded == called,
    }
}

/// Whether a text is a recorded one with something in place of each [`MASK`].
fn masks(recorded: &str, called: &str) -> bool {
    let Some((front, rest)) = recorded.split_once(MASK) else {
        return false;
    };
    let (middle, back) = rest.rsplit_once(MASK).unwrap_or(("", rest));
    let Some(called) = called.strip_prefix(front) else {
        return false;
    };
    let Some(mut called) = called.strip_suffix(back) else {
        return false;
    };
    middle.split(MASK).all(|part| match called.find(part) {
        Some(place) => {
            called = &called[place + part.len()..];
            true
        }
        None => false,
    })
}

/// The recorded members in order, each with the value that the call has under its name.
fn pairs<'v>(
    recorded: &'v Struct,
    called: &'v Struct,
) -> impl Iterator<Item = (&'v str, &'v Value, Option<&'v Value>)> {
    let called: HashMap<&str, &Value> = called.iter().collect();
    recorded
        .iter()
        .map(move |(name, value)| (name, value, called.get(name).copied()))
}

/// A place where a call is not what was recorded.
#[derive(Debug)]
pub(super) struct Difference {
    path: String,
    recorded: Option<String>,
    called: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.recorded.as_deref().unwrap_or("nothing");
        let called = self.called.as_deref().unwrap_or("nothing");
        let path = &self.path;
        write!(
            f,
            "{path} is {recorded} in the recording, and {called} in the call"
        )
    }
}

/// How many parameters of a call are not those that were recorded.
pub(super) fn count(recorded: &[Value], called: &[Value]) -> usize {
    let same = recorded.iter().zip(called).filter(|(a, b)| is_same(a, b));
    recorded.len().max(called.len()) - same.count()
}

/// All places where the parameters of a call are not those that were recorded.
pub(super) fn between(recorded: &[Value], called: &[Value]) -> Vec<Difference> {
    let mut found = Vec::new();
    arrays("params", recorded, called, &mut found);
    found
}

fn arrays(path: &str, recorded: &[Value], called: &[Value], found: &mut Vec<Difference>) {
    for index in 0..recorded.len().max(called.len()) {
        let path = format!("{path}[{index}]");
        values(path, recorded.get(index), called.get(index), found);
    }
}

fn structs(path: &str, recorded: &Struct, called: &Struct, found: &mut Vec<Difference>) {
    let member = |name: &str| format!("{path}.{}", excerpt(Printable(name)));
    for (name, value, other) in pairs(recorded, called) {
        values(member(name), Some(value), other, found);
    }
    let names: HashSet<&str> = recorded.names().collect();
    for (name, value) in called.iter().filter(|(name, _)| !names.contains(name)) {
        values(member(name), None, Some(value), found);
    }
}

fn values(path: String, recorded: Option<&Value>, called: Option<&Value>, found: &mut Vec<Difference>) {
    match (recorded, called) {
        (Some(Value::Array(recorded)), Some(Value::Array(called))) => arrays(&path, recorded, called, found),
        (Some(Value::Struct(recorded)), Some(Value::Struct(called))) => {
            structs(&path, recorded, called, found);
        }
        (Some(recorded), Some(called)) if is_same(recorded, called) => {}
        (recorded, called) => found.push(Difference {
            path,
            recorded: recorded.map(told),
            called: called.map(told),
        }),
    }
}

/// The type of a value, and the front of it.
fn told(value: &Value) -> String {
    let front = match value {
        Value::Nil => return "nil".to_owned(),
        Value::String(text) => excerpt(format_args!("{text:?}")),
        value => excerpt(value),
    };
    format!("{} {}", value.type_name(), Printable(&front))
}

/// The front of what is displayed. No more than that is ever made.
fn excerpt(shown: impl fmt::Display) -> String {
    struct Front {
        text: String,
        left: usize,
    }

    impl fmt::Write for Front {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for c in text.chars() {
                self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
                self.text.push(c);
            }
            Ok(())
        }
    }

    let mut front = Front {
        text: String::new(),
        left: EXCERPT,
    };
    if write!(front, "{shown}").is_err() {
        front.text.push('…');
    }
    front.text
}
