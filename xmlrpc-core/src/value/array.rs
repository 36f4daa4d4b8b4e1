//! `<array>`: values in order.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::{Value, walk};

/// The values of an `<array>`.
///
/// Derefs to a slice; [`Array::push`] and the conversions to and from `Vec<Value>` do the rest.
#[derive(Default, PartialEq, Eq)]
pub struct Array(pub(super) Vec<Value>);

impl Array {
    /// The empty array.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts a value behind the last one.
    pub fn push(&mut self, value: impl Into<Value>) {
        self.0.push(value.into());
    }

    /// The values as a slice.
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    /// The values as a vector.
    pub fn into_vec(mut self) -> Vec<Value> {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl DerefMut for Array {
    fn deref_mut(&mut self) -> &mut [Value] {
        &mut self.0
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if self.0.iter().any(Value::holds_values) {
            walk::dismantle(std::mem::take(&mut self.0));
        }
    }
}

impl Clone for Array {
    fn clone(&self) -> Self {
        if self.0.iter().any(Value::holds_values) {
            walk::clone_array(self)
        } else {
            Self(self.0.clone())
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::print::debug_array(self, f)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Array {
    fn from(values: Vec<V>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl From<Array> for Vec<Value> {
    fn from(array: Array) -> Self {
        array.into_vec()
    }
}

impl<V: Into<Value>> FromIterator<V> for Array {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<V: Into<Value>> Extend<V> for Array {
    fn extend<I: IntoIterator<Item = V>>(&mut self, values: I) {
        self.0.extend(values.into_iter().map(Into::into));
    }
}

impl IntoIterator for Array {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
