//! Raw ICMP sockets: echo requests out, everything that speaks of them in.
#![allow(unsafe_code, reason = "system calls")]

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sockopt};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::socket::set_option;

/// Room for the largest datagram of either family.
const LARGEST: usize = 65_536;
/// Room for bursts of requests and answers; the kernel grants what `net.core.wmem_max` and `rmem_max` allow.
const QUEUES: usize = 1 << 20;

/// A raw socket for ICMP (IPv4) or ICMPv6, in the network namespace of the thread that opened it.
///
/// It never blocks: [`wait_any`] does. See [raw(7)](https://man7.org/linux/man-pages/man7/raw.7.html) and
/// [icmp(7)](https://man7.org/linux/man-pages/man7/icmp.7.html).
pub(crate) struct IcmpSocket {
    socket: Socket,
    ipv4: bool,
    buffer: Vec<u8>,
    /// Room for a timestamp and a hop limit.
    control: Vec<u8>,
}

/// A datagram as it was received: with its IP header from an IPv4 socket, without it from an IPv6 socket.
pub(crate) struct Received<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) from: IpAddr,
    /// The hop limit of an IPv6 datagram; an IPv4 datagram has it in its header.
    pub(crate) hop_limit: Option<u8>,
    /// When the kernel received it.
    pub(crate) at: Instant,
}

impl IcmpSocket {
    /// Opens a socket in the calling thread's namespace. Needs CAP_NET_RAW there.
    pub(crate) fn new(ipv4: bool) -> io::Result<Self> {
        let (domain, protocol) = if ipv4 {
            (Domain::IPV4, Protocol::ICMPV4)
        } else {
            (Domain::IPV6, Protocol::ICMPV6)
        };
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        socket.set_recv_buffer_size(QUEUES)?;
        socket.set_send_buffer_size(QUEUES)?;
        nix::sys::socket::setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        if !ipv4 {
            socket.set_recv_hoplimit_v6(true)?;
        }
        pass_only(answer_types(ipv4), socket.as_fd(), ipv4)?;
        Ok(Self {
            socket,
            ipv4,
            buffer: vec![0; LARGEST],
            // Where `time_t` has 32 bits, musl puts a stamp of 64 bits beside the kernel's, and lacking room is truncation.
            control: nix::cmsg_space!(TimeSpec, [i64; 2], i32),
        })
    }

    /// Opens a socket that only sends, for requests whose answers another socket collects.
    pub(crate) fn deaf(ipv4: bool) -> io::Result<Self> {
        let socket = Self::new(ipv4)?;
        pass_only(&[], socket.socket.as_fd(), ipv4)?;
        Ok(socket)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether it is a socket for ICMP, and not for ICMPv6.
    pub(crate) fn is_ipv4(&self) -> bool {
        self.ipv4
    }

    /// Sets how many routers a packet may pass: the TTL or hop limit, 1 to 255.
    pub(crate) fn set_ttl(&self, ttl: u8) -> io::Result<()> {
        let ttl = ttl.into();
        if self.ipv4 {
            self.socket.set_ttl_v4(ttl)?;
            self.socket.set_multicast_ttl_v4(ttl)
        } else {
            self.socket.set_unicast_hops_v6(ttl)?;
            self.socket.set_multicast_hops_v6(ttl)
        }
    }

    /// Makes the kernel refuse (EMSGSIZE) what it would otherwise send in fragments, and forbids routers to fragment.
    pub(crate) fn forbid_fragments(&self) -> io::Result<()> {
        self.discover(libc::IP_PMTUDISC_DO, libc::IPV6_PMTUDISC_DO)
    }

    /// As [`forbid_fragments`](Self::forbid_fragments), but only what the first link does not carry is refused: what the kernel
    /// remembers of the path is not asked.
    pub(crate) fn probe_mtu(&self) -> io::Result<()> {
        self.discover(libc::IP_PMTUDISC_PROBE, libc::IPV6_PMTUDISC_PROBE)
    }

    fn discover(&self, v4: i32, v6: i32) -> io::Result<()> {
        let socket = self.socket.as_fd();
        if self.ipv4 {
            return set_option(socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, v4);
        }
        set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, v6)?;
        set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_DONTFRAG, 1)
    }

    /// Sends from `source`. EADDRNOTAVAIL if nothing in this namespace has that address.
    pub(crate) fn bind(&self, source: SocketAddr) -> io::Result<()> {
        self.socket.bind(&SockAddr::from(source))
    }

    /// Sends an ICMP message. The port of `to` must be 0, and a link-local address needs its scope id.
    pub(crate) fn send_to(&self, message: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(message, &SockAddr::from(to)).map(drop)
    }

    /// Takes the next datagram from the queue; `None` if it is empty.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Received<'_>>> {
        let mut parts = [IoSliceMut::new(&mut self.buffer)];
        let message = match recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut self.control),
            MsgFlags::MSG_DONTWAIT,
        ) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut hop_limit = None;
        let mut stamp = None;
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
                ControlMessageOwned::ScmTimestampns(at) => stamp = Some(at),
                _ => {}
            }
        }
        let from = message
            .address
            .and_then(|from| ip_of(&from))
            .ok_or_else(|| io::Error::other("the kernel did not name the sender"))?;
        let length = message.bytes;
        Ok(Some(Received {
            bytes: &self.buffer[..length],
            from,
            hop_limit,
            at: stamp.map_or_else(Instant::now, |it| {
                instant_of(it, SystemTime::now, Instant::now)
            }),
        }))
    }
}

