//! Nodes that do not hear others any more, in networks of all kinds.

use std::io::Write;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::time::Duration;

use netns_test::{
    Family, Grudge, Host, Network, Result, TestResult, Topology, Trouble, eventually, netns_test,
    require_program, topologies,
};

use crate::panic_text;

const SILENCE: Duration = Duration::from_millis(100);
const ANSWER: Duration = Duration::from_secs(20);

/// Whether a datagram of one node comes to the other, by every family that the network has. What is expected is waited for.
fn hears(net: &Network, hearer: &str, speaker: &str, expected: bool) -> bool {
    let [to, from] = [hearer, speaker].map(|name| net.host(name));
    let results = net.families().iter().map(|family| {
        let (any, address): (_, IpAddr) = match family {
            Family::V4 => ("0.0.0.0:0", to.ipv4().into()),
            Family::V6 => ("[::]:0", to.ipv6().into()),
        };
        let bind = |host: Host<'_>| host.run(|| UdpSocket::bind(any)).unwrap();
        let (heard, spoken) = (bind(to), bind(from));
        let port = heard.local_addr().unwrap().port();
        spoken.send_to(b"hello", (address, port)).unwrap();
        let limit = if expected { ANSWER } else { SILENCE };
        heard.set_read_timeout(Some(limit)).unwrap();
        heard.recv(&mut [0; 8]).is_ok()
    });
    let results: Vec<bool> = results.collect();
    assert!(
        results.iter().all(|it| *it == results[0]),
        "{hearer} hears {speaker} by one family only"
    );
    results[0]
}

/// What somebody did, as it is told.
#[track_caller]
fn shown<'net>(trouble: Result<Trouble<'net>>, expected: &str) -> Trouble<'net> {
    let trouble = trouble.unwrap();
    assert_eq!(trouble.to_string(), expected);
    trouble
}

/// Everybody hears what the grudge says, and nothing else is lost.
#[track_caller]
fn assert_is(net: &Network, nodes: &[&str], grudge: &Grudge) {
    for hearer in nodes {
        for speaker in nodes.iter().filter(|it| *it != hearer) {
            let expected = grudge.hears(hearer, speaker);
            assert_eq!(
                hears(net, hearer, speaker, expected),
                expected,
                "{hearer} hears {speaker}: {grudge}"
            );
        }
    }
}

const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

#[netns_test(topology = Topology::lan(FIVE))]
fn partitions_of_a_lan_are_as_they_are_said(net: &Network) -> TestResult {
    let trouble = shown(net.partition(["a", "b"], ["c"]), "partition: a, b | c");
    assert_is(net, &FIVE, &Grudge::between(["a", "b"], ["c"]));
    trouble.heal()?;
    let trouble = shown(
        net.bridge_node("c"),
        "partition: a, b | d, e, and c hears both",
    );
    assert_is(net, &FIVE, &Grudge::bridge(FIVE, "c"));
    trouble.heal()?;
    let trouble = shown(net.isolate("d"), "partition: d is isolated");
    assert_is(net, &FIVE, &Grudge::between(["d"], ["a", "b", "c", "e"]));
    trouble.heal()?;
    let trouble = shown(
        net.majorities_ring(),
        "partition: a ring of majorities of a, b, c, d, e",
    );
    assert_is(net, &FIVE, &Grudge::majorities_ring(FIVE));
    trouble.heal()?;
    assert_is(net, &FIVE, &Grudge::new());
    Ok(())
}

/// The halves that chance makes of a network with this seed, one call after the other.
fn random_halves(net: &Network) -> Result<Vec<String>> {
    let halves = (0..4).map(|_| Ok(net.random_halves()?.to_string()));
    halves.collect()
}

