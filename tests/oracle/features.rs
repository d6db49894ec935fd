//! What this crate says of the machine's features is what the real tools find: on any machine, whichever it lacks.

use netns_test::{Feature, netns_test, require};

use crate::scratch::Scratch;

/// A line for each feature that only works where it is there. `below` is a link for those that need one.
fn trial(feature: Feature) -> &'static str {
    match feature {
        Feature::Veth => "ip link add v0 type veth peer name v1",
        Feature::Bridge => "ip link add br0 type bridge",
        Feature::Ipv6 => "ip -6 address add fd00:7::1/64 dev lo",
        Feature::Sysctls => "sysctl -qw net.ipv4.ip_forward=1",
        Feature::Names => "unshare -m mount -t tmpfs none /tmp",
        Feature::Programs => "unshare --pid --fork true",
        Feature::Dummy => "ip link add d0 type dummy",
        Feature::Vlan => "ip link add link below name vl0 type vlan id 5",
        Feature::VlanFiltering => "ip link add br1 type bridge vlan_filtering 1",
        Feature::Macvlan => "ip link add link below2 name mv0 type macvlan mode bridge",
        Feature::Ipvlan => "ip link add link below name iv0 type ipvlan mode l3",
        Feature::Vxlan => "ip link add vx0 type vxlan id 7 dstport 4789",
        Feature::Vrf => "ip link add vrf0 type vrf table 20",
        Feature::Wireguard => "ip link add wg0 type wireguard",
        Feature::Ifb => "ip link add if0 type ifb",
        Feature::Tun => "ip tuntap add dev tun7 mode tun",
        Feature::Netem => "tc qdisc replace dev lo root netem delay 1ms",
        Feature::Tbf => "tc qdisc replace dev lo root tbf rate 8mbit burst 1mb latency 50ms",
        Feature::Htb => "tc qdisc replace dev lo root htb",
        Feature::Ingress => "tc qdisc add dev lo ingress",
        Feature::Mirred => {
            "tc qdisc replace dev lo ingress && { tc filter add dev lo ingress matchall action mirred egress redirect dev lo ||
             tc filter add dev lo parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev lo; }"
        }
        Feature::Nftables => "nft 'table ip f { chain c { type filter hook input priority 0; }; }'",
        Feature::Nat => {
            "nft 'table ip n { chain c { type nat hook postrouting priority 100; masquerade; }; }'"
        }
        Feature::Conntrack => {
            "nft 'table ip k { chain c { type filter hook input priority 0; ct state new; }; }'"
        }
        // The kernel's own list; the trial before has loaded what can be loaded.
        Feature::PacketSockets => "grep -q '^PACKET ' /proc/net/protocols",
        Feature::Sctp => "grep -q '^SCTP ' /proc/net/protocols",
        Feature::Mptcp => "grep -q '^MPTCP ' /proc/net/protocols",
        other => panic!("`{other}` has no trial yet"),
    }
}

#[netns_test]
fn features_are_those_that_the_tools_find() {
    let mut shell = Scratch::new();
    for pair in ["below peer name p0", "below2 peer name p1"] {
        let (name, rest) = pair.split_once(' ').unwrap();
        shell.must(&format!("ip link add {name} type veth {rest}"));
    }
    let mut differ = Vec::new();
    for feature in Feature::ALL {
        let found = require(feature);
        if let Err(error) = &found {
            assert!(error.is_unsupported(), "{error}");
            assert_eq!(error.missing_features(), [*feature]);
        }
        let line = trial(*feature);
        let told = shell.must(&format!(
            "if {line}; then echo works; else echo refused; fi"
        ));
        let works = told.lines().last() == Some("works");
        if works != found.is_ok() {
            differ.push(format!("{feature}: `{line}` said {told}, and we {found:?}"));
        }
    }
    assert_eq!(differ, [""; 0]);
}
