//! Where tokens come from: the reader of a document, or a value.

use crate::error::{Error, Position, Result};
use crate::reading::Duplicates;
use crate::token::{Container, Token};
use crate::value::{Tokens, Value};
use crate::xml::Reader;

/// What gives tokens.
pub(crate) trait Source<'de> {
    fn next(&mut self) -> Result<Token<'de>>;

    /// Whether the next token certainly begins an element of an array; `false` says nothing.
    fn has_element(&self) -> bool {
        false
    }

    // What comes next, where it is what the caller expects; `None` says nothing. A source may save itself a token by these.

    fn expect_int(&mut self) -> Option<i32> {
        None
    }

    fn expect_boolean(&mut self) -> Option<bool> {
        None
    }

    fn expect_double(&mut self) -> Option<f64> {
        None
    }

    fn expect_string(&mut self) -> Option<&'de str> {
        None
    }

    fn expect_name(&mut self) -> Option<&'de str> {
        None
    }

    fn expect_start(&mut self, _: Container) -> Option<()> {
        None
    }

    fn expect_end(&mut self, _: Container) -> Option<()> {
        None
    }

    /// Where the last token stands, for errors.
    fn place(&self) -> (Option<Position>, String);

    /// Whether structs are to be read with the last of equal names alone.
    fn settles_duplicates(&self) -> bool;
}

impl<'de> Source<'de> for Reader<'_, 'de> {
    fn next(&mut self) -> Result<Token<'de>> {
        Reader::next(self)
    }

    fn has_element(&self) -> bool {
        self.has_element()
    }

    fn expect_int(&mut self) -> Option<i32> {
        Reader::expect_int(self)
    }

    fn expect_boolean(&mut self) -> Option<bool> {
        Reader::expect_boolean(self)
    }

    fn expect_double(&mut self) -> Option<f64> {
        Reader::expect_double(self)
    }

    fn expect_string(&mut self) -> Option<&'de str> {
        Reader::expect_string(self)
    }

    fn expect_name(&mut self) -> Option<&'de str> {
        Reader::expect_name(self)
    }

    fn expect_start(&mut self, kind: Container) -> Option<()> {
        Reader::expect_start(self, kind)
    }

    fn expect_end(&mut self, kind: Container) -> Option<()> {
        Reader::expect_end(self, kind)
    }

    fn place(&self) -> (Option<Position>, String) {
        Reader::place(self)
    }

    fn settles_duplicates(&self) -> bool {
        self.reading().duplicates == Duplicates::LastWinsBuffered
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
