//! The way in and out: [`Decoder`] and [`Encoder`] with their options, and the free functions with none.

use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call::{MethodCall, MethodName, MethodResponse, check_method_name};
use crate::de::{Deserializer, DocumentParams, ParamSource as _, ValueSource};
use crate::dialect::{Dialect, Forbidden, NonFinite};
use crate::error::Result;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::options::Options;
use crate::params::{Call, EncodedValue, Params, for_each_token};
use crate::reading::Reading;
use crate::ser::{Serializer, serialize_params, serialize_params_array};
use crate::token::Token;
use crate::value::{Builder, Value};
use crate::xml::{Document, Reader, ResponseKind, Writer};

/// Limits and reading, shared by all that is read with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    limits: Limits,
    reading: Reading,
}

impl Settings {
    /// For what this crate wrote itself, which was bounded when it was made.
    pub(crate) fn own() -> Options<Self> {
        static OWN: LazyLock<Settings> = LazyLock::new(|| {
            let all = usize::MAX;
            let limits = Limits::default()
                .document_bytes(all)
                .depth(all)
                .values(all)
                .members(all);
            Settings {
                limits: limits.string_bytes(all).name_bytes(all),
                reading: Reading::default().forbidden_characters(Forbidden::Pass),
            }
        });
        Options::Common(&OWN)
    }

    #[inline]
    pub(crate) fn reader<'r>(&self, text: &'r str, document: &Document<'_>) -> Reader<'r, 'r> {
        Reader::lending(text, document.facts(), &self.limits, &self.reading)
    }
}

/// What a reader is made of. It is large, and made where it is to stay.
struct Input<'x, 'r, 'de> {
    text: &'r str,
    document: &'x Document<'x>,
    settings: &'x Settings,
    lend: fn(&'r str) -> Option<&'de str>,
}

impl<'r, 'de> Input<'_, 'r, 'de> {
    #[inline(always)]
    fn reader(&self) -> Reader<'r, 'de> {
        let Settings { limits, reading } = self.settings;
        Reader::new(self.text, self.document.facts(), limits, reading, self.lend)
    }
}

/// Reads documents, with options.
///
/// Cheap to clone, and kept for as many documents as one likes.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Decoder, Limits, MethodResponse, Reading};
///
/// let decoder = Decoder::new().limits(Limits::client()).reading(Reading::strict()).charset("iso-8859-1");
/// let xml = b"<methodResponse><params><param><value>K\xFCche</value></param></params></methodResponse>";
/// assert_eq!(decoder.method_response::<String>(xml)?, MethodResponse::Success("Küche".to_owned()));
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    settings: Options<Settings>,
    charset: Option<Arc<str>>,
}

impl Default for Decoder {
    /// As [`Decoder::new`]. All of them share their options until these are set.
    fn default() -> Self {
        static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);
        Self {
            settings: Options::Common(&SETTINGS),
            charset: None,
        }
    }
}

impl Decoder {
    /// A decoder with [`Limits::default`] and [`Reading::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// For what this crate wrote itself.
    pub(crate) fn own() -> Self {
        Self {
            settings: Settings::own(),
            charset: None,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.change(|settings| settings.limits = limits);
        self
    }

    /// Sets what is accepted.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.settings.change(|settings| settings.reading = reading);
        self
    }

    /// Sets the encoding that HTTP's `Content-Type` gave. It goes before the XML declaration, and behind a byte-order mark.
    #[must_use]
    pub fn charset(mut self, charset: &str) -> Self {
        self.charset = Some(charset.into());
        self
    }

    /// The limits that this decoder keeps.
    pub fn limits_in_force(&self) -> &Limits {
        &self.settings.limits
    }

    /// The reading that this decoder keeps.
    pub fn reading_in_force(&self) -> &Reading {
        &self.settings.reading
    }

    /// Reads a document that is one bare `<value>`.
    ///
    /// # Errors
    ///
    /// Any [`Category`](crate::Category).
    pub fn value<'de, T: Deserialize<'de>>(&self, xml: &'de [u8]) -> Result<T> {
        let document = self.document(xml)?;
        match document.borrowed() {
            Some(text) => bare_value(&self.input(text, &document, Some)),
            None => bare_value(&self.input(document.text(), &document, |_| None)),
        }
    }

