//! A call that was prepared, on its way to the server and back.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;
use xmlrpc_core::{Call, EncodedValue, MethodName, Params, Reading};

use crate::builder::{header, secret_header};
use crate::error::{Answer, Error, Result};
use crate::exchange::{Outgoing, note};
use crate::layer::{Entries, Origin, Seen};
use crate::options::CallOptions;
use crate::proxy::{CallFuture, Inner, ServerProxy};
use crate::transport::Response;

#[cfg(doc)]
use crate::ServerProxyBuilder;

/// A call that was prepared, and is made when this is awaited.
///
/// # Cancel safety
///
/// The future may be dropped at any point. Whether the server saw the call by then is not known; its connection is closed, as the
/// answer would come to nobody, or with HTTP/2 the call alone taken back. All other calls go on.
///
/// # Examples
///
/// ```no_run
/// # async fn run(server: xmlrpc_client::ServerProxy) -> xmlrpc_client::Result<()> {
/// use std::time::Duration;
///
/// let call = server.call::<String>("fetch", ("slow",)).timeout(Duration::from_secs(300)).header("X-Trace", "7");
/// let text = call.await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct PendingCall<R> {
    proxy: ServerProxy,
    prepared: Result<Prepared>,
    result: PhantomData<fn() -> R>,
}

/// What is known of a call before it is made.
struct Prepared {
    method: MethodName,
    content: Content,
    options: CallOptions,
    /// For a `system.multicall` of a [`Multicall`](crate::Multicall).
    entries: Option<Entries>,
}

/// The parameters of a call.
pub(crate) enum Content {
    /// In the document as it is to be sent.
    Document(Vec<u8>),
    /// For layers to look at.
    Params(Params),
}

impl<R> PendingCall<R> {
    pub(crate) fn new(proxy: ServerProxy, method: &str, content: xmlrpc_core::Result<Content>) -> Self {
        let prepared = content.and_then(|content| Ok((MethodName::try_from(method)?, content)));
        let prepared = prepared.map_err(Error::encode).map(|(method, content)| Prepared {
            options: proxy.0.call_options(&method),
            method,
            content,
            entries: None,
        });
        Self {
            proxy,
            prepared,
            result: PhantomData,
        }
    }

    /// The same call, for a result of another type.
    pub(crate) fn with_result<T>(self) -> PendingCall<T> {
        PendingCall {
            proxy: self.proxy,
            prepared: self.prepared,
            result: PhantomData,
        }
    }

    /// Makes the call, and leaves its result encoded.
    pub(crate) async fn encoded(self) -> Result<Encoded> {
        let CallExchange { going, reader } = self.exchange()?;
        let answer = pin!(going.answer());
        reader.read_encoded(answer.await)
    }

    /// Says how the results of a `system.multicall` come, and that the errors of its entries are wanted each by itself.
    pub(crate) fn of_entries(mut self, bare_results: bool) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.entries = Some(Entries { bare_results });
        }
        self
    }

    /// Sets how long this call may take.
    pub fn timeout(mut self, limit: Duration) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.timeout = Some(limit);
        }
        self
    }

    /// Lets this call take as long as it takes.
    pub fn no_timeout(mut self) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.timeout = None;
        }
        self
    }

    /// Sets a header of this call, in place of one of this name; see [`ServerProxyBuilder::header`]. What is no header is an error
    /// of the call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.prepared = self.prepared.and_then(|mut prepared| {
            let (name, value) = header(name, value)?;
            prepared.options.headers.insert(name, value);
            Ok(prepared)
        });
        self
    }

    /// As [`header`](Self::header), for a value that no log, `Debug` or wire tap is to show.
    pub fn secret_header(mut self, name: &str, value: &str) -> Self {
        self.prepared = self.prepared.and_then(|mut prepared| {
            let (name, value) = secret_header(name, value)?;
            prepared.options.headers.insert(name, value);
            Ok(prepared)
        });
        self
    }

    /// Sets what is accepted in the answer to this call; see [`ServerProxyBuilder::reading`].
    pub fn reading(mut self, reading: Reading) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.reading = Some(reading);
        }
        self
    }

    /// Says that the call does no harm when it is made twice. It is made again when a connection fails, or when a gateway has no server
    /// for it, as [`Retry`](crate::Retry) says; any other call gives an error then, since the server may have carried it out.
    pub fn idempotent(mut self) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.options.idempotent = true;
        }
        self
    }
}

