//! The results of `system.multicall`, each read straight into its type from the answer that brought them.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::call::MethodResponse;
use crate::codec::Settings;
use crate::de::Outcomes;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::params::EncodedValue;
use crate::xml::{Document, Lines, Reader};

/// What `system.multicall` answered: an array with an element for each call, which [`EncodedValue::into_multicall`] makes of a result.
///
/// | the element | the outcome |
/// |---|---|
/// | an array of one value | that value, as a result |
/// | a struct | a fault, with `faultCode` or `faultString` in it |
/// | any scalar | itself, as a result: some servers leave the array out |
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Decoder, Encoder, Fault, MethodResponse, value};
///
/// let answer = value!([[3], { "faultCode": 4, "faultString": "too many" }, ["three"]]);
/// let response = Encoder::new().method_response(&answer)?;
/// let results = Decoder::new().response(response)??.into_multicall()?;
/// let mut results = results.reader()?;
/// assert_eq!(results.next::<i32>()?.transpose()?, Some(MethodResponse::Success(3)));
/// assert_eq!(results.next::<i32>()?.transpose()?, Some(MethodResponse::Fault(Fault::new(4, "too many"))));
/// assert_eq!(
///     results.next::<i32>()?.transpose().unwrap_err().to_string(),
///     "expected i32, found string \"three\" in [2][0] at line 2, column 321 (byte 359)"
/// );
/// assert_eq!(results.next::<i32>()?.transpose()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MulticallResults {
    document: Document<'static>,
    settings: Options<Settings>,
    envelope: Envelope,
    bare: bool,
    lines: Lines,
}

/// What stands around the array.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Envelope {
    Nothing,
    Response,
}

impl MulticallResults {
    pub(crate) fn new(document: Document<'static>, settings: Options<Settings>, envelope: Envelope) -> Self {
        Self {
            document,
            settings,
            envelope,
            bare: false,
            lines: Lines::default(),
        }
    }

    /// Says that results come as they are, and not each in an array of its own. A struct with a `faultCode` is a fault then, and any
    /// other a result.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Reads one result after the other.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) where the answer is no array; any other category when the document cannot be read up
    /// to its first result.
    pub fn reader(&self) -> Result<MulticallReader<'_>> {
        let mut reader: Reader<'_, '_> = self.settings.reader(self.document.text(), &self.document);
        reader.share_lines(&self.lines);
        match self.envelope {
            Envelope::Nothing => reader.bare_value()?,
            Envelope::Response => drop(reader.response_head()?),
        }
        Ok(MulticallReader {
            outcomes: Outcomes::new(reader, self.bare)?,
            envelope: self.envelope,
            count: 0,
            ended: false,
        })
    }
}

impl fmt::Debug for MulticallResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MulticallResults")
            .field("encoded_len", &self.document.text().len())
            .finish_non_exhaustive()
    }
}

/// Reads the results of a `system.multicall` one after the other; made by [`MulticallResults::reader`].
pub struct MulticallReader<'v> {
    outcomes: Outcomes<'v>,
    envelope: Envelope,
    count: usize,
    ended: bool,
}

impl MulticallReader<'_> {
    /// The next result; `None` behind the last one, where the document has been read to its end.
    ///
    /// The inner error is that of this result alone: it is of another type than `T`
    /// ([`Category::Data`](crate::Category::Data)), or neither a result nor a fault ([`Category::Protocol`](crate::Category::Protocol)).
    /// The results behind it can be read.
    ///
    /// # Errors
    ///
    /// Any category, when the document is not what it should be; then nothing more can be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "the type may differ from call to call"
    )]
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Result<MethodResponse<T>>>> {
        if self.ended {
            return Ok(None);
        }
        // Whatever comes out of an error is no place to go on from.
        self.ended = true;
        match self.outcomes.next()? {
            Some(outcome) => {
                self.ended = false;
                self.count += 1;
                Ok(Some(outcome))
            }
            None => self.end().map(|()| None),
        }
    }

    fn end(&mut self) -> Result<()> {
        match self.envelope {
            Envelope::Nothing => self.outcomes.source().epilog(),
            Envelope::Response => self.outcomes.source().response_end(),
        }
    }

    /// How many results have been read.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads to the end without keeping anything, and says how many results there are in all.
    ///
    /// # Errors
    ///
    /// When the document is not what it should be, up to its last byte.
    pub fn skip_all(&mut self) -> Result<usize> {
        while self.next::<IgnoredAny>()?.is_some() {}
        Ok(self.count)
    }
}

impl fmt::Debug for MulticallReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MulticallReader")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl EncodedValue {
    /// Takes the value for what `system.multicall` answers, whose results can then be read one by one.
    ///
    /// # Errors
    ///
    /// None for values that this crate made.
    pub fn into_multicall(self) -> Result<MulticallResults> {
        let (document, settings, envelope) = self.into_document()?;
        Ok(MulticallResults::new(document, settings, envelope))
    }
}

/// A text that is not UTF-8, though this crate wrote it.
pub(crate) fn no_text(_: std::string::FromUtf8Error) -> Error {
    Error::protocol("an encoded value that is no UTF-8")
}