    /// Reads a whole `methodCall` at once.
    ///
    /// # Errors
    ///
    /// Any [`Category`](crate::Category); [`Category::Data`](crate::Category::Data) also when number or types of the parameters are
    /// not those of `P`.
    pub fn method_call<'de, P: Deserialize<'de>>(&self, xml: &'de [u8]) -> Result<MethodCall<P>> {
        let document = self.document(xml)?;
        match document.borrowed() {
            Some(text) => method_call(&self.input(text, &document, Some)),
            None => method_call(&self.input(document.text(), &document, |_| None)),
        }
    }

    /// Reads a whole `methodResponse` at once.
    ///
    /// # Errors
    ///
    /// Any [`Category`](crate::Category). A fault is no error here.
    pub fn method_response<'de, T: Deserialize<'de>>(&self, xml: &'de [u8]) -> Result<MethodResponse<T>> {
        let document = self.document(xml)?;
        match document.borrowed() {
            Some(text) => method_response(&self.input(text, &document, Some)),
            None => method_response(&self.input(document.text(), &document, |_| None)),
        }
    }

    /// Reads a `methodCall` up to its method name; the parameters wait for [`Params::parse`]. UTF-8 is not copied.
    ///
    /// # Errors
    ///
    /// - [`Category::Encoding`](crate::Category::Encoding): the encoding is not known, or the bytes are wrong in it before the
    ///   parameters;
    /// - [`Category::Syntax`](crate::Category::Syntax): no well-formed XML, up to the parameters;
    /// - [`Category::Protocol`](crate::Category::Protocol): well formed, but no `methodCall` with a `methodName`;
    /// - [`Category::Limit`](crate::Category::Limit): `body` is longer than `limits.document_bytes`.
    ///
    /// # Specification
    ///
    /// [Payload format](http://xmlrpc.com/spec.md).
    pub fn call(&self, body: Vec<u8>) -> Result<Call> {
        let (method, params) = Params::of_document(self.owned_document(body)?, self.settings.clone())?;
        Ok(Call::new(method, params))
    }

    /// Reads a `methodResponse` up to its result, which waits for [`EncodedValue::parse`], or reads its fault. UTF-8 is not copied.
    ///
    /// # Errors
    ///
    /// Any [`Category`](crate::Category), for what stands before the result; a fault is the inner error.
    pub fn response(&self, body: Vec<u8>) -> Result<std::result::Result<EncodedValue, Fault>> {
        let document = self.owned_document(body)?;
        let mut reader = self.settings.reader(document.text(), &document);
        match reader.response_head()? {
            ResponseKind::Result => Ok(Ok(EncodedValue::received(document, self.settings.clone()))),
            ResponseKind::Fault => read_fault(&mut reader).map(Err),
        }
    }

    /// Reads a document that is one bare `<value>`, token by token.
    ///
    /// ```
    /// use xmlrpc_core::{Decoder, Token};
    ///
    /// let mut sum = 0;
    /// Decoder::new().tokens(b"<value><array><data><value><int>1</int></value><value><int>2</int></value></data></array></value>", |token| {
    ///     if let Token::Int(number) = token {
    ///         sum += number;
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(sum, 3);
    /// # Ok::<(), xmlrpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`Category`](crate::Category), and whatever `visit` gives.
    pub fn tokens(&self, xml: &[u8], visit: impl FnMut(Token<'_>) -> Result<()>) -> Result<()> {
        let document = self.document(xml)?;
        for_each_token(self.settings.reader(document.text(), &document), visit)
    }

    fn document<'de>(&self, xml: &'de [u8]) -> Result<Document<'de>> {
        Document::new(
            xml,
            self.charset.as_deref(),
            &self.settings.limits,
            &self.settings.reading,
        )
    }

    fn input<'x, 'r, 'de>(
        &'x self,
        text: &'r str,
        document: &'x Document<'x>,
        lend: fn(&'r str) -> Option<&'de str>,
    ) -> Input<'x, 'r, 'de> {
        Input {
            text,
            document,
            settings: &self.settings,
            lend,
        }
    }

    fn owned_document(&self, body: Vec<u8>) -> Result<Document<'static>> {
        Document::from_vec(
            body,
            self.charset.as_deref(),
            &self.settings.limits,
            &self.settings.reading,
        )
    }
}

