//! The rules of the list of features that a test requires.

use proc_macro2::Group;
use syn::{Error, Ident};

use super::{Mistakes, lists};
use crate::attr;

/// The library's `Feature::ALL`, by name; a test of the library compares the two.
const KNOWN: &[&str] = &[
    "veth",
    "bridge",
    "ipv6",
    "sysctls",
    "names",
    "programs",
    "dummy",
    "vlan",
    "vlan_filtering",
    "macvlan",
    "ipvlan",
    "vxlan",
    "vrf",
    "wireguard",
    "ifb",
    "tun",
    "netem",
    "tbf",
    "htb",
    "ingress",
    "mirred",
    "nftables",
    "nat",
    "conntrack",
    "packet_sockets",
    "sctp",
    "mptcp",
];

/// What `requires` lists, as the variants of the library's `Feature`.
pub(super) fn features(list: &Group, example: &str, mistakes: &mut Mistakes) -> Vec<Ident> {
    let form = format!("`requires` takes names of features, as in `{example}`");
    let words = attr::words(list).map_err(|mistake| Error::new(mistake.span(), &form));
    let words = mistakes.keep(words).unwrap_or_default();
    if list.stream().is_empty() {
        mistakes.at(
            list,
            &format!("`requires` is empty: write `{example}`, or leave it out"),
        );
    }
    lists::once_each(words.iter(), mistakes);
    let mut features = vec![];
    for word in words {
        let name = word.to_string();
        if KNOWN.contains(&name.as_str()) {
            features.push(Ident::new(&camel_case(&name), word.span()));
        } else {
            let known = KNOWN.join(", ");
            let message = format!("unknown feature `{name}`, expected some of: {known}");
            mistakes.at(word, &message);
        }
    }
    features
}

/// `vlan_filtering` is `VlanFiltering`.
fn camel_case(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    };
    name.split('_').map(part).collect()
}
