//! What `xmlrpc-core` has set itself: a figure to reach, and one not to fall behind.

use std::fmt;

use crate::contender::{Contender, Form, Task};
use crate::contenders::ours;

/// A figure to reach and one not to fall behind; less is better unless the figure is to be reached from below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// To reach.
    pub aim: f64,
    /// Not to fall behind.
    pub floor: f64,
}

impl Target {
    const fn new(aim: f64, floor: f64) -> Self {
        Self { aim, floor }
    }

    /// Whether more is better, which shows in the floor.
    fn is_least(self) -> bool {
        self.floor < self.aim
    }

    fn is_kept(self, bound: f64, figure: f64) -> bool {
        match self.is_least() {
            true => figure >= bound,
            false => figure <= bound,
        }
    }

    /// The target, and whether a figure meets it.
    pub fn judge(self, figure: f64) -> String {
        let verdict = if self.is_kept(self.aim, figure) {
            "met"
        } else if self.is_kept(self.floor, figure) {
            match self.is_least() {
                true => "**below the aim, within the floor**",
                false => "**above the aim, within the floor**",
            }
        } else {
            "**missed**"
        };
        format!("{self}: {verdict}")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.aim, self.floor)
    }
}

/// Time against the reference. Borrowed texts and workloads that are nowhere mentioned have none.
pub fn ratio(workload: &str, contender: &Contender<'_>) -> Option<Target> {
    let target = match (workload, contender.task, contender.form) {
        _ if contender.name != ours::NAME => return None,
        (_, _, Form::Borrowed) | ("nested", ..) => return None,
        ("text", Task::Read, Form::Typed) => Target::new(1.3, 2.0),
        ("base64-line", Task::Read, Form::Typed) => Target::new(1.3, 2.0),
        ("base64-wrapped", Task::Read, Form::Typed) => Target::new(2.0, 3.0),
        ("text" | "base64-line" | "base64-wrapped", ..) => return None,
        (_, Task::Write, _) => Target::new(1.0, 1.3),
        (_, Task::Read, Form::Value) => Target::new(0.9, 1.25),
        ("tiny-call" | "struct-12", Task::Read, Form::Typed) => Target::new(1.4, 1.8),
        (_, Task::Read, Form::Typed) => Target::new(1.0, 1.35),
    };
    Some(target)
}

/// Instructions for each value, of the workloads of records.
pub fn instructions(workload: &str, contender: &Contender<'_>) -> Option<Target> {
    if contender.name != ours::NAME || !matches!(workload, "records" | "records-python") {
        return None;
    }
    match (contender.task, contender.form) {
        (Task::Read, Form::Value) => Some(Target::new(1_300.0, 1_700.0)),
        (Task::Read, Form::Typed) => Some(Target::new(800.0, 1_000.0)),
        (Task::Write, _) => Some(Target::new(330.0, 420.0)),
        (Task::Read, Form::Borrowed) => None,
    }
}

/// Time for each byte of a document of 256 MiB against one of 1 MiB.
pub const SCALING: Target = Target::new(1.3, 1.5);

/// Bytes on the heap for each value of the records, as `Value`.
pub const HEAP_BYTES: Target = Target::new(80.0, 100.0);

/// Allocations for each value of the records, as `Value`.
pub const ALLOCATIONS: Target = Target::new(0.8, 1.5);

/// Bytes beyond the result itself, for typed records.
pub const BEYOND_RESULT: Target = Target::new(65_536.0, 65_536.0);

/// Bytes at the peak for each byte of a document of base64.
pub const BASE64_PEAK: Target = Target::new(0.76, 0.76);

/// Processor time for each tiny call, against bare hyper.
pub const PROCESSOR: Target = Target::new(1.1, 1.2);

/// Tiny calls in a second, against bare hyper.
pub const RATE: Target = Target::new(0.9, 0.85);

/// The 99th percentile of the latency on 64 connections, against bare hyper.
pub const LATENCY: Target = Target::new(1.2, 1.4);

/// Processor time for the records there and back, against jsonrpsee.
pub const ECHO: Target = Target::new(1.0, 1.3);

/// How many times less processor time a call in a multicall takes than dxr.
pub const MULTICALL: Target = Target::new(10.0, 6.0);

/// Memory for each idle connection, against bare hyper.
pub const IDLE: Target = Target::new(1.3, 1.5);

/// Processor time for each tiny call, against bare reqwest.
pub const CLIENT: Target = Target::new(1.05, 1.1);

/// How many times less a call in a batch costs than one by itself.
pub const BATCH: Target = Target::new(30.0, 20.0);
