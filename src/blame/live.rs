//! The facts of a live network: its nodes' own answers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::explanation::Blame;
use super::facts::{Facts, Place, Port};
use crate::address::{Cidr, Family};
use crate::live::Parts;
use crate::nft::Layer;
use crate::packet::Way as Heading;
use crate::plan::Role;
use crate::sys::netlink::look;
use crate::sys::netlink::{Lookup, Way};
use crate::sys::nft::{self, Action, Listed, ListedChain};
use crate::sys::sysctl;
use crate::view::PortState;
use crate::worker;

/// In larger networks, who has an address is looked up in the plan alone.
const NODES: usize = 64;

/// A network as it is while a question is answered: what has been asked is remembered.
pub(super) struct Live<'p> {
    pub(super) parts: &'p Arc<Parts>,
    cables: HashMap<Place, Place>,
    ports: RefCell<HashMap<usize, Rc<Vec<Port>>>>,
    filters: RefCell<HashMap<usize, Rc<Filters>>>,
}

/// What nftables does in a node.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) rules: Vec<Listed>,
    pub(super) chains: Vec<ListedChain>,
}

impl<'p> Live<'p> {
    pub(super) fn new(parts: &'p Arc<Parts>) -> Self {
        let mut cables = HashMap::new();
        for cable in &parts.plan.cables {
            let [one, other] = cable.ends.each_ref().map(|end| (end.node, end.index));
            cables.insert(one, other);
            cables.insert(other, one);
        }
        Self {
            parts,
            cables,
            ports: RefCell::default(),
            filters: RefCell::default(),
        }
    }

    /// A kernel without nftables has no rules.
    pub(super) fn filters(&self, node: usize) -> Rc<Filters> {
        if let Some(known) = self.filters.borrow().get(&node) {
            return Rc::clone(known);
        }
        let listed = worker::run_in(self.parts.node(node), || {
            let chains = nft::chains().ok()?;
            let rules = nft::rules().ok()?;
            Some(Filters { rules, chains })
        });
        let filters = Rc::new(listed.ok().flatten().unwrap_or_default());
        self.filters.borrow_mut().insert(node, Rc::clone(&filters));
        filters
    }

    fn look(&self, node: usize) -> Vec<Port> {
        let mut netlink = self.parts.node(node).netlink();
        let interfaces = look::interfaces(&mut netlink).unwrap_or_default();
        let has_ports = interfaces.iter().any(|it| it.master.is_some());
        let bridges = if has_ports {
            look::bridges(&mut netlink).unwrap_or_default()
        } else {
            Vec::new()
        };
        drop(netlink);
        let forwarding: Vec<u32> = bridges
            .iter()
            .flat_map(|bridge| &bridge.ports)
            .filter(|port| port.state == PortState::Forwarding)
            .map(|port| port.index)
            .collect();
        let ports = interfaces.into_iter().map(|it| Port {
            index: it.index,
            up: it.flags.up(),
            carrier: it.flags.lower_up(),
            mtu: it.mtu,
            is_bridge: it.kind.as_deref() == Some("bridge"),
            bridge: it
                .master
                .map(|master| (master.index, forwarding.contains(&it.index))),
            addresses: it.addresses.iter().map(|it| it.address).collect(),
            planned: self.planned_of(node, it.index).to_vec(),
            name: it.name,
        });
        ports.collect()
    }

    fn planned_of(&self, node: usize, index: u32) -> &[Cidr] {
        let plan = &self.parts.plan;
        let bridges = plan.nodes[node].bridges.iter();
        let mut bridges = bridges.map(|it| (it.index, &it.addresses));
        let ends = || plan.ends(node).map(|it| (it.index, &it.addresses));
        let is_it = |(own, _): &(u32, &Vec<Cidr>)| *own == index;
        let found = bridges.find(is_it).or_else(|| ends().find(is_it));
        found.map_or(&[], |(_, addresses)| addresses)
    }

    fn parameter(&self, node: usize, name: &str) -> Option<String> {
        worker::run_in(self.parts.node(node), || sysctl::read(name).ok()).ok()?
    }

    fn is_zero(&self, node: usize, name: &str) -> bool {
        self.parameter(node, name).is_some_and(|value| value == "0")
    }
}

