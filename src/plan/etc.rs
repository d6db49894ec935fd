//! What stands in the files of a node's `/etc` that tell names from addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::{Cidr, Family};
use crate::plan::Plan;
use crate::plan::address::is_link_local;

/// Every node is itself.
fn localhost(family: Family) -> (IpAddr, &'static str) {
    match family {
        Family::V4 => (Ipv4Addr::LOCALHOST.into(), "localhost"),
        Family::V6 => (
            Ipv6Addr::LOCALHOST.into(),
            "localhost ip6-localhost ip6-loopback",
        ),
    }
}

impl Plan {
    /// `/etc/hosts` of a node: the addresses of all nodes, those that are on a subnet of the node's own first.
    ///
    /// See [hosts(5)](https://man7.org/linux/man-pages/man5/hosts.5.html).
    pub(crate) fn hosts_file(&self, node: usize) -> String {
        let addresses = self.addresses_by_node();
        let own: Vec<Cidr> = addresses[node].iter().map(|it| it.network()).collect();
        let near = |address: &IpAddr| own.iter().any(|subnet| subnet.contains(*address));
        let mut text = String::new();
        for (address, names) in self.families().iter().copied().map(localhost) {
            text.push_str(&format!("{address}\t{names}\n"));
        }
        for (position, other) in self.visible() {
            let names = std::iter::once(&other.name).chain(&other.aliases);
            let names = names.cloned().collect::<Vec<_>>().join(" ");
            let mut found: Vec<IpAddr> = addresses[self.namespace_of(position)]
                .iter()
                .map(|it| it.address())
                .filter(|address| !is_link_local(*address))
                .collect();
            found.sort_by_key(|address| !near(address));
            // A node without a network still knows its own name.
            if found.is_empty() && self.namespace_of(position) == node {
                found.extend(self.families().first().map(|it| localhost(*it).0));
            }
            for address in found {
                text.push_str(&format!("{address}\t{names}\n"));
            }
        }
        text
    }

    /// `/etc/resolv.conf` of a node.
    pub(crate) fn resolv_conf(&self, node: usize) -> String {
        let told = &self.nodes[self.namespace_of(node)].name_servers;
        if !told.is_empty() {
            return resolv_conf(told);
        }
        #[cfg(feature = "dns")]
        let servers = self.nameservers(node);
        #[cfg(not(feature = "dns"))]
        let servers = {
            let _nobody_serves = node;
            Vec::new()
        };
        resolv_conf(&servers)
    }

    /// The interface addresses of every node, bridges included.
    fn addresses_by_node(&self) -> Vec<Vec<Cidr>> {
        let of_bridges = self.nodes.iter().map(|node| {
            let addresses = node.bridges.iter().flat_map(|bridge| &bridge.addresses);
            addresses.copied().collect()
        });
        let mut found: Vec<Vec<Cidr>> = of_bridges.collect();
        for end in self.cables.iter().flat_map(|cable| &cable.ends) {
            found[end.node].extend(&end.addresses);
        }
        found
    }
}

/// `/etc/resolv.conf` of a node with these name servers.
///
/// Without one, names that no node has are refused at once: the resolver then asks the node itself, where nobody listens.
///
/// See [resolv.conf(5)](https://man7.org/linux/man-pages/man5/resolv.conf.5.html).
fn resolv_conf(servers: &[IpAddr]) -> String {
    let mut text = String::from("# by netns-test\n");
    for server in servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if servers.is_empty() {
        text.push_str("options attempts:1 timeout:1\n");
    }
    text
}

/// The machine's `/etc/nsswitch.conf`, with hosts looked for in `/etc/hosts` and in the DNS only: other ways lead out of the network.
///
/// See [nsswitch.conf(5)](https://man7.org/linux/man-pages/man5/nsswitch.conf.5.html).
pub(crate) fn nsswitch_conf(machines: &str) -> String {
    let others = machines
        .lines()
        .filter(|line| !line.trim_start().starts_with("hosts:"));
    let mut text: String = others.map(|line| format!("{line}\n")).collect();
    text.push_str("hosts: files dns\n");
    text
}

