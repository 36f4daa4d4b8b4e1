//! Methods with several handlers.

use std::sync::Arc;

use xmlrpc_core::fault::code;
use xmlrpc_core::{Fault, Value};

use crate::argument::Failure;
use crate::handler::{Request, Start, Started};
use crate::method::Shape;

/// How many parameters of a call a fault names.
const NAMED: usize = 14;

/// Starts the first handler whose parameters fit. `shapes` are those of the handlers.
pub(crate) fn start(
    handlers: &[Arc<dyn Start>],
    shapes: &[Shape],
    request: Request<'_>,
) -> Result<Started, Fault> {
    for handler in handlers {
        match handler.start(request) {
            Ok(started) => return Ok(started),
            Err(Failure::Misfit(_)) => {}
            Err(Failure::Fault(fault)) => return Err(fault),
        }
    }
    Err(none_fits(shapes, request))
}

/// The fault for parameters that none of the handlers takes.
#[cold]
fn none_fits(shapes: &[Shape], request: Request<'_>) -> Fault {
    let came = match types(request) {
        Ok(came) => came,
        Err(error) => return error.into(),
    };
    let taken: Vec<_> = shapes.iter().map(|shape| shape.parameters.to_string()).collect();
    let text = format!(
        "{} takes {}, but ({came}) came",
        request.call.method,
        taken.join(" or ")
    );
    Fault::new(code::INVALID_PARAMETERS, text)
}

/// The types of the parameters that came.
fn types(request: Request<'_>) -> xmlrpc_core::Result<String> {
    let mut types = Vec::new();
    let mut reader = request.call.params.reader()?;
    while let Some(value) = reader.next::<Value>()? {
        if types.len() == NAMED {
            types.push("…");
            break;
        }
        types.push(value.type_name());
    }
    reader.skip_all()?;
    Ok(types.join(", "))
}
