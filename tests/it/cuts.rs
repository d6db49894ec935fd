//! Cables that are pulled out, and plugged in again.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use netns_test::{
    Cidr, Family, Host, Link, LinkEnd, Network, TestResult, Topology, eventually, netns_test,
};

use crate::{once, panic_text};

const ANSWER: Duration = Duration::from_secs(20);

/// A switch and a router, so that there are routes to lose.
fn switched() -> Topology {
    Topology::new()
        .segment("lan", ())
        .segment("far", ())
        .host("a", |h| h.join("lan"))
        .host("b", |h| h.join("lan"))
        .host("server", |h| h.join("far"))
        .router("r", |r| r.join("lan").join("far"))
}

/// What `ip address` and `ip route` show, but for what they say about the carrier.
fn kept(host: Host<'_>) -> TestResult<(Vec<Cidr>, Vec<String>)> {
    let interfaces = host.interfaces()?;
    let addresses = interfaces.iter().flat_map(|it| &it.addresses);
    let addresses = addresses.map(|it| it.address).collect();
    let mut routes = host.routes()?.0;
    routes.extend(host.routes_ipv6()?.0);
    let routes = routes.into_iter().map(|mut route| {
        route.linkdown = false;
        route.to_string()
    });
    Ok((addresses, routes.collect()))
}

#[track_caller]
fn assert_no_carrier(link: Link<'_>) {
    let seen = link.look().unwrap();
    assert!(seen.flags.up() && seen.flags.no_carrier(), "{seen}");
    assert!(seen.to_string().contains("<NO-CARRIER,"), "{seen}");
}

#[track_caller]
fn assert_carrier(link: Link<'_>) {
    let seen = link.look().unwrap();
    assert!(seen.flags.lower_up() && seen.flags.running(), "{seen}");
}

fn ping(net: &Network, from: &str, to: &str) -> TestResult {
    for family in net.families() {
        let to = match family {
            Family::V4 => net.host(to).ipv4().to_string(),
            Family::V6 => net.host(to).ipv6().to_string(),
        };
        net.host(from).ping_with(to, once)?.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = switched(), families(v4, v6, dual))]
fn a_cut_takes_the_carrier_and_nothing_else(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    let before = kept(a)?;
    assert!(before.1.iter().any(|it| it.contains("via")), "{before:?}");
    let trouble = link.cut()?;
    assert_eq!(
        trouble.to_string(),
        "the cable of interface `eth0` of node `a` is cut"
    );
    assert_no_carrier(link);
    assert_carrier(net.host("b").link("eth0"));
    assert_eq!(kept(a)?, before);
    let mut routes = a.routes()?.0;
    routes.extend(a.routes_ipv6()?.0);
    assert!(routes.iter().all(|it| it.linkdown), "{routes:?}");
    assert_eq!(a.ping_with("b", |p| p.count(1))?.received(), 0);
    trouble.heal()?;
    // Who has asked for an address in vain calls its owner unreachable until the last question's time is over.
    eventually(ANSWER, || {
        a.ping_with("b", once).is_ok_and(|it| it.received() == 1)
    })?;
    // Nothing was lost for good.
    for to in ["b", "server"] {
        ping(net, "a", to)?;
        ping(net, to, "a")?;
    }
    assert_carrier(link);
    assert_eq!(kept(a)?, before);
    Ok(())
}

#[netns_test(topology = Topology::new().bridge("br0", ["10.0.0.254/24", "fd00::fe/64"]).host("a", |h| h.join("br0")).host("b", |h| h.join("br0")))]
fn of_a_bridge_the_port_goes_down_from_whichever_end_it_is_pulled(net: &Network) -> TestResult {
    let links = [net.host("a").link("eth0"), net.root().link("veth1")];
    let before = kept(net.host("a"))?;
    for link in links {
        let trouble = link.cut()?;
        assert!(!net.root().interface("veth1")?.flags.up());
        assert_no_carrier(net.host("a").link("eth0"));
        assert_eq!(kept(net.host("a"))?, before);
        ping(net, "b", "root")?;
        trouble.heal()?;
        ping(net, "a", "root")?;
        ping(net, "b", "a")?;
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires(), families(v4, v6, dual))]
fn a_wire_parts_in_its_middle(net: &Network) -> TestResult {
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    let before = (kept(a)?, kept(b)?);
    for cut in [a, b] {
        let trouble = cut.link("eth0").cut()?;
        for end in [a, b] {
            assert_no_carrier(end.link("eth0"));
        }
        assert_eq!((kept(a)?, kept(b)?), before);
        trouble.heal()?;
        ping(net, "a", "b")?;
        ping(net, "b", "a")?;
    }
    assert_eq!((kept(a)?, kept(b)?), before);
    Ok(())
}

