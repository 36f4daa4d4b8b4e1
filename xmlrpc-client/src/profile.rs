//! What known peers need, under their names.
//!
//! A [`Profile`] sets nothing that could not be set by hand: the [`Dialect`] of calls, the [`Reading`] of answers, and how results of a
//! `system.multicall` come. Other options stay as they are, and what is set behind it goes before it.
//!
//! | profile | calls | answers |
//! |---|---|---|
//! | [`odoo`] | 64-bit integers are refused, which Odoo's models do not have | the last of two members of one name wins |
//! | [`rtorrent`] | as by default | control characters in names of files pass |
//! | [`supervisord`] | no nil, no 64-bit integers | results of a multicall come without an array around each |
//! | [`ros1`] | no nil, no 64-bit integers; `nan` and `inf` are written | as by default, which reads `nan`, `inf` and untyped strings |
//! | [`homematic`] | ISO-8859-1, no nil, no 64-bit integers | as by default; a missing encoding is read as the declaration says |
//! | [`xenapi`] | 64-bit integers as strings of digits, no nil; `nan` and `inf` are written | the last of two members of one name wins |
//! | [`koji`] | `<i8>` and `<nil/>`, as by default | as by default |
//! | [`wordpress`] | no nil, no 64-bit integers | as by default, which passes over a byte-order mark and white space in front |
//! | [`aria2`] | no nil, no 64-bit integers | as by default |
//!
//! # Examples
//!
//! ```
//! # fn main() -> xmlrpc_client::Result<()> {
//! use xmlrpc_client::{ServerProxy, profile};
//!
//! let server = ServerProxy::builder("http+unix://%2Frun%2Fsupervisor.sock/RPC2")
//!     .profile(profile::supervisord())
//!     .build()?;
//! # Ok(())
//! # }
//! ```

use xmlrpc_core::{Dialect, Duplicates, Encoding, Forbidden, NonFinite, Reading, WideForm};

/// The options for a peer; see [`ServerProxyBuilder::profile`](crate::ServerProxyBuilder::profile).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub(crate) dialect: Dialect,
    pub(crate) reading: Reading,
    pub(crate) bare_results: bool,
}

impl Profile {
    /// The form in which calls are written.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What is accepted in answers.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Whether results of a multicall come without an array around each.
    pub fn has_bare_results(&self) -> bool {
        self.bare_results
    }

    /// What the specification has, and nothing else.
    fn plain() -> Self {
        Self {
            dialect: Dialect::spec(),
            ..Self::default()
        }
    }
}

/// Odoo, at `/xmlrpc/2/common` and `/xmlrpc/2/object`.
///
/// It sends `false` for what is empty, which [`with::false_as_none`](crate::with::false_as_none) reads, and a method that returns
/// `None` is answered with a fault after it has run. Nil in calls is read.
pub fn odoo() -> Profile {
    Profile {
        dialect: Dialect::default().wide_integers(WideForm::Refuse),
        reading: Reading::default().duplicates(Duplicates::LastWinsBuffered),
        ..Profile::default()
    }
}

/// rTorrent, by SCGI.
///
/// All its numbers are 64 bits wide. Names of torrents and files are sent as they are, with control characters that XML lacks.
pub fn rtorrent() -> Profile {
    Profile {
        reading: Reading::default().forbidden_characters(Forbidden::Pass),
        ..Profile::default()
    }
}

/// supervisord, over TCP or its Unix socket.
///
/// Integers beyond 31 bits make some of its methods fail, so that they are refused here. It serves one call after the other.
pub fn supervisord() -> Profile {
    Profile {
        bare_results: true,
        ..Profile::plain()
    }
}

/// The master, parameter server and nodes of ROS 1.
///
/// They answer with `[code, text, value]`, a code of 1 for success.
pub fn ros1() -> Profile {
    Profile {
        dialect: Dialect::spec().non_finite(NonFinite::Text),
        ..Profile::default()
    }
}

/// The interfaces of a Homematic CCU, which read and write ISO-8859-1.
pub fn homematic() -> Profile {
    Profile {
        dialect: Dialect::spec().encoding(Encoding::ISO_8859_1),
        ..Profile::default()
    }
}

/// XenAPI, of XenServer and XCP-ng.
///
/// Its 64-bit integers travel as strings, which [`with::integer_text`](crate::with::integer_text) reads and writes in a struct.
/// [`Session::xenapi`](crate::layer::Session::xenapi) logs in, and puts the session into the calls.
pub fn xenapi() -> Profile {
    Profile {
        dialect: Dialect::spec()
            .wide_integers(WideForm::Text)
            .non_finite(NonFinite::Text),
        reading: Reading::default().duplicates(Duplicates::LastWinsBuffered),
        ..Profile::default()
    }
}

/// Koji, which writes `<i8>` for integers beyond 32 bits, with a comment before it, and nil freely.
pub fn koji() -> Profile {
    Profile::default()
}

/// WordPress, at `/xmlrpc.php`.
pub fn wordpress() -> Profile {
    Profile::plain()
}

/// aria2, at `/rpc`. The first parameter of its methods is `token:` and the secret, also inside of a multicall:
/// [`FirstParameter`](crate::layer::FirstParameter) puts it there.
pub fn aria2() -> Profile {
    Profile::plain()
}
