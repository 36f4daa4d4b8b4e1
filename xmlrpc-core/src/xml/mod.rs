//! Documents to tokens and back; the only code that knows tags, references, encodings and quick-xml.
//!
//! In: bytes become a [`Document`] (decoded and checked once), a [`Reader`] walks through it and gives [`Token`](crate::Token)s.
//! Out: a [`Writer`] takes tokens and gives bytes; where it is in a value, `trail` finds in these bytes when an error asks. What a
//! document is around its values (calls, responses, faults) is in `envelope`.
//!
//! # Two lanes
//!
//! XML-RPC's vocabulary is closed: some twenty tags, without attributes as a rule. The plain lane compares the bytes at the reader's
//! place with what may stand there, and takes a whole scalar, or the start of a member, in one look ahead (`ahead`, `plain`). Whatever does not
//! match to the letter (comments, processing instructions, CDATA, references, attributes, prefixes, white space in tags, and every
//! error) goes through the general lane, which has quick-xml find the end of the one piece of markup at hand and judges it by XML's
//! rules (`general`, `gather`). The plain lane never refuses anything and changes nothing before all of what it looked for is there, so
//! that what is wrong is said in one place only; both lanes give the same tokens and refusals, and `lanes` holds them to it.

mod ahead;
mod block;
mod document;
mod encoding;
mod entries;
mod envelope;
mod escape;
mod gather;
mod general;
#[cfg(any(test, fuzzing))]
mod lanes;
mod layout;
mod place;
mod plain;
mod reader;
mod scalar;
mod short;
mod tag;
mod text;
mod trail;
mod word;
mod work;
mod writer;

pub use encoding::Encoding;

pub(crate) use document::Document;
pub(crate) use envelope::ResponseKind;
pub(crate) use general::Bindings;
#[cfg(fuzzing)]
pub(crate) use lanes::compare as compare_lanes;
pub(crate) use layout::Layout;
pub(crate) use place::Lines;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;
