//! Trouble in a live network: what can be done to its links and nodes, and how it ends.

mod counters;
mod crash;
mod cut;
mod flap;
mod guard;
mod hold;
mod impair;
mod partition;
mod pause;
mod record;
mod restart;
mod rule;
mod schedule;

pub use guard::Trouble;
pub use hold::Held;
pub use partition::Grudge;
pub use record::{RecordedPacket, Recording};
pub use rule::PacketRuleGuard;
pub use schedule::{PlayedStep, Playing, Schedule, Step, Timing};

use crate::error::Result;
use crate::network::Network;

impl Network {
    /// Ends all trouble that somebody made since the network was built: impairments, packet rules, cuts, partitions, pauses, schedules.
    ///
    /// What the topology asked for stays. Nodes that crashed stay crashed.
    ///
    /// # Errors
    ///
    /// The kernel refused to undo one; the others have been undone.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.heal().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn heal(&self) -> Result<()> {
        self.parts().troubles.end_all(self.parts())
    }
}
