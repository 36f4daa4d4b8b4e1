//! The servers of a proxy: those that can stand in for one another are tried in turn.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::Either;
use http::HeaderMap;
use reqwest::Url;
use tokio::time::Instant;

use crate::channel::Channel;
use crate::error::{Error, Result};
use crate::tap::Tap;
use crate::transport::{Request, Response};

/// Servers in the order in which they are asked.
pub(crate) struct Endpoints {
    list: Vec<Endpoint>,
    ejection: Ejection,
}

/// How long a server is passed over to which no connection came about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ejection {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Ejection {
    /// The time after so many failures in a row, from 1 on.
    fn time(self, failures: u32) -> Duration {
        let doubled = 2_u32.checked_pow(failures.saturating_sub(1));
        let time = doubled.and_then(|doubled| self.first.checked_mul(doubled));
        time.map_or(self.longest, |time| time.min(self.longest))
    }
}

/// One of the servers.
pub(crate) struct Endpoint {
    channel: Channel,
    /// What goes to this server alone: its name, and the credentials of its URL.
    headers: HeaderMap,
    health: Mutex<Health>,
}

/// What is known of a server.
#[derive(Default)]
struct Health {
    /// How often in a row no connection came about, once for each time that it was passed over.
    failures: u32,
    /// Until when it is passed over.
    ejected: Option<Instant>,
    /// Whether a call finds out whether it is there again.
    probing: bool,
}

/// Whom to ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// Those that are there, as far as is known, and the first call to one whose time is over.
    Fit,
    /// All, since nobody is there as far as is known.
    All,
}

impl Endpoints {
    /// The servers, with the headers for each.
    pub(crate) fn new(list: Vec<(Channel, HeaderMap)>, ejection: Ejection) -> Self {
        let list = list.into_iter().map(|(channel, headers)| Endpoint {
            channel,
            headers,
            health: Mutex::default(),
        });
        Self {
            list: list.collect(),
            ejection,
        }
    }

    /// Whether HTTP is spoken with all of them.
    #[cfg(feature = "compression")]
    pub(crate) fn are_http(&self) -> bool {
        let mut list = self.list.iter();
        list.all(|endpoint| matches!(endpoint.channel, Channel::Http(_)))
    }

    /// The address of the server that is asked first now.
    pub(crate) fn url(&self) -> Option<&Url> {
        let fit = self
            .list
            .iter()
            .find(|endpoint| endpoint.health().ejected.is_none());
        fit.or(self.list.first())?.channel.url()
    }

    /// Sends a request to the first server that can be reached. `deadline` is when whoever calls this drops it.
    pub(crate) fn send<'e>(
        &'e self,
        request: Box<Request>,
        deadline: Option<Instant>,
        tap: Option<&'e Tap>,
    ) -> impl Future<Output = Result<Response>> + Send + 'e {
        match &*self.list {
            [only] => Either::Left(only.channel.send(request, tap)),
            // Boxed, so that the futures of calls to the only server are no longer for it.
            _ => Either::Right(Box::pin(self.send_in_turn(request, deadline, tap))),
        }
    }

    async fn send_in_turn(
        &self,
        mut request: Box<Request>,
        deadline: Option<Instant>,
        tap: Option<&Tap>,
    ) -> Result<Response> {
        let mut tried = vec![false; self.list.len()];
        let mut left = self.list.len();
        let mut last = None;
        for choice in [Choice::Fit, Choice::All] {
            for (endpoint, tried) in self.list.iter().zip(&mut tried) {
                let turn = match *tried {
                    true => None,
                    false => endpoint.turn(choice),
                };
                let Some(turn) = turn else { continue };
                *tried = true;
                left -= 1;
                request.connect_by = deadline.map(|deadline| connect_by(deadline, left));
                match endpoint.send(request.clone(), tap).await {
                    Err(error) if error.is_unreached() => {
                        turn.failed(self.ejection, &error);
                        last = Some(error);
                    }
                    outcome => {
                        turn.reached();
                        return outcome;
                    }
                }
            }
        }
        Err(match last {
            Some(error) if error.is_connect() => Error::connect_any(self.list.len(), error),
            Some(error) => error,
            None => Error::configuration("there is no server"),
        })
    }
}

/// Until when a connection must have come about, so that there is time for the servers that are left. Where none is, it is the call's
/// own end, for a server that says nothing to be told from one that works.
fn connect_by(deadline: Instant, left: usize) -> Instant {
    let now = Instant::now();
    match left {
        0 => deadline,
        _ => now + deadline.saturating_duration_since(now) / 2,
    }
}

impl Endpoint {
    async fn send(&self, mut request: Box<Request>, tap: Option<&Tap>) -> Result<Response> {
        // What the proxy sends to all goes before what belongs to this one.
        let common = std::mem::replace(&mut request.headers, self.headers.clone());
        request.headers.extend(common);
        self.channel.send(request, tap).await
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call is to try this server now.
    fn turn(&self, choice: Choice) -> Option<Turn<'_>> {
        let mut health = self.health();
        let is_over = health.ejected.is_some_and(|until| Instant::now() >= until);
        let probe = is_over && !health.probing;
        if choice == Choice::Fit && health.ejected.is_some() && !probe {
            return None;
        }
        health.probing |= probe;
        Some(Turn {
            endpoint: self,
            probe,
        })
    }
}

/// A call that tries a server. Dropped without an outcome, it leaves the question open.
struct Turn<'e> {
    endpoint: &'e Endpoint,
    probe: bool,
}

impl Turn<'_> {
    fn reached(self) {
        let mut health = self.endpoint.health();
        if health.ejected.take().is_some() {
            tracing::info!(url = self.shown(), "the server is there again");
        }
        health.failures = 0;
    }

    fn failed(self, ejection: Ejection, error: &Error) {
        let mut health = self.endpoint.health();
        let now = Instant::now();
        // Of calls that fail together, one counts.
        if !error.is_connect() || health.ejected.is_some_and(|until| now < until) {
            return;
        }
        health.failures = health.failures.saturating_add(1);
        let time = ejection.time(health.failures);
        health.ejected = now.checked_add(time);
        tracing::info!(url = self.shown(), ?time, %error, "the server is passed over");
    }

    fn shown(&self) -> Option<&str> {
        self.endpoint.channel.url().map(Url::as_str)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.endpoint.health().probing = false;
        }
    }
}

impl Error {
    /// Whether the server surely saw nothing of the call, for a reason that another server need not have.
    fn is_unreached(&self) -> bool {
        !self.is_maybe_sent() && (self.is_connect() || self.is_exchange())
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Channel::Http(http) => http.fmt(f),
            Channel::Scgi(scgi) => scgi.fmt(f),
            Channel::Own(_) => f.write_str("Own"),
        }
    }
}
