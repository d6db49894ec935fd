//! What a host sees when it looks around: plain values that print as the tools people know.
//!
//! The values are read by `sys` and hold no descriptor: they can be kept, compared and printed at leisure. Each
//! `Display` is that of `ip` (or `brctl`, or `ss`), without the blanks that these tools leave at the ends of lines; `ifconfig` and
//! `route -n` are methods.

mod address;
mod bridge;
mod connection;
mod counters;
mod ifconfig;
mod interface;
mod neighbour;
mod route;
mod route_table;
mod rule;
mod rule_counter;
mod scope;
mod socket;
mod socket_table;
mod state;
mod wire_counters;

use std::fmt;

pub use address::{AddressFlags, AddressOrigin, InterfaceAddress};
pub use bridge::{Bridge, BridgePort, PortState};
pub use connection::{Connection, Flow};
pub use counters::Counters;
pub use interface::{Interface, Master, Peer};
pub use neighbour::{Neighbour, NeighbourState};
#[cfg(all(test, target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use route::LOCAL_TABLE;
pub(crate) use route::MAIN_TABLE;
pub use route::{NextHop, Route, RouteKind, RouteOrigin, RoutePreference};
pub use route_table::RouteTable;
pub use rule::{PolicyRule, PolicyRules, RuleAction};
pub use rule_counter::RuleCounter;
pub use scope::Scope;
pub(crate) use socket::listening;
pub use socket::{Socket, SocketProtocol, SocketState};
pub(crate) use socket_table::parse as parse_sockets;
pub use state::{Hardware, InterfaceFlags, LinkMode, OperState};
pub use wire_counters::{WayCounters, WireCounters};

/// Text that is written when somebody prints it.
fn text<F>(write: F) -> impl fmt::Display
where
    F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
{
    struct Text<F>(F);

    impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Text<F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }

    Text(write)
}
