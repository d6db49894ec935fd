//! Which way packets take, and how large they may be: traces and tries from live hosts.

use std::fmt::Display;

use crate::error::Result;
use crate::host::Host;
use crate::probe::{self, PathMtu, TraceReport, Traceroute};
use crate::reach::names;

impl Host<'_> {
    /// Finds the routers on the way to an address, or to another host by its name, with UDP datagrams.
    ///
    /// Each router is asked by a datagram that may pass no further. The next one follows at once when it has answered: a way through
    /// ten routers takes a millisecond or two. Who is silent is asked again, so that routers which limit their answers leave no holes;
    /// silence costs four seconds.
    ///
    /// # Errors
    ///
    /// The target is neither an address nor the name of a host. Silence is no error: look at the report.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.host("a").traceroute("b").unwrap();
    /// report.assert_reached();
    /// assert_eq!(report.names(), ["b"]);
    /// println!("{report}");
    /// # }).unwrap();
    /// ```
    ///
    /// See [traceroute(8)](https://man7.org/linux/man-pages/man8/traceroute.8.html).
    #[doc(alias = "tracepath")]
    pub fn traceroute(self, target: impl Display) -> Result<TraceReport> {
        self.traceroute_with(target, |trace| trace)
    }

    /// Traces with other settings: echo requests, the farthest hop, probes for each hop, the port.
    ///
    /// # Errors
    ///
    /// As [`traceroute`](Self::traceroute), and settings that make no sense.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.host("a").traceroute_with("fd00:1::2", |t| t.icmp().queries(3)).unwrap();
    /// assert_eq!(report.hops()[0].answers().len(), 3);
    /// # }).unwrap();
    /// ```
    pub fn traceroute_with(
        self,
        target: impl Display,
        configure: impl FnOnce(Traceroute) -> Traceroute,
    ) -> Result<TraceReport> {
        let name = target.to_string();
        let (address, scope) = self.target("trace the way to", &name)?;
        let settings = configure(Traceroute::new());
        let report = self.try_run(|| probe::trace(&settings, address, scope, &name))?;
        let mut report = report.map_err(|error| error.inside(self.name()))?;
        names::name_hops(&mut report, self.parts(), self.node());
        Ok(report)
    }

    /// Finds the largest packet that arrives at a target in one piece, by trying: echo requests that may not be fragmented.
    ///
    /// What the kernel remembers of the path is not asked. What routers report on the way it remembers, as after any packet.
    ///
    /// # Errors
    ///
    /// The target is neither an address nor the name of a host. That nothing arrives is no error: look at the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let mtu = net.host("a").path_mtu("b").unwrap();
    /// mtu.assert_bytes(1500);
    /// assert!(!mtu.is_black_hole());
    /// # }).unwrap();
    /// ```
    ///
    /// See [tracepath(8)](https://man7.org/linux/man-pages/man8/tracepath.8.html).
    pub fn path_mtu(self, target: impl Display) -> Result<PathMtu> {
        let name = target.to_string();
        let (address, scope) = self.target("measure the path MTU to", &name)?;
        let found = self.try_run(|| probe::path_mtu(address, scope, &name))?;
        let mut found = found.map_err(|error| error.inside(self.name()))?;
        if let Some(router) = found.narrowest_mut() {
            names::name(router, self.parts(), self.node());
        }
        Ok(found)
    }
}
