//! The stages of one case inside the process that runs it, whichever that is.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use crate::console;
use crate::entry;
use crate::error::{Error, Kind, Result, panic_text};
use crate::harness::case::Case;
use crate::harness::outcome::{self, Ending};
use crate::harness::skip;
use crate::here;
use crate::keep;
use crate::network::Network;
use crate::report;
use crate::require;
use crate::settings::{OnFail, Require, Settings};
use crate::topology::Topology;

/// What the process that runs a case tells whoever waits for it.
pub(crate) trait Audience {
    /// The body begins.
    fn curtain_up(&self) {}
    /// Waits until `done` is closed, and prints the network's state when it is asked to.
    fn watch(&self, done: &UnixStream, print_report: &dyn Fn());
    /// Shows a text and waits until people have looked.
    fn hold(&self, text: &str);
}

/// How far a case came.
pub(crate) enum Staged {
    /// This machine refuses, or lacks what the test needs; the text is the verdict.
    Refused(String),
    Ended(Ending),
}

/// Plans, builds, runs the body, reports, closes.
pub(crate) fn stage(
    case: &Case,
    settings: &Settings,
    topology: impl FnOnce() -> Topology,
    body: impl FnOnce(&Network) -> Ending + Send,
    audience: &dyn Audience,
) -> Staged {
    let (mut network, node) = match prepare(case, settings, topology) {
        Ok(prepared) => prepared,
        // What every test is held to is no reason to skip one.
        Err(error) if error.is_lack() && !is_demanded(&error, settings) => {
            return Staged::Refused(error.to_string());
        }
        Err(error) => return Staged::Ended(Ending::Broken(noted(&error, settings))),
    };
    audience.curtain_up();
    let ending = perform(case, &network, node, body, audience);
    if let Ending::Lacking(text) = ending {
        // The network is not to blame, so that there is nothing to show of it.
        return match network.close() {
            Ok(()) => Staged::Refused(text),
            Err(error) => Staged::Ended(Ending::Broken(error.to_string())),
        };
    }
    if outcome::judge(case.should_panic, &ending).is_err() {
        show(case, &network, settings, audience);
        // What the failed body left behind is no second failure.
        return Staged::Ended(ending);
    }
    let tolerated = tolerated(&network, settings);
    match tolerated.and_then(|()| network.end()) {
        Ok(()) => Staged::Ended(ending),
        Err(error) => {
            show(case, &network, settings, audience);
            Staged::Ended(Ending::Broken(error.to_string()))
        }
    }
}

/// What a failed test leaves.
fn show(case: &Case, network: &Network, settings: &Settings, audience: &dyn Audience) {
    match settings.on_fail {
        OnFail::None => {}
        OnFail::Report => report::print(network.parts(), case.test_name()),
        OnFail::Hold => {
            report::print(network.parts(), case.test_name());
            keep::hold(network.parts(), |text| audience.hold(text));
        }
    }
}

fn prepare(
    case: &Case,
    settings: &Settings,
    topology: impl FnOnce() -> Topology,
) -> Result<(Network, usize)> {
    let topology = panic::catch_unwind(AssertUnwindSafe(topology)).map_err(|payload| {
        let message = panic_text(&*payload);
        Error::new(
            Kind::Topology,
            format!("make the topology of test `{}`", case.test_name()),
            message,
        )
    })?;
    let plan = topology.plan()?;
    let node = match case.inside {
        None => 0,
        Some(name) => {
            let known: Vec<&str> = plan.visible().map(|(_, node)| node.name.as_str()).collect();
            let found = plan
                .visible()
                .find(|(_, node)| node.name == name)
                .map(|(position, _)| position);
            found.ok_or_else(|| {
                Error::unknown_name(format!("run the test inside host `{name}`"), &known)
            })?
        }
    };
    entry::ensure()?;
    require(settings.require.features())?;
    require(case.requires)?;
    Ok((Network::apply(plan)?, node))
}

/// Whether the error is about what the environment requires of every test: a machine without networks has nothing of it.
fn is_demanded(error: &Error, settings: &Settings) -> bool {
    let demanded = settings.require.features();
    let missing = error.missing_features();
    !demanded.is_empty() && (error.is_refused() || missing.iter().any(|it| demanded.contains(it)))
}

