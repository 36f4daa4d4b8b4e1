//! A call in a batch: encoded, and with the type of its result.

use std::any::Any;
use std::future::IntoFuture as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use xmlrpc_core::{EncodedValue, MethodResponse, MulticallReader, Value};

use super::Options;
use super::sending::Element;
use crate::error::{Error, Result};
use crate::pending::PendingCall;
use crate::proxy::{CallFuture, ServerProxy};

/// A result of a type that only its handle knows.
pub(super) type AnyResult = Box<dyn Any + Send>;

type Read = fn(&mut MulticallReader<'_>) -> xmlrpc_core::Result<Option<Element<AnyResult>>>;

pub(super) struct Entry {
    /// The struct of the method's name and its parameters.
    encoded: EncodedValue,
    /// Reads the result from the answer to all of them.
    read: Read,
    /// Makes the call by itself.
    call: fn(PendingCall<()>) -> CallFuture<AnyResult>,
}

/// What stands in the struct.
#[derive(Deserialize)]
struct Parts {
    #[serde(rename = "methodName")]
    method: String,
    params: Vec<Value>,
}

impl Entry {
    pub(super) fn new<R: DeserializeOwned + Send + 'static>(encoded: EncodedValue) -> Self {
        Self {
            encoded,
            read: read::<R>,
            call: call::<R>,
        }
    }

    pub(super) fn encoded(&self) -> &EncodedValue {
        &self.encoded
    }

    /// The name of the method called.
    pub(super) fn method(&self) -> Option<String> {
        self.parts().ok().map(|parts| parts.method)
    }

    fn parts(&self) -> Result<Parts> {
        self.encoded.parse().map_err(Error::encode)
    }

    /// Reads the result that comes next.
    pub(super) fn read(
        &self,
        results: &mut MulticallReader<'_>,
    ) -> xmlrpc_core::Result<Option<Element<AnyResult>>> {
        (self.read)(results)
    }

    /// Makes the call by itself.
    pub(super) async fn call(&self, proxy: &ServerProxy, options: &Options) -> Result<AnyResult> {
        let Parts { method, params } = self.parts()?;
        let mut pending = proxy.call::<()>(&method, params);
        if let Some(limit) = options.timeout {
            pending = pending.timeout(limit);
        }
        if options.idempotent {
            pending = pending.idempotent();
        }
        (self.call)(pending).await
    }
}

fn read<R: DeserializeOwned + Send + 'static>(
    results: &mut MulticallReader<'_>,
) -> xmlrpc_core::Result<Option<Element<AnyResult>>> {
    let element = results.next::<R>()?;
    Ok(element.map(|element| {
        element.map(|element| match element {
            MethodResponse::Success(result) => MethodResponse::Success(Box::new(result) as AnyResult),
            MethodResponse::Fault(fault) => MethodResponse::Fault(fault),
        })
    }))
}

fn call<R: DeserializeOwned + Send + 'static>(pending: PendingCall<()>) -> CallFuture<AnyResult> {
    let call = pending.with_result::<R>().into_future();
    Box::pin(async move { Ok(Box::new(call.await?) as AnyResult) })
}
