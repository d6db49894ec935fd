//! The floor: the same networks with bare system calls and requests that were written before.
//!
//! One thread unshares a namespace for each node and opens one socket in it. There are no error texts, no plan, no names, and
//! nothing is remembered. What a machine's own tuning makes the library write (see `doctor`) is left out, so that on such a machine
//! the library does a little more than the floor.
#![allow(unsafe_code, reason = "bare system calls are what the floor is about")]

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::bytes::{Batch, Script};

/// What the library sets in each host.
const SYSCTLS: [(&CStr, &[u8]); 4] = [
    (c"/proc/sys/net/ipv6/conf/default/accept_dad", b"0"),
    (
        c"/proc/sys/net/ipv6/conf/default/router_solicitations",
        b"0",
    ),
    (c"/proc/sys/net/ipv4/ip_unprivileged_port_start", b"0"),
    (c"/proc/sys/net/ipv4/ping_group_range", b"0\t2147483647"),
];

/// What the library sets in each router as well.
const FORWARDING: [(&CStr, &[u8]); 4] = [
    (c"/proc/sys/net/ipv4/ip_forward", b"1"),
    (c"/proc/sys/net/ipv4/icmp_ratemask", b"0"),
    (c"/proc/sys/net/ipv6/conf/all/forwarding", b"1"),
    (c"/proc/sys/net/ipv6/icmp/ratemask", b"0"),
];

const SIOCGSKNS: libc::Ioctl = 0x894C;
const LINK_GROUP: libc::c_int = 1;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const LINK: u16 = 5;
const OPER_STATE: u16 = 16;
const UP: u8 = 6;

/// A network: one socket for each node.
#[derive(Debug)]
pub(crate) struct Floor {
    sockets: Vec<OwnedFd>,
    buffer: Vec<u8>,
}

impl Floor {
    pub(crate) fn build(script: &mut Script, groups: &[u8]) -> io::Result<Self> {
        let mut floor = Self {
            sockets: Vec::with_capacity(script.nodes),
            buffer: vec![0; 64 * 1024],
        };
        for node in 0..script.nodes {
            unshare()?;
            floor.sockets.push(netlink()?);
            for (path, value) in SYSCTLS {
                let last = path.to_bytes().ends_with(b"ping_group_range");
                write(path, if last { groups } else { value })?;
            }
            if script.routers.contains(&node) {
                FORWARDING
                    .iter()
                    .try_for_each(|(path, value)| write(path, value))?;
            }
        }
        for batch in &mut script.batches {
            floor.execute(batch)?;
        }
        floor.settle(script)?;
        if let Some((node, batch)) = &script.rules {
            floor.tell_nftables(*node, batch)?;
        }
        if let Some(last) = &mut script.last {
            floor.execute(last)?;
        }
        Ok(floor)
    }

    fn execute(&mut self, batch: &mut Batch) -> io::Result<()> {
        let mut open = Vec::with_capacity(batch.descriptors.len());
        for (at, node) in &batch.descriptors {
            let namespace = self.namespace(*node)?;
            batch.bytes[*at..*at + 4].copy_from_slice(&namespace.as_raw_fd().to_ne_bytes());
            open.push(namespace);
        }
        let socket = &self.sockets[batch.node];
        send(socket, &batch.bytes)?;
        acknowledged(socket, batch, &mut self.buffer)
    }

    /// A descriptor of a node's namespace.
    fn namespace(&self, node: usize) -> io::Result<OwnedFd> {
        // SAFETY: the request takes no argument and returns a new descriptor or -1.
        owned(unsafe { libc::ioctl(self.sockets[node].as_raw_fd(), SIOCGSKNS) })
    }

    /// Waits until every link has a carrier.
    fn settle(&mut self, script: &Script) -> io::Result<()> {
        script
            .waits
            .iter()
            .try_for_each(|(node, listing)| self.settle_node(*node, listing))
    }

