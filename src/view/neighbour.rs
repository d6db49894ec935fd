//! A neighbour on a link, as `ip neigh` shows it.

use std::fmt;
use std::net::IpAddr;

use crate::address::Mac;

/// A neighbour: what a host knows about an address on one of its links.
///
/// It prints as `ip neigh` prints it: `172.16.1.2 dev eth0 lladdr 02:00:00:01:00:02 REACHABLE`.
///
/// # Examples
///
/// ```
/// use netns_test::{Neighbour, NeighbourState};
///
/// fn has_answered(neighbour: &Neighbour) -> bool {
///     neighbour.mac.is_some() && neighbour.state != NeighbourState::Failed
/// }
/// # let _: fn(&Neighbour) -> bool = has_answered;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// The name of the interface on whose link it is.
    pub device: String,
    /// Its hardware address; `None` as long as it has not answered.
    pub mac: Option<Mac>,
    /// Whether what is known is still believed.
    pub state: NeighbourState,
    /// Whether it has said that it is a router (IPv6 only).
    pub router: bool,
}

impl fmt::Display for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dev {}", self.address, self.device)?;
        if let Some(mac) = self.mac {
            write!(f, " lladdr {mac}")?;
        }
        if self.router {
            write!(f, " router")?;
        }
        write!(f, " {}", self.state)
    }
}

/// What a host believes about a neighbour, as in [arp(7)] and [ip-neighbour(8)].
///
/// # Examples
///
/// ```
/// use netns_test::NeighbourState;
///
/// assert_eq!(NeighbourState::Incomplete.to_string(), "INCOMPLETE");
/// ```
///
/// [arp(7)]: https://man7.org/linux/man-pages/man7/arp.7.html
/// [ip-neighbour(8)]: https://man7.org/linux/man-pages/man8/ip-neighbour.8.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NeighbourState {
    /// Nothing is known.
    #[default]
    None,
    /// It was asked, and has not answered yet.
    Incomplete,
    /// It has answered lately.
    Reachable,
    /// It has answered some time ago, and will be asked again before long once it is needed.
    Stale,
    /// A packet was sent to a stale neighbour; it is asked unless something comes back.
    Delay,
    /// It is being asked again.
    Probe,
    /// It has not answered.
    Failed,
    /// It need not be asked.
    NoArp,
    /// An administrator has entered it.
    Permanent,
    /// A combination that has no name.
    Other(u16),
}

impl NeighbourState {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u16) -> Self {
        match number {
            0 => Self::None,
            0x01 => Self::Incomplete,
            0x02 => Self::Reachable,
            0x04 => Self::Stale,
            0x08 => Self::Delay,
            0x10 => Self::Probe,
            0x20 => Self::Failed,
            0x40 => Self::NoArp,
            0x80 => Self::Permanent,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for NeighbourState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "NONE",
            Self::Incomplete => "INCOMPLETE",
            Self::Reachable => "REACHABLE",
            Self::Stale => "STALE",
            Self::Delay => "DELAY",
            Self::Probe => "PROBE",
            Self::Failed => "FAILED",
            Self::NoArp => "NOARP",
            Self::Permanent => "PERMANENT",
            Self::Other(number) => return write!(f, "{number:#x}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_print_as_ip_prints_them() {
        let mut neighbour = Neighbour {
            address: "172.16.1.2".parse().unwrap(),
            device: "eth0".to_owned(),
            mac: Some(Mac([2, 0, 0, 1, 0, 2])),
            state: NeighbourState::Reachable,
            router: false,
        };
        assert_eq!(
            neighbour.to_string(),
            "172.16.1.2 dev eth0 lladdr 02:00:00:01:00:02 REACHABLE"
        );
        neighbour.address = "fe80::7".parse().unwrap();
        neighbour.router = true;
        assert_eq!(
            neighbour.to_string(),
            "fe80::7 dev eth0 lladdr 02:00:00:01:00:02 router REACHABLE"
        );
        let silent = Neighbour {
            address: "172.16.1.3".parse().unwrap(),
            mac: None,
            state: NeighbourState::Incomplete,
            router: false,
            ..neighbour
        };
        assert_eq!(silent.to_string(), "172.16.1.3 dev eth0 INCOMPLETE");
    }
}
