//! A call whose parameters are still encoded, and its result likewise: what layers and dispatchers hand on.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Serialize};

use crate::call::MethodName;
use crate::codec::{Decoder, Encoder, Settings};
use crate::de::{Deserializer, DocumentParams, EntryParams, ParamSource, ValueSource};
use crate::error::{Error, Result};
use crate::multicall::{self, MulticallEntries, Shared};
use crate::options::Options;
use crate::results::{Envelope, no_text};
use crate::ser::Sink;
use crate::token::Token;
use crate::value::Value;
use crate::xml::{Document, Reader, Writer};

/// A call on its way to its method: the name is known, the parameters wait in [`Params`].
///
/// Services and layers of both sides take this; `extensions` is for what they tell one another. A clone has parameters of its own:
/// it copies what is encoded of them.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name of the method.
    pub method: MethodName,
    /// The parameters, still encoded.
    pub params: Params,
    /// What layers add, by type.
    pub extensions: Extensions,
}

impl Call {
    /// A call without extensions.
    pub fn new(method: MethodName, params: Params) -> Self {
        Self {
            method,
            params,
            extensions: Extensions::default(),
        }
    }
}

/// The parameters of a call, encoded until somebody asks for them.
///
/// [`Params::parse`] decodes all of them at once, [`Params::reader`] one after the other; both can be done again. Nothing is decoded
/// that is not asked for, except that whoever reads to the end has read the document to its end, too, so that no method runs on half
/// a document.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Decoder, Value};
///
/// let xml = b"<methodCall><methodName>add</methodName><params>\
///     <param><value><int>1</int></value></param><param><value><int>2</int></value></param></params></methodCall>";
/// let mut call = Decoder::new().call(xml.to_vec())?;
/// assert_eq!(call.params.parse::<(i32, i32)>()?, (1, 2));
///
/// call.params.prepend(&"token:SECRET")?;
/// assert_eq!(call.params.parse::<(String, i64, f64)>()?, ("token:SECRET".to_owned(), 1, 2.0));
/// assert_eq!(call.params.values()?, [Value::from("token:SECRET"), 1.into(), 2.into()]);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Params {
    /// `<param>`s that this crate wrote.
    front: Option<Box<Document<'static>>>,
    /// How many of them stand before those of `rest`, where there are any.
    front_count: usize,
    rest: Rest,
    settings: Options<Settings>,
    /// What wrote `front`, and writes what is put before it; the default encoder where there is none.
    encoder: Option<Encoder>,
}

#[derive(Clone)]
enum Rest {
    Nothing,
    /// The document of the call, which was found to be one up to the method's name, and the place behind that name unless the
    /// elements before it bind prefixes.
    Document(Document<'static>, Option<usize>),
    Values(Vec<Value>),
    /// A document that other calls share, and the place in it of the array that holds the parameters.
    Entry(Arc<Shared>, usize),
}

impl Params {
    /// No parameters.
    pub fn none() -> Self {
        Self::from_values(Vec::new())
    }

    /// Parameters that are values already.
    pub fn from_values(values: Vec<Value>) -> Self {
        Self {
            front: None,
            front_count: 0,
            rest: Rest::Values(values),
            settings: Settings::own(),
            encoder: None,
        }
    }

    pub(crate) fn written(xml: String, encoder: Encoder) -> Self {
        Self {
            front: Some(Box::new(Document::written(xml))),
            front_count: 0,
            rest: Rest::Nothing,
            settings: Settings::own(),
            encoder: Some(encoder),
        }
    }

    /// The parameters of a call's document, and the method's name.
    pub(crate) fn of_document(
        document: Document<'static>,
        settings: Options<Settings>,
    ) -> Result<(MethodName, Self)> {
        let mut reader = settings.reader(document.text(), &document);
        let method = MethodName::try_from(&*reader.call_head()?)?;
        let behind_name = reader.resumable();
        Ok((
            method,
            Self {
                front: None,
                front_count: 0,
                rest: Rest::Document(document, behind_name),
                settings,
                encoder: None,
            },
        ))
    }

