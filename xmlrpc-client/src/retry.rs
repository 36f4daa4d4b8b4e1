//! When a call that does no harm twice is made again: which failures, after which time, and how many in all.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::transport::Response;

#[cfg(doc)]
use crate::{CallOptions, PendingCall, ServerProxyBuilder};

const ATTEMPTS: u32 = 3;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10);
const SHARE: f64 = 0.2;
const RESERVE: u32 = 10;
const RESERVE_PER_SECOND: f64 = 1.0;

/// When calls that are marked as idempotent are made again.
///
/// A call is idempotent if it is marked so ([`PendingCall::idempotent`], [`ServerProxyBuilder::idempotent_methods`],
/// [`CallOptions::idempotent`]); no other call is ever made again. It is made again after
///
/// - a connection that did not come about, or was closed before the answer was complete;
/// - an answer with status 502, 503 or 504 ([`on_status`](Retry::on_status) adds others), unless its body is a fault;
/// - an attempt that took too long, where [`attempt_timeout`](Retry::attempt_timeout) is set;
/// - a fault with one of the codes of [`on_fault`](Retry::on_fault): none, unless that is asked for.
///
/// All attempts together, and the times between them, take no longer than the call's timeout: an attempt that would begin after it is not
/// made, and the call gives what the last one gave.
///
/// | number | default | setter |
/// |---|---|---|
/// | attempts, the first one among them | 3 | [`attempts`](Retry::attempts) |
/// | delay before the second attempt, at most; doubled for each further one | 100 ms | [`delays`](Retry::delays) |
/// | longest delay | 5 s | [`delays`](Retry::delays) |
/// | time of one attempt | as long as the call's | [`attempt_timeout`](Retry::attempt_timeout) |
/// | longest `Retry-After` that is waited for | 10 s | [`longest_retry_after`](Retry::longest_retry_after) |
/// | retries as a share of idempotent calls | 0.2 | [`share`](Retry::share) |
/// | retries beyond that share, at once | 10 | [`reserve`](Retry::reserve) |
/// | how many of these come back in a second | 1 | [`reserve_per_second`](Retry::reserve_per_second) |
///
/// # Delays
///
/// A delay is any time between none and its limit, by chance, so that callers whose calls failed together do not come back together. An
/// answer that says in `Retry-After` when to come back is waited for that long besides; if that is more than is waited for, the call
/// ends with that answer.
///
/// # The budget
///
/// A server that is down for everybody must not get three times the calls. So all calls of a proxy share a budget: each idempotent call
/// adds to it the share of a retry, each retry takes one from it, and where there is none left, calls fail as if they were not
/// idempotent. It holds 10 retries at most, and begins with them.
///
/// # Examples
///
/// ```
/// # fn main() -> xmlrpc_client::Result<()> {
/// use std::time::Duration;
///
/// use xmlrpc_client::{Retry, ServerProxy};
///
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2")
///     .idempotent_methods(|method| method.starts_with("books.find"))
///     .retry(Retry::new().attempts(5).attempt_timeout(Duration::from_secs(2)))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    attempts: u32,
    first_delay: Duration,
    longest_delay: Duration,
    attempt_timeout: Option<Duration>,
    longest_retry_after: Duration,
    statuses: Vec<StatusCode>,
    faults: Vec<i32>,
    share: f64,
    reserve: u32,
    reserve_per_second: f64,
}

impl Default for Retry {
    /// As [`Retry::new`].
    fn default() -> Self {
        Self {
            attempts: ATTEMPTS,
            first_delay: FIRST_DELAY,
            longest_delay: LONGEST_DELAY,
            attempt_timeout: None,
            longest_retry_after: LONGEST_RETRY_AFTER,
            statuses: vec![
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ],
            faults: Vec::new(),
            share: SHARE,
            reserve: RESERVE,
            reserve_per_second: RESERVE_PER_SECOND,
        }
    }
}

impl Retry {
    /// The defaults, which every proxy has.
    pub fn new() -> Self {
        Self::default()
    }

    /// No call is made again, idempotent or not.
    pub fn never() -> Self {
        Self::new().attempts(1)
    }

    /// Sets how often a call is made at most, the first time included.
    #[must_use]
    pub fn attempts(mut self, most: u32) -> Self {
        self.attempts = most;
        self
    }

    /// Sets the limit of the delay before the second attempt, which doubles with each further one, and how far it goes.
    #[must_use]
    pub fn delays(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// Sets how long one attempt of an idempotent call may take, so that there is time for another.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Sets how long a `Retry-After` may be that is waited for.
    #[must_use]
    pub fn longest_retry_after(mut self, limit: Duration) -> Self {
        self.longest_retry_after = limit;
        self
    }

    /// Adds a status of answers after which a call is made again.
    #[must_use]
    pub fn on_status(mut self, status: StatusCode) -> Self {
        self.statuses.push(status);
        self
    }

    /// Adds a code of faults after which a call is made again. Answers to idempotent calls are then read twice.
    #[must_use]
    pub fn on_fault(mut self, code: i32) -> Self {
        self.faults.push(code);
        self
    }

    /// Sets how many retries there may be for each idempotent call, on average; 0.2 is one in five calls.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// Sets how many retries there may be beyond the [`share`](Retry::share), when there were none for a while.
    #[must_use]
    pub fn reserve(mut self, retries: u32) -> Self {
        self.reserve = retries;
        self
    }

    /// Sets how many retries of the [`reserve`](Retry::reserve) come back in a second.
    #[must_use]
    pub fn reserve_per_second(mut self, retries: f64) -> Self {
        self.reserve_per_second = retries;
        self
    }

    /// The limit of the delay behind an attempt, counted from 1.
    fn delay(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1));
        let delay = doubled.and_then(|doubled| self.first_delay.checked_mul(doubled));
        delay.map_or(self.longest_delay, |delay| delay.min(self.longest_delay))
    }
}

