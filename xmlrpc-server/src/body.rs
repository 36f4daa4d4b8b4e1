//! The body of a request: read frame by frame into one buffer, behind limits, and inflated on the way if it is compressed.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::Buf;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use http_body::Body;
use xmlrpc_core::Fault;
use xmlrpc_core::fault::code;

#[cfg(feature = "compression")]
use crate::compression::{Format, Inflater, Inflation, Stop};
use crate::metrics;

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) bytes: usize,
    pub(crate) timeout: Duration,
    #[cfg(feature = "compression")]
    pub(crate) inflation: Inflation,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            timeout: Duration::from_secs(30),
            #[cfg(feature = "compression")]
            inflation: Inflation::default(),
        }
    }
}

/// Why a body is not read to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unread {
    CutShort,
    TooSlow,
    TooLong(usize),
    #[cfg(feature = "compression")]
    TooLongInflated(usize),
    #[cfg(feature = "compression")]
    TooDense(usize),
}

impl Unread {
    /// Counts it, if a limit was in the way.
    pub(crate) fn count(self) {
        let limit = match self {
            Self::CutShort => return,
            Self::TooSlow => "body_timeout",
            Self::TooLong(_) => "body_bytes",
            #[cfg(feature = "compression")]
            Self::TooLongInflated(_) => "inflated_bytes",
            #[cfg(feature = "compression")]
            Self::TooDense(_) => "inflation_ratio",
        };
        metrics::refused(limit);
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::CutShort => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            #[cfg(feature = "compression")]
            Self::TooLongInflated(_) | Self::TooDense(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort => f.write_str("the request body ended too early"),
            Self::TooSlow => f.write_str("the request body took too long; body_timeout raises this limit"),
            Self::TooLong(limit) => write!(
                f,
                "the request body is longer than {limit} bytes; body_bytes raises this limit"
            ),
            #[cfg(feature = "compression")]
            Self::TooLongInflated(limit) => write!(
                f,
                "the request body inflates to more than {limit} bytes; inflated_bytes raises this limit"
            ),
            #[cfg(feature = "compression")]
            Self::TooDense(ratio) => write!(
                f,
                "the request body inflates to more than {ratio} times its size; inflation_ratio raises this limit"
            ),
        }
    }
}

/// A document, or the fault for one that cannot be got out of its body.
pub(crate) type Document = Result<Vec<u8>, Fault>;

impl BodyLimits {
    /// Reads a body, unless its length is said and too much. One that cannot be decoded is read to its end all the same, so that the connection can go on behind it.
    pub(crate) async fn read<B: Body>(&self, body: B, headers: &HeaderMap) -> Result<Document, Unread> {
        if body.size_hint().lower() > u64::try_from(self.bytes).unwrap_or(u64::MAX) {
            return Err(Unread::TooLong(self.bytes));
        }
        let mut read = pin!(self.read_frames(body, self.decoding(headers)));
        // Nearly every body has come in together with its head, so that no timer is needed.
        match poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await {
            Poll::Ready(read) => read,
            Poll::Pending => match Box::pin(tokio::time::timeout(self.timeout, read)).await {
                Ok(read) => read,
                Err(_) => Err(Unread::TooSlow),
            },
        }
    }

    async fn read_frames<B: Body>(&self, body: B, mut decoding: Decoding) -> Result<Document, Unread> {
        let mut body = pin!(body);
        let mut bytes = Vec::new();
        let mut room = self.bytes;
        while let Some(mut data) = next_data(body.as_mut()).await? {
            metrics::received(data.remaining());
            room = room
                .checked_sub(data.remaining())
                .ok_or(Unread::TooLong(self.bytes))?;
            match &mut decoding {
                Decoding::Plain => copy(&mut data, &mut bytes),
                #[cfg(feature = "compression")]
                Decoding::Inflate(inflater) => {
                    if let Err(stop) = Box::pin(inflate(inflater, &mut data, &mut bytes)).await {
                        decoding = Decoding::Refuse(self.fault(stop, inflater.format())?);
                        bytes = Vec::new();
                    }
                }
                Decoding::Refuse(_) => {}
            }
            if body.is_end_stream() {
                break;
            }
        }
        match decoding {
            Decoding::Plain => Ok(Ok(bytes)),
            #[cfg(feature = "compression")]
            Decoding::Inflate(inflater) => match inflater.finish() {
                Ok(()) => Ok(Ok(bytes)),
                Err(stop) => self.fault(stop, inflater.format()).map(Err),
            },
            Decoding::Refuse(fault) => Ok(Err(fault)),
        }
    }

