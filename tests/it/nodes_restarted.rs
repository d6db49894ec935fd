//! Hosts that come back after a crash, as the topology describes them.

use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use netns_test::{Host, Impairment, Network, Rule, TestResult, Topology, netns_test};

use crate::once;

/// Two routers in a row.
fn chain() -> Topology {
    Topology::new()
        .segment("left", ["10.1.0.0/24", "fd01::/64"])
        .segment("middle", ["10.2.0.0/24", "fd02::/64"])
        .segment("right", ["10.3.0.0/24", "fd03::/64"])
        .router("r1", |r| {
            r.join("left")
                .join("middle")
                .sysctl("net.ipv4.tcp_fin_timeout", "7")
                .firewall(|f| f.rule(Rule::drop().forward().tcp(81).named("no 81")))
        })
        .router("r2", |r| r.join("middle").join("right"))
        .host("a", |h| h.join("left"))
        .host("b", |h| h.join("right"))
        .host("c", |h| h.join("right"))
}

/// All that can be seen of a host.
fn shown(host: Host<'_>) -> String {
    let interfaces = host.interfaces().unwrap();
    let mut text: String = interfaces.iter().map(|it| format!("{it}\n")).collect();
    for routes in [host.routes().unwrap(), host.routes_ipv6().unwrap()] {
        // Those that the kernel makes come in the order in which interfaces got their carriers.
        let routes = routes.to_string();
        let mut routes: Vec<&str> = routes.lines().collect();
        routes.sort_unstable();
        text += &format!("{routes:?}\n");
    }
    text += &format!("{:?}\n", host.bridges().unwrap());
    for name in ["net.ipv4.ip_forward", "net.ipv4.tcp_fin_timeout"] {
        text += &host.sysctl(name).unwrap();
    }
    text + &host
        .command("nft")
        .args(["list", "ruleset"])
        .read()
        .unwrap()
}

fn restart_each(net: &Network) -> TestResult {
    for host in net.hosts() {
        let before = shown(host);
        host.restart()?;
        net.ping_all()?.assert_all_reachable();
        assert_eq!(shown(host), before, "{}", host.name());
        assert!(!host.is_crashed());
    }
    Ok(())
}

#[netns_test(topology = chain(), families(v4, v6, dual))]
fn a_router_has_its_routes_and_rules_again(net: &Network) -> TestResult {
    restart_each(net)
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_host_at_the_end_of_a_cable(net: &Network) -> TestResult {
    restart_each(net)
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn a_host_at_a_switch(net: &Network) -> TestResult {
    restart_each(net)
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires())]
fn a_host_at_a_wire(net: &Network) -> TestResult {
    restart_each(net)
}

#[netns_test(topology = Topology::new()
    .bridge("br0", ["10.0.0.254/24", "fd00::ff/64"])
    .host("a", |h| h.join("br0"))
    .host("b", |h| h.join("br0").default_route("10.0.0.254"))
    .host("far", |h| h)
    .link(("b", "10.9.0.1/30"), ("far", "10.9.0.2/30")))]
fn a_host_at_a_bridge_of_the_root(net: &Network) -> TestResult {
    for name in ["a", "b", "far"] {
        let host = net.host(name);
        let before = shown(host);
        host.restart()?;
        assert_eq!(shown(host), before);
        for other in ["a", "b", "10.0.0.254"] {
            net.root().ping_with(other, once)?.assert_lossless();
        }
        net.host("b").ping_with("far", once)?.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires())]
fn trouble_around_it_stays(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let delay = Duration::from_millis(10);
    let slow = b.link("eth0").impair(Impairment::new().delay(delay))?;
    let apart = net.partition(["b"], ["c"])?;
    b.restart()?;
    assert!(a.ping_with("b", once)?.min().unwrap() >= 2 * delay);
    assert_eq!(
        b.ping("c")?.received() + net.host("c").ping("b")?.received(),
        0
    );
    slow.heal()?;
    apart.heal()?;
    net.ping_all()?.assert_all_reachable();
    assert_eq!(b.command("nft").args(["list", "ruleset"]).read()?, "");
    Ok(())
}

