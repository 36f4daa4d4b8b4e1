//! Documents to tokens and back; the only code that knows tags, references, encodings and quick-xml.
//!
//! In: bytes become a [`Document`] (decoded and checked once), a [`Reader`] walks through it and gives [`Token`](crate::Token)s.
//! Out: a [`Writer`] takes tokens and gives bytes. What a document is around its values (calls, responses, faults) is in
//! `envelope`.
//!
//! # Two lanes
//!
//! XML-RPC's vocabulary is closed: some twenty tags, without attributes as a rule. The reader therefore compares the bytes at its
//! place with the tag that may stand there (the plain lane, all in `reader`). Whatever does not match to the letter (comments,
//! processing instructions, CDATA, references, attributes, prefixes, white space in tags, and every error) goes through `general`,
//! which has quick-xml find the end of the one piece of markup at hand and judges it by XML's rules. The plain lane never refuses
//! anything, so that what is wrong is said in one place only; both lanes give the same tokens and refusals.

mod document;
mod encoding;
mod envelope;
mod escape;
mod gather;
mod general;
#[cfg(any(test, fuzzing))]
mod lanes;
mod place;
mod plain;
mod reader;
mod scalar;
mod tag;
mod text;
mod word;
mod work;
mod writer;

pub use encoding::Encoding;

pub(crate) use document::Document;
pub(crate) use envelope::ResponseKind;
#[cfg(fuzzing)]
pub(crate) use lanes::compare as compare_lanes;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;
