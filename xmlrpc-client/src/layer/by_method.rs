//! Which methods a layer is for.

use std::sync::Arc;

/// A choice of methods by their names.
#[derive(Clone)]
pub(super) struct ByMethod(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl ByMethod {
    pub(super) fn new(chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(chosen))
    }

    pub(super) fn has(&self, method: &str) -> bool {
        (self.0)(method)
    }
}

impl Default for ByMethod {
    /// All but those of `system.*`.
    fn default() -> Self {
        Self::new(|method| !method.starts_with("system."))
    }
}
