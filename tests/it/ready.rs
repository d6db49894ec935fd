//! Ready-made topologies: everybody reaches whom the drawing says.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use netns_test::topologies::{self, docker};
use netns_test::{
    Family, NatKind, Network, Reachability, ReachabilityMatrix, TestResult, Topology, netns_test,
};

/// The hosts of a topology, without its routers.
fn hosts(topology: &Topology) -> usize {
    let script = topology.plan().unwrap().to_string();
    let nodes = script.matches("ip netns add ").count();
    nodes - script.matches("net/ipv4/ip_forward=1").count() - script.matches("add switch").count()
}

#[netns_test(topologies(
    star = topologies::star(5),
    ring = topologies::ring(5),
    ring_of_two = topologies::ring(2),
    tree = topologies::tree(2, 3),
    dumbbell = topologies::dumbbell(3),
    leaf_spine = topologies::leaf_spine(2, 3, 2),
))]
fn everybody_reaches_everybody(net: &Network) -> TestResult {
    let matrix = net.ping_all()?;
    matrix.assert_all_reachable();
    let [first, .., last] = matrix.nodes() else {
        panic!("there should be hosts: {matrix}");
    };
    for family in [Family::V4, Family::V6] {
        let pair = matrix.get(first, last, family);
        assert!(matches!(pair, Reachability::Reached { .. }), "{matrix}");
    }
    Ok(())
}

#[netns_test(topology = topologies::ring(5))]
fn a_ring_is_passed_by_the_shorter_way(net: &Network) -> TestResult {
    net.assert_path("h1", "h3", ["r1", "r2", "r3"]);
    net.assert_path("h1", "h4", ["r1", "r5", "r4"]);
    Ok(())
}

#[netns_test(topology = topologies::leaf_spine(2, 2, 2))]
fn racks_are_joined_by_the_first_spine(net: &Network) -> TestResult {
    net.assert_path("h1", "h2", []);
    net.assert_path("h1", "h4", ["leaf1", "spine1", "leaf2"]);
    Ok(())
}

#[test]
fn shapes_have_as_many_hosts_as_they_say() {
    assert_eq!(hosts(&topologies::star(5)), 5);
    assert_eq!(hosts(&topologies::ring(5)), 5);
    assert_eq!(hosts(&topologies::ring(1)), 1);
    assert_eq!(hosts(&topologies::tree(2, 3)), 9);
    assert_eq!(hosts(&topologies::tree(0, 3)), 1);
    assert_eq!(hosts(&topologies::dumbbell(3)), 6);
    assert_eq!(hosts(&topologies::leaf_spine(2, 3, 4)), 12);
    for nobody in [
        topologies::star(0),
        topologies::ring(0),
        topologies::leaf_spine(0, 0, 0),
    ] {
        assert_eq!(hosts(&nobody), 0);
    }
}

#[test]
fn a_ring_is_closed() {
    let closed = |routers: usize| {
        let plan = topologies::ring(routers).plan().unwrap().to_string();
        let cables = plan.lines().filter(|it| it.contains(" type veth "));
        cables.filter(|it| !it.contains(" netns h")).count()
    };
    assert_eq!([1, 2, 3, 6].map(closed), [0, 1, 3, 6]);
}

/// A leaf is a cable away from each spine, and two hosts of one rack from each other.
#[test]
fn leaves_and_spines_are_joined_completely() {
    let plan = topologies::leaf_spine(3, 4, 1).plan().unwrap().to_string();
    let cables = plan.lines().filter(|it| it.contains(" type veth "));
    let between = cables.filter(|it| it.contains("spine") && it.contains("leaf"));
    assert_eq!(between.count(), 3 * 4);
}

#[test]
fn mistakes_are_blamed_on_whoever_asked_for_the_shape() {
    let error = topologies::star(300).plan().unwrap_err().to_string();
    let of_us = |line: &str| line.contains("are used up") && line.contains("tests/it/ready.rs:");
    assert!(error.lines().skip(1).all(of_us), "{error}");
}

/// Who hears from whom, as `from -> to`, which is the same for both families.
fn reached(net: &Network) -> TestResult<Vec<String>> {
    let matrix = net.ping_all()?;
    let [v4, v6] = [Family::V4, Family::V6].map(|family| pairs(&matrix, family));
    assert_eq!(v4, v6, "{matrix}");
    Ok(v4)
}

fn pairs(matrix: &ReachabilityMatrix, family: Family) -> Vec<String> {
    let nodes = matrix.nodes().iter();
    let all = nodes.flat_map(|from| matrix.nodes().iter().map(move |to| (from, to)));
    let reached = |(from, to): &(&String, &String)| {
        matches!(matrix.get(from, to, family), Reachability::Reached { .. })
    };
    let found = all.filter(reached);
    found.map(|(from, to)| format!("{from} -> {to}")).collect()
}

