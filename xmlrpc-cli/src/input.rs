//! What comes in from files and standard input, with limits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Result};

/// The longest line of JSON.
const LINE: u64 = 256 << 20;

/// A file, or standard input for none and for `-`.
#[derive(Clone, Debug)]
pub(crate) struct Source(Option<PathBuf>);

impl Source {
    pub(crate) fn new(file: Option<&Path>) -> Self {
        Self(file.filter(|path| *path != Path::new("-")).map(Path::to_owned))
    }

    /// Its name, for messages.
    pub(crate) fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new("standard input"))
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Read>> {
        match &self.0 {
            None => Ok(Box::new(io::stdin().lock())),
            Some(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(Failure::file(path, &error)),
            },
        }
    }

    /// How many bytes it has; `None` where that is not known beforehand.
    pub(crate) fn length(&self) -> Option<u64> {
        let metadata = std::fs::metadata(self.0.as_ref()?).ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// All of it, and no more than one byte beyond `limit`.
    pub(crate) fn read(&self, limit: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self.open()?.take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::file(self.path(), &error))?;
        Ok(bytes)
    }
}

/// Lines that a thread of their own reads, so that the next one need not be waited for.
pub(crate) struct Lines(Receiver<Result<Vec<u8>>>);

/// What a wait for a line gave.
pub(crate) enum Next {
    Line(Vec<u8>),
    End,
    /// None within the time.
    NotYet,
}

impl Lines {
    /// How many lines wait at most for somebody to ask for them.
    const AHEAD: usize = 16;

    pub(crate) fn of(source: Source) -> Self {
        let (sender, receiver) = mpsc::sync_channel(Self::AHEAD);
        thread::spawn(move || {
            let read = || {
                let mut input = BufReader::new(source.open()?);
                while let Some(line) = line(&mut input)? {
                    if sender.send(Ok(line)).is_err() {
                        break;
                    }
                }
                Ok(())
            };
            if let Err(failure) = read() {
                // Nobody waits any more where the program ends.
                let _ = sender.send(Err(failure));
            }
        });
        Self(receiver)
    }

    /// The next line, for which to wait so long at most, or as long as it takes.
    pub(crate) fn next(&self, wait: Option<Duration>) -> Result<Next> {
        let received = match wait {
            Some(wait) => self.0.recv_timeout(wait),
            None => self.0.recv().map_err(RecvTimeoutError::from),
        };
        match received {
            Ok(line) => line.map(Next::Line),
            Err(RecvTimeoutError::Timeout) => Ok(Next::NotYet),
            Err(RecvTimeoutError::Disconnected) => Ok(Next::End),
        }
    }
}

/// The next line, without its end; `None` at the end of input.
pub(crate) fn line(input: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = input.take(LINE + 1).read_until(b'\n', &mut line);
    let read = read.map_err(|error| Failure::Usage(format!("reading a line: {error}")))?;
    if read as u64 > LINE {
        return Err(Failure::Usage(format!("a line is longer than {LINE} bytes")));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok((read > 0).then_some(line))
}
