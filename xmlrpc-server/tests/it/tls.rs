use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use xmlrpc_server::{CallContext, ClientCertificates, Listener, Methods, Server, ServerHandle, Tls};

use crate::support::{plain_call, post, within};

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/tls.rs"]
mod example;

/// An authority that vouches for certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate in PEM, and its key.
struct Identity {
    chain: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn vouch_for(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Identity {
            chain: params.signed_by(&key, &*self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    fn pem(&self) -> String {
        self.0.as_ref().pem()
    }
}

impl Identity {
    fn tls(&self) -> Tls {
        Tls::from_pem(&self.chain, &self.key).unwrap()
    }

    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()
    }
}

/// A client that trusts an authority, with a certificate of its own or none.
fn client(authority: &Authority, own: Option<&Identity>, protocol: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![own.der()], key).unwrap()
        }
    };
    config.alpn_protocols = protocol.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn connect(address: SocketAddr, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    client.connect(name, stream).await
}

/// What a call of `who` is answered on a new connection by HTTP/1.
async fn call(address: SocketAddr, client: &TlsConnector) -> std::io::Result<String> {
    let mut stream = within(connect(address, client)).await?;
    let request = post(&plain_call("who")).replace("Host:", "Connection: close\r\nHost:");
    within(stream.write_all(request.as_bytes())).await?;
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await?;
    Ok(answer)
}

fn methods() -> Methods {
    Methods::new().method("who", |context: CallContext| {
        let chain = context.peer_certificates();
        let port = context.peer().map(|peer| peer.port());
        format!(
            "{:?} {} {:?}",
            port.is_some(),
            chain.len(),
            chain.first().map(Vec::as_slice).unwrap_or_default()
        )
    })
}

async fn serve(tls: Tls, options: impl FnOnce(Server) -> Server) -> (SocketAddr, ServerHandle) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap().tls(tls);
    let server = options(Server::from_listener(listener).unwrap());
    let (address, handle) = (server.local_addr(), server.handle());
    tokio::spawn(server.serve(methods()));
    (address, handle)
}

#[tokio::test]
async fn calls_are_encrypted_by_http_1_and_http_2() {
    let authority = Authority::new();
    let (address, handle) = serve(authority.vouch_for("localhost").tls(), |server| server).await;
    for protocol in [None, Some("http/1.1")] {
        let answer = call(address, &client(&authority, None, protocol)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("true 0 []"), "{answer}");
    }
    #[cfg(feature = "http2")]
    {
        let stream = connect(address, &client(&authority, None, Some("h2")))
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut client = crate::http2::Client::over(stream).await;
        let (status, _, body) = within(client.post(&plain_call("who"))).await;
        assert_eq!(status, 200);
        assert!(body.contains("true 0 []"), "{body}");
    }
    handle.shutdown();
    within(handle.stopped()).await;
}

