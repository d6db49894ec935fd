//! Hosts that know each other, for tests in which every frame counts.

use netns_test::{Network, TestResult};

/// Neither of these hosts ever asks for the other's hardware address, not even to see whether it is still there.
///
/// A network with IPv6 has more to say: see [`Topology::only`](netns_test::Topology::only).
pub(crate) fn acquaint(net: &Network, [a, b]: [&str; 2]) -> TestResult {
    for [one, other] in [[a, b], [b, a]] {
        let other = net.host(other).interface("eth0")?;
        let mac = other.mac.unwrap().to_string();
        for address in &other.addresses {
            let address = address.address.address().to_string();
            let known = ["neigh", "replace", &address, "lladdr", &mac, "dev", "eth0"];
            let forever = known.into_iter().chain(["nud", "permanent"]);
            net.host(one).command("ip").args(forever).run()?;
        }
    }
    Ok(())
}
