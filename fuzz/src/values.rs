//! Values made from bytes, and what a dialect does to them.

use arbitrary::{Result, Unstructured};
use xmlrpc_core::{Array, DateTime, Dialect, Forbidden, NilForm, NonFinite, Struct, Value, WideForm, Zone};

/// Arrays and structs inside one another, without those of [`wrapped`].
const DEPTH: usize = 12;

/// Texts that make a difference in XML.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "\r",
    "\r\n",
    "\t",
    "]]>",
    "<!--",
    "&amp;",
    "</string>",
    "\u{1b}",
    "\u{fffe}",
    "\u{85}",
];

/// A value of any kind.
///
/// # Errors
///
/// When the bytes do not suffice.
pub fn value(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let value = nested(bytes, DEPTH)?;
    let levels = if bytes.ratio(1, 32)? {
        bytes.int_in_range(0..=300)?
    } else {
        0
    };
    Ok(wrapped(value, levels))
}

/// The value inside of so many arrays and structs.
fn wrapped(mut value: Value, levels: usize) -> Value {
    for level in 0..levels {
        value = match level % 3 {
            0 => Value::Struct(Struct::from([("n", value)])),
            _ => Value::Array(Array::from_iter([value])),
        };
    }
    value
}

fn nested(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let kinds = if depth == 0 { 7 } else { 9 };
    Ok(match bytes.int_in_range(0..=kinds)? {
        0 => Value::Int(bytes.arbitrary()?),
        1 => Value::I8(bytes.arbitrary()?),
        2 => Value::Boolean(bytes.arbitrary()?),
        3 => Value::Double(bytes.arbitrary()?),
        4 => Value::String(text(bytes)?),
        5 => Value::DateTime(date_time(bytes)?),
        6 => Value::Base64(bytes.arbitrary::<Vec<u8>>()?.into()),
        7 => Value::Nil,
        8 => {
            let mut values = Array::new();
            while bytes.arbitrary()? {
                values.push(nested(bytes, depth - 1)?);
            }
            Value::Array(values)
        }
        _ => {
            let mut members = Struct::new();
            while bytes.arbitrary()? {
                members.insert(text(bytes)?, nested(bytes, depth - 1)?);
            }
            Value::Struct(members)
        }
    })
}

/// A text of any characters.
///
/// # Errors
///
/// When the bytes do not suffice.
pub fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text: String = bytes.arbitrary()?;
    if bytes.ratio(1, 4)? {
        text.push_str(bytes.choose(&TEXTS)?);
        text.push_str(bytes.arbitrary()?);
    }
    Ok(text)
}

fn date_time(bytes: &mut Unstructured<'_>) -> Result<DateTime> {
    let year = bytes.int_in_range(0..=9999)?;
    let (month, day) = (bytes.int_in_range(1..=12)?, bytes.int_in_range(1..=31)?);
    let (hour, minute, second) = (
        bytes.int_in_range(0..=23)?,
        bytes.int_in_range(0..=59)?,
        bytes.int_in_range(0..=60)?,
    );
    let nanosecond = if bytes.arbitrary()? {
        bytes.int_in_range(0..=999_999_999)?
    } else {
        0
    };
    let zone = match bytes.int_in_range(0..=2)? {
        0 => Zone::Unknown,
        1 => Zone::Utc,
        _ => Zone::Offset(bytes.int_in_range(-1439..=1439)?),
    };
    let moment = DateTime::new(year, month, day, hour, minute, second)
        .and_then(|moment| moment.with_nanosecond(nanosecond)?.with_zone(zone));
    // PHP's "no date", which is all zeros, where there is no such day.
    moment
        .map_or_else(|| "00000000T00:00:00".parse(), Ok)
        .map_err(|_| arbitrary::Error::IncorrectFormat)
}

/// Whether a dialect can carry a value, as a result or inside of something else, and a reading of the specification's forms too.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    /// The dialect has a form for all of it.
    pub by_dialect: bool,
    /// All of it is in the forms of the specification, or `i8` or nil.
    pub in_strict_forms: bool,
}

/// What a dialect can do with a value that is a whole result.
#[must_use]
pub fn carried(value: &Value, dialect: &Dialect) -> Carried {
    let mut carried = Carried {
        by_dialect: true,
        in_strict_forms: true,
    };
    let forbidden = |text: &str| {
        let has =
            |c| matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}');
        dialect.forbidden_characters == Forbidden::Refuse && text.contains(has)
    };
    let mut open = vec![value];
    if value.is_nil() {
        return carried;
    }
    while let Some(value) = open.pop() {
        match value {
            Value::I8(number) => {
                let is_wide = i32::try_from(*number).is_err();
                carried.by_dialect &= !is_wide || dialect.wide_integers != WideForm::Refuse;
                carried.in_strict_forms &= !is_wide || dialect.wide_integers != WideForm::Int;
            }
            Value::Double(number) if !number.is_finite() => {
                carried.by_dialect &= dialect.non_finite == NonFinite::Text;
                carried.in_strict_forms = false;
            }
            Value::String(text) => carried.by_dialect &= !forbidden(text),
            Value::DateTime(moment) => {
                carried.in_strict_forms &= moment.zone() == Zone::Unknown && moment.nanosecond() == 0;
            }
            Value::Nil => carried.by_dialect &= dialect.nil != NilForm::EmptyResult,
            Value::Array(values) => open.extend(values.iter()),
            Value::Struct(members) => {
                for (name, value) in members {
                    carried.by_dialect &= !forbidden(name);
                    open.push(value);
                }
            }
            _ => {}
        }
    }
    carried
}

/// A result as it arrives when it is written in a dialect: without nil where there is none, and with integers of 64 bits only where they
/// have a tag of their own or need one.
#[must_use]
pub fn arriving(value: Value, dialect: &Dialect) -> Value {
    if value.is_nil() && dialect.nil == NilForm::EmptyResult {
        return Value::String(String::new());
    }
    if matches!(dialect.wide_integers, WideForm::Refuse | WideForm::Int) {
        narrowed(value)
    } else {
        value
    }
}

/// Recursive; the caller sees to the depth.
fn narrowed(value: Value) -> Value {
    match value {
        Value::I8(number) => i32::try_from(number).map_or(Value::I8(number), Value::Int),
        Value::Array(values) => Value::Array(values.into_iter().map(narrowed).collect()),
        Value::Struct(members) => Value::Struct(
            members
                .into_iter()
                .map(|(name, value)| (name, narrowed(value)))
                .collect(),
        ),
        other => other,
    }
}
