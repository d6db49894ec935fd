//! Finds out what a translation depends on, by the tests of [RFC 5780](https://www.rfc-editor.org/rfc/rfc5780#section-4): a server with two
//! addresses and two ports on each says what it sees, and sends from where it was not sent to.
//!
//! That nothing comes is told by what comes after it.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use netns_test::{Host, NatBehaviour, Network, TestResult};

/// The addresses of the host that [`Stun::start`] is given.
pub(crate) const ADDRESSES: [&str; 2] = ["203.0.113.80/24", "203.0.113.81/24"];
const PORTS: [u16; 2] = [3478, 3479];

/// The four sockets: by address, by port.
pub(crate) struct Stun([[UdpSocket; 2]; 2]);

impl Stun {
    pub(crate) fn start(server: Host<'_>) -> Self {
        let bind = |address: &str, port| {
            let (ip, _) = address.split_once('/').unwrap();
            limited(UdpSocket::bind(format!("{ip}:{port}")).unwrap())
        };
        Self(server.run(|| ADDRESSES.map(|address| PORTS.map(|port| bind(address, port)))))
    }

    /// Where a packet of the client's seems to come from.
    pub(crate) fn seen(&self, client: &UdpSocket, address: usize, port: usize) -> SocketAddr {
        let server = &self.0[address][port];
        client.send_to(b"?", server.local_addr().unwrap()).unwrap();
        server.recv_from(&mut [0; 9]).unwrap().1
    }

    /// Sends to the client from there. Whether it arrives is told by a packet from where it was sent to before: the first socket.
    pub(crate) fn arrives(
        &self,
        client: &UdpSocket,
        outside: SocketAddr,
        from: [usize; 2],
    ) -> bool {
        self.0[from[0]][from[1]].send_to(b"new", outside).unwrap();
        self.0[0][0].send_to(b"old", outside).unwrap();
        let mut arrived = false;
        let mut buffer = [0; 9];
        loop {
            match client.recv(&mut buffer).unwrap() {
                3 if buffer.starts_with(b"new") => arrived = true,
                3 if buffer.starts_with(b"old") => return arrived,
                other => panic!("{other} bytes"),
            }
        }
    }

    pub(crate) fn mapping(&self, client: Host<'_>) -> NatBehaviour {
        let client = socket(client);
        let first = self.seen(&client, 0, 0);
        let (port, address) = (self.seen(&client, 0, 1), self.seen(&client, 1, 0));
        match (port == first, address == first) {
            (true, true) => NatBehaviour::EndpointIndependent,
            (true, false) => NatBehaviour::AddressDependent,
            (false, false) => NatBehaviour::AddressAndPortDependent,
            (false, true) => panic!("{first}, {port}, {address}: no mapping is like this"),
        }
    }

    pub(crate) fn filtering(&self, client: Host<'_>) -> NatBehaviour {
        let client = socket(client);
        let outside = self.seen(&client, 0, 0);
        let (address, port) = (
            self.arrives(&client, outside, [1, 1]),
            self.arrives(&client, outside, [0, 1]),
        );
        match (port, address) {
            (true, true) => NatBehaviour::EndpointIndependent,
            (true, false) => NatBehaviour::AddressDependent,
            (false, false) => NatBehaviour::AddressAndPortDependent,
            (false, true) => panic!("no filtering is like this"),
        }
    }
}

/// A client's fresh socket.
pub(crate) fn socket(client: Host<'_>) -> UdpSocket {
    limited(client.run(|| UdpSocket::bind("0.0.0.0:0")).unwrap())
}

/// What is to come is there at once; nobody waits for ever for what is lost.
fn limited(socket: UdpSocket) -> UdpSocket {
    let limit = Some(Duration::from_secs(10));
    socket.set_read_timeout(limit).unwrap();
    socket
}

/// Fails unless the client is behind what depends on this.
pub(crate) fn assert_is(
    net: &Network,
    client: &str,
    mapping: NatBehaviour,
    filtering: NatBehaviour,
) -> TestResult {
    let (stun, client) = (Stun::start(net.host("stun")), net.host(client));
    assert_eq!(stun.mapping(client), mapping, "mapping");
    assert_eq!(stun.filtering(client), filtering, "filtering");
    Ok(())
}
