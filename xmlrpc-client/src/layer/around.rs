//! The service that the layers in the box are.

use std::fmt;
use std::task::{Context, Poll};

use tower_service::Service;
use xmlrpc_core::{Call, EncodedValue};

use super::CallService;
use crate::error::{Error, Result};
use crate::proxy::CallFuture;

/// What a layer does with a call. Sealed: this is how the layers in the box are written, others take [`from_fn`](super::from_fn).
pub trait Around: Clone {
    /// Answers a call, by what stands behind or by itself.
    fn around(&self, call: Call, next: &CallService) -> CallFuture<EncodedValue>;
}

/// The service of a layer in the box.
#[derive(Clone)]
pub struct LayerService<L> {
    layer: L,
    next: CallService,
}

impl<L: Around> LayerService<L> {
    pub(super) fn new<S>(layer: &L, next: S) -> Self
    where
        S: Service<Call, Response = EncodedValue, Error = Error, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Self {
            layer: layer.clone(),
            next: CallService::new(next),
        }
    }
}

impl<L: Around> Service<Call> for LayerService<L> {
    type Response = EncodedValue;
    type Error = Error;
    type Future = CallFuture<EncodedValue>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> CallFuture<EncodedValue> {
        self.layer.around(call, &self.next)
    }
}

impl<L: fmt::Debug> fmt::Debug for LayerService<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerService")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}

/// Makes `tower_layer::Layer` of types that are [`Around`].
macro_rules! layers {
    ($($layer:ty),*) => {$(
        impl<S> tower_layer::Layer<S> for $layer
        where
            S: Service<Call, Response = EncodedValue, Error = Error, Future: Send>
                + Clone
                + Send
                + Sync
                + 'static,
        {
            type Service = LayerService<$layer>;

            fn layer(&self, next: S) -> Self::Service {
                LayerService::new(self, next)
            }
        }
    )*};
}

layers!(
    super::AddedMember,
    super::FirstParameter,
    super::Session,
    super::Trace
);
#[cfg(feature = "metrics")]
layers!(super::Metrics);
