//! A value put together from a flat sequence, without recursion.

use std::mem;

use super::{Array, Name, Struct, Value};
use crate::error::Result;
use crate::path::Path;
use crate::stack::Stack;
use crate::token::Token;

/// Takes [`Token`]s and gives the value.
///
/// Values gather on one stack for all levels; when a container ends, its part is moved into a vector of exactly its length. So a
/// container costs one allocation, and nothing is reserved from a length that somebody claims.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    /// The value, when it is complete.
    whole: Option<Value>,
    /// Like all arrays, it drops deep values without recursion, should the builder be left half-way.
    values: Array,
    /// A member stands here from its name on, and is nil until its value is complete.
    members: Struct,
    /// The containers that are open, innermost last.
    open: Stack<Open>,
}

#[derive(Debug)]
enum Open {
    /// Where in `values` the array's part begins.
    Array(usize),
    /// Where in `members` the struct's part begins.
    Struct(usize),
}

impl Builder {
    /// The value that begins with a token, and for which `next` gives the others.
    pub(crate) fn complete<'t>(
        first: Token<'t>,
        mut next: impl FnMut() -> Result<Token<'t>>,
    ) -> Result<Value> {
        let mut builder = Self::default();
        builder.token(first);
        loop {
            if let Some(whole) = builder.whole.take() {
                return Ok(whole);
            }
            builder.token(next()?);
        }
    }

    pub(crate) fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Int(number) => self.value(Value::Int(number)),
            Token::I8(number) => self.value(Value::I8(number)),
            Token::Boolean(truth) => self.value(Value::Boolean(truth)),
            Token::Double(number) => self.value(Value::Double(number)),
            Token::String(text) => self.value(Value::String(text.into_owned())),
            Token::DateTime(moment) => self.value(Value::DateTime(moment)),
            Token::Base64(bytes) => self.value(Value::Base64(bytes.into_owned().into())),
            Token::Nil => self.value(Value::Nil),
            Token::ArrayStart => self.open.push(Open::Array(self.values.len())),
            Token::StructStart => self.open.push(Open::Struct(self.members.len())),
            Token::ArrayEnd | Token::StructEnd => self.end(),
            Token::Name(name) => self.name(name.into()),
        }
    }

    /// The name of a member, whose value has to follow.
    pub(super) fn name(&mut self, name: Name) {
        self.members.0.push((name, Value::Nil));
    }

    #[inline]
    fn value(&mut self, value: Value) {
        match (self.open.top(), self.members.0.last_mut()) {
            (None, _) => self.whole = Some(value),
            (Some(Open::Struct(_)), Some((_, member))) => *member = value,
            _ => self.values.0.push(value),
        }
    }

    /// Where the value that comes next, or the one that came last, stands.
    pub(crate) fn path(&self) -> String {
        let mut path = Path::default();
        let mut starts = self.open.iter().filter_map(|open| match open {
            Open::Array(start) => Some(*start),
            Open::Struct(_) => None,
        });
        starts.next();
        let mut structs = self.open.iter().filter_map(|open| match open {
            Open::Array(_) => None,
            Open::Struct(start) => Some(*start),
        });
        structs.next();
        for open in self.open.iter() {
            match open {
                Open::Array(start) => path.index(starts.next().unwrap_or(self.values.len()) - start + 1),
                Open::Struct(start) => {
                    let met = &self.members.0[*start..structs.next().unwrap_or(self.members.len())];
                    path.name(met.last().map(|(name, _)| name.as_str()));
                }
            }
        }
        path.finish()
    }

    /// Ends the container that was started last.
    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Array(start)) => {
                let values = self.part(start, |builder| &mut builder.values.0);
                self.value(Value::Array(Array(values)));
            }
            Some(Open::Struct(start)) => {
                let members = self.part(start, |builder| &mut builder.members.0);
                self.value(Value::Struct(Struct::from_members(members)));
            }
            None => {}
        }
    }

    /// What a container holds, from where its part begins; of the outermost one, which nothing follows, the vector itself.
    fn part<T>(&mut self, start: usize, of: impl FnOnce(&mut Self) -> &mut Vec<T>) -> Vec<T> {
        let is_outermost = self.open.is_empty();
        let gathered = of(self);
        if !is_outermost {
            return gathered.drain(start..).collect();
        }
        let mut part = mem::take(gathered);
        part.shrink_to_fit();
        part
    }

    /// Whether a whole value has been put together.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.whole.is_some()
    }

    /// The value; nil where none was given.
    pub(crate) fn finish(self) -> Value {
        self.whole.unwrap_or_default()
    }
}
