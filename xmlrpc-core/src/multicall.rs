//! The entries of `system.multicall`: calls that are read where they stand, in the document of the call that brought them.

use std::sync::Arc;

use crate::call::{MethodName, WHITE_SPACE};
use crate::codec::Settings;
use crate::error::{Category, Error, Result, excerpt};
use crate::fault::{Fault, code};
use crate::options::Options;
use crate::params::{Call, Params, behind_head};
use crate::token::Token;
use crate::value::{Builder, Value};
use crate::xml::{Bindings, Document, Lines, Reader};

/// A document that several calls share, and what its root binds.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) document: Document<'static>,
    bindings: Option<Bindings>,
    lines: Lines,
}

impl Shared {
    /// A reader of the array of parameters that stands at `place`, behind so many other parameters.
    #[inline]
    pub(crate) fn reader_at(&self, place: usize, behind: usize, settings: &Settings) -> Reader<'_, '_> {
        let mut reader = settings.reader(self.document.text(), &self.document);
        reader.inherit(self.bindings.as_ref());
        reader.resume_at_params(place, behind);
        reader.share_lines(&self.lines);
        reader
    }
}

/// The calls in a `system.multicall`, in their order; what [`Params::into_multicall`] gives.
///
/// An entry that is no call is the fault with which it is to be answered:
///
/// | the entry | code |
/// |---|---|
/// | is no struct, or anything in it is well-formed XML but no XML-RPC | -32600 |
/// | has no `methodName` that is a string | -32601 |
/// | has `params` that are no array | -32602 |
///
/// Without `params` there are none; other members are not looked at. A scalar among the parameters whose text is wrong, such as
/// `<int>x</int>`, is an error for whoever reads these parameters, and for nobody else.
#[derive(Debug)]
pub struct MulticallEntries {
    entries: std::vec::IntoIter<Result<Entry, Fault>>,
    count: usize,
    met_extensions: bool,
    shared: Arc<Shared>,
    settings: Options<Settings>,
}

#[derive(Debug)]
struct Entry {
    method: MethodName,
    params: EntryParams,
}

#[derive(Debug)]
enum EntryParams {
    None,
    /// Where the array stands.
    At(usize),
    /// An array that has to be read with prefixes that elements around it bind.
    Values(Vec<Value>),
}

impl MulticallEntries {
    /// How many entries there are in the document, those beyond the limit included.
    pub fn count_in_document(&self) -> usize {
        self.count
    }

    /// Whether Apache's namespace was met, be it only in a declaration: such a peer wants its elements in the answer.
    pub fn met_extensions(&self) -> bool {
        self.met_extensions
    }

    fn call(&self, entry: Entry) -> Call {
        let params = match entry.params {
            EntryParams::None => Params::none(),
            EntryParams::At(place) => Params::of_entry(self.shared.clone(), place, self.settings.clone()),
            EntryParams::Values(values) => Params::from_values(values),
        };
        Call::new(entry.method, params)
    }
}

