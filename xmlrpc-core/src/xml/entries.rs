//! The entries of `system.multicall`, each of which is a call: where its parameters stand, and the way over one that is wrong.

use super::gather::Piece;
use super::general::Bindings;
use super::place::Lines;
use super::reader::{Base, Reader, State};
use super::tag::Tag;
use crate::error::{Category, Error, LimitName, Result};
use crate::token::Token;

/// The place before an element of the outermost array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    place: usize,
    /// Values that the array had.
    elements: usize,
    scopes: (usize, usize),
}

impl<'r, 'de> Reader<'r, 'de> {
    /// Whether a value that stands here can be read later by another reader that [inherits](Reader::inherit) what this one bound;
    /// otherwise an element below the root binds prefixes.
    pub(crate) fn is_resumable(&self) -> bool {
        !self.general.is_scoped()
    }

    /// Where the reader is.
    pub(crate) fn position_in_text(&self) -> usize {
        self.pos
    }

    /// The prefixes that the root binds, for readers that go on below it.
    pub(crate) fn bindings(&self) -> Option<Bindings> {
        self.general.bindings()
    }

    /// Takes over what another reader has bound.
    pub(crate) fn inherit(&mut self, bindings: Option<&'r Bindings>) {
        self.general.inherited = bindings;
    }

    /// Goes to an array of parameters, below the root, which come behind so many others.
    pub(crate) fn resume_at_params(&mut self, place: usize, behind: usize) {
        self.resume(place);
        self.begin_value(Base::Params(behind));
    }

    /// Whether to leave the texts of scalars that are none to whoever reads them again; they are nil here, and base64 has no bytes.
    pub(crate) fn defer_scalars(&mut self, defers: bool) {
        self.defers = defers;
    }

    /// Goes behind the value that `token` begins, or is.
    pub(crate) fn skip_rest(&mut self, token: &Token<'_>) -> Result<()> {
        match token {
            Token::ArrayStart | Token::StructStart => self.skip_to(self.frames.len() - 1),
            _ => Ok(()),
        }
    }

    /// Has the lines of errors looked for from those that are known.
    pub(crate) fn share_lines(&mut self, lines: &'r Lines) {
        self.lines = Some(lines);
        self.anchor = self.pos;
    }

    /// Marks the place in the outermost array where its next element begins, if there is one.
    pub(crate) fn mark(&mut self) -> Mark {
        self.anchor = self.pos;
        Mark {
            place: self.pos,
            elements: self.elements(),
            scopes: self.general.depth(),
        }
    }

    /// Goes behind the element that begins at the mark, in which an error was met, as long as its XML is well formed.
    ///
    /// # Errors
    ///
    /// The error that was met where it is not the element's alone, and any that is found on the way.
    pub(crate) fn recover(&mut self, mark: Mark, error: Error) -> Result<Error> {
        let in_element = self.elements() > mark.elements;
        if !in_element || !matches!(error.category(), Category::Data | Category::Protocol) {
            return Err(error);
        }
        self.frames.truncate(1);
        self.names.clear();
        self.resumes.clear();
        self.skipping = false;
        self.general.leave(mark.scopes);
        self.pos = mark.place;
        self.skip_element()?;
        self.state = State::Element;
        Ok(error)
    }

    fn elements(&self) -> usize {
        self.frames.first().map_or(0, |array| array.count)
    }

    /// Goes behind the element that begins here, whatever it holds.
    fn skip_element(&mut self) -> Result<()> {
        let mut open = Vec::new();
        loop {
            match self.gather()?.1 {
                Piece::Open(element) => open.push(element.name),
                Piece::Empty(_) => {}
                Piece::Close(element) => match open.pop() {
                    Some(name) if name == element.name => {}
                    name => {
                        let expected = format!("</{}>", name.unwrap_or_default());
                        return Err(self.unexpected(&expected, Piece::Close(element), Tag::Unknown));
                    }
                },
                Piece::End => return Err(self.ended("the end of the element")),
            }
            if open.is_empty() {
                return Ok(());
            }
            self.check_elements(open.len())?;
        }
    }

    /// As many elements as may stand in one another where arrays and structs keep to their limit: each level takes no more than three.
    fn check_elements(&self, open: usize) -> Result<()> {
        if open <= self.limits.depth.saturating_add(1).saturating_mul(3) {
            return Ok(());
        }
        Err(self.fail(
            self.token_start,
            Error::limit(LimitName::Depth, self.limits.depth),
        ))
    }
}
