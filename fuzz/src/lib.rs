//! What the fuzz targets share: choices made from bytes, and what has to hold for every error and every value.

pub mod choices;
mod holds;
pub mod values;

pub use holds::{assert_error, assert_keeps, assert_response, is_too_long, only_refuses};