/// As with a machine that was replaced: what is at the other ends of its cables is nobody's business but theirs.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn only_the_host_itself_forgets(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    for (host, address) in [(a, "192.0.2.1/24"), (b, "192.0.2.2/24")] {
        host.link("eth0").add_address(address)?;
        host.link("eth0").set_mtu(1400)?;
    }
    let guard = b.add_rule(Rule::drop().tcp(80))?;
    let socket = b.run(|| UdpSocket::bind("0.0.0.0:9"))?;
    b.restart()?;
    let [of_a, of_b] = [a, b].map(|host| host.interface("eth0").unwrap());
    assert_eq!((of_a.mtu, of_b.mtu), (1400, 1500));
    assert!(of_a.to_string().contains("192.0.2.1") && !of_b.to_string().contains("192.0.2.2"));
    assert!(b.counters()?.is_empty());
    // Its rule is gone with the old network, and those of the new one are others.
    let _later = b.add_rule(Rule::drop().tcp(81).named("81"))?;
    drop(guard);
    assert_eq!(b.counter("81")?.packets, 0);
    // What was opened before stays where it was.
    assert_eq!(net.host_of(&socket)?.map(Host::name), Some("b"));
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn what_runs_in_it_afterwards_is_at_home(net: &Network) -> TestResult {
    let b = net.host("b");
    let mut sleep = b.command("sleep").arg("1000").spawn()?;
    let task = b.spawn(std::future::pending::<()>);
    b.restart()?;
    assert!(sleep.try_wait()?.is_some());
    assert!(task.is_finished());
    assert_eq!(b.command("hostname").read()?, "b\n");
    let listener = b.run(|| TcpListener::bind(b.socket_addr(80)))?;
    let to = listener.local_addr()?;
    let connected = net
        .host("a")
        .run_async(move || tokio::net::TcpStream::connect(to));
    assert!(connected.join().is_ok());
    assert!(
        b.run_async(|| async { netns_test::current().here().name() == "b" })
            .join()
    );
    Ok(())
}

#[netns_test(topology = chain())]
fn many_at_once_and_again_and_again(net: &Network) -> TestResult {
    for _ in 0..3 {
        thread::scope(|scope| {
            for host in net.hosts() {
                scope.spawn(move || host.restart().unwrap());
            }
        });
        net.ping_all()?.assert_all_reachable();
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_pause_ends_with_a_restart(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let pause = b.pause()?;
    b.restart()?;
    a.ping_with("b", once)?.assert_lossless();
    // The new one's.
    let second = b.pause()?;
    pause.heal()?;
    assert_eq!(a.ping("b")?.received(), 0);
    drop(second);
    a.ping_with("b", once)?.assert_lossless();
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_cable_whose_end_was_removed_is_not_plugged_in(net: &Network) -> TestResult {
    let b = net.host("b");
    b.command("ip").args(["link", "del", "eth0"]).run()?;
    let error = b.restart().unwrap_err().to_string();
    assert!(
        error.starts_with("failed to carry link `eth0` into a new namespace in node `b`: ")
            && error.ends_with("\n  help: a cable whose end somebody has removed while the node was up cannot be plugged in again"),
        "{error}"
    );
    assert!(b.is_crashed());
    Ok(())
}

#[netns_test(topology = Topology::new()
    .segment("left", ["10.1.0.0/24", "2001:db8:1::/64"])
    .segment("right", ["10.2.0.0/24", "2001:db8:2::/64"])
    .router("r", |r| r.attach_with("left", |i| i.advertise()).join("right"))
    .host("a", |h| h.attach_with("left", |i| i.slaac()))
    .host("b", |h| h.join("right")))]
fn a_router_advertises_again_and_a_host_configures_itself_again(net: &Network) -> TestResult {
    let a = net.host("a");
    let own = a.ipv6();
    for name in ["r", "a"] {
        net.host(name).restart()?;
        assert!(a.interface("eth0")?.to_string().contains(&own.to_string()));
        a.ping_with("2001:db8:2::3", once)?.assert_lossless();
    }
    Ok(())
}

#[cfg(feature = "dns")]
#[netns_test(topology = Topology::lan(["a"])
    .host("ns", |h| h.join("lan").dns(netns_test::Zone::new("example.test").a("www", "10.1.0.1"))))]
fn a_name_server_of_the_topology_serves_again(net: &Network) -> TestResult {
    use std::net::ToSocketAddrs;
    let (a, ns) = (net.host("a"), net.host("ns"));
    let resolve = || {
        a.run(|| {
            ("www.example.test", 80)
                .to_socket_addrs()
                .map(Iterator::count)
        })
    };
    assert!(resolve()? > 0);
    let asked = ns.dns_queries().len();
    ns.restart()?;
    assert!(resolve()? > 0);
    assert!(ns.dns_queries().len() > asked);
    Ok(())
}
