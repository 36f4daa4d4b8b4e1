//! What is set for some methods, and for all others.

use std::collections::HashMap;

/// A value for every method, found by its name.
///
/// A pattern is the name of a method, or the beginning of names with a `*` behind it. The name goes before every beginning, and a longer
/// beginning before a shorter one, in whatever order they were given.
#[derive(Clone, Debug)]
pub(super) struct ByMethod<T> {
    names: HashMap<Box<str>, T>,
    /// The longest first.
    beginnings: Vec<(Box<str>, T)>,
    others: T,
}

impl<T> ByMethod<T> {
    pub(super) fn new(others: T) -> Self {
        Self {
            names: HashMap::new(),
            beginnings: Vec::new(),
            others,
        }
    }

    /// Sets what holds where no pattern fits.
    pub(super) fn set_others(&mut self, value: T) {
        self.others = value;
    }

    /// Sets what holds for a pattern, in place of what was set for it before.
    pub(super) fn set(&mut self, pattern: &str, value: T) {
        let Some(beginning) = pattern.strip_suffix('*') else {
            self.names.insert(pattern.into(), value);
            return;
        };
        self.beginnings.retain(|(known, _)| **known != *beginning);
        let place = self
            .beginnings
            .partition_point(|(known, _)| known.len() > beginning.len());
        self.beginnings.insert(place, (beginning.into(), value));
    }

    pub(super) fn find(&self, method: &str) -> &T {
        let by_beginning = || {
            let mut beginnings = self.beginnings.iter();
            beginnings.find(|(beginning, _)| method.starts_with(&**beginning))
        };
        let by_name = self.names.get(method);
        by_name
            .or_else(|| by_beginning().map(|(_, value)| value))
            .unwrap_or(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_before_beginnings_and_the_longest_beginning_before_others() {
        let patterns = ["a.*", "a.b.*", "a.b.c", "a", "x*", "a.b.*", "*.y"];
        for rotation in 0..patterns.len() {
            let mut by_method = ByMethod::new("others");
            for index in 0..patterns.len() {
                let pattern = patterns[(index + rotation) % patterns.len()];
                by_method.set(pattern, pattern);
            }
            for (method, pattern) in [
                ("a", "a"),
                ("a.b", "a.*"),
                ("a.", "a.*"),
                ("a.b.c", "a.b.c"),
                ("a.b.c.d", "a.b.*"),
                ("a.b.", "a.b.*"),
                ("x", "x*"),
                ("xyz", "x*"),
                ("A", "others"),
                ("", "others"),
                ("b.y", "others"),
                ("*.y", "*.y"),
            ] {
                assert_eq!(*by_method.find(method), pattern, "{method}");
            }
        }
    }

    #[test]
    fn what_is_set_again_holds() {
        let mut by_method = ByMethod::new(0);
        for value in 1..=2 {
            by_method.set("a", value);
            by_method.set("b*", value * 10);
        }
        by_method.set_others(7);
        assert_eq!(["a", "bb", "c"].map(|method| *by_method.find(method)), [2, 20, 7]);
        by_method.set("*", 8);
        assert_eq!(*by_method.find("c"), 8);
    }
}
