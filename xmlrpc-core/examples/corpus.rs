//! Answers the conformance corpus: one JSON object a line in, one out.
//!
//! `corpus [--strict] --batch` reads documents, `corpus --encode --batch` writes them; `tests/corpus/README.md` has the protocol. Any
//! runner in any language can drive this, and hold it beside other codecs.

use std::error::Error;
use std::io::{self, BufRead, Write};

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use xmlrpc_core::{
    Array, Base64, Category, Decoder, Encoder, Fault, MethodCall, MethodResponse, Reading, Struct, Value,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // Cases may be nested deeper than a usual stack takes, in JSON; XML-RPC values need none.
    let batch = std::thread::Builder::new()
        .stack_size(1 << 28)
        .spawn(|| run().map_err(|error| error.to_string()))?;
    batch
        .join()
        .map_err(|_| "the batch panicked")?
        .map_err(Into::into)
}

fn run() -> Outcome<()> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| options.iter().any(|option| option == name);
    if !has("--batch") {
        eprintln!("usage: corpus [--strict] [--encode] --batch < cases.jsonl");
        std::process::exit(2);
    }
    let reading = if has("--strict") {
        Reading::strict()
    } else {
        Reading::default()
    };
    let decoder = Decoder::new().reading(reading);
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let case = parse(&line?)?;
        let outcome = if has("--encode") {
            encode(&case)
        } else {
            decode(&case, &decoder)
        };
        let mut answer =
            outcome.unwrap_or_else(|refused| json!({ "error": "value", "message": refused.to_string() }));
        answer["id"] = case["id"].clone();
        serde_json::to_writer(&mut out, &answer)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}

/// One case. A half of a surrogate pair, which JSON can name and Rust cannot hold, becomes a character that XML cannot hold either.
fn parse(line: &str) -> Outcome<Json> {
    let read = |text: &str| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.disable_recursion_limit();
        Json::deserialize(&mut deserializer)
    };
    let mut line = line.to_owned();
    loop {
        match read(&line) {
            Ok(case) => return Ok(case),
            Err(error) => match lone_surrogate(&line) {
                Some(place) => line.replace_range(place..place + 6, "\\uffff"),
                None => return Err(error.into()),
            },
        }
    }
}

/// Where a `\ud800` or the like stands without its other half.
fn lone_surrogate(line: &str) -> Option<usize> {
    let half = |place: usize| {
        let digits = line.get(place..place + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16)
            .ok()
            .filter(|code| (0xD800..0xE000).contains(code))
    };
    let mut place = 0;
    while let Some(found) = line.get(place..)?.find('\\') {
        place += found;
        match (half(place), half(place + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => place += 12,
            (Some(_), _) => return Some(place),
            (None, _) => place += 2,
        }
    }
    None
}

fn decode(case: &Json, decoder: &Decoder) -> Outcome<Json> {
    let xml = bytes(&case["xml_b64"])?;
    let document = match case["kind"].as_str() {
        Some("call") => decoder.method_call::<Vec<Value>>(&xml).map(|call| {
            json!({ "method": call.method.as_str(), "params": call.params.iter().map(typed).collect::<Vec<_>>() })
        }),
        _ => decoder.method_response::<Value>(&xml).map(|response| match response {
            MethodResponse::Success(value) => json!({ "params": [typed(&value)] }),
            MethodResponse::Fault(fault) => json!({ "fault": { "code": fault.code(), "string": fault.string() } }),
        }),
    };
    Ok(match document {
        Ok(document) => json!({ "ok": document }),
        Err(error) => json!({ "error": category(&error), "message": error.to_string() }),
    })
}

fn encode(case: &Json) -> Outcome<Json> {
    let document = &case["typed"];
    let xml = match document {
        _ if document.get("fault").is_some() => {
            let fault = &document["fault"];
            let code = fault["code"].as_i64().unwrap_or_default().try_into()?;
            Encoder::new().fault(&Fault::new(code, fault["string"].as_str().unwrap_or_default()))
        }
        _ if document.get("method").is_some() => {
            let params: Vec<Value> = list(&document["params"])?.collect::<Outcome<_>>()?;
            MethodCall::new(document["method"].as_str().unwrap_or_default(), params)
                .and_then(|call| call.to_vec())
        }
        _ => match list(&document["params"])?.next() {
            Some(value) => MethodResponse::Success(value?).to_vec(),
            None => return Err("a response without a value".into()),
        },
    };
    Ok(match xml {
        Ok(xml) => json!({ "xml_b64": Base64::from(xml).to_string() }),
        Err(error) => json!({ "error": category(&error), "message": error.to_string() }),
    })
}

fn category(error: &xmlrpc_core::Error) -> &'static str {
    match error.category() {
        Category::Syntax => "xml",
        Category::Protocol => "xmlrpc",
        Category::Limit => "limit",
        Category::Encoding => "encoding",
        _ => "value",
    }
}

