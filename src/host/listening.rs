//! What a wait for a listener waits for, and what it says when nobody came.

use std::fmt;
use std::time::Duration;

use crate::attempt::seconds;
use crate::error::{Error, Kind};
use crate::settings;
use crate::view::{self, Socket, SocketProtocol};

/// Long enough for a server that starts on a busy machine, and well below a test's deadline.
const LIMIT: Duration = Duration::from_secs(10);
/// How many listeners are told.
const TOLD: usize = 12;

/// A port that [`Host::wait_listening`](crate::Host::wait_listening) waits for. A number stands for that TCP port.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use netns_test::Listening;
///
/// # netns_test::run(&netns_test::Topology::new().host("resolver", |h| h), |net| {
/// let resolver = net.host("resolver");
/// let socket = resolver.run(|| std::net::UdpSocket::bind("0.0.0.0:53")).unwrap();
/// resolver.wait_listening(Listening::udp(53).within(Duration::from_secs(30))).unwrap();
/// # drop(socket);
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it is a description: hand it to `Host::wait_listening`"]
pub struct Listening {
    protocol: SocketProtocol,
    port: u16,
    limit: Duration,
}

impl Listening {
    /// A TCP socket that takes connections to this port, at any of the host's addresses, that of `lo` included.
    pub const fn tcp(port: u16) -> Self {
        Self::new(SocketProtocol::Tcp, port)
    }

    /// A UDP socket that is bound to this port, at any of the host's addresses, and takes what anybody sends.
    pub const fn udp(port: u16) -> Self {
        Self::new(SocketProtocol::Udp, port)
    }

    const fn new(protocol: SocketProtocol, port: u16) -> Self {
        Self {
            protocol,
            port,
            limit: LIMIT,
        }
    }

    /// How long to wait, before `NETNS_TEST_TIME_SCALE` multiplies it. The default is 10 seconds; zero looks once.
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) fn limit(self) -> Duration {
        settings::scaled(self.limit)
    }

    pub(super) fn is_among(self, sockets: &[Socket]) -> bool {
        sockets.iter().any(|socket| {
            socket.is_listening()
                && socket.protocol == self.protocol
                && socket.local.port() == self.port
        })
    }

    /// The error of a wait in vain: `sockets` are the host's, `ended` its programs that run no more, `elsewhere` has the nodes in which
    /// there is such a listener.
    pub(super) fn missed(
        self,
        host: &str,
        sockets: &[Socket],
        ended: &[String],
        elsewhere: &[&str],
    ) -> Error {
        let there = view::listening(sockets, TOLD);
        let mut cause = format!(
            "nobody listened within {}\n  listening there: {}",
            seconds(self.limit()),
            there.as_deref().unwrap_or("nothing")
        );
        for program in ended {
            cause.push_str(&format!("\n  ended there: {program}"));
        }
        let error = Error::new(
            Kind::TimedOut,
            format!("wait for a listener on {self} of host `{host}`"),
            cause,
        );
        let other = self.of_the_other_protocol();
        if !elsewhere.is_empty() {
            error.help(format!(
                "there is one in node {}: start the server inside of `{host}`",
                quoted(elsewhere)
            ))
        } else if other.is_among(sockets) {
            error.help(format!(
                "{other} is open: to wait for that, `Listening::{}({})`",
                other.protocol, other.port
            ))
        } else {
            error.help(format!(
                "for a server that needs more time: `Listening::{}({}).within(..)`",
                self.protocol, self.port
            ))
        }
    }

    fn of_the_other_protocol(self) -> Self {
        match self.protocol {
            SocketProtocol::Tcp => Self::udp(self.port),
            SocketProtocol::Udp => Self::tcp(self.port),
        }
    }
}

impl From<u16> for Listening {
    fn from(port: u16) -> Self {
        Self::tcp(port)
    }
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            SocketProtocol::Tcp => "TCP",
            SocketProtocol::Udp => "UDP",
        };
        write!(f, "{protocol} port {}", self.port)
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
