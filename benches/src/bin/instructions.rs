//! Prints how many instructions a value costs, as callgrind counts them: figures that repeat on a machine that is not quiet.
//!
//! Arguments: names of workloads, or parts of them. The program starts itself under valgrind twice for each contender, with more
//! iterations the second time; what differs is the cost of the iterations alone. `--one <workload> <contender> <iterations>` is how
//! it starts itself.

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use benches::arguments::Arguments;
use benches::contender::{Contender, Form, Task};
use benches::contenders::{base64, dxr, json, ours, quick_xml};
use benches::measure::as_f64;
use benches::table::{Table, number};
use benches::workloads::{self, Document, Named};
use benches::{callgrind, machine, targets};

/// The iterations that differ hold at least so many values.
const VALUES: usize = 20_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--one", workload, contender, iterations] => one(workload, contender, iterations),
        _ => Arguments::of_process().and_then(|arguments| all(&arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("instructions: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What runs under valgrind.
fn one(workload: &str, label: &str, iterations: &str) -> Result<(), String> {
    let named = workloads::ALL
        .iter()
        .find(|named| named.name == workload)
        .ok_or("no such workload")?;
    let iterations = iterations.parse().map_err(|_| "iterations want a number")?;
    let workload = (named.make)();
    let contenders = workload.contenders();
    let contender = contenders
        .into_iter()
        .find(|contender| contender.label() == label);
    contender.ok_or("no such contender")?.work.time(iterations);
    Ok(())
}

fn all(arguments: &Arguments) -> Result<(), String> {
    let valgrind = Command::new("valgrind").arg("--version").output();
    let version = valgrind
        .map_err(|error| format!("valgrind, which counts the instructions, does not start: {error}"))?;
    println!(
        "{}- {}\n",
        machine::description(),
        String::from_utf8_lossy(&version.stdout).trim()
    );
    let selected = workloads::ALL
        .iter()
        .filter(|named| arguments.selects(named.name));
    selected.copied().try_for_each(instructions)
}

/// The table of one workload.
fn instructions(named: Named) -> Result<(), String> {
    let workload = (named.make)();
    let document = workload.document();
    let mut contenders = workload.contenders();
    contenders.retain(|contender| is_counted(document, contender));
    println!("### {}: instructions\n", document.name);
    println!(
        "{} values; {} bytes of XML, {} of JSON\n",
        document.values,
        document.xml.len(),
        document.json.len()
    );
    let columns = [
        "task",
        "form",
        "contender",
        "instructions/value",
        "instructions/byte",
        "target (floor)",
    ];
    let mut table = Table::new(&columns, 3);
    for task in [Task::Read, Task::Write] {
        for contender in contenders.iter_mut().filter(|contender| contender.task == task) {
            if let Err(why) = contender.work.check() {
                eprintln!("WRONG: {}: {}: {why}", document.name, contender.label());
                continue;
            }
            table.row(row(document, contender)?);
        }
    }
    println!("{table}");
    Ok(())
}

fn is_counted(document: &Document, contender: &Contender<'_>) -> bool {
    let is_named = match contender.name {
        ours::NAME | json::NAME | base64::SIMD => true,
        dxr::NAME => contender.form == Form::Value,
        quick_xml::NAME => document.name.starts_with("records"),
        _ => false,
    };
    is_named && (contender.task == Task::Read || !document.reads_only)
}

fn row(document: &Document, contender: &Contender<'_>) -> Result<Vec<String>, String> {
    let iterations = (VALUES / document.values).clamp(1, if document.values == 1 { 2 } else { VALUES });
    let label = contender.label();
    let [few, many] = [
        Counted::start(document.name, &label, 1)?,
        Counted::start(document.name, &label, 1 + iterations)?,
    ];
    let (few, many) = (few.instructions()?, many.instructions()?);
    let each = as_f64(many.saturating_sub(few)) / as_f64(iterations as u64);
    let per_value = each / as_f64(document.values as u64);
    let target = targets::instructions(document.name, contender);
    Ok(vec![
        contender.task.name().to_owned(),
        contender.form.name().to_owned(),
        contender.name.to_owned(),
        number(per_value),
        number(each / as_f64(contender.bytes as u64)),
        target.map_or_else(String::new, |target| target.judge(per_value)),
    ])
}

/// This program under callgrind, with the file that callgrind is going to write.
struct Counted {
    child: Child,
    file: PathBuf,
}

impl Counted {
    fn start(workload: &str, label: &str, iterations: usize) -> Result<Self, String> {
        let name = format!("xmlrpc-instructions-{}-{iterations}.out", std::process::id());
        let file = std::env::temp_dir().join(name);
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let child = Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind"])
            .arg(format!("--callgrind-out-file={}", file.display()))
            .arg(program)
            .args(["--one", workload, label, &iterations.to_string()])
            .stdout(Stdio::null())
            .spawn();
        let child = child.map_err(|error| format!("valgrind does not start: {error}"))?;
        Ok(Self { child, file })
    }

    fn instructions(mut self) -> Result<u64, String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let count = callgrind::total(&self.file);
        // It is a file of a temporary folder.
        let _ = std::fs::remove_file(&self.file);
        if status.success() {
            count
        } else {
            Err(format!("valgrind ended with {status}"))
        }
    }
}
