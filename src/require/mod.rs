//! Features that a test requires of the machine: tried out when they are first asked for, once a process.

mod own;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub(crate) use own::untried;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use own::{without_names, without_sysctls};

use crate::diagnosis::{self, Failed, Step};
use crate::entry;
use crate::error::Result;
use crate::feature::Feature;
use crate::live;
use crate::sys::{features, netns};
use crate::worker;

/// What is certain. What could not be told is tried again.
static KNOWN: Mutex<BTreeMap<Feature, Result<(), Failed>>> = Mutex::new(BTreeMap::new());

/// Makes sure that this machine has what a test needs beyond a network.
///
/// Call it first in a body and hand its error on, or write `requires(netem, vlan)` in the attribute, which does it before the network is
/// built. A machine that lacks a feature is then treated as one without networks: the test fails and says what provides it, and with
/// `NETNS_TEST_UNSUPPORTED=skip` it is skipped instead, aloud, recorded, and forbidden by `NETNS_TEST_REQUIRE`.
///
/// A feature is tried out by doing, in an empty network of its own, when it is first asked for in a process. The kernel may load a module for it,
/// as it would for the test.
///
/// # Errors
///
/// The machine lacks one or several of them ([`Error::is_unsupported`](crate::Error::is_unsupported)): the error names them all. The
/// machine refuses networks ([`Error::is_refused`](crate::Error::is_refused)). It could not be told, for want of descriptors say, which is
/// neither, and skips no test.
///
/// # Examples
///
/// ```
/// use netns_test::{Feature, Network, TestResult, require};
///
/// fn loss_is_survived(net: &Network) -> TestResult {
///     require(Feature::Netem)?;
///     net.host("client").command("tc").args(["qdisc", "add", "dev", "eth0", "root", "netem", "loss", "10%"]).status()?;
///     Ok(())
/// }
///
/// if let Err(error) = require([Feature::Vlan, Feature::Wireguard]) {
///     assert!(!error.missing_features().is_empty());
/// }
/// ```
pub fn require(features: impl AsRef<[Feature]>) -> Result<()> {
    let failed = failed(features.as_ref())?;
    if failed.is_empty() {
        return Ok(());
    }
    Err(diagnosis::lack_error(&failed, &entry::ground()))
}

/// Those that did not succeed, in the order in which they were asked for.
fn failed(asked: &[Feature]) -> Result<Vec<(Feature, Failed)>> {
    let mut failed: Vec<(Feature, Failed)> = Vec::new();
    for (feature, result) in try_out(asked)? {
        if let (Err(cause), false) = (result, failed.iter().any(|(it, _)| *it == feature)) {
            failed.push((feature, cause));
        }
    }
    Ok(failed)
}

/// What became of each.
pub(crate) fn try_out(asked: &[Feature]) -> Result<Vec<(Feature, Result<(), Failed>)>> {
    entry::ensure()?;
    // Held meanwhile, so that two who ask for the same try it once.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let new = asked.iter().filter(|feature| !known.contains_key(feature));
    let new: Vec<Feature> = new.copied().collect();
    let mut tried = BTreeMap::new();
    if !new.is_empty() {
        tried = in_scratch(&new)?;
        let certain = |result: &Result<(), Failed>| match result {
            Ok(()) => true,
            Err(failed) => failed.is_lack,
        };
        let certain = tried.iter().filter(|(_, result)| certain(result));
        known.extend(certain.map(|(feature, result)| (*feature, result.clone())));
    }
    let result = |feature: &Feature| known.get(feature).or_else(|| tried.get(feature)).cloned();
    Ok(asked
        .iter()
        .filter_map(|feature| Some((*feature, result(feature)?)))
        .collect())
}

/// Tries out each: those of the kernel in one empty network, the others with networks of this crate.
fn in_scratch(new: &[Feature]) -> Result<BTreeMap<Feature, Result<(), Failed>>> {
    let of_the_kernel = worker::on_a_thread_of_its_own("netns trial", || {
        live::namespace(Step::NetworkNamespace, netns::unshare)?;
        Ok(new
            .iter()
            .filter_map(|feature| Some((*feature, features::try_out(*feature)?)))
            .collect::<BTreeMap<_, _>>())
    })?;
    let mut tried = of_the_kernel;
    for feature in new {
        tried
            .entry(*feature)
            .or_insert_with(|| own::try_out(*feature));
    }
    Ok(tried)
}