    /// The parameters of an entry of `system.multicall`, which are an array in its document.
    pub(crate) fn of_entry(shared: Arc<Shared>, place: usize, settings: Options<Settings>) -> Self {
        Self {
            front: None,
            front_count: 0,
            rest: Rest::Entry(shared, place),
            settings,
            encoder: None,
        }
    }

    /// Reads the parameters of `system.multicall`: an array of structs with `methodName` and `params`.
    ///
    /// The document is read to its end, with all that makes XML and XML-RPC of it, but the parameters of the entries are not decoded:
    /// each [`Call`] has its own, in the document that all of them share. No more than `most` entries are kept; whether there are more
    /// is told by [`MulticallEntries::count_in_document`].
    ///
    /// ```
    /// use xmlrpc_core::{Decoder, Encoder};
    ///
    /// let encoder = Encoder::new();
    /// let entries = [encoder.multicall_entry("add", &(1, 2))?, encoder.multicall_entry("name", &())?];
    /// let call = Decoder::new().call(encoder.multicall(&entries)?)?;
    /// let calls = call.params.into_multicall(1000)?.collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(calls[0].method, "add");
    /// assert_eq!(calls[0].params.parse::<(i32, i32)>()?, (1, 2));
    /// assert_eq!(calls[1].params.parse::<()>()?, ());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What concerns the whole document: [`Category::Data`](crate::Category::Data) for another number of parameters and for one that is
    /// no array, and any other category when the document is not what it should be, up to its last byte. An entry that is no call is
    /// no error here, but a fault in its place.
    pub fn into_multicall(self, most: usize) -> Result<MulticallEntries> {
        match self.rest {
            Rest::Document(document, behind_name) if self.front.is_none() => {
                multicall::entries(document, behind_name, self.settings, most)
            }
            _ => {
                let call = Call::new(MethodName::try_from("system.multicall")?, self);
                let document = Document::written(Encoder::own().call_text(&call)?);
                multicall::entries(document, None, Settings::own(), most)
            }
        }
    }

    /// All parameters as one type: a tuple, array, `Vec` or tuple struct, `()` for none.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) when their number or types are not those of `T`, naming the parameter as `params[2]`; any other category
    /// when the document is not what it should be, up to its last byte.
    pub fn parse<'p, T: Deserialize<'p>>(&'p self) -> Result<T> {
        let mut reader = ParamsReader::new(self);
        reader.begin(self)?;
        reader.list()
    }

    /// All parameters as values.
    ///
    /// # Errors
    ///
    /// When the document is not what it should be, up to its last byte.
    pub fn values(&self) -> Result<Vec<Value>> {
        self.parse()
    }

    /// Reads one parameter after the other.
    ///
    /// # Errors
    ///
    /// When the document cannot be read up to its first parameter.
    pub fn reader(&self) -> Result<ParamsReader<'_>> {
        let mut reader = ParamsReader::new(self);
        reader.begin(self)?;
        Ok(reader)
    }

    /// Puts a parameter before all others.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) when the [`Dialect`](crate::Dialect) in which they were encoded, or the default one
    /// for those that were received, cannot carry it.
    pub fn prepend<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let mut front = self.encoder.get_or_insert_default().param(value)?;
        if let Some(rest) = &self.front {
            front.push_str(rest.text());
        }
        self.front = Some(Box::new(Document::written(front)));
        self.front_count += 1;
        Ok(())
    }

    /// Whether what was written here may hold Apache's elements.
    pub(crate) fn uses_extensions(&self) -> bool {
        self.encoder.as_ref().is_some_and(Encoder::uses_extensions)
    }

    /// Writes all of them, as they are to stand in `<params>`.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<()> {
        if let Some(front) = &self.front {
            writer.raw(front.text());
        }
        match &self.rest {
            Rest::Nothing => Ok(()),
            Rest::Values(values) => crate::ser::serialize_params(values, writer),
            Rest::Entry(shared, place) => {
                let mut params = self.entry_params(shared, *place);
                params.begin()?;
                params.write(writer)
            }
            Rest::Document(document, behind_name) => {
                let mut reader = self.settings.reader(document.text(), document);
                behind_head(&mut reader, *behind_name)?;
                reader.params_start()?;
                let mut index = 0;
                while reader.next_param(index)? {
                    writer.raw("<param>");
                    while !reader.is_done() {
                        let token = reader.next()?;
                        writer
                            .token(token)
                            .map_err(|error| error.under(&format!("params[{index}]")))?;
                    }
                    writer.raw("</param>");
                    index += 1;
                }
                Ok(())
            }
        }
    }
}

