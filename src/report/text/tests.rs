use super::*;
use crate::address::Mac;
use crate::error::{Error, Kind};
use crate::topology::Topology;
use crate::view::{
    AddressFlags, Counters, Hardware, InterfaceAddress, InterfaceFlags, LinkMode, Scope,
};

const UP: u32 = 0x11043;
const NO_CARRIER: u32 = 0x1003;

fn lab_a() -> Plan {
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| h.attach("mydocker0", "172.16.1.1/16"))
        .host("ns2", |h| h.attach("mydocker0", "172.16.1.2/16"))
        .plan()
        .unwrap()
}

fn address(text: &str) -> InterfaceAddress {
    InterfaceAddress {
        address: text.parse().unwrap(),
        peer: None,
        broadcast: None,
        scope: Scope::Global,
        flags: AddressFlags::from_bits(0x80),
        label: None,
        metric: None,
        origin: None,
        valid: None,
        preferred: None,
    }
}

fn interface(name: &str, kind: &str, flags: u32, addresses: &[&str]) -> Interface {
    Interface {
        name: name.to_owned(),
        index: 100,
        kind: (kind != "loopback").then(|| kind.to_owned()),
        hardware: Hardware::Ethernet,
        flags: InterfaceFlags::from_bits(flags),
        mtu: 1500,
        mac: Some(Mac([2, 0, 0, 1, 0, 1])),
        broadcast: None,
        state: match flags {
            UP => OperState::Up,
            NO_CARRIER => OperState::LowerLayerDown,
            _ => OperState::Down,
        },
        mode: LinkMode::Default,
        master: None,
        peer: None,
        counters: Counters::default(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        qdisc: None,
        txqueuelen: None,
        group: 0,
    }
}

fn node(name: &str, interfaces: Vec<Interface>) -> Seen {
    Seen {
        name: name.to_owned(),
        interfaces,
        routes: Vec::new(),
        neighbours: Vec::new(),
        counters: Vec::new(),
        listening: Ok(None),
        unset: Vec::new(),
        lacking: Vec::new(),
    }
}

/// Lab A in good health.
fn healthy() -> Vec<Seen> {
    let lo = || interface("lo", "loopback", 0x10049, &["127.0.0.1/8", "::1/128"]);
    let eth0 = |address| interface("eth0", "veth", UP, &[address]);
    vec![
        node(
            "root",
            vec![
                lo(),
                interface("mydocker0", "bridge", UP, &["172.16.1.254/16"]),
            ],
        ),
        node("ns1", vec![lo(), eth0("172.16.1.1/16")]),
        node("ns2", vec![lo(), eth0("172.16.1.2/16")]),
    ]
}

fn ping(target: &str, received: usize) -> Sent {
    Sent {
        from: "ns1".to_owned(),
        target: target.parse().unwrap(),
        received,
        transmitted: 3,
        refusal: None,
        explanation: None,
    }
}

fn rendered(seen: Vec<Seen>, sent: &[Sent]) -> String {
    let seen: Vec<Result<Seen>> = seen.into_iter().map(Ok).collect();
    render(&lab_a(), &seen, sent, &[], "", "")
}

#[test]
fn a_mistyped_address_is_explained_in_the_first_lines() {
    let mut seen = healthy();
    seen[1].neighbours.push(Neighbour {
        address: "172.16.1.3".parse().unwrap(),
        device: "eth0".to_owned(),
        mac: None,
        state: NeighbourState::Incomplete,
        router: false,
    });
    let text = rendered(seen, &[ping("172.16.1.2", 3), ping("172.16.1.3", 0)]);
    assert_eq!(
        text,
        "
---- the network as it was ----
ns1 pinged 172.16.1.3: 0 of 3 answered; no node has that address (there are: root 172.16.1.254, ns1 172.16.1.1, ns2 172.16.1.2)
ns1 asked on eth0 who has 172.16.1.3, and nobody answered (INCOMPLETE)
ns1 pinged 172.16.1.2: 3 of 3 answered

plan:
  root bridge mydocker0 172.16.1.254/16
  ns1 eth0 172.16.1.1/16 -- root veth1 (port of mydocker0)
  ns2 eth0 172.16.1.2/16 -- root veth2 (port of mydocker0)
root:
  mydocker0 UP 02:00:00:01:00:01 172.16.1.254/16
ns1:
  eth0 UP 02:00:00:01:00:01 172.16.1.1/16
  neighbour 172.16.1.3 dev eth0 INCOMPLETE
ns2:
  eth0 UP 02:00:00:01:00:01 172.16.1.2/16
----
"
    );
}

#[test]
fn an_interface_out_of_service_stands_out() {
    let mut seen = healthy();
    seen[1].interfaces[1].flags = InterfaceFlags::from_bits(NO_CARRIER);
    seen[1].interfaces[1].state = OperState::LowerLayerDown;
    seen[2].interfaces[1].flags = InterfaceFlags::from_bits(0x1002);
    let mut lost = ping("172.16.1.2", 0);
    lost.refusal = Some("From 172.16.1.1 icmp_seq=1 Destination Host Unreachable".to_owned());
    let text = rendered(seen, &[lost]);
    assert!(
        text.contains(
            "\
ns1 pinged 172.16.1.2: 0 of 3 answered; that is ns2's address on eth0
  From 172.16.1.1 icmp_seq=1 Destination Host Unreachable
ns1 eth0 is up and has no carrier: its other end is down
ns2 eth0 is down
"
        ),
        "{text}"
    );
    assert!(
        text.contains("\n  eth0 <NO-CARRIER,BROADCAST,MULTICAST,UP> LOWERLAYERDOWN "),
        "{text}"
    );
}

#[test]
fn an_address_that_was_removed_or_cannot_be_used_is_named() {
    let mut seen = healthy();
    seen[2].interfaces[1].addresses.clear();
    seen[1].interfaces[1].addresses[0].flags = AddressFlags::from_bits(0xc0);
    seen[0].interfaces[1].addresses[0].flags = AddressFlags::from_bits(0x88);
    let text = rendered(seen, &[ping("172.16.1.2", 1)]);
    for line in [
        "ns1 pinged 172.16.1.2: 1 of 3 answered; ns2 had that address in the plan, and has it no longer\n",
        "root mydocker0 cannot use 172.16.1.254/16: another host has it\n",
        "ns1 eth0 cannot use 172.16.1.1/16 yet: the kernel still looks for duplicates\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn a_node_that_cannot_be_looked_at_does_not_hide_the_others() {
    let broken = Error::new(
        Kind::TimedOut,
        "list interfaces",
        "the kernel did not answer",
    );
    let mut seen: Vec<Result<Seen>> = healthy().into_iter().map(Ok).collect();
    seen.truncate(2);
    seen[0] = Err(broken);
    let text = render(&lab_a(), &seen, &[], &[], "", "");
    assert!(
        text.contains(
            "root:\n  failed to list interfaces: the kernel did not answer\nns1:\n  eth0 UP"
        ),
        "{text}"
    );
    assert!(text.contains("\n(1 more nodes)\n"), "{text}");
    assert!(
        text.starts_with("\n---- the network as it was ----\nplan:\n"),
        "{text}"
    );
}

#[test]
fn listeners_are_told_and_what_hides_them_hides_nothing_else() {
    let mut seen = healthy();
    seen[1].listening = Ok(Some("tcp 0.0.0.0:80, udp [::]:53".to_owned()));
    let refusal = std::io::Error::from_raw_os_error(13);
    seen[2].listening = Err(Error::kernel("list the sockets of node `ns2`", refusal));
    let text = rendered(seen, &[]);
    assert!(
        text.ends_with(
            "
ns1:
  eth0 UP 02:00:00:01:00:01 172.16.1.1/16
  listening: tcp 0.0.0.0:80, udp [::]:53
ns2:
  eth0 UP 02:00:00:01:00:01 172.16.1.2/16
  failed to list the sockets of node `ns2`: Permission denied
----
"
        ),
        "{text}"
    );
}

#[test]
fn an_empty_network_says_so() {
    let plan = Topology::new().plan().unwrap();
    let lo = interface("lo", "loopback", 0x10049, &["127.0.0.1/8", "::1/128"]);
    let text = render(&plan, &[Ok(node("root", vec![lo]))], &[], &[], "", "");
    assert!(text.contains("root:\n  nothing but lo\n"), "{text}");
}

#[test]
fn a_task_that_panicked_comes_first_with_its_host() {
    let panicked = Panicked {
        host: "server".to_owned(),
        text: "out of cheese\nand of wine".to_owned(),
        joined: false,
    };
    let many = vec![panicked; TASKS + 2];
    let text = render(&lab_a(), &[], &[], &many, "", "");
    let first = "\n---- the network as it was ----\na task of host `server` panicked: out of cheese\n  and of wine\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("\n(2 more tasks panicked)\n"), "{text}");
}

#[test]
fn a_shared_network_is_shown_once() {
    let pod = Topology::lan(["web"]).host("sidecar", |h| h.share("web"));
    let nodes = [Ok(node("root", Vec::new())), Ok(node("web", Vec::new()))];
    let text = render(&pod.plan().unwrap(), &nodes, &[], &[], "", "");
    assert!(
        text.contains("\n  sidecar shares the network of web\nroot:\n"),
        "{text}"
    );
    assert!(text.contains("\nweb:\n"), "{text}");
    assert!(!text.contains("sidecar:"), "{text}");
}

#[test]
fn what_rules_have_met_stands_with_their_node() {
    let counter = |number: usize| RuleCounter {
        table: "firewall".to_owned(),
        chain: "forward".to_owned(),
        name: format!("rule {number}"),
        packets: 3,
        bytes: 252,
    };
    let mut seen = healthy();
    seen[0].counters = (1..=18).map(counter).collect();
    let text = rendered(seen, &[]);
    let root = text.split("root:\n").nth(1).unwrap();
    let root = root.split("ns1:\n").next().unwrap();
    assert!(
        root.contains("\n  counter forward: rule 1: 3 packets, 252 bytes\n"),
        "{text}"
    );
    assert!(
        root.ends_with("rule 16: 3 packets, 252 bytes\n  (2 more rules)\n"),
        "{text}"
    );
}

#[test]
fn trouble_stands_before_all_else() {
    let text = render(&lab_a(), &[], &[], &[], "trouble:\n  a | b\n", "");
    let first = "\n---- the network as it was ----\ntrouble:\n  a | b\n\nplan:\n";
    assert!(text.starts_with(first), "{text}");
}
