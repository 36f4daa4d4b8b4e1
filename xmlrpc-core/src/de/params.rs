//! The list of a call's parameters, as one value to serde.

use serde::de::{self, DeserializeSeed, IgnoredAny, Visitor};

use super::Deserializer;
use crate::error::{Category, Error, Result};
use crate::ser::Sink as _;
use crate::token::Token;
use crate::xml::{Reader, Writer};

/// What gives one parameter after the other.
pub(crate) trait ParamSource<'p> {
    /// Goes to the next parameter; `false` behind the last one, where the document has been read to its end.
    fn advance(&mut self) -> Result<bool>;

    /// The parameter that was gone to.
    fn take<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<T::Value>;

    fn next_seed<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.advance()? {
            self.take(seed).map(Some)
        } else {
            Ok(None)
        }
    }

    /// How many parameters have been read.
    fn count(&self) -> usize;

    /// All of them as one type, none being left.
    fn list<T: de::Deserialize<'p>>(&mut self) -> Result<T>
    where
        Self: Sized,
    {
        let params = T::deserialize(ParamList(self))?;
        self.finish()?;
        Ok(params)
    }

    /// Reads to the end without keeping anything, and says how many there are in all.
    fn skip_all(&mut self) -> Result<usize> {
        while self.next_seed(std::marker::PhantomData::<IgnoredAny>)?.is_some() {}
        Ok(self.count())
    }

    /// Makes sure that none is left.
    fn finish(&mut self) -> Result<()> {
        let expected = self.count();
        if !self.advance()? {
            return Ok(());
        }
        self.take(std::marker::PhantomData::<IgnoredAny>)?;
        let found = self.skip_all()?;
        let noun = if expected == 1 { "parameter" } else { "parameters" };
        Err(Error::mismatch(
            Category::Data,
            format!("{expected} {noun}"),
            found.to_string(),
        ))
    }
}

/// The parameters in the document of a call.
pub(crate) struct DocumentParams<'r, 'p> {
    deserializer: Deserializer<'p, Reader<'r, 'p>>,
    count: usize,
}

impl<'r, 'p> DocumentParams<'r, 'p> {
    /// `behind` is how many parameters come before them.
    #[inline]
    pub(crate) fn new(source: Reader<'r, 'p>, behind: usize) -> Self {
        Self {
            deserializer: Deserializer::new(source),
            count: behind,
        }
    }

    /// Goes over the head of the call, as `head` does, and to the first parameter; before anything else.
    ///
    /// The reader is large, and is in its place before it reads.
    #[inline]
    pub(crate) fn begin<T>(&mut self, head: impl FnOnce(&mut Reader<'r, 'p>) -> Result<T>) -> Result<T> {
        let source = &mut self.deserializer.source;
        let head = head(source)?;
        source.params_start()?;
        Ok(head)
    }

    pub(crate) fn met_extensions(&self) -> bool {
        self.deserializer.source.met_extensions()
    }
}

impl<'p> ParamSource<'p> for DocumentParams<'_, 'p> {
    #[inline]
    fn advance(&mut self) -> Result<bool> {
        let found = self.deserializer.source.next_param(self.count)?;
        self.count += usize::from(found);
        Ok(found)
    }

    fn take<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<T::Value> {
        self.deserializer.value(seed)
    }

    fn count(&self) -> usize {
        self.count
    }
}

/// The parameters in an entry of `system.multicall`: the elements of an array, behind which nothing is read.
pub(crate) struct EntryParams<'p> {
    deserializer: Deserializer<'p, Reader<'p, 'p>>,
    count: usize,
    ended: bool,
}

impl<'p> EntryParams<'p> {
    /// `behind` is how many parameters come before them.
    #[inline]
    pub(crate) fn new(source: Reader<'p, 'p>, behind: usize) -> Self {
        Self {
            deserializer: Deserializer::new(source),
            count: behind,
            ended: false,
        }
    }

    /// Goes into the array; before anything else.
    pub(crate) fn begin(&mut self) -> Result<()> {
        match self.deserializer.next()? {
            Token::ArrayStart => Ok(()),
            token => self.deserializer.mismatch("an array of parameters", &token),
        }
    }

    pub(crate) fn met_extensions(&self) -> bool {
        self.deserializer.source.met_extensions()
    }

    /// Writes all of them, as they are to stand in `<params>`.
    pub(crate) fn write(&mut self, writer: &mut Writer<'_>) -> Result<()> {
        while self.advance()? {
            writer.raw("<param>");
            let path = format!("params[{}]", self.count - 1);
            let mut depth = 0_usize;
            loop {
                let token = self.deserializer.next()?;
                match token {
                    Token::ArrayStart | Token::StructStart => depth += 1,
                    Token::ArrayEnd | Token::StructEnd => depth -= 1,
                    _ => {}
                }
                let ends = depth == 0 && !matches!(token, Token::Name(_));
                writer.token(token).map_err(|error| error.under(&path))?;
                if ends {
                    break;
                }
            }
            writer.raw("</param>");
        }
        Ok(())
    }
}

impl<'p> ParamSource<'p> for EntryParams<'p> {
    fn advance(&mut self) -> Result<bool> {
        if !self.ended && !self.deserializer.has_element() {
            match self.deserializer.next()? {
                Token::ArrayEnd => self.ended = true,
                token => self.deserializer.put_back(token),
            }
        }
        self.count += usize::from(!self.ended);
        Ok(!self.ended)
    }

    fn take<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<T::Value> {
        self.deserializer.value(seed)
    }

    fn count(&self) -> usize {
        self.count
    }
}

/// Deserializes all parameters into a tuple, array, `Vec` or tuple struct; `()` takes none.
struct ParamList<'x, X>(&'x mut X);

impl<'p, X: ParamSource<'p>> de::SeqAccess<'p> for ParamList<'_, X> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.0.next_seed(seed)
    }
}

macro_rules! no_list {
    ($($method:ident($($argument:ty),*);)*) => {$(
        fn $method<V: Visitor<'p>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value> {
            let _ = visitor;
            Err(Error::mismatch(
                Category::Data,
                "parameters as a list, which is `(x,)` for one and `()` for none",
                "a type that is no list",
            ))
        }
    )*};
}

impl<'p, X: ParamSource<'p>> de::Deserializer<'p> for ParamList<'_, X> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_seq<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple<V: Visitor<'p>>(self, _: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'p>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'p>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'p>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value> {
        self.0.skip_all()?;
        visitor.visit_unit()
    }

    no_list! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_map();
        deserialize_struct(&'static str, &'static [&'static str]);
        deserialize_enum(&'static str, &'static [&'static str]);
        deserialize_identifier();
    }
}
