//! `xmlrpc decode`: from XML to JSON.

use std::path::PathBuf;

use xmlrpc_client::xmlrpc_core::Position;

use super::batch;
use crate::common::Common;
use crate::document::{Document, Unreadable};
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::{pointer, terminal};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document; standard input without it, and for -
    file: Option<PathBuf>,
    #[command(flatten)]
    batch: batch::Batch,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let source = Source::new(args.file.as_deref());
    if args.batch.is_wanted() {
        return batch::run(&source, args.batch.direction(batch::Direction::Decode), common);
    }
    let decoder = common.decoder();
    let xml = source.read(decoder.limits_in_force().document_bytes)?;
    match Document::from_xml(&xml, &decoder) {
        Ok(document) => terminal::print_json(&document.to_json(common.types())),
        Err(error) => Err(Failure::Exchange(explained(&xml, &error))),
    }
}

/// What is wrong, with a pointer to the spot.
fn explained(xml: &[u8], error: &Unreadable) -> String {
    match error.position {
        Some(position) => {
            let spot = pointer::point(&text(xml, position), position.line(), position.column());
            format!("{}\n{spot}", error.message)
        }
        None => error.message.clone(),
    }
}

/// The document as a text in which the position counts; a character for each byte where its encoding cannot be told from here.
fn text(xml: &[u8], position: Position) -> String {
    let units = |unit: fn([u8; 2]) -> u16| {
        let units = xml.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let characters = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        characters.filter(|c| *c != '\u{FEFF}').collect()
    };
    match xml {
        _ if !position.is_decoded() => String::from_utf8_lossy(xml).into_owned(),
        [0xFE, 0xFF, ..] | [0, ..] => units(u16::from_be_bytes),
        [0xFF, 0xFE, ..] | [_, 0, ..] => units(u16::from_le_bytes),
        _ => xml.iter().map(|byte| char::from(*byte)).collect(),
    }
}
