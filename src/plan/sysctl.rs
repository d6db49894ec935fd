//! Decides kernel parameters: what was asked for, and what makes a network usable at once.

use crate::address::Family;
use crate::plan::draft::{Draft, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Node, Plan, Sysctl};
use crate::topology::Topology;

type Parameters = &'static [(&'static str, &'static str)];

/// For nodes with addresses: IPv6 addresses are usable at once, and no router is asked for: there is none that would answer.
const IPV6_AT_ONCE: Parameters = &[
    ("net/ipv6/conf/default/accept_dad", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"),
];

/// Port 80 is everybody's.
const LOW_PORTS: Parameters = &[("net/ipv4/ip_unprivileged_port_start", "0")];

/// For switches, which forward frames and say nothing themselves.
const SILENT: Parameters = &[("net/ipv6/conf/default/disable_ipv6", "1")];

/// For every node of a network that is limited to IPv4: `lo` is there already, others take the default over.
const NO_IPV6: Parameters = &[("net/ipv6/conf/all/disable_ipv6", "1")];

/// For nodes that forward, by family. Written before there are interfaces, which take it over.
const FORWARD_IPV4: Parameters = &[("net/ipv4/ip_forward", "1")];
const FORWARD_IPV6: Parameters = &[(IPV6_FORWARDING, "1")];
pub(crate) const IPV6_FORWARDING: &str = "net/ipv6/conf/all/forwarding";

/// For nodes that forward: the kinds of ICMP messages of which a node sends so many a second. Of IPv4 none, of IPv6 kind 0, which nobody
/// sends. `icmp_ratelimit` would lift the limit for each target, and leave that for all of them.
const ERRORS_IPV4: Parameters = &[("net/ipv4/icmp_ratemask", "0")];
const ERRORS_IPV6: Parameters = &[("net/ipv6/icmp/ratemask", "0")];

/// For nodes with bridges, on machines that have loaded `br_netfilter`: it shows what a bridge passes from port to port to the node's own
/// firewall and translation, which are about what the node routes.
pub(crate) const BRIDGED: [(&str, &str); 3] = [
    ("net/bridge/bridge-nf-call-iptables", "0"),
    ("net/bridge/bridge-nf-call-ip6tables", "0"),
    ("net/bridge/bridge-nf-call-arptables", "0"),
];

/// What a new namespace inherits from the machine, and the kernel's own defaults. A machine that was tuned must not change a test.
///
/// A value after a `|` serves where the machine does not let other networks have the first.
pub(crate) const INHERITED: [(&str, &str); 16] = [
    ("net/ipv4/ip_forward", "0"),
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/arp_ignore", "0"),
    ("net/ipv4/conf/default/arp_ignore", "0"),
    ("net/ipv4/conf/all/arp_announce", "0"),
    ("net/ipv4/conf/default/arp_announce", "0"),
    ("net/ipv4/conf/all/arp_filter", "0"),
    ("net/ipv4/conf/all/accept_redirects", "1"),
    ("net/ipv4/conf/default/accept_redirects", "1"),
    ("net/ipv4/conf/all/send_redirects", "1"),
    ("net/ipv4/conf/default/send_redirects", "1"),
    ("net/ipv4/conf/all/log_martians", "0"),
    ("net/ipv4/tcp_congestion_control", "cubic|reno"),
    ("net/ipv4/tcp_rmem", "4096\t131072\t6291456"),
    ("net/ipv4/tcp_wmem", "4096\t16384\t4194304"),
];

/// Takes over the parameters that the topology sets.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        for (written, value) in &host.sysctls {
            match path(&written.text) {
                Ok(name) => draft.nodes[node].sysctls.push(Sysctl {
                    name,
                    value: value.clone(),
                }),
                Err(cause) => {
                    mistakes.push(
                        written.at,
                        format!("sysctl `{}` of node `{}`", written.text, host.name.text),
                        cause,
                    );
                }
            }
        }
    }
}

/// The path below `/proc/sys` of a parameter that belongs to a network namespace.
pub(crate) fn path(name: &str) -> Result<String, String> {
    let path = if name.contains('/') {
        name.to_owned()
    } else {
        name.replace('.', "/")
    };
    if path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Err("the name has an empty part".to_owned());
    }
    if !path.starts_with("net/") {
        return Err(
            "only parameters below `net` belong to a network, others are the machine's".to_owned(),
        );
    }
    Ok(path)
}

impl Plan {
    /// What this crate sets in a node unasked, so that the network is usable at once.
    pub(crate) fn default_sysctls<'s>(
        &self,
        node: &Node,
    ) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
        let ipv6 = match (self.only, node.role) {
            (Some(Family::V4), _) => NO_IPV6,
            (_, role) if role.is_hidden() => SILENT,
            _ if self.realistic => &[],
            _ => IPV6_AT_ONCE,
        };
        let ports = if node.role.is_hidden() || self.realistic {
            &[]
        } else {
            LOW_PORTS
        };
        let forwarding = node.forwards.then(|| self.of_routers());
        ipv6.iter()
            .chain(ports)
            .chain(forwarding.into_iter().flatten().flatten())
            .copied()
    }

    /// What makes a node a router, in the families that the network has.
    fn of_routers(&self) -> Vec<Parameters> {
        let has = |family| self.families().contains(&family);
        let errors = !self.realistic;
        let wanted = [
            (FORWARD_IPV4, has(Family::V4)),
            (ERRORS_IPV4, has(Family::V4) && errors),
            (FORWARD_IPV6, has(Family::V6)),
            (ERRORS_IPV6, has(Family::V6) && errors),
        ];
        let wanted = wanted.into_iter().filter(|(_, wanted)| *wanted);
        wanted.map(|(parameters, _)| parameters).collect()
    }

    /// Whether the topology asked for what this default does, so that the network is not what was meant without it.
    ///
    /// A router without IPv6 addresses has no IPv6 to forward.
    pub(crate) fn promises(&self, sysctl: &str, node: usize) -> bool {
        if sysctl == IPV6_FORWARDING {
            return self.addresses(node).any(|address| !address.is_ipv4());
        }
        self.only == Some(Family::V4) && NO_IPV6.iter().any(|(name, _)| *name == sysctl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_parameter_work() {
        assert_eq!(path("net.ipv4.ip_forward").unwrap(), "net/ipv4/ip_forward");
        assert_eq!(
            path("net/ipv4/conf/veth1.1/rp_filter").unwrap(),
            "net/ipv4/conf/veth1.1/rp_filter"
        );
        assert!(path("kernel.hostname").is_err());
        assert!(path("net/../kernel/hostname").is_err());
        assert!(path("net..x").is_err());
    }
}
