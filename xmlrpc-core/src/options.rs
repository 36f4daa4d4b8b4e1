//! Options that many documents are read or written with.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Options that are shared, not copied.
///
/// The ones to begin with live as long as the process, so that nobody has to count who has them, which each small document would pay
/// for.
#[derive(Clone)]
pub(crate) enum Options<T: 'static> {
    Common(&'static T),
    Changed(Arc<T>),
}

impl<T: Clone> Options<T> {
    /// Changes these options, and none that are shared with them.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut T)) {
        let mut options = T::clone(self);
        change(&mut options);
        *self = Self::Changed(Arc::new(options));
    }
}

impl<T> Deref for Options<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Common(options) => options,
            Self::Changed(options) => options,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Options<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_options_of_others_as_they_are() {
        let common = Options::Common(&1);
        let mut changed = common.clone();
        changed.change(|number| *number += 1);
        let mut further = changed.clone();
        further.change(|number| *number += 1);
        assert_eq!((*common, *changed, *further), (1, 2, 3));
    }
}
