//! Links of each kind, and an address of IPv6.

use super::refused;
use crate::diagnosis::Failed;
use crate::feature::Feature;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Attributes, Draft, RawSocket};
use crate::sys::sysctl;

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const CREATE: u16 = 0x600;

const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;

/// The link below those that need one; the features' own numbers follow.
const LOWER: u32 = 1000;

/// Makes a link of the feature's kind.
pub(super) fn add(feature: Feature) -> Result<(), Failed> {
    let number = LOWER + 10 * feature as u32;
    if matches!(feature, Feature::Vlan | Feature::Macvlan | Feature::Ipvlan) {
        // A pair of its own: no two kinds share what is below them.
        ask("veth", link(number, "veth", |data| data))?;
    }
    let below = |draft: Draft| draft.with(IFLA_LINK, &number.to_ne_bytes());
    let own = number + 1;
    match feature {
        Feature::Vlan => {
            let draft = link(own, "vlan", |data| data.with(1, &5_u16.to_ne_bytes()));
            ask("vlan", below(draft))
        }
        Feature::Macvlan => {
            const BRIDGE: u32 = 4;
            let draft = link(own, "macvlan", |data| data.with(1, &BRIDGE.to_ne_bytes()));
            ask("macvlan", below(draft))
        }
        Feature::Ipvlan => {
            const L3: u16 = 1;
            let draft = link(own, "ipvlan", |data| data.with(1, &L3.to_ne_bytes()));
            ask("ipvlan", below(draft))
        }
        Feature::Vxlan => {
            let id = |data: Attributes| {
                data.with(1, &5_u32.to_ne_bytes())
                    .with(15, &4789_u16.to_be_bytes())
            };
            ask("vxlan", link(own, "vxlan", id))
        }
        Feature::Vrf => {
            let table = |data: Attributes| data.with(1, &10_u32.to_ne_bytes());
            ask("vrf", link(own, "vrf", table))
        }
        Feature::VlanFiltering => {
            const IFLA_BR_VLAN_FILTERING: u16 = 7;
            let filtering = |data: Attributes| data.with(IFLA_BR_VLAN_FILTERING, &[1]);
            ask("bridge vlan_filtering 1", link(own, "bridge", filtering))
        }
        plain => ask(plain.name(), link(own, plain.name(), |data| data)),
    }
}

/// An address of IPv6 on `lo`.
pub(super) fn ipv6() -> Result<(), Failed> {
    const AF_INET6: u8 = 10;
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    // Turned off by an administrator, it is turned on in every network of ours.
    drop(sysctl::write("net/ipv6/conf/lo/disable_ipv6", "0"));
    let lo = 1_u32.to_ne_bytes();
    let header = [&[AF_INET6, 64, 0, 0], &lo[..]].concat();
    let address = "fd00:1::1".parse::<std::net::Ipv6Addr>();
    let address = address.map(|it| it.octets()).unwrap_or_default();
    let draft = Draft::new(RTM_NEWADDR, CREATE, &header)
        .with(IFA_LOCAL, &address)
        .with(IFA_ADDRESS, &address);
    let failed = |refusal| refused("RTM_NEWADDR (an address of IPv6)", refusal);
    send(draft).map_err(failed)
}

/// A link with this number, and data of its kind.
fn link(index: u32, kind: &str, data: impl FnOnce(Attributes) -> Attributes) -> Draft {
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    Draft::new(RTM_NEWLINK, CREATE, &header)
        .text(IFLA_IFNAME, &format!("try{index}"))
        .nest(IFLA_LINKINFO, |info| {
            info.text(IFLA_INFO_KIND, kind).nest(IFLA_INFO_DATA, data)
        })
}

fn ask(what: &str, draft: Draft) -> Result<(), Failed> {
    send(draft).map_err(|refusal| refused(format!("RTM_NEWLINK ({what})"), refusal))
}

fn send(draft: Draft) -> Result<(), Refusal> {
    let socket = RawSocket::open(libc::NETLINK_ROUTE);
    socket.map_err(Refusal::of)?.ask(draft)
}
