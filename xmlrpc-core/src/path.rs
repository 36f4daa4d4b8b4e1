//! The path of a value inside a larger one, as errors give it: `users[3].id`.

use std::fmt::Write as _;

/// Names longer than this are cut in paths.
const NAME: usize = 40;

/// A path being put together, outermost container first.
#[derive(Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    /// A path that begins inside something, such as `params[0]`.
    pub(crate) fn inside(front: String) -> Self {
        Self(front)
    }

    /// Into an array of which `count` values have been met, the last one being meant.
    pub(crate) fn index(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1) {
            // Writing to a string cannot fail.
            let _ = write!(self.0, "[{last}]");
        }
    }

    /// Into a member of a struct.
    pub(crate) fn name(&mut self, name: Option<&str>) {
        let Some(name) = name else { return };
        if !self.0.is_empty() {
            self.0.push('.');
        }
        for c in name.chars().take(NAME) {
            if c.is_control() {
                self.0.extend(c.escape_debug());
            } else {
                self.0.push(c);
            }
        }
        if name.chars().nth(NAME).is_some() {
            self.0.push('…');
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}
