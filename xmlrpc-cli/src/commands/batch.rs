//! `--batch`: the protocol of the conformance corpus, one JSON object a line in and one out.
//!
//! Reading, `{"id":…,"kind":"call"|"response","xml_b64":…}` is answered by `{"id":…,"ok":DOCUMENT}`; writing,
//! `{"id":…,"kind":…,"typed":DOCUMENT}` by `{"id":…,"xml_b64":…}`. What is refused is answered by
//! `{"id":…,"error":CATEGORY,"message":TEXT}`, and so is a line that is no JSON, with `null` as its id. Documents are typed.

use std::io::BufReader;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmlrpc_client::Category;
use xmlrpc_client::xmlrpc_core::{self, Decoder, Encoder};

use crate::common::Common;
use crate::document::{Document, Types};
use crate::failure::{Result, by_option};
use crate::input::Source;
use crate::json::parse::{self, Parsed};
use crate::json::print::Style;
use crate::json::{self, Json, Kind};
use crate::{input, terminal};

#[derive(clap::Args)]
pub(super) struct Batch {
    /// Speaks the conformance corpus's protocol: one JSON object a line in, one out
    #[arg(long)]
    batch: bool,
    /// With --batch: writes documents instead of reading them
    #[arg(long, requires = "batch")]
    encode: bool,
}

/// Which way documents go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Decode,
    Encode,
}

impl Batch {
    pub(super) fn is_wanted(&self) -> bool {
        self.batch
    }

    /// The direction asked for, which is the command's unless said otherwise.
    pub(super) fn direction(&self, of_command: Direction) -> Direction {
        if self.encode {
            Direction::Encode
        } else {
            of_command
        }
    }
}

/// Why a case has no document.
struct Refused {
    category: &'static str,
    message: String,
}

impl Refused {
    /// A line that is no JSON.
    fn line(number: usize, message: &str) -> Self {
        Self {
            category: "value",
            message: format!("line {number}: {message}"),
        }
    }
}

impl From<xmlrpc_core::Error> for Refused {
    fn from(error: xmlrpc_core::Error) -> Self {
        let category = match error.category() {
            Category::Syntax => "xml",
            Category::Protocol => "xmlrpc",
            Category::Limit => "limit",
            Category::Encoding => "encoding",
            _ => "value",
        };
        Self {
            category,
            message: by_option(&error.to_string()),
        }
    }
}

impl From<json::Error> for Refused {
    fn from(error: json::Error) -> Self {
        Self {
            category: "value",
            message: error.message.into_owned(),
        }
    }
}

pub(super) fn run(source: &Source, direction: Direction, common: &Common) -> Result {
    let (decoder, encoder) = (common.decoder(), common.encoder());
    let mut lines = BufReader::new(source.open()?);
    let mut number = 0;
    while let Some(line) = input::line(&mut lines)? {
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (id, answer) = match read(&line) {
            Ok(case) => answer(case, |case| match direction {
                Direction::Decode => decode(case, &decoder),
                Direction::Encode => encode(case, &encoder),
            }),
            Err(message) => (Kind::Null.into(), Err(Refused::line(number, &message))),
        };
        let mut answer = Style::Compact.print(&match answer {
            Ok((name, answer)) => Json::object([("id", id), (name, answer)]),
            Err(Refused { category, message }) => Json::object([
                ("id", id),
                ("error", Json::text(category)),
                ("message", Json::text(message)),
            ]),
        });
        answer.push('\n');
        terminal::print(answer.as_bytes())?;
    }
    Ok(())
}

/// The JSON of a line, or what is wrong with it.
fn read(line: &[u8]) -> std::result::Result<Parsed, String> {
    let line = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    parse::read(line).map_err(|error| error.message.into_owned())
}

/// What becomes of a case, with its id.
fn answer(case: Parsed, convert: impl FnOnce(&Json) -> Answer) -> (Json, Answer) {
    let id = case.json.member("id").cloned().unwrap_or(Kind::Null.into());
    let answer = case.sendable().map_err(Refused::from);
    (id, answer.and_then(|case| convert(&case)))
}

type Answer = std::result::Result<(&'static str, Json), Refused>;

fn decode(case: &Json, decoder: &Decoder) -> Answer {
    let xml = case.member("xml_b64").and_then(Json::as_text);
    let xml = xml.and_then(|text| STANDARD.decode(text).ok());
    let xml = xml.ok_or_else(|| case.wrong("xml_b64 must be a document in base64"))?;
    let document = match case.member("kind").and_then(Json::as_text) {
        Some("call") => Document::call_from_xml(&xml, decoder)?,
        _ => Document::response_from_xml(&xml, decoder)?,
    };
    Ok(("ok", document.to_json(Types::Typed)))
}

fn encode(case: &Json, encoder: &Encoder) -> Answer {
    let document = case
        .member("typed")
        .ok_or_else(|| case.wrong("typed must be a document"))?;
    let xml = Document::from_json(document.clone(), Types::Typed)?.to_xml(encoder)?;
    Ok(("xml_b64", Json::text(STANDARD.encode(xml))))
}
