//! Documents between XML and JSON: calls, responses and faults.
//!
//! Calls are `{"method":…,"params":[…]}`, responses `{"params":[…]}`, faults `{"fault":{"code":…,"string":…}}`, their values plain or
//! typed.

use xmlrpc_client::xmlrpc_core::{self, Decoder, Encoder, Error, Position};
use xmlrpc_client::{Fault, MethodResponse, Value};

use crate::json::{self, Json, Kind, plain, typed};

/// A whole document.
#[derive(Debug)]
pub(crate) enum Document {
    Call { method: String, params: Vec<Value> },
    Response(Value),
    Fault(Fault),
}

/// Whether JSON has the names of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Types {
    Plain,
    Typed,
}

impl Types {
    pub(crate) fn to_json(self, value: &Value) -> Json {
        match self {
            Self::Plain => plain::from_value(value),
            Self::Typed => typed::from_value(value),
        }
    }

    pub(crate) fn to_value(self, json: Json) -> json::Result<Value> {
        match self {
            Self::Plain => Ok(plain::to_value(json)),
            Self::Typed => typed::to_value(json),
        }
    }
}

/// Why a document is neither a call nor a response.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) message: String,
    pub(crate) position: Option<Position>,
}

impl Unreadable {
    /// The wrong one of the two readings ends at the root, so that the error that came later is that of the right one.
    fn of_both(call: &Error, response: &Error) -> Self {
        let reached = |error: &Error| error.position().map(|position| position.offset());
        let error = if reached(response) > reached(call) {
            response
        } else {
            call
        };
        let roots = (call.expected(), response.expected(), error.found());
        let message = match roots {
            (Some(call_root), Some(response_root), Some(found))
                if call_root != response_root && reached(call) == reached(response) =>
            {
                let place = error.position().map(|position| format!(" at {position}"));
                let place = place.unwrap_or_default();
                format!("expected {call_root} or {response_root}, found {found}{place}")
            }
            _ => error.to_string(),
        };
        Self {
            message,
            position: error.position(),
        }
    }
}

/// A fault as JSON.
pub(crate) fn fault_to_json(fault: &Fault) -> Json {
    let code = Kind::Integer(fault.code().into()).into();
    let fault = Json::object([("code", code), ("string", Json::text(fault.string()))]);
    Json::tagged("fault", fault)
}

impl Document {
    /// Reads a call or a response, whichever it is.
    pub(crate) fn from_xml(xml: &[u8], decoder: &Decoder) -> Result<Self, Unreadable> {
        let call = match Self::call_from_xml(xml, decoder) {
            Ok(call) => return Ok(call),
            Err(error) => error,
        };
        Self::response_from_xml(xml, decoder).map_err(|response| Unreadable::of_both(&call, &response))
    }

    pub(crate) fn call_from_xml(xml: &[u8], decoder: &Decoder) -> xmlrpc_core::Result<Self> {
        let call = decoder.method_call::<Vec<Value>>(xml)?;
        Ok(Self::Call {
            method: call.method.as_str().to_owned(),
            params: call.params,
        })
    }

    pub(crate) fn response_from_xml(xml: &[u8], decoder: &Decoder) -> xmlrpc_core::Result<Self> {
        Ok(match decoder.method_response(xml)? {
            MethodResponse::Success(result) => Self::Response(result),
            MethodResponse::Fault(fault) => Self::Fault(fault),
        })
    }

    pub(crate) fn to_xml(&self, encoder: &Encoder) -> xmlrpc_core::Result<Vec<u8>> {
        match self {
            Self::Call { method, params } => encoder.method_call(method, params),
            Self::Response(result) => encoder.method_response(result),
            Self::Fault(fault) => encoder.fault(fault),
        }
    }

    pub(crate) fn to_json(&self, types: Types) -> Json {
        let params =
            |values: &[Value]| Kind::Array(values.iter().map(|value| types.to_json(value)).collect()).into();
        match self {
            Self::Call {
                method,
                params: values,
            } => Json::object([("method", Json::text(method)), ("params", params(values))]),
            Self::Response(result) => Json::tagged("params", params(std::slice::from_ref(result))),
            Self::Fault(fault) => fault_to_json(fault),
        }
    }

    pub(crate) fn from_json(json: Json, types: Types) -> json::Result<Self> {
        check_members(&json)?;
        if let Some(fault) = json.member("fault") {
            return fault_from_json(fault).map(Self::Fault);
        }
        let method = json.member("method").map(|name| match name.as_text() {
            Some(name) => Ok(name.to_owned()),
            None => Err(name.wrong("the method's name must be a string")),
        });
        let method = method.transpose()?;
        let (at, params) = params(json, method.is_some())?;
        let mut values = Vec::with_capacity(params.len());
        for param in params {
            values.push(types.to_value(param)?);
        }
        if let Some(method) = method {
            return Ok(Self::Call {
                method,
                params: values,
            });
        }
        match (values.pop(), values.is_empty()) {
            (Some(result), true) => Ok(Self::Response(result)),
            _ => Err(json::Error {
                at,
                message: "a response has one value; a call needs \"method\", too".into(),
            }),
        }
    }
}

/// Refuses members that no document has, which may be misspelt.
fn check_members(json: &Json) -> json::Result<()> {
    let Kind::Object(members) = &json.kind else {
        return Err(json.wrong(EXPECTED));
    };
    let known: &[&str] = match json.member("fault") {
        Some(_) => &["fault"],
        None => &["method", "params"],
    };
    match members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((_, value)) => Err(value.wrong(format!("no member of a document; {EXPECTED}"))),
        None => Ok(()),
    }
}

const EXPECTED: &str =
    "expected {\"method\":…,\"params\":[…]}, {\"params\":[…]} or {\"fault\":{\"code\":…,\"string\":…}}";

/// The elements of `params`, which a call may leave out, and where they begin.
fn params(json: Json, optional: bool) -> json::Result<(usize, Vec<Json>)> {
    let at = json.at;
    let Kind::Object(members) = json.kind else {
        return Err(json.wrong(EXPECTED));
    };
    let params = members.into_iter().rev().find(|(name, _)| name == "params");
    match params {
        None if optional => Ok((at, Vec::new())),
        None => Err(json::Error {
            at,
            message: EXPECTED.into(),
        }),
        Some((
            _,
            Json {
                at,
                kind: Kind::Array(params),
            },
        )) => Ok((at, params)),
        Some((_, other)) => Err(other.wrong("params must be an array")),
    }
}

fn fault_from_json(json: &Json) -> json::Result<Fault> {
    let expected = "a fault is {\"code\":…,\"string\":…}";
    let member = |name: &str| json.member(name).ok_or_else(|| json.wrong(expected));
    let (code, string) = (member("code")?, member("string")?);
    let number = match code.kind {
        Kind::Integer(number) => i32::try_from(number).ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| code.wrong("a fault's code is an integer of 32 bits"))?;
    let text = string
        .as_text()
        .ok_or_else(|| string.wrong("a fault's string is a string"))?;
    Ok(Fault::new(number, text))
}