fn bare_value<'de, T: Deserialize<'de>>(input: &Input<'_, '_, 'de>) -> Result<T> {
    let mut deserializer = Deserializer::new(input.reader());
    deserializer.source.bare_value()?;
    let value = deserializer.value(std::marker::PhantomData)?;
    deserializer.source.epilog()?;
    Ok(value)
}

fn method_call<'de, P: Deserialize<'de>>(input: &Input<'_, '_, 'de>) -> Result<MethodCall<P>> {
    let mut params = DocumentParams::new(input.reader(), 0);
    let method = MethodName::try_from(&*params.begin(Reader::call_head)?)?;
    let params = params.list()?;
    Ok(MethodCall { method, params })
}

fn method_response<'de, T: Deserialize<'de>>(input: &Input<'_, '_, 'de>) -> Result<MethodResponse<T>> {
    let mut deserializer = Deserializer::new(input.reader());
    if deserializer.source.response_head()? == ResponseKind::Fault {
        return read_fault(&mut deserializer.source).map(MethodResponse::Fault);
    }
    let value = deserializer.value(std::marker::PhantomData)?;
    deserializer.source.response_end()?;
    Ok(MethodResponse::Success(value))
}

fn read_fault(reader: &mut Reader<'_, '_>) -> Result<Fault> {
    let value = reader.fault()?;
    Fault::from_value(value, reader.reading()).map_err(|error| error.at(|| reader.place()))
}

/// Writes documents, with a dialect.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Dialect, Encoder};
///
/// let xml = Encoder::new().dialect(Dialect::apache()).method_call("m", &(None::<i32>,))?;
/// assert_eq!(
///     String::from_utf8(xml)?,
///     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
///      <methodCall xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"><methodName>m</methodName>\
///      <params><param><value><ex:nil/></value></param></params></methodCall>",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    dialect: Options<Dialect>,
}

impl Default for Encoder {
    /// As [`Encoder::new`]. All of them share their dialect until it is set.
    fn default() -> Self {
        static DIALECT: LazyLock<Dialect> = LazyLock::new(Dialect::default);
        Self {
            dialect: Options::Common(&DIALECT),
        }
    }
}

