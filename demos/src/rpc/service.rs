//! The slide's service: its functions by name.
//!
//! Python registers functions one by one and asks for introspection and multicall besides; here every table
//! of methods has both.

use xmlrpc_server::{Methods, Value};

use super::{arithmetic, validator};

/// All methods of the demo.
pub(crate) fn methods() -> Methods {
    Methods::new()
        .method("addtogether", arithmetic::addtogether)
        .help("addtogether", "Adds numbers (booleans count as 0 and 1), or joins strings or arrays.")
        .method("quadratic", arithmetic::quadratic)
        .help("quadratic", "The slide's formula, which divides by 2.0 and multiplies by a: right where a is 1 or -1. See roots.")
        .method("roots", arithmetic::roots)
        .help("roots", "The real solutions of a x^2 + b x + c = 0, the smaller one first.")
        .method("echo", |value: Value| value)
        .help("echo", "The value itself.")
        .merge(validator::methods())
}
