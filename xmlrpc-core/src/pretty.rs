//! Documents, and texts of peers, as they can be shown to people.

use std::fmt::{self, Display, Formatter};

use crate::Limits;
use crate::dialect::Forbidden;
use crate::reading::Reading;
use crate::xml::{Document, Layout};

/// How many levels are indented; further ones stand below one another, so that no document grows with the square of its depth.
const INDENTED: usize = 40;

/// A document laid out for reading, by its `Display`.
///
/// `body` is whatever came or is to go. A document of XML-RPC is indented, with texts as they are; anything else, such as the HTML page
/// of a proxy, is shown as it is. Bytes that are no text are shown as `\xFF`. No character reaches a terminal that would steer it, as
/// with [`Printable`]. More than [`limit`](Pretty::limit) bytes are cut, and how much was cut is said.
///
/// This is for showing. It checks nothing, and what it shows is not to be read again.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::Pretty;
///
/// let xml = b"<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data>\
///     <value><int>7</int></value><value><string> a\x1B[31m </string></value>\
///     </data></array></value></param></params></methodResponse>";
/// let expected = r#"<?xml version="1.0"?>
/// <methodResponse>
///   <params>
///     <param><value><array><data>
///       <value><int>7</int></value>
///       <value><string> a\u{1b}[31m </string></value>
///     </data></array></value></param>
///   </params>
/// </methodResponse>"#;
/// assert_eq!(Pretty::new(xml).to_string(), expected);
/// assert_eq!(Pretty::new(b"404 not\x07 found\xFF").to_string(), r"404 not\u{7} found\xFF");
/// assert_eq!(Pretty::new(b"0123456789").limit(4).to_string(), "0123\n[6 of 10 bytes are not shown]");
/// ```
#[derive(Clone, Copy)]
pub struct Pretty<'a> {
    body: &'a [u8],
    charset: Option<&'a str>,
    limit: usize,
}

impl<'a> Pretty<'a> {
    /// How much is shown if nothing else is set: 64 KiB.
    pub const LIMIT: usize = 64 * 1024;

    /// A document, or whatever stands in place of one.
    pub fn new(body: &'a [u8]) -> Self {
        Self {
            body,
            charset: None,
            limit: Self::LIMIT,
        }
    }

    /// Sets the encoding that HTTP's `Content-Type` gave. It goes before the XML declaration.
    #[must_use]
    pub fn charset(mut self, charset: &'a str) -> Self {
        self.charset = Some(charset);
        self
    }

    /// Sets how many bytes of UTF-8 are shown, indentation included. [`Pretty::LIMIT`] if not set.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The document's text, where all of it is text.
    fn document(&self) -> Option<Document<'a>> {
        let limits = Limits::default().document_bytes(usize::MAX);
        let reading = Reading::default().forbidden_characters(Forbidden::Pass);
        let document = Document::new(self.body, self.charset, &limits, &reading).ok()?;
        document.is_whole().then_some(document)
    }
}

impl Display for Pretty<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut screen = Screen {
            out: f,
            left: self.limit,
        };
        let Some(document) = self.document() else {
            let hidden = screen.bytes(self.body)?;
            return screen.end(hidden, self.body.len());
        };
        let text = document.text();
        let Some(pieces) = Layout::of(text) else {
            let hidden = text.len() - screen.text(text)?;
            return screen.end(hidden, text.len());
        };
        for piece in pieces {
            let begun = piece.line.is_none_or(|level| screen.line(level));
            let shown = if begun { screen.text(piece.text)? } else { 0 };
            if shown < piece.text.len() {
                return screen.end(text.len() - piece.start - shown, text.len());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Pretty<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pretty")
            .field("body_len", &self.body.len())
            .field("charset", &self.charset)
            .field("limit", &self.limit)
            .finish()
    }
}

/// What is written to, up to a limit.
struct Screen<'f, 'b> {
    out: &'f mut Formatter<'b>,
    left: usize,
}

