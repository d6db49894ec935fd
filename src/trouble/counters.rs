//! What wires count.

use crate::error::Result;
use crate::link::Link;
use crate::trouble::impair::Side;
use crate::view::{WayCounters, WireCounters};
use crate::wires;

impl Link<'_> {
    /// What has become of the packets of its wire, since whoever carries them now has taken it over.
    ///
    /// The kernel counts from the first impairment on.
    ///
    /// # Errors
    ///
    /// The cable is not a wire, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Backend, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires().backend(Backend::Wire), |net| {
    /// net.host("a").ping("b").unwrap();
    /// let counters = net.host("a").link("eth0").wire_counters().unwrap();
    /// assert!(counters.egress.delivered >= 3 && counters.egress.neighbours.unwrap() > 0);
    /// # }).unwrap();
    /// ```
    pub fn wire_counters(self) -> Result<WireCounters> {
        let (wire, end) = self.wire("count the packets of")?;
        let both: [WayCounters; 2] = wires::counters(self.host().parts(), wire)?;
        Ok(WireCounters {
            egress: both[Side::Egress.way(end) as usize],
            ingress: both[Side::Ingress.way(end) as usize],
        })
    }
}
