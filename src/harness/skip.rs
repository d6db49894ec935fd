//! What becomes of a test that this machine cannot run: a failure, or a skip that nobody can overlook.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::console::say;
use crate::harness::case::Case;
use crate::harness::outcome;
use crate::settings::{Require, Settings, Unsupported};
use crate::sys::process;

/// Names of the tests that were skipped, and why.
static SKIPPED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Fails the test, or skips it if the environment says so.
pub(crate) fn refused(case: &Case, settings: &Settings, verdict: &str) {
    if settings.unsupported == Unsupported::Fail {
        outcome::fail(verdict);
    }
    if settings.require == Require::Everything {
        outcome::fail(&format!(
            "{verdict}\n  note: NETNS_TEST_REQUIRE=1 forbids to skip it"
        ));
    }
    if let Err(text) = record(case, settings, verdict) {
        outcome::fail(&text);
    }
}

fn record(case: &Case, settings: &Settings, verdict: &str) -> Result<(), String> {
    let name = case.test_name();
    let reason = verdict.lines().next().unwrap_or_default();
    say(&format!("netns-test: skipped `{name}`: {reason}"));
    if let Some(path) = &settings.skipped {
        let line = format!("{name}\t{reason}\n");
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|cause| {
                let cause = crate::error::errno_text(&cause);
                format!(
                    "failed to record skipped test `{name}` in NETNS_TEST_SKIPPED={path}: {cause}"
                )
            })?;
    }
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if skipped.is_empty() {
        process::at_exit(sum_up);
    }
    skipped.push((name.to_owned(), reason.to_owned()));
    Ok(())
}

/// Says at the end of the run what was skipped.
extern "C" fn sum_up() {
    let skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for (_, reason) in skipped.iter() {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, number)) => *number += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let plural = if skipped.len() == 1 {
        "test was"
    } else {
        "tests were"
    };
    let mut text = format!("netns-test: {} {plural} skipped", skipped.len());
    for (reason, number) in reasons {
        text.push_str(&format!("\n  {number} because: {reason}"));
    }
    say(&text);
}