/// A value as the corpus has it: an object of one key, the type.
fn typed(value: &Value) -> Json {
    let data = match value {
        Value::Int(number) => json!(number),
        Value::I8(number) => json!(number),
        Value::Boolean(truth) => json!(truth),
        Value::Double(number) if number.is_nan() => json!("NaN"),
        Value::Double(number) if number.is_infinite() => json!(if *number > 0.0 { "inf" } else { "-inf" }),
        Value::Double(number) => json!(number),
        Value::String(text) => json!(text),
        Value::DateTime(moment) => json!(moment.to_string()),
        Value::Base64(bytes) => json!(bytes.to_string()),
        Value::Array(values) => values.iter().map(typed).collect(),
        Value::Struct(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.to_owned(), typed(value)))
                .collect(),
        ),
        Value::Nil => Json::Null,
    };
    Json::Object(Map::from_iter([(value.type_name().to_owned(), data)]))
}

/// The inverse of [`typed`].
fn untyped(json: &Json) -> Outcome<Value> {
    let (name, data) = json
        .as_object()
        .and_then(|object| object.iter().next())
        .ok_or("a value is an object of one key")?;
    let text = || data.as_str().ok_or("a text");
    Ok(match name.as_str() {
        "int" | "i8" => {
            let number = data.as_i64().ok_or("an integer of 64 bits")?;
            match (name.as_str(), i32::try_from(number)) {
                ("int", Ok(number)) => Value::Int(number),
                _ => Value::I8(number),
            }
        }
        "boolean" => Value::Boolean(data.as_bool().ok_or("a boolean")?),
        "double" => Value::Double(match data.as_str() {
            Some(word) => word.parse()?,
            None => data.as_f64().ok_or("a double")?,
        }),
        "string" => Value::from(text()?),
        "dateTime.iso8601" => Value::DateTime(text()?.parse()?),
        "base64" => Value::Base64(bytes(data)?.into()),
        "array" => Value::Array(list(data)?.collect::<Outcome<Array>>()?),
        "struct" => {
            let mut members = Struct::new();
            for (name, value) in data.as_object().ok_or("an object")? {
                members.insert(name.as_str(), untyped(value)?);
            }
            Value::Struct(members)
        }
        _ => Value::Nil,
    })
}

fn list(json: &Json) -> Outcome<impl Iterator<Item = Outcome<Value>>> {
    Ok(json.as_array().ok_or("a list")?.iter().map(untyped))
}

/// The bytes behind a base64 text; this crate's own reader decodes it.
fn bytes(json: &Json) -> Outcome<Vec<u8>> {
    let text = json.as_str().ok_or("a base64 text")?;
    let limits = xmlrpc_core::Limits::client();
    let value = format!("<value><base64>{text}</base64></value>");
    Ok(Decoder::new()
        .limits(limits)
        .value::<Base64>(value.as_bytes())?
        .into_inner())
}
