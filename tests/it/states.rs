//! States of links and bridges, step by step in bare networks.

use std::time::Duration;

use netns_test::{Host, LinkEnd, Network, OperState, TestResult, Topology, eventually, netns_test};

use crate::once;

const SOON: Duration = Duration::from_secs(20);

#[netns_test(topology = Topology::new().host("ns1", |h| h).bare())]
fn a_fresh_namespace_has_lo_down_and_no_routes(net: &Network) -> TestResult {
    let ns1 = net.host("ns1");
    // Some kernels put further tunnels there.
    let lo = &ns1.interfaces()?[0];
    assert_eq!(
        lo.to_string(),
        "1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
    );
    assert!(ns1.routes()?.is_empty());
    assert!(ns1.routes_ipv6()?.is_empty());
    Ok(())
}

#[netns_test(topology = Topology::new().bridge("br0", ()))]
fn a_bridge_without_ports_has_an_id_of_zeros(net: &Network) -> TestResult {
    let bridge = &net.root().bridges()?[0];
    assert_eq!(bridge.row().to_string(), "br0\t\t8000.000000000000\tno");
    assert!(bridge.ports.is_empty());
    Ok(())
}

fn pair() -> Topology {
    let end = |name: &'static str| LinkEnd::new("root", move |i| i.name(name).address(()));
    Topology::new().link(end("veth1p"), end("veth1")).bare()
}

#[netns_test(topology = pair())]
fn a_new_pair_names_its_other_end_and_is_down(net: &Network) -> TestResult {
    let text = net.root().interface("veth1p")?.to_string();
    assert!(
        text.contains(
            ": veth1p@veth1: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN "
        ),
        "{text}"
    );
    Ok(())
}

fn port() -> Topology {
    Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .host("a", |h| h.attach("br0", "10.0.0.1/24"))
}

/// Lowering the far end takes the carrier away; raising it brings it back.
///
/// The kernel says `LOWERLAYERDOWN` only of a peer that it finds by its number in the same namespace, else `DOWN`.
#[netns_test(topology = port())]
fn a_port_whose_peer_is_down_has_no_carrier(net: &Network) -> TestResult {
    let (root, a) = (net.root(), net.host("a"));
    assert_eq!(root.interface("veth1")?.state, OperState::Up);
    a.link("eth0").down()?;
    assert!(!root.interface("veth1")?.flags.lower_up());
    eventually(SOON, || {
        root.interface("veth1")
            .is_ok_and(|it| it.flags.no_carrier())
    })?;
    let text = root.interface("veth1")?.to_string();
    assert!(
        text.contains(
            "<NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue master br0 state "
        ),
        "{text}"
    );
    a.ping_with("10.0.0.254", |p| p.count(1))?
        .assert_unreachable();
    a.link("eth0").up()?;
    wait_for(root, OperState::Up)?;
    assert!(!root.interface("veth1")?.to_string().contains("NO-CARRIER"));
    a.ping_with("10.0.0.254", once)?.assert_lossless();
    Ok(())
}

/// The half that is up waits for the half that is down, and says so.
#[netns_test(topology = pair())]
fn an_end_whose_peer_is_down_has_its_lower_layer_down(net: &Network) -> TestResult {
    let root = net.root();
    root.link("veth1").up()?;
    wait_for(root, OperState::LowerLayerDown)?;
    let text = root.interface("veth1")?.to_string();
    assert!(
        text.contains(": veth1@veth1p: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN "),
        "{text}"
    );
    root.link("veth1p").up()?;
    wait_for(root, OperState::Up)?;
    let text = root.interface("veth1")?.to_string();
    assert!(text.contains("<BROADCAST,MULTICAST,UP,LOWER_UP>"), "{text}");
    Ok(())
}

/// The kernel's worker notices in its own time.
fn wait_for(root: Host<'_>, state: OperState) -> TestResult {
    let look = || match root.interface("veth1") {
        Ok(veth1) if veth1.state == state => Ok(()),
        Ok(veth1) => Err(veth1.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Ok(eventually(SOON, look)?)
}

/// The first packet passes: nothing has to be waited for after the set-up.
#[netns_test(topology = port())]
fn a_network_carries_the_first_packet(net: &Network) -> TestResult {
    // The kernel has noticed the carrier: before that it drops what is sent, and says `UNKNOWN`.
    assert_eq!(net.root().interface("veth1")?.state, OperState::Up);
    assert_eq!(
        net.root().bridges()?[0].ports[0].state.to_string(),
        "forwarding"
    );
    net.host("a")
        .ping_with("10.0.0.254", once)?
        .assert_lossless();
    Ok(())
}

/// A bridge's id is that of its lowest port until somebody chooses.
#[netns_test(topology = port().bridge_with("br1", |b| b.mac("02:00:00:00:00:aa")))]
fn a_bridges_id_follows_its_ports_or_its_chosen_address(net: &Network) -> TestResult {
    let ids: Vec<String> = net.root().bridges()?.into_iter().map(|it| it.id).collect();
    assert_eq!(ids, ["8000.020000000003", "8000.0200000000aa"]);
    Ok(())
}
