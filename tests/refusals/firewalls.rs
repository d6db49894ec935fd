//! Kernels without nf_tables: who asks for rules is told what is missing, and nobody else notices.

use netns_test::{Direction, Feature, Network, Rule, Topology, netns_test};

use crate::LAST_REMEDY;
use crate::subjects::assert_in_order;

const LACK: [&str; 4] = [
    "failed to find feature `nftables`: this machine lacks it\n",
    "  refused: nft batch (a table with a filter chain) with EPROTONOSUPPORT (Protocol not supported)\n",
    "  provided by: the kernel's module nf_tables (CONFIG_NF_TABLES)\n",
    LAST_REMEDY,
];

/// This test is alone in its process.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_kernel_without_nf_tables_is_a_lack_for_firewalls_alone(net: &Network) {
    super::refuse_nftables().unwrap();
    let firewall = |lab: Topology| {
        lab.host("c", |h| {
            h.join("lan")
                .firewall(|f| f.stateful().drop_by_default(Direction::Input))
        })
    };
    let errors = [
        firewall(Topology::lan(["a"])).build().map(drop),
        net.host("a").add_rule(Rule::drop()).map(drop),
        net.host("a").replace_firewall(|f| f),
        net.block("a", "b").map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert!(error.is_unsupported());
        assert_eq!(error.missing_features(), [Feature::Nftables]);
        assert_in_order(&error.to_string(), &LACK);
    }
    let plain = Topology::lan(["a", "b"]).build().unwrap();
    plain.host("a").ping("b").unwrap().assert_lossless();
}
