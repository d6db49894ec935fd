//! What a host tells of its sockets must be what `ss` tells there, which asks the kernel in another way.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use netns_test::{Host, Network, Socket, TestResult, Topology, eventually, netns_test};

use crate::compare::in_host;

/// The lines of `ss`, as far as both can know them: a listener's backlog is not in the tables, nor who takes both families.
fn theirs(host: Host<'_>) -> Vec<String> {
    let text = in_host(host, "ss -Hantu");
    let lines = text.lines().map(|line| {
        let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words[1] == "LISTEN" {
            words[3] = "0".to_owned();
        }
        for address in &mut words[4..] {
            if let Some(port) = address.strip_prefix("*:") {
                *address = format!("[::]:{port}");
            }
        }
        words.join(" ")
    });
    sorted(lines.collect())
}

fn ours(sockets: &[Socket]) -> Vec<String> {
    sorted(sockets.iter().map(ToString::to_string).collect())
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

/// Looks of both between which nothing has changed: connections move from state to state by themselves.
#[track_caller]
fn assert_same(host: Host<'_>, expected: usize) -> Vec<Socket> {
    let look = || {
        let before = theirs(host);
        let sockets = host.sockets()?;
        if before != theirs(host) {
            return TestResult::Err("the sockets change while they are looked at".into());
        }
        assert_eq!(ours(&sockets), before);
        if sockets.len() != expected {
            return Err(format!("there are {before:#?}").into());
        }
        Ok(sockets)
    };
    eventually(std::time::Duration::from_secs(10), look).unwrap()
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn sockets_print_as_ss_prints_them(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    assert_same(server, 0);
    let bind = |address: &str| server.run(|| TcpListener::bind(address));
    let listeners = [
        bind("0.0.0.0:80")?,
        bind("[fd00:1::2]:81")?,
        bind("[::]:82")?,
    ];
    let connect = |address: &str| {
        let address: SocketAddr = address.parse().unwrap();
        client.run(|| TcpStream::connect(address))
    };
    // The last is of IPv4, at a socket of IPv6; nobody accepts it.
    let clients = [
        connect("10.1.0.2:80")?,
        connect("[fd00:1::2]:81")?,
        connect("10.1.0.2:82")?,
    ];
    let accepted = [listeners[0].accept()?.0, listeners[1].accept()?.0];
    let receive = |address: &str| server.run(|| UdpSocket::bind(address));
    let receivers = [
        receive("0.0.0.0:53")?,
        receive("[::]:54")?,
        receive("[fd00:1::2]:55")?,
    ];
    receivers[2].connect("[fd00:1::1]:5353")?;
    assert_eq!(receivers.len() + listeners.len() + accepted.len(), 8);
    let sockets = assert_same(server, 9);
    assert!(ours(&sockets).contains(&"tcp LISTEN 1 0 [::]:82 [::]:*".to_owned()));
    assert_same(client, 3);

    // Closed at one end, and then at both.
    let [first, second, third] = clients;
    drop(accepted);
    assert_same(client, 3);
    drop((first, second));
    assert_same(client, 1);
    assert_same(server, 9);
    drop((third, listeners, receivers));
    Ok(())
}

/// Bytes that wait to be read, in either queue.
#[netns_test(topology = Topology::lan(["client", "server"]))]
fn queues_are_those_of_ss(net: &Network) -> TestResult {
    use std::io::Write;

    let (client, server) = (net.host("client"), net.host("server"));
    let listener = server.run(|| TcpListener::bind("10.1.0.2:80"))?;
    let mut stream = client.run(|| TcpStream::connect("10.1.0.2:80"))?;
    let accepted = listener.accept()?;
    server.link("eth0").down()?;
    stream.write_all(b"nobody acknowledges this")?;
    let sockets = assert_same(client, 1);
    assert_eq!((sockets[0].send_queue, sockets[0].receive_queue), (24, 0));
    server.link("eth0").up()?;
    let arrived = || {
        server
            .sockets()
            .is_ok_and(|seen| seen.iter().any(|it| it.receive_queue == 24))
    };
    eventually(std::time::Duration::from_secs(20), arrived)?;
    assert_same(server, 2);
    drop(accepted);
    Ok(())
}
