//! Names: of nodes, interfaces, bridges and segments, and those that others refer to.

use super::{mistake, refusal};
use crate::topology::{LinkEnd, Topology};

#[test]
fn two_nodes_of_one_name() {
    let topology = Topology::new().host("ns1", |h| h).host("ns1", |h| h);
    assert_eq!(
        mistake(&topology),
        r#"[host("ns1"]: node `ns1`: the name is used twice, first at [host("ns1"]"#
    );
}

#[test]
fn the_roots_name_is_taken() {
    let topology = Topology::new().host("root", |h| h);
    assert_eq!(
        mistake(&topology),
        r#"[host("root"]: node `root`: the name is taken: every network has a node `root`, configured by `.root(..)`"#
    );
}

#[test]
fn a_node_without_a_name_or_with_too_long_a_one() {
    assert_eq!(
        mistake(&Topology::new().host("", |h| h)),
        r#"[host(""]: node ``: the name has 0 bytes, a node's has 1 to 63"#
    );
    let long = "x".repeat(64);
    assert_eq!(
        mistake(&Topology::new().host(&long, |h| h)),
        format!("[host(&long]: node `{long}`: the name has 64 bytes, a node's has 1 to 63")
    );
}

#[test]
fn a_node_whose_name_is_no_host_name() {
    assert_eq!(
        mistake(&Topology::new().host("not/a/name", |h| h)),
        r#"[host("not/a/name"]: node `not/a/name`: the name may contain letters, digits, `-`, `_` and `.`, and starts with no `-` or `.`"#
    );
}

/// The members of a `lan` are blamed on the call, not on this crate.
#[test]
fn a_lan_with_a_member_twice() {
    assert_eq!(
        mistake(&Topology::lan(["a", "b", "a"])),
        r#"[Topology::lan(["a", "b", "a"]]: node `a`: the name is used twice, first at [Topology::lan(["a", "b", "a"]]"#
    );
}

#[test]
fn an_interface_name_that_the_kernel_would_not_take() {
    let named = |name: &str| {
        Topology::new().bridge("br0", ()).host("a", |h| {
            h.attach_with("br0", |i| i.name(name).address("10.0.0.1/24"))
        })
    };
    assert!(named("fifteen-bytes-x").plan().is_ok());
    assert_eq!(
        mistake(&named("sixteen-bytes-xx")),
        "[name(name]: interface `sixteen-bytes-xx` of node `a`: the name has 16 bytes, an interface's has 1 to 15"
    );
    assert_eq!(
        mistake(&named("eth 0")),
        "[name(name]: interface `eth 0` of node `a`: the name may contain no `/`, `:`, `%`, white space or control character"
    );
    assert_eq!(
        mistake(&named("lo")),
        "[name(name]: interface `lo` of node `a`: the name is reserved"
    );
}

#[test]
fn two_interfaces_of_one_name_in_a_node() {
    let topology = Topology::new()
        .host("a", |h| h)
        .link(LinkEnd::new("a", |i| i.name("wan")), "root")
        .link("root", LinkEnd::new("a", |i| i.name("wan")));
    assert_eq!(
        mistake(&topology),
        r#"[name("wan"]: interface `wan` of node `a`: the name is used twice, first at [name("wan"]"#
    );
}

/// Automatic names give way to chosen ones, wherever those stand.
#[test]
fn a_chosen_name_is_never_taken_by_an_automatic_one() {
    let plan = Topology::lan(["a", "b"])
        .link(
            LinkEnd::new("a", |i| i.name("eth0")),
            LinkEnd::new("root", |i| i.name("veth1")),
        )
        .plan()
        .unwrap();
    let names: Vec<&str> = plan.ends(1).map(|end| end.name.as_str()).collect();
    assert_eq!(names, ["eth1", "eth0"]);
}

#[test]
fn a_ports_name_that_the_root_has_already() {
    let topology = Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .host("a", |h| h.attach_with("br0", |i| i.port("br0")));
    assert_eq!(
        mistake(&topology),
        r#"[port("br0"]: interface `br0` of node `root`: the name is used twice, first at [bridge("br0", "10.0.0.254/24"]"#
    );
}

/// A wrong bridge name is one mistake, though a bridge is a device of the root as well.
#[test]
fn bridges_and_segments_share_their_names() {
    assert_eq!(
        mistake(&Topology::new().bridge("br0", ()).bridge("br0", ())),
        r#"[bridge("br0", (]: bridge or segment `br0`: the name is used twice, first at [bridge("br0", (]"#
    );
    assert_eq!(
        mistake(&Topology::new().bridge("lan", ()).segment("lan", ())),
        r#"[segment("lan", (]: bridge or segment `lan`: the name is used twice, first at [bridge("lan", (]"#
    );
    assert_eq!(
        mistake(&Topology::new().bridge("a:b", ())),
        r#"[bridge("a:b", (]: bridge `a:b`: the name may contain no `/`, `:`, `%`, white space or control character"#
    );
    assert_eq!(
        mistake(&Topology::new().segment("", ())),
        r#"[segment("", (]: segment ``: the name has 0 bytes, a node's has 1 to 63"#
    );
}

