//! Decides what routers translate: from what was asked to a table of rules for each of them.

mod mapping;
mod rules;
mod side;
mod target;

use std::net::{IpAddr, SocketAddr};
use std::panic::Location;
use std::time::Duration;

use crate::address::{Cidr, Family};
use crate::plan::Sysctl;
use crate::plan::draft::{Draft, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::name;
use crate::topology::{HostSpec, NatBehaviour, NatSpec, Topology, Written};
use mapping::Behaviour;
pub(crate) use rules::TABLE;
use side::Side;

/// More than any test waits, and little enough for the kernel's clocks.
const MOST_SECONDS: u64 = 86_400;

/// What a router does to packets of one family that pass one of its interfaces.
pub(super) struct Translation {
    family: Family,
    /// The interface towards the outside.
    device: String,
    /// Its address, which the router has outside.
    own: Option<IpAddr>,
    source: Source,
    /// Where packets come from that are translated; from anywhere if there is none.
    inside: Vec<Cidr>,
    /// The subnets at the router's other interfaces.
    near: Vec<Cidr>,
    behaviour: Option<Behaviour>,
    /// Tells the names of its sets from those of others of the same node.
    suffix: String,
    hairpin: bool,
    forwards: Vec<Forward>,
    /// Addresses outside, and whose they are inside.
    pairs: Vec<(IpAddr, IpAddr)>,
    prefixes: Vec<(Cidr, Cidr)>,
}

/// The address that packets leave with.
enum Source {
    Kept,
    /// The interface's.
    Interface,
    Fixed(IpAddr),
}

/// A port outside, and where it leads.
#[derive(Clone, Debug)]
struct Forward {
    is_tcp: bool,
    port: u16,
    to: SocketAddr,
}

/// Gives routers their tables and their further addresses. Comes before the addresses are checked.
pub(crate) fn decide<'t>(
    topology: &'t Topology,
    draft: &mut Draft<'t>,
    mistakes: &mut Mistakes<'_>,
) {
    for (node, host) in nodes(topology) {
        let mut translations = Vec::new();
        for (position, spec) in host.nats.iter().enumerate() {
            let object = format!(
                "NAT of node `{}` towards `{}`",
                host.name.text, spec.toward.text
            );
            let mut deciding = Deciding {
                draft,
                node,
                spec,
                object,
                mistakes,
            };
            translations.extend(deciding.translations(host, position));
        }
        draft.nodes[node].tables.extend(rules::table(&translations));
    }
}

/// Gives those beside a router routes to the prefixes that it stands for there. Comes after the routes that were asked for, which win.
pub(crate) fn add_routes(topology: &Topology, draft: &mut Draft<'_>) {
    if topology.bare {
        return;
    }
    for router in 0..draft.nodes.len() {
        let sides = side::of(draft, router);
        for (device, prefix) in draft.nodes[router].stands_for.clone() {
            if let Some(side) = sides.iter().find(|it| it.name == device) {
                side::add_routes(topology, draft, router, side, prefix);
            }
        }
    }
}

/// One translation in the making.
struct Deciding<'a, 't, 'm> {
    draft: &'a mut Draft<'t>,
    node: usize,
    spec: &'t NatSpec,
    object: String,
    mistakes: &'a mut Mistakes<'m>,
}

