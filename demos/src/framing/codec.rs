//! The same framing by `tokio-util`.
//!
//! A [`Decoder`] is handed a growing buffer and takes one message out of it when there is one; how the bytes
//! get into the buffer is [`FramedRead`]'s business. The crate brings decoders for announced sizes and for
//! delimiters. Left to themselves they say less about an early end than the slide does (one reports "bytes
//! remaining on stream", the other hands the unfinished piece out as a message), so the wrapper below adds
//! that.
//! The crate makes room for the whole announced block at once, within the limit.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::{Buf, BytesMut};
use futures_util::StreamExt;
use tokio_util::codec::{
    AnyDelimiterCodec, AnyDelimiterCodecError, Decoder, FramedRead, LengthDelimitedCodec,
};

use super::frames::{End, FrameError, Framing, announced};

/// Bytes of the announced length.
const HEADER: usize = 4;

/// Receives all messages of a connection, waiting for each for a limited time.
pub(super) fn receive(
    framing: Framing,
    stream: TcpStream,
    timeout: Duration,
    each: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting tokio")?;
    runtime.block_on(async {
        stream.set_nonblocking(true)?;
        let mut messages = FramedRead::new(tokio::net::TcpStream::from_std(stream)?, Codec::new(framing));
        loop {
            let next = tokio::time::timeout(timeout, messages.next()).await;
            match next.map_err(|_| FrameError::from(io::Error::from(ErrorKind::TimedOut)))? {
                Some(message) => each(&message?)?,
                None => return Ok(()),
            }
        }
    })
}

/// The crate's decoders under one roof, with errors that say what is missing.
struct Codec {
    limit: usize,
    inner: Inner,
}

enum Inner {
    Fixed(usize),
    /// Told to leave the announced length in front of the block, so that it can still be read at an early
    /// end.
    Announced(LengthDelimitedCodec),
    Delimiter(AnyDelimiterCodec),
}

impl Codec {
    fn new(Framing { end, limit }: Framing) -> Self {
        let inner = match end {
            End::Fixed(size) => Inner::Fixed(size),
            End::Announced => Inner::Announced(
                LengthDelimitedCodec::builder()
                    .length_field_type::<u32>()
                    .length_adjustment(isize::try_from(HEADER).unwrap_or_default())
                    .num_skip(0)
                    .max_frame_length(limit)
                    .new_codec(),
            ),
            End::Delimiter => Inner::Delimiter(AnyDelimiterCodec::new_with_max_length(
                b"\n".to_vec(),
                b"\n".to_vec(),
                limit,
            )),
        };
        Self { limit, inner }
    }

    /// What to say when the stream ends and these bytes are no whole message.
    fn early_end(&self, rest: &[u8]) -> FrameError {
        match (&self.inner, rest.first_chunk::<HEADER>()) {
            (Inner::Fixed(size), _) => FrameError::Missing {
                missing: size.saturating_sub(rest.len()),
            },
            (Inner::Announced(_), None) => FrameError::Missing {
                missing: HEADER - rest.len(),
            },
            (Inner::Announced(_), Some(header)) => match announced(*header, self.limit) {
                Ok(length) => FrameError::Missing {
                    missing: (HEADER + length).saturating_sub(rest.len()),
                },
                Err(error) => error,
            },
            (Inner::Delimiter(_), _) => FrameError::Unfinished { length: rest.len() },
        }
    }
}

impl Decoder for Codec {
    type Item = Vec<u8>;
    type Error = FrameError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Vec<u8>>, FrameError> {
        match &mut self.inner {
            Inner::Fixed(size) if buffer.len() < *size => Ok(None),
            Inner::Fixed(size) => Ok(Some(buffer.split_to(*size).to_vec())),
            Inner::Announced(codec) => {
                if let Some(header) = buffer.first_chunk::<HEADER>() {
                    announced(*header, self.limit)?;
                }
                let block = codec.decode(buffer)?;
                Ok(block.map(|mut block| {
                    block.advance(HEADER);
                    block.to_vec()
                }))
            }
            Inner::Delimiter(codec) => match codec.decode(buffer) {
                Ok(line) => Ok(line.map(|line| line.to_vec())),
                Err(AnyDelimiterCodecError::MaxChunkLengthExceeded) => {
                    Err(FrameError::NoDelimiter { limit: self.limit })
                }
                Err(AnyDelimiterCodecError::Io(error)) => Err(error.into()),
            },
        }
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Vec<u8>>, FrameError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => Err(self.early_end(buffer)),
            message => Ok(message),
        }
    }
}