impl Facts for Live<'_> {
    fn name(&self, node: usize) -> &str {
        let name = &self.parts.node(node).name;
        if !self.is_switch(node) {
            return name;
        }
        // A switch is called after what it stands for: segment `lan`.
        name.split('`').nth(1).unwrap_or(name)
    }

    fn is_switch(&self, node: usize) -> bool {
        self.parts.plan.nodes[node].role == Role::Switch
    }

    fn outage(&self, node: usize) -> Option<Blame> {
        let live = self.parts.node(node);
        if live.has_crashed() {
            Some(Blame::Crashed)
        } else {
            live.is_paused().then_some(Blame::Paused)
        }
    }

    fn is_pulled(&self, place: Place) -> bool {
        self.parts.pulled.is_pulled(place)
    }

    fn trouble(&self, (node, index): Place) -> Option<String> {
        let (wire, end) = self.parts.plan.wire_of(node, index)?;
        let way = Heading::BOTH[end];
        self.parts.relay.trouble(wire, way)
    }

    fn ports(&self, node: usize) -> Rc<Vec<Port>> {
        if let Some(known) = self.ports.borrow().get(&node) {
            return Rc::clone(known);
        }
        let ports = Rc::new(self.look(node));
        self.ports.borrow_mut().insert(node, Rc::clone(&ports));
        ports
    }

    fn far_end(&self, end: Place) -> Option<Place> {
        self.cables.get(&end).copied()
    }

    fn is_planned(&self, (node, index): Place, address: IpAddr) -> bool {
        let planned = self.planned_of(node, index);
        planned.iter().any(|own| own.address() == address)
    }

    fn way(&self, node: usize, lookup: &Lookup) -> Way {
        let ask = |lookup: &Lookup| {
            let mut netlink = self.parts.node(node).netlink();
            // A node without the family has no route of it.
            look::way(&mut netlink, lookup).unwrap_or(Way::NoRoute)
        };
        let way = ask(lookup);
        let own = Lookup {
            from: None,
            through: None,
            ..*lookup
        };
        // From Linux 6.13 on, what `rp_filter` drops has the same error as a blackhole, which is one for the node's own packets, too.
        if way == Way::Blackhole && lookup.through.is_some() && ask(&own) != Way::Blackhole {
            return Way::ReverseFilter;
        }
        way
    }

    fn forwarding_off(&self, node: usize, family: Family, through: &str) -> Option<String> {
        match family {
            Family::V4 => {
                // The kernel asks the interface alone, which may forward where `/proc/sys` could not be written.
                let own = format!("net/ipv4/conf/{through}/forwarding");
                let is_off = self.is_zero(node, &own);
                let all_off = is_off && self.is_zero(node, "net/ipv4/ip_forward");
                let parameter = if all_off {
                    "net.ipv4.ip_forward = 0".to_owned()
                } else {
                    format!("net.ipv4.conf.{through}.forwarding = 0")
                };
                is_off.then_some(parameter)
            }
            Family::V6 => {
                // Linux 6.17 and newer let single interfaces forward.
                let own = format!("net/ipv6/conf/{through}/force_forwarding");
                let is_off = self.is_zero(node, "net/ipv6/conf/all/forwarding")
                    && self.parameter(node, &own).is_none_or(|value| value == "0");
                is_off.then(|| "net.ipv6.conf.all.forwarding = 0".to_owned())
            }
        }
    }

    fn planned(&self, node: usize, to: IpAddr) -> Option<u32> {
        let plan = &self.parts.plan;
        let bridges = plan.nodes[node].bridges.iter();
        let mut own: Vec<(u32, Cidr)> = Vec::new();
        for bridge in bridges {
            own.extend(bridge.addresses.iter().map(|it| (bridge.index, *it)));
        }
        for end in plan.ends(node) {
            own.extend(end.addresses.iter().map(|it| (end.index, *it)));
        }
        let on_link = |address: IpAddr| {
            let mut own = own.iter();
            own.find(|(_, subnet)| subnet.contains(address))
                .map(|(index, _)| *index)
        };
        let routes = plan.nodes[node].routes.iter();
        let fitting = routes.filter(|route| route.destination.contains(to));
        let best = fitting.max_by_key(|route| route.destination.prefix());
        let by_route = || {
            let route = best?;
            let device = route.device.as_ref().map(|(_, index)| *index);
            device.or_else(|| route.via.and_then(on_link))
        };
        on_link(to).or_else(by_route)
    }

    fn translates(&self, node: usize, family: Family, device: &str) -> bool {
        let filters = self.filters(node);
        let is_of = |layer: Layer| match layer {
            Layer::Inet => true,
            Layer::Ipv4 => family == Family::V4,
            Layer::Ipv6 => family == Family::V6,
            Layer::Bridge => false,
        };
        filters
            .rules
            .iter()
            .filter(|rule| is_of(rule.layer))
            .any(|rule| {
                let told = nft::told(rule);
                told.action == Action::TranslateSource && told.out.is_none_or(|out| out == device)
            })
    }

    fn owned(&self, address: IpAddr) -> Option<Cidr> {
        let plan = &self.parts.plan;
        let is_it = |own: &Cidr| own.address() == address;
        let nodes = 0..plan.nodes.len();
        let planned = nodes
            .clone()
            .find_map(|node| plan.addresses(node).find(is_it));
        planned.or_else(|| {
            nodes.take(NODES).find_map(|node| {
                let ports = self.ports(node);
                ports
                    .iter()
                    .flat_map(|it| it.addresses.iter().copied())
                    .find(is_it)
            })
        })
    }

    fn is_unanswered(&self, node: usize, device: &str, address: IpAddr) -> bool {
        let known = look::neighbours(&mut self.parts.node(node).netlink()).unwrap_or_default();
        let mut known = known.iter();
        known.any(|it| it.address == address && it.device == device && it.mac.is_none())
    }
}
