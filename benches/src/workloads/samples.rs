//! How each workload is made.

use serde_bytes::ByteBuf;

use super::numbers::Numbers;
use super::types::{Base64Text, Entry, EntryRef, Nested, Record, RecordRef, Status, StatusRef, Text};
use super::{Document, Envelope, Layout, Sample, Workload};
use crate::contenders::{base64, dxr, json, ours};

const MIB: usize = 1024 * 1024;

const NAMES: [&str; 8] = [
    "Ada Lovelace",
    "Grace Hopper",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Zoë Núñez",
    "Alan Turing",
    "Mary Jackson",
    "Niklaus Wirth",
];
const CITIES: [&str; 6] = [
    "London",
    "Arlington",
    "Rotterdam",
    "Los Angeles",
    "Málaga",
    "Winterthur",
];
const WORDS: [&str; 12] = [
    "delivery", "is", "late", "since", "the", "harbour", "was", "closed", "for", "repair", "and", "customs",
];

pub(super) fn tiny_call() -> Box<dyn Workload> {
    let document = ("tiny-call", Envelope::Call("files.rename"), Layout::Compact);
    same_types(document, (17, "second draft".to_owned(), true), |sample| {
        let mut more = ours::borrowed::<(i32, &str, bool)>(&sample.document);
        more.extend(json::borrowed::<(i32, &str, bool)>(&sample.document));
        more.extend(dxr::typed(&sample.document, &sample.typed));
        more
    })
}

