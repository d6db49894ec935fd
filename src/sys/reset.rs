//! Sockets of a namespace, closed from outside: whoever blocks in one gets an error, and the far end of a TCP connection a reset.
//!
//! See [sock_diag(7)](https://man7.org/linux/man-pages/man7/sock_diag.7.html), `linux/inet_diag.h` for the numbers.

use std::io;

use super::netlink::Refusal;
use super::netlink::raw::{Draft, RawSocket};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const SOCK_DESTROY: u16 = 21;
const DUMP: u16 = 0x300;
/// All states but that of connections that have ended, and are remembered for a while.
const STATES: u32 = 0xFFF & !(1 << 6);
/// Ports, addresses, interface and cookie of a socket: `struct inet_diag_sockid`.
const ID: usize = 48;
/// Where that stands in an answer, `struct inet_diag_msg`.
const ID_AT: usize = 4;
const ANSWER: usize = 72;

/// What closes the sockets of the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct Resetter(RawSocket);

impl Resetter {
    pub(crate) fn open() -> io::Result<Self> {
        RawSocket::open(libc::NETLINK_SOCK_DIAG).map(Self)
    }

    /// Closes every TCP and UDP socket. A kernel that cannot says so, if there is one.
    pub(crate) fn close_all(&mut self) -> io::Result<()> {
        let all = [libc::AF_INET, libc::AF_INET6].map(|it| it as u8);
        for family in all {
            for protocol in [libc::IPPROTO_TCP, libc::IPPROTO_UDP].map(|it| it as u8) {
                self.close(family, protocol)
                    .map_err(|refusal| io::Error::from_raw_os_error(refusal.errno))?;
            }
        }
        Ok(())
    }

    fn close(&mut self, family: u8, protocol: u8) -> Result<(), Refusal> {
        let listing = request(
            SOCK_DIAG_BY_FAMILY,
            DUMP,
            [family, protocol],
            STATES,
            &[0; ID],
        );
        for answer in self.0.dump(listing)? {
            let Some(id) = answer
                .header(ANSWER)
                .and_then(|it| it.get(ID_AT..ID_AT + ID))
            else {
                continue;
            };
            let closed = self
                .0
                .ask(request(SOCK_DESTROY, 0, [family, protocol], STATES, id));
            match closed {
                // It has ended by itself.
                Err(refusal) if refusal.errno == libc::ENOENT => {}
                other => other?,
            }
        }
        Ok(())
    }
}

/// `struct inet_diag_req_v2`.
fn request(kind: u16, flags: u16, [family, protocol]: [u8; 2], states: u32, id: &[u8]) -> Draft {
    let head = [family, protocol, 0, 0];
    Draft::new(
        kind,
        flags,
        &[&head, &states.to_ne_bytes()[..], id].concat(),
    )
}
