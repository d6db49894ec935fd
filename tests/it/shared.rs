//! Hosts that live in another one's network, as containers do that join it.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use netns_test::{NatKind, Network, TestResult, Topology, netns_test};

/// The one that shares comes first, so that the order does not matter.
fn pod() -> Topology {
    Topology::new()
        .segment("lan", ())
        .host("sidecar", |h| h.share("web"))
        .host("web", |h| h.join("lan"))
        .host("client", |h| h.join("lan"))
        .host("agent", |h| h.share("root"))
}

#[netns_test(topology = pod())]
fn two_bodies_in_one_namespace_share_lo_and_ports(net: &Network) -> TestResult {
    let (web, sidecar) = (net.host("web"), net.host("sidecar"));
    assert_eq!(sidecar.name(), "sidecar");
    let listener = web.run(|| TcpListener::bind("127.0.0.1:8080"))?;
    let clash = sidecar.run(|| TcpListener::bind("127.0.0.1:8080"));
    assert_eq!(clash.unwrap_err().kind(), ErrorKind::AddrInUse);
    let stream = sidecar.run(|| TcpStream::connect("127.0.0.1:8080"))?;
    assert_eq!(listener.accept()?.1, stream.local_addr()?);
    for other in ["client", "agent"] {
        let refused = net.host(other).run(|| TcpStream::connect("127.0.0.1:8080"));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    Ok(())
}

#[netns_test(topology = pod())]
fn a_sharing_host_has_the_others_interfaces_and_changes_them(net: &Network) -> TestResult {
    let (web, sidecar) = (net.host("web"), net.host("sidecar"));
    assert_eq!(sidecar.interfaces()?, web.interfaces()?);
    assert_eq!(sidecar.ipv4(), web.ipv4());
    let peer = sidecar.interface("eth0")?.peer.unwrap();
    assert_eq!(peer.node.as_deref(), Some("client"));
    sidecar.link("eth0").down()?;
    assert!(!web.interface("eth0")?.flags.up());
    sidecar.link("eth0").up()?;
    net.host("client").ping("sidecar")?.assert_lossless();
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

/// As with containers: the files that tell names are the other's.
#[netns_test(topology = pod())]
fn names_of_both_stand_for_the_same_addresses(net: &Network) -> TestResult {
    let resolve = |name: &str| -> Vec<_> { (name, 80).to_socket_addrs().unwrap().collect() };
    let client = net.host("client");
    client.run(|| assert_eq!(resolve("sidecar"), resolve("web")));
    let script = "read name </proc/sys/kernel/hostname; echo $name";
    let mut shell = net.host("sidecar").command("sh");
    let printed = shell.args(["-c", script]).output()?;
    assert_eq!(printed.stdout, b"web\n");
    Ok(())
}

#[netns_test(topology = pod())]
fn programs_of_a_sharing_host_are_its_own_in_the_others_network(net: &Network) -> TestResult {
    let (web, sidecar) = (net.host("web"), net.host("sidecar"));
    let script = "echo $$; readlink /proc/thread-self/ns/net /proc/self/ns/pid";
    let shell = |host: netns_test::Host<'_>| -> TestResult<Vec<String>> {
        let output = host.command("sh").args(["-c", script]).output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    let (one, other) = (shell(web)?, shell(sidecar)?);
    assert_eq!(one[1], other[1], "one network");
    assert_ne!(one[2], other[2], "two PID namespaces");
    assert_eq!(one[0], other[0], "each counts from one");
    Ok(())
}

/// Addresses that several hosts have are told as those of the one whose network it is.
#[netns_test(topology = pod().segment("far", ()).root(|r| r.forward().join("lan").join("far")).host("db", |h| h.join("far")))]
fn paths_lead_to_and_through_whose_network_it_is(net: &Network) -> TestResult {
    net.assert_path("client", "web", []);
    net.assert_path("client", "sidecar", []);
    net.assert_path("db", "sidecar", ["root"]);
    net.assert_path("sidecar", "db", ["agent"]);
    Ok(())
}

#[netns_test(topology = pod())]
fn the_root_can_be_shared_as_well(net: &Network) -> TestResult {
    let socket = net.host("agent").run(|| TcpListener::bind("127.0.0.1:0"))?;
    assert!(TcpStream::connect(socket.local_addr()?).is_ok());
    Ok(())
}

#[netns_test(topology = pod())]
fn a_socket_belongs_to_all_who_share_its_network(net: &Network) -> TestResult {
    let socket = net.host("sidecar").run(|| TcpListener::bind("0.0.0.0:0"))?;
    net.host("web").assert_owns(&socket);
    net.host("sidecar").assert_owns(&socket);
    assert_eq!(net.host_of(&socket)?.unwrap().name(), "web");
    Ok(())
}

#[cfg(feature = "tokio")]
#[netns_test(topology = pod())]
async fn tasks_of_both_meet_on_lo(net: &Network) -> TestResult {
    use tokio::net::{TcpListener, TcpStream};

    let (web, sidecar) = (net.host("web"), net.host("sidecar"));
    let listener = web
        .run_async(async || TcpListener::bind("127.0.0.1:8080").await)
        .await?;
    let accepted = web.spawn(async move || listener.accept().await.map(|(_, peer)| peer));
    let own = sidecar
        .run_async(async || TcpStream::connect("127.0.0.1:8080").await?.local_addr())
        .await?;
    assert_eq!(accepted.await?, own);
    let name = sidecar.run_async(async || {
        tokio::task::spawn_blocking(|| netns_test::current().here().name().to_owned()).await
    });
    assert_eq!(name.await?, "sidecar");
    Ok(())
}

/// By any name of its network's.
#[netns_test(topology = Topology::new()
    .segment("home", "192.168.0.0/24")
    .segment("internet", "203.0.113.0/24")
    .host("laptop", |h| h.join("home"))
    .host("server", |h| h.join("internet"))
    .router("box", |r| r.join("home").join("internet").nat("internet", |n| n.kind(NatKind::FullCone)))
    .host("keeper", |h| h.share("box")))]
fn a_host_that_shares_a_router_makes_it_forget(net: &Network) -> TestResult {
    let (laptop, server, keeper) = (net.host("laptop"), net.host("server"), net.host("keeper"));
    let theirs = server.run(|| UdpSocket::bind("0.0.0.0:7"))?;
    let ours = laptop.run(|| UdpSocket::bind("0.0.0.0:5000"))?;
    ours.send_to(b"?", server.socket_addr(7))?;
    let (_, mapped) = theirs.recv_from(&mut [0; 9])?;
    keeper.flush_nat()?;
    theirs.set_read_timeout(Some(Duration::from_secs(5)))?;
    ours.set_read_timeout(Some(Duration::from_millis(300)))?;
    theirs.send_to(b"!", mapped)?;
    assert!(ours.recv_from(&mut [0; 9]).is_err());
    Ok(())
}
