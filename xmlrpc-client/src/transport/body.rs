//! The body of an answer: frame by frame into one piece of memory, which is hardly larger than the body.

use ::http::header::{self, HeaderMap};
use bytes::Bytes;

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
/// Some servers claim a length that is too long by a few bytes: a document that is complete when the connection ends is taken.
pub(super) async fn read_body(
    incoming: &mut reqwest::Response,
    headers: &HeaderMap,
    limit: usize,
) -> reqwest::Result<Body> {
    let claimed = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if claimed.is_some_and(|claimed: u64| claimed > limit as u64) {
        return Ok(Body::Cut(incoming.chunk().await?.unwrap_or_default()));
    }
    let claimed = claimed.and_then(|claimed| usize::try_from(claimed).ok());
    let mut only = Bytes::new();
    let mut joined = Vec::new();
    loop {
        let frame = match incoming.chunk().await {
            Ok(Some(frame)) => frame,
            Err(error) if !is_complete(&only) && !is_complete(&joined) => return Err(error),
            Ok(None) | Err(_) => break,
        };
        let length = only.len() + joined.len();
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
    if joined.is_empty() {
        return Ok(Body::Whole(only));
    }
    if joined.len() >= LONG {
        joined.shrink_to_fit();
    }
    Ok(Body::Whole(joined.into()))
}

/// Whether a body ends as a document does. What is truly cut short does not become readable by this.
fn is_complete(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b"</methodResponse>")
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
