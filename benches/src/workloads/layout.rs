//! Documents written by hand, so that what is read does not depend on the encoder that is measured.

use xmlrpc_core::Value;

use super::Envelope;

/// Where line ends stand in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Nowhere but behind the declaration; base64 is on one line.
    Compact,
    /// Where Python's `xmlrpc.client` has them: behind `</value>`, `<struct>`, `<member>` and the like; base64 is on lines of 76 characters.
    Python,
}

/// The document of a value.
pub(super) fn document(envelope: Envelope, value: &Value, layout: Layout) -> String {
    let mut page = Page {
        text: String::new(),
        layout,
    };
    page.text.push_str("<?xml version='1.0'?>\n");
    match envelope {
        Envelope::Call(method) => {
            page.line("<methodCall>");
            page.line(&format!("<methodName>{method}</methodName>"));
            page.params(value.as_array().map_or(&[], |params| params.as_slice()));
            page.line("</methodCall>");
        }
        Envelope::Response => {
            page.line("<methodResponse>");
            page.params(std::slice::from_ref(value));
            page.line("</methodResponse>");
        }
    }
    page.text
}

struct Page {
    text: String,
    layout: Layout,
}

impl Page {
    /// Text, and the line end that may follow.
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        if self.layout == Layout::Python {
            self.text.push('\n');
        }
    }

    fn params(&mut self, params: &[Value]) {
        self.line("<params>");
        for param in params {
            self.line("<param>");
            self.value(param);
            self.line("</param>");
        }
        self.line("</params>");
    }

    fn value(&mut self, value: &Value) {
        self.text.push_str("<value>");
        match value {
            Value::Int(number) => self.scalar("int", &number.to_string()),
            Value::Boolean(truth) => self.scalar("boolean", if *truth { "1" } else { "0" }),
            Value::String(text) => self.scalar("string", &escaped(text)),
            Value::Double(number) => self.scalar("double", &number.to_string()),
            Value::Base64(bytes) => self.base64(bytes),
            Value::Array(values) => {
                self.line("<array><data>");
                values.iter().for_each(|value| self.value(value));
                self.text.push_str("</data></array>");
            }
            Value::Struct(members) => {
                self.line("<struct>");
                for (name, value) in members {
                    self.line("<member>");
                    self.line(&format!("<name>{name}</name>"));
                    self.value(value);
                    self.line("</member>");
                }
                self.text.push_str("</struct>");
            }
            other => unreachable!("no workload holds {}", other.type_name()),
        }
        self.line("</value>");
    }

    fn scalar(&mut self, tag: &str, text: &str) {
        self.text.push_str(&format!("<{tag}>{text}</{tag}>"));
    }

    fn base64(&mut self, bytes: &[u8]) {
        let text = base64_simd::STANDARD.encode_to_string(bytes);
        match self.layout {
            Layout::Compact => self.scalar("base64", &text),
            Layout::Python => self.scalar("base64", &wrapped(&text)),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Lines of 76 characters, each with its end, behind an empty one.
fn wrapped(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() / 75 * 77);
    lines.push('\n');
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(76));
        lines.push_str(line);
        lines.push('\n');
        rest = behind;
    }
    lines
}
