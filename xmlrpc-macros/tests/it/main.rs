//! Services made of traits, a module a topic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod both_sides;
mod describe;
mod hygiene;
mod support;
mod ui;
mod wire;