#[netns_test(topology = Topology::lan(FIVE).seed(7))]
fn chance_follows_from_the_seed(net: &Network) -> TestResult {
    let own = random_halves(net)?;
    let again = Topology::lan(FIVE).seed(net.seed()).build()?;
    assert_eq!(random_halves(&again)?, own);
    let different: std::collections::BTreeSet<&String> = own.iter().collect();
    assert!(different.len() > 1, "{own:?}");
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]), families(v4, v6, dual))]
fn one_way_is_one_way(net: &Network) -> TestResult {
    let nodes = ["a", "b", "c"];
    let trouble = net.partition_one_way(["a"], ["b", "c"])?;
    assert_eq!(trouble.to_string(), "partition: b, c do not hear a");
    assert_is(net, &nodes, &Grudge::one_way(["a"], ["b", "c"]));
    assert!(net.host("b").counter("blocked from a")?.packets > 0);
    assert!(net.host("a").counters()?.is_empty());
    trouble.heal()?;
    assert_is(net, &nodes, &Grudge::new());
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn partitions_overlap_and_end_one_by_one(net: &Network) -> TestResult {
    let nodes = ["a", "b", "c"];
    let first = net.partition(["a"], ["b", "c"])?;
    let second = net.partition_one_way(["a", "c"], ["b"])?;
    let both = Grudge::between(["a"], ["b", "c"]).and(Grudge::one_way(["a", "c"], ["b"]));
    assert_is(net, &nodes, &both);
    first.heal()?;
    assert_is(net, &nodes, &Grudge::one_way(["a", "c"], ["b"]));
    net.partition(["a"], ["c"])?.keep();
    net.heal()?;
    assert_is(net, &nodes, &Grudge::new());
    // It has ended already.
    second.heal()?;
    let text = panic_text(|| {
        let _trouble = net.isolate("a").unwrap();
        panic!("on purpose");
    });
    assert_eq!(text, "on purpose");
    assert_is(net, &nodes, &Grudge::new());
    Ok(())
}

#[netns_test(topology = topologies::dumbbell(2), families(v4, v6, dual))]
fn routers_in_between_change_nothing(net: &Network) -> TestResult {
    let hosts = ["r1", "left1", "left2", "r2", "right1", "right2"];
    let ends = ["left1", "left2", "right1", "right2"];
    let trouble = net.halves()?;
    assert_is(net, &hosts, &Grudge::halves(ends));
    trouble.heal()?;
    assert_is(net, &hosts, &Grudge::new());
    // What a router passes on goes on, even if it is itself heard by nobody.
    let _trouble = net.isolate("r1")?;
    assert_is(
        net,
        &hosts,
        &Grudge::between(["r1"], ["left1", "left2", "r2", "right1", "right2"]),
    );
    Ok(())
}

#[netns_test(topology = topologies::docker::bridged(["web", "db", "cache"]).only(Family::V4))]
fn containers_are_kept_apart_and_from_their_host(net: &Network) -> TestResult {
    let nodes = ["root", "web", "db", "cache"];
    let trouble = net.partition(["web"], ["db", "root"])?;
    assert_is(net, &nodes, &Grudge::between(["web"], ["db", "root"]));
    trouble.heal()?;
    let _trouble = net.isolate("cache")?;
    assert_is(
        net,
        &nodes,
        &Grudge::between(["cache"], ["root", "web", "db"]),
    );
    Ok(())
}

/// Broadcasts and multicasts have the sender's address, too.
#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn what_is_sent_to_all_is_not_heard_from_the_other_side(net: &Network) -> TestResult {
    let listen = |name: &str| {
        net.host(name).run(|| {
            let socket = UdpSocket::bind("0.0.0.0:9")?;
            socket.join_multicast_v4(&[239, 1, 2, 3].into(), &net.host(name).ipv4())?;
            socket.set_read_timeout(Some(ANSWER))?;
            Ok::<_, std::io::Error>(socket)
        })
    };
    let (b, c) = (listen("b")?, listen("c")?);
    let a = net
        .host("a")
        .run(|| UdpSocket::bind((net.host("a").ipv4(), 0)))?;
    a.set_broadcast(true)?;
    let loud = ["239.1.2.3:9", "255.255.255.255:9", "10.1.255.255:9"];
    let _trouble = net.partition(["a"], ["b"])?;
    for (to, text) in loud.iter().zip(["multicast", "broadcast", "directed"]) {
        a.send_to(text.as_bytes(), to)?;
        let mut bytes = [0; 16];
        let length = c.recv(&mut bytes)?;
        assert_eq!(&bytes[..length], text.as_bytes());
    }
    // What c says comes later than all that, and first.
    let from_c = net.host("c").run(|| UdpSocket::bind("0.0.0.0:0"))?;
    from_c.send_to(b"c", (net.host("b").ipv4(), 9))?;
    let mut bytes = [0; 16];
    let length = b.recv(&mut bytes)?;
    assert_eq!(&bytes[..length], b"c");
    Ok(())
}

