//! Exchanges in a file: recorded from a real server, and answered from without one.
//!
//! A [`Recorder`] writes what goes over the wire, as a tap or around a transport. A [`Recording`] reads the file and is a
//! [`Transport`], so that tests run against what a real server said, without that server. Calls are
//! matched by what they mean, the method and its parameters as values, and not by their bytes: another dialect, encoding or order of
//! members makes no difference.
//!
//! # Examples
//!
//! ```
//! use xmlrpc_client::record::{Recorder, Recording};
//! use xmlrpc_client::{MethodResponse, ServerProxy};
//! use xmlrpc_client::transport::{Response, from_fn};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("xmlrpc-recording-{}.jsonl", std::process::id()));
//! // Once, with the real server, for which another transport stands here.
//! let real = from_fn(|_| async { Ok(Response::new(MethodResponse::Success(3).to_vec().expect("an integer"))) });
//! let recorder = Recorder::create(&path)?;
//! let server = ServerProxy::over(real).tap(recorder.tap()).build()?;
//! assert_eq!(server.call::<i32>("add", (1, 2)).await?, 3);
//! assert_eq!(recorder.finish()?, 1);
//!
//! // In tests from then on.
//! let recording = Recording::load(&path)?;
//! let server = ServerProxy::over(recording.clone()).build()?;
//! assert_eq!(server.call::<i32>("add", (1, 2)).await?, 3);
//! assert!(recording.unused().is_empty());
//!
//! let error = server.call::<i32>("add", (1, 5)).await.unwrap_err();
//! assert_eq!(
//!     format!("{error:#}"),
//!     "the recording has no answer to this call: `add` was recorded with other parameters: \
//!      params[1] is int 2 in the recording, and int 5 in the call",
//! );
//! # std::fs::remove_file(&path)?;
//! # Ok(())
//! # }
//! ```
//!
//! # The file
//!
//! UTF-8, a JSON object a line, so that a change to one exchange is a change to one line:
//!
//! ```text
//! {"xmlrpc_recording":1}
//! {"method":"add","request":{"body":"<?xml …"},"response":{"content_type":"text/xml","body":"<?xml …"}}
//! ```
//!
//! The first line names the format. Each other line has an exchange: `method` for the reader's eye, which must be the one in the request;
//! `request` and `response` with their documents as they were, and their `content_type`, which may name an encoding; and the response's
//! `status` where it is not 200. A body that is not UTF-8 is `{"latin1": "…"}`, a character for each byte. Empty lines are passed over.
//!
//! # Secrets
//!
//! Neither addresses nor headers are recorded, `Content-Type` excepted, so that no credentials in them are. Parameters and results are
//! recorded as they are, except for the texts given to [`Recorder::secret`]: these become `***`, which matches any text.

mod difference;
mod file;
mod recorder;
mod secrets;

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use xmlrpc_core::{Decoder, Forbidden, Limits, MethodCall, Printable, Reading, Value};

use crate::error::{Error, Result};
use crate::transport::{Request, Response, Transport, charset};

pub use recorder::{Recorded, Recorder};

/// How many names or differences an error tells.
const TOLD: usize = 5;

/// With how many recorded calls of a method a call that matches none is compared, to find the nearest.
const COMPARED: usize = 200;

/// Exchanges from a file, as a transport that answers calls with them.
///
/// Cheap to clone; all clones share what was used. A call that none matches is an error, which says what is different. See the
/// [module](self) for the file.
#[derive(Clone)]
pub struct Recording {
    tape: Arc<Tape>,
    order: Order,
    used: Arc<Mutex<Used>>,
}

struct Tape {
    exchanges: Vec<Exchange>,
    /// The exchanges of each method, in order.
    by_method: HashMap<String, Vec<usize>>,
}

struct Exchange {
    call: MethodCall,
    response: Response,
}

/// What was answered from so far.
struct Used {
    each: Vec<bool>,
    /// The next one, where they go in order.
    next: usize,
}

/// In which order the exchanges of a [`Recording`] may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// In any. Of equal calls the first gets the first recorded answer, the second the second, and from the last one on all get that one.
    #[default]
    Any,
    /// In any, but each exchange once: a call for which all answers were given is an error.
    Once,
    /// As recorded, each exchange once: any other call than the next one is an error.
    AsRecorded,
}

