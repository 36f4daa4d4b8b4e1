//! Data compression.
//!
//! Python's `zlib.compress` and `decompressobj` are C zlib at its default level. `flate2` puts Rust's `Read`
//! and `Write` around several implementations of the same format; all of them read each other's output, but
//! they make different choices when they compress. To get Python's very bytes the demo builds flate2 with its
//! `zlib` backend.
//!
//! The slide's `d.decompress(data)` returns everything the data expands to, and a few kilobytes can expand to
//! gigabytes. The decompressor below works in pieces and stops at a limit.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use clap::ArgGroup;
use flate2::Compression;
use flate2::bufread::{ZlibDecoder, ZlibEncoder};

use crate::options::{self, Hex};
use crate::python;

/// Slide "Python Data Compression": 88 bytes to 78 and back, byte for byte as Python's `zlib` does it.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("input"))]
pub(crate) struct Args {
    /// The text to compress.
    #[arg(
        group = "input",
        default_value = "A very long test string to evaluate compression and how much it improves bandwidth usage"
    )]
    text: String,
    /// Only decompress these bytes, given in hexadecimal.
    #[arg(long, value_name = "HEX", value_parser = options::hex, group = "input")]
    inflate: Option<Hex>,
    /// Longest decompressed data, in bytes.
    #[arg(long, default_value_t = 1 << 20)]
    limit: usize,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if let Some(Hex(data)) = &args.inflate {
        writeln!(out, "{}", python::bytes(&decompress(data, args.limit)?))?;
        return Ok(());
    }
    let text = args.text.as_bytes();
    let data = compress(text)?;
    writeln!(out, "{}", text.len())?;
    writeln!(out, "{}", python::bytes(&data))?;
    writeln!(out, "{}", data.len())?;
    writeln!(out, "{}", python::bytes(&decompress(&data, args.limit)?))?;
    Ok(())
}

/// What `zlib.compress` gives.
fn compress(data: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    ZlibEncoder::new(data, Compression::default()).read_to_end(&mut compressed)?;
    Ok(compressed)
}

/// Decompresses one complete zlib stream of at most `limit` bytes.
fn decompress(data: &[u8], limit: usize) -> Result<Vec<u8>> {
    let mut decoder = ZlibDecoder::new(data);
    let mut expanded = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = decoder.read(&mut piece).context("decompressing")?;
        if length == 0 {
            break;
        }
        if expanded.len() + length > limit {
            bail!("the data expands to more than the limit of {limit} bytes");
        }
        expanded.extend_from_slice(&piece[..length]);
    }
    match decoder.into_inner().len() {
        0 => Ok(expanded),
        unused => bail!("{unused} bytes follow the end of the compressed data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = compress(&vec![0; 10 << 20]).unwrap();
        assert!(bomb.len() < 16 << 10);
        let refused = decompress(&bomb, 1 << 20).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the data expands to more than the limit of 1048576 bytes"
        );
        assert_eq!(decompress(&bomb, 10 << 20).unwrap().len(), 10 << 20);
    }

    #[test]
    fn every_truncated_stream_is_refused() {
        let data = compress(b"some text, some text, some more text").unwrap();
        for length in 0..data.len() {
            assert!(
                decompress(&data[..length], 100).is_err(),
                "{length} of {} bytes",
                data.len()
            );
        }
    }
}
