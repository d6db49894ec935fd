//! Where a packet ends, and why: in prose.

use std::fmt::{self, Display, Formatter};

use super::explanation::{Attempt, Blame, Culprit, Explanation};
use crate::address::Family;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, attempt) in self.attempts.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            self.attempt(f, attempt)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn attempt(&self, f: &mut Formatter<'_>, attempt: &Attempt) -> fmt::Result {
        let target = attempt.target;
        let to = if self.to == target.to_string() {
            format!("`{target}`")
        } else {
            format!("`{}` ({target})", self.to)
        };
        let path = attempt.path.join(" -> ");
        let Some(culprit) = &attempt.culprit else {
            write!(f, "`{}` reaches {to}: {path}", self.from)?;
            other_way(f, attempt)?;
            let mut impaired = attempt.impaired.iter();
            return impaired.try_for_each(|cable| {
                write!(f, "\n  what passed now may be lost another time: {cable}")
            });
        };
        write!(f, "failed to reach {to} from `{}`: {culprit}", self.from)?;
        write!(f, "\n  way: {path}")?;
        other_way(f, attempt)?;
        match help(culprit, target.is_ipv4()) {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Answers that take the same way back need no line.
fn other_way(f: &mut Formatter<'_>, attempt: &Attempt) -> fmt::Result {
    let is_same = attempt.path.iter().eq(attempt.back.iter().rev());
    let failed = |culprit: &Culprit| matches!(culprit.blame, Blame::ReturnPath(_));
    let has_failed = attempt.culprit.as_ref().is_some_and(failed);
    let back = attempt.back.join(" -> ");
    if attempt.back.is_empty() || is_same {
        return Ok(());
    }
    if has_failed {
        write!(f, "\n  way back: {back}")
    } else {
        write!(f, "\n  the reply takes another way: {back}")
    }
}

impl Display for Culprit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = format!("node `{}`", self.node);
        let interface = self.interface.as_deref().unwrap_or("an interface");
        let interface = format!("interface `{interface}` of {node}");
        match &self.blame {
            Blame::ReturnPath(culprit) => {
                write!(f, "the packet arrives and the reply does not: {culprit}")
            }
            Blame::Crashed => write!(f, "{node} has crashed"),
            Blame::Paused => write!(f, "{node} is paused"),
            Blame::LinkDown => write!(f, "{interface} is down"),
            Blame::CableCut { node } => {
                write!(f, "the cable of {interface} to node `{node}` is cut")
            }
            Blame::NoCarrier {
                node,
                interface: Some(far),
            } => write!(
                f,
                "{interface} has no carrier: the other end, `{far}` of node `{node}`, is down"
            ),
            Blame::NoCarrier {
                node,
                interface: None,
            } => {
                write!(
                    f,
                    "{interface} has no carrier: the other end, in node `{node}`, is gone"
                )
            }
            Blame::PortBlocked => write!(
                f,
                "{interface} is a port of a bridge that passes no packets"
            ),
            Blame::NoRoute { to } => write!(f, "{node} has no route to {to}"),
            Blame::Blackhole { to } => write!(f, "{node} has a blackhole route for {to}"),
            Blame::UnreachableRoute { to } => write!(f, "{node} has an unreachable route for {to}"),
            Blame::ProhibitedRoute { to } => write!(f, "{node} has a prohibiting route for {to}"),
            Blame::WrongGateway { gateway, segment } => {
                let link = match segment {
                    Some(name) => format!("nobody on `{name}`"),
                    None => "nobody at the other end".to_owned(),
                };
                write!(
                    f,
                    "{node} sends to the gateway {gateway} by {}, and {link} has that address",
                    self.by()
                )
            }
            Blame::WrongPrefix { address, other } if address.contains(*other) => write!(
                f,
                "{interface} has the address {address}, which takes {other} to be on its link, and it is on another"
            ),
            Blame::WrongPrefix { address, other } => write!(
                f,
                "{interface} has the address {address}, whose prefix leaves out {other}, which is on its link"
            ),
            Blame::NeighbourUnreachable {
                address,
                owner: Some(owner),
            } => write!(
                f,
                "{node} asked by {} for {address}, and node `{owner}` did not answer for it",
                self.by()
            ),
            Blame::NeighbourUnreachable {
                address,
                owner: None,
            } => {
                write!(
                    f,
                    "{node} asked by {} for {address}, and nobody has that address",
                    self.by()
                )
            }
            Blame::ForwardingOff { sysctl } => write!(f, "{node} does not forward ({sysctl})"),
            Blame::ReversePath { source } => write!(
                f,
                "{interface} drops packets from {source}, to whom the node would answer by another interface (rp_filter)"
            ),
            Blame::Dropped {
                rule: Some(rule),
                chain,
            } => {
                write!(f, "{node} dropped it, by rule `{rule}` of chain `{chain}`")
            }
            Blame::Dropped { rule: None, chain } => {
                write!(f, "{node} dropped it, by the policy of chain `{chain}`")
            }
            Blame::Rejected { rule, chain } => {
                write!(f, "{node} rejected it")?;
                match (rule, chain) {
                    (Some(rule), Some(chain)) => write!(f, ", by rule `{rule}` of chain `{chain}`"),
                    _ => Ok(()),
                }
            }
            Blame::NatWithoutForward { to, port } => {
                let what = match port {
                    Some(port) => format!("port {port} of {to}"),
                    None => to.to_string(),
                };
                write!(
                    f,
                    "{node} translates towards {} and forwards nothing to {what}",
                    self.by()
                )
            }
            Blame::NobodyListens { port } => write!(f, "nobody listens at port {port} of {node}"),
            Blame::MtuTooSmall { mtu, size, silent } => {
                write!(
                    f,
                    "{interface} carries packets of {mtu} bytes, and this one has {size}"
                )?;
                if *silent {
                    write!(f, "; nobody tells the sender")?;
                }
                Ok(())
            }
            Blame::Loop => write!(f, "the packet comes back to {node}: the routes form a loop"),
            Blame::TooFar => write!(
                f,
                "{node} dropped it, for it had passed as many routers as its TTL lets it"
            ),
            Blame::Impaired { node, trouble } => write!(
                f,
                "the cable of {interface} to node `{node}` is impaired: {trouble}"
            ),
            Blame::Unexplained { seen: true } => {
                write!(
                    f,
                    "{node} has had the packet, where it was last seen; nothing that the nodes tell says why"
                )
            }
            Blame::Unexplained { seen: false } => {
                write!(
                    f,
                    "nobody behind {node} has had the packet, and nothing that the nodes tell says why"
                )
            }
        }
    }
}

