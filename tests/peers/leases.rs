//! dnsmasq gives a host without an address one, and a name.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::path::Path;

use netns_test::{Host, Network, Process, TestResult, Topology, netns_test};

use crate::require;
use crate::scratch::Scratch;

/// What the client does with its lease.
const SCRIPT: &str = r#"#!/bin/sh
set -e
case $1 in
deconfig)
    ip link set "$interface" up
    ;;
bound | renew)
    ip address add "$ip/$mask" dev "$interface"
    ip route add default via "$router"
    echo "search $domain" >/etc/resolv.conf
    for server in $dns; do
        echo "nameserver $server" >>/etc/resolv.conf
    done
    ;;
esac
"#;

fn bridge() -> Topology {
    Topology::new()
        .bridge("br0", ())
        .host("gate", |h| h.attach("br0", "192.0.2.1/24"))
        .host("guest", |h| h.attach("br0", ()))
        .host("other", |h| h.attach("br0", "192.0.2.2/24"))
}

fn cable() -> Topology {
    Topology::new()
        .segment("lan", ())
        .host("gate", |h| h.attach("lan", "192.0.2.1/24"))
        .host("guest", |h| h.attach("lan", ()))
}

fn serve<'net>(host: Host<'net>, directory: &Path) -> TestResult<Process<'net>> {
    let leases = directory.join("leases");
    let mut dnsmasq = host
        .command("dnsmasq")
        // It stays who it is, and says on standard error what it does.
        .args(["--no-daemon", "--log-dhcp"])
        .args(["--conf-file=/dev/null", "--no-resolv", "--no-hosts"])
        .arg(format!("--dhcp-leasefile={}", leases.display()))
        .args(["--interface=eth0", "--bind-interfaces", "--no-ping"])
        .args(["--domain=lab.example", "--dhcp-authoritative"])
        .arg("--dhcp-range=192.0.2.100,192.0.2.150,10m")
        .spawn()?;
    dnsmasq.expect_line("started, version ")?;
    Ok(dnsmasq)
}

/// The guest asks for an address under its name.
fn lease(net: &Network, scratch: &Scratch) -> TestResult<Ipv4Addr> {
    let script = scratch.write_program("lease", SCRIPT)?;
    net.host("guest")
        .command("udhcpc")
        .args(["-i", "eth0", "-f", "-q", "-n", "-t", "20", "-T", "1"])
        .args(["-x", "hostname:guest", "-s"])
        .arg(script)
        .run()?;
    let interface = net.host("guest").interface("eth0")?;
    let address = interface
        .addresses
        .iter()
        .find_map(|it| match it.address.address() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        });
    Ok(address.expect("the guest has an address"))
}

fn assert_leased(net: &Network) -> TestResult {
    require(&["dnsmasq", "udhcpc", "ip", "dig", "getent"])?;
    let scratch = Scratch::new()?;
    let mut dnsmasq = serve(net.host("gate"), scratch.path())?;
    let guest = net.host("guest");
    assert!(guest.routes()?.is_empty());
    let address = lease(net, &scratch)?;
    assert!((100..=150).contains(&address.octets()[3]), "{address}");
    dnsmasq.expect_line("DHCPACK(eth0) ")?;

    let routes = guest.routes()?.to_string();
    assert!(
        routes.contains("default via 192.0.2.1 dev eth0"),
        "{routes}"
    );
    guest.ping("192.0.2.1")?.assert_lossless();

    // The name that the guest gave, as three kinds of resolver find it through dnsmasq.
    let dig = guest
        .command("dig")
        .args(["+short", "@192.0.2.1", "guest.lab.example"])
        .read()?;
    assert_eq!(dig, format!("{address}\n"));
    let getent = guest
        .command("getent")
        .args(["ahostsv4", "guest.lab.example"])
        .read()?;
    assert!(getent.starts_with(&address.to_string()), "{getent}");
    let found = guest.run(|| ("guest.lab.example", 80).to_socket_addrs())?;
    assert_eq!(found.map(|it| it.ip()).collect::<Vec<_>>(), [address]);
    Ok(())
}

#[netns_test(topology = bridge())]
fn a_guest_of_a_bridge_gets_a_lease_and_a_name(net: &Network) -> TestResult {
    assert_leased(net)?;
    // The servers are the guest's alone.
    let other = net.host("other");
    assert!(
        other
            .run(|| ("guest.lab.example", 80).to_socket_addrs())
            .is_err()
    );
    Ok(())
}

#[netns_test(topology = cable())]
fn a_guest_at_the_end_of_a_cable_gets_a_lease_and_a_name(net: &Network) -> TestResult {
    assert_leased(net)
}
