//! Listens to a program until it has nothing more to say.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdout};
use std::sync::Arc;

use crate::live::{Record, Stream};
use crate::machine;
use crate::sys::process;

/// A longer line is cut in pieces.
const LINE: usize = 4_096;

/// A stream of a program, and the line that is not complete yet.
struct Source {
    stream: Stream,
    file: Option<File>,
    rest: Vec<u8>,
}

impl Source {
    fn new(stream: Stream, pipe: Option<OwnedFd>) -> Self {
        Self {
            stream,
            file: pipe.map(File::from),
            rest: Vec::new(),
        }
    }

    /// Takes what is there; it can be read without waiting.
    fn take(&mut self, record: &Record) {
        let mut buffer = [0; 8_192];
        let Some(file) = &mut self.file else { return };
        match file.read(&mut buffer) {
            Ok(0) => self.close(record),
            Ok(length) => {
                self.rest.extend(&buffer[..length]);
                self.split(record);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.close(record),
        }
    }

    fn split(&mut self, record: &Record) {
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.push(record, &line[..end]);
        }
        while self.rest.len() >= LINE {
            let piece: Vec<u8> = self.rest.drain(..LINE).collect();
            self.push(record, &piece);
        }
    }

    fn push(&self, record: &Record, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        record.push(self.stream, String::from_utf8_lossy(line).into_owned());
    }

    fn close(&mut self, record: &Record) {
        self.file = None;
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.push(record, &rest);
        }
    }
}

/// Takes down what a program prints and when it ends, on a thread outside of the network that ends with the program's streams.
pub(crate) fn watch(record: &Arc<Record>, output: Option<ChildStdout>, error: Option<ChildStderr>) {
    let sources = [
        Source::new(Stream::Output, output.map(OwnedFd::from)),
        Source::new(Stream::Error, error.map(OwnedFd::from)),
    ];
    let end = process::end_of(record.id).ok();
    let record = Arc::clone(record);
    machine::spawn("program watcher", move || {
        listen(&record, sources, end);
        record.fell_silent();
        record.ended();
    });
}

fn listen(record: &Record, mut sources: [Source; 2], mut end: Option<OwnedFd>) {
    loop {
        let silent = sources.iter().all(|source| source.file.is_none());
        if silent {
            record.fell_silent();
        }
        let mut waited: Vec<BorrowedFd<'_>> = sources
            .iter()
            .filter_map(|source| source.file.as_ref().map(AsFd::as_fd))
            .collect();
        waited.extend(end.as_ref().map(AsFd::as_fd));
        if waited.is_empty() {
            return;
        }
        let Ok(ready) = process::wait_readable(&waited, None) else {
            return;
        };
        let mut ready = ready.into_iter();
        for source in &mut sources {
            if source.file.is_some() && ready.next().unwrap_or_default() {
                source.take(record);
            }
        }
        if end.is_some() && ready.next().unwrap_or_default() {
            end = None;
            record.ended();
        }
    }
}
