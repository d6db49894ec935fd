//! The way into a user namespace for those who did not take it before `main`, and the words for a refusal.

use std::io;
use std::sync::OnceLock;

use crate::diagnosis::{self, Facts, Ground, Step};
use crate::error::{Error, Result};
use crate::settings;
use crate::sys::bootstrap::{self, Entered};
use crate::sys::userns::Door;
use crate::sys::{facts, features, process};

/// Makes sure that this process may make networks, or says why not.
pub(crate) fn ensure() -> Result<()> {
    let threads = process::threads();
    match bootstrap::ensure_entered(threads, settings::namespace_released_within()) {
        Entered::Privileged | Entered::UserNamespace => Ok(()),
        Entered::No => Err(refusal(Step::NotEntered, 0)),
        // The filter that killed the trial would kill this process, too, if it tried again.
        Entered::Refused {
            at: Door::TrialKilled,
            errno,
        } => {
            let step = Step::TrialKilled(errno);
            Err(diagnosis::diagnose(step, 0, &facts::read()).into_error())
        }
        Entered::Refused { at, errno } => Err(refusal(step(at, threads), errno)),
    }
}

fn step(door: Door, threads: usize) -> Step {
    match door {
        Door::Threads => Step::Threads(threads as u32),
        Door::Trial | Door::TrialKilled => Step::Trial,
        Door::UserNamespace => Step::UserNamespace,
        Door::Setgroups => Step::Setgroups,
        Door::GidMap => Step::GidMap,
        Door::UidMap => Step::UidMap,
        Door::Joining => Step::Joining,
        Door::Capabilities => Step::Capabilities,
    }
}

/// The machine, as far as a remedy depends on it.
pub(crate) fn ground() -> Ground {
    Ground {
        facts: facts::gather(),
        loads_modules: features::loads_modules(),
    }
}

/// Why this machine refused a step, as an error with the remedy.
pub(crate) fn refusal(step: Step, errno: i32) -> Error {
    diagnosis::diagnose(step, errno, &facts::gather()).into_error()
}

/// The same for a failed system call.
pub(crate) fn refused(step: Step, cause: &io::Error) -> Error {
    refusal(step, cause.raw_os_error().unwrap_or_default())
}

/// The same in one line, with the best remedy, for what a network can do without. Each of its nodes is refused the same, so that the facts are gathered once.
pub(crate) fn in_brief(step: Step, cause: &io::Error) -> (String, Option<String>) {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    let errno = cause.raw_os_error().unwrap_or_default();
    diagnosis::diagnose(step, errno, FACTS.get_or_init(facts::gather)).in_brief()
}
