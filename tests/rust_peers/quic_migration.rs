//! A client that changes its address under a QUIC connection: the connection goes on, and the server sees where from.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use netns_test::{Family, Network, TestResult, Topology, eventually_async, netns_test};
use quinn::Connection;

use crate::SOON;
use crate::http_server::Failure;
use crate::quic::{assert_echoes, echo};

/// The client's address and the one that it moves to, as in `ip address add`.
fn addresses(net: &Network) -> (&'static str, &'static str) {
    match net.families() {
        [Family::V4, ..] => ("10.1.0.1/16", "10.1.7.7/16"),
        _ => ("fd00:1::1/64", "fd00:1::77/64"),
    }
}

fn ip(address: &str) -> TestResult<IpAddr> {
    Ok(address.split('/').next().unwrap_or_default().parse()?)
}

async fn assert_comes_from(connection: &Connection, address: IpAddr) -> TestResult {
    eventually_async(SOON, async || connection.remote_address().ip() == address).await?;
    assert!(connection.close_reason().is_none());
    Ok(())
}

/// The host loses its address and gets another one, as a telephone does that leaves the house.
#[netns_test(topology = Topology::lan(["client", "server"]), families(v4, v6))]
async fn a_connection_survives_another_address_of_its_host(net: &Network) -> TestResult {
    let (client, (old, new)) = (net.host("client"), addresses(net));
    let (_endpoint, here, there) = echo(net).await?.connect(net).await?;
    assert_echoes(client, &here, 10_000).await?;
    assert_eq!(there.remote_address().ip(), ip(old)?);

    client.link("eth0").remove_address(old)?;
    client.link("eth0").add_address(new)?;
    assert_echoes(client, &here, 10_000).await?;
    assert_comes_from(&there, ip(new)?).await?;
    assert_echoes(client, &here, 10_000).await
}

/// The program itself takes another socket. It is bound by the host, and taken over where the host's runtime is.
#[netns_test(topology = Topology::lan(["client", "server"]), families(v4, v6))]
async fn a_connection_survives_another_socket(net: &Network) -> TestResult {
    let (client, (old, new)) = (net.host("client"), addresses(net));
    let (endpoint, here, there) = echo(net).await?.connect(net).await?;
    assert_eq!(there.remote_address().ip(), ip(old)?);

    client.link("eth0").add_address(new)?;
    let bound = SocketAddr::new(ip(new)?, 5_000);
    let moved = client.run_async(move || async move {
        endpoint.rebind(UdpSocket::bind(bound)?)?;
        Ok::<_, Failure>(endpoint)
    });
    let endpoint = moved.await?;
    assert_eq!(endpoint.local_addr()?, bound);
    assert_echoes(client, &here, 10_000).await?;
    assert_comes_from(&there, bound.ip()).await?;
    assert_eq!(there.remote_address(), bound);
    assert_echoes(client, &here, 10_000).await
}
