//! Prints a plan as the commands that a person would have typed.
//!
//! Every name stands behind its keyword, so that hosts may be called `br`, `a` or `up`. The commands are those of iproute2 and
//! sysctl; run as root in an empty namespace, they make the same links, addresses and routes.

mod wires;

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use crate::address::{Cidr, Family};
use crate::plan::{Bridge, End, Node, Plan, Role, Route};
use crate::topology::ROOT;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let root = At(self, 0);
        let own = || (0..self.nodes.len()).filter(|node| self.nodes[*node].shares.is_none());
        for position in own().skip(1) {
            writeln!(f, "ip netns add {}", At(self, position).name())?;
        }
        if self.sharing().next().is_some() {
            writeln!(f, "mkdir -p /run/netns")?;
        }
        for (name, other) in self.sharing() {
            // The root has no name there: it is where the commands run.
            let other = match other {
                ROOT => "/proc/self/ns/net".to_owned(),
                other => format!("/run/netns/{other}"),
            };
            writeln!(f, "ln -s {other} /run/netns/{name}")?;
        }
        for position in own() {
            At(self, position).defaults(f)?;
        }
        for position in own() {
            At(self, position).bridges(f)?;
        }
        for pair in self.veths() {
            self.pair(pair, f)?;
        }
        root.finish(f)?;
        for position in own().skip(1) {
            At(self, position).finish(f)?;
        }
        self.join_wires(f)?;
        for position in self.advertisers() {
            At(self, position).advertisements(f)?;
        }
        for node in &self.nodes {
            node.name_servers(f)?;
        }
        #[cfg(feature = "dns")]
        for position in self.dns_nodes() {
            At(self, position).dns(f)?;
        }
        Ok(())
    }
}

impl Plan {
    fn pair(&self, pair: [&End; 2], f: &mut Formatter<'_>) -> fmt::Result {
        // The root has no name under `ip netns`, so that a cable to it is made there.
        let [a, b] = pair;
        let (a, b) = if b.node == 0 { (b, a) } else { (a, b) };
        let peer = At(self, b.node);
        write!(
            f,
            "{} link add {} type veth peer {}",
            At(self, a.node).ip(),
            spelled(a),
            spelled(b)
        )?;
        if a.node == b.node {
            writeln!(f)
        } else {
            writeln!(f, " netns {}", peer.name())
        }?;
        for end in [a, b] {
            if let Some(bridge) = end.bridge {
                let bridge = &self.nodes[end.node].bridges[bridge].name;
                writeln!(
                    f,
                    "{} link set dev {} master {}",
                    At(self, end.node).ip(),
                    word(&end.name),
                    word(bridge)
                )?;
            }
        }
        Ok(())
    }
}

fn spelled(end: &End) -> String {
    let mtu = end
        .mtu
        .map_or_else(String::new, |mtu| format!(" mtu {mtu}"));
    format!(
        "name {} index {} address {}{mtu}",
        word(&end.name),
        end.index,
        end.mac
    )
}

/// A node as the target of commands.
struct At<'a>(&'a Plan, usize);

