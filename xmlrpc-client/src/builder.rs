//! What can be chosen for a proxy.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use xmlrpc_core::{Call, Decoder, Dialect, EncodedValue, Encoder, Limits, Reading};

use crate::by_method::ByMethod;
use crate::channel::Channel;
use crate::endpoints::{Ejection, Endpoints};
use crate::error::{Error, Result};
use crate::layer::{CallService, Layers};
use crate::profile::Profile;
use crate::proxy::{Inner, ServerProxy};
use crate::retry::{Retries, Retry};
use crate::secret;
use crate::tap::{Exchange, Tap};
use crate::transport::Transport;
use crate::transport::address::{Address, Credentials, Route};
use crate::transport::connect::{Connecting, Way};
use crate::transport::http::Http;
use crate::transport::http_proxy::{HttpProxy, Through};
use crate::transport::scgi::Scgi;

const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REDIRECTS: usize = 10;
const FIRST_EJECTION: Duration = Duration::from_secs(5);
const LONGEST_EJECTION: Duration = Duration::from_secs(60);
#[cfg(feature = "cookies")]
const COOKIE_BYTES: usize = 8 * 1024;
const USER_AGENT: &str = concat!("xmlrpc-client/", env!("CARGO_PKG_VERSION"));

/// Makes a [`ServerProxy`] with options.
///
/// | option | default |
/// |---|---|
/// | [`timeout`](Self::timeout) | 60 s for a whole call |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`redirects`](Self::redirects) | 10 |
/// | [`ejection`](Self::ejection) | 5 s, up to 60 s |
/// | [`retry`](Self::retry) | [`Retry::new`]: idempotent calls are made 3 times at most |
/// | [`dialect`](Self::dialect) | [`Dialect::default`] |
/// | [`reading`](Self::reading) | [`Reading::default`] |
/// | [`limits`](Self::limits) | [`Limits::client`]: answers of 64 MiB |
/// | [`compress_requests`](Self::compress_requests) | never |
/// | [`user_agent`](Self::user_agent) | `xmlrpc-client/` and the version |
///
/// HTTP proxies that the environment names (`http_proxy` and its kin) are not used, unless
/// [`http_proxy_from_environment`](Self::http_proxy_from_environment) says so.
///
/// # Examples
///
/// ```
/// # fn main() -> xmlrpc_client::Result<()> {
/// use std::time::Duration;
/// use xmlrpc_client::{Dialect, ServerProxy};
///
/// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2")
///     .timeout(Duration::from_secs(5))
///     .basic_auth("ada", "secret")
///     .header("X-Requested-With", "XMLHttpRequest")
///     .dialect(Dialect::spec())
///     .build()?;
/// assert!(!format!("{server:?}").contains("secret"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ServerProxyBuilder<P = ServerProxy> {
    targets: Vec<Target>,
    ejection: Ejection,
    headers: HeaderMap,
    timeout: Option<Duration>,
    connecting: Connecting,
    redirects: usize,
    dialect: Dialect,
    reading: Reading,
    limits: Limits,
    compress_from: Option<usize>,
    bare_results: bool,
    tap: Option<Tap>,
    retry: Retry,
    idempotent_methods: Option<ByMethod>,
    layers: Layers,
    problem: Option<Error>,
    proxy: PhantomData<fn() -> P>,
}

/// A server.
enum Target {
    Url(Address),
    Own(Channel),
}

impl<P: From<ServerProxy>> ServerProxyBuilder<P> {
    pub(crate) fn url(url: &str) -> Self {
        Self::new().endpoint(url)
    }

    pub(crate) fn transport(transport: impl Transport) -> Self {
        Self::new().endpoint_over(transport)
    }

    fn new() -> Self {
        Self {
            targets: Vec::new(),
            ejection: Ejection {
                first: FIRST_EJECTION,
                longest: LONGEST_EJECTION,
            },
            headers: HeaderMap::new(),
            timeout: Some(TIMEOUT),
            connecting: Connecting {
                timeout: Some(CONNECT_TIMEOUT),
                ..Connecting::default()
            },
            redirects: REDIRECTS,
            dialect: Dialect::default(),
            reading: Reading::default(),
            limits: Limits::client(),
            compress_from: None,
            bare_results: false,
            tap: None,
            retry: Retry::new(),
            idempotent_methods: None,
            layers: Layers::default(),
            problem: None,
            proxy: PhantomData,
        }
    }

