//! A member in every struct among the parameters.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use xmlrpc_core::{Call, EncodedValue, Params, Struct, Value};

use super::CallService;
use super::around::Around;
use crate::by_method::ByMethod;
use crate::error::{Error, Result};
use crate::proxy::CallFuture;

/// Puts a member into every struct among the parameters of calls, such as the token that Bugzilla asks for.
///
/// Structs inside of other parameters stay as they are. Where there is no struct, one with this member comes behind the parameters; a
/// member of that name that is there already is replaced. Methods of `system.*` are left alone, `system.multicall` among them; each
/// entry of a multicall is a call of its own, so that it has the member. [`methods`](AddedMember::methods) chooses others. `Debug` does
/// not show the value.
///
/// The parameters are read into [`Value`]s for that.
///
/// # Examples
///
/// ```
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::ServerProxy;
/// use xmlrpc_client::layer::AddedMember;
///
/// let bugzilla = ServerProxy::builder("http://127.0.0.1/xmlrpc.cgi")
///     .layer(AddedMember::new("Bugzilla_token", "12-SECRET"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AddedMember {
    name: Arc<str>,
    value: Arc<Value>,
    methods: ByMethod,
}

impl AddedMember {
    /// The layer that puts a member of this name and value into the structs of all methods but those of `system.*`.
    pub fn new(name: &str, value: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            value: Arc::new(value.into()),
            methods: ByMethod::default(),
        }
    }

    /// Sets by their names which methods take the member.
    #[must_use]
    pub fn methods(mut self, chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.methods = ByMethod::new(chosen);
        self
    }
}

impl Around for AddedMember {
    fn around(&self, mut call: Call, next: &CallService) -> CallFuture<EncodedValue> {
        if self.methods.has(&call.method)
            && let Err(error) = add_member(&mut call, &self.name, &self.value)
        {
            return Box::pin(ready(Err(error)));
        }
        next.run(call)
    }
}

impl fmt::Debug for AddedMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedMember")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Puts a member into every struct among the parameters, or into one more.
pub(super) fn add_member(call: &mut Call, name: &str, value: &Value) -> Result<()> {
    let mut params = call.params.values().map_err(Error::encode)?;
    let mut has_struct = false;
    for param in &mut params {
        if let Value::Struct(members) = param {
            members.insert(name, value.clone());
            has_struct = true;
        }
    }
    if !has_struct {
        params.push(Value::Struct(Struct::from([(name, value.clone())])));
    }
    call.params = Params::from_values(params);
    Ok(())
}