impl Culprit {
    fn by(&self) -> String {
        match &self.interface {
            Some(interface) => format!("`{interface}`"),
            None => "an interface".to_owned(),
        }
    }
}

/// What to do about it.
fn help(culprit: &Culprit, is_ipv4: bool) -> Option<String> {
    let culprit = culprit.at_heart();
    let node = &culprit.node;
    let interface = culprit.interface.as_deref().unwrap_or_default();
    Some(match &culprit.blame {
        Blame::Crashed => format!("`net.host(\"{node}\").restart()` brings it back"),
        Blame::Paused | Blame::CableCut { .. } => {
            "heal the trouble, or all of it: `net.heal()`".to_owned()
        }
        Blame::LinkDown => format!("`net.host(\"{node}\").link(\"{interface}\").up()` raises it"),
        Blame::NoCarrier {
            node,
            interface: Some(far),
        } => {
            format!("`net.host(\"{node}\").link(\"{far}\").up()` raises the other end")
        }
        Blame::NoRoute { to } => format!(
            "give `{node}` a route: `.route(\"{to}\", ..)`; or let the plan compute all of them: `.router(..)` for the nodes between"
        ),
        Blame::WrongGateway { .. } => {
            "the gateway must be an address of a router on that link".to_owned()
        }
        Blame::WrongPrefix { .. } => {
            "all addresses of a link need the same prefix length".to_owned()
        }
        Blame::ForwardingOff { .. } => {
            let family = if is_ipv4 { Family::V4 } else { Family::V6 };
            format!(
                "`{node}` forwards {family} if the topology has it as `.router(\"{node}\", ..)`"
            )
        }
        Blame::ReversePath { .. } => {
            "set `rp_filter` of the node to 0 or 2, or make the routes symmetric".to_owned()
        }
        Blame::NatWithoutForward { .. } => {
            format!("forward a port on `{node}`, or ask an address that it has or stands for outside")
        }
        Blame::MtuTooSmall { silent: true, .. } => {
            "let the routers' ICMP errors pass, or give both ends of a link the same MTU".to_owned()
        }
        Blame::TooFar => {
            "a higher TTL for what hosts send: `.sysctl(\"net.ipv4.ip_default_ttl\", 255)`, for IPv6 \
             `net.ipv6.conf.all.hop_limit`; pings have `.ttl(255)`"
                .to_owned()
        }
        Blame::Impaired { .. } => {
            "`.wire_counters()` of the link tells how many packets were lost, `.record()` which".to_owned()
        }
        Blame::Unexplained { .. } => {
            "a capture at the node shows more: `tcpdump -i any`".to_owned()
        }
        _ => return None,
    })
}
