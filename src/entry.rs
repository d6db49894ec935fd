//! The way into a user namespace, for those who did not take it before `main`.

use std::io;

use crate::diagnosis::{self, Step};
use crate::error::Result;
use crate::sys::bootstrap::{self, Door, Entered};
use crate::sys::process;

/// Makes sure that this process may make networks, or says why not.
pub(crate) fn ensure() -> Result<()> {
    match bootstrap::ensure_entered(process::threads()) {
        Entered::Privileged | Entered::UserNamespace => Ok(()),
        Entered::No => Err(diagnosis::refusal(Step::NotEntered, &io::Error::from_raw_os_error(0))),
        Entered::Refused { at, errno } => {
            let step = match at {
                Door::Threads => Step::Threads,
                Door::UserNamespace => Step::UserNamespace,
                Door::Setgroups => Step::Setgroups,
                Door::GidMap => Step::GidMap,
                Door::UidMap => Step::UidMap,
                Door::Capabilities => Step::Capabilities,
            };
            Err(diagnosis::refusal(step, &io::Error::from_raw_os_error(errno)))
        }
    }
}
