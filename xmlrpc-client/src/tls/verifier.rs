//! Who a server is: its certificate is checked as the platform or webpki does, with one addition for those that servers signed themselves.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

type Certificates = Vec<CertificateDer<'static>>;

/// Accepts what another verifier does, and the very certificates that were named as authorities, even if they say that they are ones.
///
/// Webpki wants the certificate of a server to be none of an authority, but `openssl req -x509` makes such certificates, and servers that
/// sign their own are known by them alone.
pub(super) struct Verifier {
    named: Certificates,
    other: Arc<dyn ServerCertVerifier>,
}

impl Verifier {
    /// Trusts the authorities of the platform and these.
    pub(super) fn of_platform(
        authorities: &Certificates,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut named = authorities.clone();
        named.extend(of_the_environment());
        let other = Arc::new(platform(authorities, provider)?);
        Ok(Self { named, other })
    }

    /// Trusts these authorities alone.
    pub(super) fn of(authorities: &Certificates, provider: &Arc<CryptoProvider>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.clone())?;
        }
        let other = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        Ok(Self {
            named: authorities.clone(),
            other: other.map_err(|error| Error::Other(OtherError(Arc::new(error))))?,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.named.contains(end_entity) {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            if is_refused_as_authority(&certificate, now) {
                verify_server_name(&certificate, server_name)?;
                return Ok(ServerCertVerified::assertion());
            }
        }
        self.other
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.other.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.other.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.other.supported_verify_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("named", &self.named.len())
            .field("other", &self.other)
            .finish()
    }
}

/// Whether it is for being one of an authority that a certificate cannot be one of a server. That is said only of certificates that are
/// valid in time: webpki looks at that first.
fn is_refused_as_authority(certificate: &ParsedCertificate<'_>, now: UnixTime) -> bool {
    // With no authority to look for, what comes out is what is wrong with the certificate by itself.
    let nobody = RootCertStore::empty();
    let refused = verify_server_cert_signed_by_trust_anchor(certificate, &nobody, &[], now, &[]);
    let Err(Error::InvalidCertificate(CertificateError::Other(OtherError(reason)))) = refused else {
        return false;
    };
    matches!(reason.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

#[cfg(not(target_os = "android"))]
fn platform(
    authorities: &Certificates,
    provider: &Arc<CryptoProvider>,
) -> Result<rustls_platform_verifier::Verifier, Error> {
    rustls_platform_verifier::Verifier::new_with_extra_roots(authorities.iter().cloned(), provider.clone())
}

#[cfg(target_os = "android")]
fn platform(
    authorities: &Certificates,
    provider: &Arc<CryptoProvider>,
) -> Result<rustls_platform_verifier::Verifier, Error> {
    match authorities.is_empty() {
        true => rustls_platform_verifier::Verifier::new(provider.clone()),
        false => Err(Error::General(
            "Android takes no authorities besides its own; set them with `without_platform_authorities`"
                .to_owned(),
        )),
    }
}

/// The authorities that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, where the platform goes by them. Those that come with the system are no
/// servers, and are not kept.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn of_the_environment() -> Certificates {
    let is_set = |name| std::env::var_os(name).is_some();
    match is_set("SSL_CERT_FILE") || is_set("SSL_CERT_DIR") {
        true => rustls_native_certs::load_native_certs().certs,
        false => Vec::new(),
    }
}

#[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
fn of_the_environment() -> Certificates {
    Vec::new()
}

/// Accepts every certificate, even those that cannot be read, and signatures that are out of use.
#[derive(Debug)]
pub(super) struct Anyone(pub(super) WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.0.supported_schemes();
        schemes.extend([
            SignatureScheme::ED448,
            SignatureScheme::ECDSA_SHA1_Legacy,
            SignatureScheme::RSA_PKCS1_SHA1,
        ]);
        schemes
    }
}
