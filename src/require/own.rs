//! What a network of this crate did without, found out with the smallest one.

use crate::diagnosis::Failed;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::live::Lack;
use crate::network::Network;
use crate::topology::Topology;

/// Tries out what is not a part of the kernel alone.
pub(crate) fn try_out(feature: Feature) -> Result<(), Failed> {
    let tried = match feature {
        Feature::Sysctls => {
            unset().map(|unset| none("set by this crate, and refused:", unset, None))
        }
        Feature::Names => names(),
        _ => programs().map(Ok),
    };
    tried.unwrap_or_else(|error| Err(untried(&error)))
}

/// Whether everything could be set that makes a network usable at once.
fn unset() -> Result<Vec<String>> {
    let network = Topology::new().build()?;
    let unset = without_sysctls(&network);
    network.close()?;
    Ok(unset)
}

/// Whether a host has its own name, files, `/sys` and `/proc/net`.
fn names() -> Result<Result<(), Failed>> {
    let network = Topology::new().build()?;
    network.root().run(|| ());
    let remedy = lacks(&network).find_map(|it| it.remedy);
    let lacking = without_names(&network);
    network.close()?;
    Ok(none("hosts see the machine's", lacking, remedy))
}

/// Whether programs could be started that end with the network. None is.
fn programs() -> Result<()> {
    let network = Topology::new().build()?;
    network.root().start(|| ())?;
    network.close()
}

/// The defaults of ours that could not be set in a network, each once.
pub(crate) fn without_sysctls(network: &Network) -> Vec<String> {
    let unset = network.parts().nodes.all().flat_map(|node| &node.unset);
    once(unset.map(|it| told(&it.sysctl, &it.cause)))
}

/// What nodes see of the machine's instead of their own, each thing once.
pub(crate) fn without_names(network: &Network) -> Vec<String> {
    once(lacks(network).map(|it| told(it.what, &it.cause)))
}

fn lacks(network: &Network) -> impl Iterator<Item = Lack> + '_ {
    let parts = network.parts();
    (0..parts.plan.nodes.len()).flat_map(|node| parts.lacking(node))
}

fn told(what: &str, cause: &str) -> String {
    format!("{what} ({cause})")
}

fn once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut each: Vec<String> = Vec::new();
    for text in texts {
        if !each.contains(&text) {
            each.push(text);
        }
    }
    each
}

/// It holds if nothing is missing.
fn none(lacks: &str, missing: Vec<String>, remedy: Option<String>) -> Result<(), Failed> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failed {
        text: format!("{lacks} {}", missing.join(", ")),
        is_lack: true,
        remedy,
    })
}

/// What a trial that failed for its own reasons has shown.
pub(crate) fn untried(error: &Error) -> Failed {
    let (text, remedy) = error.in_brief();
    Failed {
        text,
        is_lack: error.is_lack(),
        remedy,
    }
}
