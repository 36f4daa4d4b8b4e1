//! A value before all parameters.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use xmlrpc_core::{Call, EncodedValue, Value};

use super::CallService;
use super::around::Around;
use crate::by_method::ByMethod;
use crate::error::Error;
use crate::proxy::CallFuture;

/// Puts a value before the parameters of calls, such as the secret that a server asks for.
///
/// Methods of `system.*` are left alone, `system.multicall` among them; each entry of a multicall is a call of its own, so that it has
/// the value. [`methods`](FirstParameter::methods) chooses others. `Debug` does not show the value.
///
/// # Errors
///
/// [`Error::is_encode`](crate::Error::is_encode) for calls, where the proxy's dialect cannot carry the value.
///
/// # Examples
///
/// aria2 with a secret:
///
/// ```
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::layer::FirstParameter;
/// use xmlrpc_client::{ServerProxy, profile};
///
/// let aria2 = ServerProxy::builder("http://127.0.0.1:6800/rpc")
///     .profile(profile::aria2())
///     .layer(FirstParameter::new("token:SECRET"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FirstParameter {
    value: Arc<Value>,
    methods: ByMethod,
}

impl FirstParameter {
    /// The layer that puts `value` before the parameters of all methods but those of `system.*`.
    pub fn new(value: impl Into<Value>) -> Self {
        Self {
            value: Arc::new(value.into()),
            methods: ByMethod::default(),
        }
    }

    /// Sets by their names which methods take the value.
    #[must_use]
    pub fn methods(mut self, chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.methods = ByMethod::new(chosen);
        self
    }
}

impl fmt::Debug for FirstParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstParameter").finish_non_exhaustive()
    }
}

impl Around for FirstParameter {
    fn around(&self, mut call: Call, next: &CallService) -> CallFuture<EncodedValue> {
        if self.methods.has(&call.method)
            && let Err(error) = call.params.prepend(&*self.value)
        {
            return Box::pin(ready(Err(Error::encode(error))));
        }
        next.run(call)
    }
}
