//! Text as it stands in a document: `&`, `<`, `>` and carriage returns as references.

use super::document::is_forbidden;
use crate::dialect::Forbidden;

/// What a byte needs when it is written.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Nothing,
    Reference,
    /// A control character, or the first byte of one of U+FFFE and U+FFFF: a look at the character itself.
    Look,
}

static NEEDS: [Need; 256] = {
    let mut needs = [Need::Nothing; 256];
    let mut byte = 0;
    while byte < 0x20 {
        needs[byte] = Need::Look;
        byte += 1;
    }
    needs[b'\t' as usize] = Need::Nothing;
    needs[b'\n' as usize] = Need::Nothing;
    needs[b'\r' as usize] = Need::Reference;
    needs[b'&' as usize] = Need::Reference;
    needs[b'<' as usize] = Need::Reference;
    needs[b'>' as usize] = Need::Reference;
    needs[0xEF] = Need::Look;
    needs
};

/// Appends text with its references.
///
/// # Errors
///
/// The first character that XML lacks, where the policy refuses them.
pub(super) fn escape(text: &str, policy: Forbidden, out: &mut Vec<u8>) -> Result<(), char> {
    let bytes = text.as_bytes();
    let mut clean = 0;
    let mut place = 0;
    while let Some(found) = bytes[place..]
        .iter()
        .position(|&b| NEEDS[usize::from(b)] != Need::Nothing)
    {
        place += found;
        let c = if NEEDS[usize::from(bytes[place])] == Need::Look {
            match text[place..].chars().next() {
                Some(c) if is_forbidden(c) && policy != Forbidden::Pass => c,
                c => {
                    place += c.map_or(1, char::len_utf8);
                    continue;
                }
            }
        } else {
            char::from(bytes[place])
        };
        out.extend_from_slice(&bytes[clean..place]);
        out.extend_from_slice(match c {
            '&' => b"&amp;",
            '<' => b"&lt;",
            '>' => b"&gt;",
            '\r' => b"&#13;",
            _ if policy == Forbidden::Replace => "\u{FFFD}".as_bytes(),
            forbidden => return Err(forbidden),
        });
        place += c.len_utf8();
        clean = place;
    }
    out.extend_from_slice(&bytes[clean..]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, policy: Forbidden) -> Result<String, char> {
        let mut out = Vec::new();
        escape(text, policy, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn markup_and_carriage_returns_become_references() {
        assert_eq!(
            escaped("a<b>&\r\n\"'\t", Forbidden::Refuse).unwrap(),
            "a&lt;b&gt;&amp;&#13;\n\"'\t"
        );
        assert_eq!(
            escaped("\u{FEFF}\u{FFFD}ﬀ", Forbidden::Refuse).unwrap(),
            "\u{FEFF}\u{FFFD}ﬀ"
        );
    }

    #[test]
    fn the_policy_decides_on_characters_that_xml_lacks() {
        for c in ['\0', '\x0B', '\x1F', '\u{FFFE}', '\u{FFFF}'] {
            let text = format!("a{c}&");
            assert_eq!(escaped(&text, Forbidden::Refuse), Err(c));
            assert_eq!(escaped(&text, Forbidden::Replace).unwrap(), "a\u{FFFD}&amp;");
            assert_eq!(escaped(&text, Forbidden::Pass).unwrap(), format!("a{c}&amp;"));
        }
    }
}