/// Waits until one of `sockets` has something to read, or room to write if `writable`, but not past `deadline`.
pub(crate) fn wait_any<'a>(
    sockets: impl IntoIterator<Item = &'a IcmpSocket>,
    writable: bool,
    deadline: Instant,
) -> io::Result<()> {
    let events = if writable {
        PollFlags::POLLIN | PollFlags::POLLOUT
    } else {
        PollFlags::POLLIN
    };
    let mut fds: Vec<_> = sockets
        .into_iter()
        .map(|socket| PollFd::new(socket.socket.as_fd(), events))
        .collect();
    let left = deadline.saturating_duration_since(Instant::now());
    match ppoll(&mut fds, Some(TimeSpec::from_duration(left)), None) {
        // The callers look at their queues and clocks again in any case.
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// The address that the calling thread's namespace would send from to reach `target`, by its routes. Sends nothing.
pub(crate) fn source_towards(target: SocketAddr) -> io::Result<IpAddr> {
    let address = connected(target)?.local_addr()?;
    address
        .as_socket()
        .map(|address| address.ip())
        .ok_or_else(|| io::Error::other("the kernel did not name the local address"))
}

/// The largest packet that is known to pass on the way to `target`, in bytes, IP header included.
pub(crate) fn path_mtu(target: SocketAddr) -> io::Result<u32> {
    let socket = connected(target)?;
    let mtu = if target.is_ipv4() {
        nix::sys::socket::getsockopt(&socket, sockopt::IpMtu)?
    } else {
        get_option(socket.as_fd(), libc::IPPROTO_IPV6, libc::IPV6_MTU)?
    };
    u32::try_from(mtu).map_err(io::Error::other)
}

/// A socket whose only use is that the kernel looked up the route to `target` for it.
fn connected(target: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(target), Type::DGRAM, None)?;
    // Any port but 0 will do.
    let mut target = target;
    target.set_port(9);
    socket.connect(&SockAddr::from(target))?;
    Ok(socket)
}

/// The types of the messages that say something about an echo request.
fn answer_types(ipv4: bool) -> &'static [u8] {
    if ipv4 {
        // Echo reply, destination unreachable, redirect, time exceeded.
        &[0, 3, 5, 11]
    } else {
        // Destination unreachable, packet too big, time exceeded, echo reply, redirect.
        &[1, 2, 3, 129, 137]
    }
}

