//! Documents without the texts that nobody is to read.

use std::sync::Arc;

use bytes::Bytes;
use xmlrpc_core::{Dialect, Encoder, Fault, Forbidden, MethodCall, MethodResponse, NonFinite, Struct, Value};

use super::decoder;
use super::difference::MASK;

/// Texts in place of which a mask is recorded. The longest come first, so that one that is part of another leaves no rest of it.
#[derive(Clone)]
pub(super) struct Secrets(Arc<[String]>);

impl Secrets {
    pub(super) fn none() -> Self {
        Self(Arc::new([]))
    }

    pub(super) fn add(&mut self, text: String) {
        if !text.is_empty() {
            let mut all: Vec<String> = self.0.iter().cloned().chain([text]).collect();
            all.sort_by_key(|text| std::cmp::Reverse(text.len()));
            self.0 = all.into();
        }
    }

    /// The document of a call without secrets, and whether it is a new one, in UTF-8.
    pub(super) fn hide_in_call(
        &self,
        body: &[u8],
        charset: Option<&str>,
    ) -> xmlrpc_core::Result<(Bytes, bool)> {
        let body = self.hide_in_text(body);
        if self.0.is_empty() {
            return Ok((body, false));
        }
        let MethodCall { method, params } = decoder(charset).method_call::<Vec<Value>>(&body)?;
        let mut found = false;
        let params: Vec<Value> = params
            .into_iter()
            .map(|value| self.hide(value, &mut found))
            .collect();
        let method = self.hide_in_string(method.as_str().to_owned(), &mut found);
        match found {
            false => Ok((body, false)),
            true => Ok((encoder().method_call(&method, &params)?.into(), true)),
        }
    }

    /// As [`Self::hide_in_call`], of an answer. What is no answer of XML-RPC has its bytes looked at only.
    pub(super) fn hide_in_answer(
        &self,
        body: &[u8],
        charset: Option<&str>,
    ) -> xmlrpc_core::Result<(Bytes, bool)> {
        let body = self.hide_in_text(body);
        if self.0.is_empty() {
            return Ok((body, false));
        }
        let mut found = false;
        let anew = match decoder(charset).method_response::<Value>(&body) {
            Ok(MethodResponse::Success(value)) => encoder().method_response(&self.hide(value, &mut found)),
            Ok(MethodResponse::Fault(fault)) => {
                let string = self.hide_in_string(fault.string().to_owned(), &mut found);
                encoder().fault(&Fault::new(fault.code(), string))
            }
            Err(_) => return Ok((body, false)),
        };
        match found {
            false => Ok((body, false)),
            true => Ok((anew?.into(), true)),
        }
    }

    /// Hides secrets where they stand as such, or with the usual references.
    fn hide_in_text(&self, body: &[u8]) -> Bytes {
        let mut hidden = None;
        for secret in self.0.iter() {
            let escaped = secret.replace('&', "&amp;").replace('<', "&lt;");
            for form in [secret, &escaped, &escaped.replace('>', "&gt;")] {
                hidden = replaced(hidden.as_deref().unwrap_or(body), form.as_bytes()).or(hidden);
            }
        }
        hidden.map_or_else(|| Bytes::copy_from_slice(body), Bytes::from)
    }

    fn hide(&self, value: Value, found: &mut bool) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide_in_string(text, found)),
            Value::Array(values) => {
                let values = values.into_vec().into_iter();
                Value::Array(values.map(|value| self.hide(value, found)).collect())
            }
            Value::Struct(members) => {
                let members = members.into_iter().map(|(name, value)| {
                    let name = self.hide_in_string(name.as_str().to_owned(), found);
                    (name, self.hide(value, found))
                });
                Value::Struct(members.collect::<Struct>())
            }
            value => value,
        }
    }

    fn hide_in_string(&self, mut text: String, found: &mut bool) -> String {
        for secret in self.0.iter().filter(|secret| *secret != MASK) {
            if text.contains(secret) {
                text = text.replace(secret, MASK);
                *found = true;
            }
        }
        text
    }
}

/// Writes whatever was read.
fn encoder() -> Encoder {
    let dialect = Dialect::default()
        .forbidden_characters(Forbidden::Pass)
        .non_finite(NonFinite::Text);
    Encoder::new().dialect(dialect)
}

/// `None` where the text is not in the bytes.
fn replaced(bytes: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(place) = rest.windows(text.len()).position(|window| window == text) {
        out.extend_from_slice(&rest[..place]);
        out.extend_from_slice(MASK.as_bytes());
        rest = &rest[place + text.len()..];
    }
    if rest.len() == bytes.len() {
        return None;
    }
    out.extend_from_slice(rest);
    Some(out)
}
