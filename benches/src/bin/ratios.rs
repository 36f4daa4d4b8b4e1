//! Prints how long each contender takes for each workload, and how that compares with `serde_json` on the same data.
//!
//! Arguments: names of workloads, or parts of them, and `--rounds N`. The contenders of a workload take turns for N rounds; the ratio
//! is that of the medians. A contender whose outcome is wrong has no time.

use std::process::ExitCode;
use std::time::Duration;

use benches::arguments::Arguments;
use benches::contender::{Contender, Task, reference};
use benches::contenders::{json, ours, python};
use benches::measure::{self, Times};
use benches::table::{Table, number};
use benches::workloads::{self, Document, Workload};
use benches::{machine, targets};

const ROUNDS: usize = 31;
/// The largest document takes a second or so, so that fewer rounds have to do.
const SIZE_ROUNDS: usize = 5;
/// The small document is read often enough to be disturbed as much as the large one.
const SIZE_ROUND: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("ratios: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = Arguments::of_process()?;
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    println!("{}- rounds: {rounds}\n", machine::description());
    for named in workloads::ALL {
        if arguments.selects(named.name) {
            ratios(&*(named.make)(), rounds);
        }
    }
    if workloads::SIZES.iter().any(|named| arguments.selects(named.name)) {
        sizes(arguments.rounds.unwrap_or(SIZE_ROUNDS).min(SIZE_ROUNDS));
    }
    Ok(())
}

/// The table of one workload.
fn ratios(workload: &dyn Workload, rounds: usize) {
    let document = workload.document();
    let mut contenders = workload.contenders();
    match python::contenders(document) {
        Ok(python) => contenders.extend(python),
        Err(error) => eprintln!("SKIPPED: Python's xmlrpc.client, since python3 does not start: {error}"),
    }
    if document.reads_only {
        contenders.retain(|contender| contender.task == Task::Read);
    }
    let (mut right, wrong) = judged(contenders);
    let times = measure::in_turns(&mut right, rounds, measure::ROUND);

    let (values, xml, json) = (document.values, document.xml.len(), document.json.len());
    println!("### {}\n", document.name);
    println!("{values} values; {xml} bytes of XML, {json} of JSON\n");
    let columns = [
        "task",
        "form",
        "contender",
        "ns/value",
        "MB/s",
        "spread",
        "ratio",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 3);
    for task in [Task::Read, Task::Write] {
        let of_task = |contender: &Contender<'_>| contender.task == task;
        for (index, _) in right.iter().enumerate().filter(|(_, c)| of_task(c)) {
            table.row(row(document, &right, &times, index));
        }
        for (contender, why) in wrong.iter().filter(|(c, _)| of_task(c)) {
            eprintln!("WRONG: {}: {}: {why}", document.name, contender.label());
            let mut cells = vec![String::new(); columns.len()];
            (cells[0], cells[1]) = (task.name().to_owned(), contender.form.name().to_owned());
            (cells[2], cells[3]) = (contender.name.to_owned(), "wrong".to_owned());
            table.row(cells);
        }
    }
    println!("{table}");
}

/// Those that give what they should, and the others with what they gave.
fn judged(contenders: Vec<Contender<'_>>) -> (Vec<Contender<'_>>, Vec<(Contender<'_>, String)>) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for mut contender in contenders {
        match contender.work.check() {
            Ok(()) => right.push(contender),
            Err(why) => wrong.push((contender, why)),
        }
    }
    (right, wrong)
}

fn row(document: &Document, contenders: &[Contender<'_>], times: &[Times], index: usize) -> Vec<String> {
    let contender = &contenders[index];
    let median = times[index].median();
    let reference = reference(contenders, index, document.reference);
    let ratio = reference.map(|reference| median / times[reference].median());
    let target = targets::ratio(document.name, contender).zip(ratio);
    vec![
        contender.task.name().to_owned(),
        contender.form.name().to_owned(),
        contender.name.to_owned(),
        number(median * 1e9 / float(document.values)),
        number(float(contender.bytes) / median / 1e6),
        format!("{:.0} %", times[index].spread() * 100.0),
        ratio.map_or_else(String::new, number),
        target.map_or_else(String::new, |(target, ratio)| target.judge(ratio)),
    ]
}

/// What a byte of a large document costs against one of a small one.
fn sizes(rounds: usize) {
    println!("### Cost against size\n");
    let [small, large] = workloads::SIZES.map(|named| (named.make)());
    let [small_document, large_document] = [&small, &large].map(|workload| workload.document());
    let few = |workload| -> Vec<Contender<'_>> {
        let mut contenders = Workload::contenders(workload);
        contenders.retain(|c| c.task == Task::Read && [ours::NAME, json::NAME].contains(&c.name));
        contenders
    };
    let mut contenders = few(&*small);
    let half = contenders.len();
    contenders.extend(few(&*large));
    for contender in &mut contenders {
        if let Err(why) = contender.work.check() {
            eprintln!("WRONG: {}: {why}", contender.label());
        }
    }
    let times = measure::in_turns(&mut contenders, rounds, SIZE_ROUND);

    println!(
        "Reading records: documents of {} and {} bytes of XML; {rounds} rounds\n",
        small_document.xml.len(),
        large_document.xml.len()
    );
    let columns = [
        "form",
        "contender",
        "ns/byte, small",
        "ns/byte, large",
        "large / small",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 2);
    for index in 0..half {
        let per_byte = |index: usize| times[index].median() * 1e9 / float(contenders[index].bytes);
        let (small, large) = (per_byte(index), per_byte(index + half));
        let is_ours = contenders[index].name == ours::NAME;
        let verdict = is_ours.then(|| targets::SCALING.judge(large / small));
        table.row([
            contenders[index].form.name().to_owned(),
            contenders[index].name.to_owned(),
            number(small),
            number(large),
            number(large / small),
            verdict.unwrap_or_default(),
        ]);
    }
    println!("{table}");
}

fn float(count: usize) -> f64 {
    measure::as_f64(count as u64)
}