#[netns_test(topology = switched())]
fn connections_survive_a_few_retransmissions(net: &Network) -> TestResult {
    let (a, server) = (net.host("a"), net.host("server"));
    let listener = server.run(|| TcpListener::bind("[::]:80"))?;
    let to: SocketAddr = (server.ipv6(), 80).into();
    let mut there = a.run(|| TcpStream::connect(to))?;
    let mut here = listener.accept()?.0;
    there.write_all(b"1")?;
    let mut byte = [0];
    here.read_exact(&mut byte)?;
    let trouble = a.link("eth0").cut()?;
    there.write_all(b"2")?;
    // The first comes after 200 ms, the second 400 ms later.
    here.set_read_timeout(Some(Duration::from_millis(700)))?;
    let silence = here.read(&mut byte).unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    trouble.heal()?;
    here.set_read_timeout(Some(ANSWER))?;
    here.read_exact(&mut byte)?;
    assert_eq!(&byte, b"2");
    here.write_all(b"3")?;
    there.set_read_timeout(Some(ANSWER))?;
    there.read_exact(&mut byte)?;
    assert_eq!(&byte, b"3");
    Ok(())
}

#[netns_test(topology = switched())]
fn a_cable_carries_when_the_last_one_has_plugged_it_in(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let first = link.cut()?;
    let second = link.cut()?;
    first.heal()?;
    assert_no_carrier(link);
    second.heal()?;
    ping(net, "a", "b")?;
    link.cut()?.keep();
    assert_no_carrier(link);
    net.heal()?;
    ping(net, "a", "b")?;
    let text = panic_text(|| {
        let _trouble = link.cut().unwrap();
        assert_no_carrier(link);
        panic!("on purpose");
    });
    assert_eq!(text, "on purpose");
    ping(net, "a", "b")
}

#[netns_test(topology = Topology::new().bridge("br0", "10.0.0.254/24").host("a", |h| h.join("br0")).bare())]
fn a_port_that_was_down_stays_down(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    link.up()?;
    link.cut()?.heal()?;
    assert_no_carrier(link);
    assert!(!net.root().interface("veth1")?.flags.up());
    Ok(())
}

/// The cable between two hosts.
fn straight() -> Topology {
    Topology::new()
        .host("a", |h| h)
        .host("b", |h| h)
        .bridge("br0", "10.9.0.1/24")
        .link(("a", "10.0.0.1/24"), LinkEnd::from(("b", "10.0.0.2/24")))
}

#[netns_test(topology = straight())]
fn what_cannot_be_pulled_is_refused_with_what_helps(net: &Network) -> TestResult {
    let direct = "failed to cut interface `eth0` of node `a`: its cable goes straight to node `b`, which would lose its IPv6 addresses and its routes\n  \
                  help: `.wire()` on the interface makes it a cable that can be pulled, `.wires()` on the topology all of them";
    let link = net.host("a").link("eth0");
    assert_eq!(link.cut().unwrap_err().to_string(), direct);
    for (host, name) in [("a", "lo"), ("root", "br0")] {
        let error = net.host(host).link(name).cut().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "failed to cut interface `{name}` of node `{host}`: it is no end of a cable\n  \
                 help: name an interface that a cable is plugged into; of a bridge, one of its ports"
            )
        );
    }
    let second = Duration::from_secs(1);
    let error = link.flapping(second, second).unwrap_err().to_string();
    assert!(
        error.starts_with("failed to flap interface `eth0` of node `a`: its cable goes straight"),
        "{error}"
    );
    assert_carrier(link);
    Ok(())
}

#[netns_test(topology = switched())]
fn a_flapping_cable_comes_and_goes_until_it_is_healed(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let before = kept(net.host("a"))?;
    let zero = link.flapping(Duration::ZERO, ANSWER).unwrap_err();
    assert_eq!(
        zero.to_string(),
        "failed to flap interface `eth0` of node `a`: one of the times is zero\n  \
         help: say how long it carries and how long it does not, such as 100 ms each"
    );
    let brief = Duration::from_millis(50);
    let trouble = link.flapping(brief, brief)?;
    assert_eq!(
        trouble.to_string(),
        "the cable of interface `eth0` of node `a` is flapping: 50ms without a carrier, 50ms with one"
    );
    for _ in 0..3 {
        eventually(ANSWER, || link.look().is_ok_and(|it| it.flags.no_carrier()))?;
        eventually(ANSWER, || link.look().is_ok_and(|it| it.flags.lower_up()))?;
    }
    trouble.heal()?;
    ping(net, "a", "server")?;
    assert_eq!(kept(net.host("a"))?, before);
    Ok(())
}

/// The network ends all the same, and so does the thread.
#[netns_test(topology = switched())]
fn a_cable_may_flap_for_ever(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let brief = Duration::from_millis(1);
    link.flapping(brief, brief)?.keep();
    eventually(ANSWER, || link.look().is_ok_and(|it| it.flags.lower_up()))?;
    Ok(())
}

/// It begins without a carrier, and for as long as was said.
#[netns_test(topology = switched())]
fn a_flapping_cable_is_out_when_it_begins_and_carries_when_it_was_healed(
    net: &Network,
) -> TestResult {
    let link = net.host("a").link("eth0");
    let for_ever = Duration::from_secs(3600);
    let trouble = link.flapping(for_ever, for_ever)?;
    assert_no_carrier(link);
    trouble.heal()?;
    assert_carrier(link);
    ping(net, "a", "b")
}
