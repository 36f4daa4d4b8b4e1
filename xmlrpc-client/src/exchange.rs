//! One exchange with the server: a document becomes a request, which is sent within its time, and an answer becomes a result.

use std::pin::pin;
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, timeout_at};
use xmlrpc_core::{Call, Decoder, EncodedValue, MethodName, MethodResponse, Reading};

use crate::channel::Watched;
use crate::error::{Answer, Error, Result};
use crate::layer::Seen;
use crate::options::CallOptions;
use crate::proxy::Inner;
use crate::transport::{Request, Response};

/// A request, and when its time is up. It is boxed since it goes through several futures, each of which has room for it.
pub(crate) struct Outgoing {
    request: Box<Request>,
    deadline: Option<Instant>,
}

impl Inner {
    /// The options of a call that has none of its own.
    pub(crate) fn call_options(&self, method: &str) -> CallOptions {
        CallOptions::new(self.timeout, self.is_idempotent(method))
    }

    /// Whether a method is known to do no harm when it is called twice.
    pub(crate) fn is_idempotent(&self, method: &str) -> bool {
        self.idempotent_methods
            .as_ref()
            .is_some_and(|chosen| chosen.has(method))
    }

    /// Makes a call behind all layers.
    pub(crate) async fn send(&self, call: Call, seen: &Seen) -> Result<EncodedValue> {
        let options = call.extensions.get::<CallOptions>().cloned();
        let options = options.unwrap_or_else(|| self.call_options(&call.method));
        let body = self.encoder.call(&call).map_err(Error::encode)?;
        seen.sent(body.len());
        let reading = options.reading.clone();
        let outgoing = self.request(call.method, body, options);
        let response = self.deliver(outgoing, Some(seen)).await?;
        let answer = Answer::new(response.status, &response.headers, &response.body);
        seen.answered(answer.clone());
        self.decode_encoded(response, reading, answer)
    }

    /// What is sent for a call.
    pub(crate) fn request(&self, method: MethodName, body: Vec<u8>, options: CallOptions) -> Outgoing {
        tracing::trace!(%method, body = %text(&body), "request");
        let deadline = options.deadline();
        let mut headers = self.headers.clone();
        let body = self.compressed(body, &mut headers);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.extend(options.headers);
        let request = Request {
            method,
            body: body.into(),
            headers,
            timeout: options.timeout,
            idempotent: options.idempotent,
            response_limit: self.decoder.limits_in_force().document_bytes,
            connect_by: None,
        };
        Outgoing {
            request: Box::new(request),
            deadline,
        }
    }

    /// Sends a call within its time.
    pub(crate) async fn deliver(&self, outgoing: Outgoing, seen: Option<&Seen>) -> Result<Response> {
        let Outgoing { request, deadline } = outgoing;
        let response = match request.idempotent {
            false => pin!(self.attempt(request, deadline, None)).await?,
            // Boxed, so that the futures of other calls are no longer for it.
            true => Box::pin(self.attempts(request, deadline, seen)).await?,
        };
        tracing::trace!(status = response.status.as_u16(), body = %text(&response.body), "response");
        Ok(response)
    }

    /// Sends a request that somebody else made, with what is set here where it does not say otherwise.
    pub(crate) async fn relay(&self, mut request: Request) -> Result<Response> {
        let given = std::mem::replace(&mut request.headers, self.headers.clone());
        // The encoding is the document's, which names it itself, and not that of the calls that are written here.
        let content_type = HeaderValue::from_static("text/xml");
        request.headers.insert(header::CONTENT_TYPE, content_type);
        request.headers.extend(given);
        let length = HeaderValue::from(request.body.len());
        request.headers.insert(header::CONTENT_LENGTH, length);
        request.timeout = request.timeout.or(self.timeout);
        request.idempotent |= self.is_idempotent(&request.method);
        let own_limit = self.decoder.limits_in_force().document_bytes;
        request.response_limit = request.response_limit.min(own_limit);
        let deadline = request
            .timeout
            .and_then(|limit| Instant::now().checked_add(limit));
        let request = Box::new(request);
        self.deliver(Outgoing { request, deadline }, None).await
    }

