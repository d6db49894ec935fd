//! DNS servers in a host.

use crate::dns::{self, DnsServer};
use crate::error::Result;
use crate::host::Host;
use crate::zone::{DnsQuery, Zones};

impl Host<'_> {
    /// Starts a DNS server for one zone or several on port 53 of the host, until the result is dropped.
    ///
    /// # Errors
    ///
    /// The zones have mistakes, all of which are listed, each with its line. Port 53 is in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Zone;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["client", "ns"]), |net| {
    /// let zone = Zone::new("example.test").a("www", "10.1.0.2").servfail("broken");
    /// let server = net.host("ns").serve_dns(zone).unwrap();
    /// // A resolver in `client` asks 10.1.0.2; then:
    /// for query in server.queries() {
    ///     println!("{query}");
    /// }
    /// # }).unwrap();
    /// ```
    pub fn serve_dns(self, zones: impl Zones) -> Result<DnsServer> {
        dns::serve(self.parts(), self.node(), &zones.zones())
    }

    /// The queries that the server of [`HostSpec::dns`](crate::HostSpec::dns) has received so far; none if there is no server.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Topology, Zone};
    ///
    /// let lan = Topology::lan(["client"]).host("ns", |h| h.join("lan").dns(Zone::new("test").a("www", "10.1.0.1")));
    /// netns_test::run(&lan, |net| {
    ///     // A resolver in `client` asks 10.1.0.2; then:
    ///     assert!(net.host("ns").dns_queries().is_empty());
    /// })
    /// .unwrap();
    /// ```
    pub fn dns_queries(self) -> Vec<DnsQuery> {
        self.live().dns_queries.all()
    }
}