    /// Adds a server that is asked when those before it cannot be reached, by a URL of any scheme of [`ServerProxy::new`].
    ///
    /// Every call goes to the first server to which a connection comes about. One to which none does is passed over for 5 seconds, and
    /// for up to 60 when that happens again ([`ejection`](Self::ejection)); then one call tries it again, while others pass it over
    /// still, and all come back if it is there. Where no server is left, all are tried. Only calls of which surely nothing was sent go
    /// on to the next server, so that they need not be [idempotent](crate::PendingCall::idempotent); a call that failed later is made
    /// again by [`Retry`] alone, from the first server on.
    ///
    /// Where a server does not refuse connections, but says nothing, connecting to it takes no more than half of what is left of the
    /// call's time ([`timeout`](Self::timeout), [`Retry::attempt_timeout`]) as long as there are further servers to try, nor more than
    /// the [`connect_timeout`](Self::connect_timeout); then it is passed over as well. A transport of one's own sees to that itself. A
    /// call that is dropped by whoever made it says nothing about the server.
    ///
    /// User and password in a URL go to that server alone; headers and credentials set here go to all. Each server has connections
    /// and cookies of its own.
    ///
    /// This is for a server with another one that stands in for it. Spreading load, looking after the servers' health, and going on
    /// to another server after an answer such as status 503 are left to load balancers, such as HAProxy, nginx or Envoy.
    ///
    /// ```
    /// # fn main() -> xmlrpc_client::Result<()> {
    /// use xmlrpc_client::ServerProxy;
    ///
    /// let server = ServerProxy::builder("http://ada:secret@10.0.0.1:7001/RPC2")
    ///     .endpoint("http://bob:other@10.0.0.2:7001/RPC2")
    ///     .endpoint("http+unix://%2Frun%2Flast-resort.sock/RPC2")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn endpoint(mut self, url: &str) -> Self {
        match Address::parse(url) {
            Ok(address) => self.targets.push(Target::Url(address)),
            Err(error) => self.problem = self.problem.or(Some(error)),
        }
        self
    }

    /// Adds a server as [`endpoint`](Self::endpoint) does, at the other end of a transport of one's own.
    pub fn endpoint_over(mut self, transport: impl Transport) -> Self {
        self.targets.push(Target::Own(Channel::Own(Box::new(transport))));
        self
    }

    /// Sets how long a server is passed over to which no connection came about, where there are others: at first, and at most. The time
    /// doubles each time that it is tried in vain. 5 and 60 seconds if not set.
    pub fn ejection(mut self, first: Duration, longest: Duration) -> Self {
        self.ejection = Ejection { first, longest };
        self
    }

    /// Sets how long a whole call may take, from looking for a connection to the answer's last byte. 60 seconds if not set;
    /// [`PendingCall::timeout`](crate::PendingCall::timeout) sets it for one call.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Lets calls take as long as they take.
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Sets how long connecting may take, name resolution and TLS included. 10 seconds if not set; less where calls have less time, and
    /// where they must have time left for another [`endpoint`](Self::endpoint). Of no effect on transports of one's own.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connecting.timeout = Some(limit);
        self
    }

    /// Makes a connection for each call, and closes it behind the answer, of which the server is told by `Connection: close`. Calls go by
    /// HTTP/1.1 then. Connections are kept for later calls if this is not set.
    ///
    /// Two kinds of servers want it: those that close a connection after an answer without having said so, where a call that is just on
    /// its way is lost, and those that serve one connection at a time and leave all other clients waiting as long as it is open. It costs
    /// the time of connecting, and by `https` that of a handshake. SCGI is like that anyway; of no effect on transports of one's own.
    pub fn connection_per_call(mut self) -> Self {
        self.connecting.per_call = true;
        self
    }

    /// Keeps the cookies that the server sets, and sends them back with later calls of this proxy and its clones, as peers with
    /// sessions want it. They go to the origin (scheme, host and port) that set them and to no other, also after redirects; they are
    /// held in memory, and shown in no log, `Debug` or wire tap. A header `Cookie` of one's own is sent besides.
    ///
    /// 8 KiB are kept; [`cookie_bytes`](Self::cookie_bytes) sets another limit.
    #[cfg(feature = "cookies")]
    pub fn cookies(self) -> Self {
        self.cookie_bytes(COOKIE_BYTES)
    }

    /// As [`cookies`](Self::cookies), with a limit of one's own on the bytes of their origins, paths, names and values, to which 32 are
    /// added for each cookie. Where there is no room for another, the oldest go; one that is larger than the limit is passed over.
    #[cfg(feature = "cookies")]
    pub fn cookie_bytes(mut self, limit: usize) -> Self {
        self.connecting.cookie_bytes = Some(limit);
        self
    }

    /// Sends calls through an HTTP proxy, such as `http://ada:secret@proxy.example.org:3128`. Calls by `https` are tunnelled with
    /// `CONNECT`, so that the proxy does not see them. User and password are sent to the proxy alone, by the Basic scheme, and appear in
    /// no log, no error and no `Debug`.
    ///
    /// All calls go there, those to this machine too. [`build`](Self::build) refuses it where calls do not go by TCP and HTTP.
    pub fn http_proxy(mut self, url: &str) -> Self {
        match HttpProxy::parse(url) {
            Ok(proxy) => self.connecting.through = Through::Proxy(proxy),
            Err(error) => self.problem = self.problem.or(Some(error)),
        }
        self
    }

    /// Sends calls through the HTTP proxies that the environment names when [`build`](Self::build) is called: `http_proxy`,
    /// `https_proxy` and `all_proxy`, but not to the hosts in `no_proxy`; in small letters or capitals, as for curl.
    ///
    /// Calls to a URL of this machine (`localhost`, `127.0.0.1`, `::1`) never go there. Of no effect on Unix sockets, SCGI and
    /// transports of one's own.
    pub fn http_proxy_from_environment(mut self) -> Self {
        self.connecting.through = Through::Environment;
        self
    }

    /// Sets which servers are trusted by `https`, and the certificate that is shown to them; see [`Tls`](crate::Tls).
    ///
    /// For an `http` URL it holds behind a [redirect](Self::redirects) to `https`. [`build`](Self::build) refuses it where it would be of
    /// no effect: for an `http` URL without redirects and for other URLs.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::Tls) -> Self {
        self.connecting.tls = Some(tls);
        self
    }

    /// Sets how many redirects a call may follow; with 0 a redirect is an error that gives its status. 10 if not set.
    ///
    /// Status 301, 302, 307 and 308 repeat the call at the new address. Status 303 and a way from https to http are errors. At
    /// another origin (scheme, host and port) no header arrives that was set here, so that no credentials do.
    pub fn redirects(mut self, count: usize) -> Self {
        self.redirects = count;
        self
    }

    /// Sets a header of all calls, in place of one of this name. Those with `auth`, `cookie`, `credential`, `key`, `pass`, `secret`,
    /// `session` or `token` in their names count as secrets, as with [`secret_header`](Self::secret_header).
    ///
    /// [`build`](Self::build) refuses what is no header's name or value, line breaks above all, and the names `Content-Length`,
    /// `Transfer-Encoding` and `Connection`, which belong to the transport.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.checked_header(header(name, value))
    }

    /// As [`header`](Self::header), for a value that no log, `Debug` or wire tap is to show.
    pub fn secret_header(self, name: &str, value: &str) -> Self {
        self.checked_header(secret_header(name, value))
    }

    /// Sets the header `User-Agent`.
    pub fn user_agent(self, value: &str) -> Self {
        self.header("User-Agent", value)
    }

    /// Sends a user and a password with every call, by the Basic scheme. Goes before those in the URL.
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        if user.contains(':') {
            return self.checked_header(Err(Error::configuration("a user's name cannot hold a colon")));
        }
        self.checked_header(basic(user, password))
    }

    /// Sends a token with every call, by the Bearer scheme.
    pub fn bearer_auth(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Sets the form in which calls are written.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Sets what is accepted in answers.
    pub fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// Sets the dialect, the reading and the form of a multicall's results to what a known peer needs; see
    /// [`profile`](crate::profile).
    pub fn profile(mut self, profile: Profile) -> Self {
        self.dialect = profile.dialect;
        self.reading = profile.reading;
        self.bare_results = profile.bare_results;
        self
    }

    /// Sets the limits on answers. Reading stops at [`Limits::document_bytes`], which a compressed answer must keep inflated: of one
    /// that inflates to more, no more than that is ever held.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sends documents of this many bytes and more in gzip. They are sent as they are unless this is set, since a server that cannot
    /// read them may give any answer to them. Only over HTTP.
    ///
    /// Compressing takes the time of the task that makes the call: about a millisecond for 100 KB.
    #[cfg(feature = "compression")]
    pub fn compress_requests(mut self, from_bytes: usize) -> Self {
        self.compress_from = Some(from_bytes);
        self
    }

    /// Calls `callback` for each exchange, after its answer was read and before it is decoded. It runs within the call, and should
    /// return soon. Of several taps each is told, in the order in which they were set.
    pub fn tap(self, callback: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.and_tap(Tap::new(callback))
    }

    /// Writes each exchange as [`Exchange::pretty`] shows it, and an empty line behind it, as a [`tap`](Self::tap).
    ///
    /// Each is written in one piece and flushed. A writer that fails gets no more, which is logged; calls go on.
    ///
    /// ```
    /// # fn main() -> xmlrpc_client::Result<()> {
    /// use xmlrpc_client::ServerProxy;
    ///
    /// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2").tap_to(std::io::stderr()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tap_to(self, writer: impl std::io::Write + Send + 'static) -> Self {
        self.and_tap(Tap::writing(writer))
    }

    fn and_tap(mut self, tap: Tap) -> Self {
        self.tap = Some(match self.tap {
            Some(first) => first.and(tap),
            None => tap,
        });
        self
    }

    /// Sets when idempotent calls are made again; see [`Retry`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Says by their names which methods do no harm when they are called twice: their calls are idempotent without being marked one by
    /// one, and so is a [`Multicall`](crate::Multicall) of nothing but them.
    ///
    /// ```
    /// # fn main() -> xmlrpc_client::Result<()> {
    /// use xmlrpc_client::ServerProxy;
    ///
    /// let reading = ["books.find", "books.count"];
    /// let server = ServerProxy::builder("http://127.0.0.1:7001/RPC2")
    ///     .idempotent_methods(move |method| reading.contains(&method))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotent_methods(mut self, chosen: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.idempotent_methods = Some(ByMethod::new(chosen));
        self
    }

    /// Puts a layer around all calls, and around each entry of a multicall besides the multicall itself.
    ///
    /// The layer that is added last is the outermost: it sees a call first and an outcome last, as on the server. See
    /// [`layer`](crate::layer) for what layers can do, and for those that are there. Its `layer` is called once, by
    /// [`build`](Self::build).
    ///
    /// ```
    /// # fn main() -> xmlrpc_client::Result<()> {
    /// use xmlrpc_client::ServerProxy;
    /// use xmlrpc_client::layer::FirstParameter;
    ///
    /// let aria2 = ServerProxy::builder("http://127.0.0.1:6800/rpc").layer(FirstParameter::new("token:SECRET")).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<CallService> + Send + Sync + 'static,
        L::Service: tower_service::Service<Call, Response = EncodedValue, Error = Error, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.layers.add(move |next| CallService::new(layer.layer(next)));
        self
    }

    /// Makes the proxy. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] for a URL that is none or of another scheme than those of [`ServerProxy::new`], for headers that
    /// are none, for certificates that cannot be used, and for options that are of no effect on the URL's transport.
    pub fn build(self) -> Result<P> {
        if let Some(error) = self.problem {
            return Err(error);
        }
        let mut headers = HeaderMap::new();
        let content_type = content_type(&self.dialect)?;
        let mut connecting = self.connecting;
        connecting.bounded = self.targets.len() > 1;
        let endpoints = self.targets.into_iter().map(|target| {
            let content_type = content_type.clone();
            connected(target, &connecting, self.redirects, content_type)
        });
        let mut endpoints = endpoints.collect::<Result<Vec<_>>>()?;
        if let [(_, own)] = &mut *endpoints {
            // Where there is one server, what belongs to it goes with every call.
            headers = std::mem::take(own);
        }
        headers.insert(header::CONTENT_TYPE, content_type);
        headers.extend(self.headers);
        let decoder = Decoder::new().limits(self.limits).reading(self.reading);
        let mut inner = Inner {
            endpoints: Arc::new(Endpoints::new(endpoints, self.ejection)),
            headers,
            timeout: self.timeout,
            encoder: Encoder::new().dialect(self.dialect),
            utf8_decoder: decoder.clone().charset("utf-8"),
            decoder,
            compress_from: self.compress_from,
            bare_results: self.bare_results,
            tap: self.tap,
            retries: Retries::new(self.retry),
            idempotent_methods: self.idempotent_methods,
            stack: None,
            lacks_multicall: Arc::default(),
        };
        inner.stack = self.layers.around(&inner);
        Ok(ServerProxy(Arc::new(inner)).into())
    }

    fn checked_header(mut self, header: Result<(HeaderName, HeaderValue)>) -> Self {
        match header {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(error) => self.problem = self.problem.or(Some(error)),
        }
        self
    }
}