impl<R> fmt::Debug for PendingCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("PendingCall");
        match &self.prepared {
            Ok(prepared) => out.field("method", &prepared.method),
            Err(error) => out.field("error", error),
        };
        out.finish_non_exhaustive()
    }
}

impl<R: DeserializeOwned + 'static> IntoFuture for PendingCall<R> {
    type Output = Result<R>;
    type IntoFuture = CallFuture<R>;

    fn into_future(self) -> CallFuture<R> {
        Box::pin(async move {
            let CallExchange { going, reader } = self.exchange()?;
            // Futures around an exchange are pinned where they are made: they are long, and awaiting them moves them first.
            let answer = pin!(going.answer());
            reader.read(answer.await)
        })
    }
}

/// A call on its way, in two parts: what needs the runtime, and what comes after that.
pub(crate) struct CallExchange {
    pub(crate) going: Going,
    pub(crate) reader: AnswerReader,
}

/// A call that goes out, straight to the server or through layers.
pub(crate) enum Going {
    Request(Arc<Inner>, Outgoing),
    Call(CallFuture<EncodedValue>, Seen),
}

impl Going {
    /// Waits for the answer.
    pub(crate) async fn answer(self) -> Result<Answered> {
        match self {
            Self::Request(inner, outgoing) => {
                let response = pin!(inner.deliver(outgoing, None));
                response.await.map(Answered::Response)
            }
            Self::Call(running, seen) => {
                let result = running.await;
                result.map(|value| Answered::Value(value, seen))
            }
        }
    }
}

/// What came of a call, still encoded.
pub(crate) enum Answered {
    Response(Response),
    /// From behind layers, with what was seen there.
    Value(EncodedValue, Seen),
}

/// A result that is still encoded.
pub(crate) struct Encoded {
    pub(crate) value: EncodedValue,
    /// What is to be told where the value cannot be used.
    pub(crate) answer: Option<Answer>,
    /// The errors of entries of a `system.multicall` that have no place in the value, by index.
    pub(crate) failures: Vec<(usize, Error)>,
}

impl<R> PendingCall<R> {
    pub(crate) fn exchange(self) -> Result<CallExchange> {
        let mut prepared = self.prepared?;
        let inner = self.proxy.0;
        prepared.options.begin();
        let reader = AnswerReader {
            inner: inner.clone(),
            method: prepared.method.clone(),
            reading: prepared.options.reading.clone(),
            started: prepared.options.started(),
        };
        let going = match prepared.content {
            Content::Document(body) => {
                let outgoing = inner.request(prepared.method, body, prepared.options);
                Going::Request(inner, outgoing)
            }
            Content::Params(params) => {
                let mut call = Call::new(prepared.method, params);
                call.extensions.insert(prepared.options);
                let origin = Origin::new(inner, prepared.entries);
                let seen = origin.seen().clone();
                Going::Call(Box::pin(origin.run(call)), seen)
            }
        };
        Ok(CallExchange { going, reader })
    }
}

/// Makes a result of an answer, and logs the call.
pub(crate) struct AnswerReader {
    inner: Arc<Inner>,
    method: MethodName,
    reading: Option<Reading>,
    started: Instant,
}

impl AnswerReader {
    pub(crate) fn read<R: DeserializeOwned>(self, answer: Result<Answered>) -> Result<R> {
        let result = answer.and_then(|answer| match answer {
            Answered::Response(response) => self.inner.decode(&response, self.reading),
            Answered::Value(value, seen) => {
                let result = value.parse();
                result.map_err(|error| Error::decode(seen.answer(), error))
            }
        });
        note(&self.method, self.started, result.as_ref().err());
        result
    }

    fn read_encoded(self, answer: Result<Answered>) -> Result<Encoded> {
        let result = answer.and_then(|answer| match answer {
            Answered::Response(response) => {
                let answer = Answer::new(response.status, &response.headers, &response.body);
                let value = self
                    .inner
                    .decode_encoded(response, self.reading, answer.clone())?;
                Ok(Encoded {
                    value,
                    answer: Some(answer),
                    failures: Vec::new(),
                })
            }
            Answered::Value(value, seen) => Ok(Encoded {
                value,
                answer: seen.answer(),
                failures: seen.take_failures(),
            }),
        });
        note(&self.method, self.started, result.as_ref().err());
        result
    }
}