impl Iterator for MulticallEntries {
    type Item = std::result::Result<Call, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        Some(entry.map(|entry| self.call(entry)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl ExactSizeIterator for MulticallEntries {}

/// Reads the document of a call to its end, and keeps as many entries as there may be.
pub(crate) fn entries(
    document: Document<'static>,
    behind_name: Option<usize>,
    settings: Options<Settings>,
    most: usize,
) -> Result<MulticallEntries> {
    let lines = Lines::default();
    let mut walk = Walk {
        reader: settings.reader(document.text(), &document),
        entries: Vec::new(),
        count: 0,
        most,
    };
    walk.reader.share_lines(&lines);
    behind_head(&mut walk.reader, behind_name)?;
    let bindings = walk.reader.bindings();
    walk.document()?;
    let (entries, count, met_extensions) = (walk.entries, walk.count, walk.reader.met_extensions());
    Ok(MulticallEntries {
        entries: entries.into_iter(),
        count,
        met_extensions,
        shared: Arc::new(Shared {
            document,
            bindings,
            lines,
        }),
        settings,
    })
}

/// The way through the document.
struct Walk<'r> {
    reader: Reader<'r, 'r>,
    entries: Vec<Result<Entry, Fault>>,
    count: usize,
    most: usize,
}

impl Walk<'_> {
    /// Behind the method's name: reads the one parameter, and the document to its end.
    fn document(&mut self) -> Result<()> {
        let mut params = 0;
        self.reader.params_start()?;
        while self.reader.next_param(params)? {
            match self.reader.next()? {
                Token::ArrayStart if params == 0 => self.array()?,
                token if params == 0 => return Err(self.no_array(&token)),
                token => self.reader.skip_rest(&token)?,
            }
            params += 1;
        }
        if params == 1 {
            return Ok(());
        }
        Err(Error::mismatch(Category::Data, "1 parameter", params.to_string()))
    }

    #[cold]
    fn no_array(&self, found: &Token<'_>) -> Error {
        let expected = "an array of structs with methodName and params";
        Error::mismatch(Category::Data, expected, found.described()).at(|| self.reader.place())
    }

    fn array(&mut self) -> Result<()> {
        self.reader.defer_scalars(true);
        loop {
            let mark = self.reader.mark();
            let entry = match self.reader.next() {
                Ok(Token::ArrayEnd) => break,
                Ok(token) => self.entry(&token),
                Err(error) => Err(error),
            };
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => Err(self.reader.recover(mark, error)?.into()),
            };
            self.reader.defer_scalars(true);
            self.count += 1;
            if self.count <= self.most {
                self.entries.push(entry);
            }
        }
        self.reader.defer_scalars(false);
        Ok(())
    }

    /// An entry that begins with `token`.
    fn entry(&mut self, token: &Token<'_>) -> Result<Result<Entry, Fault>> {
        if *token != Token::StructStart {
            self.reader.skip_rest(token)?;
            let text = format!(
                "an entry of system.multicall is a struct, but {} came",
                token.described()
            );
            return Ok(Err(Fault::new(code::INVALID_XML_RPC, text)));
        }
        let (mut method, mut params) = (None, Ok(EntryParams::None));
        loop {
            match self.reader.next()? {
                Token::Name(name) if name == "methodName" => method = self.method()?,
                Token::Name(name) if name == "params" => params = self.params()?,
                Token::Name(_) => self.skip()?,
                _ => break,
            }
        }
        Ok(call(method, params))
    }

    fn skip(&mut self) -> Result<()> {
        let token = self.reader.next()?;
        self.reader.skip_rest(&token)
    }

    /// The method's name, read as it is read from a `<methodName>`.
    fn method(&mut self) -> Result<Option<MethodName>> {
        match self.reader.next()? {
            Token::String(name) => Ok(MethodName::try_from(name.trim_matches(WHITE_SPACE)).ok()),
            token => self.reader.skip_rest(&token).map(|()| None),
        }
    }

    /// The parameters, or what came in their place.
    fn params(&mut self) -> Result<Result<EntryParams, String>> {
        let place = self.reader.position_in_text();
        if !self.reader.is_resumable() {
            return self.values();
        }
        let token = self.reader.next()?;
        self.reader.skip_rest(&token)?;
        Ok(match token {
            Token::ArrayStart => Ok(EntryParams::At(place)),
            token => Err(token.described()),
        })
    }

    /// Parameters that are read at once.
    fn values(&mut self) -> Result<Result<EntryParams, String>> {
        self.reader.defer_scalars(false);
        let first = self.reader.next()?;
        let found = first.described();
        let value = Builder::complete(first, || self.reader.next())?;
        self.reader.defer_scalars(true);
        Ok(match value {
            Value::Array(values) => Ok(EntryParams::Values(values.into_vec())),
            _ => Err(found),
        })
    }
}

fn call(method: Option<MethodName>, params: Result<EntryParams, String>) -> Result<Entry, Fault> {
    let Some(method) = method else {
        let text = "an entry of system.multicall has no methodName that is a string";
        return Err(Fault::new(code::METHOD_NOT_FOUND, text));
    };
    match params {
        Ok(params) => Ok(Entry { method, params }),
        Err(found) => {
            let method = excerpt(&method);
            let text = format!("the params of {method} in system.multicall are an array, but {found} came");
            Err(Fault::new(code::INVALID_PARAMETERS, text))
        }
    }
}
