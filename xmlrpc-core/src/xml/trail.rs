//! Where a writer is in a value, found in what it wrote.
//!
//! In: the beginning of a value, as [`Writer`](super::Writer) writes it: no `<` but those of tags, and no white space around them. Out:
//! the path of the value that comes next, for an error. That takes as long as there are tags, but only an error asks for it, and no
//! value that is written has to be counted.

use std::borrow::Cow;

use memchr::memchr;

use crate::path::Path;

/// An array or struct that is open.
enum Open<'x> {
    /// How many values are complete.
    Array(usize),
    /// The name of the member at hand, as it was written.
    Struct(Option<Cow<'x, str>>),
}

/// The path of the value that comes next.
pub(super) fn path(written: &[u8]) -> String {
    let mut open = Vec::new();
    let mut rest = written;
    while let Some(place) = memchr(b'<', rest) {
        let tag = &rest[place..];
        step(tag, &mut open);
        rest = &tag[1..];
    }
    let mut path = Path::default();
    for container in open {
        match container {
            Open::Array(complete) => path.index(complete + 1),
            Open::Struct(name) => path.name(name.as_deref()),
        }
    }
    path.finish()
}

/// Goes over the tag that begins here.
fn step<'x>(tag: &'x [u8], open: &mut Vec<Open<'x>>) {
    if tag.starts_with(b"<data>") {
        open.push(Open::Array(0));
    } else if tag.starts_with(b"<struct>") {
        open.push(Open::Struct(None));
    } else if tag.starts_with(b"</data>") || tag.starts_with(b"</struct>") {
        open.pop();
    }
    match open.last_mut() {
        Some(Open::Array(complete)) if tag.starts_with(b"</value>") => *complete += 1,
        Some(Open::Struct(name)) if tag.starts_with(b"</member>") => *name = None,
        Some(Open::Struct(name)) => {
            if let Some(text) = tag.strip_prefix(b"<name>")
                && let Some(end) = memchr(b'<', text)
            {
                *name = Some(String::from_utf8_lossy(&text[..end]));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_value_that_comes_next() {
        for (written, expected) in [
            ("", ""),
            ("<value><array><data>", "[0]"),
            (
                "<value><array><data><value><int>1</int></value><value><nil/></value>",
                "[2]",
            ),
            ("<value><struct>", ""),
            ("<value><struct><member><name>a</name>", "a"),
            (
                "<value><struct><member><name>a</name><value><int>1</int></value></member><member><name>b",
                "",
            ),
            (
                "<value><struct><member><name>a</name><value><int>1</int></value></member><member><name>b&lt;</name>\
                 <value><array><data><value><array><data></data></array></value><value><struct></struct></value>",
                "b&lt;[2]",
            ),
            (
                "<value><array><data><value><struct><member><name>a</name><value><string>&lt;data></string></value></member></struct></value>",
                "[1]",
            ),
        ] {
            assert_eq!(path(written.as_bytes()), expected, "{written}");
        }
    }
}
