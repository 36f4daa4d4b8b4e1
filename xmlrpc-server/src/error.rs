//! Why methods cannot be merged, or a server cannot run.

use std::fmt;

#[cfg(feature = "http")]
use crate::Address;

/// Why methods could not be merged, or a server could not listen.
///
/// Calls that fail are no errors here: they are answered with a [`Fault`](crate::Fault).
#[derive(Debug)]
pub struct Error(Box<Kind>);

#[derive(Debug)]
enum Kind {
    Duplicate(String),
    #[cfg(feature = "http")]
    Bind(Option<Address>, std::io::Error),
    #[cfg(feature = "http")]
    Accept(std::io::Error),
    #[cfg(feature = "http")]
    Signal(std::io::Error),
    #[cfg(feature = "tls")]
    Tls(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn duplicate(method: &str) -> Self {
        Self(Box::new(Kind::Duplicate(method.to_owned())))
    }

    #[cfg(feature = "http")]
    pub(crate) fn bind(cause: std::io::Error) -> Self {
        Self(Box::new(Kind::Bind(None, cause)))
    }

    #[cfg(feature = "http")]
    pub(crate) fn bind_at(address: Address, cause: std::io::Error) -> Self {
        Self(Box::new(Kind::Bind(Some(address), cause)))
    }

    #[cfg(feature = "http")]
    pub(crate) fn accept(cause: std::io::Error) -> Self {
        Self(Box::new(Kind::Accept(cause)))
    }

    #[cfg(feature = "http")]
    pub(crate) fn signal(cause: std::io::Error) -> Self {
        Self(Box::new(Kind::Signal(cause)))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(cause: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self(Box::new(Kind::Tls(cause)))
    }

    #[cfg(feature = "http")]
    pub(crate) fn no_listener() -> Self {
        let text = "there is no listener";
        Self::bind(std::io::Error::new(std::io::ErrorKind::InvalidInput, text))
    }

    /// The method that is in both tables, where that is the failure.
    pub fn duplicate_method(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Duplicate(method) => Some(method),
            #[cfg(feature = "http")]
            _ => None,
        }
    }

    /// Whether the address could not be bound.
    #[cfg(feature = "http")]
    pub fn is_bind(&self) -> bool {
        matches!(*self.0, Kind::Bind(..))
    }

    /// Whether certificates or keys could not be used.
    #[cfg(feature = "tls")]
    pub fn is_tls(&self) -> bool {
        matches!(*self.0, Kind::Tls(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Duplicate(method) => write!(f, "there is a method {method:?} already"),
            #[cfg(feature = "http")]
            Kind::Bind(Some(address), _) => write!(f, "{address} cannot be bound"),
            #[cfg(feature = "http")]
            Kind::Bind(None, _) => f.write_str("the address cannot be bound"),
            #[cfg(feature = "http")]
            Kind::Accept(_) => f.write_str("the listener takes no more connections"),
            #[cfg(feature = "http")]
            Kind::Signal(_) => f.write_str("signals cannot be received"),
            #[cfg(feature = "tls")]
            Kind::Tls(_) => f.write_str("certificate or key cannot be used"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Duplicate(_) => None,
            #[cfg(feature = "http")]
            Kind::Bind(_, cause) | Kind::Accept(cause) | Kind::Signal(cause) => Some(cause),
            #[cfg(feature = "tls")]
            Kind::Tls(cause) => Some(&**cause),
        }
    }
}

/// There is no such error; it lets a conversion that cannot fail stand where others can.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
