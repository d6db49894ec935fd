//! A socket of a host, as `ss` shows it.

use std::fmt;
use std::net::SocketAddr;

/// A TCP or UDP socket: an entry of a host's socket tables.
///
/// It prints as a line of `ss -antu`: protocol, state, both queues, both addresses. Where `ss` prints `*` for an IPv6 socket that
/// takes IPv4 as well, `[::]` stands here; the tables do not tell the two apart.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let listener = net.host("a").run(|| std::net::TcpListener::bind("0.0.0.0:80")).unwrap();
/// let sockets = net.host("a").sockets().unwrap();
/// assert_eq!(sockets[0].to_string(), "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*");
/// assert!(sockets[0].is_listening());
/// # drop(listener);
/// # }).unwrap();
/// ```
///
/// See [proc_pid_net(5)](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Socket {
    /// What it speaks.
    pub protocol: SocketProtocol,
    /// The address and port that it is bound to. The scope of a link-local address is not told.
    pub local: SocketAddr,
    /// The other end; `None` as long as it is not connected.
    pub remote: Option<SocketAddr>,
    /// Where it is in its life.
    pub state: SocketState,
    /// Bytes that nobody has read yet; of a TCP listener, connections that nobody has accepted yet.
    pub receive_queue: u32,
    /// Bytes that the other end has not acknowledged yet; of a listener always 0, where `ss` may print its backlog.
    pub send_queue: u32,
    /// The user id of its owner, as the test's own user namespace counts.
    pub user: u32,
    /// Its inode, as in the links below `/proc/PID/fd`; 0 if no process has it, not yet accepted or no longer open.
    pub inode: u64,
}

impl Socket {
    /// Whether it takes what anybody sends to its port: a TCP listener, or a UDP socket that is bound and not connected.
    pub fn is_listening(&self) -> bool {
        match self.protocol {
            SocketProtocol::Tcp => self.state == SocketState::Listen,
            SocketProtocol::Udp => self.state == SocketState::Unconnected,
        }
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            state,
            receive_queue,
            send_queue,
            local,
            ..
        } = self;
        write!(
            f,
            "{protocol} {state} {receive_queue} {send_queue} {local} "
        )?;
        match self.remote {
            Some(remote) => write!(f, "{remote}"),
            None if local.is_ipv4() => f.write_str("0.0.0.0:*"),
            None => f.write_str("[::]:*"),
        }
    }
}

/// What a socket speaks.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::SocketProtocol::Udp.to_string(), "udp");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SocketProtocol {
    /// See [tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html).
    Tcp,
    /// See [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html).
    Udp,
}

impl fmt::Display for SocketProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// Where a socket is in its life, in the words of `ss`. A UDP socket is `Unconnected` or `Established`.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::SocketState::TimeWait.to_string(), "TIME-WAIT");
/// ```
///
/// See [ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketState {
    /// Connected.
    Established,
    /// It has asked for a connection, and not been answered.
    SynSent,
    /// It was asked for a connection, and has answered.
    SynReceived,
    /// It was closed here; the other end has not acknowledged that.
    FinWait1,
    /// It was closed here; the other end has acknowledged that, and goes on sending.
    FinWait2,
    /// Both ends were closed; late packets are waited for.
    TimeWait,
    /// Bound and not connected.
    Unconnected,
    /// The other end was closed, this one was not.
    CloseWait,
    /// Both ends were closed; the other one has not acknowledged that.
    LastAck,
    /// Waits for connections.
    Listen,
    /// Both ends were closed at once.
    Closing,
    /// A state that has no name.
    Other(u8),
}

impl SocketState {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Established,
            2 => Self::SynSent,
            // The kernel uses 12 for a connection that has no socket of its own yet.
            3 | 12 => Self::SynReceived,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Unconnected,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Established => "ESTAB",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECV",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::TimeWait => "TIME-WAIT",
            Self::Unconnected => "UNCONN",
            Self::CloseWait => "CLOSE-WAIT",
            Self::LastAck => "LAST-ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::Other(number) => return write!(f, "{number:#x}"),
        })
    }
}

/// The addresses that are listened on, on one line; of more than `most`, the rest is counted.
pub(crate) fn listening(sockets: &[Socket], most: usize) -> Option<String> {
    let mut texts: Vec<(SocketProtocol, SocketAddr)> = sockets
        .iter()
        .filter(|socket| socket.is_listening())
        .map(|socket| (socket.protocol, socket.local))
        .collect();
    texts.sort_by_key(|(protocol, local)| (*protocol, local.port(), local.ip()));
    // Several sockets may share an address, and one that moves while the table is read may stand in it twice.
    texts.dedup();
    let shown: Vec<String> = texts
        .iter()
        .take(most)
        .map(|(protocol, local)| format!("{protocol} {local}"))
        .collect();
    match texts.len().saturating_sub(most) {
        _ if shown.is_empty() => None,
        0 => Some(shown.join(", ")),
        more => Some(format!("{}, and {more} more", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(protocol: SocketProtocol, local: &str, state: u8) -> Socket {
        Socket {
            protocol,
            local: local.parse().unwrap(),
            remote: None,
            state: SocketState::from_number(state),
            receive_queue: 3,
            send_queue: 0,
            user: 0,
            inode: 7,
        }
    }

    #[test]
    fn sockets_print_as_ss_prints_them() {
        let listener = socket(SocketProtocol::Tcp, "[::]:80", 10);
        assert_eq!(listener.to_string(), "tcp LISTEN 3 0 [::]:80 [::]:*");
        let connected = Socket {
            remote: Some("10.1.0.1:40000".parse().unwrap()),
            ..socket(SocketProtocol::Udp, "10.1.0.2:53", 1)
        };
        assert_eq!(
            connected.to_string(),
            "udp ESTAB 3 0 10.1.0.2:53 10.1.0.1:40000"
        );
        assert!(listener.is_listening() && !connected.is_listening());
    }

    #[test]
    fn listeners_are_told_once_in_order_and_not_without_limit() {
        let sockets = [
            socket(SocketProtocol::Udp, "0.0.0.0:53", 7),
            socket(SocketProtocol::Tcp, "10.1.0.2:443", 10),
            socket(SocketProtocol::Tcp, "10.1.0.2:9999", 1),
            socket(SocketProtocol::Tcp, "0.0.0.0:80", 10),
            socket(SocketProtocol::Tcp, "0.0.0.0:80", 10),
        ];
        assert_eq!(
            listening(&sockets, 3).unwrap(),
            "tcp 0.0.0.0:80, tcp 10.1.0.2:443, udp 0.0.0.0:53"
        );
        assert_eq!(
            listening(&sockets, 1).unwrap(),
            "tcp 0.0.0.0:80, and 2 more"
        );
        assert_eq!(listening(&sockets[2..3], 1), None);
    }
}
