//! Why one host does not reach another.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use super::{nearest, target_node};
use crate::address::Family;
use crate::blame::{self, Explanation, Load, Question};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::network::Network;
use crate::probe::{Later, PingAnswer, PingReport};

/// What to explain: which packets, by which family.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// // Why does the client not reach the web server?
/// let explanation = net.explain_with("a", "b", |e| e.tcp(80)).unwrap();
/// assert_eq!(
///     explanation.culprit().unwrap().to_string(),
///     "nobody listens at port 80 of node `b`"
/// );
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "settings do nothing until a network explains with them"]
pub struct Explain {
    load: Load,
    size: Option<u32>,
    family: Option<Family>,
}

impl Explain {
    /// Asks for a TCP connection to a port; by default, for echo requests.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let listener = net.host("b").run(|| std::net::TcpListener::bind("[::]:80")).unwrap();
    /// assert!(net.explain_with("a", "b", |e| e.tcp(80)).unwrap().is_reachable());
    /// # drop(listener);
    /// # }).unwrap();
    /// ```
    pub fn tcp(mut self, port: u16) -> Self {
        self.load = Load::Tcp(port);
        self
    }

    /// Asks for a datagram to a port. One that arrives is enough: not every program answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(!net.explain_with("a", "b", |e| e.udp(53)).unwrap().is_reachable());
    /// # }).unwrap();
    /// ```
    pub fn udp(mut self, port: u16) -> Self {
        self.load = Load::Udp(port);
        self
    }

    /// Asks for echo requests of so many bytes, headers included, that must not be fragmented.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.explain_with("a", "b", |e| e.size(1500)).unwrap().is_reachable());
    /// assert!(!net.explain_with("a", "b", |e| e.size(1501)).unwrap().is_reachable());
    /// # }).unwrap();
    /// ```
    pub fn size(mut self, bytes: u32) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Asks for one family alone; by default, for all that both nodes have.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Family;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let explanation = net.explain_with("a", "b", |e| e.family(Family::V6)).unwrap();
    /// assert_eq!(explanation.to_string(), "`a` reaches `b` (fd00:1::2): a -> b");
    /// # }).unwrap();
    /// ```
    pub fn family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }
}

impl Network {
    /// Says whether one host reaches another, an address or a host by its name, and if not, where packets end and why.
    ///
    /// It follows the packet through the nodes' own routes, links and neighbours, there and back, by each family that both have. Then
    /// it sends echo requests: those that a filter drops are traced by the kernel, for which the nodes on the way that have rules of
    /// nftables are given a table of ours for the moment.
    ///
    /// # Errors
    ///
    /// There is no such host, or they have no address family in common. That packets end somewhere is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let explanation = net.explain("a", "b").unwrap();
    /// assert!(explanation.is_reachable(), "{explanation}");
    /// # }).unwrap();
    /// ```
    ///
    /// See `ip route get` in [ip-route(8)](https://man7.org/linux/man-pages/man8/ip-route.8.html) and `nftrace` in
    /// [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).
    #[doc(alias = "blame")]
    pub fn explain(&self, from: &str, to: impl Display) -> Result<Explanation> {
        self.explain_with(from, to, |explain| explain)
    }

    /// Says so of other packets: TCP, UDP, larger ones, one family.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("b").link("eth0").set_mtu(1400).unwrap();
    /// let explanation = net.explain_with("a", "b", |e| e.size(1500)).unwrap();
    /// assert_eq!(explanation.culprit().unwrap().node, "b");
    /// # }).unwrap();
    /// ```
    pub fn explain_with(
        &self,
        from: &str,
        to: impl Display,
        configure: impl FnOnce(Explain) -> Explain,
    ) -> Result<Explanation> {
        let from = self.find_host(from)?;
        let name = to.to_string();
        let what = || format!("explain the way from node `{}` to `{name}`", from.name());
        let asked = configure(Explain::default());
        let (host, addresses) = match name.parse::<IpAddr>() {
            Ok(address) => (None, vec![address]),
            Err(_) => {
                let host = self.find_host(&name)?;
                (Some(host), targets(from, host))
            }
        };
        let plan = self.plan();
        // Several homes may have the same addresses: a name says which is meant.
        let owner = |target| match host {
            Some(host) => Some(plan.namespace_of(host.node())),
            None => target_node(from, target),
        };
        let wanted = |address: &IpAddr| asked.family.is_none_or(|it| it.includes(*address));
        let questions = addresses.into_iter().filter(wanted).map(|target| Question {
            from: plan.namespace_of(from.node()),
            source: None,
            target,
            to: owner(target),
            load: asked.load,
            size: asked.size,
            has_failed: false,
        });
        let questions: Vec<Question> = questions.collect();
        if questions.is_empty() {
            let cause = "they have no address of the same family";
            return Err(Error::new(Kind::Invalid, what(), cause));
        }
        Ok(blame::explain(
            from.parts(),
            (from.name(), &name),
            &questions,
        ))
    }
}

/// An address of each family that both were built with, or have now.
fn targets(from: Host<'_>, to: Host<'_>) -> Vec<IpAddr> {
    let [own, theirs] = [from, to].map(|host| {
        let plan = &host.parts().plan;
        let planned = plan
            .addresses(host.node())
            .map(crate::address::Cidr::address);
        let mut all: Vec<IpAddr> = planned.collect();
        all.extend(super::pingable(host));
        all
    });
    let families = Family::BOTH.into_iter();
    let families = families.filter(|family| own.iter().any(|address| family.includes(*address)));
    families
        .filter_map(|family| nearest(from, &theirs, |address| family.includes(*address)))
        .collect()
}

/// Why a ping that has failed did so, for whoever wants to know.
pub(super) fn of_ping(from: Host<'_>, report: &PingReport) -> Later {
    let target = report.target();
    let is_special = match target {
        IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
        // It would need its interface.
        IpAddr::V6(address) => address.is_multicast() || address.is_unicast_link_local(),
    };
    if report.is_lossless() || is_special {
        return Later::default();
    }
    let is_about_size = |answer: &PingAnswer| match answer {
        PingAnswer::FragmentationNeeded { .. } => true,
        PingAnswer::NotSent { error, .. } => error.contains("too long"),
        _ => false,
    };
    let headers = if target.is_ipv4() { 28 } else { 48 };
    let is_too_large = report.is_whole() || report.answers().iter().any(is_about_size);
    let size = u32::try_from(report.payload() + headers).ok();
    let size = size.filter(|_| is_too_large);
    later(from, report.name(), target, report.chosen_source(), size)
}

/// Why a packet that has failed did so, for whoever wants to know.
pub(super) fn later(
    from: Host<'_>,
    name: &str,
    target: IpAddr,
    source: Option<IpAddr>,
    size: Option<u32>,
) -> Later {
    // Whoever keeps a report must not keep the network.
    let network = Arc::downgrade(from.parts());
    let (node, name) = (from.node(), name.to_owned());
    Later::new(move || {
        let parts = network.upgrade()?;
        let from = Host::new(&parts, node);
        let question = Question {
            from: parts.plan.namespace_of(node),
            source,
            target,
            to: target_node(from, target),
            load: Load::Echo,
            size,
            has_failed: true,
        };
        let explanation = blame::explain(&parts, (from.name(), &name), &[question]);
        let is_failure = !explanation.is_reachable();
        is_failure.then(|| explanation.to_string())
    })
}
