//! Frames out of a port.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use super::socket::{bind, packet_socket};
use crate::sys::socket::set_option;

/// How many frames one system call sends.
const BURST: usize = 64;

/// Where frames leave: a packet socket that hears nothing.
pub(crate) struct Port {
    socket: OwnedFd,
    /// Kept so that sending allocates nothing.
    parts: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

// SAFETY: what the pointers point to is lent for one call only, which writes them before it uses them.
unsafe impl Send for Port {}

/// Why a frame did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Those before it have not left yet: it may be sent later.
    Full,
    /// The port is down or gone.
    Down,
    /// The receiving machine had no room.
    Overrun,
    /// It is too long for the port, or damaged in a way that the kernel does not send.
    Refused,
}

impl Port {
    /// Opens a port in the calling thread's namespace. Needs CAP_NET_RAW there.
    pub(crate) fn open(port: u32) -> io::Result<Self> {
        let socket = packet_socket()?;
        set_option(socket.as_fd(), libc::SOL_PACKET, libc::PACKET_VNET_HDR, 1)?;
        // More at once, as far as the machine lets its users; what is refused is not needed.
        drop(set_option(
            socket.as_fd(),
            libc::SOL_SOCKET,
            libc::SO_SNDBUF,
            1 << 22,
        ));
        bind(&socket, port, 0)?;
        Ok(Self {
            socket,
            parts: Vec::with_capacity(BURST),
            messages: Vec::with_capacity(BURST),
        })
    }

    /// Sends frames, each behind its header, in one system call. Returns how many of them have left, and why the next one has not, if
    /// something kept it.
    pub(crate) fn send<'f>(
        &mut self,
        frames: impl Iterator<Item = &'f [u8]>,
    ) -> (usize, Option<Fault>) {
        self.parts.clear();
        self.messages.clear();
        for frame in frames.take(BURST) {
            self.parts.push(libc::iovec {
                iov_base: frame.as_ptr().cast_mut().cast(),
                iov_len: frame.len(),
            });
        }
        for part in &mut self.parts {
            // SAFETY: a message of zeros is one.
            let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
            message.msg_hdr.msg_iov = ptr::from_mut(part);
            message.msg_hdr.msg_iovlen = 1;
            self.messages.push(message);
        }
        if self.messages.is_empty() {
            return (0, None);
        }
        loop {
            // SAFETY: each message points to a part, and each part to a frame, which the caller has lent for longer than this call.
            let sent = unsafe {
                libc::sendmmsg(
                    self.socket.as_raw_fd(),
                    self.messages.as_mut_ptr(),
                    self.messages.len() as u32,
                    libc::MSG_DONTWAIT as _,
                )
            };
            if let Ok(sent) = usize::try_from(sent) {
                // Why the next one was kept is told when it is tried again.
                return (sent, None);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return (0, Some(Fault::of(&error)));
            }
        }
    }
}

impl Port {
    /// Forgets that the port went down: until then, waiting for it ends at once.
    pub(crate) fn forgive(&self) {
        drop(socket2::SockRef::from(&self.socket).take_error());
    }
}

impl Fault {
    fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EAGAIN) => Self::Full,
            Some(libc::ENETDOWN | libc::ENXIO | libc::ENODEV) => Self::Down,
            Some(libc::ENOBUFS | libc::ENOMEM) => Self::Overrun,
            _ => Self::Refused,
        }
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