/// The way to a server, and the headers for this server alone.
fn connected(
    target: Target,
    connecting: &Connecting,
    redirects: usize,
    content_type: HeaderValue,
) -> Result<(Channel, HeaderMap)> {
    let mut headers = HeaderMap::new();
    let address = match target {
        Target::Url(address) => address,
        Target::Own(channel) => {
            connecting.check(Way::Own, redirects)?;
            return Ok((channel, headers));
        }
    };
    connecting.check(Way::Url(&address.url), redirects)?;
    let channel = match address.route {
        Route::Scgi(socket) => Channel::Scgi(Scgi::new(socket, address.url, connecting.timeout)),
        route => {
            let http = Http::new(address.url, &route, connecting.clone(), redirects)?;
            headers.extend(http.host().map(|host| (header::HOST, host)));
            Channel::Http(Box::new(http))
        }
    };
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    #[cfg(feature = "compression")]
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Some(Credentials { user, password }) = &address.credentials {
        headers.extend([basic(user, password)?]);
    }
    Ok((channel, headers))
}

/// The media type of calls, with the encoding that they are written in.
pub(crate) fn content_type(dialect: &Dialect) -> Result<HeaderValue> {
    let content_type = format!("text/xml; charset={}", dialect.encoding.name().to_lowercase());
    HeaderValue::try_from(content_type).map_err(|_| Error::configuration("the encoding's name is no header"))
}