impl Encoder {
    /// An encoder for [`Dialect::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the dialect.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Options::Changed(Arc::new(dialect));
        self
    }

    /// The dialect that this encoder keeps.
    pub fn dialect_in_force(&self) -> &Dialect {
        &self.dialect
    }

    /// Writes one bare `<value>`.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) with the path of the value that the dialect cannot carry.
    pub fn value<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>> {
        let mut writer = Writer::new(&self.dialect);
        value.serialize(Serializer(&mut writer))?;
        Ok(writer.finish())
    }

    /// Writes a whole `methodCall`.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) for an empty name, for parameters that are no list, and with the path of a value
    /// that the dialect cannot carry.
    pub fn method_call<P: Serialize + ?Sized>(&self, method: &str, params: &P) -> Result<Vec<u8>> {
        check_method_name(method)?;
        let mut writer = Writer::new(&self.dialect);
        writer.call_head(method)?;
        serialize_params(params, &mut writer)?;
        writer.call_end();
        Ok(writer.finish())
    }

    /// Writes a [`Call`], whose parameters may come from a document.
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_call`], and any category where the parameters' document is not what it should be.
    pub fn call(&self, call: &Call) -> Result<Vec<u8>> {
        let mut writer = Writer::new(&self.dialect);
        write_call(call, &mut writer)?;
        Ok(writer.finish())
    }

    /// Encodes parameters for a [`Call`].
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_call`].
    pub fn params<P: Serialize + ?Sized>(&self, params: &P) -> Result<Params> {
        let mut writer = Writer::new(&self.dialect);
        serialize_params(params, &mut writer)?;
        Ok(Params::written(writer.into_text(), self.clone()))
    }

    pub(crate) fn uses_extensions(&self) -> bool {
        self.dialect.uses_extensions()
    }

    /// One `<param>`.
    pub(crate) fn param<T: Serialize + ?Sized>(&self, value: &T) -> Result<String> {
        let mut writer = Writer::new(&self.dialect);
        serialize_params(&(value,), &mut writer)?;
        Ok(writer.into_text())
    }

    /// Writes a whole `methodResponse` with a result.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) with the path of the value that the dialect cannot carry.
    pub fn method_response<T: Serialize + ?Sized>(&self, result: &T) -> Result<Vec<u8>> {
        self.result(result)?.into_response()
    }

    /// Encodes a result, for a service to give.
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_response`].
    pub fn result<T: Serialize + ?Sized>(&self, result: &T) -> Result<EncodedValue> {
        let mut writer = Writer::new(&self.dialect);
        writer.response_head();
        let value = writer.len();
        writer.expect_result();
        result.serialize(Serializer(&mut writer))?;
        Ok(EncodedValue::written(writer.into_utf8(), value, self.clone()))
    }

    /// Begins an array that is encoded element by element.
    pub fn array(&self) -> ArrayEncoder {
        let mut writer = Writer::new(&self.dialect);
        writer.response_head();
        let value = writer.len();
        writer.raw(ARRAY_START);
        ArrayEncoder {
            response: writer.into_utf8(),
            value,
            count: 0,
            encoder: self.clone(),
        }
    }

    /// Encodes the results of several calls as `system.multicall` gives them: an array of one value for each result, a struct for
    /// each fault. [`Encoder::array`] takes them one by one.
    ///
    /// # Errors
    ///
    /// For results that were received, when they are not what they should be; else none.
    pub fn multicall_result<'r>(
        &self,
        results: impl IntoIterator<Item = &'r std::result::Result<EncodedValue, Fault>>,
    ) -> Result<EncodedValue> {
        let mut array = self.array();
        for result in results {
            array.push_outcome(result.as_ref())?;
        }
        Ok(array.finish())
    }

    /// Encodes one entry for [`Encoder::multicall`]: a struct of the method's name and its parameters.
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_call`]. Paths begin at the parameters: `params[0].name`.
    pub fn multicall_entry<P: Serialize + ?Sized>(&self, method: &str, params: &P) -> Result<EncodedValue> {
        check_method_name(method)?;
        let mut writer = Writer::new(&self.dialect);
        writer.response_head();
        let value = writer.len();
        write_entry(method, params, &mut writer)?;
        let mut response = writer.into_utf8();
        // There may be many of them at a time.
        response.shrink_to_fit();
        Ok(EncodedValue::written(response, value, self.clone()))
    }

    /// Writes the call of `system.multicall` with entries that [`Encoder::multicall_entry`] made.
    ///
    /// ```
    /// use xmlrpc_core::{Encoder, MethodCall, value};
    ///
    /// let encoder = Encoder::new();
    /// let entries = [encoder.multicall_entry("add", &(1, 2))?, encoder.multicall_entry("name", &())?];
    /// let call = MethodCall::<Vec<xmlrpc_core::Value>>::from_slice(&encoder.multicall(&entries)?)?;
    /// assert_eq!(call.method, "system.multicall");
    /// let expected = value!([{ "methodName": "add", "params": [1, 2] }, { "methodName": "name", "params": [] }]);
    /// assert_eq!(call.params, [expected]);
    /// # Ok::<(), xmlrpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// For values that were received, when they are not what they should be; else none.
    pub fn multicall<'e>(&self, entries: impl IntoIterator<Item = &'e EncodedValue>) -> Result<Vec<u8>> {
        let mut writer = Writer::new(&self.dialect);
        writer.call_head("system.multicall")?;
        write_entries(entries, &mut writer)?;
        writer.call_end();
        Ok(writer.finish())
    }

    /// The parameters of the same call, for a [`Call`].
    ///
    /// # Errors
    ///
    /// As [`Encoder::multicall`].
    pub fn multicall_params<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e EncodedValue>,
    ) -> Result<Params> {
        let mut writer = Writer::new(&self.dialect);
        write_entries(entries, &mut writer)?;
        Ok(Params::written(writer.into_text(), self.clone()))
    }

    /// Writes a whole `methodResponse` with a fault.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) when the text holds characters that the dialect cannot carry.
    pub fn fault(&self, fault: &Fault) -> Result<Vec<u8>> {
        let mut writer = Writer::new(&self.dialect);
        writer.fault(fault.code(), fault.string())?;
        Ok(writer.finish())
    }

    /// Writes what this crate reads again, whatever it holds.
    pub(crate) fn own() -> Self {
        let dialect = Dialect::default().non_finite(NonFinite::Text);
        Self::new().dialect(dialect.forbidden_characters(Forbidden::Pass))
    }

    /// A whole `methodCall`, as text.
    pub(crate) fn call_text(&self, call: &Call) -> Result<String> {
        let mut writer = Writer::new(&self.dialect);
        write_call(call, &mut writer)?;
        Ok(writer.into_text())
    }

    pub(crate) fn close_response(&self, response: Vec<u8>) -> Vec<u8> {
        let mut writer = Writer::continued(response, &self.dialect);
        writer.response_end();
        writer.finish()
    }
}