/// Leaves all other types (requests, neighbour discovery and the like) out of the queue, so that they cannot fill it.
pub(super) fn pass_only(types: &[u8], socket: BorrowedFd<'_>, ipv4: bool) -> io::Result<()> {
    // Not in libc. A set bit in the mask means "drop".
    const ICMP_FILTER: i32 = 1;
    const ICMPV6_FILTER: i32 = 1;
    let mut mask = [u32::MAX; 8];
    for kind in types {
        mask[usize::from(kind / 32)] &= !(1 << (kind % 32));
    }
    if ipv4 {
        // Types from 32 up have no bit, and pass.
        set_option(socket, libc::SOL_RAW, ICMP_FILTER, mask[0] as i32)
    } else {
        set_words(socket, libc::IPPROTO_ICMPV6, ICMPV6_FILTER, &mask)
    }
}

/// Sets an option whose value is eight words.
fn set_words(socket: BorrowedFd<'_>, level: i32, option: i32, value: &[u32; 8]) -> io::Result<()> {
    let size = size_of_val(value) as libc::socklen_t;
    // SAFETY: the pointer and the size describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            value.as_ptr().cast(),
            size,
        )
    };
    Errno::result(result).map(drop).map_err(io::Error::from)
}

/// Reads an option whose value is one integer.
fn get_option(socket: BorrowedFd<'_>, level: i32, option: i32) -> io::Result<i32> {
    let mut value = 0_i32;
    let mut size = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointers are to `value` and to its size, and both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw mut value).cast(),
            &raw mut size,
        )
    };
    Errno::result(result)?;
    Ok(value)
}

fn ip_of(address: &SockaddrStorage) -> Option<IpAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        Some(IpAddr::V4(v4.ip()))
    } else {
        address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip()))
    }
}

/// A moment of the wall clock, in which the kernel stamps, on the clock that is never set.
///
/// Whoever has to wait for a processor between reading the one and the other takes that for time since the stamp. With the wall clock read
/// first the moment comes out late then, and never early: no round trip seems shorter than the delays on its way.
fn instant_of(
    stamp: TimeSpec,
    wall: impl FnOnce() -> SystemTime,
    now: impl FnOnce() -> Instant,
) -> Instant {
    let age = SystemTime::UNIX_EPOCH
        // A clock that stands before 1970 has no such moment.
        .checked_add(Duration::from(stamp))
        .and_then(|stamp| wall().duration_since(stamp).ok());
    let now = now();
    // Without an age, the clock was set back in between.
    age.and_then(|age| now.checked_sub(age)).unwrap_or(now)
}

/// Whether a message was refused because it may not be fragmented and is larger than what passes.
pub(crate) fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

/// Whether the socket has no room for a message until those before it have left.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS))
}

/// Whether a refusal to send may pass by itself: no memory, or no usable source address because the host's own are still
/// being checked for duplicates.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOMEM | libc::EADDRNOTAVAIL)
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn any_clock_gives_a_moment_that_is_not_in_the_future() {
        let now = Instant::now();
        for seconds in [0, 1, -1, i32::MAX, i32::MIN] {
            let stamp = TimeSpec::new(seconds.into(), 999_999_999);
            let moment = instant_of(stamp, SystemTime::now, || now);
            assert!(moment <= now, "{seconds}");
        }
        let day = Duration::from_secs(24 * 60 * 60);
        let long_ago = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            - day;
        let moment = instant_of(TimeSpec::from_duration(long_ago), SystemTime::now, || now);
        assert!(moment == now || now - moment >= day);
    }

    #[test]
    fn a_thread_that_waits_between_the_clocks_finds_nothing_early() {
        let (wall, now) = (SystemTime::now(), Instant::now());
        let stamp = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        // Each look at a clock is a second after the one before.
        let looks = Cell::new(0);
        let passed = || Duration::from_secs(looks.replace(looks.get() + 1));
        let stamp = TimeSpec::from_duration(stamp);
        let moment = instant_of(stamp, || wall + passed(), || now + passed());
        assert!(moment >= now, "{:?} early", now - moment);
    }
}