impl At<'_> {
    /// The name under `ip netns`. A switch has none of its own and gets one that no host has.
    fn name(&self) -> String {
        let node = &self.0.nodes[self.1];
        match node.role {
            Role::Switch | Role::Wire => {
                let mut name = match node.role {
                    Role::Wire => node.name.clone(),
                    _ => format!("switch{}", self.1),
                };
                while self.0.visible().any(|(_, host)| host.name == name) {
                    name.push('_');
                }
                name
            }
            Role::Root | Role::Host => node.name.clone(),
        }
    }

    fn ip(&self) -> String {
        if self.1 == 0 {
            "ip".to_owned()
        } else {
            format!("ip -netns {}", self.name())
        }
    }

    fn sysctl(&self, name: &str, value: &str, f: &mut Formatter<'_>) -> fmt::Result {
        if self.1 != 0 {
            write!(f, "ip netns exec {} ", self.name())?;
        }
        let value = value.replace('\t', " ");
        writeln!(f, "sysctl -qw {}", in_quotes(&format!("{name}={value}")))
    }

    fn defaults(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, value) in self.0.default_sysctls(&self.0.nodes[self.1]) {
            self.sysctl(name, value, f)?;
        }
        Ok(())
    }

    fn bridges(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for bridge in &self.0.nodes[self.1].bridges {
            self.bridge(bridge, f)?;
        }
        Ok(())
    }

    fn bridge(&self, bridge: &Bridge, f: &mut Formatter<'_>) -> fmt::Result {
        let Bridge {
            name,
            index,
            mac,
            mtu,
            stp,
            ageing,
            ..
        } = bridge;
        write!(
            f,
            "{} link add name {} index {index}",
            self.ip(),
            word(name)
        )?;
        if let Some(mac) = mac {
            write!(f, " address {mac}")?;
        }
        if let Some(mtu) = mtu {
            write!(f, " mtu {mtu}")?;
        }
        write!(f, " type bridge stp_state {}", u8::from(*stp))?;
        if !self.0.realistic {
            write!(f, " mcast_snooping 0")?;
        }
        if let Some(ageing) = ageing {
            write!(f, " ageing_time {}", centiseconds(*ageing))?;
        }
        writeln!(f)
    }

    /// Raises links and adds addresses, then routes and rules, then what the topology sets.
    fn finish(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = &self.0.nodes[self.1];
        let ip = self.ip();
        self.up("lo", f)?;
        if self.0.only == Some(Family::V6) && !self.0.bare {
            writeln!(f, "{ip} address del {} dev lo", Cidr::LOOPBACK)?;
        }
        for bridge in &node.bridges {
            self.up(&bridge.name, f)?;
            self.addresses(&bridge.name, &bridge.addresses, f)?;
        }
        for end in self.0.ends(self.1) {
            self.up(&end.name, f)?;
            self.addresses(&end.name, &end.given().collect::<Vec<_>>(), f)?;
        }
        for route in &node.routes {
            writeln!(f, "{ip} route add {route}")?;
        }
        for rule in &node.rules {
            let ipv6 = if rule.family == Family::V6 { " -6" } else { "" };
            writeln!(f, "{ip}{ipv6} rule add {rule}")?;
        }
        for sysctl in &node.sysctls {
            self.sysctl(&sysctl.name, &sysctl.value, f)?;
        }
        self.tables(f)
    }

    /// What `nft` reads is what it prints.
    fn tables(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for table in &self.0.nodes[self.1].tables {
            if self.1 != 0 {
                write!(f, "ip netns exec {} ", self.name())?;
            }
            write!(f, "nft -f - <<'END'\n{table}END\n")?;
        }
        Ok(())
    }

    /// No command of the shell does it.
    fn advertisements(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = &self.0.nodes[self.1].name;
        for end in self.0.ends(self.1) {
            let Some(advertisement) = &end.advertisement else {
                continue;
            };
            for subnet in &advertisement.subnets {
                let interface = &end.name;
                writeln!(f, "# node {node} advertises {subnet}/64 on {interface}")?;
            }
        }
        Ok(())
    }

    /// No command of the shell does it.
    #[cfg(feature = "dns")]
    fn dns(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = &self.0.nodes[self.1];
        let zones: Vec<&str> = node.dns.iter().map(|zone| zone.name()).collect();
        let zones = zones.join(", ");
        writeln!(f, "# node {} serves the DNS zones {zones}", node.name)
    }

    fn up(&self, interface: &str, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.bare && self.0.nodes[self.1].role != Role::Wire {
            Ok(())
        } else {
            writeln!(f, "{} link set dev {} up", self.ip(), word(interface))
        }
    }

    fn addresses(&self, interface: &str, addresses: &[Cidr], f: &mut Formatter<'_>) -> fmt::Result {
        for address in addresses {
            let broadcast = address
                .broadcast()
                .map_or_else(String::new, |it| format!(" broadcast {it}"));
            let nodad = if address.is_ipv4() || self.0.realistic {
                ""
            } else {
                " nodad"
            };
            writeln!(
                f,
                "{} address add {address} dev {}{broadcast}{nodad}",
                self.ip(),
                word(interface)
            )?;
        }
        Ok(())
    }
}

impl Node {
    /// No command of the shell does it.
    fn name_servers(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.name_servers.is_empty() {
            return Ok(());
        }
        let servers: Vec<String> = self.name_servers.iter().map(ToString::to_string).collect();
        let servers = servers.join(", ");
        writeln!(f, "# node {} asks the DNS servers {servers}", self.name)
    }
}

impl Display for Route {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.word())?;
        match (
            self.destination.prefix(),
            self.destination.is_ipv4(),
            self.via.or_else(|| Some(self.next_hops.first()?.via)),
        ) {
            // `default` alone is IPv4's; `::/0` says which is meant.
            (0, true, _) | (0, false, Some(_)) => write!(f, "default")?,
            _ => write!(f, "{}", self.destination)?,
        }
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        if let Some((device, _)) = &self.device {
            write!(f, " dev {}", word(device))?;
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        if let Some(source) = self.source {
            write!(f, " src {source}")?;
        }
        if let Some(table) = self.table {
            write!(f, " table {table}")?;
        }
        let onlink = if self.onlink { " onlink" } else { "" };
        if self.next_hops.is_empty() {
            return write!(f, "{onlink}");
        }
        for hop in &self.next_hops {
            write!(f, " nexthop via {}", hop.via)?;
            if let Some((device, _)) = &hop.device {
                write!(f, " dev {}", word(device))?;
            }
            write!(f, " weight {}{onlink}", hop.weight)?;
        }
        Ok(())
    }
}

/// A name as a word of the shell: an interface may be called `a;b`.
pub(super) fn word(name: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "-_.+@".contains(c);
    if name.chars().all(plain) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(in_quotes(name))
    }
}

fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The kernel's unit for times of a bridge.
pub(crate) fn centiseconds(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_millis() / 10).unwrap_or(u32::MAX)
}
