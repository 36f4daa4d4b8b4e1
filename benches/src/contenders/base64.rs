//! Base64 without any document around it: the least that a `<base64>` can cost.

use ::base64::Engine as _;
use ::base64::prelude::BASE64_STANDARD;

use crate::contender::{Contender, Form, Task};
use crate::workloads::{Document, Layout};

/// The name in the tables of what is compared with.
pub const SIMD: &str = "base64-simd alone, one line";

const READ: (Task, Form) = (Task::Read, Form::Typed);
const WRITE: (Task, Form) = (Task::Write, Form::Typed);

/// The text on one line between here and the bytes, by three libraries; `base64-simd` is what the rest is compared with. Where the
/// document's base64 is wrapped, `base64-simd`'s way to read wrapped text, too.
pub fn alone<'w>(document: &'w Document, bytes: &'w [u8]) -> Vec<Contender<'w>> {
    let line = base64_simd::STANDARD.encode_to_string(bytes);
    let length = line.len();
    let reads = move |read: &Vec<u8>| read == bytes;
    let writes = move |text: &String| {
        base64_simd::STANDARD
            .decode_to_vec(text)
            .is_ok_and(|b| b == bytes)
    };

    let text = line.clone();
    let simd_reads = move || base64_simd::STANDARD.decode_to_vec(&text);
    let simd_writes = move || Ok::<_, String>(base64_simd::STANDARD.encode_to_string(bytes));
    let text = line.clone();
    let base64_reads = move || BASE64_STANDARD.decode(&text);
    let base64_writes = move || Ok::<_, String>(BASE64_STANDARD.encode(bytes));
    let turbo_reads = move || base64_turbo::STANDARD.decode(&line);
    let turbo_writes = move || Ok::<_, String>(base64_turbo::STANDARD.encode(bytes));

    let mut all = vec![
        Contender::new(SIMD, READ, length, simd_reads, reads),
        Contender::new("base64 alone, one line", READ, length, base64_reads, reads),
        Contender::new("base64-turbo alone, one line", READ, length, turbo_reads, reads),
        Contender::new(SIMD, WRITE, length, simd_writes, writes),
        Contender::new("base64 alone, one line", WRITE, length, base64_writes, writes),
        Contender::new(
            "base64-turbo alone, one line",
            WRITE,
            length,
            turbo_writes,
            writes,
        ),
    ];
    if let (Layout::Python, Some(wrapped)) = (document.layout, text_of(&document.xml)) {
        let forgiving = || base64_simd::forgiving_decode_to_vec(wrapped.as_bytes());
        all.push(Contender::new(
            "base64-simd alone, forgiving",
            READ,
            wrapped.len(),
            forgiving,
            reads,
        ));
    }
    all
}

/// What stands between `<base64>` and `</base64>`.
fn text_of(xml: &str) -> Option<&str> {
    let (_, behind) = xml.split_once("<base64>")?;
    Some(behind.split_once("</base64>")?.0)
}
