//! JSON.
//!
//! Python's `dumps` takes any object and finds out while running whether it can be written; a socket raises
//! `TypeError`. In Rust that question is mostly settled by the compiler: `serde_json::to_string(&socket)`
//! does not compile, because `TcpStream` has no `Serialize`. What is left for run time are values of a
//! serializable type that JSON cannot hold, such as a map whose keys are no strings.
//!
//! `dumps` puts a blank after commas and colons and escapes everything outside ASCII. `serde_json` does
//! neither by default; its [`Formatter`] trait is the place to change that. Reading differs in one way:
//! Python accepts half of a surrogate pair, a Rust `str` cannot hold one, so `"\ud800"` is an error here.
//! Members of objects come back
//! sorted by name, and integers beyond 64 bits as floats.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use serde_json::ser::Formatter;
use serde_json::{Serializer, Value, json};

use crate::python;

/// Slide "JSON": a list out and back, with `\u` escapes, and what cannot be serialised.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A JSON text to read, instead of the slide's.
    text: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if let Some(text) = &args.text {
        let value: Value = serde_json::from_str(text).context("reading the JSON text")?;
        writeln!(out, "{}", dumps(&value)?)?;
        writeln!(out, "{}", python::value(&value))?;
        return Ok(());
    }
    writeln!(out, "{}", dumps(&json!(["aéçèà", 1234, [2, 3, 4, 5, 6]]))?)?;
    let loaded: Value = serde_json::from_str(r#"["a\u00e9\u00e7\u00e8\u00e0", 1234, [2, 3, 4, 5, 6]]"#)?;
    writeln!(out, "{}", python::value(&loaded))?;
    if serde_json::to_string(&distances()).is_err() {
        writeln!(out, "this data does not seem serializable with JSON")?;
    }
    Ok(())
}

/// A map that serde can describe and JSON cannot hold: its keys are pairs.
fn distances() -> BTreeMap<(i32, i32), f64> {
    BTreeMap::from([((0, 1), 1.0), ((1, 1), 1.414)])
}

/// Writes JSON as Python's `json.dumps` does.
fn dumps(value: &Value) -> Result<String> {
    let mut text = Vec::new();
    serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut text, PythonStyle))?;
    Ok(String::from_utf8(text)?)
}

/// Blanks after separators, and ASCII only.
struct PythonStyle;

impl Formatter for PythonStyle {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.begin_array_value(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
        writer.write_all(python::float(number).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if matches!(c, ' '..='~') {
                write!(writer, "{c}")?;
            } else {
                write_escaped(writer, c)?;
            }
        }
        Ok(())
    }
}

/// Writes `\u` and four digits for each UTF-16 unit, so that characters beyond U+FFFF become a surrogate
/// pair.
fn write_escaped<W: ?Sized + Write>(writer: &mut W, c: char) -> io::Result<()> {
    for unit in c.encode_utf16(&mut [0; 2]) {
        write!(writer, "\\u{unit:04x}")?;
    }
    Ok(())
}
