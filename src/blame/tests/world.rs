//! A network of values: three nodes in a line.

use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use crate::address::{Cidr, Family};
use crate::blame::explanation::Blame;
use crate::blame::facts::{Facts, Place, Port};
use crate::sys::netlink::{Lookup, Way};

/// `a` - `r` - `b`: nodes 0, 1 and 2; interface 1 leads back, interface 2 on.
pub(super) struct World {
    pub(super) ports: Vec<Rc<Vec<Port>>>,
    pub(super) cables: HashMap<Place, Place>,
    pub(super) ways: HashMap<(usize, IpAddr), Way>,
    /// Nodes that translate towards their interface 2.
    pub(super) translators: Vec<usize>,
    pub(super) deaf: Vec<usize>,
    pub(super) silent: Option<IpAddr>,
    /// Of cables, by the end where packets enter.
    pub(super) troubles: HashMap<Place, String>,
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn port(index: u32, address: &str) -> Port {
    let addresses: Vec<Cidr> = vec![address.parse().unwrap()];
    Port {
        index,
        name: format!("eth{index}"),
        up: true,
        carrier: true,
        mtu: 1500,
        is_bridge: false,
        bridge: None,
        planned: addresses.clone(),
        addresses,
    }
}

pub(super) fn out(device: u32, via: Option<&str>, source: &str) -> Way {
    Way::Out {
        device,
        via: via.map(ip),
        source: Some(ip(source)),
    }
}

pub(super) fn world() -> World {
    let cables = [((0, 2), (1, 1)), ((1, 2), (2, 1))];
    let ways = [
        ((0, ip("10.0.2.2")), out(2, Some("10.0.1.1"), "10.0.1.2")),
        ((1, ip("10.0.2.2")), out(2, None, "10.0.2.1")),
        ((2, ip("10.0.2.2")), Way::Local),
        ((2, ip("10.0.1.2")), out(1, Some("10.0.2.1"), "10.0.2.2")),
        ((1, ip("10.0.1.2")), out(1, None, "10.0.1.1")),
        ((0, ip("10.0.1.2")), Way::Local),
        ((2, ip("10.0.2.1")), out(1, None, "10.0.2.2")),
        ((1, ip("10.0.2.1")), Way::Local),
    ];
    World {
        ports: vec![
            Rc::new(vec![port(2, "10.0.1.2/24")]),
            Rc::new(vec![port(1, "10.0.1.1/24"), port(2, "10.0.2.1/24")]),
            Rc::new(vec![port(1, "10.0.2.2/24")]),
        ],
        cables: cables
            .into_iter()
            .flat_map(|(a, b)| [(a, b), (b, a)])
            .collect(),
        ways: ways.into(),
        translators: Vec::new(),
        deaf: Vec::new(),
        silent: None,
        troubles: HashMap::new(),
    }
}

impl World {
    pub(super) fn port_mut(&mut self, node: usize, position: usize) -> &mut Port {
        &mut Rc::make_mut(&mut self.ports[node])[position]
    }

    pub(super) fn lead(&mut self, node: usize, to: &str, way: Way) {
        self.ways.insert((node, ip(to)), way);
    }
}

impl Facts for World {
    fn name(&self, node: usize) -> &str {
        ["a", "r", "b"][node]
    }

    fn is_switch(&self, _: usize) -> bool {
        false
    }

    fn outage(&self, _: usize) -> Option<Blame> {
        None
    }

    fn is_pulled(&self, _: Place) -> bool {
        false
    }

    fn trouble(&self, near: Place) -> Option<String> {
        self.troubles.get(&near).cloned()
    }

    fn ports(&self, node: usize) -> Rc<Vec<Port>> {
        Rc::clone(&self.ports[node])
    }

    fn far_end(&self, end: Place) -> Option<Place> {
        self.cables.get(&end).copied()
    }

    fn is_planned(&self, _: Place, _: IpAddr) -> bool {
        false
    }

    fn way(&self, node: usize, lookup: &Lookup) -> Way {
        self.ways
            .get(&(node, lookup.to))
            .copied()
            .unwrap_or(Way::NoRoute)
    }

    fn forwarding_off(&self, node: usize, _: Family, _: &str) -> Option<String> {
        self.deaf
            .contains(&node)
            .then(|| "net.ipv4.ip_forward = 0".to_owned())
    }

    fn planned(&self, _: usize, _: IpAddr) -> Option<u32> {
        None
    }

    fn translates(&self, node: usize, _: Family, device: &str) -> bool {
        self.translators.contains(&node) && device == "eth2"
    }

    fn owned(&self, address: IpAddr) -> Option<Cidr> {
        let mut all = self.ports.iter().flat_map(|ports| ports.iter());
        all.find_map(|port| {
            port.addresses
                .iter()
                .copied()
                .find(|own| own.address() == address)
        })
    }

    fn is_unanswered(&self, _: usize, _: &str, address: IpAddr) -> bool {
        self.silent == Some(address)
    }
}
