//! Sysctls, realistic networks, and parameters that the machine must not leak in.

use std::time::Duration;

use netns_test::{Network, TestResult, Topology, eventually, netns_test};

fn tuned() -> Topology {
    Topology::lan(["a", "b"]).merge(
        Topology::new()
            .host("c", |h| {
                h.sysctl("net.ipv4.ip_forward", 1)
                    .sysctl("net.ipv4.ip_local_port_range", "2000\t3000")
            })
            .root(|root| root.sysctl("net/ipv4/tcp_syn_retries", 2)),
    )
}

#[netns_test(topology = tuned())]
fn a_parameter_is_set_in_its_node_alone(net: &Network) -> TestResult {
    let value = |host: &str, name: &str| net.host(host).sysctl(name);
    assert_eq!(value("c", "net.ipv4.ip_forward")?, "1");
    assert_eq!(value("c", "net.ipv4.ip_local_port_range")?, "2000\t3000");
    assert_eq!(value("root", "net.ipv4.tcp_syn_retries")?, "2");
    assert_eq!(value("a", "net.ipv4.ip_forward")?, "0");
    // Every port is free to everybody.
    assert_eq!(value("a", "net.ipv4.ip_unprivileged_port_start")?, "0");
    Ok(())
}

#[netns_test]
fn a_parameter_that_cannot_be_set_is_an_error_with_its_remedy() {
    let set = |name: &str, value: &str| {
        let topology = Topology::new().host("a", |h| h.sysctl(name, value));
        topology.build().map(drop).unwrap_err()
    };
    let error = set("net.core.rmem_max", "1048576");
    assert!(error.raw_os_error().is_some());
    assert!(
        error
            .to_string()
            .starts_with("failed to set sysctl `net/core/rmem_max` of node `a` to `1048576`: "),
        "{error}"
    );
    assert!(error.to_string().contains("\n  help: "), "{error}");
    assert_eq!(
        set("net.ipv4.no_such_thing", "1").to_string(),
        "failed to set sysctl `net/ipv4/no_such_thing` of node `a` to `1`: No such file or directory\n  help: this kernel does not have it, or only for the whole machine"
    );
    assert_eq!(
        set("net.ipv4.ip_forward", "many").to_string(),
        "failed to set sysctl `net/ipv4/ip_forward` of node `a` to `many`: Invalid argument\n  help: the kernel does not take that value"
    );
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_parameter_that_does_not_exist_is_an_error(net: &Network) {
    let error = net
        .host("a")
        .sysctl("net.ipv4.no_such_thing")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "failed to read sysctl `net.ipv4.no_such_thing` of node `a`: No such file"
        ),
        "{error}"
    );
    assert!(
        net.host("a")
            .sysctl("kernel.hostname")
            .unwrap_err()
            .is_topology()
    );
}

/// The kernel's own way: a new IPv6 address is tentative until nobody has objected.
#[netns_test(topology = Topology::lan(["a", "b"]).realistic())]
fn a_realistic_network_detects_duplicate_addresses(net: &Network) -> TestResult {
    let a = net.host("a");
    assert_ne!(a.sysctl("net.ipv6.conf.default.accept_dad")?, "0");
    let tentative = || -> TestResult<bool> {
        let eth0 = a.interface("eth0")?;
        Ok(eth0.addresses.iter().any(|it| it.flags.tentative()))
    };
    assert!(tentative()?);
    // A second or two by the kernel's clock.
    let usable = || tentative().is_ok_and(|tentative| !tentative);
    Ok(eventually(Duration::from_secs(20), usable)?)
}

/// Ours are usable at once.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn addresses_are_never_tentative_otherwise(net: &Network) -> TestResult {
    let eth0 = net.host("a").interface("eth0")?;
    let planned = eth0
        .addresses
        .iter()
        .filter(|it| !it.address.to_string().starts_with("fe80"));
    assert!(
        planned.clone().count() == 2 && planned.clone().all(|it| !it.flags.tentative()),
        "{eth0}"
    );
    Ok(())
}

/// Every second one of two thousand ports.
fn reserved() -> String {
    let ports = (1000..3000).step_by(2).map(|port: u16| port.to_string());
    ports.collect::<Vec<_>>().join(",")
}

/// The kernel gives such a list by one read, and never the rest of it.
#[netns_test(topology = Topology::new().host("a", |h| h.sysctl("net.ipv4.ip_local_reserved_ports", reserved())))]
fn a_long_parameter_is_read_to_its_end(net: &Network) -> TestResult {
    let value = net.host("a").sysctl("net.ipv4.ip_local_reserved_ports")?;
    assert_eq!(value, reserved());
    Ok(())
}