    fn settle_node(&mut self, node: usize, listing: &Batch) -> io::Result<()> {
        if self.is_settled(node, listing)? {
            return Ok(());
        }
        enter(&self.namespace(node)?)?;
        let watch = netlink()?;
        watch_links(&watch)?;
        while !self.is_settled(node, listing)? {
            match receive(&watch, &mut self.buffer) {
                // Too many to keep: a change all the same.
                Err(error) if error.raw_os_error() != Some(libc::ENOBUFS) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn is_settled(&mut self, node: usize, listing: &Batch) -> io::Result<bool> {
        let socket = &self.sockets[node];
        send(socket, &listing.bytes)?;
        let mut settled = true;
        loop {
            let received = receive(socket, &mut self.buffer)?;
            for message in messages(&self.buffer[..received]) {
                match kind(message) {
                    DONE => return Ok(settled),
                    ERROR => return Err(io::Error::other("no listing of links")),
                    _ => settled &= is_in_service(message),
                }
            }
        }
    }

    fn tell_nftables(&mut self, node: usize, batch: &[u8]) -> io::Result<()> {
        enter(&self.namespace(node)?)?;
        let socket = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_NETFILTER)?;
        send(&socket, batch)?;
        let received = receive(&socket, &mut self.buffer)?;
        match word(&self.buffer[..received], 16) as i32 {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(-error)),
        }
    }

    /// One echo request from the first host.
    pub(crate) fn ping(&self, target: [u8; 4]) -> io::Result<()> {
        enter(&self.namespace(1)?)?;
        let socket = socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)?;
        let mut request = [8, 0, 0, 0, 0x12, 0x34, 0, 1];
        let sum: u16 = 0x0800 + 0x1234 + 1;
        request[2..4].copy_from_slice(&(!sum).to_be_bytes());
        // SAFETY: all zeroes is a valid address; it is filled in below.
        let mut to: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        to.sin_family = libc::AF_INET as libc::sa_family_t;
        to.sin_addr.s_addr = u32::from_ne_bytes(target);
        // SAFETY: the pointers and sizes describe the request and the address, which outlive the call.
        done(unsafe {
            libc::sendto(
                socket.as_raw_fd(),
                request.as_ptr().cast(),
                request.len(),
                0,
                (&raw const to).cast(),
                size_of_val(&to) as libc::socklen_t,
            )
        } as libc::c_int)?;
        let mut buffer = [0; 1024];
        loop {
            let received = receive(&socket, &mut buffer)?;
            // Behind an IP header of 20 bytes: an echo reply.
            if received >= 28 && buffer[20] == 0 {
                return Ok(());
            }
        }
    }
}

/// Whether the kernel has noticed a link's carrier; `lo` and a bridge that is down need none.
fn is_in_service(message: &[u8]) -> bool {
    let state = attribute(message.get(32..).unwrap_or_default(), OPER_STATE);
    let is_port = attribute(message.get(32..).unwrap_or_default(), LINK).is_some();
    !is_port || state == Some(&[UP])
}

/// The value of the first attribute of this kind.
fn attribute(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let head = word(rest, 0);
        let (length, kind) = (head as u16 as usize, (head >> 16) as u16 & 0x3fff);
        if kind == wanted {
            return rest.get(4..length);
        }
        rest = rest.get(length.next_multiple_of(4).max(4)..)?;
    }
}

/// Lets this process open as many descriptors as it may.
pub(crate) fn make_room() -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a limit that outlives both calls.
    unsafe {
        done(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit))?;
        limit.rlim_cur = limit.rlim_max;
        done(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit))
    }
}

pub(crate) fn unshare() -> io::Result<()> {
    // SAFETY: a plain system call.
    done(unsafe { libc::unshare(libc::CLONE_NEWNET) })
}

pub(crate) fn enter(namespace: &OwnedFd) -> io::Result<()> {
    // SAFETY: a plain system call.
    done(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) })
}

pub(crate) fn netlink() -> io::Result<OwnedFd> {
    socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)
}

/// Has changes of links told to the socket.
pub(crate) fn watch_links(socket: &OwnedFd) -> io::Result<()> {
    // SAFETY: all zeroes is a valid address; it is filled in below.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
    address.nl_groups = 1 << (LINK_GROUP - 1);
    let size = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer and the size describe `address`, which outlives the call.
    done(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), size) })
}

fn socket(domain: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: a plain system call that returns a new descriptor or -1.
    owned(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })
}

fn write(path: &CStr, value: &[u8]) -> io::Result<()> {
    // SAFETY: the path is a valid string; the call returns a new descriptor or -1.
    let file = owned(unsafe { libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) })?;
    // SAFETY: the pointer and the length describe `value`.
    done(
        unsafe { libc::write(file.as_raw_fd(), value.as_ptr().cast(), value.len()) } as libc::c_int,
    )
}

pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the pointer and the length describe `bytes`.
    done(
        unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) }
            as libc::c_int,
    )
}

pub(crate) fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the pointer and the length describe `buffer`.
    let received = unsafe { libc::recv(socket.as_raw_fd(), start, length, 0) };
    usize::try_from(received).map_err(|_| io::Error::last_os_error())
}

/// Reads until the batch's last request is acknowledged.
pub(crate) fn acknowledged(socket: &OwnedFd, batch: &Batch, buffer: &mut [u8]) -> io::Result<()> {
    loop {
        let received = receive(socket, buffer)?;
        for message in messages(&buffer[..received]).filter(|message| kind(message) == ERROR) {
            match word(message, 16) as i32 {
                0 if word(message, 8) == batch.sequence() => return Ok(()),
                0 => {}
                error => return Err(io::Error::from_raw_os_error(-error)),
            }
        }
    }
}

/// The messages of a datagram.
pub(crate) fn messages(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = (!rest.is_empty()).then(|| word(rest, 0) as usize)?;
        let (message, others) = rest.split_at(length.min(rest.len()));
        rest = others
            .get(length.next_multiple_of(4) - length..)
            .unwrap_or_default();
        Some(message)
    })
}

pub(crate) fn kind(message: &[u8]) -> u16 {
    word(message, 4) as u16
}

pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    word.map_or(0, u32::from_ne_bytes)
}

fn owned(fd: libc::c_int) -> io::Result<OwnedFd> {
    done(fd)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
