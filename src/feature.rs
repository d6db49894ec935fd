//! What a test can ask of a machine beyond a network: its names, and what provides each.

use std::fmt;

/// Something that a test can require of the machine: a part of the kernel, or of what a host has beside its network.
///
/// A test that asks for none runs wherever networks can be built. One that needs more says so, by [`require`](crate::require) in its body or
/// by `requires(netem, vlan)` in the attribute. Whether the machine has it is tried out in a network of its own, not concluded
/// from files.
///
/// The names in lower case, as in `requires(..)` and `NETNS_TEST_REQUIRE=..`, are those of `Display`.
///
/// # Examples
///
/// ```
/// use netns_test::Feature;
///
/// assert_eq!(Feature::VlanFiltering.to_string(), "vlan_filtering");
/// assert_eq!(Feature::from_name("netem"), Some(Feature::Netem));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Pairs of virtual Ethernet links, as every cable is one: [veth(4)](https://man7.org/linux/man-pages/man4/veth.4.html).
    Veth,
    /// Bridges.
    Bridge,
    /// Addresses of IPv6.
    Ipv6,
    /// Kernel parameters of a network, written through `/proc/sys`.
    Sysctls,
    /// Names and files of a host's own: a mount namespace with `/etc/hosts` and the rest.
    Names,
    /// Programs that end with their network: a PID namespace for each host.
    Programs,
    /// Links that swallow what is sent: `ip link add type dummy`.
    Dummy,
    /// Links for one VLAN each (802.1Q): `ip link add type vlan`.
    Vlan,
    /// Bridges that keep VLANs apart: `ip link add type bridge vlan_filtering 1`.
    VlanFiltering,
    /// Links with a hardware address of their own over another link: `ip link add type macvlan`.
    Macvlan,
    /// Links that share the hardware address of another link: `ip link add type ipvlan`.
    Ipvlan,
    /// Tunnels for Ethernet over UDP: `ip link add type vxlan`.
    Vxlan,
    /// Links that stand for a routing table: `ip link add type vrf`.
    Vrf,
    /// Encrypted tunnels: `ip link add type wireguard`.
    Wireguard,
    /// Links for shaping what arrives: `ip link add type ifb`.
    Ifb,
    /// Links whose other end is a program: `/dev/net/tun`.
    Tun,
    /// Delay, loss and reordering: [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html).
    Netem,
    /// A limited rate: [tc-tbf(8)](https://man7.org/linux/man-pages/man8/tc-tbf.8.html).
    Tbf,
    /// Rates by class: [tc-htb(8)](https://man7.org/linux/man-pages/man8/tc-htb.8.html).
    Htb,
    /// Filters of `tc` on what arrives: `tc qdisc add .. ingress`.
    Ingress,
    /// Filters of `tc` that hand packets to another link: [tc-mirred(8)](https://man7.org/linux/man-pages/man8/tc-mirred.8.html).
    Mirred,
    /// Packet filters of [nft(8)](https://man7.org/linux/man-pages/man8/nft.8.html).
    Nftables,
    /// Translated addresses: a nat chain of `nft` with `masquerade`.
    Nat,
    /// Filters by the state of a connection: `ct state` of `nft`.
    Conntrack,
    /// Whole frames, as `tcpdump` reads them: [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html).
    PacketSockets,
    /// SCTP: [sctp(7)](https://man7.org/linux/man-pages/man7/sctp.7.html).
    Sctp,
    /// TCP over several paths: sockets of `IPPROTO_MPTCP`.
    Mptcp,
}

/// What the kernel calls the thing, how it is built in, and what users call it.
struct Entry {
    name: &'static str,
    /// The module that has it, unless it is a part of another one.
    module: Option<&'static str>,
    /// The option that a kernel is built with.
    option: Option<&'static str>,
}

const fn entry(
    name: &'static str,
    module: Option<&'static str>,
    option: Option<&'static str>,
) -> Entry {
    Entry {
        name,
        module,
        option,
    }
}