#[test]
fn what_is_attached_to_must_exist() {
    let nothing = Topology::new().host("a", |h| h.join("office"));
    assert_eq!(
        mistake(&nothing),
        r#"[join("office"]: node `a`: no bridge or segment is called `office` (there is none)"#
    );
    let others = Topology::new()
        .bridge("br0", ())
        .segment("lan", ())
        .host("a", |h| h.attach("br1", "10.0.0.1/24"));
    assert_eq!(
        mistake(&others),
        r#"[attach("br1", "10.0.0.1/24"]: node `a`: no bridge or segment is called `br1` (known: br0, lan)"#
    );
    let options = Topology::new().host("a", |h| h.attach_with("br0", |i| i));
    assert_eq!(
        mistake(&options),
        r#"[attach_with("br0"]: node `a`: no bridge or segment is called `br0` (there is none)"#
    );
}

/// Each way of writing an end is blamed on the `link` that the user wrote.
#[test]
fn what_is_linked_must_exist() {
    for topology in [
        Topology::new().host("a", |h| h).link("a", "b"),
        Topology::new()
            .host("a", |h| h)
            .link("a", String::from("b")),
        Topology::new()
            .host("a", |h| h)
            .link("a", ("b", "10.0.0.1/24")),
    ] {
        let text = mistake(&topology);
        assert!(text.starts_with(r#"[link("a", "#), "{text}");
        assert!(
            text.ends_with(": link: no node is called `b` (known: root, a)"),
            "{text}"
        );
    }
    let end = Topology::new().link("root", LinkEnd::new("b", |i| i));
    assert_eq!(
        mistake(&end),
        r#"[LinkEnd::new("b"]: link: no node is called `b` (known: root)"#
    );
}

#[test]
fn the_root_is_no_port_of_its_own_bridge() {
    let topology = Topology::new()
        .bridge("br0", ())
        .root(|root| root.attach("br0", "10.0.0.1/24"));
    assert_eq!(
        mistake(&topology),
        r#"[attach("br0", "10.0.0.1/24"]: node `root`: bridge `br0` is a device of the root itself: give the bridge the address"#
    );
}

#[test]
fn a_segments_ports_are_nobodys_business() {
    let topology = Topology::new()
        .segment("lan", ())
        .host("a", |h| h.attach_with("lan", |i| i.port("p1")));
    assert_eq!(
        mistake(&topology),
        r#"[port("p1"]: interface `p1`: only an attachment to a bridge has a port to name"#
    );
}

#[test]
fn a_parameter_that_belongs_to_no_network() {
    let set = |name: &str| Topology::new().host("a", |h| h.sysctl(name, 1));
    assert_eq!(
        mistake(&set("kernel.hostname")),
        "[sysctl(name, 1]: sysctl `kernel.hostname` of node `a`: only parameters below `net` belong to a network, others are the machine's"
    );
    assert_eq!(
        mistake(&set("net..x")),
        "[sysctl(name, 1]: sysctl `net..x` of node `a`: the name has an empty part"
    );
    assert!(refusal(&set("net/../kernel/x")).contains("the name has an empty part"));
}

#[test]
fn a_host_is_changed_where_it_stands() {
    let printed = |lab: Topology| lab.plan().unwrap().to_string();
    let at_once = Topology::lan(["a"])
        .host("b", |h| h.join("lan").blackhole("10.9.0.0/16"))
        .host("c", |h| h.join("lan"));
    let lab = || Topology::lan(["a", "b", "c"]);
    let later = lab().change("b", |h| h.blackhole("10.9.0.0/16"));
    assert_eq!(printed(later), printed(at_once));
    let root = lab().change("root", |root| root.join("lan"));
    assert_eq!(printed(root), printed(lab().root(|root| root.join("lan"))));
}

#[test]
fn a_host_that_is_not_there_is_not_changed() {
    assert_eq!(
        mistake(&Topology::lan(["a"]).change("b", |h| h)),
        r#"[change("b"]: change of host `b`: no host is called so (known: root, a)"#
    );
    assert_eq!(
        mistake(&Topology::lan(["a"]).change("b", |h| h).host("b", |h| h)),
        r#"[change("b"]: change of host `b`: the host is added only after this: say `.change(..)` later"#
    );
}
