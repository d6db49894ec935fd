//! Bridges of Docker's: what follows from their settings, and which settings contradict one another.

use proptest::prelude::*;

use super::{allowable, mistake, refusal};
use crate::address::{Cidr, Family};
use crate::topology::{DockerBridge, Mistake, Topology};

fn docker0() -> DockerBridge {
    DockerBridge::new("docker0").bip("192.168.1.6/24")
}

/// A bridge with some settings by number.
pub(super) fn bridge(
    name: &str,
    settings: &[(u8, u8)],
    text: impl Fn(u8) -> &'static str,
) -> DockerBridge {
    let start = DockerBridge::new(name);
    settings.iter().fold(start, |it, (setting, value)| {
        let text = text(*value);
        let address = text.split('/').next().unwrap();
        match setting % 12 {
            0..=2 => it.bip(text),
            3 => it.subnet(text),
            4 => it.gateway(address),
            5 => it.fixed_cidr(text),
            6 => it.fixed_cidr_v6(text),
            7 => it.ip_range(text),
            8 => it.default_gateway(address),
            9 => it.default_gateway_v6(address),
            10 => it.aux_address(address).internal(),
            _ => it.dns(address).mtu(u32::from(*value) * 300),
        }
    })
}

/// With two hosts on it.
fn lab(bridge: DockerBridge) -> Topology {
    Topology::new()
        .docker_bridge(bridge)
        .host("a", |h| h.join("docker0"))
        .host("b", |h| h.join("docker0"))
}

/// The script of a plan, which must have these lines.
#[track_caller]
fn assert_planned(topology: &Topology, lines: &[&str]) -> String {
    let script = topology.plan().unwrap().to_string();
    for line in lines {
        assert!(script.lines().any(|own| own == *line), "{line}\n{script}");
    }
    script
}

/// The one mistake of a bridge.
#[track_caller]
fn clash(bridge: DockerBridge) -> String {
    mistake(&Topology::new().docker_bridge(bridge))
}

#[test]
fn bip_alone_suffices() {
    let script = assert_planned(
        &lab(docker0()),
        &[
            "ip address add 192.168.1.6/24 dev docker0 broadcast 192.168.1.255",
            "ip -netns a address add 192.168.1.1/24 dev eth0 broadcast 192.168.1.255",
            "ip -netns b address add 192.168.1.2/24 dev eth0 broadcast 192.168.1.255",
            "ip -netns a route add unicast default via 192.168.1.6 dev eth0",
            "ip -netns b route add unicast default via 192.168.1.6 dev eth0",
        ],
    );
    assert!(!script.contains("DNS"), "{script}");
}

