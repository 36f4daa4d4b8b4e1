//! https: who is trusted, what the client shows, and HTTP/2.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use xmlrpc_client::http::Version;
use xmlrpc_client::{Error, ServerProxy, ServerProxyBuilder, Tls};
use xmlrpc_server::{CallContext, ClientCertificates, Listener, Methods, Server, ServerHandle};

use crate::support::{Peer, chain, http, within};

/// An authority that vouches for certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate in PEM, and its key.
pub(crate) struct Identity {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two authorities of one name are hard to tell apart for who checks a chain.
        let key = KeyPair::generate().unwrap();
        let name = format!("authority {:?}", &key.public_key_raw()[1..9]);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn vouch_for(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Identity {
            chain: params.signed_by(&key, &*self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.0.as_ref().pem()
    }
}

/// A server with a certificate for `localhost`; it ends when it is dropped.
pub(crate) struct TlsServer {
    handle: ServerHandle,
    pub(crate) port: u16,
}

impl TlsServer {
    async fn start(tls: xmlrpc_server::Tls) -> Self {
        let listener = Listener::bind("127.0.0.1:0").await.unwrap().tls(tls);
        let server = Server::from_listener(listener).unwrap();
        let (handle, port) = (server.handle(), server.local_addr().port());
        let methods = Methods::new().method("certificates", |context: CallContext| {
            i32::try_from(context.peer_certificates().len()).unwrap()
        });
        tokio::spawn(server.serve(methods));
        Self { handle, port }
    }

    pub(crate) async fn of(authority: &Authority) -> Self {
        let own = authority.vouch_for("localhost");
        Self::start(xmlrpc_server::Tls::from_pem(own.chain, own.key).unwrap()).await
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/RPC2", self.port)
    }

    async fn call(&self, tls: Tls) -> Result<i32, Error> {
        call(ServerProxy::builder(&self.url()).tls(tls)).await
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

async fn call(builder: ServerProxyBuilder) -> Result<i32, Error> {
    let server = builder.build()?;
    within(server.call("certificates", ()).into_future()).await
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xmlrpc-client-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_server_is_trusted_by_the_authority_that_vouches_for_it() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = TlsServer::of(&authority).await;
    let trusting = Tls::new().authorities(authority.pem()).unwrap();
    assert_eq!(server.call(trusting.clone()).await.unwrap(), 0);
    let only = trusting.without_platform_authorities();
    assert_eq!(server.call(only).await.unwrap(), 0);
    let both = [other.pem(), authority.pem()].concat();
    let both = Tls::new()
        .authorities(both)
        .unwrap()
        .without_platform_authorities();
    assert_eq!(server.call(both).await.unwrap(), 0);

    let wrong = Tls::new()
        .authorities(other.pem())
        .unwrap()
        .without_platform_authorities();
    let error = server.call(wrong).await.unwrap_err();
    assert!(error.is_connect() && !error.is_maybe_sent(), "{error:?}");
    assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
}

#[tokio::test]
async fn a_certificate_that_a_server_signed_itself_is_an_authority() {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (pem, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let server = TlsServer::start(xmlrpc_server::Tls::from_pem(&pem, key).unwrap()).await;
    let tls = Tls::new().authorities(pem).unwrap();
    assert_eq!(server.call(tls).await.unwrap(), 0);
}

/// A certificate that a server signed itself and that says it is one of an authority, as `openssl req -x509` makes them.
fn own_authority(name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    adjust(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity {
        chain: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

async fn served(own: &Identity) -> TlsServer {
    TlsServer::start(xmlrpc_server::Tls::from_pem(&own.chain, &own.key).unwrap()).await
}

/// The port of a server that shows a certificate with whose key it cannot sign.
async fn impostor(certificate: &str, key: &str) -> u16 {
    let provider = Arc::new(ring::default_provider());
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}

/// Trusts a certificate beside the authorities of the platform, and alone.
fn trusting(pem: &str) -> [Tls; 2] {
    let tls = Tls::new().authorities(pem).unwrap();
    [tls.clone(), tls.without_platform_authorities()]
}

#[tokio::test]
async fn a_certificate_that_says_it_is_an_authority_is_one_for_its_own_server() {
    let own = own_authority("localhost", |_| ());
    let server = served(&own).await;
    for tls in trusting(&own.chain) {
        assert_eq!(server.call(tls).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_certificate_that_says_it_is_an_authority_is_not_trusted_for_another_host() {
    let own = own_authority("another.example", |_| ());
    let server = served(&own).await;
    for tls in trusting(&own.chain) {
        let error = server.call(tls).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert!(chain(&error).contains("another.example"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_certificate_that_says_it_is_an_authority_is_not_trusted_out_of_its_time() {
    let expired = own_authority("localhost", |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let early = own_authority("localhost", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    for (own, expected) in [(expired, "expired"), (early, "not valid yet")] {
        let server = served(&own).await;
        for tls in trusting(&own.chain) {
            let error = server.call(tls).await.unwrap_err();
            assert!(error.is_connect(), "{error:?}");
            assert!(chain(&error).contains(expected), "{}", chain(&error));
        }
    }
}

#[tokio::test]
async fn a_certificate_that_says_it_is_an_authority_is_not_trusted_unless_it_is_named() {
    let subject =
        |params: &mut CertificateParams| params.distinguished_name.push(DnType::CommonName, "localhost");
    let (own, alike) = (
        own_authority("localhost", subject),
        own_authority("localhost", subject),
    );
    let server = served(&own).await;
    for tls in trusting(&alike.chain) {
        let error = server.call(tls).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert!(chain(&error).contains("CaUsedAsEndEntity"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn the_key_of_a_certificate_that_is_named_must_be_the_servers() {
    let (own, other) = (
        own_authority("localhost", |_| ()),
        own_authority("localhost", |_| ()),
    );
    let port = impostor(&own.chain, &other.key).await;
    for tls in trusting(&own.chain) {
        let url = format!("https://localhost:{port}/RPC2");
        let error = call(ServerProxy::builder(&url).tls(tls)).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert!(chain(&error).contains("BadSignature"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_comes_with_what_to_do() {
    let own = served(&own_authority("localhost", |_| ())).await;
    let foreign = TlsServer::of(&Authority::new()).await;
    let other = Authority::new().pem();
    for (server, cause, hint) in [
        (own, "CaUsedAsEndEntity", "that very certificate"),
        (foreign, "UnknownIssuer", "Tls::authorities"),
    ] {
        let tls = Tls::new().authorities(&other).unwrap();
        let error = server.call(tls).await.unwrap_err();
        assert!(
            error.is_connect() && error.to_string().contains(hint),
            "{error:#}"
        );
        assert!(chain(&error).contains(cause), "{error:#}");
    }
}

#[tokio::test]
async fn any_certificate_is_taken_where_that_is_asked_for() {
    let authority = Authority::new();
    let own = authority.vouch_for("another.example");
    let server = TlsServer::start(xmlrpc_server::Tls::from_pem(own.chain, own.key).unwrap()).await;
    let trusting = Tls::new().authorities(authority.pem()).unwrap();
    let error = server.call(trusting).await.unwrap_err();
    assert!(
        error.is_connect() && chain(&error).contains("another.example"),
        "{}",
        chain(&error)
    );
    let danger = Tls::new().danger_accept_invalid_certificates();
    assert_eq!(server.call(danger).await.unwrap(), 0);
}

#[tokio::test]
async fn authorities_come_from_files_and_directories() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = TlsServer::of(&authority).await;
    let folder = Folder::new("authorities");
    let file = folder.write("ca.pem", &authority.pem());
    let tls = Tls::new().authorities_file(file).unwrap();
    assert_eq!(server.call(tls).await.unwrap(), 0);

    folder.write("other.pem", &other.pem());
    folder.write("README", "no certificate here");
    fs::create_dir(folder.0.join("inside")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.0.join("dangling")).unwrap();
    let tls = Tls::new().authorities_dir(&folder.0).unwrap();
    assert_eq!(server.call(tls.without_platform_authorities()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_servers_that_ask_for_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = authority.vouch_for("localhost");
    let tls = xmlrpc_server::Tls::from_pem(own.chain, own.key).unwrap();
    let tls = tls
        .client_authorities(authority.pem(), ClientCertificates::Required)
        .unwrap();
    let server = TlsServer::start(tls).await;
    let trusting = || Tls::new().authorities(authority.pem()).unwrap();
    let client = authority.vouch_for("client");
    let shown = trusting().client_certificate(&client.chain, &client.key).unwrap();
    assert_eq!(server.call(shown).await.unwrap(), 1);
    let together = [client.chain.as_str(), &client.key].concat();
    let shown = trusting().client_certificate(&together, &together).unwrap();
    assert_eq!(server.call(shown).await.unwrap(), 1);
    let folder = Folder::new("client");
    let files = (
        folder.write("chain", &client.chain),
        folder.write("key", &client.key),
    );
    let shown = trusting().client_certificate_files(files.0, files.1).unwrap();
    assert_eq!(server.call(shown).await.unwrap(), 1);

    let foreign = other.vouch_for("client");
    let foreign = trusting()
        .client_certificate(&foreign.chain, &foreign.key)
        .unwrap();
    for refused in [trusting(), foreign] {
        let error = server.call(refused).await.unwrap_err();
        assert!(error.fault().is_none() && error.status().is_none(), "{error:?}");
    }
}

/// A server that waits with closing a connection whose handshake failed, so that its alert arrives for sure.
async fn demanding_server(authority: &Authority) -> (u16, JoinHandle<()>) {
    let own = authority.vouch_for("localhost");
    let chain = CertificateDer::pem_slice_iter(own.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.unwrap(), key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let accepting = TlsAcceptor::from(Arc::new(config)).accept(stream).into_fallible();
        let (_, mut stream) = accepting.await.unwrap_err();
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    });
    (port, serving)
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_says_how_to_set_one() {
    let authority = Authority::new();
    let (port, serving) = demanding_server(&authority).await;
    let tls = Tls::new().authorities(authority.pem()).unwrap();
    let error = call(ServerProxy::builder(&format!("https://localhost:{port}/RPC2")).tls(tls))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Tls::client_certificate"), "{error:#}");
    assert!(chain(&error).contains("CertificateRequired"), "{error:#}");
    within(serving).await.unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_chooses_it() {
    let authority = Authority::new();
    let server = TlsServer::of(&authority).await;
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = versions.clone();
    let proxy = ServerProxy::builder(&server.url())
        .tls(Tls::new().authorities(authority.pem()).unwrap())
        .tap(move |exchange| {
            let first = exchange.response_head().lines().next().map(str::to_owned);
            seen.lock().unwrap().extend(first);
        })
        .build()
        .unwrap();
    let calls = (0..20).map(|_| {
        let proxy = proxy.clone();
        tokio::spawn(async move { proxy.call::<i32>("certificates", ()).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(within(call).await.unwrap().unwrap(), 0);
    }
    let versions = versions.lock().unwrap();
    assert_eq!(versions.len(), 20);
    let expected = format!("{:?} 200 OK", Version::HTTP_2);
    assert!(
        versions.iter().all(|version| *version == expected),
        "{versions:?}"
    );
}

#[tokio::test]
async fn a_redirect_from_http_to_https_checks_the_certificate() {
    let authority = Authority::new();
    let server = TlsServer::of(&authority).await;
    let location = format!("Location: {}\r\n", server.url());
    let peer = Peer::answering(http("308 Permanent Redirect", &location, "")).await;
    let error = call(ServerProxy::builder(&peer.url())).await.unwrap_err();
    // The second holds where the platform has no authorities at all.
    let unknown = error.is_connect() && chain(&error).contains("UnknownIssuer");
    assert!(unknown || error.is_configuration(), "{}", chain(&error));
}

#[tokio::test]
async fn options_for_tls_hold_behind_a_redirect_from_http_to_https() {
    let authority = Authority::new();
    let server = TlsServer::of(&authority).await;
    let location = format!("Location: {}\r\n", server.url());
    let peer = Peer::answering(http("308 Permanent Redirect", &location, "")).await;
    for tls in trusting(&authority.pem()) {
        assert_eq!(call(ServerProxy::builder(&peer.url()).tls(tls)).await.unwrap(), 0);
    }
    let other = Tls::new().authorities(Authority::new().pem()).unwrap();
    let builder = ServerProxy::builder(&peer.url()).tls(other.without_platform_authorities());
    let error = call(builder).await.unwrap_err();
    assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
}

#[tokio::test]
async fn what_cannot_be_used_is_a_configuration_error_that_says_why() {
    let authority = Authority::new();
    let (one, two) = (authority.vouch_for("one"), authority.vouch_for("two"));
    let folder = Folder::new("unusable");
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let built = |tls: Tls| {
        ServerProxy::builder("https://localhost/")
            .tls(tls)
            .build()
            .map(drop)
    };
    let cases = [
        (Tls::new().authorities("").map(drop), "no certificate in the text"),
        (
            Tls::new().authorities_file("/missing/ca.pem").map(drop),
            "/missing/ca.pem cannot be read",
        ),
        (
            Tls::new().authorities_dir(&folder.0).map(drop),
            "no certificate in /",
        ),
        (
            Tls::new().authorities_dir("/missing").map(drop),
            "/missing cannot be read",
        ),
        (
            Tls::new().authorities(garbage).and_then(built),
            "cannot be set up",
        ),
        (
            Tls::new().client_certificate(&one.chain, "").map(drop),
            "no certificate with its private key",
        ),
        (
            Tls::new().client_certificate("", &one.key).map(drop),
            "no certificate with its private key",
        ),
        (
            Tls::new()
                .client_certificate_files("/missing/a", "/missing/b")
                .map(drop),
            "/missing/a cannot be read",
        ),
        (
            Tls::new()
                .client_certificate(&one.chain, &two.key)
                .and_then(built),
            "cannot be set up",
        ),
    ];
    for (outcome, expected) in cases {
        let error = outcome.unwrap_err();
        assert!(error.is_configuration() && !error.is_maybe_sent(), "{error:?}");
        assert!(chain(&error).contains(expected), "{} / {expected}", chain(&error));
        assert!(!format!("{error:?}").contains("PRIVATE"), "{error:?}");
    }
    let tls = Tls::new().client_certificate(&one.chain, &one.key).unwrap();
    assert!(!format!("{tls:?}").contains("BEGIN"), "{tls:?}");
}

#[test]
fn options_for_tls_are_refused_where_there_is_none() {
    let urls = [
        "http://localhost/",
        "scgi://localhost:5000",
        #[cfg(unix)]
        "http+unix://%2Frun%2Fs.sock/",
    ];
    for url in urls {
        let builder = ServerProxy::builder(url).tls(Tls::new()).redirects(0);
        let error = builder.build().unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        let text = "options for TLS are of effect with https:// URLs only, and this is an ";
        assert!(error.to_string().starts_with(text), "{error}");
    }
    let own = xmlrpc_client::transport::from_fn(|_| async { Err(Error::transport("unused")) });
    let error = ServerProxy::over(own).tls(Tls::new()).build().unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
}
