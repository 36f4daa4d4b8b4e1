//! `system.multicall`: several calls in one document.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use xmlrpc_core::fault::code;
use xmlrpc_core::{Call, EncodedValue, Fault, MethodName, Params, Struct, Value};

use crate::dispatch::shown;
use crate::handler::{Outcome, Request};
use crate::layer::Around;
use crate::methods::Table;

/// Runs the entries in order. Boxed, since each of them is a call.
pub(crate) fn run<'t>(
    table: &'t Table,
    request: Request<'t>,
) -> Pin<Box<dyn Future<Output = Outcome> + Send + 't>> {
    Box::pin(async move {
        let (entries, extensions) = entries(table, request)?;
        let mut outcomes = Vec::with_capacity(entries.len());
        let mut room = table.multicall_reply_bytes;
        for entry in entries {
            let outcome = if room == 0 {
                Err(too_large("not called", table.multicall_reply_bytes))
            } else {
                outcome(table, request, entry, extensions).await
            };
            outcomes.push(match outcome {
                Ok(result) if result.encoded_len() > room => {
                    room = 0;
                    Err(too_large(
                        "called, but its result is left out",
                        table.multicall_reply_bytes,
                    ))
                }
                outcome => {
                    room -= outcome.as_ref().map_or(0, EncodedValue::encoded_len);
                    outcome
                }
            });
        }
        request.codec.multicall(&outcomes, extensions)
    })
}

/// The fault of an entry that is a multicall itself.
#[cold]
pub(crate) fn nested() -> Fault {
    let text = "system.multicall cannot be called inside system.multicall";
    Fault::new(code::INVALID_XML_RPC, text)
}

/// The fault of an entry whose result has no room in the reply.
fn too_large(what: &str, most: usize) -> Fault {
    let text = format!(
        "{what}: the results of this system.multicall take more than {most} bytes; Methods::multicall_reply_bytes raises this limit"
    );
    Fault::new(code::INTERNAL_ERROR, text)
}

async fn outcome(table: &Table, request: Request<'_>, entry: Value, extensions: bool) -> Outcome {
    let mut call = call_of(entry)?;
    call.extensions = request.call.extensions.clone();
    let around = Around {
        in_multicall: true,
        extensions,
        document_bytes: None,
    };
    match request.stack {
        Some(stack) => stack.run(call, request.context, around).await,
        None => table.run(&mut call, request.context, around).await,
    }
}

/// All entries, once the document has been read to its end.
fn entries(table: &Table, request: Request<'_>) -> Result<(Vec<Value>, bool), Fault> {
    let most = table.multicall_entries;
    let mut parameters = request.call.params.reader()?;
    let entries = parameters.next_seed(Entries { most })?;
    let count = parameters.skip_all()?;
    match entries {
        Some(Some(entries)) if count == 1 => {
            Ok((entries, request.around.extensions || parameters.met_extensions()))
        }
        Some(None) if count == 1 => Err(Fault::new(
            code::INVALID_XML_RPC,
            format!(
                "system.multicall has more than {most} entries; Methods::multicall_entries raises this limit"
            ),
        )),
        _ => Err(request.parameters.wrong_count(&request.call.method, count)),
    }
}

/// The call that an entry asks for.
fn call_of(entry: Value) -> Result<Call, Fault> {
    let Value::Struct(mut members) = entry else {
        let text = format!(
            "an entry of system.multicall is a struct, but {} came",
            entry.type_name()
        );
        return Err(Fault::new(code::INVALID_XML_RPC, text));
    };
    let method = method_of(&mut members)?;
    let params = match members.remove("params") {
        None => Params::none(),
        Some(Value::Array(params)) => Params::from_values(params.into_vec()),
        Some(other) => {
            let text = format!(
                "the params of {} in system.multicall are an array, but {} came",
                shown(&method),
                other.type_name()
            );
            return Err(Fault::new(code::INVALID_PARAMETERS, text));
        }
    };
    Ok(Call::new(method, params))
}

/// The method's name, read as it is read from a `<methodName>`.
fn method_of(members: &mut Struct) -> Result<MethodName, Fault> {
    let missing = || {
        let text = "an entry of system.multicall has no methodName that is a string";
        Fault::new(code::METHOD_NOT_FOUND, text)
    };
    let Some(Value::String(name)) = members.remove("methodName") else {
        return Err(missing());
    };
    let name = name.trim_matches([' ', '\t', '\n', '\r']);
    MethodName::try_from(name).map_err(|_| missing())
}

/// The entries; `None` for more than there may be.
struct Entries {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Entries {
    type Value = Option<Vec<Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Option<Vec<Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of structs with methodName and params")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < self.most {
            match sequence.next_element()? {
                Some(entry) => entries.push(entry),
                None => return Ok(Some(entries)),
            }
        }
        if sequence.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Some(entries));
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
