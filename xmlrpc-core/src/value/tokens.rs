//! A value taken apart into a flat sequence, without recursion.
//!
//! This is how a whole value crosses serde: reader to [`Builder`](super::Builder), [`Value`] to writer.

use super::{Name, Value};
use crate::path::Path;
use crate::stack::Stack;
use crate::token::Token;

/// The steps through a value, first to last.
#[derive(Debug)]
pub(crate) struct Tokens<'v> {
    root: Option<&'v Value>,
    open: Stack<Open<'v>>,
}

#[derive(Debug)]
enum Open<'v> {
    Array {
        values: &'v [Value],
        next: usize,
    },
    /// A member's name and value are two steps: `named` is the value whose name was the last one.
    Struct {
        members: &'v [(Name, Value)],
        next: usize,
        named: Option<&'v Value>,
    },
}

impl<'v> Tokens<'v> {
    pub(crate) fn new(value: &'v Value) -> Self {
        Self {
            root: Some(value),
            open: Stack::default(),
        }
    }

    /// The steps behind [`Token::ArrayStart`].
    pub(super) fn of_array(values: &'v [Value]) -> Self {
        Self {
            root: None,
            open: Stack::of(Open::Array { values, next: 0 }),
        }
    }

    /// The steps behind [`Token::StructStart`].
    pub(super) fn of_struct(members: &'v [(Name, Value)]) -> Self {
        Self {
            root: None,
            open: Stack::of(Open::Struct {
                members,
                next: 0,
                named: None,
            }),
        }
    }

    /// Where the last step led: `users[3].id`.
    pub(crate) fn path(&self) -> String {
        let mut path = Path::default();
        for open in self.open.iter() {
            match *open {
                Open::Array { next, .. } => path.index(next),
                Open::Struct { members, next, .. } => {
                    path.name(next.checked_sub(1).map(|last| members[last].0.as_str()));
                }
            }
        }
        path.finish()
    }

    fn enter(&mut self, value: &'v Value) -> Token<'v> {
        match value {
            Value::Int(number) => Token::Int(*number),
            Value::I8(number) => Token::I8(*number),
            Value::Boolean(truth) => Token::Boolean(*truth),
            Value::Double(number) => Token::Double(*number),
            Value::String(text) => Token::String(text.into()),
            Value::DateTime(moment) => Token::DateTime(*moment),
            Value::Base64(bytes) => Token::Base64(bytes.as_slice().into()),
            Value::Nil => Token::Nil,
            Value::Array(values) => {
                self.open.push(Open::Array { values, next: 0 });
                Token::ArrayStart
            }
            Value::Struct(members) => {
                self.open.push(Open::Struct {
                    members: &members.0,
                    next: 0,
                    named: None,
                });
                Token::StructStart
            }
        }
    }
}

impl<'v> Iterator for Tokens<'v> {
    type Item = Token<'v>;

    fn next(&mut self) -> Option<Token<'v>> {
        if let Some(value) = self.root.take() {
            return Some(self.enter(value));
        }
        let (value, end) = match self.open.top_mut()? {
            Open::Array { values, next } => {
                let value = values.get(*next);
                *next += usize::from(value.is_some());
                (value, Token::ArrayEnd)
            }
            Open::Struct { members, next, named } => match (named.take(), members.get(*next)) {
                (Some(value), _) => (Some(value), Token::StructEnd),
                (None, Some((name, value))) => {
                    *next += 1;
                    *named = Some(value);
                    return Some(Token::Name(name.as_str().into()));
                }
                (None, None) => (None, Token::StructEnd),
            },
        };
        if let Some(value) = value {
            return Some(self.enter(value));
        }
        self.open.pop();
        Some(end)
    }
}