#[netns_test(topology = docker::isolated(["c1", "c2"]))]
fn isolated_containers_reach_nobody(net: &Network) -> TestResult {
    assert_eq!(reached(net)?, ["root -> outside", "outside -> root"]);
    for name in ["c1", "c2"] {
        let interfaces = net.host(name).interfaces()?;
        let names: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["lo"]);
        net.host(name).ping("127.0.0.1")?.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = docker::bridged(["c1", "c2"]))]
fn bridged_containers_reach_their_machine_and_each_other(net: &Network) -> TestResult {
    assert_eq!(
        reached(net)?,
        [
            "root -> outside",
            "root -> c1",
            "root -> c2",
            "outside -> root",
            "c1 -> root",
            "c1 -> c2",
            "c2 -> root",
            "c2 -> c1",
        ]
    );
    Ok(())
}

#[netns_test(topology = docker::nat(["c1", "c2"], [(8080, "c1:80")]))]
fn translated_containers_are_seen_as_their_machine(net: &Network) -> TestResult {
    assert_eq!(
        reached(net)?,
        [
            "root -> outside",
            "root -> c1",
            "root -> c2",
            "outside -> root",
            "c1 -> root",
            "c1 -> outside",
            "c1 -> c2",
            "c2 -> root",
            "c2 -> outside",
            "c2 -> c1",
        ]
    );
    let (outside, c1) = (net.host("outside"), net.host("c1"));
    let server = outside.run(|| TcpListener::bind("203.0.113.9:80"))?;
    let own = c1
        .run(|| TcpStream::connect("203.0.113.9:80"))?
        .local_addr()?;
    let (_, seen) = server.accept()?;
    assert_eq!(own.ip().to_string(), "172.17.0.2");
    assert_eq!(seen.ip().to_string(), "203.0.113.1");

    let web = c1.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let client = outside.run(|| TcpStream::connect("203.0.113.1:8080"))?;
    assert_eq!(
        web.accept()?.1,
        client.local_addr()?,
        "the client's own address"
    );
    let unpublished = outside.run(|| TcpStream::connect("203.0.113.1:80"));
    assert_eq!(
        unpublished.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    Ok(())
}

#[netns_test(topology = topologies::two_homes(NatKind::FullCone, NatKind::Symmetric))]
fn homes_reach_the_internet_and_not_each_other(net: &Network) -> TestResult {
    let found = pairs(&net.ping_all()?, Family::V4);
    for host in ["alice", "bob"] {
        assert!(found.contains(&format!("{host} -> server")), "{found:?}");
        assert!(
            !found
                .iter()
                .any(|it| it.ends_with(&format!("server -> {host}")))
        );
    }
    assert!(!found.contains(&"alice -> bob".to_owned()), "{found:?}");
    Ok(())
}

/// Over IPv6 nothing is translated: there it is the firewall that keeps others out.
#[netns_test(topology = topologies::home(["laptop", "phone"]))]
fn a_home_lets_out_and_nothing_in(net: &Network) -> TestResult {
    assert_eq!(
        reached(net)?,
        [
            "box -> server",
            "box -> laptop",
            "box -> phone",
            "laptop -> server",
            "laptop -> box",
            "laptop -> phone",
            "phone -> server",
            "phone -> box",
            "phone -> laptop",
        ]
    );
    Ok(())
}

#[netns_test(topology = topologies::office(2, 1))]
fn an_office_keeps_guests_apart(net: &Network) -> TestResult {
    let found = reached(net)?;
    let of = |name: &str| -> Vec<&str> {
        let start = format!("{name} -> ");
        found
            .iter()
            .filter_map(|it| it.strip_prefix(&start))
            .collect()
    };
    assert_eq!(of("desk1"), ["server", "gate", "web", "desk2", "guest1"]);
    assert_eq!(of("guest1"), ["server"]);
    assert_eq!(of("server"), [""; 0]);
    assert_eq!(of("web"), [""; 0]);

    let web = net.host("web").run(|| TcpListener::bind("[::]:80"))?;
    for (name, address) in [
        ("server", "203.0.113.9:80".to_owned()),
        ("server", format!("[{}]:80", net.host("web").ipv6())),
        ("guest1", format!("{}:80", net.host("web").ipv4())),
    ] {
        let client = net.host(name).run(|| TcpStream::connect(&address))?;
        assert_eq!(
            web.accept()?.1.port(),
            client.local_addr()?.port(),
            "{name}"
        );
    }
    Ok(())
}

#[netns_test(topology = docker::physical(["c1", "c2"]))]
fn containers_on_a_physical_bridge_are_outside_themselves(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    let bridges = net.root().bridges()?;
    assert!(bridges[0].ports.iter().any(|it| it.name == "uplink"));
    let neighbours = net.host("outside").neighbours()?;
    let c1 = net.host("c1");
    let mac = c1.interface("eth0")?.mac;
    let own = neighbours.iter().find(|it| it.address == c1.ipv4());
    assert_eq!(own.unwrap().mac, mac, "nobody is in between");
    Ok(())
}
