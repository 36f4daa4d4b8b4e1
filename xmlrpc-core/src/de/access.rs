//! Arrays, structs and variants, as serde walks through them.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::name::NameDeserializer;
use super::{Deserializer, Source};
use crate::error::{Error, Result};
use crate::token::{Container, Token};

/// The elements of an array.
pub(super) struct Elements<'x, 'de, S> {
    de: &'x mut Deserializer<'de, S>,
    /// Whether the array's end was read.
    pub(super) ended: bool,
}

impl<'x, 'de, S> Elements<'x, 'de, S> {
    pub(super) fn new(de: &'x mut Deserializer<'de, S>) -> Self {
        Self { de, ended: false }
    }
}

impl<'de, S: Source<'de>> de::SeqAccess<'de> for &mut Elements<'_, 'de, S> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.ended {
            return Ok(None);
        }
        if self.de.has_element() {
            return seed.deserialize(&mut *self.de).map(Some);
        }
        if self.de.expect_end(Container::Array) {
            self.ended = true;
            return Ok(None);
        }
        match self.de.next()? {
            Token::ArrayEnd => {
                self.ended = true;
                Ok(None)
            }
            token => {
                self.de.put_back(token);
                seed.deserialize(&mut *self.de).map(Some)
            }
        }
    }
}

/// The members of a struct.
pub(super) struct Members<'x, 'de, S> {
    de: &'x mut Deserializer<'de, S>,
    /// Whether the struct's end was read.
    pub(super) ended: bool,
}

impl<'x, 'de, S> Members<'x, 'de, S> {
    pub(super) fn new(de: &'x mut Deserializer<'de, S>) -> Self {
        Self { de, ended: false }
    }
}

impl<'de, S: Source<'de>> de::MapAccess<'de> for &mut Members<'_, 'de, S> {
    type Error = Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.ended {
            return Ok(None);
        }
        let name = match self.de.expect(S::expect_name) {
            Some(name) => Cow::Borrowed(name),
            None if self.de.expect_end(Container::Struct) => {
                self.ended = true;
                return Ok(None);
            }
            None => match self.de.next()? {
                Token::Name(name) => name,
                Token::StructEnd => {
                    self.ended = true;
                    return Ok(None);
                }
                token => return self.de.mismatch("a member", &token),
            },
        };
        let name = seed.deserialize(NameDeserializer(name));
        self.de.located(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(&mut *self.de)
    }
}

/// A variant with data: the one member of a struct whose start is behind.
pub(super) struct Variant<'x, 'de, S>(pub(super) &'x mut Deserializer<'de, S>);

impl<'de, S: Source<'de>> de::EnumAccess<'de> for Variant<'_, 'de, S> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        match self.0.next()? {
            Token::Name(name) => {
                let variant = seed.deserialize(NameDeserializer(name));
                Ok((self.0.located(variant)?, self))
            }
            token => self
                .0
                .mismatch("a struct of one member, named for the variant", &token),
        }
    }
}

impl<'de, S: Source<'de>> de::VariantAccess<'de> for Variant<'_, 'de, S> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        de::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value> {
        de::Deserializer::deserialize_tuple(self.0, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        de::Deserializer::deserialize_struct(self.0, "", fields, visitor)
    }
}

/// A map of one entry, in which a date-time goes through serde's buffers.
pub(super) struct OneEntry {
    key: &'static str,
    text: Option<String>,
    key_taken: bool,
}

impl OneEntry {
    pub(super) fn new(key: &'static str, text: String) -> Self {
        Self {
            key,
            text: Some(text),
            key_taken: false,
        }
    }
}

impl<'de> de::MapAccess<'de> for OneEntry {
    type Error = Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if std::mem::replace(&mut self.key_taken, true) {
            return Ok(None);
        }
        seed.deserialize(StrDeserializer::new(self.key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let text = self.text.take().unwrap_or_default();
        seed.deserialize(de::value::StringDeserializer::new(text))
    }
}