pub(super) fn struct_12() -> Box<dyn Workload> {
    let status = Status {
        name: "mail-queue".to_owned(),
        group: "mail".to_owned(),
        description: "pid 18321, uptime 11 days, 7:12:45".to_owned(),
        state: 20,
        state_name: "RUNNING".to_owned(),
        pid: 18321,
        started: 1_725_000_000,
        stopped: 0,
        exit_status: 0,
        load: 0.37,
        healthy: true,
        log_file: "/var/log/mail/queue.log".to_owned(),
    };
    same_types(
        ("struct-12", Envelope::Response, Layout::Compact),
        status,
        |sample| {
            let mut more = ours::borrowed::<StatusRef<'_>>(&sample.document);
            more.extend(json::borrowed::<StatusRef<'_>>(&sample.document));
            more.extend(dxr::typed(&sample.document, &sample.typed));
            more
        },
    )
}

pub(super) fn ints() -> Box<dyn Workload> {
    let mut numbers = Numbers::new();
    let ints: Vec<i32> = (0..10_000).map(|_| numbers.next().cast_signed()).collect();
    same_types(("ints", Envelope::Response, Layout::Compact), ints, |sample| {
        dxr::typed(&sample.document, &sample.typed)
    })
}

pub(super) fn records() -> Box<dyn Workload> {
    record_workload("records", Layout::Compact, 1_000)
}

pub(super) fn records_python() -> Box<dyn Workload> {
    record_workload("records-python", Layout::Python, 1_000)
}

pub(super) fn records_1_mib() -> Box<dyn Workload> {
    record_workload("records-1mib", Layout::Compact, records_in(MIB))
}

pub(super) fn records_256_mib() -> Box<dyn Workload> {
    record_workload("records-256mib", Layout::Compact, records_in(256 * MIB))
}

fn record_workload(name: &'static str, layout: Layout, count: usize) -> Box<dyn Workload> {
    let typed = make_records(count);
    let mut document = Document::new((name, Envelope::Response, layout), &typed, &typed);
    document.reads_only = name != "records";
    Box::new(Sample {
        document,
        json_typed: typed.clone(),
        typed,
        more: |sample| {
            let mut more = ours::borrowed::<Vec<RecordRef<'_>>>(&sample.document);
            more.extend(json::borrowed::<Vec<RecordRef<'_>>>(&sample.document));
            more.extend(dxr::typed(&sample.document, &sample.typed));
            more
        },
    })
}

/// How many records fill a document of that many bytes, give or take a percent.
fn records_in(bytes: usize) -> usize {
    let some = 1_000;
    let records = make_records(some);
    let document = Document::new(("", Envelope::Response, Layout::Compact), &records, &records);
    bytes / (document.xml.len() / some)
}

/// So many records, the same in every run.
pub(crate) fn make_records(count: usize) -> Vec<Record> {
    let mut numbers = Numbers::new();
    let mut id = 100_000;
    let mut record = || {
        id += 1;
        let name = numbers.pick(&NAMES);
        let comment: Vec<&str> = (0..4 + numbers.below(6)).map(|_| numbers.pick(&WORDS)).collect();
        Record {
            id,
            name: name.to_owned(),
            email: format!("user{id}@example.org"),
            city: numbers.pick(&CITIES).to_owned(),
            comment: comment.join(" "),
            active: numbers.below(4) != 0,
            score: numbers.decimal(100),
            balance: numbers.decimal(50_000),
            visits: numbers.below(1_000).cast_signed(),
            group: numbers.below(20).cast_signed(),
        }
    };
    (0..count).map(|_| record()).collect()
}

pub(super) fn multicall() -> Box<dyn Workload> {
    let mut numbers = Numbers::new();
    let mut entry = |index: i32| Entry {
        method_name: numbers
            .pick(&["stock.reserve", "stock.release", "orders.confirm"])
            .to_owned(),
        params: (format!("item-{:06}", numbers.below(1_000_000)), index),
    };
    let entries: (Vec<Entry>,) = ((0..1_000).map(&mut entry).collect(),);
    let document = ("multicall", Envelope::Call("system.multicall"), Layout::Compact);
    same_types(document, entries, |sample| {
        let mut more = ours::borrowed::<(Vec<EntryRef<'_>>,)>(&sample.document);
        more.extend(json::borrowed::<(Vec<EntryRef<'_>>,)>(&sample.document));
        more
    })
}

pub(super) fn text() -> Box<dyn Workload> {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(MIB);
    while text.len() < MIB {
        let c = match numbers.below(100) {
            0..2 => numbers.pick(&['&', '<', '>']),
            2..18 if !text.is_empty() && !text.ends_with(' ') && text.len() + 1 < MIB => ' ',
            _ => char::from(b'a' + u8::try_from(numbers.below(26)).unwrap_or_default()),
        };
        text.push(c);
    }
    same_types(("text", Envelope::Response, Layout::Compact), text, |sample| {
        let mut more = ours::borrowed::<Text<'_>>(&sample.document);
        more.extend(json::borrowed::<Text<'_>>(&sample.document));
        more.extend(dxr::typed(&sample.document, &sample.typed));
        more
    })
}

pub(super) fn nested() -> Box<dyn Workload> {
    let innermost = Nested(Vec::new());
    let arrays = (1..64).fold(innermost, |inner, _| Nested(vec![inner]));
    same_types(("nested", Envelope::Response, Layout::Compact), arrays, |_| {
        Vec::new()
    })
}

pub(super) fn base64_line() -> Box<dyn Workload> {
    base64_workload("base64-line", Layout::Compact)
}

pub(super) fn base64_wrapped() -> Box<dyn Workload> {
    base64_workload("base64-wrapped", Layout::Python)
}

fn base64_workload(name: &'static str, layout: Layout) -> Box<dyn Workload> {
    let mut numbers = Numbers::new();
    let bytes: Vec<u8> = (0..2 * MIB).flat_map(|_| numbers.next().to_le_bytes()).collect();
    let (typed, json_typed) = (ByteBuf::from(bytes.clone()), Base64Text(bytes));
    let mut document = Document::new((name, Envelope::Response, layout), &typed, &json_typed);
    document.reference = base64::SIMD;
    Box::new(Sample {
        document,
        typed,
        json_typed,
        more: |sample| base64::alone(&sample.document, &sample.typed),
    })
}

/// A sample whose type serves XML-RPC and JSON alike.
fn same_types<T>(
    document: (&'static str, Envelope, Layout),
    typed: T,
    more: fn(&Sample<T>) -> Vec<crate::contender::Contender<'_>>,
) -> Box<dyn Workload>
where
    T: Clone + serde::Serialize + serde::de::DeserializeOwned + PartialEq + 'static,
{
    Box::new(Sample {
        document: Document::new(document, &typed, &typed),
        json_typed: typed.clone(),
        typed,
        more,
    })
}
