//! Netlink requests as a person would write them by hand, byte by byte, before the clock starts.
//!
//! They say what the library's requests say: the same attributes, the same order, the same batches.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html).

mod chain;
mod rules;

use crate::case::{Case, GATEWAY, Shape};

const NEW_LINK: u16 = 16;
pub(crate) const DEL_LINK: u16 = 17;
const GET_LINK: u16 = 18;
const SET_LINK: u16 = 19;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;

const REQUEST: u16 = 1;
const ACK: u16 = 4;
const DUMP: u16 = 0x300;
const CREATE: u16 = 0x600;
const UP: u32 = 1;

/// Interface numbers, the same as the library's.
const FIRST_INDEX: u32 = 100;
/// Cables made by one batch, as many as the library's.
const CABLES: usize = 32;

/// One system call's worth of requests for one node's socket.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) node: usize,
    pub(crate) bytes: Vec<u8>,
    /// Where the descriptor of which node's namespace has to be filled in.
    pub(crate) descriptors: Vec<(usize, usize)>,
    /// Where the last request starts: the one that asks to be acknowledged.
    last: usize,
    requests: u32,
}

/// Everything that is sent for a network.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) nodes: usize,
    pub(crate) batches: Vec<Batch>,
    /// What is sent when the links are in service: it raises the bridge.
    pub(crate) last: Option<Batch>,
    /// The nodes whose links come into service some time after they were raised, each with what lists them.
    pub(crate) waits: Vec<(usize, Batch)>,
    /// Nodes that forward.
    pub(crate) routers: std::ops::Range<usize>,
    /// What nftables is told, in one batch, in a node.
    pub(crate) rules: Option<(usize, Vec<u8>)>,
}

impl Script {
    pub(crate) fn of(case: &Case) -> Self {
        let (mut batches, mut last, waits) = match case.shape {
            Shape::Bridge => (bridge(case), Some(raise_bridge()), 0..1),
            Shape::Cable => (cable(), None, 1..2),
            Shape::Chain | Shape::Nat => (chain::cables(case), None, 1..case.hosts),
        };
        let routers = match case.shape {
            Shape::Bridge | Shape::Cable => 0..0,
            Shape::Chain | Shape::Nat => 2..case.hosts,
        };
        if !routers.is_empty() {
            batches.extend(chain::addresses(case));
        }
        let rules = matches!(case.shape, Shape::Nat).then(|| (2, rules::masquerade("eth1")));
        batches
            .iter_mut()
            .chain(&mut last)
            .for_each(Batch::acknowledge);
        Self {
            nodes: case.hosts + 1,
            batches,
            last,
            waits: waits.map(|node| (node, list_links(node))).collect(),
            routers,
            rules,
        }
    }
}

/// Root with a bridge, hosts on it, default routes.
fn bridge(case: &Case) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut create = Batch::new(0);
    create.link(NEW_LINK, CREATE, FIRST_INDEX, 0, 1);
    create.text(3, "mydocker0");
    create.nest(18, |info| {
        info.text(1, "bridge");
        // No spanning tree, no multicast snooping.
        info.nest(2, |data| {
            data.attribute(5, &0_u32.to_ne_bytes());
            data.attribute(23, &[0]);
        });
    });
    batches.push(create);
    let hosts: Vec<usize> = (1..=case.hosts).collect();
    for some in hosts.chunks(CABLES) {
        let mut batch = Batch::new(0);
        for host in some {
            batch.veth(
                (
                    &format!("veth{host}"),
                    FIRST_INDEX + *host as u32,
                    Some(FIRST_INDEX),
                ),
                *host,
            );
        }
        batches.push(batch);
    }
    let mut root = Batch::new(0);
    root.raise(1);
    batches.push(root);
    for host in hosts {
        let mut batch = Batch::new(host);
        batch.raise(1);
        batch.raise(FIRST_INDEX);
        let [a, b] = case.host_bytes(host);
        batch.address_v4([172, 16, a, b], FIRST_INDEX);
        batch.default_route(GATEWAY, FIRST_INDEX);
        batches.push(batch);
    }
    batches
}

fn raise_bridge() -> Batch {
    let mut root = Batch::new(0);
    root.raise(FIRST_INDEX);
    root.address_v4(GATEWAY, FIRST_INDEX);
    root
}

/// Two hosts and one cable, with addresses of both families.
fn cable() -> Vec<Batch> {
    let mut create = Batch::new(1);
    create.veth(("eth0", FIRST_INDEX, None), 2);
    let mut batches = vec![create];
    for host in 0..3_u8 {
        let mut batch = Batch::new(host.into());
        batch.raise(1);
        if host == 2 {
            batch.raise(FIRST_INDEX);
        }
        if host > 0 {
            batch.address_v4([10, 1, 0, host], FIRST_INDEX);
            batch.address_v6(1, host, FIRST_INDEX);
        }
        batches.push(batch);
    }
    batches
}

/// Raises one link: used where nothing but the answer matters.
pub(crate) fn raise_loopback() -> Batch {
    let mut batch = Batch::new(0);
    batch.raise(1);
    batch.acknowledge();
    batch
}

