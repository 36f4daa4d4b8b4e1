//! Clone, comparison, hash and drop of whole values, as loops.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem;

use super::tokens::Tokens;
use super::{Array, Builder, Struct, Value};
use crate::token::Token;

/// Drops values level by level instead of one inside the other.
pub(super) fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(mut values) => pending.append(&mut values.0),
            Value::Struct(mut members) => {
                pending.extend(mem::take(&mut members.0).into_iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
}

pub(super) fn clone_array(array: &Array) -> Array {
    match rebuild(Token::ArrayStart, Tokens::of_array(array)) {
        Value::Array(array) => array,
        _ => Array::new(),
    }
}

pub(super) fn clone_struct(members: &Struct) -> Struct {
    match rebuild(Token::StructStart, Tokens::of_struct(&members.0)) {
        Value::Struct(members) => members,
        _ => Struct::new(),
    }
}

fn rebuild(start: Token<'_>, rest: Tokens<'_>) -> Value {
    let mut builder = Builder::default();
    builder.token(start);
    for token in rest {
        builder.token(token);
    }
    builder.finish()
}

impl Clone for Value {
    fn clone(&self) -> Self {
        match self {
            Self::Int(number) => Self::Int(*number),
            Self::Boolean(truth) => Self::Boolean(*truth),
            Self::String(text) => Self::String(text.clone()),
            Self::Double(number) => Self::Double(*number),
            Self::DateTime(moment) => Self::DateTime(*moment),
            Self::Base64(bytes) => Self::Base64(bytes.clone()),
            Self::Struct(members) => Self::Struct(members.clone()),
            Self::Array(values) => Self::Array(values.clone()),
            Self::I8(number) => Self::I8(*number),
            Self::Nil => Self::Nil,
        }
    }
}

/// Compares pairs of values, and what they hold, until two differ.
pub(super) fn all_equal<'v>(mut pairs: Vec<(&'v Value, &'v Value)>) -> bool {
    while let Some(pair) = pairs.pop() {
        let equal = match pair {
            (Value::Array(a), Value::Array(b)) => {
                pairs.extend(a.iter().zip(b.iter()));
                a.len() == b.len()
            }
            (Value::Struct(a), Value::Struct(b)) => match a.paired(b) {
                Some(members) => {
                    pairs.extend(members);
                    true
                }
                None => false,
            },
            (a, b) => same_scalar(a, b),
        };
        if !equal {
            return false;
        }
    }
    true
}

fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::I8(a), Value::I8(b)) => a == b,
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Double(a), Value::Double(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::String(a), Value::String(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) => a == b,
        (Value::Base64(a), Value::Base64(b)) => a == b,
        (Value::Nil, Value::Nil) => true,
        _ => false,
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        all_equal(vec![(self, other)])
    }
}

impl Eq for Value {}

impl Hash for Value {
    /// Equal values hash alike: the order of members, the sign of zero and the kind of NaN do not count.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(digest(self));
    }
}

/// What is known of an open container.
enum Open {
    Array(DefaultHasher),
    /// The sum over the members, which is the same in any order, and the hash of the name whose value comes next.
    Struct(u64, DefaultHasher),
}

fn digest(value: &Value) -> u64 {
    let mut open: Vec<Open> = Vec::new();
    let mut last = 0;
    for token in Tokens::new(value) {
        last = match token {
            Token::ArrayStart => {
                open.push(Open::Array(DefaultHasher::new()));
                continue;
            }
            Token::StructStart => {
                open.push(Open::Struct(0, DefaultHasher::new()));
                continue;
            }
            Token::Name(name) => {
                if let Some(Open::Struct(_, member)) = open.last_mut() {
                    *member = DefaultHasher::new();
                    name.hash(member);
                }
                continue;
            }
            Token::ArrayEnd | Token::StructEnd => match open.pop() {
                Some(Open::Array(hasher)) => hasher.finish(),
                Some(Open::Struct(sum, _)) => sum,
                None => 0,
            },
            scalar => digest_scalar(&scalar),
        };
        match open.last_mut() {
            Some(Open::Array(hasher)) => hasher.write_u64(last),
            Some(Open::Struct(sum, member)) => {
                member.write_u64(last);
                *sum = sum.wrapping_add(member.finish());
            }
            None => {}
        }
    }
    last
}

fn digest_scalar(token: &Token<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    mem::discriminant(token).hash(&mut hasher);
    match token {
        Token::Int(number) => number.hash(&mut hasher),
        Token::I8(number) => number.hash(&mut hasher),
        Token::Boolean(truth) => truth.hash(&mut hasher),
        Token::Double(number) => {
            let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
            number.to_bits().hash(&mut hasher);
        }
        Token::String(text) => text.hash(&mut hasher),
        Token::DateTime(moment) => moment.hash(&mut hasher),
        Token::Base64(bytes) => bytes.hash(&mut hasher),
        _ => {}
    }
    hasher.finish()
}
