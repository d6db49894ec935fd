//! Hosts that come back.

use crate::apply;
use crate::error::Result;
use crate::host::Host;
use crate::network;
use crate::settle;
use crate::trouble::crash::{self, Ending};
use crate::trouble::cut;

impl Host<'_> {
    /// Brings a crashed host back, as the topology describes it. One that is up [crashes](Self::crash) first.
    ///
    /// It has a new network namespace, with the names, numbers, hardware addresses, addresses, routes, rules, kernel parameters and
    /// firewall of the topology; its DNS servers and advertisers serve again. Nothing else comes back: what somebody has changed in it
    /// since the network was built, programs and tasks are gone, as in a machine that boots. The cables are the old ones, so that the hosts
    /// at their other ends keep their interfaces as they are, and trouble on wires stays, as do
    /// partitions.
    ///
    /// When this returns, the host and those next to it pass packets, and who was searching for its hardware address has asked anew.
    ///
    /// # Errors
    ///
    /// It is the root or shares its network, somebody has removed the end of a cable in it while it was up, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let b = net.host("b");
    /// b.link("eth0").add_address("192.0.2.1/24").unwrap();
    /// b.restart().unwrap();
    /// assert!(!b.interface("eth0").unwrap().to_string().contains("192.0.2.1"));
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "reboot")]
    pub fn restart(self) -> Result<()> {
        crash::may_crash(self, "restart")?;
        let parts = self.parts();
        let _turn = parts.turn();
        let node = parts.plan.namespace_of(self.node());
        if !self.is_crashed() {
            let what = format!("restart host `{}`", self.name());
            crash::crash(self, Ending::Silent, &what)?;
        }
        apply::rebuild(parts, node)?;
        cut::plug(parts, &cut::beyond(&parts.plan, node))?;
        for end in parts.plan.ends(node) {
            settle::wait_around(parts, node, end.index)?;
        }
        parts.search_again();
        network::serve(parts, &parts.sharing(node))
    }
}
