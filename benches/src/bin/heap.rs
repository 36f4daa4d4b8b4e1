//! Prints what reading takes of the heap: what the result holds, the most that was held at a time, and how many allocations it took.
//!
//! Arguments: names of workloads, or parts of them. A program of its own, since counting slows every allocation down.

use std::process::ExitCode;

use allocation_counter::AllocationInfo;

use benches::arguments::Arguments;
use benches::contender::{Contender, Form, Task};
use benches::contenders::ours;
use benches::measure::as_f64;
use benches::table::{Table, number};
use benches::workloads::{self, Document, Workload};
use benches::{machine, targets};

/// What is measured when nothing is asked for.
const USUAL: [&str; 4] = ["records", "records-python", "base64-line", "base64-wrapped"];

fn main() -> ExitCode {
    let arguments = match Arguments::of_process() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("heap: {message}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", machine::description());
    let is_usual = |name| !arguments.filters.is_empty() || USUAL.contains(&name);
    for named in workloads::ALL.iter().chain(&workloads::SIZES) {
        if arguments.selects(named.name) && is_usual(named.name) {
            heap(&*(named.make)());
        }
    }
    ExitCode::SUCCESS
}

/// The table of one workload.
fn heap(workload: &dyn Workload) {
    let document = workload.document();
    println!("### {}: heap\n", document.name);
    println!(
        "{} values; {} bytes of XML, {} of JSON\n",
        document.values,
        document.xml.len(),
        document.json.len()
    );
    let columns = [
        "form",
        "contender",
        "bytes held/value",
        "bytes at peak/value",
        "allocations held/value",
        "allocations made/value",
        "peak - held",
        "peak / document",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 2);
    for mut contender in workload
        .contenders()
        .into_iter()
        .filter(|contender| contender.task == Task::Read)
    {
        match contender.work.check() {
            Ok(()) => table.row(row(document, &mut contender)),
            Err(why) => eprintln!("WRONG: {}: {}: {why}", document.name, contender.label()),
        }
    }
    println!("{table}");
}

fn row(document: &Document, contender: &mut Contender<'_>) -> Vec<String> {
    let mut info = AllocationInfo::default();
    contender
        .work
        .observe(&mut |work| info = allocation_counter::measure(work));
    let values = as_f64(document.values as u64);
    let held = as_f64(u64::try_from(info.bytes_current).unwrap_or_default());
    let (peak, allocations) = (as_f64(info.bytes_max), as_f64(info.count_total));
    let of_document = peak / as_f64(contender.bytes as u64);
    vec![
        contender.form.name().to_owned(),
        contender.name.to_owned(),
        number(held / values),
        number(peak / values),
        number(as_f64(u64::try_from(info.count_current).unwrap_or_default()) / values),
        number(allocations / values),
        number(peak - held),
        format!("{of_document:.3}"),
        verdict(
            document,
            contender,
            [held / values, allocations / values, peak - held, of_document],
        ),
    ]
}

/// The verdicts on what the targets are about.
fn verdict(
    document: &Document,
    contender: &Contender<'_>,
    [held, allocations, beyond, of_document]: [f64; 4],
) -> String {
    if contender.name != ours::NAME {
        return String::new();
    }
    let is_base64 = document.name.starts_with("base64");
    match contender.form {
        Form::Value if document.name.starts_with("records") => format!(
            "bytes held {}; allocations {}",
            targets::HEAP_BYTES.judge(held),
            targets::ALLOCATIONS.judge(allocations),
        ),
        Form::Typed if document.name.starts_with("records") => {
            format!("peak - held {}", targets::BEYOND_RESULT.judge(beyond))
        }
        Form::Typed if is_base64 => format!("peak / document {}", targets::BASE64_PEAK.judge(of_document)),
        _ => String::new(),
    }
}
