//! Code, names, programs and tasks in hosts, in an image without a shell and without `/etc`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use netns_test::{Network, TestResult, Topology, Zone, netns_test};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn lan() -> Topology {
    Topology::lan(["a", "b"])
}

#[netns_test(topology = lan())]
fn names_are_found(net: &Network) -> TestResult {
    let listener = net.host("b").run(|| TcpListener::bind("0.0.0.0:80"))?;
    let mut stream = net.host("a").run(|| TcpStream::connect("b:80"))?;
    let (mut accepted, from) = listener.accept()?;
    assert_eq!(from.ip(), net.host("a").ipv4());
    stream.write_all(b"hello")?;
    let mut text = [0; 5];
    accepted.read_exact(&mut text)?;
    assert_eq!(&text, b"hello");
    Ok(())
}

/// Podman's filter lets nobody set a host name.
#[netns_test(topology = lan())]
fn each_host_has_its_own_name(net: &Network) -> TestResult {
    for host in net.hosts() {
        let name = host.run(|| std::fs::read_to_string("/proc/sys/kernel/hostname"))?;
        assert_eq!(name.trim_end(), host.name());
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn each_host_has_its_own_files(net: &Network) -> TestResult {
    for host in net.hosts() {
        let hosts = host.run(|| std::fs::read_to_string("/etc/hosts"))?;
        assert!(
            hosts.contains("\ta\n") && hosts.contains("\tb\n"),
            "{hosts}"
        );
    }
    Ok(())
}

/// There is no other program than this one.
#[netns_test(topology = lan())]
fn programs_run_in_hosts(net: &Network) -> TestResult {
    let own = std::env::current_exe()?;
    let listing = net.host("a").command(own).arg("--list").read()?;
    assert!(
        listing.contains("ordinary::needs_nothing: test"),
        "{listing}"
    );
    Ok(())
}

#[netns_test(topology = lan())]
async fn tasks_run_in_hosts(net: &Network) -> TestResult {
    let bind = || tokio::net::TcpListener::bind("[::]:80");
    let listener = net.host("b").run_async(bind).await?;
    let server = net.host("b").spawn(move || async move {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(b"hello").await
    });
    let connect = || tokio::net::TcpStream::connect("b:80");
    let mut stream = net.host("a").run_async(connect).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    assert_eq!(text, "hello");
    server.await?;
    Ok(())
}

#[netns_test(topology = lan().host("ns", |h| h.join("lan").dns(Zone::new("shop.test").a("www", "10.1.0.1"))))]
fn zones_are_served(net: &Network) -> TestResult {
    let listener = net.host("a").run(|| TcpListener::bind("0.0.0.0:80"))?;
    net.host("b")
        .run(|| TcpStream::connect("www.shop.test:80"))?;
    let (_, from) = listener.accept()?;
    assert_eq!(from.ip(), net.host("b").ipv4());
    Ok(())
}