impl Params {
    #[inline]
    fn reader_of<'p>(&'p self, document: &'p Document<'static>) -> Reader<'p, 'p> {
        self.settings.reader(document.text(), document)
    }

    fn entry_params<'p>(&self, shared: &'p Shared, place: usize) -> EntryParams<'p> {
        EntryParams::new(
            shared.reader_at(place, self.front_count, &self.settings),
            self.front_count,
        )
    }
}

/// Goes to where the parameters begin: at once where nothing of the head has to be remembered, or else by reading it again.
pub(crate) fn behind_head(reader: &mut Reader<'_, '_>, behind_name: Option<usize>) -> Result<()> {
    match behind_name {
        Some(place) => reader.resume(place),
        None => drop(reader.call_head()?),
    }
    Ok(())
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Params").finish_non_exhaustive()
    }
}

/// Reads the parameters of a call one after the other.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::Encoder;
///
/// let params = Encoder::new().params(&("x", 1, true))?;
/// let mut reader = params.reader()?;
/// assert_eq!(reader.next::<String>()?.as_deref(), Some("x"));
/// assert_eq!(reader.next::<i32>()?, Some(1));
/// assert_eq!(reader.finish().unwrap_err().to_string(), "expected 2 parameters, found 3");
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
pub struct ParamsReader<'p> {
    /// What is being read.
    part: Option<Part<'p>>,
    /// What comes behind it.
    later: Option<Box<Part<'p>>>,
    count: usize,
    /// Whether Apache's namespace was met in parts that are behind.
    met_extensions: bool,
}

/// A part of the parameters.
enum Part<'p> {
    Written(Deserializer<'p, Reader<'p, 'p>>),
    Document(DocumentParams<'p, 'p>),
    Entry(EntryParams<'p>),
    Values(std::slice::Iter<'p, Value>),
}

impl<'p> Part<'p> {
    /// What `rest` holds.
    #[inline]
    fn of_rest(params: &'p Params) -> Option<Self> {
        Some(match &params.rest {
            Rest::Nothing => return None,
            Rest::Values(values) => Self::Values(values.iter()),
            Rest::Document(document, _) => Self::Document(DocumentParams::new(
                params.reader_of(document),
                params.front_count,
            )),
            Rest::Entry(shared, place) => Self::Entry(params.entry_params(shared, *place)),
        })
    }
}

impl<'p> ParamsReader<'p> {
    /// Before anything is read: to be [begun](ParamsReader::begin) where it is to stay, since it is large.
    #[inline]
    fn new(params: &'p Params) -> Self {
        let (part, later) = match &params.front {
            None => (Part::of_rest(params), None),
            Some(front) => {
                let written = Part::Written(Deserializer::new(params.reader_of(front)));
                (Some(written), Part::of_rest(params).map(Box::new))
            }
        };
        Self {
            part,
            later,
            count: 0,
            met_extensions: false,
        }
    }

    /// Goes to the first parameter behind those that were put before.
    #[inline]
    fn begin(&mut self, params: &Params) -> Result<()> {
        match (self.later.as_deref_mut().or(self.part.as_mut()), &params.rest) {
            (Some(Part::Document(document)), Rest::Document(_, behind_name)) => {
                document.begin(|reader| behind_head(reader, *behind_name))
            }
            (Some(Part::Entry(entry)), _) => entry.begin(),
            _ => Ok(()),
        }
    }

    /// The next parameter; `None` behind the last one, where the document has been read to its end.
    ///
    /// # Errors
    ///
    /// As [`Params::parse`].
    #[expect(
        clippy::should_implement_trait,
        reason = "the type may differ from call to call"
    )]
    pub fn next<T: Deserialize<'p>>(&mut self) -> Result<Option<T>> {
        self.next_seed(std::marker::PhantomData)
    }

    /// The next parameter, by a seed of serde's; `None` behind the last one, where the document has been read to its end.
    ///
    /// # Errors
    ///
    /// As [`Params::parse`].
    pub fn next_seed<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        ParamSource::next_seed(self, seed)
    }

    /// How many parameters have been read.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Makes sure that no parameter is left.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) with the number read as expected and the number there as found; any other category
    /// when the rest of the document is not what it should be.
    pub fn finish(&mut self) -> Result<()> {
        ParamSource::finish(self)
    }

    /// Reads to the end without keeping anything, and says how many parameters there are in all.
    ///
    /// # Errors
    ///
    /// When the document is not what it should be, up to its last byte.
    pub fn skip_all(&mut self) -> Result<usize> {
        ParamSource::skip_all(self)
    }

    /// Whether Apache's namespace was met in what was read, be it only in a declaration: such a peer wants its elements in the answer.
    pub fn met_extensions(&self) -> bool {
        let here = match &self.part {
            Some(Part::Document(params)) => params.met_extensions(),
            Some(Part::Entry(params)) => params.met_extensions(),
            Some(Part::Written(_) | Part::Values(_)) | None => false,
        };
        self.met_extensions || here
    }
}