    /// What is to be done with a body, by its `Content-Encoding`.
    fn decoding(&self, headers: &HeaderMap) -> Decoding {
        // Most bodies are not compressed, and it is quicker to look at the few names than to look this one up.
        if !headers.keys().any(|name| *name == CONTENT_ENCODING) {
            return Decoding::Plain;
        }
        let lines = headers.get_all(CONTENT_ENCODING).iter();
        let mut names = lines
            .flat_map(|value| value.to_str().unwrap_or("what is no text").split(','))
            .map(str::trim)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
        match (names.next(), names.next()) {
            (None, _) => Decoding::Plain,
            (Some(name), None) => self.decoding_of(name),
            (Some(first), Some(second)) => refuse(&format!(
                "it is compressed several times over ({}), which is not read",
                shown(&format!("{first}, {second}"))
            )),
        }
    }

    #[cfg(feature = "compression")]
    fn decoding_of(&self, name: &str) -> Decoding {
        let format = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Format::Gzip,
            "deflate" => Format::Deflate,
            _ => {
                return refuse(&format!(
                    "it is compressed as {}, and only gzip and deflate are read",
                    shown(name)
                ));
            }
        };
        Decoding::Inflate(Box::new(Inflater::new(format, self.inflation)))
    }

    #[cfg(not(feature = "compression"))]
    #[expect(clippy::unused_self, reason = "it is there for the feature `compression`")]
    fn decoding_of(&self, name: &str) -> Decoding {
        refuse(&format!(
            "it is compressed ({}), and this server was built without compression",
            shown(name)
        ))
    }

    /// What an inflater's end means.
    #[cfg(feature = "compression")]
    fn fault(&self, stop: Stop, format: Format) -> Result<Fault, Unread> {
        let Inflation {
            bytes,
            ratio,
            members,
        } = self.inflation;
        match stop {
            Stop::Corrupt(why) => Ok(undecodable(&format!("as {format}, {why}"))),
            Stop::Members => {
                metrics::refused("gzip_members");
                Ok(undecodable(&format!(
                    "it has more than {members} gzip members; gzip_members raises this limit"
                )))
            }
            Stop::Bytes => Err(Unread::TooLongInflated(bytes)),
            Stop::Ratio => Err(Unread::TooDense(ratio)),
        }
    }
}

/// The next bytes of a body; `None` at its end.
async fn next_data<B: Body>(mut body: Pin<&mut B>) -> Result<Option<B::Data>, Unread> {
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(data) = frame.map_err(|_| Unread::CutShort)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// What is done with the bytes of a body.
#[derive(Debug)]
enum Decoding {
    Plain,
    #[cfg(feature = "compression")]
    Inflate(Box<Inflater>),
    Refuse(Fault),
}

fn refuse(why: &str) -> Decoding {
    Decoding::Refuse(undecodable(why))
}

fn undecodable(why: &str) -> Fault {
    Fault::new(
        code::TRANSPORT_ERROR,
        format!("the request body cannot be decompressed: {why}"),
    )
}

/// The name of an encoding that a peer made up, cut.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

fn copy(data: &mut impl Buf, bytes: &mut Vec<u8>) {
    bytes.reserve(data.remaining());
    while data.has_remaining() {
        let chunk = data.chunk();
        bytes.extend_from_slice(chunk);
        let length = chunk.len();
        data.advance(length);
    }
}

#[cfg(feature = "compression")]
async fn inflate(inflater: &mut Inflater, data: &mut impl Buf, bytes: &mut Vec<u8>) -> Result<(), Stop> {
    while data.has_remaining() {
        let chunk = data.chunk();
        inflater.push(chunk, bytes).await?;
        let length = chunk.len();
        data.advance(length);
    }
    Ok(())
}