impl Recording {
    /// Reads a file, with the limits of [`Loader::new`].
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] for a file that cannot be read or is longer than the limits allow, and for a line that is no
    /// exchange; the error names the line.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Loader::new().load(path)
    }

    /// Sets in which order the exchanges may be asked for; [`Order::Any`] if not set.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// How many exchanges there are.
    pub fn len(&self) -> usize {
        self.tape.exchanges.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tape.exchanges.is_empty()
    }

    /// The methods called, in order.
    pub fn methods(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tape.exchanges.iter().map(|exchange| &*exchange.call.method)
    }

    /// The methods of the exchanges that no call has asked for so far, in order. Empty when a test has made all the calls.
    pub fn unused(&self) -> Vec<&str> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = self.methods().zip(&used.each).filter(|&(_, used)| !used);
        unused.map(|(method, _)| method).collect()
    }

    /// The answer to a call, given as the document of its request; for servers that answer from a recording. `charset` is what HTTP's
    /// `Content-Type` named.
    ///
    /// # Errors
    ///
    /// An error that says what did not match, and that no server saw the call. It quotes parameters, the call's and the recording's, in
    /// its cause (`{:#}`), each in a few words.
    pub fn answer(&self, body: &[u8], charset: Option<&str>) -> Result<Response> {
        let call = call(body, charset).map_err(|error| Error::unsent("the request is no call", error))?;
        match self.find(&call) {
            Ok(index) => Ok(self.tape.exchanges[index].response.clone()),
            Err(Mismatch(why)) => Err(Error::unsent(
                "the recording has no answer to this call",
                Mismatch(why),
            )),
        }
    }

    /// Chooses an exchange for a call, and notes that it is used.
    fn find(&self, call: &MethodCall) -> Result<usize, Mismatch> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match self.order {
            Order::AsRecorded => self.tape.next(used.next, call)?,
            Order::Any | Order::Once => self.tape.any(call, &used.each, self.order)?,
        };
        used.each[found] = true;
        used.next = found + 1;
        Ok(found)
    }
}

impl Tape {
    fn new(exchanges: Vec<Exchange>) -> Self {
        let mut by_method: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, exchange) in exchanges.iter().enumerate() {
            let method = exchange.call.method.as_str().to_owned();
            by_method.entry(method).or_default().push(index);
        }
        Self { exchanges, by_method }
    }

    fn next(&self, next: usize, call: &MethodCall) -> Result<usize, Mismatch> {
        let Some(exchange) = self.exchanges.get(next) else {
            let all = self.exchanges.len();
            return Err(Mismatch(format!(
                "it ends after {all} exchanges, all of which were asked for"
            )));
        };
        let (recorded, called) = (&exchange.call, call);
        if recorded.method != called.method {
            let (recorded, called) = (name(&recorded.method), name(&called.method));
            return Err(Mismatch(format!(
                "it goes on with {recorded}, and not with {called}"
            )));
        }
        match difference::same(&recorded.params, &called.params) {
            true => Ok(next),
            false => Err(self.other_params(&[next], call)),
        }
    }

    fn any(&self, call: &MethodCall, used: &[bool], order: Order) -> Result<usize, Mismatch> {
        let Some(candidates) = self.by_method.get(call.method.as_str()) else {
            return Err(self.unknown(&call.method));
        };
        let mut last = None;
        for &index in candidates {
            if difference::same(&self.exchanges[index].call.params, &call.params) {
                if !used[index] {
                    return Ok(index);
                }
                last = Some(index);
            }
        }
        match (last, order) {
            (None, _) => Err(self.other_params(candidates, call)),
            (Some(_), Order::Once) => Err(Mismatch(format!(
                "all answers to {} with these parameters were given",
                name(&call.method)
            ))),
            (Some(last), _) => Ok(last),
        }
    }

    fn unknown(&self, method: &str) -> Mismatch {
        let mut known: Vec<(&String, usize)> = self
            .by_method
            .iter()
            .map(|(name, of_it)| (name, of_it[0]))
            .collect();
        known.sort_by_key(|&(_, first)| first);
        let mut why = format!("{} is not in it", name(method));
        for (index, (known, _)) in known.iter().take(TOLD * 4).enumerate() {
            let before = if index == 0 { "; there are " } else { ", " };
            // Writing to a string does not fail.
            let _ = write!(why, "{before}{}", name(known));
        }
        if let Some(more) = known.len().checked_sub(TOLD * 4).filter(|more| *more > 0) {
            let _ = write!(why, " and {more} more");
        }
        Mismatch(why)
    }

    /// Of several calls of the method, the nearest is the one to compare with.
    fn other_params(&self, candidates: &[usize], call: &MethodCall) -> Mismatch {
        let compared = candidates.iter().take(COMPARED);
        let recorded = compared.map(|&index| &self.exchanges[index].call.params);
        let nearest = recorded.min_by_key(|recorded| difference::count(recorded, &call.params));
        let nearest = nearest.map(|recorded| difference::between(recorded, &call.params));
        let nearest = nearest.unwrap_or_default();
        let mut why = format!("{} was recorded with other parameters", name(&call.method));
        for (index, difference) in nearest.iter().take(TOLD).enumerate() {
            let before = if index == 0 { ": " } else { "; " };
            let _ = write!(why, "{before}{difference}");
        }
        if let Some(more) = nearest.len().checked_sub(TOLD).filter(|more| *more > 0) {
            let _ = write!(why, "; and {more} more differences");
        }
        Mismatch(why)
    }
}

