//! The lines of a recording.

use ::http::StatusCode;
use ::http::header::{self, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use super::Exchange;
use crate::error::{Error, Result};
use crate::transport::{Response, charset};

/// The format that this crate writes and reads.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    xmlrpc_recording: u32,
}

/// Any other line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    method: String,
    request: Message,
    response: Message,
}

/// A request or an answer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// Of responses, if not 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    body: Body,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Body {
    Text(String),
    Latin1(Latin1),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Latin1 {
    latin1: String,
}

impl Body {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Latin1(Latin1 {
                latin1: bytes.iter().map(|&byte| char::from(byte)).collect(),
            }),
        }
    }

    /// `None` where a character is none of Latin-1.
    fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.into_bytes()),
            Self::Latin1(Latin1 { latin1 }) => {
                latin1.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
            }
        }
    }
}

impl Message {
    /// A document with the type that HTTP named, unless it was written `anew`.
    pub(super) fn new(body: &[u8], anew: bool, content_type: Option<&HeaderValue>) -> Self {
        let content_type = content_type.filter(|_| !anew);
        Self {
            status: None,
            content_type: content_type.and_then(|value| value.to_str().ok().map(str::to_owned)),
            body: Body::new(body),
        }
    }

    /// Headers and body, or what is wrong with them.
    fn into_parts(self) -> Result<(HeaderMap, Vec<u8>), String> {
        let content_type = self
            .content_type
            .as_deref()
            .map(HeaderValue::from_str)
            .transpose();
        let content_type = content_type.map_err(|_| "a content_type that is no header")?;
        let headers = content_type.map(|value| (header::CONTENT_TYPE, value));
        let body = self.body.into_bytes();
        let body = body.ok_or("a character in latin1 that is no byte")?;
        Ok((HeaderMap::from_iter(headers), body))
    }
}

/// The first line, with its end.
pub(super) fn head() -> String {
    format!("{{\"xmlrpc_recording\":{FORMAT}}}\n")
}

/// The line of an exchange, with its end.
pub(super) fn line(
    method: &str,
    request: Message,
    mut response: Message,
    status: StatusCode,
) -> serde_json::Result<String> {
    response.status = (status != StatusCode::OK).then_some(status.as_u16());
    let line = Line {
        method: method.to_owned(),
        request,
        response,
    };
    Ok(serde_json::to_string(&line)? + "\n")
}

/// Reads all lines.
pub(super) fn parse(text: &str, most: usize) -> Result<Vec<Exchange>> {
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let mut lines = lines.zip(1..).filter(|(line, _)| !line.trim().is_empty());
    match lines.next() {
        None => return Err(error(1, "no first line with the format")),
        Some((head, number)) => check_head(head, number)?,
    }
    let mut exchanges = Vec::new();
    for (line, number) in lines {
        if exchanges.len() == most {
            let what = format!("more than {most} exchanges; Loader::exchanges raises this limit");
            return Err(error(number, &what));
        }
        exchanges.push(exchange(line, number)?);
    }
    Ok(exchanges)
}

fn check_head(line: &str, number: usize) -> Result<()> {
    match serde_json::from_str::<Head>(line) {
        Ok(head) if head.xmlrpc_recording == FORMAT => Ok(()),
        Ok(head) => {
            let what = format!(
                "format {}, of which this version knows {FORMAT} only",
                head.xmlrpc_recording
            );
            Err(error(number, &what))
        }
        Err(_) => Err(error(
            number,
            r#"not {"xmlrpc_recording":1}, with which a recording begins"#,
        )),
    }
}

fn exchange(line: &str, number: usize) -> Result<Exchange> {
    let Line {
        method,
        request,
        response,
    } = serde_json::from_str(line).map_err(|problem| json_error(number, &problem))?;
    let failed = |what: String| error(number, &what);

    let (headers, body) = request.into_parts().map_err(failed)?;
    let call = super::call(&body, charset(&headers).as_deref())
        .map_err(|problem| failed(format!("a request that is no call: {problem}")))?;
    if call.method != *method {
        let (told, called) = (super::name(&method), super::name(&call.method));
        return Err(failed(format!(
            "the method {told}, where the request has {called}"
        )));
    }
    let status = StatusCode::from_u16(response.status.unwrap_or(200))
        .map_err(|_| failed("a status that is none of HTTP".to_owned()))?;
    let (headers, body) = response.into_parts().map_err(failed)?;
    Ok(Exchange {
        call,
        response: Response::new(body).status(status).headers(headers),
    })
}

/// What is wrong with a line.
pub(super) fn error(line: usize, what: &str) -> Error {
    Error::configuration(format!("line {line} of the recording: {what}"))
}

/// As [`error`]; `serde_json` knows one line only, so that its number of the line is left out.
fn json_error(line: usize, problem: &serde_json::Error) -> Error {
    let text = problem.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    let column = problem.column();
    Error::configuration(format!("line {line} of the recording, column {column}: {what}"))
}
