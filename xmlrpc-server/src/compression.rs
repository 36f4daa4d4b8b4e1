//! Compressed bodies: those of requests are inflated as they come in, replies deflated for clients that ask for it.

use std::fmt;
use std::io::Write as _;

use ::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use ::http::{HeaderMap, HeaderValue, Response};
use flate2::write::GzEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use crate::http::{self, ReplyBody};
use crate::reply::Reply;

/// Bytes that are inflated in one step, or compressed in one.
const STEP: usize = 64 * 1024;
/// Bytes of a compressed body that are looked at in one step.
const INPUT_STEP: usize = 16 * 1024;
/// Steps, of some 100 microseconds each, between which others get their turn.
const STEPS: u32 = 8;
/// Bytes up to which no body is held against [`Inflation::ratio`].
const RATIO_FROM: usize = 1024 * 1024;
/// The window of all that is compressed for HTTP: 32 KiB.
const WINDOW_BITS: u8 = 15;

/// Which replies are compressed with gzip, for the clients that accept it: for
/// [`HttpService::reply_compression`](crate::HttpService::reply_compression).
///
/// The length of what is compressed tells something of it: where a reply holds a secret beside text that somebody else has chosen, and
/// travels by TLS, it should be [`Off`](Self::Off).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyCompression {
    /// None.
    Off,
    /// Those of at least so many bytes.
    From(usize),
}

impl Default for ReplyCompression {
    /// From 4 KiB on. To compress costs a dozen microseconds, however little there is, and three milliseconds for 1 MiB of records, which
    /// become a ninth: from 4 KiB on that takes less time than to send what is saved by a line of 1 Gbit/s, and a third of what it
    /// takes at 1 KiB.
    fn default() -> Self {
        Self::From(4 * 1024)
    }
}

impl ReplyCompression {
    /// Whether replies of a length are compressed.
    pub(crate) fn is_for(self, length: usize) -> bool {
        matches!(self, Self::From(least) if length >= least)
    }
}

/// The response with a long reply: compressed, if the client takes that and the reply gets shorter by it.
pub(crate) async fn respond(reply: Reply, request: &HeaderMap) -> Response<ReplyBody> {
    let compressed = match accepts_gzip(request) {
        true => gzip(reply.body()).await,
        false => None,
    };
    let mut response = http::respond(reply);
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(compressed) = compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        *response.body_mut() = ReplyBody::new(compressed.into());
    }
    response
}

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

/// Whether a client takes gzip, and likes it no less than what is not compressed.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut rest) = (None, None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(quality).unwrap_or(1.0);
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(quality);
        } else if name.eq_ignore_ascii_case("identity") {
            identity = Some(quality);
        } else if name == "*" {
            rest = Some(quality);
        }
    }
    let gzip = gzip.or(rest).unwrap_or(0.0);
    gzip > 0.0 && identity.is_none_or(|identity| gzip >= identity)
}

/// The value of a `q=…`; 0 for what is none.
fn quality(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let quality = || {
        value
            .trim()
            .parse()
            .ok()
            .filter(|quality| (0.0..=1.0).contains(quality))
    };
    name.trim()
        .eq_ignore_ascii_case("q")
        .then(|| quality().unwrap_or(0.0))
}

/// Compresses what is kept, as far as that goes.
pub(crate) fn gzip_to_keep(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

/// Compresses a reply, and lets others have their turn meanwhile; `None` where that makes it no shorter.
async fn gzip(reply: &[u8]) -> Option<Vec<u8>> {
    let room = Vec::with_capacity(reply.len() / 4 + 256);
    let mut encoder = GzEncoder::new(room, Compression::fast());
    for (step, piece) in (1..).zip(reply.chunks(STEP)) {
        encoder.write_all(piece).ok()?;
        if encoder.get_ref().len() >= reply.len() {
            return None;
        }
        if step % STEPS == 0 {
            tokio::task::yield_now().await;
        }
    }
    encoder
        .finish()
        .ok()
        .filter(|compressed| compressed.len() < reply.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_to_those_who_accept_it() {
        for (accepted, expected) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["x-gzip"], true),
            (&["GZIP"], true),
            (&["gzip, deflate, br"], true),
            (&["deflate", "gzip"], true),
            (&["gzip;q=0.1"], true),
            (&["gzip ; Q = 1.000"], true),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.000, *;q=1"], false),
            (&["*"], true),
            (&["*;q=0"], false),
            (&["*, gzip;q=0"], false),
            (&["deflate, *;q=0.5"], true),
            (&["identity"], false),
            (&["identity;q=1, gzip;q=0.5"], false),
            (&["identity;q=0.5, gzip"], true),
            (&["identity;q=0, *"], true),
            (&["br, deflate"], false),
            (&["gzipped, notgzip"], false),
            (&[""], false),
            (&[",;,q=1"], false),
            (&["gzip;q=nan"], false),
            (&["gzip;q=2"], false),
            (&["gzip;q=-1"], false),
            (&["gzip;q="], false),
            (&["gzip;q"], true),
            (&["gzip;x=1"], true),
        ] {
            let mut headers = HeaderMap::new();
            for value in accepted {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(accepts_gzip(&headers), expected, "{accepted:?}");
        }
    }
    #[tokio::test]
    async fn what_gets_no_shorter_is_not_compressed() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(200_000)
        .collect();
        for reply in [&noise[..], &noise[..100], b"x", b""] {
            assert_eq!(gzip(reply).await, None, "{} bytes", reply.len());
        }
        assert!(gzip(&noise[..100].repeat(100)).await.is_some());
    }
}
