//! Values of command line options that several subcommands share.
//!
//! Python's scripts write address and port into the source. Here they are options, parsed into types before
//! anything runs: what gets past these functions needs no second look.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Longest duration an option accepts: one day.
const LONGEST: f64 = 86_400.0;

/// Parses a number of seconds such as `0.1`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if !(number > 0.0 && number <= LONGEST) {
        return Err(format!("must be above 0 and at most {LONGEST} seconds"));
    }
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// Parses a probability, 0 to 1.
pub(crate) fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("must be a number from 0 to 1".to_owned()),
    }
}

/// Bytes given on the command line in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// Parses pairs of hexadecimal digits.
pub(crate) fn hex(text: &str) -> Result<Hex, String> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.ok_or("not hexadecimal")?;
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of hexadecimal digits".to_owned());
    }
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).map_err(|error| error.to_string());
    digits
        .chunks_exact(2)
        .map(byte)
        .collect::<Result<_, _>>()
        .map(Hex)
}

/// Finds the addresses of `HOST:PORT`; an IPv6 address stands in brackets.
pub(crate) fn resolve(host_and_port: &str) -> Result<Vec<SocketAddr>> {
    let addresses: Vec<_> = host_and_port
        .to_socket_addrs()
        .with_context(|| format!("looking up {host_and_port}"))?
        .collect();
    ensure!(!addresses.is_empty(), "{host_and_port} has no address");
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_finite_and_positive() {
        assert_eq!(seconds("0.1"), Ok(Duration::from_millis(100)));
        for refused in ["0", "-1", "nan", "inf", "1e300", "", "1s"] {
            assert!(seconds(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn hexadecimal_comes_in_pairs_of_digits() {
        assert_eq!(hex("00fF"), Ok(Hex(vec![0, 255])));
        for refused in ["0", "0g", "é0", "+1"] {
            assert!(hex(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn probabilities_lie_between_zero_and_one() {
        assert_eq!(probability("0.5"), Ok(0.5));
        for refused in ["-0.1", "1.1", "nan", "half"] {
            assert!(probability(refused).is_err(), "{refused}");
        }
    }
}
