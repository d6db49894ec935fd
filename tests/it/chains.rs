//! Hosts `a` and `b` with routers `r1`, `r2`, ... in between: `a - s0 - r1 - s1 - r2 - ... - b`.

use netns_test::{HostSpec, Topology};

/// A chain of `routers` routers, all with the routes that they need.
pub(crate) fn chain(routers: usize) -> Topology {
    chain_with(routers, |_, router| router)
}

/// A chain whose routers are changed; they are numbered from 1.
pub(crate) fn chain_with(routers: usize, change: impl Fn(usize, HostSpec) -> HostSpec) -> Topology {
    let mut topology = Topology::new();
    for segment in 0..=routers {
        let subnets = [
            format!("10.10.{segment}.0/24"),
            format!("fd10:{segment}::/64"),
        ];
        topology = topology.segment(format!("s{segment}"), subnets);
    }
    topology = topology.host("a", |h| via(h.join("s0"), "default", "default", 0, 1));
    for number in 1..=routers {
        topology = topology.host(format!("r{number}"), |mut h| {
            h = h
                .join(format!("s{}", number - 1))
                .join(format!("s{number}"))
                .sysctl("net.ipv4.ip_forward", 1)
                .sysctl("net.ipv6.conf.all.forwarding", 1);
            for segment in 0..=routers {
                let [v4, v6] = [
                    format!("10.10.{segment}.0/24"),
                    format!("fd10:{segment}::/64"),
                ];
                if segment + 1 < number {
                    h = via(h, &v4, &v6, number - 1, number - 1);
                } else if segment > number {
                    h = via(h, &v4, &v6, number, number + 1);
                }
            }
            change(number, h)
        });
    }
    let last = format!("s{routers}");
    topology.host("b", |h| {
        via(h.join(last), "default", "default", routers, routers)
    })
}

/// Routes of both families by way of a router's address on a segment. The router is the host after its number.
fn via(host: HostSpec, v4: &str, v6: &str, segment: usize, router: usize) -> HostSpec {
    let number = router + 1;
    host.route(v4, format!("10.10.{segment}.{number}"))
        .route(v6, format!("fd10:{segment}::{number}"))
}

/// Both addresses of `b`.
pub(crate) fn far_end(routers: usize) -> [String; 2] {
    let number = routers + 2;
    [
        format!("10.10.{routers}.{number}"),
        format!("fd10:{routers}::{number}"),
    ]
}
