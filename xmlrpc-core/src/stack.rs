//! A stack of what is open: arrays and structs, mostly.

/// A stack whose top lies beside the vector of what is below it.
///
/// The top, which every value asks for, is one look away, and what nests no deeper than one level is not allocated for.
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

    /// Leaves no more than the bottom.
    pub(crate) fn keep_bottom(&mut self) {
        self.below.truncate(1);
        if let Some(bottom) = self.below.pop() {
            self.top = Some(bottom);
        }
    }

    #[inline]
    pub(crate) fn top(&self) -> Option<&T> {
        self.top.as_ref()
    }

    #[inline]
    pub(crate) fn top_mut(&mut self) -> Option<&mut T> {
        self.top.as_mut()
    }

    pub(crate) fn bottom(&self) -> Option<&T> {
        self.iter().next()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.below.len() + usize::from(self.top.is_some())
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
        assert_eq!((stack.len(), stack.is_empty(), stack.pop()), (0, true, None));
        for number in 1..=3 {
            stack.push(number);
            assert_eq!(
                (stack.len(), stack.top(), stack.bottom()),
                (number, Some(&number), Some(&1))
            );
        }
        assert_eq!(stack.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            [stack.pop(), stack.pop(), stack.pop(), stack.pop()],
            [Some(3), Some(2), Some(1), None]
        );
        assert!(stack.is_empty());
    }

    #[test]
    fn the_bottom_is_kept() {
        for height in 0..4 {
            let mut stack = Stack::default();
            (0..height).for_each(|number| stack.push(number));
            stack.keep_bottom();
            assert_eq!(
                stack.iter().copied().collect::<Vec<_>>(),
                (0..height.min(1)).collect::<Vec<_>>()
            );
            assert_eq!(stack.top(), stack.bottom());
        }
    }
}