/// Neighbours still find each other: only what they say is not heard.
#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn address_resolution_and_neighbour_discovery_pass(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let _trouble = net.partition(["a"], ["b"])?;
    assert_eq!(a.ping(b.ipv4())?.received(), 0);
    assert_eq!(a.ping(b.ipv6())?.received(), 0);
    let neighbours = a.neighbours()?;
    for address in [b.ipv4().into(), IpAddr::from(b.ipv6())] {
        let found = neighbours.iter().find(|it| it.address == address).unwrap();
        assert_eq!(found.mac, b.interface("eth0")?.mac, "{neighbours:?}");
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).host("sidecar", |h| h.share("a")).host("mute", |h| h.attach("lan", ())))]
fn what_makes_no_partition_is_refused_and_changes_nothing(net: &Network) -> TestResult {
    let none: [&str; 0] = [];
    let text = |refused: Result<Trouble<'_>>| refused.unwrap_err().to_string();
    let unknown = net.partition(["a"], ["b", "z"]).unwrap_err();
    assert!(unknown.is_unknown_name());
    assert!(
        unknown
            .to_string()
            .contains("known: root, a, b, sidecar, mute"),
        "{unknown}"
    );
    assert!(net.isolate("z").unwrap_err().is_unknown_name());
    assert!(net.bridge_node("z").unwrap_err().is_unknown_name());
    assert_eq!(
        text(net.partition(["a", "b"], ["b"])),
        "failed to block `b` from `b`: it is on both sides\n  help: name each node on one side only"
    );
    assert_eq!(
        text(net.partition(["a"], ["sidecar"])),
        "failed to block `a` from `sidecar`: they are one network\n  \
         help: name two nodes, each with a network of its own"
    );
    assert_eq!(
        text(net.partition(["a"], none)),
        "failed to keep nodes apart: everybody would go on hearing everybody\n  \
         help: name a node on each side; halves need two nodes, a ring of majorities three"
    );
    assert_eq!(
        text(net.halves_of(["a"])),
        text(net.apply_grudge(&Grudge::new()))
    );
    assert_eq!(net.host("a").counters()?, []);
    assert_eq!(net.host("b").counters()?, []);
    // Who shares a's network is as isolated as a, and not from it.
    let _trouble = net.isolate("sidecar")?;
    assert_eq!(net.host("b").counter("blocked from sidecar")?.packets, 0);
    assert!(!hears(net, "b", "a", false) && !hears(net, "a", "b", false));
    Ok(())
}

/// One table for each node, however many it does not hear.
#[netns_test(topology = Topology::lan((0..40).map(|number| format!("n{number}"))))]
fn many_nodes_are_one_table_each(net: &Network) -> TestResult {
    let trouble = net.majorities_ring()?;
    let counters = net.host("n0").counters()?;
    // One of each family.
    assert_eq!(counters.len(), 1);
    assert!(
        counters[0].name.starts_with("blocked from n11, n12, "),
        "{counters:?}"
    );
    assert!(counters[0].name.ends_with(" more"), "{counters:?}");
    assert!(hears(net, "n0", "n10", true) && hears(net, "n0", "n30", true));
    assert!(!hears(net, "n0", "n11", false) && !hears(net, "n0", "n29", false));
    trouble.heal()?;
    assert_eq!(net.host("n0").counters()?, []);
    Ok(())
}

/// A transfer of curl's stalls while a partition lasts, and is complete afterwards.
#[netns_test(topology = topologies::dumbbell(1), timeout = 120)]
fn a_download_stalls_and_goes_on(net: &Network) -> TestResult {
    require_program("curl")?;
    let (client, server) = (net.host("left1"), net.host("right1"));
    let listener = server.run(|| TcpListener::bind("[::]:80"))?;
    let url = format!("http://{}/", server.ipv4());
    let mut curl = client
        .command("curl")
        .args(["--silent", "--no-buffer", &url])
        .spawn()?;
    let mut connection = listener.accept()?.0;
    let length = "first\n".len() + "second\n".len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    connection.write_all(b"first\n")?;
    curl.expect_line("first")?;
    let trouble = net.partition([client.name()], [server.name()])?;
    connection.write_all(b"second\n")?;
    // The segment and at least one repetition have come, and were dropped.
    let name = format!("blocked from {}", server.name());
    eventually(ANSWER, || {
        client.counter(&name).is_ok_and(|met| met.packets >= 2)
    })?;
    assert_eq!(curl.try_wait()?, None);
    assert_eq!(curl.stdout_text(), "first\n");
    trouble.heal()?;
    assert!(curl.wait()?.success());
    assert_eq!(curl.stdout_text(), "first\nsecond\n");
    Ok(())
}

/// Down, it has no addresses of IPv6: those with which it comes back count.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn who_has_crashed_is_on_a_side_and_comes_back_there(net: &Network) -> TestResult {
    let b = net.host("b");
    b.crash()?;
    let trouble = net.partition_one_way(["b"], ["a"])?;
    b.restart()?;
    let socket = net.host("a").run(|| UdpSocket::bind("[::]:9"))?;
    let sender = b.run(|| UdpSocket::bind("[::]:0"))?;
    sender.send_to(b"kept out", (net.host("a").ipv6(), 9))?;
    // A pong would not be heard, so that what was sent has arrived when the requests have been counted.
    assert_eq!(b.ping(net.host("a").ipv6())?.received(), 0);
    socket.set_nonblocking(true)?;
    assert!(socket.recv(&mut [0; 16]).is_err());
    trouble.heal()?;
    net.ping_all()?.assert_all_reachable();
    Ok(())
}