impl Deciding<'_, '_, '_> {
    fn translations(&mut self, host: &HostSpec, position: usize) -> Vec<Translation> {
        let toward = &self.spec.toward;
        if !host.forwards {
            let cause =
                "it does not forward: make it a `router(..)`, or say `.forward()` of the root";
            self.wrong(toward.at, cause);
        }
        let sides = side::of(self.draft, self.node);
        let outside = match side::towards(self.draft, self.node, &sides, &toward.text) {
            Ok(position) => position,
            Err(cause) => {
                self.wrong(toward.at, cause);
                return Vec::new();
            }
        };
        if let Err(cause) = name::in_rules(&sides[outside].name) {
            self.wrong(toward.at, cause);
        }
        self.check_earlier(&host.nats[..position], &sides, outside);
        self.check_timeouts(&host.nats[..position]);
        let fixed = self.fixed(&sides[outside]);
        let pairs = self.pairs(&sides[outside]);
        let prefixes = self.prefixes();
        let inside = self.inside();
        let forwards = self.forwards(&sides[outside]);
        let behaviour = self.behaviour();
        let mut made = Vec::new();
        for family in Family::BOTH {
            if self.draft.only.is_some_and(|only| only != family) {
                continue;
            }
            let translation = Translation {
                family,
                device: sides[outside].name.clone(),
                own: sides[outside].address(family),
                source: self.source(family, &sides[outside], &fixed),
                inside: of(&inside, family, |it| it.address()),
                near: near(&sides, outside, family),
                behaviour,
                suffix: suffix(position, family),
                hairpin: self.spec.hairpin,
                forwards: of(&forwards, family, |it| it.to.ip()),
                pairs: of(&pairs, family, |it| it.0),
                prefixes: of(&prefixes, family, |it| it.0.address()),
            };
            for (prefix, _) in &translation.prefixes {
                let stands_for = (sides[outside].name.clone(), *prefix);
                self.draft.nodes[self.node].stands_for.push(stands_for);
            }
            if translation.hides() {
                let hides = (sides[outside].domain, family);
                self.draft.nodes[self.node].hides.push(hides);
            }
            if translation.does_something() {
                made.push(translation);
            }
        }
        if made.is_empty() && self.draft.only.is_none() {
            let cause = format!(
                "interface `{}` has no IPv4 address that packets could leave with (`.ipv6()` translates IPv6)",
                sides[outside].name
            );
            self.wrong(toward.at, cause);
        }
        made
    }

    /// What was asked for by a kind or its parts, and the timeout; the half that was not is the usual one.
    fn behaviour(&mut self) -> Option<Behaviour> {
        let timeout = self.timeout();
        let &NatSpec {
            mapping,
            filtering,
            preserves,
            ..
        } = self.spec;
        (mapping.is_some() || filtering.is_some() || preserves.is_some()).then(|| Behaviour {
            mapping: mapping.unwrap_or(NatBehaviour::EndpointIndependent),
            filtering: filtering.unwrap_or(NatBehaviour::AddressAndPortDependent),
            preserves,
            timeout,
        })
    }

    /// The kernel's own tracking has the same one.
    fn timeout(&mut self) -> Option<Duration> {
        let (timeout, written) = self.spec.timeout.as_ref()?;
        let seconds = timeout.as_secs();
        let in_range = (1..=MOST_SECONDS).contains(&seconds);
        if !in_range || timeout.subsec_nanos() != 0 {
            let text = &written.text;
            let cause =
                format!("a timeout of {text}: it is whole seconds, from 1 to {MOST_SECONDS}");
            self.wrong(written.at, cause);
            return None;
        }
        let sysctls = &mut self.draft.nodes[self.node].sysctls;
        for name in [
            "nf_conntrack_udp_timeout",
            "nf_conntrack_udp_timeout_stream",
        ] {
            sysctls.push(Sysctl {
                name: format!("net/netfilter/{name}"),
                value: seconds.to_string(),
            });
        }
        Some(*timeout)
    }

    /// A node's connections are tracked with one timeout, whichever way they leave.
    fn check_timeouts(&mut self, earlier: &'_ [NatSpec]) {
        let Some((own, written)) = &self.spec.timeout else {
            return;
        };
        let mut others = earlier.iter().filter_map(|it| it.timeout.as_ref());
        if let Some((_, first)) = others.find(|(other, _)| other != own) {
            let cause = format!(
                "a timeout of {}: a node has one for all its translations, and another is of {}, from {}",
                written.text, first.text, first.at
            );
            self.wrong(written.at, cause);
        }
    }

    fn wrong(&mut self, at: &Location<'_>, cause: impl AsRef<str>) {
        self.mistakes.push(at, &self.object, cause);
    }

    /// What packets of a family leave with.
    fn source(&self, family: Family, outside: &Side, fixed: &[IpAddr]) -> Source {
        let wanted = family == Family::V4 || self.spec.ipv6;
        match fixed.iter().find(|it| family.includes(**it)) {
            Some(address) => Source::Fixed(*address),
            None if wanted && outside.address(family).is_some() => Source::Interface,
            None => Source::Kept,
        }
    }

    /// The addresses that were chosen for packets to leave with: one of each family.
    fn fixed(&mut self, outside: &Side) -> Vec<IpAddr> {
        let mut found: Vec<IpAddr> = Vec::new();
        for written in &self.spec.addresses {
            let Some(address) = self.claimed(written, outside) else {
                continue;
            };
            if found.iter().any(|it| it.is_ipv4() == address.is_ipv4()) {
                let cause = "packets cannot leave with two addresses: `.address(..)` is said twice";
                self.wrong(written.at, cause);
            } else {
                found.push(address);
            }
        }
        found
    }

    fn pairs(&mut self, outside: &Side) -> Vec<(IpAddr, IpAddr)> {
        let mut found: Vec<(IpAddr, IpAddr)> = Vec::new();
        for (theirs, ours) in &self.spec.pairs {
            let public = self.claimed(theirs, outside);
            let (Some(public), Some(private)) = (public, self.ip(ours)) else {
                continue;
            };
            if public.is_ipv4() != private.is_ipv4() {
                let cause = format!("{public} and {private} are of different families");
                self.wrong(ours.at, cause);
            } else if let Some((other, _)) = found.iter().find(|(_, it)| *it == private) {
                let cause = format!("{private} has the outside address {other} already");
                self.wrong(ours.at, cause);
            } else if let Some((_, other)) = found.iter().find(|(it, _)| *it == public) {
                let cause = format!("{public} stands for {other} already");
                self.wrong(theirs.at, cause);
            } else if let Err(cause) = target::behind(self.draft, outside, private) {
                self.wrong(ours.at, cause);
            } else {
                found.push((public, private));
            }
        }
        found
    }

    fn prefixes(&mut self) -> Vec<(Cidr, Cidr)> {
        let mut found = Vec::new();
        for (theirs, ours) in &self.spec.prefixes {
            let subnets = (self.subnet(theirs), self.subnet(ours));
            let (Some(public), Some(private)) = subnets else {
                continue;
            };
            let at = theirs.at;
            if public.is_ipv4() || private.is_ipv4() {
                self.wrong(
                    at,
                    "prefixes are translated for IPv6 alone: IPv4 has `.one_to_one(..)`",
                );
            } else if public.prefix() != private.prefix() {
                self.wrong(
                    at,
                    format!("{public} and {private} have different prefix lengths"),
                );
            } else {
                found.push((public, private));
            }
        }
        found
    }

    fn inside(&mut self) -> Vec<Cidr> {
        let spec = self.spec;
        let subnets = spec.inside.iter();
        subnets.filter_map(|written| self.subnet(written)).collect()
    }

    fn subnet(&mut self, written: &Written) -> Option<Cidr> {
        let subnet: Cidr = self.mistakes.parse(written, &self.object)?;
        if subnet == subnet.network() {
            return Some(subnet);
        }
        let network = subnet.network();
        self.wrong(
            written.at,
            format!("{subnet} has host bits set, the subnet is {network}"),
        );
        None
    }

    fn ip(&mut self, written: &Written) -> Option<IpAddr> {
        let parsed = written.text.parse().ok();
        if parsed.is_none() {
            let cause = format!("`{}` is not an IP address", written.text);
            self.wrong(written.at, cause);
        }
        parsed
    }

    /// An address that the router is to have outside. It is given to the interface, unless it is there already.
    fn claimed(&mut self, written: &Written, outside: &Side) -> Option<IpAddr> {
        let address = self.ip(written)?;
        let other = self.draft.only.is_some_and(|only| !only.includes(address));
        if other || outside.addresses.iter().any(|it| it.address() == address) {
            return Some(address);
        }
        let mut subnets = outside.addresses.iter();
        let Some(own) = subnets.find(|it| it.contains(address)) else {
            let cause = format!(
                "{address} is on no subnet of interface `{}` ({})",
                outside.name,
                side::subnets(&outside.addresses)
            );
            self.wrong(written.at, cause);
            return None;
        };
        let further = Cidr::new(address, own.prefix()).ok()?;
        side::add_address(self.draft, self.node, outside, further, written.at);
        Some(address)
    }
}

