//! Hosts that live in another one's network.

use super::{mistake, refusal};
use crate::topology::Topology;

fn pod() -> Topology {
    Topology::lan(["web", "client"]).host("sidecar", |h| h.share("web").alias("proxy"))
}

#[test]
fn a_sharing_host_has_the_others_addresses_and_files() {
    let plan = pod().plan().unwrap();
    assert_eq!(plan.namespace_of(3), 1);
    assert!(plan.addresses(3).eq(plan.addresses(1)));
    let files = plan.hosts_file(2);
    assert!(files.contains("10.1.0.1\tweb\nfd00:1::1\tweb\n"), "{files}");
    assert!(
        files.ends_with("10.1.0.1\tsidecar proxy\nfd00:1::1\tsidecar proxy\n"),
        "{files}"
    );
    let script = plan.to_string();
    assert!(!script.contains("netns add sidecar"), "{script}");
    assert!(script.contains("\nln -s /run/netns/web /run/netns/sidecar\n"));
}

#[test]
fn a_chain_ends_at_the_host_that_has_a_network() {
    let topology = pod()
        .host("debugger", |h| h.share("sidecar"))
        .host("agent", |h| h.share("root"));
    let plan = topology.plan().unwrap();
    assert_eq!((plan.namespace_of(4), plan.namespace_of(5)), (1, 0));
}

#[test]
fn a_sharing_host_has_no_network_of_its_own() {
    let text = refusal(
        &Topology::lan(["web", "client"])
            .host("sidecar", |h| {
                h.share("web")
                    .attach("lan", "10.1.0.9/16")
                    .default_route("10.1.0.2")
                    .sysctl("net.ipv4.tcp_sack", 0)
                    .forward()
                    .nat("lan", |n| n)
                    .rule(|r| r.from("10.1.0.9").table(7))
                    .manual_routes()
                    .firewall(|f| f.drop_by_default(crate::topology::Direction::Input))
            })
            .link("root", "sidecar"),
    );
    let give = ", but its network is that of `web`: it belongs there";
    for part in [
        format!(
            "[attach(\"lan\", \"10.1.0.9/16\"]: node `sidecar`: it has an attachment to `lan`{give}"
        ),
        format!("[link(\"root\", \"sidecar\"]: node `sidecar`: it has a link{give}"),
        format!("[default_route(\"10.1.0.2\"]: node `sidecar`: it has a route to `default`{give}"),
        format!(
            "[sysctl(\"net.ipv4.tcp_sack\", 0]: node `sidecar`: it has a sysctl `net.ipv4.tcp_sack`{give}"
        ),
        format!("node `sidecar`: it forwards{give}"),
        format!("node `sidecar`: it has a policy rule{give}"),
        format!("node `sidecar`: it has `.manual_routes()`{give}"),
        format!("[nat(\"lan\"]: node `sidecar`: it translates towards `lan`{give}"),
        format!("node `sidecar`: it has a firewall{give}"),
    ] {
        assert!(text.contains(&part), "{part}\n{text}");
    }
    assert!(text.contains("9 mistakes"), "{text}");
}

#[cfg(feature = "dns")]
#[test]
fn a_sharing_host_serves_no_dns_of_its_own() {
    let zone = crate::zone::Zone::new("test").a("www", "10.1.0.1");
    let topology = Topology::lan(["web"]).host("sidecar", |h| h.share("web").dns(zone));
    let text = mistake(&topology);
    assert!(
        text.contains("it serves DNS zones, but its network is that of `web`"),
        "{text}"
    );
}

#[test]
fn nobody_shares_with_a_stranger_with_itself_or_twice() {
    assert_eq!(
        mistake(&pod().host("a", |h| h.share("wbe"))),
        "[share(\"wbe\"]: node `a`: no node is called `wbe` (known: root, web, client, sidecar, a)"
    );
    assert_eq!(
        mistake(&pod().host("a", |h| h.share("a"))),
        "[share(\"a\"]: node `a`: it shares its own network"
    );
    assert_eq!(
        mistake(&pod().root(|r| r.share("web"))),
        "[share(\"web\"]: node `root`: the root has a network of its own: let the other host share it"
    );
    assert_eq!(
        mistake(&pod().host("a", |h| h.share("web").share("client"))),
        "[share(\"client\"]: node `a`: it shares the network of `web` as well, from [share(\"web\"]: a host is in one"
    );
}

#[test]
fn a_circle_has_no_network() {
    let circle = Topology::new()
        .host("a", |h| h.share("b"))
        .host("b", |h| h.share("c"))
        .host("c", |h| h.share("b"));
    let text = refusal(&circle);
    assert!(text.contains("3 mistakes"), "{text}");
    assert!(
        text.contains("[share(\"b\"]: node `a`: the hosts share in a circle, b -> c -> b: one of them needs a network of its own"),
        "{text}"
    );
}
