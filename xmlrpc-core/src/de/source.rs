//! Where tokens come from.

use std::borrow::Cow;

use crate::error::{Error, Position, Result};
use crate::reading::Duplicates;
use crate::token::Token;
use crate::value::{Tokens, Value};
use crate::xml::Reader;

/// What gives tokens.
pub(crate) trait Source<'de> {
    fn next(&mut self) -> Result<Token<'de>>;

    /// Where the last token stands, for errors.
    fn place(&self) -> (Option<Position>, String);

    /// Whether structs are to be read with the last of equal names alone.
    fn settles_duplicates(&self) -> bool;
}

/// Gives the tokens of a document.
pub(crate) struct DocumentSource<'r, 'de> {
    pub(crate) reader: Reader<'r>,
    /// What the document lends: text that lives as long as the caller's bytes, or a copy where it had to be decoded.
    lend: fn(&'r str) -> Cow<'de, str>,
}

impl<'de> DocumentSource<'de, 'de> {
    /// For a document whose text is the caller's.
    pub(crate) fn lending(reader: Reader<'de>) -> Self {
        Self {
            reader,
            lend: |text| Cow::Borrowed(text),
        }
    }
}

impl<'r, 'de> DocumentSource<'r, 'de> {
    /// For a document that was decoded into a text of its own.
    pub(crate) fn copying(reader: Reader<'r>) -> Self {
        Self {
            reader,
            lend: |text| Cow::Owned(text.to_owned()),
        }
    }

    fn text(&self, text: Cow<'r, str>) -> Cow<'de, str> {
        match text {
            Cow::Borrowed(text) => (self.lend)(text),
            Cow::Owned(text) => Cow::Owned(text),
        }
    }
}

impl<'de> Source<'de> for DocumentSource<'_, 'de> {
    fn next(&mut self) -> Result<Token<'de>> {
        Ok(match self.reader.next()? {
            Token::String(text) => Token::String(self.text(text)),
            Token::Name(name) => Token::Name(self.text(name)),
            Token::Base64(bytes) => Token::Base64(Cow::Owned(bytes.into_owned())),
            Token::Int(number) => Token::Int(number),
            Token::I8(number) => Token::I8(number),
            Token::Boolean(truth) => Token::Boolean(truth),
            Token::Double(number) => Token::Double(number),
            Token::DateTime(moment) => Token::DateTime(moment),
            Token::Nil => Token::Nil,
            Token::ArrayStart => Token::ArrayStart,
            Token::ArrayEnd => Token::ArrayEnd,
            Token::StructStart => Token::StructStart,
            Token::StructEnd => Token::StructEnd,
        })
    }

    fn place(&self) -> (Option<Position>, String) {
        self.reader.place()
    }

    fn settles_duplicates(&self) -> bool {
        self.reader.reading().duplicates == Duplicates::LastWinsBuffered
    }
}

/// Gives the tokens of a value.
pub(crate) struct ValueSource<'v> {
    tokens: Tokens<'v>,
}

impl<'v> ValueSource<'v> {
    pub(crate) fn new(value: &'v Value) -> Self {
        Self {
            tokens: Tokens::new(value),
        }
    }
}

impl<'v> Source<'v> for ValueSource<'v> {
    fn next(&mut self) -> Result<Token<'v>> {
        self.tokens.next().ok_or_else(|| Error::data("no further value"))
    }

    fn place(&self) -> (Option<Position>, String) {
        (None, self.tokens.path())
    }

    fn settles_duplicates(&self) -> bool {
        false
    }
}
