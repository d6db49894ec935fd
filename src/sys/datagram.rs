//! UDP sockets for servers: bound to all addresses, and yet each answer leaves from the address that was asked.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};
use socket2::{Socket, Type};

/// A UDP socket on one port of all addresses of a family, in the network namespace of the thread that opened it. It never blocks.
///
/// See `IP_PKTINFO` in [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html).
#[derive(Debug)]
pub(crate) struct Datagrams {
    socket: Socket,
    ipv4: bool,
}

/// Between whom a datagram went, and by which interface it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) from: SocketAddr,
    to: Option<IpAddr>,
    interface: u32,
}

impl Datagrams {
    /// Opens a socket in the calling thread's namespace.
    pub(crate) fn bind(ipv4: bool, port: u16) -> io::Result<Self> {
        let socket = super::socket::of_family(ipv4, Type::DGRAM.nonblocking())?;
        if ipv4 {
            setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        } else {
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        }
        socket.bind(&super::socket::any_address(ipv4, port))?;
        Ok(Self { socket, ipv4 })
    }

    /// Takes the next datagram from the queue; `None` if it is empty.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<(usize, Way)>> {
        let mut control = nix::cmsg_space!(libc::in6_pktinfo);
        let mut parts = [IoSliceMut::new(buffer)];
        let message = match recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::MSG_DONTWAIT,
        ) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let from = message
            .address
            .and_then(|from| socket_address(&from))
            .ok_or_else(|| io::Error::other("the kernel did not name the sender"))?;
        let mut way = Way {
            from,
            to: None,
            interface: 0,
        };
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    // The address of ours, even if the datagram was broadcast.
                    way.to = Some(IpAddr::V4(u32::from_be(info.ipi_spec_dst.s_addr).into()));
                }
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    way.to = Some(IpAddr::V6(info.ipi6_addr.s6_addr.into()));
                    way.interface = info.ipi6_ifindex;
                }
                _ => {}
            }
        }
        Ok(Some((message.bytes, way)))
    }

    /// Sends a datagram back the way that one came.
    pub(crate) fn send_back(&self, bytes: &[u8], way: Way) -> io::Result<()> {
        let parts = [IoSlice::new(bytes)];
        let to = SockaddrStorage::from(way.from);
        let socket = self.socket.as_raw_fd();
        let send = |control: &[ControlMessage<'_>]| {
            sendmsg(socket, &parts, control, MsgFlags::MSG_DONTWAIT, Some(&to))
        };
        match way.to.filter(|to| !to.is_multicast()) {
            Some(IpAddr::V4(source)) if self.ipv4 => {
                let address = libc::in_addr {
                    s_addr: u32::from(source).to_be(),
                };
                // Routes decide about the interface.
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: address,
                    ipi_addr: address,
                };
                send(&[ControlMessage::Ipv4PacketInfo(&info)])
            }
            Some(IpAddr::V6(source)) => {
                let link_local = source.is_unicast_link_local();
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: source.octets(),
                    },
                    ipi6_ifindex: if link_local { way.interface } else { 0 },
                };
                send(&[ControlMessage::Ipv6PacketInfo(&info)])
            }
            _ => send(&[]),
        }?;
        Ok(())
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(v4), _) => Some(SocketAddrV4::from(*v4).into()),
        (_, Some(v6)) => Some(SocketAddrV6::from(*v6).into()),
        (None, None) => None,
    }
}
