//! A raw ICMPv6 socket on one link, for what routers say there.

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd};

use super::packet::{IcmpSocket, Received, pass_only};

/// All nodes of a link, and all its routers.
const NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
const SOLICITATION: u8 = 133;

/// A socket that hears solicitations on one interface, and speaks to all nodes there.
///
/// See [ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html).
pub(crate) struct LinkSocket {
    socket: IcmpSocket,
    index: u32,
}

impl LinkSocket {
    /// Opens one in the calling thread's namespace. Needs CAP_NET_RAW there.
    pub(crate) fn open(interface: &str, index: u32) -> io::Result<Self> {
        let socket = IcmpSocket::new(false)?;
        // What comes from further away, or is sent there, is not taken.
        socket.set_ttl(255)?;
        let raw = socket.socket();
        pass_only(&[SOLICITATION], raw.as_fd(), false)?;
        raw.bind_device(Some(interface.as_bytes()))?;
        raw.join_multicast_v6(&ROUTERS, index)?;
        raw.set_multicast_loop_v6(false)?;
        Ok(Self { socket, index })
    }

    /// Sends an ICMPv6 message to all nodes of the link, from the interface's link-local address.
    pub(crate) fn tell_all(&self, message: &[u8]) -> io::Result<()> {
        let all = SocketAddrV6::new(NODES, 0, 0, self.index);
        self.socket.send_to(message, all.into())
    }

    /// Takes the next solicitation from the queue; `None` if it is empty.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Received<'_>>> {
        self.socket.receive()
    }
}

impl AsFd for LinkSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.socket().as_fd()
    }
}
