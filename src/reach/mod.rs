//! Who reaches whom, and by which way: probes from live hosts.

mod explain;
mod names;
mod path;
mod trace;

pub use explain::Explain;
pub use path::PathReport;

use std::fmt::Display;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::PoisonError;
use std::time::Duration;

use crate::address::Family;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::network::Network;
use crate::probe::{self, Ping, PingReport, Reachability, ReachabilityMatrix};
use crate::settings;

/// How long each pair of a matrix has to answer.
const PAIR_WITHIN: Duration = Duration::from_secs(1);
/// Of more pairs that fail, the first are explained.
const EXPLAINED: usize = 3;
/// The pings of a test that a failure's report can mention.
const REMEMBERED: usize = 64;

impl Host<'_> {
    /// Pings an address, or another host by its name, three times.
    ///
    /// The echo requests are made in process, by raw ICMP sockets. A host with several addresses is pinged at the one that shares a
    /// subnet with this host, else at its first; a link-local address needs its interface: `fe80::1%eth0`.
    ///
    /// # Errors
    ///
    /// The target is neither an address nor the name of a host. Silence is no error: look at the report.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.host("a").ping("b").unwrap();
    /// assert_eq!(report.received(), report.transmitted());
    /// assert_eq!(net.host("a").ping("fd00:1::2").unwrap().loss(), 0.0);
    /// # }).unwrap();
    /// ```
    ///
    /// See [icmp(7)](https://man7.org/linux/man-pages/man7/icmp.7.html).
    #[doc(alias = "icmp")]
    pub fn ping(self, target: impl Display) -> Result<PingReport> {
        self.ping_with(target, |ping| ping)
    }

    /// Pings with other settings: number, interval, size, TTL, source.
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping), and settings that make no sense.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.host("a").ping_with("b", |p| p.count(1).payload(1400).dont_fragment(true)).unwrap();
    /// println!("{report}");
    /// report.assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn ping_with(
        self,
        target: impl Display,
        configure: impl FnOnce(Ping) -> Ping,
    ) -> Result<PingReport> {
        let name = target.to_string();
        let (address, scope) = self.target("ping", &name)?;
        let settings = configure(Ping::new());
        let report = self.try_run(|| probe::ping(&settings, address, scope, &name))?;
        let mut report = report.map_err(|error| error.inside(self.name()))?;
        report.explain(explain::of_ping(self, &report));
        let mut remembered = self
            .parts()
            .pings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() < REMEMBERED {
            remembered.push((self.name().to_owned(), report.clone()));
        }
        Ok(report)
    }

    /// The address that a text means, and the interface of a link-local one. `verb` is what will be done to it.
    fn target(self, verb: &str, text: &str) -> Result<(IpAddr, u32)> {
        let what = || format!("{verb} `{text}` from node `{}`", self.name());
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok((address, 0));
        }
        if let Some((address, interface)) = text.split_once('%') {
            let address: Ipv6Addr = address.parse().map_err(|_| {
                Error::new(
                    Kind::UnknownName,
                    what(),
                    format!("`{address}` is no IPv6 address"),
                )
            })?;
            return Ok((address.into(), self.interface(interface)?.index));
        }
        let Some(node) = self.parts().find(text) else {
            return Err(Error::unknown_name(what(), &self.parts().names()));
        };
        let addresses = pingable(Host::new(self.parts(), node));
        match nearest(self, &addresses, |_| true) {
            Some(address) => Ok((address, 0)),
            None => Err(self.nowhere(what(), text)),
        }
    }

    /// There is no address to reach; in a network of one family, that may be why.
    fn nowhere(self, what: String, name: &str) -> Error {
        let error = Error::new(
            Kind::UnknownName,
            what,
            format!("node `{name}` has no address"),
        );
        match self.parts().plan.only {
            Some(family) => error.help(format!(
                "the network is limited to {family} by `Topology::only`: other addresses are left out"
            )),
            None => error,
        }
    }
}

/// The addresses at which a host answers from afar.
pub(crate) fn pingable(host: Host<'_>) -> Vec<IpAddr> {
    let near_only = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    };
    host.addresses()
        .into_iter()
        .filter(|address| !near_only(address))
        .collect()
}

