//! A bridge and its ports, as `brctl show` shows them.

use std::fmt;
use std::time::Duration;

use super::text;

/// A Linux bridge: the kernel's switch.
///
/// It prints as `brctl show` prints it, with the header line; [`row`](Self::row) is the part without it, for a list.
///
/// # Examples
///
/// ```
/// use netns_test::{Bridge, PortState};
///
/// fn is_ready(bridge: &Bridge) -> bool {
///     bridge.ports.iter().all(|port| port.state == PortState::Forwarding)
/// }
/// # let _: fn(&Bridge) -> bool = is_ready;
/// ```
///
/// See [bridge(8)](https://man7.org/linux/man-pages/man8/bridge.8.html), the tool that came after `brctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bridge {
    /// Its name: `mydocker0`.
    pub name: String,
    /// Its number as an interface.
    pub index: u32,
    /// Its priority and hardware address: `8000.020000000001`; the address is that of a port, and zero as long as there is
    /// none, unless one was chosen for the bridge.
    pub id: String,
    /// Whether it speaks the spanning tree protocol.
    pub stp: bool,
    /// How long it remembers which port an address is behind.
    pub ageing: Duration,
    /// Its ports, by their numbers.
    pub ports: Vec<BridgePort>,
}

/// A port of a bridge: an interface that gave itself up to it.
///
/// # Examples
///
/// ```
/// use netns_test::{Bridge, BridgePort};
///
/// fn port<'a>(bridge: &'a Bridge, name: &str) -> Option<&'a BridgePort> {
///     bridge.ports.iter().find(|port| port.name == name)
/// }
/// # let _: fn(&'static Bridge, &str) -> Option<&'static BridgePort> = port;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BridgePort {
    /// The name of the interface.
    pub name: String,
    /// The number of the interface.
    pub index: u32,
    /// Its number as a port, from 1.
    pub number: u16,
    /// Its priority and number as the spanning tree protocol writes them: `8001`.
    pub id: String,
    /// Whether it passes packets.
    pub state: PortState,
    /// What the spanning tree protocol thinks the link costs.
    pub path_cost: u32,
    /// Its priority in the spanning tree protocol.
    pub priority: u16,
}

const HEADER: &str = "bridge name\tbridge id\t\tSTP enabled\tinterfaces";

impl Bridge {
    /// The bridge as `brctl show` prints it, without the header line.
    ///
    /// ```
    /// use netns_test::Bridge;
    ///
    /// fn print(bridges: &[Bridge]) {
    ///     println!("bridge name\tbridge id\t\tSTP enabled\tinterfaces");
    ///     for bridge in bridges {
    ///         println!("{}", bridge.row());
    ///     }
    /// }
    /// # let _: fn(&[Bridge]) = print;
    /// ```
    pub fn row(&self) -> impl fmt::Display {
        text(|f| {
            let stp = if self.stp { "yes" } else { "no" };
            write!(f, "{}\t\t{}\t{stp}", self.name, self.id)?;
            // The tool sorts them by name.
            let mut names: Vec<_> = self.ports.iter().map(|port| port.name.as_str()).collect();
            names.sort_unstable();
            for (number, name) in names.iter().enumerate() {
                let separator = if number == 0 {
                    "\t\t"
                } else {
                    "\n\t\t\t\t\t\t\t"
                };
                write!(f, "{separator}{name}")?;
            }
            Ok(())
        })
    }
}

impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}\n{}", self.row())
    }
}

/// Whether a port of a bridge passes packets.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::PortState::Forwarding.to_string(), "forwarding");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PortState {
    /// Not at all: it is down, or has no carrier.
    #[default]
    Disabled,
    /// It listens to the spanning tree protocol only.
    Listening,
    /// It learns addresses, and passes nothing yet.
    Learning,
    /// It passes packets.
    Forwarding,
    /// The spanning tree protocol has closed it, to break a loop.
    Blocking,
    /// A state that this crate does not know.
    Other(u8),
}

impl PortState {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Disabled,
            1 => Self::Listening,
            2 => Self::Learning,
            3 => Self::Forwarding,
            4 => Self::Blocking,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for PortState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Disabled => "disabled",
            Self::Listening => "listening",
            Self::Learning => "learning",
            Self::Forwarding => "forwarding",
            Self::Blocking => "blocking",
            Self::Other(number) => return write!(f, "{number}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, number: u16) -> BridgePort {
        BridgePort {
            name: name.to_owned(),
            index: u32::from(number) + 100,
            number,
            id: format!("800{number}"),
            state: PortState::Forwarding,
            path_cost: 2,
            priority: 32,
        }
    }

    #[test]
    fn a_bridge_prints_as_brctl_prints_it() {
        let mut bridge = Bridge {
            name: "mydocker0".to_owned(),
            index: 100,
            id: "8000.000000000000".to_owned(),
            stp: false,
            ageing: Duration::from_secs(300),
            ports: Vec::new(),
        };
        assert_eq!(
            bridge.to_string(),
            "bridge name\tbridge id\t\tSTP enabled\tinterfaces\nmydocker0\t\t8000.000000000000\tno"
        );
        bridge.ports = vec![port("veth2", 1), port("veth1", 2)];
        bridge.id = "8000.020000000001".to_owned();
        bridge.stp = true;
        assert_eq!(
            bridge.row().to_string(),
            "mydocker0\t\t8000.020000000001\tyes\t\tveth1\n\t\t\t\t\t\t\tveth2"
        );
    }
}
