//! The body of an answer: frame by frame into one piece of memory, which is hardly larger than the body.

use std::pin::Pin;

use ::http::header::{self, HeaderMap};
use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::transport::ending;

/// From this length on a body whose length is not known grows by an eighth at a time, and gives back what it does not need.
const LONG: usize = 1024 * 1024;

/// What was read of a body.
pub(super) enum Body {
    Whole(Bytes),
    /// Its front; there is more than the limit allows.
    Cut(Bytes),
}

/// Reads a body frame by frame, and no further than the limit. Where a length is claimed, memory is set aside for twice what really
/// came at most.
///
/// Some servers claim a length that is not that of their document, or never end it: see [`ending`].
pub(super) async fn read_body<Incoming: http_body::Body<Data = Bytes>>(
    mut incoming: Pin<&mut Incoming>,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Body, Incoming::Error> {
    let claimed = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if claimed.is_some_and(|claimed: u64| claimed > limit as u64) {
        return Ok(Body::Cut(chunk(&mut incoming).await?.unwrap_or_default()));
    }
    let claimed = claimed.and_then(|claimed| usize::try_from(claimed).ok());
    let mut only = Bytes::new();
    let mut joined = Vec::new();
    loop {
        let length = only.len() + joined.len();
        let complete = ending::is_complete(&only) || ending::is_complete(&joined);
        let frame = match complete && claimed != Some(length) {
            false => chunk(&mut incoming).await,
            true => {
                let waiting = tokio::time::timeout(ending::PATIENCE, chunk(&mut incoming));
                waiting.await.unwrap_or(Ok(None))
            }
        };
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Err(error) if !complete => return Err(error),
            Ok(None) | Err(_) => break,
        };
        if frame.len() > limit - length {
            append(&mut joined, &only, None);
            append(&mut joined, &frame[..limit - length], None);
            return Ok(Body::Cut(joined.into()));
        }
        if length == 0 {
            only = frame;
            continue;
        }
        append(&mut joined, &std::mem::take(&mut only), claimed);
        append(&mut joined, &frame, claimed);
    }
    if joined.len() >= LONG {
        joined.shrink_to_fit();
    }
    let body = match joined.is_empty() {
        true => only,
        false => joined.into(),
    };
    Ok(Body::Whole(match claimed {
        Some(length) if length == body.len() => ending::mended(body),
        _ => body,
    }))
}

/// The next data of a body; `None` at its end.
async fn chunk<Incoming: http_body::Body<Data = Bytes>>(
    incoming: &mut Pin<&mut Incoming>,
) -> Result<Option<Bytes>, Incoming::Error> {
    while let Some(frame) = incoming.frame().await {
        // What is no data is trailers, of which nobody makes anything.
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Grows by doubling up to the length that was claimed; where none was, long bodies grow in smaller steps.
fn append(body: &mut Vec<u8>, frame: &[u8], claimed: Option<usize>) {
    let length = body.len() + frame.len();
    if length > body.capacity() {
        let wanted = match claimed {
            Some(claimed) if claimed >= length => claimed.min(length * 2),
            _ if length >= LONG => length + length / 8,
            _ => length * 2,
        };
        body.reserve_exact(wanted - body.len());
    }
    body.extend_from_slice(frame);
}