    /// The document as it goes out: compressed, if it is long enough for that and goes by HTTP.
    #[cfg(feature = "compression")]
    fn compressed(&self, body: Vec<u8>, headers: &mut HeaderMap) -> Vec<u8> {
        let long = self.compress_from.is_some_and(|from| body.len() >= from);
        if !long || !self.endpoints.are_http() {
            return body;
        }
        match gzip(&body) {
            Ok(compressed) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                compressed
            }
            Err(_) => body,
        }
    }

    #[cfg(not(feature = "compression"))]
    fn compressed(&self, body: Vec<u8>, _: &mut HeaderMap) -> Vec<u8> {
        debug_assert!(self.compress_from.is_none(), "there is no setter");
        body
    }

    /// Sends a call that does no harm twice, as often as it takes within what is allowed.
    async fn attempts(
        &self,
        request: Box<Request>,
        deadline: Option<Instant>,
        seen: Option<&Seen>,
    ) -> Result<Response> {
        let limit = self.retries.attempt_timeout();
        let attempt = |number| {
            if let Some(seen) = seen {
                seen.attempted(number);
            }
            self.attempt(request.clone(), deadline, limit)
        };
        self.retries
            .run(deadline, attempt, |response| self.fault_code(response))
            .await
    }

    /// Sends a call once, within its time and that of an attempt.
    async fn attempt(
        &self,
        request: Box<Request>,
        deadline: Option<Instant>,
        limit: Option<Duration>,
    ) -> Result<Response> {
        let whole = deadline.zip(request.timeout);
        let this = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        let Some((deadline, limit)) = [whole, this].into_iter().flatten().min() else {
            return Box::pin(self.endpoints.send(request, None, self.tap.as_ref())).await;
        };
        let watched = self.tap.as_ref().map(|tap| Watched::new(tap, &request));
        let sending = pin!(self.endpoints.send(request, Some(deadline), self.tap.as_ref()));
        match timeout_at(deadline, sending).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let error = Error::timeout(limit);
                if let Some(watched) = watched {
                    watched.tell(self.endpoints.url(), Err(&error));
                }
                Err(error)
            }
        }
    }

    /// The code of the fault that an answer is.
    fn fault_code(&self, response: &Response) -> Option<i32> {
        match self
            .decoder(response)
            .method_response::<IgnoredAny>(&response.body)
        {
            Ok(MethodResponse::Fault(fault)) => Some(fault.code()),
            _ => None,
        }
    }

    /// Reads a result straight from the answer's bytes.
    pub(crate) fn decode<R: DeserializeOwned>(
        &self,
        response: &Response,
        reading: Option<Reading>,
    ) -> Result<R> {
        let answer = || Answer::new(response.status, &response.headers, &response.body);
        let decoder = match reading {
            None => self.decoder(response),
            Some(reading) => self.decoder(response).reading(reading),
        };
        match decoder.method_response(&response.body) {
            Ok(MethodResponse::Fault(fault)) => Err(fault.into()),
            Ok(MethodResponse::Success(result)) if response.status.is_success() => Ok(result),
            Err(error) if response.status.is_success() => Err(Error::decode(Some(answer()), error)),
            // A fault counts whatever the status, a result or anything else does not.
            Ok(MethodResponse::Success(_)) | Err(_) => Err(Error::http_status(answer())),
        }
    }

    /// Reads an answer up to its result.
    pub(crate) fn decode_encoded(
        &self,
        response: Response,
        reading: Option<Reading>,
        answer: Answer,
    ) -> Result<EncodedValue> {
        let decoder = match reading {
            None => self.decoder(&response),
            Some(reading) => self.decoder(&response).reading(reading),
        };
        match decoder.response(response.body.into()) {
            Ok(Err(fault)) => Err(fault.into()),
            Ok(Ok(result)) if response.status.is_success() => Ok(result),
            Err(error) if response.status.is_success() => Err(Error::decode(Some(answer), error)),
            Ok(Ok(_)) | Err(_) => Err(Error::http_status(answer)),
        }
    }

    fn decoder(&self, response: &Response) -> Decoder {
        match &response.charset {
            None => self.decoder.clone(),
            Some(charset) if charset.eq_ignore_ascii_case("utf-8") => self.utf8_decoder.clone(),
            Some(charset) => self.decoder.clone().charset(charset),
        }
    }
}

#[cfg(feature = "compression")]
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The one line that is logged for each call.
pub(crate) fn note(method: &str, started: Instant, error: Option<&Error>) {
    let duration = started.elapsed();
    match error.map(|error| (error, error.fault())) {
        None => tracing::debug!(method, ?duration, "called"),
        Some((_, Some(fault))) => tracing::debug!(method, ?duration, fault = fault.code(), "called"),
        Some((error, None)) => tracing::debug!(method, ?duration, error = error.for_log(), "call failed"),
    }
}
