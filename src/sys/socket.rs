//! What sockets can do beyond the standard library: raw options, and the namespace that they live in.
#![allow(unsafe_code, reason = "system calls")]

use std::io;
#[cfg(feature = "dns")]
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

#[cfg(feature = "dns")]
use socket2::{Domain, SockAddr, Socket, Type};

/// Connections that wait until they are accepted.
#[cfg(feature = "dns")]
const BACKLOG: i32 = 128;

/// Sets an option whose value is one integer.
///
/// See [setsockopt(2)](https://man7.org/linux/man-pages/man2/setsockopt.2.html).
pub(crate) fn set_option(
    socket: BorrowedFd<'_>,
    level: i32,
    option: i32,
    value: i32,
) -> io::Result<()> {
    let size = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer and the size describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The network namespace that a socket belongs to, wherever it is used from. Needs CAP_NET_ADMIN there.
///
/// See `SIOCGSKNS` in [ioctl_ns(2)](https://man7.org/linux/man-pages/man2/ioctl_ns.2.html).
pub(crate) fn namespace(socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    const SIOCGSKNS: libc::Ioctl = 0x894C;
    // SAFETY: the request takes no argument and returns a new descriptor or -1.
    let fd = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGSKNS) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A socket of one family; one for IPv6 leaves IPv4 to another socket.
#[cfg(feature = "dns")]
pub(super) fn of_family(ipv4: bool, kind: Type) -> io::Result<Socket> {
    if ipv4 {
        return Socket::new(Domain::IPV4, kind, None);
    }
    let socket = Socket::new(Domain::IPV6, kind, None)?;
    socket.set_only_v6(true)?;
    Ok(socket)
}

/// A port on all addresses of a family.
#[cfg(feature = "dns")]
pub(super) fn any_address(ipv4: bool, port: u16) -> SockAddr {
    let address = if ipv4 {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))
    };
    SockAddr::from(address)
}

/// Listens on one port of all addresses of a family, in the calling thread's namespace. It never blocks.
///
/// See [listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html).
#[cfg(feature = "dns")]
pub(crate) fn listen(ipv4: bool, port: u16) -> io::Result<TcpListener> {
    let socket = of_family(ipv4, Type::STREAM.nonblocking())?;
    // Connections of an earlier server may still be in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&any_address(ipv4, port))?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
