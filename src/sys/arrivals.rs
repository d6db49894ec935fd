//! UDP sockets that tell when the kernel received each datagram.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::SockRef;

/// What the kernel gives an ordinary user at the most, if nobody has tuned it.
const QUEUE: usize = 212_992;

/// A connected UDP socket with a large queue, whose datagrams have the time of their arrival.
///
/// See `SO_TIMESTAMPNS` in [socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html).
#[derive(Debug)]
pub(crate) struct Arrivals {
    socket: UdpSocket,
}

impl Arrivals {
    pub(crate) fn of(socket: UdpSocket) -> io::Result<Self> {
        SockRef::from(&socket).set_recv_buffer_size(QUEUE)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Self { socket })
    }

    /// The socket, to send by.
    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Takes the next datagram, and when it came, by a clock of no particular beginning. Waits so long for one; zero is not at all.
    pub(crate) fn next(
        &self,
        buffer: &mut [u8],
        wait: Duration,
    ) -> io::Result<Option<(usize, Duration)>> {
        let flags = if wait.is_zero() {
            MsgFlags::MSG_DONTWAIT
        } else {
            self.socket.set_read_timeout(Some(wait))?;
            MsgFlags::empty()
        };
        // Where `time_t` has 32 bits, musl puts a stamp of 64 bits beside the kernel's.
        let mut control = nix::cmsg_space!(TimeSpec, [i64; 2]);
        let mut parts = [IoSliceMut::new(buffer)];
        let socket = self.socket.as_raw_fd();
        let received = recvmsg::<SockaddrStorage>(socket, &mut parts, Some(&mut control), flags);
        let message = match received {
            Ok(message) => message,
            // ECONNREFUSED and its like tell of a datagram that was sent.
            Err(
                Errno::EAGAIN
                | Errno::EINTR
                | Errno::ECONNREFUSED
                | Errno::EHOSTUNREACH
                | Errno::ENETUNREACH,
            ) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let at = message.cmsgs()?.find_map(|it| match it {
            ControlMessageOwned::ScmTimestampns(at) => Some(at),
            _ => None,
        });
        let at = at.ok_or_else(|| io::Error::other("the kernel did not say when"))?;
        Ok(Some((message.bytes, at.into())))
    }
}