impl fmt::Debug for ParamsReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParamsReader")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<'p> ParamSource<'p> for ParamsReader<'p> {
    fn advance(&mut self) -> Result<bool> {
        while let Some(part) = &mut self.part {
            let found = match part {
                Part::Values(values) => !values.as_slice().is_empty(),
                Part::Written(source) => source.source.next_loose_param(self.count)?,
                Part::Document(params) => params.advance()?,
                Part::Entry(params) => params.advance()?,
            };
            if found {
                self.count += 1;
                return Ok(true);
            }
            self.met_extensions = self.met_extensions();
            match self.later.take() {
                Some(later) => self.part = Some(*later),
                None => self.part = None,
            }
        }
        Ok(false)
    }

    fn take<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<T::Value> {
        let index = self.count.saturating_sub(1);
        match &mut self.part {
            Some(Part::Document(params)) => params.take(seed),
            Some(Part::Entry(params)) => params.take(seed),
            Some(Part::Written(source)) => {
                let value = source.value(seed)?;
                source.source.param_end()?;
                Ok(value)
            }
            Some(Part::Values(values)) => {
                let value = values.next().unwrap_or(&Value::Nil);
                let value = Deserializer::new(ValueSource::new(value)).value(seed);
                value.map_err(|error| error.under(&format!("params[{index}]")))
            }
            None => Err(Error::data("no further parameter")),
        }
    }

    fn count(&self) -> usize {
        self.count
    }
}

/// The result of a method, encoded: what a service gives for a [`Call`].
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Decoder, Encoder};
///
/// let result = Encoder::new().result(&[1, 2])?;
/// assert_eq!(result.parse::<Vec<i32>>()?, [1, 2]);
/// let response = result.into_response()?;
/// let received = Decoder::new().response(response)??;
/// assert_eq!(received.parse::<(i32, i32)>()?, (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EncodedValue(Form);

#[derive(Clone)]
enum Form {
    /// A response that this crate wrote up to the end of its value, in UTF-8, with the place where the value begins.
    Written {
        response: Vec<u8>,
        value: usize,
        encoder: Encoder,
    },
    /// A response that was received, and found to be one up to its value.
    Received(Box<Received>),
}

#[derive(Clone)]
struct Received {
    document: Document<'static>,
    settings: Options<Settings>,
}