/// The settings of lab C as they are printed. The DNS servers are none of the clashes: the gateway leads to them.
#[test]
fn lab_c_as_printed_is_refused_with_every_clash() {
    let text = refusal(&lab(docker0()
        .fixed_cidr("10.20.0.0/16")
        .fixed_cidr_v6("2001:db8::/64")
        .mtu(1500)
        .default_gateway("10.20.1.1")
        .default_gateway_v6("2001:db8:abcd::89")
        .dns(["10.20.1.2", "10.20.1.3"])));
    let expected = "failed to plan the topology: 3 mistakes
    [fixed_cidr(\"10.20.0.0/16\"]: bridge `docker0`: fixed-cidr 10.20.0.0/16 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24
    [default_gateway(\"10.20.1.1\"]: bridge `docker0`: default-gateway 10.20.1.1 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24
    [default_gateway_v6(\"2001:db8:abcd::89\"]: bridge `docker0`: default-gateway-v6 2001:db8:abcd::89 lies outside fixed-cidr-v6 2001:db8::/64";
    assert_eq!(text, expected);
}

#[test]
fn lab_c_corrected_gives_hosts_all_that_it_says() {
    let bridge = docker0()
        .fixed_cidr("192.168.1.128/25")
        .fixed_cidr_v6("2001:db8:abcd::/64")
        .mtu(1400)
        .default_gateway("192.168.1.129")
        .default_gateway_v6("2001:db8:abcd::89")
        .dns(["10.20.1.2", "10.20.1.3"]);
    let topology = lab(bridge);
    let script = assert_planned(
        &topology,
        &[
            "ip address add 2001:db8:abcd::1/64 dev docker0 nodad",
            "ip -netns a address add 192.168.1.128/24 dev eth0 broadcast 192.168.1.255",
            // The next one is the router's.
            "ip -netns b address add 192.168.1.130/24 dev eth0 broadcast 192.168.1.255",
            "ip -netns b address add 2001:db8:abcd::3/64 dev eth0 nodad",
            "ip -netns b route add unicast default via 192.168.1.129 dev eth0",
            "ip -netns b route add unicast default via 2001:db8:abcd::89 dev eth0",
            "# node b asks the DNS servers 10.20.1.2, 10.20.1.3",
        ],
    );
    assert_eq!(script.matches(" mtu 1400").count(), 1 + 2 * 2, "{script}");
    let plan = topology.plan().unwrap();
    assert_eq!(
        plan.resolv_conf(1),
        "# by netns-test\nnameserver 10.20.1.2\nnameserver 10.20.1.3\n"
    );
    let one_family = topology.only(Family::V6).plan().unwrap().to_string();
    assert!(!one_family.contains("192.168.1."), "{one_family}");
    assert!(!one_family.contains("DNS servers"), "{one_family}");
}

#[test]
fn a_network_of_the_users_own_starts_at_its_gateway() {
    let bridge = DockerBridge::new("docker0")
        .subnet("172.27.0.0/16")
        .gateway("172.27.0.2")
        .subnet("fd00:27::/64")
        .aux_address("172.27.0.3");
    assert_planned(
        &lab(bridge),
        &[
            "ip address add 172.27.0.2/16 dev docker0 broadcast 172.27.255.255",
            "ip address add fd00:27::1/64 dev docker0 nodad",
            "ip -netns a address add 172.27.0.1/16 dev eth0 broadcast 172.27.255.255",
            "ip -netns b address add 172.27.0.4/16 dev eth0 broadcast 172.27.255.255",
            "ip -netns b route add unicast default via fd00:27::1 dev eth0",
        ],
    );
}

#[test]
fn a_host_has_one_default_route_of_a_family_and_its_own_comes_first() {
    let two = Topology::new()
        .docker_bridge(docker0())
        .docker_bridge(DockerBridge::new("back").subnet("172.30.0.0/24"))
        .host("both", |h| h.join("docker0").join("back"))
        .host("own", |h| h.join("docker0").default_route("192.168.1.77"))
        .host("router", |h| h.attach("docker0", "192.168.1.77/24"));
    let script = two.plan().unwrap().to_string();
    let defaults = |host: &str| {
        let of_host = format!("ip -netns {host} route add unicast default via ");
        let lines = script
            .lines()
            .filter_map(|line| line.strip_prefix(&of_host));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(defaults("both"), ["192.168.1.6 dev eth0"]);
    assert_eq!(defaults("own"), ["192.168.1.77 dev eth0"]);
    assert_eq!(defaults("router"), ["192.168.1.6 dev eth0"]);
}

#[test]
fn the_router_itself_and_hosts_of_an_internal_network_have_no_default_route() {
    let with_router = Topology::new()
        .docker_bridge(docker0().default_gateway("192.168.1.1"))
        .host("router", |h| h.attach("docker0", "192.168.1.1/24"));
    for topology in [
        with_router,
        lab(docker0().internal()),
        lab(docker0()).bare(),
    ] {
        let script = topology.plan().unwrap().to_string();
        assert!(!script.contains("default via"), "{script}");
    }
}

#[test]
fn a_router_leads_nobody_out_of_an_internal_network() {
    let open = |bridge: DockerBridge| {
        lab(bridge)
            .segment("far", ())
            .root(|r| r.forward().join("far"))
            .host("c", |h| h.join("far"))
    };
    let routes = |topology: Topology| {
        let script = topology.plan().unwrap().to_string();
        script.matches("ip -netns a route add").count()
    };
    assert_eq!(routes(open(docker0())), 1);
    assert_eq!(routes(open(docker0().internal())), 0);
}

#[test]
fn what_lies_outside_of_the_subnet_is_named() {
    assert_eq!(
        clash(docker0().gateway("192.168.2.6")),
        "[gateway(\"192.168.2.6\"]: bridge `docker0`: gateway 192.168.2.6 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24"
    );
    assert_eq!(
        clash(docker0().aux_address("192.168.2.6")),
        "[aux_address(\"192.168.2.6\"]: bridge `docker0`: aux-address 192.168.2.6 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24"
    );
    // A pool that holds the subnet is none of its parts.
    assert_eq!(
        clash(docker0().fixed_cidr("192.168.0.0/16")),
        "[fixed_cidr(\"192.168.0.0/16\"]: bridge `docker0`: fixed-cidr 192.168.0.0/16 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24"
    );
    let small = DockerBridge::new("docker0").subnet("172.28.0.0/24");
    assert_eq!(
        clash(small.ip_range("172.28.5.0/24")),
        "[ip_range(\"172.28.5.0/24\"]: bridge `docker0`: ip-range 172.28.5.0/24 lies outside subnet 172.28.0.0/24"
    );
}

#[test]
fn two_values_for_one_thing_are_named() {
    assert_eq!(
        clash(docker0().bip("192.168.2.6/24")),
        "[bip(\"192.168.2.6/24\"]: bridge `docker0`: bip 192.168.2.6/24 comes after bip 192.168.1.6/24, from [bip(\"192.168.1.6/24\"]"
    );
    assert_eq!(
        clash(docker0().subnet("192.168.0.0/16")),
        "[subnet(\"192.168.0.0/16\"]: bridge `docker0`: subnet 192.168.0.0/16 is not the subnet 192.168.1.0/24 of bip 192.168.1.6/24"
    );
    assert_eq!(
        clash(docker0().gateway("192.168.1.7")),
        "[gateway(\"192.168.1.7\"]: bridge `docker0`: gateway 192.168.1.7 is not that of bip 192.168.1.6/24, the bridge's own address: another router is a default-gateway"
    );
    assert_eq!(
        clash(docker0().default_gateway("192.168.1.7").internal()),
        "[default_gateway(\"192.168.1.7\"]: bridge `docker0`: default-gateway 192.168.1.7 leads out of the network, which is internal from [internal(]"
    );
    assert!(
        Topology::new()
            .docker_bridge(docker0().subnet("192.168.1.0/24").gateway("192.168.1.6"))
            .plan()
            .is_ok()
    );
}

#[test]
fn what_is_no_hosts_address_is_named() {
    assert_eq!(
        clash(docker0().default_gateway("192.168.1.255")),
        "[default_gateway(\"192.168.1.255\"]: bridge `docker0`: default-gateway 192.168.1.255 is the broadcast address of 192.168.1.0/24"
    );
    assert_eq!(
        clash(docker0().default_gateway("192.168.1.0")),
        "[default_gateway(\"192.168.1.0\"]: bridge `docker0`: default-gateway 192.168.1.0 is the subnet's own address, of 192.168.1.0/24"
    );
    let bip = |text: &str| Topology::new().docker_bridge(DockerBridge::new("docker0").bip(text));
    assert_eq!(
        allowable(&bip("192.168.1.0/24"), Mistake::NetworkAddress),
        "[bip(text]: interface `docker0` of node `root`: 192.168.1.0/24 is the subnet's own address, hosts start at the next one"
    );
    assert_eq!(
        allowable(&bip("192.168.1.255/24"), Mistake::BroadcastAddress),
        "[bip(text]: interface `docker0` of node `root`: 192.168.1.255/24 is the broadcast address of its subnet"
    );
}

#[test]
fn what_makes_no_sense_is_named_all_at_once() {
    let text = refusal(
        &Topology::new().docker_bridge(
            docker0()
                .subnet("192.168.1.6/24")
                .fixed_cidr("2001:db8::/64")
                .fixed_cidr_v6("10.20.0.0/16")
                .default_gateway("router")
                .dns(["ns1.example", "0.0.0.0"])
                .mtu(67),
        ),
    );
    for part in [
        "7 mistakes",
        "[subnet(\"192.168.1.6/24\"]: bridge `docker0`: subnet: 192.168.1.6/24 has host bits set, the subnet is 192.168.1.0/24",
        "fixed-cidr: `2001:db8::/64` is not IPv4",
        "fixed-cidr-v6: `10.20.0.0/16` is not IPv6",
        "default-gateway: `router` is not an IP address",
        "[dns([\"ns1.example\", \"0.0.0.0\"]]: bridge `docker0`: dns: `ns1.example` is not an IP address",
        "dns: 0.0.0.0 is no host's address",
        "[mtu(67]: bridge `docker0`: the MTU 67 is out of range (68 to 65535)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_bridge_without_a_subnet_is_refused() {
    assert_eq!(
        clash(DockerBridge::new("docker0").dns("10.20.1.2")),
        "[DockerBridge::new(\"docker0\"]: bridge `docker0`: nothing says its subnet: add `.bip(..)` or `.subnet(..)`"
    );
    assert_eq!(
        clash(DockerBridge::new("docker0").fixed_cidr("10.20.0.0/16")),
        "[fixed_cidr(\"10.20.0.0/16\"]: bridge `docker0`: fixed-cidr 10.20.0.0/16 needs an IPv4 subnet, and there is none: add `.bip(..)` or `.subnet(..)`"
    );
}

#[test]
fn a_pool_that_is_used_up_and_an_address_outside_are_mistakes_of_the_host() {
    let small = docker0().fixed_cidr("192.168.1.7/32");
    assert_eq!(
        mistake(&lab(small)),
        "[join(\"docker0\"]: node `b`: 192.168.1.7/32 of bridge `docker0` has no free address left"
    );
    let stray = lab(docker0()).host("c", |h| h.attach("docker0", "10.9.9.9/24"));
    assert_eq!(
        allowable(&stray, Mistake::GatewayOffSubnet),
        "[attach(\"docker0\", \"10.9.9.9/24\"]: interface `eth0` of node `c`: 10.9.9.9/24 is on no subnet of bridge `docker0`"
    );
}

const TEXTS: [&str; 12] = [
    "10.0.0.6/29",
    "10.0.0.1/29",
    "10.0.0.4/30",
    "10.0.0.0/29",
    "10.0.0.0/30",
    "10.0.0.7/32",
    "fd00::1/64",
    "fd00::/64",
    "fd00::/126",
    "fd00::2/128",
    "2001:db8::1/64",
    "10.0.0.3/31",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// What is accepted holds together: each host has an address of the subnet and the pool, and a gateway that it can reach.
    #[test]
    fn whatever_is_accepted_is_consistent(
        settings in prop::collection::vec((any::<u8>(), 0..12u8), 0..4),
        hosts in 0..5u8,
    ) {
        let docker0 = bridge("docker0", &settings, |text| TEXTS[usize::from(text)]);
        let mut topology = Topology::new().docker_bridge(docker0.bip("10.0.0.6/29"));
        for host in 0..hosts {
            topology = topology.host(format!("h{host}"), |h| h.join("docker0"));
        }
        let planned = topology.plan();
        // Enough of them are accepted, or the test fails.
        prop_assume!(planned.is_ok());
        let plan = planned.unwrap();
        let own: Vec<Cidr> = plan.addresses(0).collect();
        let mut seen: Vec<_> = own.iter().map(|it| it.address()).collect();
        for node in 1..=usize::from(hosts) {
            let addresses: Vec<Cidr> = plan.addresses(node).collect();
            prop_assert_eq!(addresses.len(), own.len());
            for route in &plan.nodes[node].routes {
                let via = route.via.unwrap();
                prop_assert!(addresses.iter().any(|it| it.contains(via) && it.address() != via));
            }
            for address in addresses {
                prop_assert!(own.iter().any(|it| it.network() == address.network()));
                prop_assert!(!seen.contains(&address.address()), "{}", plan);
                seen.push(address.address());
            }
        }
    }
}
