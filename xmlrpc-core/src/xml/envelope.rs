//! What stands around values: calls, responses, faults.
//!
//! Reading, these are further steps of the [`Reader`]; writing, of the [`Writer`].

use std::borrow::Cow;

use super::encoding::Encoding;
use super::gather::Piece;
use super::general::{Element, check_declaration};
use super::reader::{Base, Reader, State};
use super::tag::{APACHE_NAMESPACE, Tag};
use super::text::{is_space, trimmed};
use super::writer::Writer;
use crate::error::{Category, Error, Result, excerpt};
use crate::reading::Policy;
use crate::value::{Builder, Value};

/// The declaration of a document in UTF-8, and tags behind it.
macro_rules! usual_head {
    ($tags:literal) => {
        concat!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", $tags)
    };
}

/// What a response holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ResponseKind {
    Result,
    Fault,
}

impl<'r> Reader<'r, '_> {
    /// Reads a call up to its parameters and gives the method's name.
    pub(crate) fn call_head(&mut self) -> Result<Cow<'r, str>> {
        self.prolog()?;
        let start = if self.eat("<methodCall><methodName>") {
            self.enter_root();
            self.pos - "<methodName>".len()
        } else {
            self.method_name_start()?
        };
        let name = match self.plain_text("</methodName>") {
            Some(name) => Cow::Borrowed(name),
            None => self.text_until("methodName")?,
        };
        let name = match name {
            Cow::Borrowed(name) => Cow::Borrowed(trimmed(name)),
            Cow::Owned(name) => Cow::Owned(trimmed(&name).to_owned()),
        };
        self.token_start = start;
        if name.is_empty() {
            return Err(self.fail(start, Error::protocol("an empty <methodName>")));
        }
        self.check_name_length(&name)?;
        Ok(name)
    }

    /// Goes behind the start tags of the call and of the method's name, and gives the place of the latter.
    fn method_name_start(&mut self) -> Result<usize> {
        self.root(Tag::MethodCall, "<methodCall>")?;
        self.skip_space();
        let start = self.pos;
        if !self.eat("<methodName>") {
            match self.tag("<methodName>")? {
                Piece::Open(Element {
                    tag: Tag::MethodName, ..
                }) => {}
                other => return Err(self.unexpected("<methodName>", other, Tag::MethodCall)),
            }
        }
        Ok(start)
    }

    /// Behind the method's name: goes into the parameter list, or to the end of a call that has none.
    pub(crate) fn params_start(&mut self) -> Result<()> {
        self.state = if self.eat("<params><param>") {
            State::Param
        } else if self.eat("<params>") {
            State::Params
        } else {
            match self.tag("<params>")? {
                Piece::Open(Element { tag: Tag::Params, .. }) => State::Params,
                Piece::Empty(Element { tag: Tag::Params, .. }) => {
                    self.root_end(Tag::MethodCall, "</methodCall>")?;
                    State::ParamsEnd
                }
                Piece::Close(Element {
                    tag: Tag::MethodCall, ..
                }) => {
                    self.epilog()?;
                    State::ParamsEnd
                }
                other => return Err(self.unexpected("<params>", other, Tag::Unknown)),
            }
        };
        Ok(())
    }

    /// In a parameter list, from its start or from the end of a parameter's value on: goes to the value of the next parameter, or to the
    /// end of the document and says `false`.
    #[inline]
    pub(crate) fn next_param(&mut self, index: usize) -> Result<bool> {
        let found = match self.state {
            State::Param => true,
            State::ParamsEnd => false,
            State::Params => self.param_start()?,
            _ => self.param_turn()?,
        };
        if found {
            self.begin_param(index);
        } else {
            self.state = State::ParamsEnd;
        }
        Ok(found)
    }

    /// From the end of a parameter's value behind the start tag of the next one, or to the end of the document.
    fn param_turn(&mut self) -> Result<bool> {
        match self.plain_turn() {
            Some(true) => Ok(true),
            Some(false) => {
                (self.state, self.base) = (State::Params, Base::Nothing);
                self.epilog()?;
                Ok(false)
            }
            None => {
                self.state = State::Params;
                self.param_end()?;
                self.param_start()
            }
        }
    }

    /// Goes behind the start tag of the parameter that comes next, or to the end of the document.
    fn param_start(&mut self) -> Result<bool> {
        (self.state, self.base) = (State::Params, Base::Nothing);
        if self.eat("<param>") {
            return Ok(true);
        }
        if self.eat("</params></methodCall>") {
            self.epilog()?;
            return Ok(false);
        }
        if !self.eat("</params>") {
            match self.tag("<param> or </params>")? {
                Piece::Open(Element { tag: Tag::Param, .. }) => return Ok(true),
                Piece::Close(Element { tag: Tag::Params, .. }) => {}
                other => return Err(self.unexpected("<param> or </params>", other, Tag::Unknown)),
            }
        }
        self.root_end(Tag::MethodCall, "</methodCall>")?;
        Ok(false)
    }

    /// Behind the start tag of a parameter: goes to its value.
    #[inline]
    fn begin_param(&mut self, index: usize) {
        self.begin_value(Base::Param(index));
    }

    /// In a text that is nothing but `<param>`s: goes to the value of the next one, or says `false` at the end.
    pub(crate) fn next_loose_param(&mut self, index: usize) -> Result<bool> {
        self.enter_root();
        if self.pos == self.text.len() {
            return Ok(false);
        }
        self.base = Base::Nothing;
        match self.eat("<param>") {
            true => self.begin_param(index),
            false => match self.tag("<param>")? {
                Piece::Open(Element { tag: Tag::Param, .. }) => self.begin_param(index),
                other => return Err(self.unexpected("<param>", other, Tag::Unknown)),
            },
        }
        Ok(true)
    }

    /// Behind the value of a parameter.
    pub(crate) fn param_end(&mut self) -> Result<()> {
        self.close(Tag::Param, "</param>")
    }

    /// Reads a response up to the value of its result, or up to its fault.
    pub(crate) fn response_head(&mut self) -> Result<ResponseKind> {
        self.prolog()?;
        if self.eat("<methodResponse><params><param>") {
            self.enter_root();
            self.begin_value(Base::Nothing);
            return Ok(ResponseKind::Result);
        }
        self.root(Tag::MethodResponse, "<methodResponse>")?;
        if !self.eat("<params>") {
            match self.tag("<params> or <fault>")? {
                Piece::Open(Element { tag: Tag::Params, .. }) => {}
                Piece::Open(Element { tag: Tag::Fault, .. }) => return Ok(ResponseKind::Fault),
                other => return Err(self.unexpected("<params> or <fault>", other, Tag::MethodResponse)),
            }
        }
        if !self.eat("<param>") {
            match self.tag("<param>")? {
                Piece::Open(Element { tag: Tag::Param, .. }) => {}
                other => return Err(self.unexpected("<param>", other, Tag::Params)),
            }
        }
        self.begin_value(Base::Nothing);
        Ok(ResponseKind::Result)
    }

    /// Behind the value of a result: goes to the end of the document.
    pub(crate) fn response_end(&mut self) -> Result<()> {
        if self.eat("</param></params></methodResponse>") {
            return self.epilog();
        }
        self.close(Tag::Param, "</param>")?;
        self.close(Tag::Params, "</params>")?;
        self.root_end(Tag::MethodResponse, "</methodResponse>")
    }

    /// Behind `<fault>`: reads its value, and goes to the end of the document.
    pub(crate) fn fault(&mut self) -> Result<Value> {
        // A code has 32 bits, and the one that is given here would be another.
        self.reading.overlong_ints = Policy::Refuse;
        let mut builder = Builder::default();
        self.skip_space();
        self.begin_value(Base::Fault);
        let start = self.pos;
        match self.tag("<value>")? {
            Piece::Open(Element { tag: Tag::Struct, .. }) if self.reading.fault_forms == Policy::Accept => {
                builder.token(self.bare_struct(false)?);
            }
            Piece::Empty(Element { tag: Tag::Struct, .. }) if self.reading.fault_forms == Policy::Accept => {
                builder.token(self.bare_struct(true)?);
            }
            Piece::Open(Element { tag: Tag::Value, .. }) | Piece::Empty(Element { tag: Tag::Value, .. }) => {
                self.pos = start;
            }
            other => return Err(self.unexpected("<value>", other, Tag::Fault)),
        }
        while !self.is_done() {
            builder.token(self.next()?);
        }
        self.close(Tag::Fault, "</fault>")?;
        self.root_end(Tag::MethodResponse, "</methodResponse>")?;
        Ok(builder.finish())
    }

    /// A document that is one bare `<value>`: goes to its start.
    pub(crate) fn bare_value(&mut self) -> Result<()> {
        self.prolog()?;
        self.skip_outside()?;
        self.enter_root();
        self.begin_value(Base::Nothing);
        Ok(())
    }

    /// Nothing but white space, comments and instructions up to the end of the document.
    pub(crate) fn epilog(&mut self) -> Result<()> {
        self.skip_space();
        if self.pos < self.text.len() {
            self.skip_outside()?;
        }
        if self.pos == self.text.len() && !self.is_cut() {
            return Ok(());
        }
        let start = self.pos;
        let (text, piece) = self.gather()?;
        let found = match piece {
            Piece::End if !trimmed(&text).is_empty() => format!("text {}", excerpt(trimmed(&text))),
            Piece::End if self.is_cut() => return Err(self.ended("the end")),
            Piece::End => return Ok(()),
            Piece::Open(element) | Piece::Empty(element) => {
                format!("<{}>", element.name.chars().take(40).collect::<String>())
            }
            Piece::Close(element) => format!("</{}>", element.name.chars().take(40).collect::<String>()),
        };
        Err(self.fail(
            start,
            Error::mismatch(Category::Syntax, "the end of the document", found),
        ))
    }

    fn root(&mut self, tag: Tag, literal: &'static str) -> Result<()> {
        if self.eat(literal) {
            self.enter_root();
            return Ok(());
        }
        self.skip_outside()?;
        let start = self.pos;
        let (text, piece) = self.gather()?;
        let text = trimmed(&text);
        if !text.is_empty() {
            let error = Error::mismatch(Category::Syntax, literal, format!("text {}", excerpt(text)));
            return Err(self.fail(start, error));
        }
        match piece {
            Piece::Open(element) if element.tag == tag => Ok(()),
            other => Err(self.unexpected(literal, other, Tag::Unknown)),
        }
    }

    fn root_end(&mut self, tag: Tag, literal: &'static str) -> Result<()> {
        self.close(tag, literal)?;
        self.epilog()
    }

    /// Goes over what may stand outside of the root: white space, comments and instructions. References and CDATA sections are text
    /// there, white space or not.
    fn skip_outside(&mut self) -> Result<()> {
        loop {
            self.skip_space();
            let rest = &self.text[self.pos..];
            if !rest.starts_with('&') && !rest.starts_with("<!") && !rest.starts_with("<?") {
                return Ok(());
            }
            if rest.starts_with("<!--") || rest.starts_with("<?") {
                self.markup()?;
            } else if rest.starts_with('&') || rest.starts_with("<![CDATA[") {
                return Err(self.fail(self.pos, Error::syntax("text outside of the root element")));
            } else {
                return Ok(());
            }
        }
    }

    /// The XML declaration, if there is one, and white space before it.
    fn prolog(&mut self) -> Result<()> {
        if self.document.declaration > 0 {
            self.pos = self.document.declaration;
            return Ok(());
        }
        let start = self.pos;
        self.skip_space();
        let rest = &self.text[self.pos..];
        let Some(declaration) = rest
            .strip_prefix("<?xml")
            .filter(|r| r.bytes().next().is_none_or(is_space))
        else {
            return Ok(());
        };
        if self.pos > start && self.reading.leading_space == Policy::Refuse {
            return Err(self.fail(self.pos, Error::syntax("white space before the XML declaration")));
        }
        let Some(length) = declaration.find("?>") else {
            return Err(self.ended("the end of the XML declaration"));
        };
        check_declaration(&declaration[..length]).map_err(|error| self.fail(self.pos, error))?;
        self.pos += "<?xml".len() + length + "?>".len();
        Ok(())
    }
}

