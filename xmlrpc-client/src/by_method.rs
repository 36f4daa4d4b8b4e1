//! A choice of methods by their names: those that a layer is for, those that are idempotent.

use std::sync::Arc;

/// A choice of methods by their names.
#[derive(Clone)]
pub(crate) struct ByMethod(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl ByMethod {
    pub(crate) fn new(chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(chosen))
    }

    pub(crate) fn has(&self, method: &str) -> bool {
        (self.0)(method)
    }
}

impl Default for ByMethod {
    /// All but those of `system.*`.
    fn default() -> Self {
        Self::new(|method| !method.starts_with("system."))
    }
}
