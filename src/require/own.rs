//! What a network of this crate did without, found out with the smallest one.

use crate::diagnosis::Failed;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::network::Network;
use crate::topology::Topology;

/// Tries out what is not a part of the kernel alone.
pub(crate) fn try_out(feature: Feature) -> Result<(), Failed> {
    match feature {
        Feature::Sysctls => none("set by this crate, and refused:", unset()),
        Feature::Names => none("hosts see the machine's", names()),
        _ => programs().map_err(|error| untried(&error)),
    }
}

/// Whether everything could be set that makes a network usable at once.
fn unset() -> Result<Vec<String>> {
    let network = Topology::new().build()?;
    let unset = without_sysctls(&network);
    network.close()?;
    Ok(unset)
}

/// Whether a host has its own name, files, `/sys` and `/proc/net`.
fn names() -> Result<Vec<String>> {
    let network = Topology::new().build()?;
    network.root().run(|| ());
    let lacking = without_names(&network);
    network.close()?;
    Ok(lacking)
}

/// Whether programs could be started that end with the network. None is.
fn programs() -> Result<()> {
    let network = Topology::new().build()?;
    network.root().start(|| ())?;
    network.close()
}

/// The defaults of ours that could not be set in a network, each once.
pub(crate) fn without_sysctls(network: &Network) -> Vec<String> {
    let unset = network.parts().nodes.iter().flat_map(|node| &node.unset);
    once(unset.map(|it| told(&it.sysctl, &it.cause)))
}

/// What nodes see of the machine's instead of their own, each thing once.
pub(crate) fn without_names(network: &Network) -> Vec<String> {
    let parts = network.parts();
    let lacking = (0..parts.nodes.len()).flat_map(|node| parts.lacking(node));
    once(lacking.map(|it| told(it.what, &it.cause)))
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
fn none(lacks: &str, missing: Result<Vec<String>>) -> Result<(), Failed> {
    let missing = missing.map_err(|error| untried(&error))?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failed {
        text: format!("{lacks} {}", missing.join(", ")),
        is_lack: true,
        remedy: None,
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