/// A cable from here to another namespace.
pub(crate) fn probe_cable() -> Batch {
    let mut batch = Batch::new(0);
    batch.veth(("probe", FIRST_INDEX, None), 1);
    batch.acknowledge();
    batch
}

fn list_links(node: usize) -> Batch {
    let mut batch = Batch::new(node);
    batch.link(GET_LINK, DUMP, 0, 0, 0);
    // Without counters.
    batch.attribute(29, &8_u32.to_ne_bytes());
    batch.set_length(0, batch.bytes.len() as u32);
    batch
}

impl Batch {
    fn new(node: usize) -> Self {
        Self {
            node,
            bytes: Vec::new(),
            descriptors: Vec::new(),
            last: 0,
            requests: 0,
        }
    }

    /// The sequence number of the last request.
    pub(crate) fn sequence(&self) -> u32 {
        self.requests
    }

    /// The last request asks for an answer; one that fails is answered anyway.
    fn acknowledge(&mut self) {
        self.set_length(self.last, (self.bytes.len() - self.last) as u32);
        self.bytes[self.last + 6] |= ACK as u8;
    }

    fn set_length(&mut self, at: usize, length: u32) {
        self.bytes[at..at + 4].copy_from_slice(&length.to_ne_bytes());
    }

    fn message(&mut self, kind: u16, flags: u16, head: &[u8]) {
        if self.requests > 0 {
            self.set_length(self.last, (self.bytes.len() - self.last) as u32);
        }
        self.last = self.bytes.len();
        self.requests += 1;
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((REQUEST | flags).to_ne_bytes());
        self.bytes.extend(self.requests.to_ne_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend(head);
    }

    fn link(&mut self, kind: u16, flags: u16, index: u32, up: u32, change: u32) {
        self.message(kind, flags, &link_head(index, up, change));
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.bytes.extend((4 + value.len() as u16).to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn text(&mut self, kind: u16, value: &str) {
        self.attribute(kind, format!("{value}\0").as_bytes());
    }

    fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.attribute(kind, &[]);
        fill(self);
        let length = (self.bytes.len() - start) as u16;
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }

    /// A veth pair: name, number and bridge of the near end; the far end is `eth0` in another node.
    fn veth(&mut self, (name, index, bridge): (&str, u32, Option<u32>), far: usize) {
        let near = self.node;
        self.link(NEW_LINK, CREATE, index, UP, UP);
        self.text(3, name);
        self.attribute(1, &mac(near, index));
        if let Some(bridge) = bridge {
            self.attribute(10, &bridge.to_ne_bytes());
        }
        self.nest(18, |info| {
            info.text(1, "veth");
            info.nest(2, |data| {
                data.nest(1, |peer| {
                    peer.bytes.extend(link_head(FIRST_INDEX, 0, 0));
                    peer.text(3, "eth0");
                    peer.attribute(1, &mac(far, FIRST_INDEX));
                    peer.attribute(28, &0_u32.to_ne_bytes());
                    peer.descriptors.push((peer.bytes.len() - 4, far));
                });
            });
        });
    }

    fn raise(&mut self, index: u32) {
        self.link(SET_LINK, 0, index, UP, UP);
    }

    fn address_v4(&mut self, address: [u8; 4], index: u32) {
        self.message(NEW_ADDRESS, CREATE, &[2, 16, 0, 0]);
        self.bytes.extend(index.to_ne_bytes());
        self.attribute(1, &address);
        self.attribute(2, &address);
        self.attribute(4, &[address[0], address[1], 255, 255]);
    }

    /// `fd00:LINK::HOST/64`, usable at once.
    fn address_v6(&mut self, link: u8, host: u8, index: u32) {
        let address = chain::v6(link, host);
        self.message(NEW_ADDRESS, CREATE, &[10, 64, 0, 0]);
        self.bytes.extend(index.to_ne_bytes());
        self.attribute(1, &address);
        self.attribute(2, &address);
        self.attribute(8, &2_u32.to_ne_bytes());
    }

    fn default_route(&mut self, via: [u8; 4], index: u32) {
        self.route(&[], &via, index);
    }

    /// To a subnet of so many whole bytes; of none is the default.
    fn route(&mut self, subnet: &[u8], via: &[u8], index: u32) {
        let family = if via.len() == 4 { 2 } else { 10 };
        let bits = subnet.len() as u8 * 8;
        // The main table, as if typed at boot, from anywhere, unicast.
        let head = [family, bits, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        self.message(NEW_ROUTE, CREATE, &head);
        if bits > 0 {
            let mut whole = subnet.to_vec();
            whole.resize(via.len(), 0);
            self.attribute(1, &whole);
        }
        self.attribute(5, via);
        self.attribute(4, &index.to_ne_bytes());
    }
}

fn link_head(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut head = [0; 16];
    head[4..8].copy_from_slice(&index.to_ne_bytes());
    head[8..12].copy_from_slice(&flags.to_ne_bytes());
    head[12..].copy_from_slice(&change.to_ne_bytes());
    head
}

fn mac(node: usize, index: u32) -> [u8; 6] {
    let [node_high, node_low] = (node as u16).to_be_bytes();
    let [port_high, port_low] = ((index - FIRST_INDEX + 1) as u16).to_be_bytes();
    [2, 0, node_high, node_low, port_high, port_low]
}