impl Screen<'_, '_> {
    /// Begins a line; `false` where there is no room for it.
    fn line(&mut self, level: usize) -> bool {
        let width = 2 * level.min(INDENTED);
        let Some(left) = self.left.checked_sub(1 + width) else {
            return false;
        };
        self.left = left;
        write!(self.out, "\n{:width$}", "").is_ok()
    }

    /// Writes as much of a text as there is room for, and gives its length in the text.
    fn text(&mut self, text: &str) -> Result<usize, fmt::Error> {
        let mut place = 0;
        while place < text.len() {
            let rest = &text[place..];
            let printable = rest.find(is_unprintable).unwrap_or(rest.len());
            let part = front(&rest[..printable], self.left);
            self.out.write_str(part)?;
            self.left -= part.len();
            place += part.len();
            if part.len() < printable {
                break;
            }
            let Some(c) = rest[printable..].chars().next() else {
                break;
            };
            if !self.escape(Escape::of(c, &rest[printable + c.len_utf8()..]))? {
                break;
            }
            place += c.len_utf8();
        }
        Ok(place)
    }

    /// Writes as many bytes as there is room for, and gives the number of the others.
    fn bytes(&mut self, bytes: &[u8]) -> Result<usize, fmt::Error> {
        let mut left = bytes.len();
        for chunk in bytes.utf8_chunks() {
            let shown = self.text(chunk.valid())?;
            left -= shown;
            if shown < chunk.valid().len() {
                return Ok(left);
            }
            for &byte in chunk.invalid() {
                if !self.escape(Escape::Byte(byte))? {
                    return Ok(left);
                }
                left -= 1;
            }
        }
        Ok(left)
    }

    /// Writes an escape; `false` where there is no room for it.
    fn escape(&mut self, escape: Escape) -> Result<bool, fmt::Error> {
        let Some(left) = self.left.checked_sub(escape.length()) else {
            return Ok(false);
        };
        self.left = left;
        write!(self.out, "{escape}")?;
        Ok(true)
    }

    /// Says what was cut.
    fn end(&mut self, hidden: usize, all: usize) -> fmt::Result {
        match hidden {
            0 => Ok(()),
            hidden => write!(self.out, "\n[{hidden} of {all} bytes are not shown]"),
        }
    }
}

/// A text whose `Display` holds no character that would steer a terminal, or turn the direction of reading.
///
/// Control characters other than line feeds and tabs are shown as `\u{1b}`, and so are those that override the direction of text, other
/// ends of lines (U+2028 and U+2029) and spaces without width (U+200B). A line that ends in carriage return and line feed ends in a line
/// feed. For everything a peer wrote and a person is to read: texts of faults,
/// help, headers.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::Printable;
///
/// assert_eq!(Printable("\u{1b}[2Jé\r\n\u{202e}x\r").to_string(), "\\u{1b}[2Jé\n\\u{202e}x\\r");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut screen = Screen {
            out: f,
            left: usize::MAX,
        };
        screen.text(self.0).map(drop)
    }
}

/// What stands for a character or byte that is not to be shown.
#[derive(Clone, Copy)]
enum Escape {
    Char(char),
    Byte(u8),
    /// Of a carriage return before a line feed nothing is left.
    Nothing,
}

impl Escape {
    fn of(c: char, behind: &str) -> Self {
        match c {
            '\r' if behind.starts_with('\n') => Self::Nothing,
            c => Self::Char(c),
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Char('\r') => 2,
            Self::Char(c) => c.escape_unicode().count(),
            Self::Byte(_) => 4,
            Self::Nothing => 0,
        }
    }
}

impl Display for Escape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char('\r') => f.write_str("\\r"),
            Self::Char(c) => write!(f, "{}", c.escape_unicode()),
            Self::Byte(byte) => write!(f, "\\x{byte:02X}"),
            Self::Nothing => Ok(()),
        }
    }
}

/// As many whole characters as fit.
fn front(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

fn is_unprintable(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Ends of lines and paragraphs; embeddings, overrides and isolates of directions.
        '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        // A space that nobody sees.
        '\u{200B}' => true,
        c => c.is_control(),
    }
}
