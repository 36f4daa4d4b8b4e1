//! Faults: how a method fails, over the wire.

use std::fmt;

use crate::error::{Category, Error, Result};
use crate::pretty::Printable;
use crate::reading::{Policy, Reading};
use crate::value::{Struct, Value};

/// The codes of the [fault code interoperability list](https://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php), version
/// 20010516. Codes from -32768 to -32000 are reserved; applications take any other.
pub mod code {
    /// The request is no well-formed XML, or carries a DOCTYPE.
    pub const NOT_WELL_FORMED: i32 = -32700;
    /// The request is in an encoding that nobody knows.
    pub const UNSUPPORTED_ENCODING: i32 = -32701;
    /// The request has bytes that are not in its encoding.
    pub const INVALID_CHARACTER: i32 = -32702;
    /// The request is well-formed XML, but no XML-RPC call, or beyond a limit.
    pub const INVALID_XML_RPC: i32 = -32600;
    /// There is no such method.
    pub const METHOD_NOT_FOUND: i32 = -32601;
    /// The parameters are not what the method takes.
    pub const INVALID_PARAMETERS: i32 = -32602;
    /// The server failed.
    pub const INTERNAL_ERROR: i32 = -32603;
    /// The application failed; for applications that have no codes of their own.
    pub const APPLICATION_ERROR: i32 = -32500;
    /// The system around the server failed.
    pub const SYSTEM_ERROR: i32 = -32400;
    /// The transport failed, as when a compressed body cannot be decompressed.
    pub const TRANSPORT_ERROR: i32 = -32300;
}

/// The answer of a method that failed: a code and a text.
///
/// # Codes
///
/// The server side of this library answers with the codes in [`code`]; a handler gives any it likes.
///
/// # What is read
///
/// Peers send faults in many shapes. By default the members may come in any order and with others beside them; a code is also read
/// from an `i8`, a whole double or digits in a string, and is 0 where none of these is given; a `faultString` of another type is
/// read as its text. What was sent is kept in [`Fault::raw`]. [`Reading::strict`] refuses all of this.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Fault, MethodResponse};
///
/// let xml = MethodResponse::<()>::Fault(Fault::new(4, "Too many parameters.")).to_vec()?;
/// let MethodResponse::Fault(fault) = MethodResponse::<()>::from_slice(&xml)? else { panic!() };
/// assert_eq!((fault.code(), fault.string()), (4, "Too many parameters."));
/// assert_eq!(fault.to_string(), "fault 4: Too many parameters.");
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Fault {
    code: i32,
    string: String,
    raw: Option<Box<Value>>,
}

impl Fault {
    /// A fault to answer with.
    pub fn new(code: i32, string: impl Into<String>) -> Self {
        Self {
            code,
            string: string.into(),
            raw: None,
        }
    }

    /// `faultCode`; 0 where the peer gave nothing that is a number of 32 bits.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// `faultString`.
    pub fn string(&self) -> &str {
        &self.string
    }

    /// The value in `<fault>` as it was received; `None` for a fault that was made here.
    pub fn raw(&self) -> Option<&Value> {
        self.raw.as_deref()
    }

    /// What kind of fault its code tells of, of the kinds in [`code`]: `not_well_formed`, `encoding`, `invalid_xml_rpc`,
    /// `method_not_found`, `invalid_parameters`, `internal`, `system`, `transport`, `server` (-32099 to -32000), `reserved`, or
    /// `application` for every other code. For labels of metrics, since a peer can make up any number of codes.
    pub fn class(&self) -> &'static str {
        match self.code {
            code::NOT_WELL_FORMED => "not_well_formed",
            code::UNSUPPORTED_ENCODING | code::INVALID_CHARACTER => "encoding",
            code::INVALID_XML_RPC => "invalid_xml_rpc",
            code::METHOD_NOT_FOUND => "method_not_found",
            code::INVALID_PARAMETERS => "invalid_parameters",
            code::INTERNAL_ERROR => "internal",
            code::SYSTEM_ERROR => "system",
            code::TRANSPORT_ERROR => "transport",
            code::APPLICATION_ERROR => "application",
            -32_099..=-32_000 => "server",
            -32_768..=-32_100 => "reserved",
            _ => "application",
        }
    }

    /// The struct that a fault is, with both members: what stands in `<fault>`, and in the result of `system.multicall`.
    pub fn to_struct(&self) -> Struct {
        Struct::from([
            ("faultCode", Value::Int(self.code)),
            ("faultString", Value::String(self.string.clone())),
        ])
    }

    /// Reads a fault from such a struct, by the rules of `reading`.
    ///
    /// # Errors
    ///
    /// [`Category::Protocol`] when `value` is no struct or has neither member, or when the reading is strict and
    /// anything is out of shape.
    pub fn from_value(value: Value, reading: &Reading) -> Result<Self> {
        let Value::Struct(members) = &value else {
            return Err(Error::mismatch(
                Category::Protocol,
                "a struct in <fault>",
                value.type_name(),
            ));
        };
        let (code, string) = (members.get("faultCode"), members.get("faultString"));
        if reading.fault_forms == Policy::Refuse {
            let in_shape =
                members.len() == 2 && matches!((code, string), (Some(Value::Int(_)), Some(Value::String(_))));
            if !in_shape {
                return Err(Error::protocol(
                    "a fault that is not an int faultCode and a string faultString",
                ));
            }
        }
        if code.is_none() && string.is_none() {
            return Err(Error::protocol("a fault without faultCode and faultString"));
        }
        let (code, string) = (code.map_or(0, number), string.map_or_else(String::new, text));
        Ok(Self {
            code,
            string,
            raw: Some(Box::new(value)),
        })
    }
}

/// The code that a peer meant.
fn number(value: &Value) -> i32 {
    let number = match value {
        Value::Int(number) => Some(*number),
        Value::I8(number) => i32::try_from(*number).ok(),
        Value::Double(number) => whole(*number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.unwrap_or(0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the result is compared with what it came from"
)]
fn whole(number: f64) -> Option<i32> {
    let integer = number as i32;
    (f64::from(integer) == number).then_some(integer)
}

fn text(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        value => value.to_string(),
    }
}

impl PartialEq for Fault {
    /// Whether code and string are the same; the raw value does not count.
    fn eq(&self, other: &Self) -> bool {
        (self.code, &self.string) == (other.code, &other.string)
    }
}

impl Eq for Fault {}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("string", &self.string)
            .finish()
    }
}

impl fmt::Display for Fault {
    /// Code and text; of what would steer a terminal in it, no more than [`Printable`] lets through.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}: {}", self.code, Printable(&self.string))
    }
}

impl std::error::Error for Fault {}

impl From<Error> for Fault {
    /// The fault with which a server answers a request that cannot be read, by the table of [`Category`].
    fn from(error: Error) -> Self {
        Self::new(error.fault_code(), error.to_string())
    }
}
