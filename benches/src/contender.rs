//! One library at one task: a closure that does the work once, and the check of what it gives.

use std::fmt::Display;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Which way the document goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// From bytes to a Rust value.
    Read,
    /// From a Rust value to bytes.
    Write,
}

/// What stands at the Rust end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A type of one's own, by derive.
    Typed,
    /// The same with texts that are borrowed from the document.
    Borrowed,
    /// The library's type for any value.
    Value,
}

impl Task {
    /// The word in tables and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Form {
    /// The word in tables and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Borrowed => "borrowed",
            Self::Value => "Value",
        }
    }
}

/// Does a task, in whatever process.
pub trait Work {
    /// Does it once and compares the outcome with what is expected.
    ///
    /// # Errors
    ///
    /// What went wrong, for people.
    fn check(&mut self) -> Result<(), String>;

    /// Does it `iterations` times, dropping each outcome, and says how long that took.
    fn time(&mut self, iterations: u64) -> Duration;

    /// Does it once inside of `observer`, which is given the work to call, and drops the outcome when `observer` is through.
    ///
    /// Does nothing where the work is not done in this process.
    fn observe(&mut self, observer: &mut dyn FnMut(&mut dyn FnMut()));
}

/// One library at one task of one workload.
pub struct Contender<'w> {
    /// The library, and what it does where that needs saying.
    pub name: &'static str,
    /// Which way the document goes.
    pub task: Task,
    /// What stands at the Rust end.
    pub form: Form,
    /// Bytes of the document that it reads or writes.
    pub bytes: usize,
    /// The work itself.
    pub work: Box<dyn Work + 'w>,
}

impl<'w> Contender<'w> {
    /// A contender of this process. `right` judges the outcome, once and untimed.
    pub fn new<T, E: Display>(
        name: &'static str,
        (task, form): (Task, Form),
        bytes: usize,
        work: impl Fn() -> Result<T, E> + 'w,
        right: impl Fn(&T) -> bool + 'w,
    ) -> Self {
        Self {
            name,
            task,
            form,
            bytes,
            work: Box::new(Closure { work, right }),
        }
    }

    /// What filters match and the programs call it by: `read typed xmlrpc-core`.
    pub fn label(&self) -> String {
        format!("{} {} {}", self.task.name(), self.form.name(), self.name)
    }
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Contender").field(&self.label()).finish()
    }
}

/// The index of the contender that `contenders[index]` is compared with: the one called `name` of its task and form, or else of its
/// task.
pub fn reference(contenders: &[Contender<'_>], index: usize, name: &str) -> Option<usize> {
    let Contender { task, form, .. } = contenders[index];
    let find = |right: &dyn Fn(&Contender<'_>) -> bool| {
        contenders
            .iter()
            .position(|other| other.name == name && other.task == task && right(other))
    };
    find(&|other| other.form == form).or_else(|| find(&|_| true))
}

struct Closure<W, R> {
    work: W,
    right: R,
}

impl<T, E: Display, W: Fn() -> Result<T, E>, R: Fn(&T) -> bool> Work for Closure<W, R> {
    fn check(&mut self) -> Result<(), String> {
        match (self.work)() {
            Ok(outcome) if (self.right)(&outcome) => Ok(()),
            Ok(_) => Err("another outcome than expected".to_owned()),
            Err(error) => Err(error.to_string().replace('\n', " ").chars().take(120).collect()),
        }
    }

    fn time(&mut self, iterations: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..iterations {
            drop(black_box((self.work)()));
        }
        start.elapsed()
    }

    fn observe(&mut self, observer: &mut dyn FnMut(&mut dyn FnMut())) {
        let mut outcome = None;
        observer(&mut || outcome = Some(black_box((self.work)())));
    }
}