fn write_call(call: &Call, writer: &mut Writer<'_>) -> Result<()> {
    if call.params.uses_extensions() {
        writer.declare_extensions();
    }
    writer.call_head(&call.method)?;
    call.params.write(writer)?;
    writer.call_end();
    Ok(())
}

/// An entry of `system.multicall`: a struct of the method's name and its parameters.
pub(crate) fn write_entry<P: Serialize + ?Sized>(
    method: &str,
    params: &P,
    writer: &mut Writer<'_>,
) -> Result<()> {
    use crate::ser::Sink as _;
    writer.token(Token::StructStart)?;
    writer.token(Token::Name("methodName".into()))?;
    writer.token(Token::String(method.into()))?;
    writer.token(Token::Name("params".into()))?;
    serialize_params_array(params, writer)?;
    writer.token(Token::StructEnd)
}

/// The one parameter of `system.multicall`.
fn write_entries<'e>(
    entries: impl IntoIterator<Item = &'e EncodedValue>,
    writer: &mut Writer<'_>,
) -> Result<()> {
    writer.raw("<param>");
    writer.raw(ARRAY_START);
    for entry in entries {
        entry.write(writer)?;
    }
    writer.raw(ARRAY_END);
    writer.raw("</param>");
    Ok(())
}

pub(crate) const ARRAY_START: &str = "<value><array><data>";
pub(crate) const ARRAY_END: &str = "</data></array></value>";

/// An array in the making: elements are encoded one by one, so that they never exist together as Rust values.
///
/// ```
/// use xmlrpc_core::{Encoder, Fault};
///
/// let mut squares = Encoder::new().array();
/// for number in 1..4 {
///     squares.push(&(number * number))?;
/// }
/// assert_eq!(squares.finish().parse::<Vec<i32>>()?, [1, 4, 9]);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ArrayEncoder {
    /// A response up to the last element.
    response: Vec<u8>,
    /// Where the array begins in it.
    value: usize,
    count: usize,
    encoder: Encoder,
}

