//! Names: every node is found by its name, and nothing of the machine's is found at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};

use netns_test::{Host, Network, TestResult, Topology, netns_test};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// What the system's resolver finds.
fn found(host: Host<'_>, name: &str) -> Vec<IpAddr> {
    let found = host.run(|| (name, 80).to_socket_addrs().map(Iterator::collect));
    let found: Vec<SocketAddr> = found.unwrap_or_default();
    found.iter().map(SocketAddr::ip).collect()
}

#[netns_test(topology = lan())]
fn every_node_finds_every_name_at_all_its_addresses(net: &Network) {
    for host in net.hosts() {
        for other in net.hosts() {
            let mut expected = [IpAddr::from(other.ipv4()), IpAddr::from(other.ipv6())];
            let mut addresses = found(host, other.name());
            expected.sort();
            addresses.sort();
            assert_eq!(addresses, expected, "{} in {}", other.name(), host.name());
        }
        assert!(found(host, "localhost").iter().all(IpAddr::is_loopback));
        for unknown in ["no-such-name", "example.com"] {
            assert!(found(host, unknown).is_empty(), "{unknown}");
        }
    }
}

#[netns_test(topology = lan())]
fn a_stream_is_opened_by_name(net: &Network) -> TestResult {
    let listener = net.host("server").run(|| TcpListener::bind("server:80"))?;
    let mut stream = net.host("client").run(|| TcpStream::connect("server:80"))?;
    stream.write_all(b"hello")?;
    drop(stream);
    let mut text = String::new();
    listener.accept()?.0.read_to_string(&mut text)?;
    assert_eq!(text, "hello");
    Ok(())
}

/// `far` is on both of its subnets, and each of the others on one.
fn two_subnets() -> Topology {
    Topology::new()
        .bridge("left", ())
        .bridge("right", ())
        .host("a", |h| h.attach("left", "10.1.0.1/24"))
        .host("b", |h| h.attach("right", "10.2.0.1/24"))
        .host("far", |h| {
            h.attach("left", "10.1.0.9/24")
                .attach("right", "10.2.0.9/24")
                .alias("db")
                .alias("db.shop.example")
        })
        .host("spare", |h| h.attach("left", "10.1.0.8/24").alias("db"))
}

#[netns_test(topology = two_subnets())]
fn the_nearest_address_comes_first(net: &Network) {
    let near = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(found(net.host("a"), "far")[0], near("10.1.0.9"));
    assert_eq!(found(net.host("b"), "far")[0], near("10.2.0.9"));
}

#[netns_test(topology = two_subnets())]
fn an_alias_stands_for_all_who_have_it(net: &Network) {
    let mut addresses = found(net.host("a"), "db");
    addresses.sort();
    let expected = ["10.1.0.8", "10.1.0.9", "10.2.0.9"].map(|text| text.parse::<IpAddr>().unwrap());
    assert_eq!(addresses, expected);
    assert_eq!(found(net.host("b"), "db.shop.example").len(), 2);
}