impl Feature {
    /// Every feature, those first without which a network is not complete.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Feature;
    ///
    /// let names: Vec<String> = Feature::ALL.iter().map(Feature::to_string).collect();
    /// assert!(names.contains(&"netem".to_owned()));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self::Veth,
        Self::Bridge,
        Self::Ipv6,
        Self::Sysctls,
        Self::Names,
        Self::Programs,
        Self::Dummy,
        Self::Vlan,
        Self::VlanFiltering,
        Self::Macvlan,
        Self::Ipvlan,
        Self::Vxlan,
        Self::Vrf,
        Self::Wireguard,
        Self::Ifb,
        Self::Tun,
        Self::Netem,
        Self::Tbf,
        Self::Htb,
        Self::Ingress,
        Self::Mirred,
        Self::Nftables,
        Self::Nat,
        Self::Conntrack,
        Self::PacketSockets,
        Self::Sctp,
        Self::Mptcp,
    ];

    /// The feature of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Feature;
    ///
    /// assert_eq!(Feature::from_name("packet_sockets"), Some(Feature::PacketSockets));
    /// assert_eq!(Feature::from_name("quantum"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.name() == name)
    }

    /// Its name, as `Display` gives it.
    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    pub(crate) fn module(self) -> Option<&'static str> {
        self.entry().module
    }

    pub(crate) fn option(self) -> Option<&'static str> {
        self.entry().option
    }

    /// Whether this crate needs it for its own promises; the others are for tests that ask.
    pub(crate) fn is_own_need(self) -> bool {
        matches!(
            self,
            Self::Veth | Self::Bridge | Self::Ipv6 | Self::Sysctls | Self::Names | Self::Programs
        )
    }

    fn entry(self) -> Entry {
        match self {
            Self::Veth => entry("veth", Some("veth"), Some("VETH")),
            Self::Bridge => entry("bridge", Some("bridge"), Some("BRIDGE")),
            Self::Ipv6 => entry("ipv6", Some("ipv6"), Some("IPV6")),
            Self::Sysctls => entry("sysctls", None, None),
            Self::Names => entry("names", None, None),
            Self::Programs => entry("programs", None, Some("PID_NS")),
            Self::Dummy => entry("dummy", Some("dummy"), Some("DUMMY")),
            Self::Vlan => entry("vlan", Some("8021q"), Some("VLAN_8021Q")),
            // A part of the bridge, which a kernel has or has not.
            Self::VlanFiltering => entry("vlan_filtering", None, Some("BRIDGE_VLAN_FILTERING")),
            Self::Macvlan => entry("macvlan", Some("macvlan"), Some("MACVLAN")),
            Self::Ipvlan => entry("ipvlan", Some("ipvlan"), Some("IPVLAN")),
            Self::Vxlan => entry("vxlan", Some("vxlan"), Some("VXLAN")),
            Self::Vrf => entry("vrf", Some("vrf"), Some("NET_VRF")),
            Self::Wireguard => entry("wireguard", Some("wireguard"), Some("WIREGUARD")),
            Self::Ifb => entry("ifb", Some("ifb"), Some("IFB")),
            Self::Tun => entry("tun", Some("tun"), Some("TUN")),
            Self::Netem => entry("netem", Some("sch_netem"), Some("NET_SCH_NETEM")),
            Self::Tbf => entry("tbf", Some("sch_tbf"), Some("NET_SCH_TBF")),
            Self::Htb => entry("htb", Some("sch_htb"), Some("NET_SCH_HTB")),
            Self::Ingress => entry("ingress", Some("sch_ingress"), Some("NET_SCH_INGRESS")),
            Self::Mirred => entry("mirred", Some("act_mirred"), Some("NET_ACT_MIRRED")),
            Self::Nftables => entry("nftables", Some("nf_tables"), Some("NF_TABLES")),
            Self::Nat => entry("nat", Some("nft_masq"), Some("NFT_MASQ")),
            Self::Conntrack => entry("conntrack", Some("nft_ct"), Some("NFT_CT")),
            Self::PacketSockets => entry("packet_sockets", Some("af_packet"), Some("PACKET")),
            Self::Sctp => entry("sctp", Some("sctp"), Some("IP_SCTP")),
            Self::Mptcp => entry("mptcp", None, Some("MPTCP")),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One feature, where several could stand.
impl AsRef<[Self]> for Feature {
    fn as_ref(&self) -> &[Self] {
        std::slice::from_ref(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_listed_once_and_found_by_their_names() {
        for (position, feature) in Feature::ALL.iter().enumerate() {
            assert_eq!(*feature as usize, position, "{feature}");
            assert_eq!(Feature::from_name(feature.name()), Some(*feature));
            // A name of the attribute is a word of the language.
            assert!(
                feature
                    .name()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            );
        }
        assert_eq!(Feature::from_name("Netem"), None);
    }
}
