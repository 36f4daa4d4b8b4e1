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

/// What gives the next token.
type Next = for<'de> fn(&mut Reader<'_, 'de>) -> Result<Token<'de>, Error>;

fn account(document: &Document<'_>, limits: &Limits, reading: &Reading, plain: bool, next: Next) -> Account {
    let reader = Reader::lending(document.text(), document.facts(), limits, reading);
    let reader = if plain {
        reader
    } else {
        reader.without_plain_lane()
    };
    let mut steps = Vec::new();
    let end = walk(reader, next, &mut steps).map_err(|error| error.to_string());
    Account { steps, end }
}

fn token<'de>(reader: &mut Reader<'_, 'de>) -> Result<Token<'de>, Error> {
    reader.next()
}

/// As a caller that expects what comes next, and asks for the token only where that is not found.
fn expected<'de>(reader: &mut Reader<'_, 'de>) -> Result<Token<'de>, Error> {
    let has_element = reader.has_element();
    let found = None
        .or_else(|| reader.expect_int().map(Token::Int))
        .or_else(|| reader.expect_boolean().map(Token::Boolean))
        .or_else(|| reader.expect_double().map(Token::Double))
        .or_else(|| reader.expect_string().map(|text| Token::String(text.into())))
        .or_else(|| reader.expect_name().map(|name| Token::Name(name.into())));
    let token = match found {
        Some(token) => token,
        None => reader.next()?,
    };
    assert!(
        !has_element || token != Token::ArrayEnd,
        "an element that is none"
    );
    Ok(token)
}

/// Reads a document as what it begins like: a call, a response or a bare value.
fn walk(mut reader: Reader<'_, '_>, next: Next, steps: &mut Vec<String>) -> Result<(), Error> {
    let text = reader.text;
    if text.contains("methodCall") {
        steps.push(reader.call_head()?.into_owned());
        let mut index = 0;
        reader.params_start()?;
        while reader.next_param(index)? {
            tokens(&mut reader, next, steps)?;
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
        tokens(&mut reader, next, steps)?;
        return reader.response_end();
    }
    reader.bare_value()?;
    tokens(&mut reader, next, steps)?;
    reader.epilog()
}

fn tokens(reader: &mut Reader<'_, '_>, next: Next, steps: &mut Vec<String>) -> Result<(), Error> {
    while !reader.is_done() {
        let token = next(reader)?;
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
    let general = account(&document, limits, reading, false, token);
    for next in [token as Next, expected] {
        let plain = account(&document, limits, reading, true, next);
        assert_eq!(plain, general, "{}", String::from_utf8_lossy(bytes));
    }
}
