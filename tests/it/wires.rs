//! Wires: what hosts see of them, who carries their packets, and what impairing them does and undoes.

use std::net::TcpListener;
use std::time::Duration;

use netns_test::{
    Backend, Family, Impairment, Loss, Network, Profile, TestResult, Topology, eventually,
    netns_test,
};

use crate::acquainted::acquaint;
use crate::once;

const ANSWER: Duration = Duration::from_secs(20);

fn pair() -> Topology {
    Topology::lan(["a", "b"]).wires()
}

fn delay(milliseconds: u64) -> Impairment {
    Impairment::new().delay(Duration::from_millis(milliseconds))
}

fn round_trip(net: &Network, from: &str, to: &str) -> TestResult<Duration> {
    let report = net.host(from).ping_with(to, once)?;
    report.assert_lossless();
    Ok(report.min().ok_or("no answer")?)
}

/// A busy machine may be slow, again and again, but not for ever; a wire with that delay is never faster.
fn is_faster_than(net: &Network, from: &str, to: &str, delay: Duration) -> TestResult {
    eventually(ANSWER, || {
        round_trip(net, from, to).is_ok_and(|time| time < delay)
    })?;
    Ok(())
}

#[netns_test(topology = pair(), families(v4, v6))]
fn hosts_on_a_wire_see_a_cable(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    let interface = net.host("a").interface("eth0")?;
    assert_eq!((interface.index, interface.mtu), (1100, 1500));
    assert!(interface.flags.lower_up());
    Ok(())
}

#[netns_test(topology = pair().backend(Backend::Wire), families(v4, v6))]
fn the_engine_carries_a_wire_without_trouble(net: &Network) -> TestResult {
    assert_eq!(net.host("a").link("eth0").backend()?, Backend::Wire);
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = pair())]
fn a_delay_holds_both_ways_and_goes_with_its_guard(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let trouble = link.impair(delay(100))?;
    assert!(round_trip(net, "a", "b")? >= Duration::from_millis(200));
    assert!(round_trip(net, "b", "a")? >= Duration::from_millis(200));
    trouble.heal()?;
    net.ping_all()?.assert_all_reachable();
    is_faster_than(net, "a", "b", Duration::from_millis(200))
}

#[netns_test(topology = pair().impair(delay(100)))]
fn what_the_topology_asked_for_comes_back(net: &Network) -> TestResult {
    assert!(round_trip(net, "a", "b")? >= Duration::from_millis(200));
    let link = net.host("b").link("eth0");
    let worse = link.impair(delay(200))?;
    let worst = link.impair_ingress(delay(400))?;
    assert!(round_trip(net, "a", "b")? >= Duration::from_millis(600));
    worse.heal()?;
    assert!(round_trip(net, "a", "b")? >= Duration::from_millis(500));
    worst.heal()?;
    assert!(round_trip(net, "a", "b")? >= Duration::from_millis(200));
    is_faster_than(net, "a", "b", Duration::from_millis(500))
}

#[netns_test(topology = pair().only(Family::V4))]
fn one_direction_leaves_the_other_untouched(net: &Network) -> TestResult {
    let mute = Impairment::new().loss(Loss::random(1.0));
    let (a, b) = (net.host("a"), net.host("b"));
    // Who knows the other's hardware address needs no answer to find it.
    acquaint(net, ["a", "b"])?;
    let _trouble = a.link("eth0").impair_egress(mute)?;
    let counted =
        |host: netns_test::Host<'_>| host.interface("eth0").map(|it| it.counters.rx_packets);
    let before = (counted(a)?, counted(b)?);
    let udp = b.run(|| std::net::UdpSocket::bind("0.0.0.0:0"))?;
    let deaf = a.run(|| std::net::UdpSocket::bind("0.0.0.0:7"))?;
    for _ in 0..100 {
        udp.send_to(b"x", "10.1.0.1:7")?;
    }
    deaf.set_read_timeout(Some(ANSWER))?;
    for _ in 0..100 {
        deaf.recv(&mut [0; 8])?;
    }
    assert!(counted(a)? >= before.0 + 100);
    deaf.send_to(b"x", udp.local_addr().map(|it| ("10.1.0.2", it.port()))?)?;
    udp.set_nonblocking(true)?;
    assert!(udp.recv(&mut [0; 8]).is_err());
    assert_eq!(counted(b)?, before.1);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires())]
fn a_host_is_impaired_on_all_its_cables_and_no_other(net: &Network) -> TestResult {
    let _trouble = net.host("a").impair(Profile::from(delay(100)))?;
    assert!(round_trip(net, "b", "a")? >= Duration::from_millis(200));
    is_faster_than(net, "b", "c", Duration::from_millis(200))
}

