//! How much a document may ask for before it is refused.

/// Bounds on what one document may contain.
///
/// Every field is a limit, named by the error that reports it; the method of the same name sets it. Nothing is ever allocated from
/// a length that a peer claims: memory grows with the bytes that were really read.
///
/// | limit | default | [`Limits::client`] |
/// |---|---|---|
/// | `document_bytes` | 16 MiB | 64 MiB |
/// | `depth` | 128 | 128 |
/// | `values` | 4,000,000 | 16,000,000 |
/// | `members` | 1,000,000 | 1,000,000 |
/// | `string_bytes` | 16 MiB | 64 MiB |
/// | `name_bytes` | 1 MiB | 1 MiB |
/// | `reread_bytes` | 16 MiB | 64 MiB |
/// | `attributes` | 64 | 64 |
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Category, Decoder, Limits, Value};
///
/// let decoder = Decoder::new().limits(Limits::default().depth(1));
/// let error = decoder.value::<Value>(b"<value><array><data><value><array/></value></data></array></value>").unwrap_err();
/// assert_eq!(error.category(), Category::Limit);
/// assert!(error.to_string().starts_with("arrays and structs are nested deeper than 1 levels; Limits::depth raises this limit"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a whole document as it came in, before its encoding is looked at.
    pub document_bytes: usize,
    /// How many arrays and structs may stand inside one another; a scalar has depth 0.
    pub depth: usize,
    /// Values in a document, arrays and structs counted like scalars.
    pub values: usize,
    /// Members of one struct.
    pub members: usize,
    /// Bytes of one string, or of the text of one base64 or other scalar, in UTF-8.
    pub string_bytes: usize,
    /// Bytes of one member name or of the method name, in UTF-8.
    pub name_bytes: usize,
    /// Bytes that are read a second time because a member gave its value before its name.
    pub reread_bytes: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
}

const MIB: usize = 1024 * 1024;

impl Limits {
    /// The limits a client starts from: answers are larger than calls, and come from a server that one chose to call.
    pub fn client() -> Self {
        Self {
            values: 16_000_000,
            string_bytes: 64 * MIB,
            reread_bytes: 64 * MIB,
            ..Self::default()
        }
        .document_bytes(64 * MIB)
    }

    /// Sets the bytes of a whole document.
    #[must_use]
    pub fn document_bytes(mut self, bytes: usize) -> Self {
        self.document_bytes = bytes;
        self
    }

    /// Sets how many arrays and structs may stand inside one another.
    ///
    /// A [`Value`](crate::Value) is read, written and dropped by a loop and takes any depth. Typed decoding recurses through serde:
    /// the tests hold 128 levels of nested `Vec`s, structs and enums to a stack of 128 KiB in release builds (1 KiB a level) and of
    /// 512 KiB in debug builds (4 KiB a level). Raise the limit for typed data only with the stack to match.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// Sets the number of values in a document.
    #[must_use]
    pub fn values(mut self, count: usize) -> Self {
        self.values = count;
        self
    }

    /// Sets the number of members in one struct.
    #[must_use]
    pub fn members(mut self, count: usize) -> Self {
        self.members = count;
        self
    }

    /// Sets the bytes of one string or base64 text.
    #[must_use]
    pub fn string_bytes(mut self, bytes: usize) -> Self {
        self.string_bytes = bytes;
        self
    }

    /// Sets the bytes of one member name or of the method name.
    #[must_use]
    pub fn name_bytes(mut self, bytes: usize) -> Self {
        self.name_bytes = bytes;
        self
    }

    /// Sets the bytes that may be read a second time.
    #[must_use]
    pub fn reread_bytes(mut self, bytes: usize) -> Self {
        self.reread_bytes = bytes;
        self
    }

    /// Sets the attributes of one element.
    #[must_use]
    pub fn attributes(mut self, count: usize) -> Self {
        self.attributes = count;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 16 * MIB,
            depth: 128,
            values: 4_000_000,
            members: 1_000_000,
            string_bytes: 16 * MIB,
            name_bytes: MIB,
            reread_bytes: 16 * MIB,
            attributes: 64,
        }
    }
}
