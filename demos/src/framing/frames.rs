//! The three ways to mark the end of a message, over `std::io`.
//!
//! The slide's `recvall` raises `EOFError` with a sentence in it. Here the ways to fail are the variants of
//! [`FrameError`], so a caller can tell a peer that left early from one that breaks the rules.

use std::fmt;
use std::io::{self, BufRead, Read, Write};

/// A way to mark the end of a message, with the longest message that is accepted.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    pub(super) end: End,
    pub(super) limit: usize,
}

/// The three marks.
#[derive(Clone, Copy)]
pub(super) enum End {
    Fixed(usize),
    Announced,
    Delimiter,
}

impl Framing {
    /// Writes one message.
    pub(super) fn put(self, stream: &mut impl Write, message: &[u8]) -> Result<(), FrameError> {
        match self.end {
            End::Fixed(size) if message.len() != size => Err(FrameError::WrongSize {
                length: message.len(),
                size,
            }),
            End::Fixed(_) => Ok(stream.write_all(message)?),
            End::Announced => put_block(stream, message),
            End::Delimiter if message.contains(&b'\n') => Err(FrameError::ContainsDelimiter),
            End::Delimiter => Ok(stream.write_all(&[message, b"\n"].concat())?),
        }
    }

    /// Reads one message; `None` when the peer has finished between two messages.
    pub(super) fn get(self, stream: &mut impl BufRead) -> Result<Option<Vec<u8>>, FrameError> {
        match self.end {
            End::Fixed(size) => get_fixed(stream, size),
            End::Announced => get_block(stream, self.limit),
            End::Delimiter => get_line(stream, self.limit),
        }
    }
}

/// The slide's `put_block`; one write instead of two, so that the length does not travel alone.
fn put_block(stream: &mut impl Write, message: &[u8]) -> Result<(), FrameError> {
    let length = u32::try_from(message.len()).map_err(|_| FrameError::TooLong {
        length: message.len(),
        limit: 0xffff_ffff,
    })?;
    Ok(stream.write_all(&[&length.to_be_bytes(), message].concat())?)
}

/// The slide's `get_block`.
fn get_block(stream: &mut impl Read, limit: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut header = [0; 4];
    match get_fixed(stream, header.len())? {
        None => return Ok(None),
        Some(bytes) => header.copy_from_slice(&bytes),
    }
    let length = announced(header, limit)?;
    complete(recv_all(stream, length)?, length).map(Some)
}

/// Reads the announced length of a block and holds it against the limit.
pub(super) fn announced(header: [u8; 4], limit: usize) -> Result<usize, FrameError> {
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if length > limit {
        Err(FrameError::TooLong { length, limit })
    } else {
        Ok(length)
    }
}

fn get_fixed(stream: &mut impl Read, size: usize) -> Result<Option<Vec<u8>>, FrameError> {
    match recv_all(stream, size)? {
        bytes if bytes.is_empty() => Ok(None),
        bytes => complete(bytes, size).map(Some),
    }
}

fn get_line(stream: &mut impl BufRead, limit: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut line = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX - 1) + 1;
    stream.take(most).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) if line.len() == limit => Err(FrameError::NoDelimiter { limit }),
        Some(_) => Err(FrameError::Unfinished {
            length: line.len() + 1,
        }),
    }
}

/// The slide's `recvall`: reads `length` bytes, fewer only at the end of the stream.
fn recv_all(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream
        .take(u64::try_from(length).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn complete(bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, FrameError> {
    match length - bytes.len() {
        0 => Ok(bytes),
        missing => Err(FrameError::Missing { missing }),
    }
}

/// Why a message could not be read or written.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The stream ended inside a block.
    Missing { missing: usize },
    /// The stream ended inside a line.
    Unfinished { length: usize },
    /// The announced length is beyond the limit.
    TooLong { length: usize, limit: usize },
    /// The limit was reached before the delimiter.
    NoDelimiter { limit: usize },
    /// A message to send has not the fixed size.
    WrongSize { length: usize, size: usize },
    /// A message to send contains the delimiter, which a receiver would take for its end.
    ContainsDelimiter,
    /// The stream failed.
    Io(io::Error),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { missing } => write!(f, "socket closed with {missing} bytes left in this block"),
            Self::Unfinished { length } => {
                write!(f, "socket closed after {length} bytes without a delimiter")
            }
            Self::TooLong { length, limit } => {
                write!(f, "a block of {length} bytes is beyond the limit of {limit}")
            }
            Self::NoDelimiter { limit } => write!(f, "no delimiter within the limit of {limit} bytes"),
            Self::WrongSize { length, size } => {
                write!(f, "a message of {length} bytes where all have {size}")
            }
            Self::ContainsDelimiter => f.write_str("the message contains the delimiter"),
            Self::Io(_) => f.write_str("the connection failed"),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
