//! Replies by HTTP/2, which go out as the client makes room for them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use crate::activity::Activity;

/// How much is handed over at a time, for which a client has to make room.
const PIECE: usize = 16 * 1024;

/// A body in pieces, each of which is told of when it goes out: a client that makes no room for the next one is seen.
pub(crate) struct Paced<B: Body> {
    inner: Pin<Box<B>>,
    rest: Option<B::Data>,
    activity: Arc<Activity>,
}

impl<B: Body> Paced<B> {
    pub(crate) fn new(body: B, activity: Arc<Activity>) -> Self {
        activity.begin_sending();
        Self {
            inner: Box::pin(body),
            rest: None,
            activity,
        }
    }
}

impl<B: Body> Drop for Paced<B> {
    fn drop(&mut self) {
        self.activity.end_sending();
    }
}

/// It is never pinned to its place: the inner body is in a box, and what it yields is moved.
impl<B: Body> Unpin for Paced<B> {}

impl<B: Body> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let body = self.get_mut();
        body.activity.send();
        let mut data = match body.rest.take() {
            Some(rest) => rest,
            None => match ready!(body.inner.as_mut().poll_frame(cx)?) {
                None => return Poll::Ready(None),
                Some(frame) => match frame.into_data() {
                    Ok(data) => data,
                    Err(frame) => {
                        let trailers = frame.into_trailers().ok().map(Frame::trailers);
                        return Poll::Ready(trailers.map(Ok));
                    }
                },
            },
        };
        let piece = data.copy_to_bytes(data.remaining().min(PIECE));
        body.rest = data.has_remaining().then_some(data);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.as_ref().map_or(0, Buf::remaining);
        let rest = u64::try_from(rest).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(inner.lower().saturating_add(rest));
        hint
    }
}
