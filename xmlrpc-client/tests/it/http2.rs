//! HTTP/2: connections that are shared, closed and lost.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use xmlrpc_client::bytes::Bytes;
use xmlrpc_client::http::{Request, Response};
use xmlrpc_client::{ServerProxy, Tls};

use crate::support::{SEVEN, result, within};
use crate::tls::Authority;

type Respond = h2::server::SendResponse<Bytes>;

/// A connection to a [`Peer`]; dropped, it is closed.
struct Connection {
    h2: h2::server::Connection<TlsStream<TcpStream>, Bytes>,
    /// Counts the connections of the peer from 0.
    number: usize,
}

impl Connection {
    /// The next call, with its whole body; `None` when the client has closed the connection.
    async fn try_call(&mut self) -> Option<Respond> {
        let (request, respond) = within(self.h2.accept()).await?.ok()?;
        // The body comes only while the connection is driven.
        tokio::select! {
            biased;
            () = read(request) => Some(respond),
            _ = std::future::poll_fn(|context| self.h2.poll_closed(context)) => None,
        }
    }

    async fn call(&mut self) -> Respond {
        self.try_call().await.expect("a call")
    }

    /// Writes what is to be written, and waits for the client's end.
    async fn finish(mut self) {
        self.h2.graceful_shutdown();
        while let Some(Ok(_)) = within(self.h2.accept()).await {}
    }
}

async fn read(request: Request<h2::RecvStream>) {
    let mut body = request.into_body();
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
    }
}

fn answer(respond: &mut Respond) {
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(result(SEVEN).into(), true).unwrap();
}

/// A server by HTTP/2 on a free port; it ends when it is dropped.
struct Peer {
    authority: Authority,
    port: u16,
    task: JoinHandle<()>,
}

impl Peer {
    async fn start<F, P>(play: F) -> Self
    where
        F: Fn(Connection) -> P + Send + Sync + 'static,
        P: Future<Output = ()> + Send + 'static,
    {
        let authority = Authority::new();
        let acceptor = acceptor(&authority);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let play = Arc::new(play);
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, play) = (acceptor.clone(), play.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await.unwrap();
                    let h2 = h2::server::handshake(stream).await.unwrap();
                    play(Connection { h2, number }).await;
                });
                number += 1;
            }
        });
        Self {
            authority,
            port,
            task,
        }
    }

    fn proxy(&self) -> ServerProxy {
        ServerProxy::builder(&format!("https://localhost:{}/", self.port))
            .tls(Tls::new().authorities(self.authority.pem()).unwrap())
            .build()
            .unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let own = authority.vouch_for("localhost");
    let chain = vec![CertificateDer::from_pem_slice(own.chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn call(server: &ServerProxy) -> xmlrpc_client::Result<i32> {
    within(server.call("m", ()).into_future()).await
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_connection_that_a_dropped_one_leaves_open() {
    let (taken_back, mut told) = mpsc::unbounded_channel();
    let peer = Peer::start(move |mut connection| {
        let taken_back = taken_back.clone();
        async move {
            assert_eq!(connection.number, 0);
            answer(&mut connection.call().await);
            let mut dropped = connection.call().await;
            while let Some(mut respond) = connection.try_call().await {
                answer(&mut respond);
            }
            let reset = within(std::future::poll_fn(|context| dropped.poll_reset(context)));
            taken_back.send(reset.await.unwrap()).unwrap();
        }
    })
    .await;
    let server = peer.proxy();
    // Which protocol it is must be known before a connection can be shared.
    assert_eq!(call(&server).await.unwrap(), 7);
    let first = server.call::<i32>("m", ()).into_future();
    let rest = async {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let calls = (0..10).map(|_| tokio::spawn(server.call::<i32>("m", ()).into_future()));
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(within(call).await.unwrap().unwrap(), 7);
        }
    };
    tokio::select! {
        biased;
        _ = first => panic!("it has no answer"),
        () = rest => {}
    }
    assert_eq!(call(&server).await.unwrap(), 7);
    drop(server);
    assert_eq!(within(told.recv()).await, Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn a_connection_closed_before_the_call_is_replaced_silently() {
    let (closes, mut closed) = mpsc::unbounded_channel();
    let peer = Peer::start(move |mut connection| {
        let closes = closes.clone();
        async move {
            answer(&mut connection.call().await);
            connection.finish().await;
            let _ = closes.send(());
        }
    })
    .await;
    let server = peer.proxy();
    for _ in 0..20 {
        assert_eq!(call(&server).await.unwrap(), 7);
        within(closed.recv()).await.unwrap();
    }
}

/// A server that takes the first call of all and closes; every later one it answers.
async fn dropping_peer(go_away: bool) -> (Peer, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let calls = count.clone();
    let peer = Peer::start(move |mut connection| {
        let calls = calls.clone();
        async move {
            while let Some(mut respond) = connection.try_call().await {
                if calls.fetch_add(1, Ordering::SeqCst) > 0 {
                    answer(&mut respond);
                    continue;
                }
                if go_away {
                    connection.h2.abrupt_shutdown(h2::Reason::INTERNAL_ERROR);
                    while let Some(Ok(_)) = within(connection.h2.accept()).await {}
                }
                return;
            }
        }
    })
    .await;
    (peer, count)
}

#[tokio::test]
async fn a_close_instead_of_an_answer_is_an_error_and_sends_nothing_twice_unless_that_is_allowed() {
    for go_away in [false, true] {
        let (peer, calls) = dropping_peer(go_away).await;
        let error = call(&peer.proxy()).await.unwrap_err();
        assert!(
            error.is_maybe_sent() && !error.is_connect() && !error.is_timeout(),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            "the connection was closed before the answer was complete"
        );
        assert_eq!(calls.load(Ordering::SeqCst), 1);

        let (peer, calls) = dropping_peer(go_away).await;
        let server = peer.proxy();
        let again = within(server.call::<i32>("m", ()).idempotent().into_future()).await;
        assert_eq!(again.unwrap(), 7);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_call_that_the_server_refused_to_look_at_is_sent_again() {
    let peer = Peer::start(|mut connection| async move {
        connection.call().await.send_reset(h2::Reason::REFUSED_STREAM);
        while let Some(mut respond) = connection.try_call().await {
            answer(&mut respond);
        }
    })
    .await;
    assert_eq!(call(&peer.proxy()).await.unwrap(), 7);
}
