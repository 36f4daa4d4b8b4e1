//! The slide's two functions, and the quadratic formula put right.
//!
//! Python's `reduce(add, things)` adds whatever has a `+`: integers of any size, floats, booleans (which are
//! integers), strings, lists. Here the kinds are told apart once, at the first thing, and an integer beyond
//! XML-RPC's 64 bits is a fault.

use xmlrpc_server::{Array, Fault, Value, Variadic};

/// The fault code of a call whose numbers or kinds make no sense.
const NO_SENSE: i32 = 1;

/// `addtogether(*things)`: the slide's sum of numbers, or its join of strings or arrays.
pub(super) fn addtogether(things: Variadic<Value>) -> Result<Value, Fault> {
    let mut things = things.into_iter();
    let first = things
        .next()
        .ok_or_else(|| fault("addtogether takes at least one thing"))?;
    match first {
        Value::String(text) => join(text, things).map(Value::String),
        Value::Array(values) => concatenate(values, things).map(Value::Array),
        only @ Value::Boolean(_) if things.as_slice().is_empty() => Ok(only),
        number => things
            .try_fold(Number::of(&number)?, |sum, thing| sum.plus(Number::of(&thing)?))?
            .into_value(),
    }
}

fn join(mut text: String, rest: impl Iterator<Item = Value>) -> Result<String, Fault> {
    for thing in rest {
        match thing {
            Value::String(more) => text.push_str(&more),
            other => return Err(mixed("a string", &other)),
        }
    }
    Ok(text)
}

fn concatenate(mut values: Array, rest: impl Iterator<Item = Value>) -> Result<Array, Fault> {
    for thing in rest {
        match thing {
            Value::Array(more) => values.extend(more),
            other => return Err(mixed("an array", &other)),
        }
    }
    Ok(values)
}

/// A sum so far: exact while all of it are integers, as in Python.
enum Number {
    Integer(i128),
    Double(f64),
}

impl Number {
    fn of(thing: &Value) -> Result<Self, Fault> {
        match thing {
            Value::Int(number) => Ok(Self::Integer((*number).into())),
            Value::I8(number) => Ok(Self::Integer((*number).into())),
            Value::Boolean(truth) => Ok(Self::Integer((*truth).into())),
            Value::Double(number) => Ok(Self::Double(*number)),
            other => Err(mixed("a number", other)),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer added to a float becomes one, in Python too"
    )]
    fn plus(self, other: Self) -> Result<Self, Fault> {
        Ok(match (self, other) {
            // No document is long enough for 128 bits to overflow, yet nothing is lost in checking.
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a.checked_add(b).ok_or_else(too_large)?),
            (Self::Integer(a), Self::Double(b)) => Self::Double(a as f64 + b),
            (Self::Double(a), Self::Integer(b)) => Self::Double(a + b as f64),
            (Self::Double(a), Self::Double(b)) => Self::Double(a + b),
        })
    }

    fn into_value(self) -> Result<Value, Fault> {
        match self {
            Self::Integer(sum) => i64::try_from(sum).map(Value::from).map_err(|_| too_large()),
            Self::Double(sum) if sum.is_finite() => Ok(Value::Double(sum)),
            Self::Double(_) => Err(fault("the sum is no finite number")),
        }
    }
}

fn fault(text: impl Into<String>) -> Fault {
    Fault::new(NO_SENSE, text)
}

fn too_large() -> Fault {
    fault("the sum is larger than 64 bits")
}

fn mixed(wanted: &str, found: &Value) -> Fault {
    let found = found.type_name();
    fault(format!(
        "addtogether adds numbers, or joins strings or arrays, and does not mix them: {wanted} was expected, {found} was given"
    ))
}

