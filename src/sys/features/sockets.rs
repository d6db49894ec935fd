//! Sockets of protocols that not every kernel has, and the device behind `tun`.
#![allow(unsafe_code, reason = "a system call that no crate wraps")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Protocol, Socket, Type};

use super::failed;
use crate::diagnosis::Failed;
use crate::feature::Feature;

const DEVICE: &str = "/dev/net/tun";

/// Opens a socket of the feature's protocol.
pub(super) fn open(feature: Feature) -> Result<(), Failed> {
    let (call, domain, kind, protocol) = match feature {
        Feature::Sctp => (
            "socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)",
            Domain::IPV4,
            Type::STREAM,
            Some(Protocol::from(libc::IPPROTO_SCTP)),
        ),
        Feature::Mptcp => (
            "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)",
            Domain::IPV4,
            Type::STREAM,
            Some(Protocol::MPTCP),
        ),
        // Of no protocol it receives nothing, which is enough.
        _ => ("socket(AF_PACKET)", Domain::PACKET, Type::RAW, None),
    };
    let socket = Socket::new(domain, kind.cloexec(), protocol);
    socket.map(drop).map_err(|cause| failed(call, cause))
}

/// Makes a link whose other end is this process.
///
/// See the kernel's [tuntap](https://docs.kernel.org/networking/tuntap.html).
pub(super) fn tun() -> Result<(), Failed> {
    const TUNSETIFF: libc::Ioctl = 0x4004_54CA_u32 as libc::Ioctl;
    const IFF_TUN: u16 = 1;
    let device = File::options().read(true).write(true).open(DEVICE);
    let device = device.map_err(|cause| {
        let closed = cause.kind() == io::ErrorKind::PermissionDenied;
        let failed = failed(format!("open({DEVICE})"), cause);
        // Who may not open the device lacks it as much as who has none.
        let is_lack = failed.is_lack || closed;
        Failed { is_lack, ..failed }
    })?;
    // `struct ifreq`: a name, which the kernel chooses, and flags.
    let mut request = [0_u8; 40];
    request[16..18].copy_from_slice(&IFF_TUN.to_ne_bytes());
    // SAFETY: the descriptor is open, and the request is as long as the kernel's structure, which it reads and writes.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), TUNSETIFF, request.as_mut_ptr()) };
    if result < 0 {
        return Err(failed("ioctl(TUNSETIFF)", io::Error::last_os_error()));
    }
    Ok(())
}
