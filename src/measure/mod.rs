//! Links that measure themselves: round trips, what becomes of datagrams, rates, and whether that is what was declared.

mod burst;
mod count;
mod counters;
mod declared;
mod interval;
mod judge;
mod path;
mod rate;
mod report;
mod run;
mod settings;
mod tally;
mod text;

pub use interval::ConfidenceInterval;
pub use report::{DirectionReport, LinkReport};
pub use settings::Measurement;

use std::net::IpAddr;

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::network::Network;
use crate::reach;

impl Network {
    /// Measures the way between two hosts: round trips by ICMP echo; loss, duplication, reordering and damage of each direction by 1,000
    /// numbered UDP datagrams; the rate of each by a stream of more of them than it carries.
    ///
    /// It sends real packets by sockets in both hosts, and takes some two seconds; slow and long links take longer. A
    /// firewall that lets no UDP through is measured as a loss of everything, and hosts that cannot find each other by ARP or neighbour
    /// discovery lose everything in both directions.
    ///
    /// # Errors
    ///
    /// There is no such host, it has no address to reach, or both have the same network; the kernel refused a socket.
    /// That packets get lost is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    /// use std::time::Duration;
    ///
    /// let bad = Impairment::new().delay(Duration::from_millis(5)).loss(Loss::random(0.1)).rate(20_000_000);
    /// # netns_test::run(&Topology::lan(["a", "b"]).impair(bad).seed(1), |net| {
    /// let report = net.measure("a", "b").unwrap();
    /// println!("{report}");
    /// assert!(report.min().unwrap() >= Duration::from_millis(10));
    /// assert!(report.forth().loss().contains(0.1));
    /// # }).unwrap();
    /// ```
    ///
    /// A test whose meaning hangs on its links says so in its first line:
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).impair(Impairment::new().loss(Loss::random(0.05))).seed(1), |net| {
    /// net.measure_with("a", "b", |m| m.rate_for(Duration::ZERO)).unwrap().assert_as_declared();
    /// # }).unwrap();
    /// ```
    ///
    /// See [ping(8)](https://man7.org/linux/man-pages/man8/ping.8.html), and `iperf3 -u` for what it is like.
    #[doc(alias = "iperf3")]
    #[doc(alias = "bandwidth")]
    #[doc(alias = "throughput")]
    pub fn measure(&self, from: &str, to: &str) -> Result<LinkReport> {
        self.measure_with(from, to, |measurement| measurement)
    }

    /// Measures otherwise: more datagrams, only a part, by one family.
    ///
    /// # Errors
    ///
    /// As [`measure`](Self::measure), and settings that make no sense.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Family;
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.family(Family::V6).rate_for(Duration::ZERO)).unwrap();
    /// assert_eq!(report.forth().received(), 1_000);
    /// assert_eq!(report.forth().rate(), None);
    /// # }).unwrap();
    /// ```
    pub fn measure_with(
        &self,
        from: &str,
        to: &str,
        configure: impl FnOnce(Measurement) -> Measurement,
    ) -> Result<LinkReport> {
        let [near, far] = [self.find_host(from)?, self.find_host(to)?];
        let what = || format!("measure from node `{from}` to node `{to}`");
        let settings = configure(Measurement::new());
        if let Some(mistake) = settings.mistake() {
            return Err(Error::new(Kind::Invalid, what(), mistake));
        }
        let namespaces = [near, far].map(|host| host.parts().plan.namespace_of(host.node()));
        if namespaces[0] == namespaces[1] {
            return Err(
                Error::new(Kind::Invalid, what(), "both have the same network")
                    .help("name two nodes with a link between them"),
            );
        }
        let target = target(near, far, &settings).ok_or_else(|| {
            let cause = match settings.family {
                Some(family) => format!("node `{to}` has no address of {family}"),
                None => format!("node `{to}` has no address"),
            };
            Error::new(Kind::UnknownName, what(), cause)
        })?;
        run::run(near, far, target, &settings)
    }
}

/// The address of the far host at which it is measured.
fn target(near: Host<'_>, far: Host<'_>, settings: &Measurement) -> Option<IpAddr> {
    let addresses = reach::pingable(far);
    let wanted = |it: &IpAddr| settings.family.is_none_or(|family| family.includes(*it));
    reach::nearest(near, &addresses, wanted)
}
