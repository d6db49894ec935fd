//! Listens to a program until it has nothing more to say.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdout, Output};
use std::sync::Arc;
use std::time::Duration;

use crate::live::program::Line;
use crate::live::{Record, Stream};
use crate::machine;
use crate::sys::process;

/// A longer line is cut in pieces.
const LINE: usize = 4_096;
/// What is read at once.
const READ: usize = 8_192;
/// The largest pipe that an ordinary program can ask for: so much may be left in it when the program has ended.
const LEFT: usize = 1 << 20;

/// A stream of a program, and the line that is not complete yet.
struct Source {
    stream: Stream,
    file: Option<File>,
    rest: Vec<u8>,
    /// Everything, if somebody wants it.
    whole: Option<Vec<u8>>,
}

impl Source {
    fn new(stream: Stream, pipe: Option<OwnedFd>) -> Self {
        Self {
            stream,
            file: pipe.map(File::from),
            rest: Vec::new(),
            whole: None,
        }
    }

    /// Takes what is there; it can be read without waiting.
    fn take(&mut self, record: &Record) {
        let mut buffer = [0; READ];
        let Some(file) = &mut self.file else { return };
        match file.read(&mut buffer) {
            Ok(0) => self.close(record),
            Ok(length) => {
                self.rest.extend(&buffer[..length]);
                self.whole
                    .iter_mut()
                    .for_each(|whole| whole.extend(&buffer[..length]));
                self.split(record);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.close(record),
        }
    }

    /// Takes what a program that has ended has left in the pipe. A daemon of its may write on, and is not heard out here.
    fn take_last_words(&mut self, record: &Record) {
        for _ in 0..LEFT / READ {
            let Some(file) = &self.file else { return };
            if !process::readable_within(file.as_fd(), Duration::ZERO).unwrap_or_default() {
                return;
            }
            self.take(record);
        }
    }

    fn take_whole(&mut self) -> Vec<u8> {
        self.whole.take().unwrap_or_default()
    }

    fn split(&mut self, record: &Record) {
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.push(record, &line[..end], true);
        }
        while self.rest.len() >= LINE {
            let piece: Vec<u8> = self.rest.drain(..LINE).collect();
            self.push(record, &piece, false);
        }
    }

    fn push(&self, record: &Record, line: &[u8], is_ended: bool) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        record.push(Line {
            stream: self.stream,
            text: String::from_utf8_lossy(line).into_owned(),
            is_ended,
        });
    }

    fn close(&mut self, record: &Record) {
        self.file = None;
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.push(record, &rest, false);
        }
    }
}

/// Listens to a program until it has closed its streams and has ended.
struct Listener {
    record: Arc<Record>,
    sources: [Source; 2],
    /// Can be read once the program has ended; none where the kernel does not say, and afterwards.
    end: Option<OwnedFd>,
}

/// Takes down what a program prints and when it ends, on a thread outside of the network that ends with the program's streams.
///
/// Without a thread the streams are closed, and the program would die of what it prints next.
pub(crate) fn watch(
    record: &Arc<Record>,
    output: Option<ChildStdout>,
    error: Option<ChildStderr>,
) -> io::Result<()> {
    let mut listener = Listener::new(record, output, error);
    machine::spawn("program watcher", move || listener.listen())
}

/// Takes down the same on the calling thread, waits for the program, and returns all that it printed.
pub(crate) fn hear_out(record: &Arc<Record>, mut child: Child) -> io::Result<Output> {
    // It may be waiting for the end of its input.
    drop(child.stdin.take());
    let mut listener = Listener::new(record, child.stdout.take(), child.stderr.take());
    for source in &mut listener.sources {
        source.whole = Some(Vec::new());
    }
    listener.listen();
    let status = child.wait()?;
    record.ended_with(status);
    let [stdout, stderr] = listener.sources.each_mut().map(Source::take_whole);
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

impl Listener {
    fn new(record: &Arc<Record>, output: Option<ChildStdout>, error: Option<ChildStderr>) -> Self {
        Self {
            record: Arc::clone(record),
            sources: [
                Source::new(Stream::Output, output.map(OwnedFd::from)),
                Source::new(Stream::Error, error.map(OwnedFd::from)),
            ],
            end: process::end_of(record.id).ok(),
        }
    }

    fn listen(&mut self) {
        loop {
            if self.sources.iter().all(|source| source.file.is_none()) {
                self.record.fell_silent();
            }
            let mut waited: Vec<BorrowedFd<'_>> = self
                .sources
                .iter()
                .filter_map(|source| source.file.as_ref().map(AsFd::as_fd))
                .collect();
            waited.extend(self.end.as_ref().map(AsFd::as_fd));
            if waited.is_empty() {
                return;
            }
            let Ok(ready) = process::wait_readable(&waited, None) else {
                return;
            };
            let mut ready = ready.into_iter();
            for source in &mut self.sources {
                if source.file.is_some() && ready.next().unwrap_or_default() {
                    source.take(&self.record);
                }
            }
            if self.end.is_some() && ready.next().unwrap_or_default() {
                self.end = None;
                for source in &mut self.sources {
                    source.take_last_words(&self.record);
                }
                if let Some(status) = process::ending_of(self.record.id) {
                    self.record.ended_with(status);
                }
                self.record.ended();
            }
        }
    }
}

/// Whatever becomes of the thread, and if it could not be started: those who wait for the program go on.
impl Drop for Listener {
    fn drop(&mut self) {
        self.record.fell_silent();
        self.record.ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As when the thread could not be started.
    #[test]
    fn nobody_waits_for_a_program_that_nobody_listens_to() {
        let id = std::process::id();
        let record = Arc::new(Record::new(0, "ourselves".to_owned(), id));
        let listener = Listener::new(&record, None, None);
        assert!(!record.has_ended());
        drop(listener);
        assert!(record.has_ended() && record.is_silent());
    }
}