/// Says to the C library what [`HOST_CONF`] says, for machines that have no such file: nothing can be shown where nothing is.
#[cfg_attr(
    any(not(target_os = "linux"), netns_test_elsewhere),
    expect(dead_code, reason = "only Linux has processes of tests")
)]
pub(crate) const HOST_CONF_VARIABLE: (&str, &str) = ("RESOLV_MULTI", "on");

/// `/etc/host.conf`: a name stands for all of its lines, also for those who ask for one family.
///
/// See [host.conf(5)](https://man7.org/linux/man-pages/man5/host.conf.5.html).
pub(crate) const HOST_CONF: &str = "multi on\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Topology;

    #[test]
    fn every_name_stands_for_its_addresses_the_nearest_first() {
        let topology = Topology::new()
            .bridge("left", "10.1.0.254/24")
            .bridge("right", "10.2.0.254/24")
            .host("a", |h| h.attach("left", "10.1.0.1/24"))
            .host("both", |h| {
                h.attach("left", "10.1.0.2/24")
                    .attach("right", ["10.2.0.2/24", "fd00::2/64"])
                    .alias("www")
                    .alias("www.example")
            })
            .host("c", |h| h.attach("right", "10.2.0.3/24"))
            .host("alone", |h| h);
        let plan = topology.plan().unwrap();
        let expected = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
            10.2.0.254\troot\n10.1.0.254\troot\n10.1.0.1\ta\n\
            10.2.0.2\tboth www www.example\n10.1.0.2\tboth www www.example\nfd00::2\tboth www www.example\n\
            10.2.0.3\tc\n";
        assert_eq!(plan.hosts_file(3), expected);
        assert!(
            plan.hosts_file(1)
                .contains("10.1.0.2\tboth www www.example\n10.2.0.2\tboth")
        );
        assert!(plan.hosts_file(4).ends_with("127.0.0.1\talone\n"));
    }

    #[test]
    fn a_network_of_one_family_has_names_of_that_family() {
        let topology = Topology::lan(["a", "b"]).host("alone", |h| h);
        let plan = topology.clone().only(Family::V4).plan().unwrap();
        assert_eq!(
            plan.hosts_file(3),
            "127.0.0.1\tlocalhost\n10.1.0.1\ta\n10.1.0.2\tb\n127.0.0.1\talone\n"
        );
        let plan = topology.only(Family::V6).plan().unwrap();
        assert_eq!(
            plan.hosts_file(3),
            "::1\tlocalhost ip6-localhost ip6-loopback\nfd00:1::1\ta\nfd00:1::2\tb\n::1\talone\n"
        );
    }

    #[test]
    fn an_alias_is_no_other_nodes_name_and_a_host_name() {
        let topology = Topology::new()
            .host("a", |h| h.alias("b").alias("no such/name"))
            .host("b", |h| h.alias("twice"))
            .host("c", |h| h.alias("twice").alias("localhost"));
        let text = topology.plan().unwrap_err().to_string();
        assert!(
            text.contains("alias `b` of node `a`: a node has that name"),
            "{text}"
        );
        assert!(
            text.contains("alias `no such/name` of node `a`: the name may contain"),
            "{text}"
        );
        assert!(
            text.contains("alias `localhost` of node `c`: the name is reserved"),
            "{text}"
        );
        assert!(!text.contains("twice"), "{text}");
    }

    #[test]
    fn only_the_way_to_hosts_changes() {
        let machines = "passwd: files systemd\nhosts:  mymachines resolve [!UNAVAIL=return] files dns\n hosts: x\nnetworks: files";
        assert_eq!(
            nsswitch_conf(machines),
            "passwd: files systemd\nnetworks: files\nhosts: files dns\n"
        );
    }

    #[test]
    fn servers_are_listed_in_their_order() {
        let servers = ["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        assert_eq!(
            resolv_conf(&servers),
            "# by netns-test\nnameserver 10.0.0.1\nnameserver fd00::1\n"
        );
        assert!(resolv_conf(&[]).contains("attempts:1"));
    }
}