/// The retries of a proxy.
#[derive(Clone)]
pub(crate) struct Retries(Arc<Shared>);

struct Shared {
    policy: Retry,
    budget: Mutex<Budget>,
}

impl Retries {
    pub(crate) fn new(policy: Retry) -> Self {
        let budget = Mutex::new(Budget::full(&policy));
        Self(Arc::new(Shared { policy, budget }))
    }

    /// How long one attempt may take.
    pub(crate) fn attempt_timeout(&self) -> Option<Duration> {
        self.0.policy.attempt_timeout
    }

    /// Makes an idempotent call, and makes it again as long as that is allowed. `attempt` takes its number, from 1 on; `fault` reads the code of the fault that an answer is.
    pub(crate) async fn run<Attempt: Future<Output = Result<Response>>>(
        &self,
        deadline: Option<Instant>,
        attempt: impl Fn(u32) -> Attempt,
        fault: impl Fn(&Response) -> Option<i32>,
    ) -> Result<Response> {
        self.budget(Budget::call);
        let mut number = 1;
        loop {
            let outcome = attempt(number).await;
            if number >= self.0.policy.attempts || !self.0.policy.is_worth(&outcome, &fault) {
                return outcome;
            }
            let Some(delay) = self.0.policy.wait(number, &outcome) else {
                return outcome;
            };
            let next = Instant::now().checked_add(delay);
            let is_late = deadline.is_some_and(|deadline| next.is_none_or(|next| next >= deadline));
            if is_late || !self.budget(Budget::retry) {
                return outcome;
            }
            tracing::debug!(
                attempt = number,
                ?delay,
                "an idempotent call failed and is made again"
            );
            drop(outcome);
            sleep(delay).await;
            number += 1;
        }
    }

    fn budget<T>(&self, of: impl FnOnce(&mut Budget, &Retry) -> T) -> T {
        let mut budget = self.0.budget.lock().unwrap_or_else(PoisonError::into_inner);
        of(&mut budget, &self.0.policy)
    }
}

impl Retry {
    /// Whether another attempt could end in another way.
    fn is_worth(&self, outcome: &Result<Response>, fault: impl Fn(&Response) -> Option<i32>) -> bool {
        let response = match outcome {
            Ok(response) => response,
            Err(error) => return error.is_passing(),
        };
        let has_status = self.statuses.contains(&response.status);
        if !has_status && self.faults.is_empty() {
            return false;
        }
        match fault(response) {
            Some(code) => self.faults.contains(&code),
            None => has_status,
        }
    }

    /// How long to wait after an attempt; `None` where the server wants more patience than there is.
    fn wait(&self, attempt: u32, outcome: &Result<Response>) -> Option<Duration> {
        let after = outcome
            .as_ref()
            .ok()
            .and_then(|response| retry_after(&response.headers));
        let after = after.unwrap_or_default();
        let delay = self.delay(attempt).mul_f64(fastrand::f64());
        (after <= self.longest_retry_after).then(|| after.saturating_add(delay))
    }
}

/// When to come back, of an answer's header: in seconds, or at a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// How many retries there may be.
struct Budget {
    retries: f64,
    at: Instant,
}

impl Budget {
    fn full(policy: &Retry) -> Self {
        Self {
            retries: policy.reserve.into(),
            at: Instant::now(),
        }
    }

    /// An idempotent call is made.
    fn call(&mut self, policy: &Retry) {
        let now = Instant::now();
        let seconds = now.duration_since(self.at).as_secs_f64();
        let more = policy.share.max(0.0) + policy.reserve_per_second.max(0.0) * seconds;
        self.retries = (self.retries + more).min(f64::from(policy.reserve).max(1.0));
        self.at = now;
    }

    /// Takes a retry, if there is one.
    fn retry(&mut self, _: &Retry) -> bool {
        let is_there = self.retries >= 1.0;
        if is_there {
            self.retries -= 1.0;
        }
        is_there
    }
}

impl Error {
    /// Whether another attempt could end in another way: the failure of a connection or of an exchange.
    fn is_passing(&self) -> bool {
        self.is_connect() || self.is_timeout() || self.is_exchange()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let retry = Retry::new().delays(Duration::from_millis(100), Duration::from_secs(1));
        let delays = [1, 2, 3, 4, 5, 40, u32::MAX].map(|attempt| retry.delay(attempt).as_millis());
        assert_eq!(delays, [100, 200, 400, 800, 1000, 1000, 1000]);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers)
        };
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let soon = SystemTime::now() + Duration::from_secs(3600);
        let left = of(&httpdate::fmt_http_date(soon)).unwrap();
        assert!(
            left > Duration::from_secs(3000) && left <= Duration::from_secs(3600),
            "{left:?}"
        );
        assert_eq!(of("soon"), None);
        assert_eq!(of("-1"), None);
        assert_eq!(of("99999999999999999999999"), None);
    }
}