impl Translation {
    /// Whether those outside cannot know the addresses inside.
    fn hides(&self) -> bool {
        self.has_source() || !self.prefixes.is_empty()
    }

    fn does_something(&self) -> bool {
        self.hides() || !self.pairs.is_empty() || !self.forwards.is_empty()
    }
}

fn suffix(position: usize, family: Family) -> String {
    let family = match family {
        Family::V4 => "",
        Family::V6 => "6",
    };
    match position {
        0 => family.to_owned(),
        others => format!("{family}_{}", others + 1),
    }
}

/// Those of one family.
fn of<T: Clone>(all: &[T], family: Family, address: impl Fn(&T) -> IpAddr) -> Vec<T> {
    let wanted = all.iter().filter(|it| family.includes(address(it)));
    wanted.cloned().collect()
}

/// The subnets of a family at the interfaces that are not the one outside.
fn near(sides: &[Side], outside: usize, family: Family) -> Vec<Cidr> {
    let others = sides.iter().enumerate().filter(|(it, _)| *it != outside);
    let addresses = others.flat_map(|(_, it)| &it.addresses);
    let mut found: Vec<Cidr> = Vec::new();
    for own in addresses.filter(|it| family.includes(it.address())) {
        if !found.contains(&own.network()) {
            found.push(own.network());
        }
    }
    found
}