#[netns_test(topology = pair())]
fn trouble_heals_on_a_panic_and_by_the_network(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let gone = Impairment::new().loss(Loss::random(1.0));
    let panicked = std::panic::catch_unwind(|| {
        let _trouble = link.impair(gone.clone()).unwrap();
        panic!("as a test's assertion would");
    });
    assert!(panicked.is_err());
    net.ping_all()?.assert_all_reachable();
    link.impair(gone)?.keep();
    assert_eq!(net.host("a").ping_with("b", |p| p.count(1))?.received(), 0);
    net.heal()?;
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = pair())]
fn a_connection_goes_on_while_the_backend_changes(net: &Network) -> TestResult {
    let listener = net.host("b").run(|| TcpListener::bind("0.0.0.0:80"))?;
    let (a, b) = (net.host("a"), net.host("b"));
    let mut client = a.run(|| std::net::TcpStream::connect("10.1.0.2:80"))?;
    let (mut server, _) = b.run(|| listener.accept())?;
    for round in 0..4_u8 {
        let _trouble = (round % 2 == 1)
            .then(|| a.link("eth0").impair(delay(1)))
            .transpose()?;
        let mut received = vec![0; 100_000];
        // Both at once: the buffers of a connection that has lost something are small.
        std::thread::scope(|scope| -> TestResult {
            let sent = scope.spawn(|| std::io::Write::write_all(&mut client, &[round; 100_000]));
            std::io::Read::read_exact(&mut server, &mut received)?;
            Ok(sent.join().unwrap()?)
        })?;
        assert_eq!(received, [round; 100_000]);
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_plain_cable_says_what_makes_it_a_wire(net: &Network) {
    let error = net
        .host("a")
        .link("eth0")
        .impair(delay(1))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "failed to impair interface `eth0` of node `a`: its cable is not a wire\n  \
         help: `.wire()` on the interface makes it one, `.wires()` on the topology all of them"
    );
}

#[netns_test(topology = pair())]
fn nonsense_is_refused_with_its_reasons(net: &Network) {
    let link = net.host("a").link("eth0");
    let error = link
        .impair(Impairment::new().duplicate(1.2))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("failed to impair interface `eth0` of node `a`: probability of duplication 1.2 is not between 0 and 1"),
        "{error}"
    );
    let every = Impairment::new().loss(Loss::every_nth(3));
    let _trouble = link.impair(every).unwrap();
    assert_eq!(link.backend().unwrap(), Backend::Wire);
}

#[netns_test(topology = pair().backend(Backend::Kernel))]
fn what_the_kernel_cannot_do_is_said_where_it_is_forced(net: &Network) {
    let every = Impairment::new().loss(Loss::every_nth(3));
    let error = net
        .host("a")
        .link("eth0")
        .impair(every)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "failed to impair the wire between `a` and `b` by the kernel: netem loses by chance"
        ),
        "{error}"
    );
    assert!(
        error.ends_with(
            "help: leave the choice to us: `.backend(Backend::Automatic)` in the topology"
        ),
        "{error}"
    );
    net.ping_all().unwrap().assert_all_reachable();
}

#[netns_test(topology = pair().backend(Backend::Wire).impair(delay(1)))]
fn a_wire_passes_what_its_hosts_pass(net: &Network) -> TestResult {
    for host in ["a", "b"] {
        net.host(host).link("eth0").set_mtu(9000)?;
    }
    let report = net.host("a").ping_with("b", |p| once(p).payload(8972))?;
    report.assert_lossless();
    Ok(())
}

#[netns_test(topology = pair().backend(Backend::Wire))]
fn neighbour_discovery_suffers_like_everything_and_is_counted(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let _trouble = link.impair_egress(Impairment::new().loss(Loss::random(1.0)))?;
    // IPv6 may have spoken of its groups before.
    let before = link.wire_counters()?.egress;
    // Nobody knows the other's hardware address yet, and nobody finds it out.
    assert_eq!(net.host("a").ping_with("b", |p| p.count(1))?.received(), 0);
    let sent = link.wire_counters()?.egress;
    assert_eq!(sent.delivered, before.delivered, "{before}, {sent}");
    let since = |all: Option<u64>, before: Option<u64>| Some(all? - before?);
    let all = since(sent.neighbours, before.neighbours);
    assert!(all.is_some_and(|all| all > 0), "{sent}");
    assert_eq!(all, since(sent.neighbours_lost, before.neighbours_lost));
    Ok(())
}