#[tokio::test]
async fn client_certificates_are_required_or_optional_and_handlers_see_them() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (good, bad) = (authority.vouch_for("client"), other.vouch_for("client"));
    let expected = format!("true 1 {:?}", good.der().as_ref());
    for (certificates, without) in [
        (ClientCertificates::Required, false),
        (ClientCertificates::Optional, true),
    ] {
        let tls = authority.vouch_for("localhost").tls();
        let tls = tls.client_authorities(authority.pem(), certificates).unwrap();
        let (address, _) = serve(tls, |server| server).await;
        let answer = call(address, &client(&authority, Some(&good), None))
            .await
            .unwrap();
        assert!(answer.contains(&expected), "{answer}");
        let answer = call(address, &client(&authority, None, None)).await;
        assert_eq!(answer.is_ok_and(|answer| answer.contains("true 0 []")), without);
        let answer = call(address, &client(&authority, Some(&bad), None)).await;
        assert!(!answer.is_ok_and(|answer| answer.contains("200 OK")));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_asked_for_proves_nothing() {
    let authority = Authority::new();
    let (address, _) = serve(authority.vouch_for("localhost").tls(), |server| server).await;
    let own = authority.vouch_for("client");
    let answer = call(address, &client(&authority, Some(&own), None))
        .await
        .unwrap();
    assert!(answer.contains("true 0 []"), "{answer}");
}

#[tokio::test]
async fn certificates_are_reloaded_while_the_server_runs() {
    let directory = std::env::temp_dir().join(format!("xmlrpc-{}-tls", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let (chain, key) = (directory.join("chain.pem"), directory.join("key.pem"));
    let authority = Authority::new();
    let write = |identity: &Identity| {
        std::fs::write(&chain, &identity.chain).unwrap();
        std::fs::write(&key, &identity.key).unwrap();
    };
    let (first, second, third) = (
        authority.vouch_for("localhost"),
        authority.vouch_for("localhost"),
        authority.vouch_for("localhost"),
    );
    write(&first);
    let tls = Tls::from_pem_files(&chain, &key).unwrap();
    let (address, _) = serve(tls.clone(), |server| server).await;
    let seen = async || {
        let stream = within(connect(address, &client(&authority, None, None)))
            .await
            .unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    };
    assert_eq!(seen().await, first.der());
    write(&second);
    assert_eq!(seen().await, first.der(), "nothing is read unless asked for");
    tls.reload().unwrap();
    assert_eq!(seen().await, second.der());

    // A key that does not belong to the certificate changes nothing.
    std::fs::write(&key, &first.key).unwrap();
    assert!(tls.reload().unwrap_err().is_tls());
    assert!(tls.reload_pem(&third.chain, &first.key).unwrap_err().is_tls());
    assert_eq!(seen().await, second.der());
    tls.reload_pem(&third.chain, &third.key).unwrap();
    assert_eq!(seen().await, third.der());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn what_is_no_certificate_or_key_is_an_error_that_tells_the_file() {
    let authority = Authority::new();
    let good = authority.vouch_for("localhost");
    let cause = |tls: Result<Tls, xmlrpc_server::Error>| {
        let error = tls.unwrap_err();
        assert!(error.is_tls());
        std::error::Error::source(&error).unwrap().to_string()
    };
    assert!(cause(Tls::from_pem_files("/missing/chain.pem", "/missing/key.pem")).contains("/missing/"));
    assert!(cause(Tls::from_pem("", &good.key)).contains("no certificate"));
    assert!(cause(Tls::from_pem(&good.chain, "")).contains("no private key"));
    assert!(cause(Tls::from_pem(&good.chain, &good.chain)).contains("no private key"));
    let tls = good.tls();
    assert!(!format!("{tls:?}").contains("BEGIN"));
    let nobody = tls.client_authorities("", ClientCertificates::Required);
    assert!(cause(nobody).contains("no certificate"));
}

#[tokio::test]
async fn the_example_asks_for_certificates_of_clients_where_there_are_authorities() {
    let directory = std::env::temp_dir().join(format!("xmlrpc-{}-tls-example", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let authority = Authority::new();
    let (server, own) = (authority.vouch_for("localhost"), authority.vouch_for("client"));
    let [chain, key, authorities] = ["chain", "key", "authorities"].map(|name| directory.join(name));
    std::fs::write(&chain, &server.chain).unwrap();
    std::fs::write(&key, &server.key).unwrap();
    std::fs::write(&authorities, authority.pem()).unwrap();
    for (authorities, own, said) in [
        (None, None, "without a certificate"),
        (Some(&*authorities), Some(&own), "with a certificate of"),
    ] {
        let tls = example::tls(&chain, &key, authorities).unwrap();
        let listener = Listener::bind("127.0.0.1:0").await.unwrap().tls(tls);
        let server = Server::from_listener(listener).unwrap();
        let address = server.local_addr();
        tokio::spawn(server.serve(example::methods()));
        let mut stream = connect(address, &client(&authority, own, None)).await.unwrap();
        stream
            .write_all(post(&plain_call("whoami")).as_bytes())
            .await
            .unwrap();
        let mut answer = vec![0; 1000];
        let length = within(stream.read(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.contains(said), "{answer}");
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[tokio::test]
async fn what_is_no_tls_is_closed_and_others_are_served() {
    let authority = Authority::new();
    let (address, _) = serve(authority.vouch_for("localhost").tls(), |server| server).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(post(&plain_call("who")).as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = within(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(call(address, &client(&authority, None, None)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_takes_too_long_keeps_nobody_waiting() {
    let authority = Authority::new();
    let tls = authority.vouch_for("localhost").tls();
    let (address, _) = serve(tls, |server| server.handshake_timeout(Duration::from_secs(7))).await;
    let begin = Instant::now();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut stream = connect(address, &client(&authority, None, None)).await.unwrap();
    let request = post(&plain_call("who")).replace("Host:", "Connection: close\r\nHost:");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(begin.elapsed().as_secs(), 0);
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(begin.elapsed().as_secs(), 7);
}
