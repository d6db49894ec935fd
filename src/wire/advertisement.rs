//! Router advertisements as bytes, and the solicitations that ask for them.
//!
//! See [RFC 4861](https://www.rfc-editor.org/rfc/rfc4861#section-4) and [RFC 8106](https://www.rfc-editor.org/rfc/rfc8106).

use std::net::Ipv6Addr;

use crate::address::Mac;

const SOLICITATION: u8 = 133;
const ADVERTISEMENT: u8 = 134;
const HEADER: usize = 8;

/// What a router says of itself and of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advertisement {
    /// In seconds; zero is said by who is no default router.
    pub(crate) lifetime: u16,
    pub(crate) source: Mac,
    pub(crate) mtu: Option<u32>,
    /// Subnets of 64 bits, in which hosts make themselves addresses.
    pub(crate) subnets: Vec<Ipv6Addr>,
    pub(crate) dns: Vec<Ipv6Addr>,
}

impl Advertisement {
    /// The ICMPv6 message. The kernel fills in the checksum, which covers addresses that are not known here.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        const HOP_LIMIT: u8 = 64;
        let mut bytes = vec![ADVERTISEMENT, 0, 0, 0, HOP_LIMIT, 0];
        bytes.extend(self.lifetime.to_be_bytes());
        // How long neighbours are reachable, and when to ask again: not said.
        bytes.extend([0; 8]);
        option(&mut bytes, 1, &self.source.0);
        if let Some(mtu) = self.mtu {
            option(&mut bytes, 5, &[&[0; 2], &mtu.to_be_bytes()[..]].concat());
        }
        for subnet in &self.subnets {
            option(&mut bytes, 3, &prefix(*subnet));
        }
        if !self.dns.is_empty() {
            let mut servers = vec![0; 2];
            servers.extend(u32::from(self.lifetime).to_be_bytes());
            servers.extend(self.dns.iter().flat_map(Ipv6Addr::octets));
            option(&mut bytes, 25, &servers);
        }
        bytes
    }
}

/// An option: its kind, its length in units of eight bytes, its value.
fn option(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let units = (2 + value.len()).div_ceil(8);
    let end = bytes.len() + units * 8;
    bytes.extend([kind, units as u8]);
    bytes.extend(value);
    bytes.resize(end, 0);
}

/// A subnet that is on the link, for addresses that hosts make themselves; for a day, and preferred for four hours.
fn prefix(subnet: Ipv6Addr) -> Vec<u8> {
    const BITS: u8 = 64;
    const ON_LINK_AND_AUTONOMOUS: u8 = 0xC0;
    let (valid, preferred) = (86_400_u32, 14_400_u32);
    let mut value = vec![BITS, ON_LINK_AND_AUTONOMOUS];
    value.extend(valid.to_be_bytes());
    value.extend(preferred.to_be_bytes());
    value.extend([0; 4]);
    value.extend(subnet.octets());
    value
}

/// Whether an ICMPv6 message asks for advertisements, as [RFC 4861, section 6.1.1](https://www.rfc-editor.org/rfc/rfc4861#section-6.1.1)
/// has it. A hop limit other than 255 was sent by somebody who is not on the link.
pub(crate) fn is_solicitation(message: &[u8], hop_limit: Option<u8>) -> bool {
    let [SOLICITATION, 0, ..] = message else {
        return false;
    };
    let Some(mut options) = message.get(HEADER..) else {
        return false;
    };
    while let [_, units, ..] = options {
        let length = usize::from(*units) * 8;
        match options.get(length..) {
            Some(rest) if length > 0 => options = rest,
            _ => return false,
        }
    }
    options.is_empty() && hop_limit == Some(255)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_advertisement_has_the_bytes_of_the_rfcs() {
        let advertisement = Advertisement {
            lifetime: 1800,
            source: Mac([2, 0, 0, 1, 0, 1]),
            mtu: Some(1400),
            subnets: vec!["2001:db8:1::".parse().unwrap()],
            dns: vec!["2001:db8:1::53".parse().unwrap()],
        };
        let mut prefix = vec![0x20, 0x01, 0x0d, 0xb8, 0, 1];
        prefix.resize(16, 0);
        let mut server = prefix.clone();
        server[15] = 0x53;
        let expected: &[&[u8]] = &[
            &[134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0],
            &[1, 1, 2, 0, 0, 1, 0, 1],
            &[5, 1, 0, 0, 0, 0, 5, 120],
            &[
                3, 4, 64, 0xC0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0,
            ],
            &prefix,
            &[25, 3, 0, 0, 0, 0, 7, 8],
            &server,
        ];
        assert_eq!(advertisement.bytes(), expected.concat());
    }

    #[test]
    fn only_whole_solicitations_from_the_link_are_taken() {
        let bare = [133, 0, 0, 0, 0, 0, 0, 0];
        let with_source = [&bare[..], &[1, 1, 2, 0, 0, 0, 0, 1]].concat();
        assert!(is_solicitation(&bare, Some(255)));
        assert!(is_solicitation(&with_source, Some(255)));
        assert!(!is_solicitation(&bare, Some(254)));
        assert!(!is_solicitation(&bare, None));
        assert!(!is_solicitation(&bare[..7], Some(255)));
        assert!(!is_solicitation(&[134, 0, 0, 0, 0, 0, 0, 0], Some(255)));
        assert!(!is_solicitation(&with_source[..15], Some(255)));
        let endless = [&bare[..], &[1, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert!(!is_solicitation(&endless, Some(255)));
    }

    proptest! {
        #[test]
        fn any_message_is_read_to_its_end(message in proptest::collection::vec(any::<u8>(), 0..80)) {
            is_solicitation(&[&[133, 0][..], &message].concat(), Some(255));
        }
    }
}
