//! Runs the command as a program, against this workspace's server and Python's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod documents;
mod endings;
mod generate;
mod introspection;
mod many;
mod options;
mod pages;
#[cfg(unix)]
mod recordings;
mod support;
