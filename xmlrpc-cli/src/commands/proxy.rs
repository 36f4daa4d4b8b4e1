//! `xmlrpc proxy`: stands between a client and a server, and shows what goes to and fro.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use http::header::{self, HeaderMap};
use tokio::sync::Notify;
use xmlrpc_client::record::Recorder;
use xmlrpc_client::transport::{Request, Transport as _};
use xmlrpc_client::{Exchange, MethodName, ServerProxy};

use crate::common::Common;
use crate::endpoint::{self, Answer, Posted, Reply};
use crate::failure::{Failure, Result, by_option};
use crate::terminal;

/// To how many paths of the server clients may call.
const PATHS: usize = 100;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server. Where the URL has no path, calls go to the path that the client calls
    url: String,
    /// Where clients connect: HOST:PORT, or a port of the loopback interface; port 0 is any free one
    #[arg(long, value_name = "ADDR", value_parser = endpoint::address)]
    listen: String,
    /// Records the exchanges, for xmlrpc serve and for tests
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// A text that is recorded as ***, such as a token among the parameters; may be repeated
    #[arg(long = "secret", value_name = "TEXT", requires = "record")]
    secrets: Vec<String>,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    // What is wrong with the URL or an option is told before a file is made.
    common.server(&args.url)?;
    let recorder = args.record.as_ref().map(Recorder::create).transpose()?;
    let hiding = |recorder| args.secrets.iter().cloned().fold(recorder, Recorder::secret);
    let recorder = recorder.map(hiding);
    let relay = Relay(Arc::new(Inner {
        url: args.url.clone(),
        has_path: has_path(&args.url),
        common: common.clone(),
        servers: Mutex::default(),
        watcher: Arc::new(Watcher::new(recorder)),
    }));
    let watcher = relay.0.watcher.clone();
    let what = "in front of the server";
    let end = watcher.unshown.notified();
    let serving = endpoint::serve(&args.listen, what, common.document_bytes(), relay, end);
    Common::runtime()?.block_on(serving)?;
    watcher.outcome()
}

/// Whether a URL names what is called, so that the client's path does not count.
fn has_path(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return true;
    };
    let of_http = ["http", "https", "http+unix"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    !of_http || rest.split_once('/').is_some_and(|(_, path)| !path.is_empty())
}

#[derive(Clone)]
struct Relay(Arc<Inner>);

struct Inner {
    url: String,
    has_path: bool,
    common: Common,
    /// By path.
    servers: Mutex<HashMap<String, ServerProxy>>,
    watcher: Arc<Watcher>,
}

impl Relay {
    /// The server, at the path that the client called if the URL has none; `None` where there are too many already.
    fn server(&self, path: &str) -> Result<Option<ServerProxy>> {
        let path = if self.0.has_path { "" } else { path };
        let mut servers = self.0.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(path) {
            return Ok(Some(server.clone()));
        }
        if servers.len() == PATHS {
            return Ok(None);
        }
        let url = format!(
            "{}{path}",
            if path.is_empty() {
                &self.0.url
            } else {
                self.0.url.trim_end_matches('/')
            }
        );
        let (watcher, builder) = (self.0.watcher.clone(), self.0.common.server_builder(&url)?);
        let builder = builder.tap(move |exchange| watcher.see(exchange));
        let server = match &self.0.watcher.recorder {
            Some(recorder) => builder.tap(recorder.tap()),
            None => builder,
        };
        let server = server.build()?;
        servers.insert(path.to_owned(), server.clone());
        Ok(Some(server))
    }
}

impl Answer for Relay {
    async fn answer(&self, posted: Posted) -> Reply {
        let server = match self.server(&posted.path) {
            Ok(Some(server)) => server,
            Ok(None) => return endpoint::refusal(StatusCode::NOT_FOUND, "calls to too many paths"),
            Err(_) => return endpoint::refusal(StatusCode::NOT_FOUND, "no such path"),
        };
        let method = method(&self.0.common, &posted);
        let request = Request::new(method, posted.body).headers(forwarded(posted.headers));
        let outcome = server.send(request).await;
        self.0.watcher.check_recording();
        match outcome {
            Ok(response) => endpoint::reply(response),
            Err(error) if error.is_timeout() => {
                endpoint::refusal(StatusCode::GATEWAY_TIMEOUT, &by_option(&format!("{error:#}")))
            }
            Err(error) => endpoint::refusal(StatusCode::BAD_GATEWAY, &by_option(&format!("{error:#}"))),
        }
    }
}

/// The name of the method called; what cannot be read goes to the server all the same, which says what it thinks of it.
fn method(common: &Common, posted: &Posted) -> MethodName {
    let decoder = common.decoder();
    let decoder =
        endpoint::charset(&posted.headers).map_or(decoder.clone(), |charset| decoder.charset(&charset));
    let call = decoder.call(posted.body.to_vec());
    let name = call
        .map(|call| call.method)
        .or_else(|_| MethodName::try_from("(no call)"));
    name.unwrap_or_else(|_| unreachable!("a name that is not empty"))
}

/// The client's headers as they go to the server.
fn forwarded(headers: HeaderMap) -> HeaderMap {
    let mut headers = endpoint::end_to_end(headers);
    // The answer is to be seen.
    headers.remove(header::ACCEPT_ENCODING);
    headers
}

/// Shows exchanges on standard output, and minds the recording.
struct Watcher {
    count: AtomicUsize,
    recorder: Option<Recorder>,
    recording_failed: AtomicUsize,
    /// Standard output takes no more.
    unshown: Notify,
    /// Why it does not.
    failure: Mutex<Option<Failure>>,
}

impl Watcher {
    fn new(recorder: Option<Recorder>) -> Self {
        Self {
            count: AtomicUsize::new(0),
            recorder,
            recording_failed: AtomicUsize::new(0),
            unshown: Notify::new(),
            failure: Mutex::default(),
        }
    }

    fn see(&self, exchange: &Exchange<'_>) {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if let Err(failure) = terminal::print(format!("#{number}\n{exchange:#}\n\n").as_bytes()) {
            self.failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(failure);
            self.unshown.notify_one();
        }
    }

    /// Whether all was shown.
    fn outcome(&self) -> Result {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().map_or(Ok(()), Err)
    }

    /// Says once if the recording cannot be written.
    fn check_recording(&self) {
        let Some(Err(error)) = self.recorder.as_ref().map(Recorder::finish) else {
            return;
        };
        if self.recording_failed.fetch_add(1, Ordering::Relaxed) == 0 {
            terminal::note(&format!("xmlrpc: {error:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_clients_where_the_url_has_none() {
        for (url, expected) in [
            ("http://host", false),
            ("https://a:b@host:1/", false),
            ("http+unix://%2Frun%2Fx.sock", false),
            ("http://host/RPC2", true),
            ("scgi://host:5000", true),
            ("scgi+unix:///run/x.sock", true),
        ] {
            assert_eq!(has_path(url), expected, "{url}");
        }
    }
}