impl EncodedValue {
    pub(crate) fn written(response: Vec<u8>, value: usize, encoder: Encoder) -> Self {
        Self(Form::Written {
            response,
            value,
            encoder,
        })
    }

    pub(crate) fn received(document: Document<'static>, settings: Options<Settings>) -> Self {
        Self(Form::Received(Box::new(Received { document, settings })))
    }

    /// The value as a type of one's own.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) when it is of another type; any other category when the response is not what it should be, up to its last
    /// byte.
    pub fn parse<'v, T: Deserialize<'v>>(&'v self) -> Result<T> {
        match &self.0 {
            Form::Written { response, value, .. } => Decoder::own().value(&response[*value..]),
            Form::Received(received) => {
                let mut reader = received.reader();
                reader.response_head()?;
                let mut source = Deserializer::new(reader);
                let value = source.value(std::marker::PhantomData)?;
                source.source.response_end()?;
                Ok(value)
            }
        }
    }

    /// The whole response. One that was received is written anew, in the default dialect.
    ///
    /// # Errors
    ///
    /// For a value that was received only: when it is not what it should be, or cannot be written.
    pub fn into_response(self) -> Result<Vec<u8>> {
        match self.0 {
            Form::Written {
                response, encoder, ..
            } => Ok(encoder.close_response(response)),
            Form::Received(_) => {
                let value: Value = self.parse()?;
                Encoder::new().method_response(&value)
            }
        }
    }

    /// Appends the value, as `<value>…</value>` in UTF-8, to what is being written.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<()> {
        match &self.0 {
            Form::Written { response, value, .. } => {
                writer.raw_utf8(&response[*value..]);
                Ok(())
            }
            Form::Received(received) => {
                let mut reader = received.reader();
                reader.response_head()?;
                while !reader.is_done() {
                    writer.token(reader.next()?)?;
                }
                reader.response_end()
            }
        }
    }

    /// The document that holds it, and what stands around it there.
    pub(crate) fn into_document(self) -> Result<(Document<'static>, Options<Settings>, Envelope)> {
        match self.0 {
            Form::Written {
                mut response, value, ..
            } => {
                let text = String::from_utf8(response.split_off(value)).map_err(no_text)?;
                Ok((Document::written(text), Settings::own(), Envelope::Nothing))
            }
            Form::Received(received) => {
                let Received { document, settings } = *received;
                Ok((document, settings, Envelope::Response))
            }
        }
    }

    /// Bytes that it takes, encoded.
    pub fn encoded_len(&self) -> usize {
        match &self.0 {
            Form::Written { response, value, .. } => response.len() - value,
            Form::Received(received) => received.document.text().len(),
        }
    }
}

impl Received {
    fn reader(&self) -> Reader<'_, '_> {
        self.settings.reader(self.document.text(), &self.document)
    }
}

impl fmt::Debug for EncodedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedValue")
            .field("encoded_len", &self.encoded_len())
            .finish()
    }
}

/// Values by type: what layers add to a [`Call`] for one another.
///
/// ```
/// use xmlrpc_core::Extensions;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct User(String);
///
/// let mut extensions = Extensions::default();
/// extensions.insert(User("ada".into()));
/// assert_eq!(extensions.get(), Some(&User("ada".into())));
/// assert_eq!(extensions.get::<u32>(), None);
/// ```
#[derive(Clone, Default)]
pub struct Extensions(Option<Box<Values>>);

type Values = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

impl Extensions {
    /// Adds a value, in place of the one of its type that was there.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        let values = self.0.get_or_insert_default();
        values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of a type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.as_ref().map_or(0, |values| values.len());
        f.debug_struct("Extensions").field("len", &len).finish()
    }
}

/// One token at a time from a reader, for callers that want no values.
pub(crate) fn for_each_token(
    mut reader: Reader<'_, '_>,
    mut visit: impl FnMut(Token<'_>) -> Result<()>,
) -> Result<()> {
    reader.bare_value()?;
    while !reader.is_done() {
        visit(reader.next()?)?;
    }
    reader.epilog()
}
