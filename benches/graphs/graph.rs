//! A network of routers, hosts, lans and cables that hangs together, made from a number.

use netns_test::Topology;

/// Nodes are numbered: routers first.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) routers: usize,
    pub(crate) nodes: usize,
    pub(crate) lans: Vec<Vec<usize>>,
    pub(crate) cables: Vec<(usize, usize)>,
}

/// SplitMix64: the same numbers from the same seed, for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

impl Graph {
    /// A graph of 2 to `most` nodes.
    pub(crate) fn random(seed: u64, most: usize) -> Self {
        let mut dice = Dice(seed);
        let nodes = 2 + dice.below(most - 1);
        let mut graph = Self {
            routers: 1 + dice.below(nodes.div_ceil(2)),
            nodes,
            lans: Vec::new(),
            cables: Vec::new(),
        };
        // Each node holds on to a router that was there before.
        for node in 1..nodes {
            let router = dice.below(node.min(graph.routers));
            graph.connect(node, router, &mut dice);
        }
        // And some ways lead round in circles; hosts have several legs.
        for _ in 0..dice.below(nodes / 2 + 1) {
            let (node, router) = (dice.below(nodes), dice.below(graph.routers));
            if node != router {
                graph.connect(node, router, &mut dice);
            }
        }
        graph
    }

    /// By a cable, by a lan of the router's, or by a new one.
    fn connect(&mut self, node: usize, router: usize, dice: &mut Dice) {
        let open = |lan: &&mut Vec<usize>| lan.contains(&router) && !lan.contains(&node);
        match dice.below(3) {
            0 => self.cables.push((node, router)),
            1 => self.lans.push(vec![router, node]),
            _ => match self.lans.iter_mut().find(open) {
                Some(lan) => lan.push(node),
                None => self.lans.push(vec![router, node]),
            },
        }
    }

    pub(crate) fn topology(&self) -> Topology {
        let mut topology = Topology::new();
        for lan in 0..self.lans.len() {
            topology = topology.segment(lan_name(lan), ());
        }
        for node in 0..self.nodes {
            let lans = self.lans.iter().enumerate();
            let joined = lans.filter(|(_, members)| members.contains(&node));
            topology = topology.host(self.name(node), |h| {
                let h = if node < self.routers { h.forward() } else { h };
                joined.fold(h, |h, (lan, _)| h.join(lan_name(lan)))
            });
        }
        for (a, b) in &self.cables {
            topology = topology.link(self.name(*a), self.name(*b));
        }
        topology
    }

    fn name(&self, node: usize) -> String {
        if node < self.routers {
            format!("r{node}")
        } else {
            format!("h{node}")
        }
    }
}

fn lan_name(number: usize) -> String {
    format!("lan{number}")
}