/// The first of the addresses that shares a subnet with one of `from`'s, else the first.
pub(crate) fn nearest(
    from: Host<'_>,
    addresses: &[IpAddr],
    wanted: impl Fn(&IpAddr) -> bool,
) -> Option<IpAddr> {
    let plan = &from.parts().plan;
    let shares = |address: &IpAddr| {
        plan.addresses(from.node())
            .any(|own| own.contains(*address))
    };
    let near = addresses
        .iter()
        .find(|address| wanted(address) && shares(address));
    near.or_else(|| addresses.iter().find(|address| wanted(address)))
        .copied()
}

/// The node that an address was given to, or that has it now.
fn target_node(from: Host<'_>, address: IpAddr) -> Option<usize> {
    let parts = from.parts();
    let planned = |node: &usize| {
        parts
            .plan
            .addresses(*node)
            .any(|own| own.address() == address)
    };
    let nodes: Vec<usize> = parts.plan.networks().map(|(node, _)| node).collect();
    nodes.iter().copied().find(planned).or_else(|| {
        nodes
            .into_iter()
            .find(|node| pingable(Host::new(parts, *node)).contains(&address))
    })
}

impl Network {
    /// Pings from every host to every other, by IPv4 and IPv6 where both have addresses; the root takes part if it has any.
    ///
    /// Each pair has a second to answer, and longer if this process stood still meanwhile; all pairs of one host are tried at once.
    ///
    /// # Errors
    ///
    /// A host's ICMP socket could not be opened. Pairs that do not reach each other are no error: look at the matrix.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let matrix = net.ping_all().unwrap();
    /// matrix.assert_all_reachable();
    /// println!("{matrix}");
    /// # }).unwrap();
    /// ```
    pub fn ping_all(&self) -> Result<ReachabilityMatrix> {
        let everybody = std::iter::once(self.root()).chain(self.hosts());
        let hosts: Vec<(Host<'_>, Vec<IpAddr>)> = everybody
            .map(|host| (host, pingable(host)))
            .filter(|(host, addresses)| host.node() != 0 || !addresses.is_empty())
            .collect();
        let mut entries = Vec::new();
        let mut explanations = Vec::new();
        for (from, (host, _)) in hosts.iter().enumerate() {
            let targets = targets(from, &hosts);
            let numbered: Vec<_> = targets
                .iter()
                .enumerate()
                .map(|(id, (_, _, address))| (id, *address, 0))
                .collect();
            let timeout = settings::scaled(PAIR_WITHIN);
            let outcomes = host
                .try_run(|| probe::sweep(&numbered, timeout))?
                .map_err(|e| e.inside(host.name()))?;
            for (id, outcome) in outcomes {
                let (to, family, address) = targets[id];
                if outcome.is_err() && explanations.len() < EXPLAINED {
                    let name = hosts[to].0.name();
                    explanations.push(explain::later(*host, name, address, None, None));
                }
                let reachability = match outcome {
                    Ok(time) => Reachability::Reached { time },
                    Err(reason) => Reachability::Failed { reason },
                };
                entries.push((from, to, family, reachability));
            }
        }
        let names = hosts
            .iter()
            .map(|(host, _)| host.name().to_owned())
            .collect();
        Ok(ReachabilityMatrix::new(names, entries).explained(explanations))
    }
}

/// What a host pings: every other host, once for each family that both have.
fn targets(from: usize, hosts: &[(Host<'_>, Vec<IpAddr>)]) -> Vec<(usize, Family, IpAddr)> {
    let (host, own) = &hosts[from];
    let mut targets = Vec::new();
    for (to, (_, addresses)) in hosts.iter().enumerate().filter(|(to, _)| *to != from) {
        for family in Family::BOTH {
            let of_family = |address: &IpAddr| family.includes(*address);
            if own.iter().any(of_family) {
                targets.extend(
                    nearest(*host, addresses, of_family).map(|address| (to, family, address)),
                );
            }
        }
    }
    targets
}
