//! The networks that are measured.

use netns_test::Topology;

/// The address of the bridge, and of every host's default route.
pub(crate) const GATEWAY: [u8; 4] = [172, 16, 1, 254];

/// A network to build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) hosts: usize,
    pub(crate) shape: Shape,
    /// How often it is built, in a full run and in a quick one.
    pub(crate) samples: [usize; 2],
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Lab A, with any number of hosts: a bridge with an address in the root, a default route in each host.
    Bridge,
    /// Two hosts and one cable.
    Cable,
    /// Two hosts with routers between them, one behind the other: the first node and the last one are the hosts.
    Chain,
    /// Such a chain with one router, which translates what leaves towards the last node.
    Nat,
}

/// In the order of the table. Those without samples are for the comparison with peers.
pub(crate) const CASES: [Case; 10] = [
    Case::new("lab-a", 2, Shape::Bridge, [21, 3]),
    Case::new("lan-2", 2, Shape::Cable, [21, 3]),
    Case::new("router-nat", 3, Shape::Nat, [21, 1]),
    Case::new("routers-10", 12, Shape::Chain, [21, 1]),
    Case::new("bridge-8", 8, Shape::Bridge, [21, 3]),
    Case::new("bridge-16", 16, Shape::Bridge, [0, 0]),
    Case::new("bridge-64", 64, Shape::Bridge, [11, 1]),
    Case::new("bridge-128", 128, Shape::Bridge, [0, 0]),
    Case::new("bridge-512", 512, Shape::Bridge, [3, 0]),
    Case::new("bridge-1000", 1000, Shape::Bridge, [3, 0]),
];

impl Case {
    const fn new(name: &'static str, hosts: usize, shape: Shape, samples: [usize; 2]) -> Self {
        Self {
            name,
            hosts,
            shape,
            samples,
        }
    }

    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        CASES.iter().find(|case| case.name == name)
    }

    /// The last two bytes of a host's address; hosts count from 1.
    pub(crate) fn host_bytes(&self, host: usize) -> [u8; 2] {
        let number = host - 1;
        [1 + (number / 200) as u8, 1 + (number % 200) as u8]
    }

    /// What the second host answers to.
    pub(crate) fn target(&self) -> [u8; 4] {
        match self.shape {
            Shape::Bridge => [172, 16, 1, 2],
            Shape::Cable => [10, 1, 0, 2],
            Shape::Chain | Shape::Nat => [10, self.hosts as u8 - 1, 0, self.hosts as u8],
        }
    }

    pub(crate) fn topology(&self) -> Topology {
        match self.shape {
            Shape::Bridge => self.bridge(),
            Shape::Cable => Topology::lan(["ns1", "ns2"]),
            Shape::Chain | Shape::Nat => self.chain(),
        }
    }

    fn chain(&self) -> Topology {
        let routers = self.hosts - 2;
        let name = |node: usize| match node {
            0 => "ns1".to_owned(),
            node if node > routers => "ns2".to_owned(),
            node => format!("r{node}"),
        };
        let mut topology = Topology::new().host(name(0), |h| h);
        for router in 1..=routers {
            topology = topology.router(name(router), |r| match self.shape {
                Shape::Nat => r.nat("eth1", |nat| nat),
                _ => r,
            });
        }
        topology = topology.host(name(routers + 1), |h| h);
        for node in 0..=routers {
            topology = topology.link(name(node), name(node + 1));
        }
        topology
    }

    fn bridge(&self) -> Topology {
        let [a, b, c, d] = GATEWAY;
        let gateway = format!("{a}.{b}.{c}.{d}");
        let mut topology = Topology::new().bridge("mydocker0", format!("{gateway}/16"));
        for host in 1..=self.hosts {
            let [high, low] = self.host_bytes(host);
            topology = topology.host(format!("ns{host}"), |h| {
                h.attach("mydocker0", format!("172.16.{high}.{low}/16"))
                    .default_route(&gateway)
            });
        }
        topology
    }
}
