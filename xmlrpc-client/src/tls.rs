//! TLS: which servers are trusted, and the certificate of the client.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use self::verifier::{Anyone, Verifier};
use crate::error::{Error, Result};

mod verifier;

/// Which servers are trusted, and the client's own certificate, for [`ServerProxyBuilder::tls`](crate::ServerProxyBuilder::tls).
///
/// TLS 1.3 and 1.2, by rustls. A proxy for an `https` URL needs this only for what differs from the default: servers are trusted whose
/// certificate an authority of the platform vouches for, and no certificate of the client is shown.
///
/// On Linux and its kin the platform's authorities are those of the file that the environment's `SSL_CERT_FILE` names and of the directories
/// in `SSL_CERT_DIR`, where one of them is set; a server's own certificate counts there as in [`authorities`](Self::authorities). On macOS
/// and Windows, the system decides.
///
/// Everything is read when it is set here, files too, and not again.
///
/// # Examples
///
/// A server whose certificate the house's own authority has signed:
///
/// ```no_run
/// # fn main() -> xmlrpc_client::Result<()> {
/// use xmlrpc_client::{ServerProxy, Tls};
///
/// let tls = Tls::new().authorities_file("/etc/house/ca.pem")?;
/// let server = ServerProxy::builder("https://koji.example.org/RPC2").tls(tls).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "`ServerProxyBuilder::tls` puts it in force"]
pub struct Tls {
    authorities: Vec<CertificateDer<'static>>,
    platform: bool,
    identity: Option<Arc<Identity>>,
    accept_invalid: bool,
}

/// A certificate, those that lead to an authority, and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    /// The authorities of the platform, and no certificate of the client.
    pub fn new() -> Self {
        Self {
            authorities: Vec::new(),
            platform: true,
            identity: None,
            accept_invalid: false,
        }
    }

    /// Trusts servers that the authorities in a text in PEM vouch for, besides those trusted so far. The certificate of a server that
    /// has signed it itself counts as an authority, also if it says that it is one (`CA:TRUE`), as those of `openssl req -x509` do.
    ///
    /// Such a certificate, too, must be valid in time and for the name of the host: of its alternative names, not of its subject. One
    /// for `localhost` is made by
    ///
    /// ```sh
    /// openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 365 -subj /CN=localhost \
    ///     -addext subjectAltName=DNS:localhost
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] where the text has no certificate in it. What is in PEM but no certificate is found out by
    /// [`build`](crate::ServerProxyBuilder::build).
    pub fn authorities(self, pem: impl AsRef<[u8]>) -> Result<Self> {
        self.with_authorities(pem.as_ref(), "the text")
    }

    /// As [`authorities`](Self::authorities), from a file.
    ///
    /// # Errors
    ///
    /// As there, and where the file cannot be read.
    pub fn authorities_file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        self.with_authorities(&read(path)?, &path.display().to_string())
    }

    /// As [`authorities`](Self::authorities), from all files of a directory, such as those that `openssl rehash` makes. Files with no
    /// certificate in them, links that lead nowhere and directories inside are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] where the directory or a file in it cannot be read, and where there is no certificate at all.
    pub fn authorities_dir(mut self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let before = self.authorities.len();
        let unreadable = |error| Error::unusable(format!("{} cannot be read", path.display()), error);
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() {
                self.authorities
                    .extend(authorities(&read(&file)?, &file.display().to_string())?);
            }
        }
        if self.authorities.len() == before {
            return Err(no_certificate(&path.display().to_string()));
        }
        Ok(self)
    }

    /// Trusts the authorities set here alone, and none of the platform's.
    pub fn without_platform_authorities(mut self) -> Self {
        self.platform = false;
        self
    }

    /// Shows servers that ask for it a certificate, by text in PEM: the client's own certificate first, then those that lead to one
    /// that the server trusts; and its private key, which must not be encrypted. Both may be the same text, which holds all of it.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] where the certificate or the key is missing. Whether they belong together is found out by
    /// [`build`](crate::ServerProxyBuilder::build).
    pub fn client_certificate(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self> {
        let unusable = |error| {
            let message =
                "no certificate with its private key in PEM; an encrypted key must be decrypted beforehand";
            Error::unusable(message, error)
        };
        let chain: Vec<_> = certificates(chain.as_ref()).map_err(unusable)?;
        if chain.is_empty() {
            return Err(unusable(pem::Error::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_ref()).map_err(unusable)?;
        self.identity = Some(Arc::new(Identity { chain, key }));
        Ok(self)
    }

    /// As [`client_certificate`](Self::client_certificate), from files.
    ///
    /// # Errors
    ///
    /// As there, and where a file cannot be read.
    pub fn client_certificate_files(self, chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        self.client_certificate(read(chain.as_ref())?, read(key.as_ref())?)
    }

    /// Trusts every server, whatever its certificate: expired, of another host, signed by anybody.
    ///
    /// Whoever is on the way can then read and change all calls, with the passwords in them. [`authorities`](Self::authorities) with
    /// the server's own certificate is the safe way to call a server that has signed it itself.
    pub fn danger_accept_invalid_certificates(mut self) -> Self {
        self.accept_invalid = true;
        self
    }

    fn with_authorities(mut self, pem: &[u8], source: &str) -> Result<Self> {
        let authorities = authorities(pem, source)?;
        if authorities.is_empty() {
            return Err(no_certificate(source));
        }
        self.authorities.extend(authorities);
        Ok(self)
    }

    /// All of it for rustls, with the protocols that a client speaks, the preferred one first.
    pub(crate) fn config(&self, protocols: &[&[u8]]) -> Result<ClientConfig, rustls::Error> {
        let provider = CryptoProvider::get_default().cloned();
        let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
        let verifier = self.verifier(&provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match self.identity.as_deref() {
            Some(Identity { chain, key }) => config.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        if self.accept_invalid {
            return Ok(Arc::new(Anyone(provider.signature_verification_algorithms)));
        }
        let verifier = match self.platform {
            true => Verifier::of_platform(&self.authorities, provider)?,
            false => Verifier::of(&self.authorities, provider)?,
        };
        Ok(Arc::new(verifier))
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tls {
    /// Never a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authorities", &self.authorities.len())
            .field("platform", &self.platform)
            .field("client_certificate", &self.identity.is_some())
            .field("accept_invalid", &self.accept_invalid)
            .finish()
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::unusable(format!("{} cannot be read", path.display()), error))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

fn authorities(pem: &[u8], source: &str) -> Result<Vec<CertificateDer<'static>>> {
    certificates(pem)
        .map_err(|error| Error::unusable(format!("the certificates of {source} cannot be read"), error))
}

fn no_certificate(source: &str) -> Error {
    Error::configuration(format!(
        "no certificate in {source}; PEM begins with -----BEGIN CERTIFICATE-----"
    ))
}
