//! Both lanes give the same: the reader with its plain lane and the one without. For tests and fuzzing only.

#[cfg(test)]
mod tests;

use super::{Document, Reader};
use crate::token::Token;
use crate::{Error, Limits, Reading};

/// All that a reader gives for a document, with the words and the place of a refusal.
#[derive(Debug, PartialEq)]
struct Account {
    steps: Vec<String>,
    end: Result<(), String>,
}

fn account(document: &Document<'_>, limits: &Limits, reading: &Reading, plain: bool) -> Account {
    let reader = Reader::lending(document.text(), document.facts(), limits, reading);
    let reader = if plain {
        reader
    } else {
        reader.without_plain_lane()
    };
    let mut steps = Vec::new();
    let end = walk(reader, &mut steps).map_err(|error| error.to_string());
    Account { steps, end }
}

/// Reads a document as what it begins like: a call, a response or a bare value.
fn walk(mut reader: Reader<'_, '_>, steps: &mut Vec<String>) -> Result<(), Error> {
    let text = reader.text;
    if text.contains("methodCall") {
        steps.push(reader.call_head()?.into_owned());
        let mut index = 0;
        let has_params = reader.params_start()?;
        while has_params && reader.next_param(index)? {
            tokens(&mut reader, steps)?;
            reader.param_end()?;
            index += 1;
        }
        steps.push(format!("extensions {}", reader.met_extensions()));
        return Ok(());
    }
    if text.contains("methodResponse") {
        if reader.response_head()? == super::ResponseKind::Fault {
            steps.push(format!("{:?}", reader.fault()?));
            return Ok(());
        }
        tokens(&mut reader, steps)?;
        return reader.response_end();
    }
    reader.bare_value()?;
    tokens(&mut reader, steps)?;
    reader.epilog()
}

fn tokens(reader: &mut Reader<'_, '_>, steps: &mut Vec<String>) -> Result<(), Error> {
    while !reader.is_done() {
        let token: Token<'_> = reader.next()?;
        steps.push(format!("{token:?} {:?}", reader.place()));
    }
    Ok(())
}

/// Reads a document by both lanes, in the encoding that it says itself.
///
/// # Panics
///
/// When they differ in a token, in the place of one, or in the refusal.
pub(crate) fn compare(bytes: &[u8], limits: &Limits, reading: &Reading) {
    let Ok(document) = Document::new(bytes, None, limits, reading) else {
        return;
    };
    let (plain, general) = (
        account(&document, limits, reading, true),
        account(&document, limits, reading, false),
    );
    assert_eq!(plain, general, "{}", String::from_utf8_lossy(bytes));
}
