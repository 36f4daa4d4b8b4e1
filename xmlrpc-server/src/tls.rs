//! TLS: certificates, their reload, and the handshake.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::error::Error;
use crate::stream::Io;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The protocols over TLS, in the order of preference.
#[cfg(feature = "http2")]
const PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];
#[cfg(not(feature = "http2"))]
const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];

/// Certificate and key of a server, and which clients it trusts, for [`Listener::tls`](crate::Listener::tls).
///
/// TLS 1.3 and 1.2, by rustls with the cryptography of `ring`. Clients choose between HTTP/1.1 and HTTP/2 by ALPN.
///
/// Clones share what they hold: one is kept to [`reload`](Self::reload) certificates while the server runs. Connections that are open
/// stay as they are; new ones get what was loaded last.
///
/// # Examples
///
/// ```no_run
/// use xmlrpc_server::{Listener, Methods, Server, Tls};
///
/// # async fn run() -> Result<(), xmlrpc_server::Error> {
/// let tls = Tls::from_pem_files("chain.pem", "key.pem")?;
/// let listener = Listener::bind("0.0.0.0:7443").await?.tls(tls.clone());
/// let server = Server::from_listener(listener)?;
/// // Elsewhere, when the certificate was renewed: tls.reload()?;
/// server.serve(Methods::new()).await
/// # }
/// ```
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    source: Mutex<Source>,
    config: RwLock<Arc<ServerConfig>>,
}

/// Where everything comes from.
#[derive(Clone)]
struct Source {
    chain: Pem,
    key: Pem,
    clients: Option<(Pem, ClientCertificates)>,
}

/// Text in PEM.
#[derive(Clone)]
enum Pem {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

/// Whether a client has to show a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// A client without one is refused in the handshake.
    Required,
    /// A client may have none; one that it shows must be good.
    Optional,
}

impl Tls {
    /// Reads certificate and key from files in PEM: the server's own certificate first, then those that lead to one that clients trust.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, has no certificate or key in it, or they do not belong together; [`Error::is_tls`] holds.
    pub fn from_pem_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::new(Pem::File(chain.into()), Pem::File(key.into()))
    }

    /// Takes certificate and key as text in PEM, as [`Tls::from_pem_files`] does.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_pem_files`].
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::new(Pem::Bytes(chain.as_ref().into()), Pem::Bytes(key.as_ref().into()))
    }

    fn new(chain: Pem, key: Pem) -> Result<Self, Error> {
        Self::of(Source {
            chain,
            key,
            clients: None,
        })
    }

    fn of(source: Source) -> Result<Self, Error> {
        let config = RwLock::new(source.load().map_err(Error::tls)?);
        let source = Mutex::new(source);
        Ok(Self(Arc::new(Shared { source, config })))
    }

    /// Takes certificates of clients that the authorities in a file vouch for.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_pem_files`].
    pub fn client_authorities_file(
        self,
        path: impl Into<PathBuf>,
        certificates: ClientCertificates,
    ) -> Result<Self, Error> {
        self.with_clients(Pem::File(path.into()), certificates)
    }

    /// Takes certificates of clients that the authorities in a text in PEM vouch for. Who the client is,
    /// [`CallContext::peer_certificates`](crate::CallContext::peer_certificates) tells.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_pem_files`].
    pub fn client_authorities(
        self,
        pem: impl AsRef<[u8]>,
        certificates: ClientCertificates,
    ) -> Result<Self, Error> {
        self.with_clients(Pem::Bytes(pem.as_ref().into()), certificates)
    }

    fn with_clients(self, authorities: Pem, certificates: ClientCertificates) -> Result<Self, Error> {
        let source = self.source().clone();
        Self::of(Source {
            clients: Some((authorities, certificates)),
            ..source
        })
    }

    /// Reads the files anew. It blocks while it reads.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_pem_files`]; then everything stays as it was.
    pub fn reload(&self) -> Result<(), Error> {
        let source = self.source();
        self.replace(source.load().map_err(Error::tls)?);
        Ok(())
    }

    /// Takes another certificate and key as text in PEM; clients are trusted as before.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_pem_files`]; then everything stays as it was.
    pub fn reload_pem(&self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<(), Error> {
        let mut source = self.source();
        let new = Source {
            chain: Pem::Bytes(chain.as_ref().into()),
            key: Pem::Bytes(key.as_ref().into()),
            clients: source.clients.clone(),
        };
        self.replace(new.load().map_err(Error::tls)?);
        *source = new;
        Ok(())
    }

    fn source(&self) -> std::sync::MutexGuard<'_, Source> {
        self.0.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// Shakes hands.
    pub(crate) async fn accept(&self, io: Io) -> io::Result<TlsStream<Io>> {
        let config = self
            .0
            .config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        TlsAcceptor::from(config).accept(io).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source();
        f.debug_struct("Tls")
            .field("chain", &source.chain)
            .field("key", &source.key)
            .field("clients", &source.clients)
            .finish()
    }
}

impl fmt::Debug for Pem {
    /// Never what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl Source {
    fn load(&self) -> Result<Arc<ServerConfig>, Cause> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some((authorities, certificates)) => {
                builder.with_client_cert_verifier(verifier(authorities, *certificates, provider)?)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(&self.key.read()?)
            .map_err(|error| self.key.unusable("private key", error))?;
        let mut config = builder.with_single_cert(self.chain.certificates()?, key)?;
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }
}

fn verifier(
    authorities: &Pem,
    certificates: ClientCertificates,
    provider: Arc<tokio_rustls::rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Cause> {
    let mut roots = RootCertStore::empty();
    for authority in authorities.certificates()? {
        roots.add(authority)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match certificates {
        ClientCertificates::Required => builder,
        ClientCertificates::Optional => builder.allow_unauthenticated(),
    };
    Ok(builder.build()?)
}

impl Pem {
    fn read(&self) -> Result<Vec<u8>, Cause> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.to_vec()),
            Self::File(path) => fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into()),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Cause> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.read()?).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.unusable("certificate", "there is none")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.unusable("certificate", error)),
        }
    }

    fn unusable(&self, what: &str, why: impl fmt::Display) -> Cause {
        match self {
            Self::File(path) => format!("no {what} in {}: {why}", path.display()).into(),
            Self::Bytes(_) => format!("no {what}: {why}").into(),
        }
    }
}
