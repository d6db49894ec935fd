//! The programs that a failed test had started: how they ended, and their last words.

use crate::live::{Cut, Parts, Record};
use crate::program;

/// Of more programs than these, the last are shown.
const PROGRAMS: usize = 10;
/// Of each, this many lines.
const LINES: usize = 20;

pub(super) fn render(parts: &Parts) -> String {
    let programs = parts.programs();
    let skipped = programs.len().saturating_sub(PROGRAMS);
    let mut text = match skipped {
        0 => String::new(),
        1 => "(1 program before these)\n".to_owned(),
        more => format!("({more} programs before these)\n"),
    };
    for record in programs.iter().skip(skipped) {
        text.push_str(&one(&parts.node(record.node).name, record));
    }
    text
}

fn one(host: &str, record: &Record) -> String {
    let cut = record.was_cut();
    let mut end = match (record.status(), record.has_ended()) {
        _ if cut == Some(Cut::Close) => "it ran until the network was closed".to_owned(),
        _ if cut == Some(Cut::Crash) => "it ran until its host crashed".to_owned(),
        (Some(status), _) => program::describe(status),
        (None, true) => "it has ended".to_owned(),
        (None, false) => "it is running".to_owned(),
    };
    if record.has_ended() && cut.is_none() && !record.is_silent() {
        end.push_str("; something that it started keeps its output open");
    }
    let mut text = format!("{host} ran `{}`: {end}\n", record.shown);
    let (before, lines) = record.last(LINES);
    if before > 0 {
        text.push_str(&format!("  ({before} lines before these)\n"));
    }
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
