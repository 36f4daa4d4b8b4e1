//! Strings and bytes.
//!
//! Python has two types: `str` for Unicode text, `bytes` for what travels; `encode` and `decode` lead from
//! one to the other. Rust draws the same line with `str` and `[u8]`, with one difference: a Rust `str` *is*
//! UTF-8 in memory, so encoding it to UTF-8 is `as_bytes`, which costs nothing, and only decoding has work to
//! do: it checks. `len` counts bytes in Rust and characters in Python.
//!
//! A wrong decode shows itself in two ways. ISO-8859-1 gives every byte a character, so decoding with it
//! never fails and may produce nonsense; UTF-8 has rules, so most bytes that are no UTF-8 are refused, with
//! the place.

use std::io::Write;

use anyhow::Result;

use crate::{python, terminal};

/// Slide "Strings vs. Bytes": encoding, decoding, what a wrong decode does, and the two lengths of a text.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The text to encode.
    #[arg(default_value = "aéçèà")]
    text: String,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let text = args.text.as_str();
    let encoded = text.as_bytes();
    writeln!(out, "text                    {}", terminal::printable(encoded))?;
    writeln!(out, "characters              {}", text.chars().count())?;
    writeln!(out, "bytes in UTF-8          {}", encoded.len())?;
    writeln!(out, "bytes in UTF-16         {}", text.encode_utf16().count() * 2)?;
    writeln!(out, "encoded as UTF-8        {}", python::bytes(encoded))?;
    writeln!(out, "decoded as UTF-8        {}", decoded_as_utf8(encoded))?;
    writeln!(
        out,
        "decoded as ISO-8859-1   {}",
        python::string(&decoded_as_latin_1(encoded))
    )?;
    match encoded_as_latin_1(text) {
        Ok(latin) => {
            writeln!(out, "encoded as ISO-8859-1   {}", python::bytes(&latin))?;
            writeln!(out, "that decoded as UTF-8   {}", decoded_as_utf8(&latin))?;
            writeln!(
                out,
                "the same, with repairs  {}",
                python::string(&String::from_utf8_lossy(&latin))
            )?;
        }
        Err(c) => writeln!(
            out,
            "encoded as ISO-8859-1   impossible: it has no {}",
            python::string(&c.to_string())
        )?,
    }
    Ok(())
}

/// Decodes UTF-8, saying where it went wrong.
fn decoded_as_utf8(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => python::string(text),
        Err(error) => {
            let place = error.valid_up_to();
            match (error.error_len(), data.get(place)) {
                (Some(_), Some(byte)) => {
                    format!("impossible: byte 0x{byte:02x} at index {place} does not fit")
                }
                _ => format!("impossible: the character at index {place} is unfinished"),
            }
        }
    }
}

/// ISO-8859-1 is Unicode's first 256 characters, one byte each.
fn decoded_as_latin_1(data: &[u8]) -> String {
    data.iter().copied().map(char::from).collect()
}

/// Encodes to ISO-8859-1, or names the first character that it lacks.
fn encoded_as_latin_1(text: &str) -> Result<Vec<u8>, char> {
    text.chars().map(|c| u8::try_from(c).map_err(|_| c)).collect()
}