#[netns_test(topology = lan())]
fn the_host_name_is_the_nodes(net: &Network) -> TestResult {
    for host in net.hosts().chain([net.root()]) {
        let seen = host.run(|| fs::read_to_string("/proc/sys/kernel/hostname"))?;
        assert_eq!(seen.trim_end(), host.name());
        assert_eq!(host.command("hostname").read()?.trim_end(), host.name());
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn a_thread_sees_its_own_hosts_interfaces(net: &Network) -> TestResult {
    let in_files = || -> std::io::Result<BTreeSet<String>> {
        let names = fs::read_dir("/sys/class/net")?;
        names
            .map(|it| Ok(it?.file_name().to_string_lossy().into_owned()))
            .collect()
    };
    // Some kernels put tunnels beside these.
    for (host, has_a_cable) in [(net.host("client"), true), (net.root(), false)] {
        let names: BTreeSet<_> = host.interfaces()?.into_iter().map(|it| it.name).collect();
        assert_eq!(names.contains("eth0"), has_a_cable, "{names:?}");
        assert_eq!(host.run(in_files)?, names);
    }
    assert_eq!(in_files()?, net.root().run(in_files)?);
    let devices = net
        .host("server")
        .run(|| fs::read_to_string("/proc/net/dev"))?;
    assert!(devices.contains("eth0:"), "{devices}");
    assert!(!fs::read_to_string("/proc/net/dev")?.contains("eth0:"));
    Ok(())
}

#[netns_test(topology = lan())]
fn programs_see_the_topologys_world(net: &Network) -> TestResult {
    let client = net.host("client");
    let known = client.command("getent").args(["ahosts", "server"]).read()?;
    assert!(
        known.contains("10.1.0.2") && known.contains("fd00:1::2"),
        "{known}"
    );
    let names = client.command("ls").arg("/sys/class/net").read()?;
    assert!(names.lines().any(|it| it == "eth0"), "{names}");
    let mut ip = client.command("ip");
    let addresses = ip.args(["-br", "address", "show", "up"]).read()?;
    assert_eq!(addresses.lines().count(), 2, "{addresses}");
    assert!(addresses.contains("10.1.0.1/16"), "{addresses}");
    let devices = client.command("cat").arg("/proc/net/dev").read()?;
    assert!(devices.contains("eth0:"), "{devices}");
    Ok(())
}

#[netns_test(topology = lan())]
fn the_machines_files_are_as_before(net: &Network) -> TestResult {
    let (hosts, name) = net.machine(|| {
        (
            fs::read_to_string("/etc/hosts").unwrap_or_default(),
            fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default(),
        )
    });
    assert!(!hosts.contains("10.1.0.2"), "{hosts}");
    assert_ne!(name.trim_end(), "root");
    assert!(fs::read_to_string("/etc/hosts")?.contains("10.1.0.2\tserver"));
    Ok(())
}

#[netns_test(topology = lan())]
fn the_machines_own_network_is_a_closure_away(net: &Network) -> TestResult {
    let mut greeting = String::from("hello");
    let listener = net.machine(|| TcpListener::bind("127.0.0.1:0"))?;
    let port = listener.local_addr()?.port();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    // From a host, too, and with what the closure borrows.
    net.host("client").run(|| {
        net.machine(|| {
            greeting.push_str(" there");
            TcpStream::connect(("127.0.0.1", port)).map(drop)
        })
    })?;
    assert_eq!(greeting, "hello there");
    Ok(())
}

#[netns_test(topology = lan())]
#[should_panic(expected = "out there")]
fn a_panic_in_the_machines_network_is_the_tests(net: &Network) {
    net.machine(|| panic!("out there"));
}

#[netns_test(topology = lan())]
fn the_working_directory_is_the_callers(net: &Network) -> TestResult {
    let here = std::env::current_dir()?;
    assert_eq!(net.host("client").run(std::env::current_dir)?, here);
    let seen = net.host("client").command("pwd").read()?;
    assert_eq!(seen.trim_end(), here.display().to_string());
    let seen = net
        .host("client")
        .command("pwd")
        .current_dir("/usr")
        .read()?;
    assert_eq!(seen, "/usr\n");
    Ok(())
}

/// Homes hold descriptors, above the test's own where the limit allows it: a limit that cannot be raised is none of the test's.
#[netns_test(topology = lan())]
fn names_are_the_networks_under_a_low_limit_of_descriptors(net: &Network) -> TestResult {
    let low = getrlimit(Resource::RLIMIT_NOFILE)?.1.min(128);
    setrlimit(Resource::RLIMIT_NOFILE, low, low)?;
    let server = net.host("server");
    assert_eq!(server.command("hostname").read()?, "server\n");
    assert_eq!(found(server, "client").len(), 2);
    Ok(())
}
