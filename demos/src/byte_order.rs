//! Byte order over the network.
//!
//! Python's `struct` module packs by a format string that is read at run time: `'<i'` is a little-endian
//! `int`, `'>i'` a big-endian one, `'!i'` network order, which is big-endian under another name. `unpack`
//! always gives a tuple.
//!
//! In Rust the type is known when the program is compiled, so the byte order is part of the method's name:
//! [`i32::to_le_bytes`] and [`i32::to_be_bytes`] give an array of exactly four bytes and cannot fail. The
//! `byteorder` crate offers the same as a type parameter, which pays off in code that is generic over the
//! order. Neither has a separate network order.

use std::io::Write;

use anyhow::Result;
use byteorder::{BigEndian, ByteOrder, LittleEndian, NetworkEndian};
use clap::ValueEnum;

use crate::python;

/// Slide "Byte Order over the Network": an integer in hexadecimal, little, big and network order, and back.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The 32-bit integer to pack.
    #[arg(default_value_t = 1234, allow_negative_numbers = true)]
    number: i32,
    /// Which code does the packing; the bytes are the same.
    #[arg(long, value_enum, default_value_t = Way::Std)]
    with: Way,
}

/// The two ways to pack an integer.
#[derive(Clone, Copy, ValueEnum)]
enum Way {
    /// `to_be_bytes` and its siblings from the standard library.
    Std,
    /// The `byteorder` crate.
    Byteorder,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let number = args.number;
    let packed = match args.with {
        Way::Std => with_std(number),
        Way::Byteorder => with_byteorder(number),
    };
    let sign = if number < 0 { "-" } else { "" };
    writeln!(out, "{sign}{:#x}", number.unsigned_abs())?;
    writeln!(out, "{}", python::bytes(&packed.little))?;
    writeln!(out, "{}", python::bytes(&packed.big))?;
    writeln!(out, "{}", python::bytes(&packed.network))?;
    writeln!(out, "({},)", i32::from_be_bytes(packed.big))?;
    writeln!(out, "({},)", NetworkEndian::read_i32(&packed.network))?;
    Ok(())
}

/// One integer in three orders.
#[derive(Debug, PartialEq, Eq)]
struct Packed {
    little: [u8; 4],
    big: [u8; 4],
    network: [u8; 4],
}

fn with_std(number: i32) -> Packed {
    Packed {
        little: number.to_le_bytes(),
        big: number.to_be_bytes(),
        network: number.to_be_bytes(),
    }
}

fn with_byteorder(number: i32) -> Packed {
    Packed {
        little: packed_by::<LittleEndian>(number),
        big: packed_by::<BigEndian>(number),
        network: packed_by::<NetworkEndian>(number),
    }
}

fn packed_by<Order: ByteOrder>(number: i32) -> [u8; 4] {
    let mut packed = [0; 4];
    Order::write_i32(&mut packed, number);
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_bytes() {
        for number in [0, 1, 1234, -1, -1234, i32::MAX, i32::MIN] {
            assert_eq!(with_std(number), with_byteorder(number));
        }
    }
}
