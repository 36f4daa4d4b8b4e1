//! Whole documents: a call and its response.

use std::fmt;
use std::ops::Deref;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::value::Value;

/// What is read around a method's name does not belong to it.
pub(crate) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

const SPACE_AROUND: &str = "a method name with white space around it";

/// The name of a method: any text but the empty one, without white space around it.
///
/// The specification allows letters, digits and `_ . : /`; peers use others, too, so that none is refused here. Derefs to `str`, and
/// names of up to 24 bytes take no allocation.
///
/// ```
/// use xmlrpc_core::MethodName;
///
/// let name: MethodName = "system.listMethods".try_into()?;
/// assert!(name.starts_with("system."));
/// assert!(MethodName::try_from("").is_err());
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodName(CompactString);

impl MethodName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for MethodName {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self> {
        check_method_name(name)?;
        Ok(Self(name.into()))
    }
}

/// Whether a text can be the name of a method.
pub(crate) fn check_method_name(name: &str) -> Result<()> {
    let is_space = |b: &u8| WHITE_SPACE.contains(&char::from(*b));
    match name.as_bytes() {
        [] => Err(Error::data("an empty method name")),
        [first, ..] if is_space(first) => Err(Error::data(SPACE_AROUND)),
        [.., last] if is_space(last) => Err(Error::data(SPACE_AROUND)),
        _ => Ok(()),
    }
}

impl Deref for MethodName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for MethodName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for MethodName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for MethodName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A whole `methodCall`, read and written at once.
///
/// The parameters are a tuple, array, slice, `Vec` or tuple struct, `()` for none; `Vec<Value>` takes anything. Where the
/// parameters' types depend on the method, read a [`Call`](crate::Call) instead.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::MethodCall;
///
/// let xml = MethodCall::new("sample.add", (5, 7))?.to_vec()?;
/// let call: MethodCall<(i32, i32)> = MethodCall::from_slice(&xml)?;
/// assert_eq!(call.method, "sample.add");
/// assert_eq!(call.params, (5, 7));
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MethodCall<P = Vec<Value>> {
    /// The name of the method.
    pub method: MethodName,
    /// The parameters.
    pub params: P,
}

impl<P> MethodCall<P> {
    /// A call of a method with parameters.
    ///
    /// # Errors
    ///
    /// [`Category::Data`](crate::Category::Data) for an empty name, and for one with white space around it.
    pub fn new(method: &str, params: P) -> Result<Self> {
        Ok(Self {
            method: method.try_into()?,
            params,
        })
    }

    /// Reads a call, with the default reading and limits; see [`Decoder::method_call`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::method_call`].
    pub fn from_slice<'de>(xml: &'de [u8]) -> Result<Self>
    where
        P: Deserialize<'de>,
    {
        Decoder::new().method_call(xml)
    }

    /// Writes the call, in the default dialect; see [`Encoder::method_call`].
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_call`].
    pub fn to_vec(&self) -> Result<Vec<u8>>
    where
        P: Serialize,
    {
        Encoder::new().method_call(&self.method, &self.params)
    }
}

/// A whole `methodResponse`: one value, or a fault.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{MethodResponse, Value};
///
/// let xml = MethodResponse::Success("South Dakota").to_vec()?;
/// assert_eq!(MethodResponse::<String>::from_slice(&xml)?.into_result()?, "South Dakota");
/// assert_eq!(MethodResponse::<Value>::from_slice(&xml)?, MethodResponse::Success("South Dakota".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum MethodResponse<T = Value> {
    /// The method's result.
    Success(T),
    /// The method's failure.
    Fault(Fault),
}

impl<T> MethodResponse<T> {
    /// Reads a response, with the default reading and limits; see [`Decoder::method_response`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::method_response`]. A fault is no error here.
    pub fn from_slice<'de>(xml: &'de [u8]) -> Result<Self>
    where
        T: Deserialize<'de>,
    {
        Decoder::new().method_response(xml)
    }

    /// Writes the response, in the default dialect; see [`Encoder::method_response`].
    ///
    /// # Errors
    ///
    /// As [`Encoder::method_response`].
    pub fn to_vec(&self) -> Result<Vec<u8>>
    where
        T: Serialize,
    {
        match self {
            Self::Success(result) => Encoder::new().method_response(result),
            Self::Fault(fault) => Encoder::new().fault(fault),
        }
    }

    /// The result, or the fault as an error.
    ///
    /// # Errors
    ///
    /// The fault, if this is one.
    pub fn into_result(self) -> std::result::Result<T, Fault> {
        match self {
            Self::Success(result) => Ok(result),
            Self::Fault(fault) => Err(fault),
        }
    }
}
