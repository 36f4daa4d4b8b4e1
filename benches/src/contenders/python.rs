//! Python's `xmlrpc.client`, in a process of its own that times itself.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::contender::{Contender, Form, Task, Work};
use crate::workloads::{Document, Envelope, Layout};

const SCRIPT: &str = include_str!("python.py");

/// Reading and writing by Python.
///
/// # Errors
///
/// When there is no `python3` to start.
pub fn contenders(document: &Document) -> io::Result<Vec<Contender<'_>>> {
    let contender = |task| {
        Ok(Contender {
            name: "Python's xmlrpc.client",
            task,
            form: Form::Value,
            bytes: document.xml.len(),
            work: Box::new(Python::start(document, task)?),
        })
    };
    [Task::Read, Task::Write].into_iter().map(contender).collect()
}

/// A child process with the document in it, which waits for commands.
struct Python<'w> {
    document: &'w Document,
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl<'w> Python<'w> {
    fn start(document: &'w Document, task: Task) -> io::Result<Self> {
        let mut child = Command::new("python3")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(mut commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes to python3"));
        };
        let kind = match document.envelope {
            Envelope::Call(_) => "call",
            Envelope::Response => "response",
        };
        writeln!(commands, "{} {kind} {}", task.name(), document.xml.len())?;
        commands.write_all(document.xml.as_bytes())?;
        Ok(Self {
            document,
            child,
            commands,
            answers: BufReader::new(answers),
        })
    }

    /// Sends a command and gives the first line of the answer.
    fn ask(&mut self, command: &str) -> io::Result<String> {
        writeln!(self.commands, "{command}")?;
        self.commands.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn written(&mut self) -> io::Result<Vec<u8>> {
        let length = self.ask("check")?.parse().map_err(io::Error::other)?;
        let mut written = vec![0; length];
        self.answers.read_exact(&mut written)?;
        Ok(written)
    }
}

impl Work for Python<'_> {
    fn check(&mut self) -> Result<(), String> {
        let written = self.written().map_err(|error| error.to_string())?;
        // A document in Python's layout has to be the very one that Python writes.
        if self.document.layout == Layout::Python && written != self.document.xml.as_bytes() {
            return Err("another document than expected".to_owned());
        }
        let right = self.document.is_written_in(written);
        right
            .then_some(())
            .ok_or_else(|| "another value than expected".to_owned())
    }

    /// Zero where the process is gone, which no table takes for a time.
    fn time(&mut self, iterations: u64) -> Duration {
        let answer = self.ask(&iterations.to_string()).unwrap_or_default();
        answer.parse().map(Duration::from_secs_f64).unwrap_or_default()
    }

    fn observe(&mut self, _: &mut dyn FnMut(&mut dyn FnMut())) {}
}

impl Drop for Python<'_> {
    fn drop(&mut self) {
        // It may be gone already; there is nothing to do about it then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
