//! How many calls a peer may make.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_service::Service;
use xmlrpc_core::{Call, EncodedValue, Fault};

use super::by_method::ByMethod;
use super::{CallFuture, CallService};
use crate::context::CallContext;
use crate::metrics;

/// Peers that are remembered, unless [`RateLimit::tracked_peers`] says otherwise.
const TRACKED_PEERS: usize = 10_000;

/// What a time is cut to, so that it can be added to any instant.
const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// A layer that lets each peer make so many calls in a time, and no more.
///
/// Every peer has a bucket of tokens, full at first. A call takes one, and over time they come back: with 60 calls in a minute, one
/// comes back each second, so that 60 calls may come at once, but after them one a second only. A call that finds the bucket empty is
/// answered with fault -32029, [`RateLimit::LIMITED`], whose text says in how many seconds to try again. The entries of a
/// `system.multicall` take a token each, as the multicall itself does.
///
/// A peer is an IPv4 address, or the first 64 bits of an IPv6 address, which is what one subscriber has at least; by a Unix socket, it is
/// the user of the process. Calls of which neither is known, such as those in memory, are one peer together. Behind a proxy every call comes from the proxy: there,
/// [`key`](Self::key) tells peers apart by something else.
///
/// # Limits
///
/// | setter | default | beyond it |
/// |---|---|---|
/// | [`new`](Self::new), [`methods`](Self::methods) | | fault -32029 |
/// | [`tracked_peers`](Self::tracked_peers) | 10,000 | those that have not called for the longest time are forgotten, and begin with a full bucket |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xmlrpc_server::Methods;
/// use xmlrpc_server::layer::RateLimit;
///
/// let minute = Duration::from_secs(60);
/// let methods = Methods::new()
///     .method("login", |name: String, password: String| name == password)
///     .layer(RateLimit::new(600, minute).methods("login", 5, minute));
/// # let _ = methods;
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    limits: ByMethod<Limit>,
    patterns: usize,
    tracked_peers: usize,
    key: Key,
    buckets: Arc<Mutex<Buckets>>,
}

/// Who a peer is, in place of its address.
#[derive(Clone)]
enum Key {
    Address,
    Custom(Arc<KeyFunction>),
}

/// Gives a hash, so that a key takes the same room however long it is. Nobody can find two keys with one hash, which is a secret's.
type KeyFunction = dyn Fn(&Call) -> Option<u64> + Send + Sync;

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "Address",
            Self::Custom(_) => "Custom",
        })
    }
}

/// So many calls in a time.
#[derive(Clone, Debug)]
struct Limit {
    calls: u32,
    time: Duration,
    /// A number for each pattern, so that each has a bucket of its own; 0 for all other methods.
    index: usize,
}

impl RateLimit {
    /// The code of the fault for a call too many.
    pub const LIMITED: i32 = -32029;

    /// Lets a peer make `calls` calls in `time`, all methods together. At least one is let through.
    ///
    /// Tables around which clones of one layer are put share its buckets.
    pub fn new(calls: u32, time: Duration) -> Self {
        Self {
            limits: ByMethod::new(Limit::new(calls, time, 0)),
            patterns: 0,
            tracked_peers: TRACKED_PEERS,
            key: Key::Address,
            buckets: Arc::default(),
        }
    }

    /// Lets a peer make `calls` calls in `time` of a method, such as `login`, or of all methods whose names begin alike together, such as
    /// `admin.*`. They count apart from the others.
    ///
    /// What is set for the name of a method goes before what is set for beginnings, and a longer beginning before a shorter one. An
    /// [alias](crate::Methods::alias) is another name: what is set for one of them does not limit the other.
    #[must_use]
    pub fn methods(mut self, methods: impl AsRef<str>, calls: u32, time: Duration) -> Self {
        self.patterns += 1;
        let limit = Limit::new(calls, time, self.patterns);
        self.limits.set(methods.as_ref(), limit);
        self.buckets = Arc::default();
        self
    }

