//! A stack of what is open: arrays and structs, mostly.

/// A stack whose top lies beside the vector of what is below it.
///
/// The top, which every value asks for, is one look away, and what nests no deeper than one level is not allocated for. It suits items
/// that stay as they are: one whose fields were changed just before it is covered has to be waited for.
#[derive(Debug)]
pub(crate) struct Stack<T> {
    top: Option<T>,
    below: Vec<T>,
}

impl<T> Default for Stack<T> {
    #[inline]
    fn default() -> Self {
        Self {
            top: None,
            below: Vec::new(),
        }
    }
}

impl<T> Stack<T> {
    /// A stack of one.
    #[inline]
    pub(crate) fn of(top: T) -> Self {
        Self {
            top: Some(top),
            below: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        if let Some(covered) = self.top.replace(item) {
            self.below.push(covered);
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        std::mem::replace(&mut self.top, self.below.pop())
    }

    #[inline]
    pub(crate) fn top(&self) -> Option<&T> {
        self.top.as_ref()
    }

    #[inline]
    pub(crate) fn top_mut(&mut self) -> Option<&mut T> {
        self.top.as_mut()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.top.is_none()
    }

    /// From the bottom to the top.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.below.iter().chain(&self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_back_in_the_opposite_order() {
        let mut stack = Stack::default();
        assert_eq!((stack.is_empty(), stack.pop()), (true, None));
        for number in 1..=3 {
            stack.push(number);
            assert_eq!((stack.top(), stack.is_empty()), (Some(&number), false));
        }
        assert_eq!(stack.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            [stack.pop(), stack.pop(), stack.pop(), stack.pop()],
            [Some(3), Some(2), Some(1), None]
        );
        assert!(stack.is_empty());
    }
}
