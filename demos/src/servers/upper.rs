//! Upper-casing of text that arrives in pieces.
//!
//! Python's `received.decode('utf-8')` raises `UnicodeDecodeError` when a piece ends inside a character,
//! which happens to every text that is longer than one `recv`. A streaming decoder keeps the unfinished
//! character for the next piece. [`Upper`] does so on top of [`[u8]::utf8_chunks`], which splits bytes into
//! valid and invalid stretches. Bytes that are no UTF-8 pass unchanged: the service is about letters, and it
//! should not damage the rest.

use std::str;

/// A stream of text on its way to upper case; holds at most the three bytes of an unfinished character.
#[derive(Debug, Default)]
pub(crate) struct Upper {
    unfinished: Vec<u8>,
}

impl Upper {
    /// Takes the next piece and gives what can be said so far.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut input = std::mem::take(&mut self.unfinished);
        input.extend_from_slice(piece);
        let mut output = Vec::with_capacity(input.len());
        let mut chunks = input.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            output.extend_from_slice(chunk.valid().to_uppercase().as_bytes());
            if chunks.peek().is_none() && is_beginning(chunk.invalid()) {
                self.unfinished = chunk.invalid().to_vec();
            } else {
                output.extend_from_slice(chunk.invalid());
            }
        }
        output
    }

    /// Gives what is left at the end of the stream: an unfinished character, as it came.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.unfinished
    }
}

/// Upper-cases a complete message.
pub(crate) fn all(message: &[u8]) -> Vec<u8> {
    let mut upper = Upper::default();
    let mut output = upper.push(message);
    output.extend(upper.finish());
    output
}

/// Whether these bytes are the beginning of a character, as opposed to bytes that no character begins with.
fn is_beginning(bytes: &[u8]) -> bool {
    matches!(str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "straße, ŉ, ΐ, ﬁn, дом, 漢字, 😀 and a";

    #[test]
    fn any_split_gives_the_same_as_the_whole() {
        let whole = TEXT.to_uppercase().into_bytes();
        assert_eq!(all(TEXT.as_bytes()), whole);
        for size in 1..=TEXT.len() {
            let mut upper = Upper::default();
            let mut output: Vec<u8> = TEXT
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| upper.push(piece))
                .collect();
            assert!(upper.unfinished.is_empty());
            output.extend(upper.finish());
            assert_eq!(output, whole, "pieces of {size}");
        }
    }

    #[test]
    fn invalid_bytes_pass_unchanged_and_are_never_kept() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"a\xffb", b"A\xffB"),
            (b"\xc3(", b"\xc3("),
            (b"\xe2\x82a", b"\xe2\x82A"),
            (b"\xed\xa0\x80", b"\xed\xa0\x80"),
            (b"\xf4\x90\x80\x80", b"\xf4\x90\x80\x80"),
        ];
        for (input, output) in cases {
            assert_eq!(all(input), output);
            let mut upper = Upper::default();
            let mut bytewise: Vec<u8> = input.iter().flat_map(|&byte| upper.push(&[byte])).collect();
            bytewise.extend(upper.finish());
            assert_eq!(bytewise, output);
        }
    }

    #[test]
    fn an_unfinished_character_leaves_at_the_end() {
        let mut upper = Upper::default();
        assert_eq!(upper.push(b"a\xf0\x9f\x98"), b"A");
        assert_eq!(upper.finish(), b"\xf0\x9f\x98");
    }
}
