//! What a program has printed so far, and whether it has ended: kept for waits, and for the report of a failure.

use std::collections::VecDeque;
use std::fmt;
use std::process::ExitStatus;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::live::lock;

/// Of a program that prints more lines, the last are kept.
const LINES: usize = 2_000;

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// A line that a program printed, or a piece of a long one.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) stream: Stream,
    pub(crate) text: String,
    /// The next piece begins a line of its own.
    pub(crate) is_ended: bool,
}

/// With the stream's name, for texts.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = match self.stream {
            Stream::Output => "stdout",
            Stream::Error => "stderr",
        };
        write!(f, "{stream}: {}", self.text)
    }
}

/// A program that was started in a node.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) node: usize,
    /// As a person would have typed it.
    pub(crate) shown: String,
    pub(crate) id: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    /// Lines that were dropped at the front.
    dropped: usize,
    /// Lines that `expect_line` has looked at.
    seen: usize,
    /// Both streams are closed.
    silent: bool,
    ended: bool,
    /// What killed it while it still ran, if it was not its own end.
    cut: Option<Cut>,
    status: Option<ExitStatus>,
}

impl State {
    fn find(&mut self, text: &str) -> Option<Awaited> {
        let unseen = self.seen.saturating_sub(self.dropped);
        let mut lines = self.lines.iter().enumerate().skip(unseen);
        match lines.find(|(_, line)| line.text.contains(text)) {
            Some((position, line)) => {
                self.seen = self.dropped + position + 1;
                Some(Awaited::Line(line.text.clone()))
            }
            None => self.silent.then_some(Awaited::Silent),
        }
    }
}

/// What ends programs that nobody ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The network was closed.
    Close,
    /// The host crashed.
    Crash,
}

/// What became of waiting for a line.
pub(crate) enum Awaited {
    Line(String),
    /// The program prints no more.
    Silent,
    TimedOut,
}

impl Record {
    pub(crate) fn new(node: usize, shown: String, id: u32) -> Self {
        Self {
            node,
            shown,
            id,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn push(&self, line: Line) {
        let mut state = lock(&self.state);
        if state.lines.len() == LINES {
            state.lines.pop_front();
            state.dropped += 1;
        }
        state.lines.push_back(line);
        self.changed.notify_all();
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }

    /// Takes down that it has closed its streams.
    pub(crate) fn fell_silent(&self) {
        self.note(|state| state.silent = true);
    }

    /// Takes down that it has ended, however it did, and that its last words are here.
    pub(crate) fn ended(&self) {
        self.note(|state| state.ended = true);
    }

    /// Takes down that something ends it, if it has not ended before.
    pub(crate) fn cut(&self, by: Cut) {
        self.note(|state| {
            if !state.ended {
                state.cut.get_or_insert(by);
            }
        });
    }

    /// What it ran until, if it did not end by itself.
    pub(crate) fn was_cut(&self) -> Option<Cut> {
        lock(&self.state).cut
    }

    /// Takes down how the program ended.
    pub(crate) fn ended_with(&self, status: ExitStatus) {
        self.note(|state| state.status = Some(status));
    }

    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// Whether it has closed its streams.
    pub(crate) fn is_silent(&self) -> bool {
        lock(&self.state).silent
    }

    /// How many lines are gone of those in which a text may still be looked for.
    pub(crate) fn missed(&self) -> usize {
        let state = lock(&self.state);
        state.dropped.saturating_sub(state.seen)
    }

    pub(crate) fn status(&self) -> Option<ExitStatus> {
        lock(&self.state).status
    }

    /// The last lines, with the number of those before them.
    pub(crate) fn last(&self, number: usize) -> (usize, Vec<Line>) {
        let state = lock(&self.state);
        let skipped = state.lines.len().saturating_sub(number);
        let lines = state.lines.iter().skip(skipped).cloned().collect();
        (state.dropped + skipped, lines)
    }

    /// Everything kept of one stream.
    pub(crate) fn text(&self, wanted: Stream) -> String {
        let state = lock(&self.state);
        let lines = state.lines.iter().filter(|line| line.stream == wanted);
        lines.fold(String::new(), |mut text, line| {
            text.push_str(&line.text);
            text.push_str(if line.is_ended { "\n" } else { "" });
            text
        })
    }

    /// The first line with this text, after the one that was found last.
    pub(crate) fn await_line(&self, text: &str, limit: Duration) -> Awaited {
        self.await_state(limit, |state| state.find(text))
            .unwrap_or(Awaited::TimedOut)
    }

    /// The same without waiting: nothing, if it may still come.
    #[cfg(feature = "tokio")]
    pub(crate) fn find_line(&self, text: &str) -> Option<Awaited> {
        lock(&self.state).find(text)
    }

    /// Waits until the program has ended and its last words are here; tells whether it has.
    pub(crate) fn await_end(&self, limit: Duration) -> bool {
        self.await_state(limit, |state| state.ended.then_some(()))
            .is_some()
    }

    fn await_state<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut state = lock(&self.state);
        loop {
            let found = look(&mut state);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || left.is_zero() {
                return found;
            }
            state = match self.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}
