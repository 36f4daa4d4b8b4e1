//! Several servers, of which one stands in for another.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use xmlrpc_client::transport::{Request, Response, Transport};
use xmlrpc_client::{Error, Result, Retry, ServerProxy};
use xmlrpc_server::{Methods, Server, ServerHandle};

use crate::support::{Peer, SEVEN, ok, result, within};

/// A server that can be reached or not, and counts who tried.
#[derive(Clone)]
struct Site(Arc<State>);

struct State {
    answer: i32,
    is_up: AtomicBool,
    asked: AtomicUsize,
}

impl Site {
    fn up(answer: i32) -> Self {
        Self(Arc::new(State {
            answer,
            is_up: AtomicBool::new(true),
            asked: AtomicUsize::new(0),
        }))
    }

    fn down(answer: i32) -> Self {
        let site = Self::up(answer);
        site.set_up(false);
        site
    }

    fn set_up(&self, is_up: bool) {
        self.0.is_up.store(is_up, Ordering::SeqCst);
    }

    /// How often it was tried since this was asked last.
    fn asked(&self) -> usize {
        self.0.asked.swap(0, Ordering::SeqCst)
    }
}

impl Transport for Site {
    async fn send(&self, _: Request) -> Result<Response> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        match self.0.is_up.load(Ordering::SeqCst) {
            true => Ok(Response::new(result(&format!(
                "<value><int>{}</int></value>",
                self.0.answer
            )))),
            false => Err(Error::connect(format!("site {}", self.0.answer), "refused")),
        }
    }
}

fn proxy(sites: &[&Site; 2]) -> ServerProxy {
    let builder = ServerProxy::over(sites[0].clone()).endpoint_over(sites[1].clone());
    let times = (Duration::from_secs(5), Duration::from_secs(15));
    builder.ejection(times.0, times.1).build().unwrap()
}

async fn call(server: &ServerProxy) -> Result<i32> {
    server.call("m", ()).await
}

