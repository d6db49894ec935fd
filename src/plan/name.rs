//! What names may look like, and that no two nodes share one.

use crate::plan::draft::listed;
use crate::plan::mistakes::Mistakes;
use crate::topology::{ROOT, Topology, Written};

/// The kernel's `IFNAMSIZ` less the final zero.
const INTERFACE_NAME: usize = 15;
/// The longest label of a host name, see [hostname(7)](https://man7.org/linux/man-pages/man7/hostname.7.html).
const NODE_NAME: usize = 63;

/// The longest host name of several labels.
const ALIAS: usize = 253;

/// Checks the names of nodes, and of what they attach to.
pub(crate) fn check(topology: &Topology, mistakes: &mut Mistakes<'_>) {
    let mut seen: Vec<&Written> = vec![&topology.root.name];
    for host in &topology.hosts {
        let object = format!("node `{}`", host.name.text);
        if let Err(cause) = node(&host.name.text) {
            mistakes.push(host.name.at, &object, cause);
        }
        match seen.iter().find(|earlier| earlier.text == host.name.text) {
            Some(earlier) if earlier.text == ROOT => {
                mistakes.push(
                    host.name.at,
                    &object,
                    "the name is taken: every network has a node `root`, configured by `.root(..)`",
                );
            }
            Some(earlier) => mistakes.push(
                host.name.at,
                &object,
                format!("the name is used twice, first at {}", earlier.at),
            ),
            None => seen.push(&host.name),
        }
    }
    missing(topology, mistakes);
    aliases(topology, mistakes);
    let mut targets: Vec<&Written> = Vec::new();
    for bridge in &topology.bridges {
        if let Err(cause) = interface(&bridge.name.text) {
            mistakes.push(
                bridge.name.at,
                format!("bridge `{}`", bridge.name.text),
                cause,
            );
        }
    }
    for segment in &topology.segments {
        if let Err(cause) = node(&segment.name.text) {
            mistakes.push(
                segment.name.at,
                format!("segment `{}`", segment.name.text),
                cause,
            );
        }
    }
    let names = topology
        .bridges
        .iter()
        .map(|bridge| &bridge.name)
        .chain(topology.segments.iter().map(|s| &s.name));
    for name in names {
        match targets.iter().find(|earlier| earlier.text == name.text) {
            Some(earlier) => mistakes.push(
                name.at,
                format!("bridge or segment `{}`", name.text),
                format!("the name is used twice, first at {}", earlier.at),
            ),
            None => targets.push(name),
        }
    }
}

/// Hosts that were to be changed before there was one of that name.
fn missing(topology: &Topology, mistakes: &mut Mistakes<'_>) {
    for name in &topology.missing {
        let hosts = topology.hosts.iter().map(|host| host.name.text.as_str());
        let known: Vec<&str> = std::iter::once(ROOT).chain(hosts).collect();
        let cause = if known.contains(&name.text.as_str()) {
            "the host is added only after this: say `.change(..)` later".to_owned()
        } else {
            format!("no host is called so ({})", listed(&known))
        };
        mistakes.push(name.at, format!("change of host `{}`", name.text), cause);
    }
}

/// Several hosts may share an alias. But what is the name of a node means that node.
fn aliases(topology: &Topology, mistakes: &mut Mistakes<'_>) {
    let hosts = || std::iter::once(&topology.root).chain(&topology.hosts);
    for host in hosts() {
        for alias in &host.aliases {
            let object = format!("alias `{}` of node `{}`", alias.text, host.name.text);
            if let Err(cause) = host_name(&alias.text, "an alias", ALIAS) {
                mistakes.push(alias.at, object, cause);
            } else if hosts().any(|other| other.name.text == alias.text) {
                mistakes.push(alias.at, object, "a node has that name");
            }
        }
    }
}

/// Whether a node may have this name: it is a host name, too.
fn node(name: &str) -> Result<(), String> {
    host_name(name, "a node's", NODE_NAME)
}

fn host_name(name: &str, whose: &str, longest: usize) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > longest {
        return Err(format!(
            "the name has {} bytes, {whose} has 1 to {longest}",
            name.len()
        ));
    }
    if name == "localhost" {
        return Err("the name is reserved: it is every node itself".to_owned());
    }
    if !name.chars().all(legal) || name.starts_with(['-', '.']) {
        return Err(
            "the name may contain letters, digits, `-`, `_` and `.`, and starts with no `-` or `.`"
                .to_owned(),
        );
    }
    Ok(())
}

/// Whether an interface may have this name; the kernel's rule is `dev_valid_name`.
pub(crate) fn interface(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > INTERFACE_NAME {
        return Err(format!(
            "the name has {} bytes, an interface's has 1 to {INTERFACE_NAME}",
            name.len()
        ));
    }
    if name.contains(['/', ':', '%'])
        || name.contains(char::is_whitespace)
        || name.contains(char::is_control)
    {
        return Err(
            "the name may contain no `/`, `:`, `%`, white space or control character".to_owned(),
        );
    }
    if ["lo", ".", "..", "all", "default"].contains(&name) {
        return Err("the name is reserved".to_owned());
    }
    Ok(())
}

/// Whether rules can name this interface: `nft` has no way to write some.
pub(crate) fn in_rules(interface: &str) -> Result<(), String> {
    if interface.contains(['"', '*', '\\']) {
        return Err(format!(
            "rules cannot name interface `{interface}`, with a quote, a star or a backslash"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_limits_on_names_are_ours() {
        for good in ["eth0", "veth1.1", "br-lan", "fifteen-bytes-x", "a", "ü0"] {
            assert_eq!(interface(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "sixteen-bytes-xx",
            "a b",
            "a/b",
            "a:b",
            "eth%d",
            ".",
            "..",
            "lo",
            "all",
        ] {
            assert!(interface(bad).is_err(), "{bad}");
        }
        for bad in ["", "-a", ".a", "a/b", "a b", "localhost", &"x".repeat(64)] {
            assert!(node(bad).is_err(), "{bad}");
        }
    }
}