    /// Sets how many peers are remembered; 10,000 unless set, and at least 2. A peer counts once more for each of
    /// [`methods`](Self::methods) that it has called, and takes some hundred bytes.
    ///
    /// When there are more, those that have not called for the longest time are forgotten. So whoever has more addresses than this can
    /// call more often than the limit says, but nobody can shut others out.
    #[must_use]
    pub fn tracked_peers(mut self, count: usize) -> Self {
        self.tracked_peers = count.max(2);
        self.buckets = Arc::default();
        self
    }

    /// Sets what tells peers apart, in place of their addresses: a text, such as a user's name or an address that a trusted proxy put
    /// into a header. What gives `None` is not limited. It runs for each call.
    ///
    /// ```
    /// use std::time::Duration;
    /// use xmlrpc_server::layer::{Identity, RateLimit};
    ///
    /// // Inside of `Authenticate`: a limit for each user.
    /// let limit = RateLimit::new(60, Duration::from_secs(60))
    ///     .key(|call| Some(call.extensions.get::<Identity>()?.name().to_owned()));
    /// # let _ = limit;
    /// ```
    #[must_use]
    pub fn key(mut self, key: impl Fn(&Call) -> Option<String> + Send + Sync + 'static) -> Self {
        let hasher = RandomState::new();
        self.key = Key::Custom(Arc::new(move |call| key(call).map(|key| hasher.hash_one(key))));
        self.buckets = Arc::default();
        self
    }

    /// Lets a call pass, or says how long it has to wait.
    fn admit(&self, call: &Call) -> Result<(), Fault> {
        let Some(peer) = self.peer(call) else {
            return Ok(());
        };
        let limit = self.limits.find(&call.method);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = buckets.take((peer, limit.index), limit, self.tracked_peers);
        drop(buckets);
        taken.map_err(|wait| {
            metrics::refused("rate_limit");
            limit.fault(wait)
        })
    }

    fn peer(&self, call: &Call) -> Option<Peer> {
        match &self.key {
            Key::Custom(key) => key(call).map(Peer::Key),
            Key::Address => {
                let context = call.extensions.get::<CallContext>();
                Some(context.map_or(Peer::Unknown, Peer::of))
            }
        }
    }
}

impl Limit {
    fn new(calls: u32, time: Duration, index: usize) -> Self {
        Self {
            calls: calls.max(1),
            time: time.min(CENTURY),
            index,
        }
    }

    #[cold]
    fn fault(&self, wait: Duration) -> Fault {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let setter = if self.index == 0 { "new" } else { "methods" };
        let text = format!(
            "more than {} calls in {:?} from one peer: try again in {seconds} s; RateLimit::{setter} sets this limit",
            self.calls, self.time
        );
        Fault::new(RateLimit::LIMITED, text)
    }
}

/// Who has a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Peer {
    Unknown,
    /// The user of a process on this machine.
    User(u32),
    V4(u32),
    /// The first half of the address.
    V6([u16; 4]),
    Key(u64),
}

impl Peer {
    fn of(context: &CallContext) -> Self {
        match (context.peer(), context.peer_credentials()) {
            (Some(address), _) => Self::at(address.ip()),
            (None, Some(credentials)) => Self::User(credentials.uid()),
            (None, None) => Self::Unknown,
        }
    }

    fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// When each bucket is full again. Nobody has to fill them: a bucket that nobody remembers is full.
///
/// There are two generations of half the size each. What is touched goes into the young one; when that is full it becomes the old one, and
/// what was old is forgotten.
#[derive(Debug, Default)]
struct Buckets {
    young: HashMap<(Peer, usize), Instant>,
    old: HashMap<(Peer, usize), Instant>,
}

impl Buckets {
    /// Takes a token, or says how long it takes until there is one.
    fn take(&mut self, key: (Peer, usize), limit: &Limit, most: usize) -> Result<(), Duration> {
        let now = Instant::now();
        let remembered = self.young.get(&key).or_else(|| self.old.get(&key));
        let full = remembered.map_or(now, |full| now.max(*full));
        // What one token takes to come back, and what the whole bucket would take after this call.
        let step = limit.time / limit.calls;
        let empty = full.duration_since(now) + step;
        match empty.checked_sub(limit.time) {
            Some(wait) if !wait.is_zero() => {
                self.keep(key, full, most);
                Err(wait)
            }
            _ => {
                self.keep(key, full + step, most);
                Ok(())
            }
        }
    }