fn noted(error: &Error, settings: &Settings) -> String {
    if !is_demanded(error, settings) {
        return error.to_string();
    }
    let names: Vec<&str> = settings
        .require
        .features()
        .iter()
        .map(|it| it.name())
        .collect();
    let names = names.join(",");
    format!(
        "{error}\n  note: NETNS_TEST_REQUIRE={names} requires it of this machine for every test"
    )
}

/// What a network can do without, unless nothing may be lacking.
fn tolerated(network: &Network, settings: &Settings) -> Result<()> {
    if settings.require != Require::Everything {
        return Ok(());
    }
    for (feature, missing) in [
        ("sysctls", require::without_sysctls(network)),
        ("names", require::without_names(network)),
    ] {
        if !missing.is_empty() {
            let cause = format!("the network did without: {}", missing.join(", "));
            let error = Error::new(Kind::Kernel, format!("find feature `{feature}`"), cause);
            return Err(error.help(
                "NETNS_TEST_REQUIRE=1 tolerates no lack; `cargo netns doctor` says what helps",
            ));
        }
    }
    Ok(())
}

/// Falls when the body has ended. A process that the body forked has a copy, which must not hold it up.
struct Curtain(UnixStream);

impl Drop for Curtain {
    fn drop(&mut self) {
        drop(self.0.shutdown(Shutdown::Both));
    }
}

/// Runs the body on a thread of its own inside the node.
fn perform(
    case: &Case,
    network: &Network,
    node: usize,
    body: impl FnOnce(&Network) -> Ending + Send,
    audience: &dyn Audience,
) -> Ending {
    let (done, ends_with_the_body) = match UnixStream::pair() {
        Ok(pair) => pair,
        Err(cause) => {
            return Ending::Broken(Error::kernel("start the test's body", cause).to_string());
        }
    };
    thread::scope(|scope| {
        let perform = || {
            let _ends_with_the_body = Curtain(ends_with_the_body);
            if let Err(error) = network.parts().inhabit(node) {
                return Ending::Broken(error.to_string());
            }
            here::set(network.parts(), node, || {
                panic::catch_unwind(AssertUnwindSafe(|| body(network))).unwrap_or_else(|payload| {
                    outcome::flush();
                    Ending::Panicked(panic_text(&*payload))
                })
            })
        };
        match thread::Builder::new()
            .name(case.test_name().to_owned())
            .spawn_scoped(scope, perform)
        {
            Ok(thread) => {
                audience.watch(&done, &|| report::print(network.parts(), case.test_name()));
                thread
                    .join()
                    .unwrap_or_else(|payload| Ending::Panicked(panic_text(&*payload)))
            }
            Err(cause) => Ending::Broken(Error::kernel("start the test's body", cause).to_string()),
        }
    })
}

/// Runs a case in the calling process: for debuggers. Nobody enforces a deadline.
pub(crate) fn run_here(
    case: &Case,
    settings: &Settings,
    topology: impl FnOnce() -> Topology,
    body: impl FnOnce(&Network) -> Ending + Send,
) {
    struct Nobody;
    impl Audience for Nobody {
        fn watch(&self, _: &UnixStream, _: &dyn Fn()) {}
        fn hold(&self, text: &str) {
            console::say(text);
            console::wait_for_enter();
        }
    }
    match stage(case, settings, topology, body, &Nobody) {
        Staged::Refused(verdict) => skip::refused(case, settings, &verdict),
        Staged::Ended(ending) => {
            if let Err(failure) = outcome::judge(case.should_panic, &ending) {
                outcome::fail_with(failure);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_end_of_a_body_is_seen_whoever_has_a_copy_of_the_descriptor() {
        let (mut done, ends) = UnixStream::pair().unwrap();
        let copy = ends.try_clone().unwrap();
        drop(Curtain(ends));
        done.set_nonblocking(true).unwrap();
        assert_eq!(done.read(&mut [0]).unwrap(), 0);
        drop(copy);
    }
}
