//! What a router remembers of those whose addresses it translates.

use crate::error::Result;
use crate::host::Host;
use crate::plan::NAT;
use crate::sys::conntrack;
use crate::sys::nft::{self, Change};
use crate::view::Connection;

impl Host<'_> {
    /// The connections that this host tracks, in no order.
    ///
    /// # Errors
    ///
    /// The kernel does not track connections, or refuses the listing.
    ///
    /// # Examples
    ///
    /// See [`Connection`].
    ///
    /// Read from [ctnetlink](https://docs.kernel.org/networking/netlink_spec/index.html), as `conntrack -L` does.
    #[doc(alias = "conntrack")]
    pub fn connections(self) -> Result<Vec<Connection>> {
        self.try_run(conntrack::list)?
            .map_err(|error| error.inside(self.name()))
    }

    /// Makes this router forget all that it tracks and has mapped, as one does that is restarted: what comes from outside finds nobody,
    /// and what leaves is mapped anew.
    ///
    /// # Errors
    ///
    /// The kernel refuses it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let lab = Topology::new()
    /// #     .segment("home", "10.0.0.0/24")
    /// #     .segment("net", "203.0.113.0/24")
    /// #     .host("a", |h| h.attach("home", "10.0.0.1/24"))
    /// #     .host("b", |h| h.attach("net", "203.0.113.80/24"))
    /// #     .router("box", |r| r.join("home").attach("net", "203.0.113.9/24").nat("net", |n| n));
    /// # netns_test::run(&lab, |net| {
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// net.host("box").flush_nat().unwrap();
    /// assert!(net.host("box").connections().unwrap().is_empty());
    /// # }).unwrap();
    /// ```
    pub fn flush_nat(self) -> Result<()> {
        let plan = &self.parts().plan;
        let tables = &plan.nodes[plan.namespace_of(self.node())].tables;
        let sets = tables.iter().filter(|table| table.name == NAT);
        let flushes: Vec<Change<'_>> = sets
            .flat_map(|table| {
                table.sets.iter().map(|set| Change::Flush {
                    layer: table.layer,
                    table: &table.name,
                    set: &set.name,
                })
            })
            .collect();
        let what = format!("flush the mappings of node `{}`", self.name());
        self.try_run(|| {
            nft::commit(&what, &flushes).map_err(nft::Failure::into_error)?;
            conntrack::flush()
        })?
        .map_err(|error| error.inside(self.name()))
    }
}
