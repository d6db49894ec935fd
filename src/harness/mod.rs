//! Runs one test: in a process of its own, with its network, and with an outcome that libtest understands.
//!
//! ```text
//! parent   spawns this program again for the one case, relays its output, judges, enforces the deadline
//! child    plan -> enter -> apply -> body on its own thread -> report if failed -> close -> outcome to the parent
//! ```

#[cfg(feature = "tokio")]
mod body;
mod case;
mod outcome;

#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod child;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod control;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod crowd;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod parent;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod skip;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod stage;

#[cfg(feature = "tokio")]
pub use body::block_on;
pub use case::{Case, ShouldPanic, Variant};
pub use outcome::{AnyOther, Ending, Look, Outcome, outcome};

use crate::network::Network;
use crate::topology::Topology;

/// What `#[netns_test]` expands to, on systems where its test is ignored.
#[cfg(not(all(target_os = "linux", not(netns_test_elsewhere))))]
pub fn run(
    _case: &Case,
    _topology: impl FnOnce() -> Topology,
    _body: impl FnOnce(&Network) -> Ending + Send,
) -> Outcome {
    outcome::fail("failed to run a network test: network namespaces exist on Linux only")
}

/// What `#[netns_test]` expands to.
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub fn run(
    case: &Case,
    topology: impl FnOnce() -> Topology,
    body: impl FnOnce(&Network) -> Ending + Send,
) -> Outcome {
    use crate::settings::{Isolation, Settings};
    use crate::sys::bootstrap;

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