impl ArrayEncoder {
    /// Appends an element.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) with the path of the value that the dialect cannot carry. Nothing is appended then.
    pub fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        self.append(|writer| element.serialize(Serializer(writer)))
    }

    /// Appends what `system.multicall` gives for a call: an array of one value for a result, a struct for a fault.
    ///
    /// # Errors
    ///
    /// For a result that was received, when it is not what it should be; for a fault, when the dialect refuses characters in its text.
    /// Nothing is appended then.
    pub fn push_outcome(&mut self, outcome: std::result::Result<&EncodedValue, &Fault>) -> Result<()> {
        self.append(|writer| match outcome {
            Ok(result) => {
                writer.raw(ARRAY_START);
                result.write(writer)?;
                writer.raw(ARRAY_END);
                Ok(())
            }
            Err(fault) => fault.to_struct().serialize(Serializer(writer)),
        })
    }

    /// Does what [`ArrayEncoder::push_outcome`] does, unless the elements then took more than so many bytes. Says whether it did.
    ///
    /// # Errors
    ///
    /// As [`ArrayEncoder::push_outcome`].
    pub fn push_outcome_within(
        &mut self,
        most: usize,
        outcome: std::result::Result<&EncodedValue, &Fault>,
    ) -> Result<bool> {
        let (bytes, count) = (self.response.len(), self.count);
        if outcome.is_ok_and(|result| result.encoded_len() > most.saturating_sub(self.encoded_len())) {
            return Ok(false);
        }
        self.push_outcome(outcome)?;
        let fits = self.encoded_len() <= most;
        if !fits {
            self.response.truncate(bytes);
            self.count = count;
        }
        Ok(fits)
    }

    fn append(&mut self, write: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Result<()> {
        let before = self.response.len();
        let mut writer = Writer::continued(std::mem::take(&mut self.response), &self.encoder.dialect);
        let written = write(&mut writer);
        self.response = writer.into_utf8();
        if written.is_err() {
            self.response.truncate(before);
        }
        written.map_err(|error| error.under(&format!("[{}]", self.count)))?;
        self.count += 1;
        Ok(())
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes that they take so far, encoded.
    pub fn encoded_len(&self) -> usize {
        self.response.len() - self.value - ARRAY_START.len()
    }

    /// The whole array.
    pub fn finish(mut self) -> EncodedValue {
        self.response.extend_from_slice(ARRAY_END.as_bytes());
        EncodedValue::written(self.response, self.value, self.encoder)
    }
}

/// Reads a document that is one bare `<value>`, with the default limits and reading.
///
/// ```
/// assert_eq!(xmlrpc_core::from_slice::<f64>(b"<value><int>3</int></value>")?, 3.0);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
///
/// # Errors
///
/// As [`Decoder::value`].
pub fn from_slice<'de, T: Deserialize<'de>>(xml: &'de [u8]) -> Result<T> {
    Decoder::new().value(xml)
}

/// Writes one bare `<value>` in the default dialect.
///
/// ```
/// assert_eq!(xmlrpc_core::to_vec(&-1)?, b"<value><int>-1</int></value>");
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
///
/// # Errors
///
/// As [`Encoder::value`].
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    Encoder::new().value(value)
}

/// Writes one bare `<value>` in the default dialect to a writer. Nothing is written unless all of the value can be.
///
/// # Errors
///
/// The writer's; a value that cannot be written is one of kind [`InvalidData`](std::io::ErrorKind::InvalidData).
pub fn to_writer<T: Serialize + ?Sized>(mut writer: impl std::io::Write, value: &T) -> std::io::Result<()> {
    let xml = to_vec(value).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?;
    writer.write_all(&xml)
}

/// Turns a value of any type into a [`Value`].
///
/// ```
/// use xmlrpc_core::{to_value, value};
///
/// assert_eq!(to_value(&("x", 1, [2.5]))?, value!(["x", 1, [2.5]]));
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Category::Data`](crate::Category::Data) for an integer beyond 64 bits and for a map whose keys are no texts.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    let mut builder = Builder::default();
    value.serialize(Serializer(&mut builder))?;
    Ok(builder.finish())
}

/// Turns a [`Value`] into a type of one's own, by the rules by which a document is read.
///
/// ```
/// use xmlrpc_core::{from_value, value};
///
/// let (name, born): (String, i64) = from_value(value!(["Ada", 1815]))?;
/// assert_eq!((name.as_str(), born), ("Ada", 1815));
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Category::Data`](crate::Category::Data) with the path of the part that is not of the type asked for.
#[expect(
    clippy::needless_pass_by_value,
    reason = "as serde_json has it; from_value_ref borrows"
)]
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    from_value_ref(&value)
}

/// [`from_value`] for a value that stays, from which texts and bytes can be borrowed.
///
/// # Errors
///
/// As [`from_value`].
pub fn from_value_ref<'v, T: Deserialize<'v>>(value: &'v Value) -> Result<T> {
    Deserializer::new(ValueSource::new(value)).value(std::marker::PhantomData)
}
