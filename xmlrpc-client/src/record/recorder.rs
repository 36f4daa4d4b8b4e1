//! Writing exchanges down as they happen.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::header::{self, HeaderMap};

use super::call;
use super::file::{self, Message};
use super::secrets::Secrets;
use crate::error::{Error, Result};
use crate::tap::Exchange;
use crate::transport::{Request, Response, Transport, charset};

/// Writes exchanges into a file that a [`Recording`](super::Recording) reads.
///
/// Cheap to clone; all clones write to one file, each exchange in one piece when its answer was read. What has no answer is not
/// recorded, nor are redirects, since the call that follows one is. See the [module](super) for the file and for what is kept secret.
#[derive(Clone)]
pub struct Recorder {
    writer: Arc<Mutex<Writer>>,
    secrets: Secrets,
}

struct Writer {
    out: Box<dyn Write + Send>,
    /// Exchanges written; or why no more can be, until somebody was told.
    written: io::Result<usize>,
}

impl Recorder {
    /// Records into a new file, in place of one that is there.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] for a file that cannot be made.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = File::create(path).map_err(|error| {
            let path = path.display();
            Error::configuration(format!("the recording {path} cannot be written: {error}"))
        })?;
        Ok(Self::to_writer(file))
    }

    /// Records into a writer.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        let mut writer = Writer {
            out: Box::new(writer),
            written: Ok(0),
        };
        if let Err(error) = writer.write(&file::head()) {
            writer.written = Err(error);
        }
        Self {
            writer: Arc::new(Mutex::new(writer)),
            secrets: Secrets::none(),
        }
    }

    /// Records `***` wherever this text stands in a call or answer; it matches any text when the recording is used. For passwords and
    /// tokens that travel as parameters.
    ///
    /// A document in which the text stands as it is, or with references for `&`, `<` and `>`, keeps its form otherwise. One in which it
    /// stands in another encoding or with other references is written anew. Base64 is not looked into, and the empty text is no secret.
    #[must_use]
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets.add(text.into());
        self
    }

    /// A callback for [`ServerProxyBuilder::tap`](crate::ServerProxyBuilder::tap), which records all calls of a proxy.
    pub fn tap(&self) -> impl Fn(&Exchange<'_>) + Send + Sync + 'static {
        let recorder = self.clone();
        move |exchange| {
            if let Some(response) = exchange.response() {
                let request = exchange.request_document();
                recorder.note(&request, exchange.request_headers(), response);
            }
        }
    }

    /// A transport that sends by another one, and records.
    pub fn around<T: Transport>(&self, transport: T) -> Recorded<T> {
        Recorded {
            recorder: self.clone(),
            transport,
        }
    }

    /// Records one exchange, for relays and servers: the documents of a request and its answer, not compressed. `request_headers` may
    /// name the request's encoding.
    ///
    /// # Errors
    ///
    /// For a request that is no call, which is not recorded, and for what could not be written.
    pub fn record(&self, request: &[u8], request_headers: &HeaderMap, response: &Response) -> Result<()> {
        if response.status.is_redirection() {
            return Ok(());
        }
        let line = self.line(request, request_headers, response)?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .record(&line)
            .map_err(|error| Error::unsent(NOT_WRITTEN, error))
    }

    /// How many exchanges were recorded.
    ///
    /// # Errors
    ///
    /// The first failure to write one, if there was any: nothing is recorded after it.
    pub fn finish(&self) -> Result<usize> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match &writer.written {
            Ok(count) => Ok(*count),
            Err(error) => Err(Error::unsent(NOT_WRITTEN, copy(error))),
        }
    }

    /// Records without troubling the call; [`finish`](Self::finish) tells of failures.
    fn note(&self, request: &[u8], request_headers: &HeaderMap, response: &Response) {
        if let Err(error) = self.record(request, request_headers, response) {
            tracing::warn!(%error, "an exchange was not recorded");
        }
    }

    fn line(&self, request: &[u8], request_headers: &HeaderMap, response: &Response) -> Result<String> {
        let unrecorded = |error| Error::unsent("an exchange that cannot be recorded", error);
        let charset = charset(request_headers);
        let (request, anew) = self
            .secrets
            .hide_in_call(request, charset.as_deref())
            .map_err(unrecorded)?;
        let charset = charset.filter(|_| !anew);
        let call = call(&request, charset.as_deref()).map_err(unrecorded)?;
        let request = Message::new(&request, anew, request_headers.get(header::CONTENT_TYPE));

        let (answer, anew) = self
            .secrets
            .hide_in_answer(&response.body, response.charset.as_deref())
            .map_err(unrecorded)?;
        let answer = Message::new(&answer, anew, response.headers.get(header::CONTENT_TYPE));
        file::line(&call.method, request, answer, response.status)
            .map_err(|error| Error::unsent(NOT_WRITTEN, error))
    }
}

const NOT_WRITTEN: &str = "the recording cannot be written";

impl Writer {
    fn record(&mut self, line: &str) -> io::Result<()> {
        match &self.written {
            Err(error) => Err(copy(error)),
            Ok(count) => {
                let count = *count;
                let outcome = self.write(line);
                self.written = outcome.as_ref().map(|()| count + 1).map_err(copy);
                outcome
            }
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// A transport whose exchanges are recorded; made by [`Recorder::around`].
#[derive(Debug)]
pub struct Recorded<T> {
    recorder: Recorder,
    transport: T,
}

impl<T: Transport> Transport for Recorded<T> {
    async fn send(&self, request: Request) -> Result<Response> {
        let (body, headers) = (request.body.clone(), request.headers.clone());
        let response = self.transport.send(request).await?;
        self.recorder.note(&body, &headers, &response);
        Ok(response)
    }
}
