//! The script that a plan prints.

use std::time::Duration;

use crate::topology::{LinkEnd, Topology};

/// Lab A as a person would have typed it.
#[test]
fn the_docker_lab_prints_as_its_session() {
    let lab = Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach("mydocker0", "172.16.1.1/16")
                .default_route("172.16.1.254")
        });
    assert_eq!(
        lab.plan().unwrap().to_string(),
        "\
ip netns add ns1
sysctl -qw 'net/ipv6/conf/default/accept_dad=0'
sysctl -qw 'net/ipv6/conf/default/router_solicitations=0'
sysctl -qw 'net/ipv4/ip_unprivileged_port_start=0'
ip netns exec ns1 sysctl -qw 'net/ipv6/conf/default/accept_dad=0'
ip netns exec ns1 sysctl -qw 'net/ipv6/conf/default/router_solicitations=0'
ip netns exec ns1 sysctl -qw 'net/ipv4/ip_unprivileged_port_start=0'
ip link add name mydocker0 index 100 type bridge stp_state 0 mcast_snooping 0
ip link add name veth1 index 101 address 02:00:00:00:00:02 type veth peer name eth0 index 1100 address 02:00:00:01:00:01 netns ns1
ip link set dev veth1 master mydocker0
ip link set dev lo up
ip link set dev mydocker0 up
ip address add 172.16.1.254/16 dev mydocker0 broadcast 172.16.255.255
ip link set dev veth1 up
ip -netns ns1 link set dev lo up
ip -netns ns1 link set dev eth0 up
ip -netns ns1 address add 172.16.1.1/16 dev eth0 broadcast 172.16.255.255
ip -netns ns1 route add unicast default via 172.16.1.254 dev eth0
"
    );
}

#[test]
fn options_are_printed_where_they_were_chosen() {
    let text = Topology::new()
        .bridge_with("br0", |b| {
            b.mac("02:00:00:00:00:aa")
                .mtu(1400)
                .stp(true)
                .ageing(Duration::from_secs(10))
        })
        .host("a", |h| h.sysctl("net.ipv4.tcp_rmem", "4096\t8192\t16384"))
        .link(
            LinkEnd::new("a", |i| i.name("wan").mtu(9000).address("fd00::1/64")),
            LinkEnd::new("a", |i| i.mac("02:00:00:00:00:bb").address("fd00::2/64")),
        )
        .plan()
        .unwrap()
        .to_string();
    for line in [
        "ip link add name br0 index 100 address 02:00:00:00:00:aa mtu 1400 type bridge stp_state 1 mcast_snooping 0 ageing_time 1000",
        "ip -netns a link add name wan index 1100 address 02:00:00:01:00:01 mtu 9000 type veth peer name eth0 index 1101 address 02:00:00:00:00:bb",
        "ip -netns a address add fd00::1/64 dev wan nodad",
        "ip netns exec a sysctl -qw 'net/ipv4/tcp_rmem=4096 8192 16384'",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n\n{text}");
    }
}

/// They contradict each other in nothing: what is left down keeps the kernel's defaults as well.
#[test]
fn bare_and_realistic_go_together() {
    let text = Topology::lan(["a", "b"])
        .bare()
        .realistic()
        .plan()
        .unwrap()
        .to_string();
    assert_eq!(
        text,
        "\
ip netns add a
ip netns add b
ip -netns a link add name eth0 index 1100 address 02:00:00:01:00:01 type veth peer name eth0 index 2100 address 02:00:00:02:00:01 netns b
ip -netns a address add 10.1.0.1/16 dev eth0 broadcast 10.1.255.255
ip -netns a address add fd00:1::1/64 dev eth0
ip -netns b address add 10.1.0.2/16 dev eth0 broadcast 10.1.255.255
ip -netns b address add fd00:1::2/64 dev eth0
"
    );
}

/// A switch's namespace has no name in the topology; its name in the script must be nobody's.
#[test]
fn a_host_may_be_called_like_a_switch() {
    let text = Topology::lan(["a", "b", "switch4"]).merge(Topology::new().host("c", |h| h));
    let text = text.plan().unwrap().to_string();
    // Five nodes with the root, so that the switch is the one with number 5; and once more with that name taken.
    assert!(text.contains("ip netns add switch5\n"), "{text}");
    let text = Topology::lan(["a", "b", "switch4"])
        .plan()
        .unwrap()
        .to_string();
    assert_eq!(text.matches("ip netns add switch4\n").count(), 1, "{text}");
    assert!(text.contains("ip netns add switch4_\n"), "{text}");
}

/// The kernel takes nearly every byte in an interface's name, and the shell does not.
#[test]
fn names_are_words_of_the_shell() {
    let text = Topology::new()
        .bridge("a;b", "10.0.0.1/24")
        .host("x", |h| {
            h.attach_with("a;b", |i| i.name("it's").address("10.0.0.2/24"))
        })
        .plan()
        .unwrap()
        .to_string();
    assert!(
        text.contains("ip link add name 'a;b' index 100 type bridge"),
        "{text}"
    );
    assert!(
        text.contains("ip link set dev veth1 master 'a;b'"),
        "{text}"
    );
    assert!(
        text.contains(r"ip -netns x address add 10.0.0.2/24 dev 'it'\''s' broadcast"),
        "{text}"
    );
}

/// The root has no name that `netns` would take, so that its cable to a switch is made from its side.
#[test]
fn the_roots_cable_to_a_switch_is_made_in_the_root() {
    let text = Topology::lan(["a", "b"])
        .root(|root| root.join("lan"))
        .plan()
        .unwrap()
        .to_string();
    for line in [
        "ip link add name veth1 index 100 address 02:00:00:00:00:01 type veth peer name port1 index 3101 address 02:00:00:03:00:02 netns switch3",
        "ip -netns switch3 link set dev port1 master switch",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n\n{text}");
    }
    assert!(!text.contains("netns root"));
}