#[tokio::test(start_paused = true)]
async fn all_calls_go_to_the_first_server_while_it_is_there() {
    let (first, second) = (Site::up(1), Site::up(2));
    let server = proxy(&[&first, &second]);
    for _ in 0..10 {
        assert_eq!(call(&server).await.unwrap(), 1);
    }
    assert_eq!(second.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_connection_is_passed_over_for_a_time_and_comes_back() {
    let (first, second) = (Site::down(1), Site::up(2));
    let server = proxy(&[&first, &second]);
    for _ in 0..10 {
        // None of them is idempotent.
        assert_eq!(call(&server).await.unwrap(), 2);
    }
    assert_eq!(first.asked(), 1);
    first.set_up(true);
    assert_eq!(call(&server).await.unwrap(), 2);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(call(&server).await.unwrap(), 1);
    assert_eq!(call(&server).await.unwrap(), 1);
    assert_eq!(second.asked(), 11);
}

#[tokio::test(start_paused = true)]
async fn the_time_doubles_with_each_failure_up_to_its_limit_and_begins_anew_after_a_success() {
    let (first, second) = (Site::down(1), Site::up(2));
    let server = proxy(&[&first, &second]);
    for seconds in [5, 10, 15, 15] {
        assert_eq!(call(&server).await.unwrap(), 2);
        assert_eq!(first.asked(), 1);
        sleep(Duration::from_secs(seconds) - Duration::from_millis(2)).await;
        assert_eq!(call(&server).await.unwrap(), 2);
        assert_eq!(first.asked(), 0, "before {seconds} s");
        sleep(Duration::from_millis(3)).await;
    }
    first.set_up(true);
    assert_eq!(call(&server).await.unwrap(), 1);
    first.set_up(false);
    assert_eq!(call(&server).await.unwrap(), 2);
    sleep(Duration::from_secs(5)).await;
    first.set_up(true);
    assert_eq!(call(&server).await.unwrap(), 1);
}

/// A server whose first connection is refused, and the second one hangs.
#[derive(Clone, Default)]
struct Hanging {
    asked: Arc<AtomicUsize>,
    tried: Arc<Notify>,
}

impl Transport for Hanging {
    async fn send(&self, _: Request) -> Result<Response> {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Error::connect("here", "refused")),
            1 => {
                self.tried.notify_one();
                std::future::pending().await
            }
            _ => Ok(Response::new(result(SEVEN))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_tries_a_server_again_and_leaves_that_to_the_next_when_it_is_dropped() {
    let (first, second) = (Hanging::default(), Site::up(2));
    let builder = ServerProxy::over(first.clone()).endpoint_over(second);
    let server = builder
        .ejection(Duration::from_secs(5), Duration::from_secs(5))
        .build()
        .unwrap();
    assert_eq!(call(&server).await.unwrap(), 2);
    sleep(Duration::from_secs(5)).await;
    let probe = tokio::spawn(server.call::<i32>("m", ()).into_future());
    first.tried.notified().await;
    for _ in 0..3 {
        assert_eq!(call(&server).await.unwrap(), 2);
    }
    assert_eq!(first.asked.load(Ordering::SeqCst), 2);
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    assert_eq!(call(&server).await.unwrap(), 7);
}

/// An address that says nothing to whoever connects, neither yes nor no: more wait there already than there is room for.
struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<Pin<Box<dyn Future<Output = std::io::Result<TcpStream>>>>>,
}

impl Silent {
    fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..8 {
            let mut connecting: Pin<Box<dyn Future<Output = _>>> = Box::pin(TcpStream::connect(address));
            let _ = connecting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            waiting.push(connecting);
        }
        Self {
            address,
            _listener: listener,
            _waiting: waiting,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_takes_half_of_a_calls_time_and_is_passed_over() {
    for scheme in ["http", "scgi"] {
        let (silent, second) = (Silent::new(), Site::up(2));
        let builder = ServerProxy::builder(&format!("{scheme}://{}/RPC2", silent.address));
        let server = builder.endpoint_over(second).build().unwrap();
        let started = Instant::now();
        for _ in 0..3 {
            let answer = server.call::<i32>("m", ()).timeout(Duration::from_secs(8)).await;
            assert_eq!(answer.unwrap(), 2, "{scheme}");
            // The time stands still: only the first call waited, and no longer than its share.
            assert_eq!(started.elapsed().as_secs(), 4, "{scheme}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_shares_its_time_among_the_servers() {
    let (silent, second) = (Silent::new(), Site::up(2));
    let builder = ServerProxy::builder(&format!("http://{}/RPC2", silent.address));
    let retry = Retry::new().attempt_timeout(Duration::from_secs(2));
    let server = builder.endpoint_over(second).retry(retry).build().unwrap();
    let started = Instant::now();
    assert_eq!(server.call::<i32>("m", ()).idempotent().await.unwrap(), 2);
    assert_eq!(started.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_all_servers_say_nothing_the_call_surely_was_not_sent() {
    let silent = [Silent::new(), Silent::new()];
    let builder = ServerProxy::builder(&format!("http://{}/RPC2", silent[0].address));
    let builder = builder.endpoint(&format!("http://{}/RPC2", silent[1].address));
    let server = builder.timeout(Duration::from_secs(8)).build().unwrap();
    let error = call(&server).await.unwrap_err();
    assert!(error.is_connect() && error.is_timeout(), "{error:#}");
    assert!(!error.is_maybe_sent(), "{error:#}");
}

#[tokio::test(start_paused = true)]
async fn all_servers_are_tried_where_none_is_known_to_be_there() {
    let (first, second) = (Site::down(1), Site::down(2));
    let server = proxy(&[&first, &second]);
    for _ in 0..3 {
        let error = call(&server).await.unwrap_err();
        assert!(error.is_connect() && !error.is_maybe_sent());
        assert_eq!(
            format!("{error:#}"),
            "no connection to any of 2 servers: no connection to site 2: refused"
        );
        assert_eq!((first.asked(), second.asked()), (1, 1));
    }
    second.set_up(true);
    assert_eq!(call(&server).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_been_sent_goes_to_no_other_server() {
    #[derive(Clone)]
    struct Closing;
    impl Transport for Closing {
        async fn send(&self, _: Request) -> Result<Response> {
            Err(Error::transport("closed"))
        }
    }
    let second = Site::up(2);
    let builder = || ServerProxy::over(Closing).endpoint_over(second.clone());
    let error = call(&builder().build().unwrap()).await.unwrap_err();
    assert!(error.is_maybe_sent());
    let refusing = builder().endpoint_over(Site::up(3)).build().unwrap();
    assert!(refusing.call::<i32>("m", ()).idempotent().await.is_err());
    assert_eq!(second.asked(), 0);
}

/// The address of a port where nobody listens.
async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

#[tokio::test]
async fn each_server_gets_its_own_name_and_credentials_and_all_get_the_headers_of_the_proxy() {
    let (requests, mut received) = mpsc::unbounded_channel();
    let requests = Mutex::new(requests);
    let peer = Peer::start(move |mut connection| {
        let requests = requests.lock().unwrap().clone();
        async move {
            requests.send(connection.request().await).unwrap();
            connection.send(ok(result(SEVEN))).await;
        }
    })
    .await;
    let (scgi, http) = (closed_port().await, closed_port().await);
    let url = peer.url().replace("http://", "http://bob:second@");
    let server = ServerProxy::builder(&format!("scgi://zoe:zero@{scgi}"))
        .endpoint(&format!("http://ada:first@{http}/RPC2"))
        .endpoint(&url)
        .header("X-Trace", "7")
        .build()
        .unwrap();
    let shown = format!("{server:?}");
    assert!(
        shown.contains(&peer.authority) && !shown.contains("second"),
        "{shown}"
    );
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );
    let request = within(received.recv()).await.unwrap();
    assert_eq!(request.header("host"), Some(&*peer.authority));
    // bob:second
    assert_eq!(request.header("authorization"), Some("Basic Ym9iOnNlY29uZA=="));
    assert_eq!(request.header("x-trace"), Some("7"));
    assert_eq!(request.header("content-type"), Some("text/xml; charset=utf-8"));
    assert!(
        request
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("xmlrpc-client/"))
    );

    let server = ServerProxy::builder(&format!("http://{http}/"))
        .endpoint(&url)
        .bearer_auth("t0k")
        .build()
        .unwrap();
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );
    let request = within(received.recv()).await.unwrap();
    assert_eq!(request.header("authorization"), Some("Bearer t0k"));
}

#[test]
fn a_url_that_cannot_be_called_is_refused_wherever_it_stands() {
    let error = ServerProxy::builder("http://127.0.0.1/")
        .endpoint("ftp://ada:secret@host/")
        .build()
        .unwrap_err();
    assert!(error.is_configuration() && !format!("{error:?}").contains("secret"));
    assert!(
        ServerProxy::builder("nothing")
            .endpoint("http://127.0.0.1/")
            .build()
            .is_err()
    );
}

#[test]
fn calls_that_block_go_on_to_the_next_server_too() {
    let (first, second) = (Site::down(1), Site::up(2));
    let server = xmlrpc_client::blocking::ServerProxy::from(proxy(&[&first, &second]));
    assert_eq!(server.call::<i32>("m", ()).unwrap(), 2);
}

/// A server that can be stopped and started again at the same address.
struct Member {
    address: SocketAddr,
    calls: watch::Sender<usize>,
    running: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Member {
    async fn start() -> Self {
        let mut member = Self {
            address: "127.0.0.1:0".parse().unwrap(),
            calls: watch::Sender::new(0),
            running: None,
        };
        member.start_again().await;
        member
    }

    async fn start_again(&mut self) {
        let calls = self.calls.clone();
        let methods = Methods::new().async_method("add", move |a: i32, b: i32| {
            let calls = calls.clone();
            async move {
                tokio::task::yield_now().await;
                calls.send_modify(|calls| *calls += 1);
                a + b
            }
        });
        let server = Server::bind(self.address).await.unwrap();
        self.address = server.local_addr();
        let handle = server.handle();
        let serving = tokio::spawn(async move { server.serve(methods).await.unwrap() });
        self.running = Some((handle, serving));
    }

    async fn stop(&mut self) {
        let (handle, serving) = self.running.take().unwrap();
        handle.shutdown();
        within(serving).await.unwrap();
    }

    fn url(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }

    /// Waits until it has answered so many further calls.
    async fn serves(&self, more: usize) {
        let mut calls = self.calls.subscribe();
        let goal = *calls.borrow() + more;
        within(calls.wait_for(|calls| *calls >= goal)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_are_stopped_and_started_under_load_without_losing_a_call() {
    const CALLERS: i32 = 8;
    let (mut first, mut second) = (Member::start().await, Member::start().await);
    let server = ServerProxy::builder(&first.url())
        .endpoint(&second.url())
        .ejection(Duration::from_millis(10), Duration::from_millis(40))
        .retry(Retry::new().reserve(1000))
        .build()
        .unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move {
                let mut lost = 0;
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return (number, lost);
                    }
                    let call = server.call::<i32>("add", (caller, number));
                    match number % 2 {
                        0 => assert_eq!(
                            within(call.idempotent().into_future()).await.unwrap(),
                            caller + number
                        ),
                        // A server that closes just then leaves it open whether it saw the call. Nothing else is lost.
                        _ => match within(call.into_future()).await {
                            Ok(sum) => assert_eq!(sum, caller + number),
                            Err(error) if error.is_maybe_sent() => lost += 1,
                            Err(error) => panic!("{error:#}"),
                        },
                    }
                }
                unreachable!("numbers have no end")
            })
        })
        .collect();
    for _ in 0..3 {
        first.serves(50).await;
        first.stop().await;
        second.serves(50).await;
        first.start_again().await;
        first.serves(50).await;
        second.stop().await;
        first.serves(50).await;
        second.start_again().await;
    }
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        let (calls, lost) = within(caller).await.unwrap();
        assert!(
            lost <= 6,
            "{lost} of {calls} calls without an answer: more than one for each stop"
        );
    }
}