impl Writer<'_> {
    /// Writes a call up to its parameters.
    pub(crate) fn call_head(&mut self, method: &str) -> Result<()> {
        if self.has_usual_head() {
            self.raw(usual_head!("<methodCall><methodName>"));
        } else {
            self.head("<methodCall");
            self.raw("<methodName>");
        }
        self.text(method)?;
        self.raw("</methodName><params>");
        Ok(())
    }

    pub(crate) fn call_end(&mut self) {
        self.raw("</params></methodCall>");
    }

    /// Writes a response up to the value of its result.
    pub(crate) fn response_head(&mut self) {
        if self.has_usual_head() {
            self.raw(usual_head!("<methodResponse><params><param>"));
        } else {
            self.head("<methodResponse");
            self.raw("<params><param>");
        }
    }

    pub(crate) fn response_end(&mut self) {
        self.raw("</param></params></methodResponse>");
    }

    /// Writes a whole response with a fault.
    pub(crate) fn fault(&mut self, code: i32, string: &str) -> Result<()> {
        self.head("<methodResponse");
        self.raw("<fault><value><struct><member><name>faultCode</name>");
        self.int(code);
        self.raw("</member><member><name>faultString</name>");
        self.string(string)?;
        self.raw("</member></struct></value></fault></methodResponse>");
        Ok(())
    }

    /// Whether nothing in the head depends on the dialect, so that it is one literal with the tags behind it.
    #[inline(always)]
    fn has_usual_head(&self) -> bool {
        self.dialect().encoding == Encoding::UTF_8 && !self.declares_extensions
    }

    /// Writes the declaration, and the start tag of the root, of which `open` is the beginning.
    fn head(&mut self, open: &'static str) {
        self.raw("<?xml version=\"1.0\" encoding=\"");
        self.raw(self.dialect().encoding.name());
        self.raw("\"?>\n");
        self.raw(open);
        if self.declares_extensions {
            self.raw(" xmlns:ex=\"");
            self.raw(APACHE_NAMESPACE);
            self.raw("\"");
        }
        self.raw(">");
    }
}