impl Transport for Recording {
    async fn send(&self, request: Request) -> Result<Response> {
        self.answer(&request.body, charset(&request.headers).as_deref())
    }
}

impl FromStr for Recording {
    type Err = Error;

    /// Reads the text of a file; see [`Recording::load`].
    fn from_str(text: &str) -> Result<Self> {
        Loader::new().parse(text)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("exchanges", &self.len())
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// Loads a [`Recording`], with limits.
///
/// | limit | default |
/// |---|---|
/// | [`file_bytes`](Self::file_bytes) | 64 MiB |
/// | [`exchanges`](Self::exchanges) | 100,000 |
///
/// # Examples
///
/// ```
/// use xmlrpc_client::record::Loader;
///
/// let text = "{\"xmlrpc_recording\":1}\n\n{\"method\": 1}\n";
/// let error = Loader::new().exchanges(10).parse(text).unwrap_err();
/// assert_eq!(error.to_string(), "line 3 of the recording, column 12: invalid type: integer `1`, expected a string");
/// ```
#[derive(Clone, Debug)]
pub struct Loader {
    file_bytes: usize,
    exchanges: usize,
}

impl Default for Loader {
    fn default() -> Self {
        Self::new()
    }
}

impl Loader {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            file_bytes: 64 * 1024 * 1024,
            exchanges: 100_000,
        }
    }

    /// Sets how many bytes a file may have.
    #[must_use]
    pub fn file_bytes(mut self, bytes: usize) -> Self {
        self.file_bytes = bytes;
        self
    }

    /// Sets how many exchanges a file may have.
    #[must_use]
    pub fn exchanges(mut self, count: usize) -> Self {
        self.exchanges = count;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// As [`Recording::load`].
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Recording> {
        let path = path.as_ref();
        let failed = |error| {
            Error::configuration(format!(
                "the recording {} cannot be read: {error}",
                path.display()
            ))
        };
        let file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(self.file_bytes).unwrap_or(u64::MAX);
        file.take(most.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        // The length goes first: a file may be cut inside of a character.
        self.check_length(bytes.len())?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.parse(text),
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
                Err(file::error(line, "bytes that are not UTF-8"))
            }
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// As [`Recording::load`].
    pub fn parse(&self, text: &str) -> Result<Recording> {
        self.check_length(text.len())?;
        let exchanges = file::parse(text, self.exchanges)?;
        let used = Used {
            each: vec![false; exchanges.len()],
            next: 0,
        };
        Ok(Recording {
            tape: Arc::new(Tape::new(exchanges)),
            order: Order::default(),
            used: Arc::new(Mutex::new(used)),
        })
    }

    fn check_length(&self, bytes: usize) -> Result<()> {
        match bytes > self.file_bytes {
            false => Ok(()),
            true => Err(Error::configuration(format!(
                "the recording is longer than {} bytes; Loader::file_bytes raises this limit",
                self.file_bytes
            ))),
        }
    }
}

/// Why no exchange was found.
#[derive(Debug)]
struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

fn call(body: &[u8], charset: Option<&str>) -> xmlrpc_core::Result<MethodCall> {
    decoder(charset).method_call::<Vec<Value>>(body)
}

/// Reads as leniently as possible, so that what was recorded of any peer can be used.
fn decoder(charset: Option<&str>) -> Decoder {
    let reading = Reading::default().forbidden_characters(Forbidden::Pass);
    let decoder = Decoder::new().limits(Limits::client()).reading(reading);
    match charset {
        Some(charset) => decoder.charset(charset),
        None => decoder,
    }
}

/// A method's name in an error, cut if it is long.
fn name(method: &str) -> String {
    let front: String = method.chars().take(60).collect();
    let cut = if front.len() < method.len() { "…" } else { "" };
    format!("`{}{cut}`", Printable(&front))
}
