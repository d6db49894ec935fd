//! Servers and clients in hosts without any async runtime: threads, by `Host::run`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;

use netns_test::{netns_test, Network, TestResult, Topology};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test(topology = lan())]
fn passes_with_a_thread_for_each_side(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let address = server.socket_addr(80);
    let listener = server.run(|| TcpListener::bind(address))?;
    server.assert_owns(&listener);
    thread::scope(|scope| {
        let served = scope.spawn(|| {
            server.run(|| {
                let (mut stream, client) = listener.accept()?;
                stream.write_all(client.to_string().as_bytes())
            })
        });
        let mut answer = String::new();
        let mut stream = client.run(|| TcpStream::connect(address))?;
        client.assert_owns(&stream);
        stream.read_to_string(&mut answer)?;
        assert_eq!(answer, stream.local_addr()?.to_string());
        served.join().unwrap()?;
        Ok(())
    })
}

/// Both sockets are used by the body's own thread, which is in neither host.
#[netns_test(topology = lan())]
fn passes_with_sockets_that_were_brought_along(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let there = server.socket_addr(53);
    let answering = server.run(|| UdpSocket::bind(there))?;
    let asking = client.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    asking.send_to(b"who is there?", there)?;
    let mut question = [0; 64];
    let (length, from) = answering.recv_from(&mut question)?;
    assert_eq!(from.ip(), client.ipv4());
    answering.send_to(&question[..length], from)?;
    let (_, answerer) = asking.recv_from(&mut question)?;
    assert_eq!(answerer, there);
    assert_eq!(net.host_of(&asking)?.unwrap().name(), "client");
    Ok(())
}