/// `quadratic(a, b, c)` with the slide's formula, which divides by 2.0 and then multiplies by `a`.
///
/// The results are those the slide prints, in the formula's order and without repetition; they solve the
/// equation where `a` is 1 or -1. [`roots`] solves it always.
pub(super) fn quadratic(a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault> {
    let b24ac = square_root(b * b - 4.0 * a * c)?;
    without_repetition([(-b - b24ac) / 2.0 * a, (-b + b24ac) / 2.0 * a])
}

/// `roots(a, b, c)`: the real solutions of ax² + bx + c = 0, the smaller one first.
///
/// Of the two the one without cancellation is computed from the formula, the other one from their product.
pub(super) fn roots(a: f64, b: f64, c: f64) -> Result<Vec<f64>, Fault> {
    if a == 0.0 {
        return if b == 0.0 {
            Err(fault("a and b are zero: no equation in x"))
        } else {
            without_repetition([-c / b; 2])
        };
    }
    let root = square_root(b * b - 4.0 * a * c)?;
    let far = -(b + root.copysign(b)) / 2.0;
    let (one, other) = if far == 0.0 {
        (0.0, 0.0)
    } else {
        (far / a, c / far)
    };
    without_repetition([one.min(other), one.max(other)])
}

fn square_root(number: f64) -> Result<f64, Fault> {
    if number >= 0.0 {
        return Ok(number.sqrt());
    }
    Err(fault(
        "the discriminant is negative or no number: there are no real roots",
    ))
}

fn without_repetition(results: [f64; 2]) -> Result<Vec<f64>, Fault> {
    let [one, other] = results;
    if !(one.is_finite() && other.is_finite()) {
        return Err(fault("the result is no finite number"));
    }
    Ok(if one == other { vec![one] } else { vec![one, other] })
}

#[cfg(test)]
mod tests {
    use xmlrpc_server::value;

    use super::*;

    fn add<V: Into<Value>>(things: impl IntoIterator<Item = V>) -> Result<Value, Fault> {
        addtogether(Variadic(things.into_iter().map(Into::into).collect()))
    }

    #[test]
    fn numbers_add_as_in_python() {
        assert_eq!(add([1, 2, 3, 4, 5]).unwrap(), Value::Int(15));
        assert_eq!(
            add([value!(1), value!(true), value!(0.5)]).unwrap(),
            Value::Double(2.5)
        );
        assert_eq!(add([true, true]).unwrap(), Value::Int(2));
        assert_eq!(add([true]).unwrap(), Value::Boolean(true));
        assert_eq!(add([i32::MAX, 1]).unwrap(), Value::I8(2_147_483_648));
        assert_eq!(add([i64::MAX, 1, -1]).unwrap(), Value::I8(i64::MAX));
    }

    #[test]
    fn strings_and_arrays_join() {
        assert_eq!(add(["x", "y", "z"]).unwrap(), "xyz");
        assert_eq!(
            add([value!([1]), value!([]), value!(["a", [2]])]).unwrap(),
            value!([1, "a", [2]])
        );
    }

    #[test]
    fn what_cannot_be_added_is_a_fault_that_says_so() {
        let text = |things: Vec<Value>| add(things).unwrap_err().string().to_owned();
        assert!(text(vec![]).contains("at least one"));
        assert!(text(vec![value!(1), value!("x")]).contains("a number was expected, string was given"));
        assert!(text(vec![value!("x"), value!(1)]).contains("a string was expected, int was given"));
        assert!(text(vec![value!([1]), value!(nil)]).contains("an array was expected, nil was given"));
        assert!(text(vec![value!({})]).contains("struct was given"));
        assert!(text(vec![value!(i64::MAX), value!(1)]).contains("64 bits"));
        assert!(text(vec![value!(f64::MAX), value!(f64::MAX)]).contains("finite"));
    }

    #[test]
    fn quadratic_gives_what_the_slide_prints() {
        assert_eq!(quadratic(2.0, -4.0, 0.0).unwrap(), [0.0, 8.0]);
        assert_eq!(quadratic(1.0, 2.0, 1.0).unwrap(), [-1.0]);
    }

    #[test]
    fn roots_solve_the_equation() {
        assert_eq!(roots(2.0, -4.0, 0.0).unwrap(), [0.0, 2.0]);
        assert_eq!(roots(1.0, 2.0, 1.0).unwrap(), [-1.0]);
        assert_eq!(roots(-1.0, 0.0, 4.0).unwrap(), [-2.0, 2.0]);
        assert_eq!(roots(0.0, 2.0, -3.0).unwrap(), [1.5]);
        // The naive formula loses the small root to cancellation.
        assert_eq!(roots(1.0, 1e9, 1.0).unwrap(), [-1e9, -1e-9]);
    }

    #[test]
    fn nothing_answers_with_nan() {
        for function in [quadratic, roots] {
            assert!(function(1.0, 0.0, 1.0).is_err());
            assert!(function(1.0, f64::NAN, 1.0).is_err());
            assert!(function(f64::INFINITY, 1.0, 1.0).is_err());
        }
        assert!(roots(0.0, 0.0, 1.0).is_err());
    }
}
