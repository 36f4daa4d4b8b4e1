//! The results in an answer of `system.multicall`, each of a type of its own.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Deserializer, ValueSource};
use crate::call::MethodResponse;
use crate::error::{Category, Error, Result};
use crate::fault::Fault;
use crate::stack::Stack;
use crate::token::{Container, Token};
use crate::value::{Builder, Value};
use crate::xml::Reader;

/// The elements of the answer's array. One that is wrong is an error of its own, as long as its XML is well formed.
pub(crate) struct Outcomes<'v> {
    deserializer: Deserializer<'v, Reader<'v, 'v>>,
    /// Whether results have no array around them.
    bare: bool,
}

impl<'v> Outcomes<'v> {
    /// Goes into the array.
    pub(crate) fn new(source: Reader<'v, 'v>, bare: bool) -> Result<Self> {
        let mut deserializer = Deserializer::new(source);
        match deserializer.next()? {
            Token::ArrayStart => Ok(Self { deserializer, bare }),
            token => deserializer.mismatch("an array with an element for each call", &token),
        }
    }

    /// The reader, behind the array.
    pub(crate) fn source(&mut self) -> &mut Reader<'v, 'v> {
        &mut self.deserializer.source
    }

    /// The next outcome; `None` behind the last one.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Result<MethodResponse<T>>>> {
        let mark = self.deserializer.source.mark();
        let element = match self.bare {
            false => self.element(),
            true => self.bare_element(),
        };
        match element {
            Ok(outcome) => Ok(outcome.map(Ok)),
            Err(error) => {
                self.deserializer.pending = Stack::default();
                self.deserializer
                    .source
                    .recover(mark, error)
                    .map(|error| Some(Err(error)))
            }
        }
    }

    fn element<T: DeserializeOwned>(&mut self) -> Result<Option<MethodResponse<T>>> {
        if self.deserializer.expect_start(Container::Array) {
            return self.only_value().map(Some);
        }
        match self.deserializer.next()? {
            Token::ArrayEnd => Ok(None),
            Token::ArrayStart => self.only_value().map(Some),
            Token::StructStart => {
                let fault = self.rest_of(Token::StructStart)?;
                self.fault(fault).map(Some)
            }
            // A scalar can mean nothing but a result without its array.
            token => self.value_of(token).map(Some),
        }
    }

    /// Behind the start of a result's array: its value, and its end.
    fn only_value<T: DeserializeOwned>(&mut self) -> Result<MethodResponse<T>> {
        if !self.deserializer.has_element() {
            match self.deserializer.next()? {
                Token::ArrayEnd => return Err(self.no_single_value(0)),
                token => self.deserializer.put_back(token),
            }
        }
        let value = self.deserializer.value(PhantomData)?;
        let mut count = 1;
        while !self.deserializer.expect_end(Container::Array) {
            let token = self.deserializer.next()?;
            if token == Token::ArrayEnd {
                break;
            }
            self.rest_of(token)?;
            count += 1;
        }
        match count {
            1 => Ok(MethodResponse::Success(value)),
            _ => Err(self.no_single_value(count)),
        }
    }

    #[cold]
    fn no_single_value(&self, found: usize) -> Error {
        let found = format!("one of {found}");
        let error = Error::mismatch(Category::Protocol, "an array of one value", found);
        error.at(|| self.deserializer.source.place())
    }

    fn bare_element<T: DeserializeOwned>(&mut self) -> Result<Option<MethodResponse<T>>> {
        match self.deserializer.next()? {
            Token::ArrayEnd => Ok(None),
            Token::StructStart => {
                let members = self.rest_of(Token::StructStart)?;
                if members
                    .as_struct()
                    .is_some_and(|members| members.get("faultCode").is_some())
                {
                    return self.fault(members).map(Some);
                }
                let value = Deserializer::new(ValueSource::new(&members)).value(PhantomData);
                let value = self.deserializer.located(value)?;
                Ok(Some(MethodResponse::Success(value)))
            }
            token => self.value_of(token).map(Some),
        }
    }

    /// The value that begins with `token`, as a result.
    fn value_of<T: DeserializeOwned>(&mut self, token: Token<'v>) -> Result<MethodResponse<T>> {
        self.deserializer.put_back(token);
        self.deserializer.value(PhantomData).map(MethodResponse::Success)
    }

    fn fault<T>(&self, value: Value) -> Result<MethodResponse<T>> {
        let fault = Fault::from_value(value, self.deserializer.source.reading());
        let fault = self.deserializer.located(fault)?;
        Ok(MethodResponse::Fault(fault))
    }

    /// The value that begins with `token`, whole.
    fn rest_of(&mut self, token: Token<'v>) -> Result<Value> {
        Builder::complete(token, || self.deserializer.next())
    }
}