impl<P> fmt::Debug for ServerProxyBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerProxyBuilder").finish_non_exhaustive()
    }
}

/// A header that a caller chose.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let Ok(name) = HeaderName::try_from(name) else {
        return Err(Error::configuration(format!("{name:?} is no header's name")));
    };
    let of_transport = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
    ];
    if of_transport.contains(&name) {
        return Err(Error::configuration(format!(
            "the header {name} belongs to the transport"
        )));
    }
    let Ok(mut value) = HeaderValue::try_from(value) else {
        let message = format!("the value of the header {name} holds characters that no header can");
        return Err(Error::configuration(message));
    };
    value.set_sensitive(secret::is_secret(&name));
    Ok((name, value))
}

/// A header that a caller chose, and whose value is a secret.
pub(crate) fn secret_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let (name, mut value) = header(name, value)?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn basic(user: &str, password: &str) -> Result<(HeaderName, HeaderValue)> {
    Ok((
        header::AUTHORIZATION,
        basic_as(&header::AUTHORIZATION, user, password)?,
    ))
}

/// The value of a header that tells who one is.
pub(crate) fn basic_as(name: &HeaderName, user: &str, password: &str) -> Result<HeaderValue> {
    let credentials = STANDARD.encode(format!("{user}:{password}"));
    header(name.as_str(), &format!("Basic {credentials}")).map(|(_, value)| value)
}
