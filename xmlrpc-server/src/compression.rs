//! Compressed bodies of requests, inflated as they come in.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are inflated in one step.
const STEP: usize = 64 * 1024;
/// Bytes of a compressed body that are looked at in one step.
const INPUT_STEP: usize = 16 * 1024;
/// Steps, of some 100 microseconds each, between which others get their turn.
const STEPS: u32 = 8;
/// Bytes up to which no body is held against [`Inflation::ratio`].
const RATIO_FROM: usize = 1024 * 1024;
/// The window of all that is compressed for HTTP: 32 KiB.
const WINDOW_BITS: u8 = 15;

/// How far a body may be inflated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inflation {
    pub(crate) bytes: usize,
    pub(crate) ratio: usize,
    pub(crate) members: usize,
}

impl Default for Inflation {
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            ratio: 1000,
            members: 1000,
        }
    }
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Gzip,
    /// The zlib format, as HTTP has it, or without its frame, as some have understood it.
    Deflate,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }
}

/// Why a body is not inflated further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    /// It is not in the format.
    Corrupt(&'static str),
    /// It is too much.
    Bytes,
    Ratio,
    Members,
}

/// A body that is being inflated.
#[derive(Debug)]
pub(crate) struct Inflater {
    format: Format,
    limits: Inflation,
    /// `None` before the first byte, and where another member may begin.
    stream: Option<Decompress>,
    /// Whether there was an end, behind which only another member may stand.
    ended: bool,
    taken: usize,
    members: usize,
    steps: u32,
}

impl Inflater {
    pub(crate) fn new(format: Format, limits: Inflation) -> Self {
        Self {
            format,
            limits,
            stream: None,
            ended: false,
            taken: 0,
            members: 0,
            steps: 0,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Inflates a piece of the body.
    pub(crate) async fn push(&mut self, mut input: &[u8], output: &mut Vec<u8>) -> Result<(), Stop> {
        let mut more = false;
        while more || !input.is_empty() {
            (input, more) = self.step(input, output)?;
            self.steps += 1;
            if self.steps.is_multiple_of(STEPS) {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Says that there is no further piece.
    pub(crate) fn finish(&self) -> Result<(), Stop> {
        match self.ended {
            true => Ok(()),
            false => Err(Stop::Corrupt("it ends too early")),
        }
    }

    /// Inflates some of the input, and gives what is left of it, and whether there may be more output even if nothing is.
    fn step<'i>(&mut self, input: &'i [u8], output: &mut Vec<u8>) -> Result<(&'i [u8], bool), Stop> {
        let piece = &input[..input.len().min(INPUT_STEP)];
        if self.stream.is_none() {
            self.stream = Some(self.next_stream(piece)?);
        }
        let Some(stream) = &mut self.stream else {
            return Ok((input, false));
        };
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let length = output.len();
        output.resize(length + STEP, 0);
        let status = stream.decompress(piece, &mut output[length..], FlushDecompress::None);
        let taken = difference(stream.total_in(), before_in);
        let given = difference(stream.total_out(), before_out);
        output.truncate(length + given);
        let status = status.map_err(|_| Stop::Corrupt("it is damaged"))?;
        self.taken += taken;
        self.check(output.len())?;
        if status == Status::StreamEnd {
            (self.stream, self.ended) = (None, true);
        } else if taken == 0 && given == 0 && !piece.is_empty() {
            return Err(Stop::Corrupt("it is damaged"));
        }
        Ok((&input[taken..], given == STEP && !self.ended))
    }

    /// What inflates what begins with these bytes.
    fn next_stream(&mut self, begin: &[u8]) -> Result<Decompress, Stop> {
        if self.ended && self.format == Format::Deflate {
            return Err(Stop::Corrupt("something stands behind its end"));
        }
        if self.members == self.limits.members {
            return Err(Stop::Members);
        }
        self.members += 1;
        self.ended = false;
        // The method of a zlib header, 8, is no beginning without one: it would be a stored block with a bit set that is none of it.
        let has_header = begin.first().is_some_and(|byte| byte & 0x0F == 8);
        Ok(match self.format {
            Format::Gzip => Decompress::new_gzip(WINDOW_BITS),
            Format::Deflate => Decompress::new(has_header),
        })
    }

    fn check(&self, given: usize) -> Result<(), Stop> {
        if given > self.limits.bytes {
            return Err(Stop::Bytes);
        }
        if given > RATIO_FROM && given > self.taken.saturating_mul(self.limits.ratio) {
            return Err(Stop::Ratio);
        }
        Ok(())
    }
}

/// How far a counter went on.
fn difference(after: u64, before: u64) -> usize {
    // Both ends of it are within one slice.
    usize::try_from(after - before).unwrap_or(usize::MAX)
}
