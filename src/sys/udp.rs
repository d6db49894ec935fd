//! UDP sockets that only send: what comes back is ICMP, which another socket collects.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockAddr, Socket, Type};

/// A UDP socket with a port of its own, in the network namespace of the thread that opened it.
///
/// See [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html).
pub(crate) struct UdpSender {
    socket: Socket,
    ipv4: bool,
    port: u16,
}

impl UdpSender {
    /// Opens a socket that sends from `source`, whose port 0 stands for any. EADDRNOTAVAIL if nothing in this namespace has that
    /// address.
    pub(crate) fn new(source: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(source), Type::DGRAM.nonblocking(), None)?;
        socket.bind(&SockAddr::from(source))?;
        let port = socket.local_addr()?.as_socket().map(|bound| bound.port());
        Ok(Self {
            socket,
            ipv4: source.is_ipv4(),
            port: port.ok_or_else(|| io::Error::other("the kernel did not name the port"))?,
        })
    }

    /// The port that it sends from.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sets how many routers a datagram may pass: the TTL or hop limit, 1 to 255.
    pub(crate) fn set_ttl(&self, ttl: u8) -> io::Result<()> {
        if self.ipv4 {
            self.socket.set_ttl_v4(ttl.into())
        } else {
            self.socket.set_unicast_hops_v6(ttl.into())
        }
    }

    /// Sends a datagram. A link-local address needs its scope id.
    pub(crate) fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(payload, &SockAddr::from(to)).map(drop)
    }
}
