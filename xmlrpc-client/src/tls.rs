//! TLS: which servers are trusted, and the certificate of the client.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// Which servers are trusted, and the client's own certificate, for [`ServerProxyBuilder::tls`](crate::ServerProxyBuilder::tls).
///
/// TLS 1.3 and 1.2, by rustls. A proxy for an `https` URL needs this only for what differs from the default: servers are trusted whose
/// certificate an authority of the platform vouches for, and no certificate of the client is shown.
///
/// On Linux and its kin the platform's authorities are those of the file that the environment's `SSL_CERT_FILE` names and of the directories
/// in `SSL_CERT_DIR`, where one of them is set; on macOS and Windows, the system decides.
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
    authorities: Vec<reqwest::Certificate>,
    platform: bool,
    identity: Option<reqwest::Identity>,
    accept_invalid: bool,
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
    /// has signed it itself counts as an authority.
    ///
    /// Such a certificate must not say that it is one of an authority (`CA:TRUE`), as those of `openssl req -x509` do if not told
    /// otherwise: no connection comes about then, and the error says so. One that can be trusted is made by
    ///
    /// ```sh
    /// openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 365 -subj /CN=host \
    ///     -addext subjectAltName=DNS:host -addext basicConstraints=critical,CA:FALSE
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
                    .extend(certificates(&read(&file)?, &file.display().to_string())?);
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
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let identity = match chain == key {
            true => reqwest::Identity::from_pem(chain),
            false => reqwest::Identity::from_pem(&[chain, b"\n", key].concat()),
        };
        self.identity = Some(identity.map_err(|error| {
            let message =
                "no certificate with its private key in PEM; an encrypted key must be decrypted beforehand";
            Error::unusable(message, error)
        })?);
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
        let authorities = certificates(pem, source)?;
        if authorities.is_empty() {
            return Err(no_certificate(source));
        }
        self.authorities.extend(authorities);
        Ok(self)
    }

    /// Puts all of it in force.
    pub(crate) fn apply(&self, client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let authorities = self.authorities.iter().cloned();
        let client = match self.platform {
            true => client.tls_certs_merge(authorities),
            false => client.tls_certs_only(authorities),
        };
        let client = client.tls_danger_accept_invalid_certs(self.accept_invalid);
        match &self.identity {
            Some(identity) => client.identity(identity.clone()),
            None => client,
        }
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

fn certificates(pem: &[u8], source: &str) -> Result<Vec<reqwest::Certificate>> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem);
    certificates
        .map_err(|error| Error::unusable(format!("the certificates of {source} cannot be read"), error))
}

fn no_certificate(source: &str) -> Error {
    Error::configuration(format!(
        "no certificate in {source}; PEM begins with -----BEGIN CERTIFICATE-----"
    ))
}
