//! Loads what selectors read into registers, after making sure that the packet has it.

use super::super::registers::{at, words};
use super::Making;
use crate::address::Family;
use crate::nft::{EtherType, Layer, Selector, Side};
use crate::sys::netlink::raw::Attributes;

const NETWORK: u32 = 1;
const TRANSPORT: u32 = 2;

const META_PROTOCOL: u32 = 1;
const META_IIFNAME: u32 = 6;
const META_OIFNAME: u32 = 7;
const META_NFPROTO: u32 = 15;
const META_L4PROTO: u32 = 16;

const CT_STATE: u32 = 0;
const CT_STATUS: u32 = 2;

/// A word for comparisons that come in between; what is loaded for something else lies before it.
const SCRATCH: u32 = 12;

const TCP: u8 = 6;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// What is certain of a packet that has come so far in its rule.
pub(super) struct Known {
    layer: Layer,
    pub(super) family: Option<Family>,
    pub(super) protocol: Option<u8>,
}

impl Known {
    pub(super) fn of(layer: Layer) -> Self {
        let family = match layer {
            Layer::Ipv4 => Some(Family::V4),
            Layer::Ipv6 => Some(Family::V6),
            Layer::Inet | Layer::Bridge => None,
        };
        Self {
            layer,
            family,
            protocol: None,
        }
    }
}

impl Making {
    /// Loads what each selector reads, one behind the other from a word on. Returns the word behind them.
    pub(super) fn load_all(&mut self, selectors: &[Selector], mut word: u32) -> u32 {
        for selector in selectors {
            self.make_sure(*selector);
        }
        for selector in selectors {
            self.read(*selector, word);
            word += words(selector.length());
        }
        word
    }

    /// Loads what a selector reads to the first word.
    pub(super) fn load(&mut self, selector: Selector) {
        self.make_sure(selector);
        self.read(selector, 0);
    }

    fn read(&mut self, selector: Selector, word: u32) {
        match selector {
            Selector::Interface(Side::Source) => self.meta(META_IIFNAME, word),
            Selector::Interface(Side::Destination) => self.meta(META_OIFNAME, word),
            Selector::Protocol => self.meta(META_L4PROTO, word),
            Selector::Family => self.meta(META_NFPROTO, word),
            Selector::EtherType => self.meta(META_PROTOCOL, word),
            Selector::State => self.ct(CT_STATE, word),
            Selector::Status => self.ct(CT_STATUS, word),
            Selector::Address(Family::V4, Side::Source) => self.payload(NETWORK, 12, 4, word),
            Selector::Address(Family::V4, Side::Destination) => self.payload(NETWORK, 16, 4, word),
            Selector::Address(Family::V6, Side::Source) => self.payload(NETWORK, 8, 16, word),
            Selector::Address(Family::V6, Side::Destination) => {
                self.payload(NETWORK, 24, 16, word);
            }
            Selector::Port(_, Side::Source) => self.payload(TRANSPORT, 0, 2, word),
            Selector::Port(_, Side::Destination) => self.payload(TRANSPORT, 2, 2, word),
            Selector::IcmpType(_) => self.payload(TRANSPORT, 0, 1, word),
            Selector::IcmpCode(_) => self.payload(TRANSPORT, 1, 1, word),
            Selector::TcpFlags => self.payload(TRANSPORT, 13, 1, word),
        }
    }

    /// Ends the rule if the packet does not have what is to be loaded.
    fn make_sure(&mut self, selector: Selector) {
        match selector {
            Selector::Address(family, _) => self.know_family(family),
            Selector::Port(transport, _) => {
                self.know_protocol(transport.number());
            }
            Selector::TcpFlags => self.know_protocol(TCP),
            Selector::IcmpType(family) | Selector::IcmpCode(family) => {
                self.know_protocol(match family {
                    Family::V4 => ICMP,
                    Family::V6 => ICMPV6,
                });
            }
            _ => {}
        }
    }

    pub(super) fn know_protocol(&mut self, number: u8) {
        if self.known.protocol != Some(number) {
            self.meta(META_L4PROTO, SCRATCH);
            self.cmp(SCRATCH, super::EQUAL, &[number]);
            self.known.protocol = Some(number);
        }
    }

    fn know_family(&mut self, family: Family) {
        if self.known.family == Some(family) {
            return;
        }
        if self.known.layer == Layer::Bridge {
            let ethertype = EtherType::of(family) as u16;
            self.meta(META_PROTOCOL, SCRATCH);
            self.cmp(SCRATCH, super::EQUAL, &ethertype.to_be_bytes());
        } else {
            self.meta(META_NFPROTO, SCRATCH);
            self.cmp(SCRATCH, super::EQUAL, &[number(family)]);
        }
        self.known.family = Some(family);
    }

    fn meta(&mut self, key: u32, word: u32) {
        let data = Attributes::new().number(2, key).number(1, at(word));
        self.add("meta", data);
    }

    fn ct(&mut self, key: u32, word: u32) {
        let data = Attributes::new().number(1, at(word)).number(2, key);
        self.add("ct", data);
    }

    fn payload(&mut self, base: u32, offset: u32, length: u32, word: u32) {
        let data = Attributes::new()
            .number(1, at(word))
            .number(2, base)
            .number(3, offset)
            .number(4, length);
        self.add("payload", data);
    }
}

/// The kernel's number of a family, `NFPROTO_*`.
pub(in crate::sys::nft) fn number(family: Family) -> u8 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}
