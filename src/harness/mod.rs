//! Runs one test: in a process of its own, with its network, and with an outcome that libtest understands.
//!
//! ```text
//! parent   spawns this program again for the one case, relays its output, judges, enforces the deadline
//! child    plan -> enter -> apply -> body on its own thread -> report if failed -> close -> outcome to the parent
//! ```

mod case;
mod child;
mod control;
mod outcome;
mod parent;
mod skip;
mod stage;

pub use case::{Case, ShouldPanic};
pub use outcome::{Ending, Outcome, outcome};

use crate::network::Network;
use crate::settings::{Isolation, Settings};
use crate::sys::bootstrap;
use crate::topology::Topology;

/// What `#[netns_test]` expands to.
pub fn run(
    case: &Case,
    topology: fn() -> Topology,
    body: impl FnOnce(&Network) -> Ending + Send,
) -> Outcome {
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(error) => outcome::fail(&error),
    };
    match (bootstrap::take_control(), settings.isolation) {
        (Some(control), _) => child::run(case, &settings, topology, body, control),
        (None, Isolation::Process) if !bootstrap::is_child() => parent::run(case, &settings),
        // In threads, or a case that another case's body calls.
        (None, _) => stage::run_here(case, &settings, topology, body),
    }
    Outcome
}
