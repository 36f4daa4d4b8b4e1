//! quick-xml's event loop alone: the least that a decoder on top of it can cost.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::contender::{Contender, Form, Task};
use crate::workloads::Document;

/// Its name in the tables.
pub const NAME: &str = "quick-xml, events only";

/// Reads all events and counts the `<value>`s.
pub fn events(document: &Document) -> Vec<Contender<'_>> {
    let read = || count_values(&document.xml);
    let right = |values: &usize| *values == document.values;
    let task = (Task::Read, Form::Value);
    vec![Contender::new(NAME, task, document.xml.len(), read, right)]
}

fn count_values(xml: &str) -> quick_xml::Result<usize> {
    let mut reader = Reader::from_str(xml);
    let mut values = 0;
    loop {
        match reader.read_event()? {
            Event::Start(tag) if tag.name().as_ref() == "value" => values += 1,
            Event::Eof => return Ok(values),
            _ => {}
        }
    }
}