    fn keep(&mut self, key: (Peer, usize), full: Instant, most: usize) {
        if self.young.len() >= most / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, full);
    }
}

impl<S> tower_layer::Layer<S> for RateLimit
where
    S: Service<Call, Response = EncodedValue, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
{
    type Service = RateLimitService;

    fn layer(&self, next: S) -> RateLimitService {
        RateLimitService {
            limit: Arc::new(self.clone()),
            next: CallService::new(next),
        }
    }
}

/// The service of [`RateLimit`].
#[derive(Clone, Debug)]
pub struct RateLimitService {
    limit: Arc<RateLimit>,
    next: CallService,
}

impl Service<Call> for RateLimitService {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> CallFuture {
        match self.limit.admit(&call) {
            Ok(()) => self.next.run(call),
            Err(fault) => Box::pin(ready(Err(fault))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Peer {
        Peer::at(address.parse().unwrap())
    }

    #[test]
    fn an_ipv6_peer_is_a_network_of_64_bits() {
        assert_eq!(at("2001:db8:1:2::1"), Peer::V6([0x2001, 0xdb8, 1, 2]));
        for (one, other, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(at(one) == at(other), same, "{one} {other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_peers_are_remembered_than_is_set() {
        let limit = Limit::new(1, Duration::from_secs(60), 0);
        let mut buckets = Buckets::default();
        for peer in 0..1000 {
            assert!(buckets.take((Peer::V4(peer), 0), &limit, 10).is_ok());
            assert!(buckets.young.len() + buckets.old.len() <= 10);
        }
        // Those who called last are still known.
        for peer in 996..1000 {
            assert!(buckets.take((Peer::V4(peer), 0), &limit, 10).is_err());
        }
        assert!(buckets.take((Peer::V4(0), 0), &limit, 10).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_keeps_calling_is_not_forgotten() {
        let limit = Limit::new(1, Duration::from_secs(60), 0);
        let mut buckets = Buckets::default();
        let stubborn = (Peer::Unknown, 0);
        assert!(buckets.take(stubborn, &limit, 10).is_ok());
        for peer in 0..1000 {
            let _ = buckets.take((Peer::V4(peer), 0), &limit, 10);
            assert!(buckets.take(stubborn, &limit, 10).is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_come_back_one_by_one() {
        let limit = Limit::new(3, Duration::from_secs(60), 0);
        let mut buckets = Buckets::default();
        let mut take = || buckets.take((Peer::Unknown, 0), &limit, 10);
        for (after, outcome) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(20)),
            (5, Err(15)),
            (14, Err(1)),
            (1, Ok(())),
            (0, Err(20)),
            (50, Ok(())),
            (0, Ok(())),
            (0, Err(10)),
            (1000, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(20)),
        ] {
            tokio::time::advance(Duration::from_secs(after)).await;
            assert_eq!(take(), outcome.map_err(Duration::from_secs));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_time_and_no_number_is_too_much() {
        for (calls, time) in [
            (0, Duration::ZERO),
            (0, Duration::MAX),
            (u32::MAX, Duration::MAX),
            (u32::MAX, Duration::from_nanos(1)),
        ] {
            let limit = Limit::new(calls, time, 0);
            let mut buckets = Buckets::default();
            for index in 0..3 {
                let taken = buckets.take((Peer::Unknown, 0), &limit, 10);
                assert!(index > 0 || taken.is_ok(), "{calls} {time:?}");
            }
        }
    }
}
