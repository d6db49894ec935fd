//! Hosts `a` and `b` with routers `r1`, `r2`, ... in between: `a - s0 - r1 - s1 - r2 - ... - b`.

use netns_test::{HostSpec, Topology};

/// A chain of `routers` routers.
pub(crate) fn chain(routers: usize) -> Topology {
    chain_with(routers, |_, router| router)
}

/// A chain whose routers are changed; they are numbered from 1. On each of its segments a node has the number of its place: `a` 1, `r1`
/// 2, and so on.
pub(crate) fn chain_with(routers: usize, change: impl Fn(usize, HostSpec) -> HostSpec) -> Topology {
    let mut topology = Topology::new();
    for segment in 0..=routers {
        let subnets = [
            format!("10.10.{segment}.0/24"),
            format!("fd10:{segment}::/64"),
        ];
        topology = topology.segment(format!("s{segment}"), subnets);
    }
    topology = topology.host("a", |h| h.join("s0"));
    for number in 1..=routers {
        topology = topology.router(format!("r{number}"), |h| {
            let [before, behind] = [number - 1, number].map(|it| format!("s{it}"));
            change(number, h.join(before).join(behind))
        });
    }
    topology.host("b", |h| h.join(format!("s{routers}")))
}

/// Both addresses of `b`.
pub(crate) fn far_end(routers: usize) -> [String; 2] {
    let number = routers + 2;
    [
        format!("10.10.{routers}.{number}"),
        format!("fd10:{routers}::{number}"),
    ]
}
