//! Options chosen by the first bytes of an input. An input of zeros chooses the defaults.

use xmlrpc_core::{
    Base64Lines, Decoder, Dialect, Duplicates, Encoding, Forbidden, IntTag, Limits, NilForm, NonFinite,
    Policy, Reading, WideForm,
};

/// How many bytes [`reading`] takes.
pub const READING: usize = 3;

/// Bytes that choose, taken from the front of an input.
pub fn split<const N: usize>(input: &[u8]) -> Option<([u8; N], &[u8])> {
    let (choices, document) = input.split_first_chunk::<N>()?;
    Some((*choices, document))
}

/// A reading: a bit refuses what the default accepts.
pub fn reading(choices: [u8; READING]) -> Reading {
    let [first, second, third] = choices;
    let policy = |byte: u8, bit: u8| match byte >> bit & 1 {
        0 => Policy::Accept,
        _ => Policy::Refuse,
    };
    Reading::default()
        .nil(policy(first, 0))
        .wide_integers(policy(first, 1))
        .extensions(policy(first, 2))
        .scalar_space(policy(first, 3))
        .boolean_words(policy(first, 4))
        .exponents(policy(first, 5))
        .non_finite(policy(first, 6))
        .date_time_forms(policy(first, 7))
        .base64_forms(policy(second, 0))
        .value_first(policy(second, 1))
        .attributes(policy(second, 2))
        .empty_arrays(policy(second, 3))
        .leading_space(policy(second, 4))
        .fault_forms(policy(second, 5))
        .surrogate_pairs(policy(second, 6))
        .duplicates(match third & 3 {
            1 => Duplicates::LastWinsBuffered,
            2 => Duplicates::Refuse,
            _ => Duplicates::LastWins,
        })
        .forbidden_characters(match third >> 2 & 3 {
            1 => Forbidden::Replace,
            2 => Forbidden::Pass,
            _ => Forbidden::Refuse,
        })
}

/// Limits that small documents reach.
pub fn tight() -> Limits {
    Limits::default()
        .document_bytes(4096)
        .depth(3)
        .values(9)
        .members(3)
        .string_bytes(24)
        .name_bytes(8)
        .reread_bytes(60)
        .attributes(1)
}

/// Limits for every document that is taken: the default ones, or some that small documents reach.
pub fn limits(choice: u8) -> Limits {
    match choice & 3 {
        1 => tight(),
        2 => Limits::default().depth(2).reread_bytes(200),
        3 => Limits::default().values(3).string_bytes(100).name_bytes(20),
        _ => Limits::default(),
    }
}

/// What HTTP may say of a document's encoding.
const CHARSETS: [&str; 16] = [
    "",
    "utf-8",
    "utf-16",
    "utf-16be",
    "iso-8859-1",
    "windows-1252",
    "us-ascii",
    "koi8-r",
    "shift_jis",
    "gb18030",
    "iso-2022-jp",
    "big5",
    "euc-kr",
    "iso-8859-15",
    "x-user-defined",
    "x-klingon",
];

/// The encoding that HTTP gave beside a document, if any.
pub fn charset(choice: u8) -> Option<&'static str> {
    Some(CHARSETS[usize::from(choice & 15)]).filter(|charset| !charset.is_empty())
}

/// A decoder for what [`charset`] chose.
pub fn with_charset(decoder: Decoder, choice: u8) -> Decoder {
    match charset(choice) {
        Some(charset) => decoder.charset(charset),
        None => decoder,
    }
}

/// A document in UTF-16, if it is in UTF-8 by itself: without mark and declared encoding.
pub fn utf16(document: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(document).ok()?;
    if text.starts_with('\u{feff}') || text.contains('\0') || text.contains("encoding") {
        return None;
    }
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    Some(units.flat_map(u16::to_be_bytes).collect())
}

/// A dialect. Forbidden characters are never replaced in it, so that what is written can be compared with what is read.
pub fn dialect([first, second]: [u8; 2]) -> Dialect {
    const ENCODINGS: [&str; 8] = [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "koi8-r",
        "iso-8859-15",
        "macintosh",
        "windows-874",
    ];
    let encoding = Encoding::for_label(ENCODINGS[usize::from(second & 7)]).unwrap_or(Encoding::UTF_8);
    Dialect::default()
        .nil(match first & 3 {
            1 => NilForm::Extension,
            2 => NilForm::EmptyResult,
            _ => NilForm::Element,
        })
        .wide_integers(match first >> 2 & 3 {
            1 => WideForm::Extension,
            2 => WideForm::Refuse,
            3 => WideForm::Int,
            _ => WideForm::Element,
        })
        .int_tag(match first >> 4 & 1 {
            1 => IntTag::I4,
            _ => IntTag::Int,
        })
        .base64_lines(match first >> 5 & 1 {
            1 => Base64Lines::Wrapped,
            _ => Base64Lines::One,
        })
        .non_finite(match first >> 6 & 1 {
            1 => NonFinite::Text,
            _ => NonFinite::Refuse,
        })
        .forbidden_characters(match first >> 7 {
            1 => Forbidden::Pass,
            _ => Forbidden::Refuse,
        })
        .encoding(encoding)
}

/// A reading that takes whatever [`dialect`] has written.
pub fn reading_back() -> Reading {
    Reading::default().forbidden_characters(Forbidden::Pass)
}
