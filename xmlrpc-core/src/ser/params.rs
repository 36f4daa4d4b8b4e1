//! The list of a call's parameters.
//!
//! It is an array to serde, and `<param>`s to XML-RPC: the outermost array of tokens is cut into its values.

use serde::ser::Serialize;

use super::{Serializer, Sink};
use crate::error::{Category, Error, Result};
use crate::token::Token;
use crate::xml::Writer;

/// Writes the parameters of a tuple, array, slice, `Vec`, tuple struct or [`Array`](crate::Array); none for `()`.
pub(crate) fn serialize_params<P: Serialize + ?Sized>(params: &P, writer: &mut Writer<'_>) -> Result<()> {
    params.serialize(Serializer(&mut List {
        writer,
        depth: 0,
        count: 0,
    }))
}

/// Writes such parameters as one array, as an entry of `system.multicall` has them.
pub(crate) fn serialize_params_array<P: Serialize + ?Sized>(
    params: &P,
    writer: &mut Writer<'_>,
) -> Result<()> {
    params.serialize(Serializer(&mut ListArray { writer, begun: false }))
}

struct ListArray<'w, 'd> {
    writer: &'w mut Writer<'d>,
    begun: bool,
}

impl Sink for ListArray<'_, '_> {
    #[inline(always)]
    fn token(&mut self, token: Token<'_>) -> Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        match token {
            token if begun => self.writer.token(token),
            Token::ArrayStart => self.writer.token(Token::ArrayStart),
            Token::Nil => {
                self.writer.token(Token::ArrayStart)?;
                self.writer.token(Token::ArrayEnd)
            }
            other => Err(no_list(other)),
        }
    }

    fn place(&self) -> String {
        self.writer.place()
    }
}

#[cold]
#[expect(
    clippy::needless_pass_by_value,
    reason = "tokens that are borrowed have to be stored, even where nothing is wrong with them"
)]
fn no_list(found: Token<'_>) -> Error {
    let expected = "a list of parameters, which is `(x,)` for one and `()` for none";
    Error::mismatch(Category::Data, expected, found.described())
}

struct List<'w, 'd> {
    writer: &'w mut Writer<'d>,
    /// Arrays and structs that are open, the list included.
    depth: usize,
    /// Parameters that are complete, which is the index of the one at hand.
    count: usize,
}

impl Sink for List<'_, '_> {
    #[inline(always)]
    fn token(&mut self, token: Token<'_>) -> Result<()> {
        if self.depth == 0 {
            return self.list(token);
        }
        match &token {
            Token::ArrayEnd | Token::StructEnd => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Ok(());
                }
            }
            Token::Name(_) => return self.write(token),
            _ => {
                if self.depth == 1 {
                    self.writer.raw("<param>");
                }
                self.depth += usize::from(matches!(token, Token::ArrayStart | Token::StructStart));
                if self.depth > 1 && matches!(token, Token::ArrayStart | Token::StructStart) {
                    return self.write(token);
                }
            }
        }
        self.write(token)?;
        if self.depth == 1 {
            self.writer.raw("</param>");
            self.count += 1;
        }
        Ok(())
    }

    fn place(&self) -> String {
        let inner = self.writer.place();
        let index = self.count;
        match inner.chars().next() {
            Some('[') | None => format!("params[{index}]{inner}"),
            Some(_) => format!("params[{index}].{inner}"),
        }
    }
}

impl List<'_, '_> {
    #[inline(always)]
    fn list(&mut self, token: Token<'_>) -> Result<()> {
        match token {
            Token::ArrayStart => {
                self.depth = 1;
                Ok(())
            }
            Token::Nil => Ok(()),
            other => Err(no_list(other)),
        }
    }

    #[inline(always)]
    fn write(&mut self, token: Token<'_>) -> Result<()> {
        self.writer.token(token).map_err(|error| self.in_list(error))
    }

    /// The writer knows the path inside of the parameter only.
    #[cold]
    fn in_list(&self, error: Error) -> Error {
        error.under(&format!("params[{}]", self.count))
    }
}
