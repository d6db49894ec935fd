//! Ready-made topologies, each drawn in its documentation: take one, add to it, [`change`](crate::Topology::change) its hosts,
//! [`merge`](crate::Topology::merge) it with others.
//!
//! They are ordinary values of [`Topology`](crate::Topology): their plans print every command, and hosts, links and routes can be added.
//! Routers are called `r1`, `r2`, ..., hosts `h1`, `h2`, ..., and subnets are those that the plan allots; so are the routes.
//!
//! # Examples
//!
//! ```
//! use netns_test::topologies;
//!
//! let lab = topologies::ring(4).host("observer", |h| h.sysctl("net.ipv4.tcp_sack", 0));
//! # netns_test::run(&lab, |net| {
//! net.host("h1").ping("h3").unwrap().assert_lossless();
//! # }).unwrap();
//! ```

pub mod docker;
mod homes;
mod routed;

pub use homes::{home, office, two_homes};
pub use routed::{dumbbell, leaf_spine, ring, star, tree};

use crate::topology::{HostSpec, ROOT, Topology, Written};

impl Topology {
    /// Says more about a host that is there already, one of a [ready-made](crate::topologies) topology say, or about the root.
    ///
    /// It has to come after the host. That there is none of this name is a mistake, which [`plan`](Self::plan) finds.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, topologies};
    ///
    /// let lab = topologies::ring(4).change("r2", |r| r.firewall(|f| f.rule(Rule::drop().forward().to("h2"))));
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("h1").ping("h2").unwrap().received(), 0);
    /// net.host("h1").ping("r2").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "configure")]
    #[doc(alias = "modify")]
    #[track_caller]
    #[must_use = "builder methods return the changed topology"]
    pub fn change(
        mut self,
        host: impl Into<String>,
        configure: impl FnOnce(HostSpec) -> HostSpec,
    ) -> Self {
        let name = Written::here(host);
        if name.text == ROOT {
            return self.root(configure);
        }
        match self.hosts.iter().position(|it| it.name.text == name.text) {
            Some(position) => {
                let host = self.hosts.remove(position);
                self.hosts.insert(position, configure(host));
            }
            None => self.missing.push(name),
        }
        self
    }
}
