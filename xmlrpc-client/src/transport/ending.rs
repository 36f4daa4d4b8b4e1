//! Where an answer ends, for servers that claim a length that is not its own.
//!
//! Some claim a few bytes too many, and then neither send nor close; others count characters in place of bytes, or forget a line's end,
//! so that the last tags are cut. What is missing of a result does not become readable by this: the value must be there, and
//! whether the document is one is for who decodes it.

use std::time::Duration;

use bytes::Bytes;

/// How long to wait for bytes behind a document that is complete.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

const ROOT: &[u8] = b"</methodResponse>";

/// How much of a body's end is looked at, white space behind the document included. Bodies are looked at after each frame, so that
/// this bounds what a long one costs.
const END: usize = 1024;

/// Whether a body ends as a document does.
pub(crate) fn is_complete(body: &[u8]) -> bool {
    let end = &body[body.len().saturating_sub(END)..];
    end.trim_ascii_end().ends_with(ROOT)
}

/// A body with the tags behind its value that were cut off.
pub(crate) fn mended(body: Bytes) -> Bytes {
    match cut(&body) {
        None => body,
        Some((kept, tags)) => {
            tracing::debug!("the answer is longer than its length says");
            [&body[..kept], tags].concat().into()
        }
    }
}

/// How much of a body to keep, and the tags that follow there; `None` where nothing can be said of its end.
fn cut(body: &[u8]) -> Option<(usize, &'static [u8])> {
    if is_complete(body) {
        return None;
    }
    let begun = body.iter().rposition(|byte| *byte == b'<')?;
    let (front, begun) = match body[begun..].contains(&b'>') {
        true => (body, &b""[..]),
        false => body.split_at(begun),
    };
    let closed = front.trim_ascii_end();
    let tags: &[&'static [u8]] = if closed.ends_with(b"</params>") || closed.ends_with(b"</fault>") {
        &[ROOT]
    } else if closed.ends_with(b"</param>") {
        &[b"</params></methodResponse>"]
    } else if closed.ends_with(b"</value>") {
        match is_fault(body) {
            true => &[b"</fault></methodResponse>"],
            false => &[b"</param></params></methodResponse>"],
        }
    } else {
        &[]
    };
    let tags = tags.iter().find(|tags| tags.starts_with(begun))?;
    Some((front.len(), tags))
}

fn is_fault(body: &[u8]) -> bool {
    const FRONT: usize = 1024;
    let tag = b"<fault>";
    body[..body.len().min(FRONT)]
        .windows(tag.len())
        .any(|window| window == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_behind_the_value_are_put_back_wherever_they_were_cut() {
        for document in [
            "<?xml version=\"1.0\"?><methodResponse><params><param><value>a&lt;b</value></param></params></methodResponse>",
            "<methodResponse><params><param><value><array><data><value>x</value></data></array></value></param></params></methodResponse>",
            "<methodResponse><fault><value><struct><member><name>faultCode</name><value>1</value></member></struct></value></fault></methodResponse>",
        ] {
            let value = document.rfind("</value>").unwrap() + "</value>".len();
            for length in value..document.len() {
                let mended = mended(Bytes::copy_from_slice(&document.as_bytes()[..length]));
                assert_eq!(mended, document, "{length}");
            }
            assert_eq!(mended(Bytes::from(document)), document);
        }
    }

    #[test]
    fn white_space_between_tags_is_no_matter() {
        let document = "<methodResponse>\n\t<params>\n\t\t<param>\n\t\t\t<value>x</value>\n\t\t\t</param>\n\t\t</params>\n\t</methodResponse>\n";
        let value = document.rfind("</value>").unwrap() + "</value>".len();
        for length in value..document.len() {
            let mended = mended(Bytes::copy_from_slice(&document.as_bytes()[..length]));
            let tags: String = str::from_utf8(&mended).unwrap().split_whitespace().collect();
            let whole: String = document.split_whitespace().collect();
            assert_eq!(tags, whole, "{length}");
        }
    }

    #[test]
    fn little_white_space_stands_behind_a_document() {
        for (spaces, expected) in [(0, true), (1, true), (END - ROOT.len(), true), (END, false)] {
            let body = [ROOT, " ".repeat(spaces).as_bytes()].concat();
            assert_eq!(is_complete(&body), expected, "{spaces}");
        }
    }

    #[test]
    fn what_is_cut_elsewhere_stays_as_it_is() {
        for body in [
            "",
            "<",
            "not XML",
            "<methodResponse><params><param><value><int>7",
            "<methodResponse><params><param><value><int>7</int></val",
            "<html><body></value></bo",
            "<methodResponse><params><param><value>x</value><value>",
        ] {
            assert_eq!(mended(Bytes::from(body)), body);
        }
    }
}
