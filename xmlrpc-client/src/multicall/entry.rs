//! What a call in a batch gives: a result of its own type.

use std::any::Any;
use std::future::IntoFuture as _;

use serde::de::DeserializeOwned;
use xmlrpc_core::{MethodResponse, MulticallReader};

use super::sending::Element;
use crate::error::Result;
use crate::pending::PendingCall;
use crate::proxy::CallFuture;

/// A result of a type that only its handle knows.
pub(super) type AnyResult = Box<dyn Any + Send>;

type Read = fn(&mut MulticallReader<'_>) -> xmlrpc_core::Result<Option<Element<AnyResult>>>;

pub(super) struct Entry {
    /// Reads the result from the answer to all of them.
    read: Read,
    /// Makes the call by itself.
    call: fn(PendingCall<()>) -> CallFuture<AnyResult>,
}

impl Entry {
    pub(super) fn new<R: DeserializeOwned + Send + 'static>() -> Self {
        Self {
            read: read::<R>,
            call: call::<R>,
        }
    }

    /// Reads the result that comes next.
    pub(super) fn read(
        &self,
        results: &mut MulticallReader<'_>,
    ) -> xmlrpc_core::Result<Option<Element<AnyResult>>> {
        (self.read)(results)
    }

    /// Makes the call by itself.
    pub(super) async fn call(&self, pending: PendingCall<()>) -> Result<AnyResult> {
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
