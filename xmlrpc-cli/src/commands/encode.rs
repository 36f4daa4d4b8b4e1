//! `xmlrpc encode`: from JSON to XML.

use std::path::PathBuf;

use super::batch;
use crate::common::Common;
use crate::document::Document;
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::json::parse::parse;
use crate::terminal;

/// The longest text that is read.
const JSON_BYTES: usize = 1 << 30;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document as JSON: {"method":…,"params":[…]}, {"params":[…]} or {"fault":{"code":…,"string":…}}; standard input without
    /// it, and for -
    file: Option<PathBuf>,
    #[command(flatten)]
    batch: batch::Batch,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let source = Source::new(args.file.as_deref());
    if args.batch.is_wanted() {
        return batch::run(&source, batch::Direction::Encode, common);
    }
    let bytes = source.read(JSON_BYTES)?;
    if bytes.len() > JSON_BYTES {
        return Err(Failure::Usage(format!("more than {JSON_BYTES} bytes of JSON")));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|error| Failure::Usage(format!("{}: {error}", source.path().display())))?;
    let document = parse(&text).and_then(|json| Document::from_json(json, common.types()));
    let document = document.map_err(|error| Failure::Usage(error.explained(&text)))?;
    let xml = document.to_xml(&common.encoder());
    let mut xml = xml.map_err(|error| Failure::Usage(error.to_string()))?;
    xml.push(b'\n');
    terminal::print(&xml)
}
