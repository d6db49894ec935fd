//! Translations: of addresses, of ports, and of the segment size that TCP announces.

use super::super::registers::{at, words};
use super::load::number;
use super::{Making, octets};
use crate::nft::{Datatype, Flags, Hashed, Nat, Ports, Selector, Side, Target};
use crate::sys::netlink::raw::Attributes;

const PERSISTENT: u32 = 8;
const FULLY_RANDOM: u32 = 16;
const NETMAP: u32 = 64;
/// Ports are given. For masquerading the kernel goes by this alone.
const WITH_PORTS: u32 = 2;

/// Words that are far from those in which addresses are.
const PORTS_AT: u32 = 8;
/// The last word, behind the longest key.
pub(super) const HASHED_AT: u32 = 15;

impl Making {
    pub(super) fn nat(&mut self, nat: &Nat) {
        let mut data = Attributes::new()
            .number(
                1,
                match nat.side {
                    Side::Source => 0,
                    Side::Destination => 1,
                },
            )
            .number(2, u32::from(number(nat.family)));
        let mut flags = bits(nat.flags);
        // A map's key may reach to where the address will be.
        let ports = self.ports(&nat.ports);
        let mut port = None;
        match &nat.to {
            Target::Address(address) => {
                self.immediate(0, &octets(*address));
                data = data.number(3, at(0));
            }
            Target::Prefix(subnet) => {
                let last = words(octets(subnet.address()).len() as u32);
                self.immediate(0, &octets(subnet.network().address()));
                self.immediate(last, &octets(subnet.last()));
                data = data.number(3, at(0)).number(4, at(last));
                flags |= NETMAP;
            }
            Target::Mapped {
                key,
                map,
                with_port,
            } => {
                self.map(key, map, 0);
                data = data.number(3, at(0));
                let behind = words(Datatype::Address(nat.family).length());
                port = with_port.then_some((behind, behind));
            }
        }
        if let Some((first, last)) = ports.or(port) {
            data = data.number(5, at(first)).number(6, at(last));
            flags |= WITH_PORTS;
        }
        if flags != 0 {
            data = data.number(7, flags);
        }
        self.add("nat", data);
    }

    pub(super) fn masquerade(&mut self, ports: &Ports, flags: Flags) {
        let mut flags = bits(flags);
        let mut data = Attributes::new();
        if let Some((first, last)) = self.ports(ports) {
            data = data.number(2, at(first)).number(3, at(last));
            flags |= WITH_PORTS;
        }
        if flags != 0 {
            data = data.number(1, flags);
        }
        self.add("masq", data);
    }

    /// Loads ports, and returns the words in which the first and the last one are.
    fn ports(&mut self, ports: &Ports) -> Option<(u32, u32)> {
        match ports {
            Ports::Keep => None,
            Ports::Range(ports) => {
                self.immediate(PORTS_AT, &ports.start().to_be_bytes());
                if ports.start() == ports.end() {
                    return Some((PORTS_AT, PORTS_AT));
                }
                self.immediate(PORTS_AT + 1, &ports.end().to_be_bytes());
                Some((PORTS_AT, PORTS_AT + 1))
            }
            Ports::Mapped { key, map } => {
                self.map(key, map, PORTS_AT);
                Some((PORTS_AT, PORTS_AT))
            }
        }
    }

    /// Looks up the value that belongs to what the selectors read, into a word and those behind it.
    fn map(&mut self, key: &[Selector], map: &str, word: u32) {
        self.load_all(key, 0);
        let data = Attributes::new()
            .text(1, map)
            .number(2, at(0))
            .number(3, at(word));
        self.add("lookup", data);
    }

    /// A port that follows from what the selectors read, into a word. Returns that word.
    pub(super) fn hash(&mut self, hashed: &Hashed, word: u32) -> u32 {
        self.load_all(&hashed.of, 0);
        let length: u32 = hashed.of.iter().map(|it| words(it.length()) * 4).sum();
        let data = Attributes::new()
            .number(1, at(0))
            .number(2, at(word))
            .number(3, length)
            .number(4, hashed.count)
            .number(5, hashed.seed)
            .number(6, hashed.first)
            .number(7, 0);
        self.add("hash", data);
        // A port is its two lower bytes as networks write them.
        self.swap_bytes(word);
        word
    }

    pub(super) fn clamp(&mut self) {
        const TCP_SEGMENT_SIZE: u32 = 3;
        let data = Attributes::new()
            .number(1, at(0))
            .number(2, TCP_SEGMENT_SIZE);
        self.add("rt", data);
        self.swap_bytes(0);
        // Bytes 2 and 3 of the TCP option of kind 2.
        let data = Attributes::new()
            .number(7, at(0))
            .with(2, &[2])
            .number(3, 2)
            .number(4, 2)
            .number(6, 1);
        self.add("exthdr", data);
    }

    /// From the machine's order of two bytes to the network's.
    fn swap_bytes(&mut self, word: u32) {
        const HOST_TO_NETWORK: u32 = 1;
        let data = Attributes::new()
            .number(1, at(word))
            .number(2, at(word))
            .number(3, HOST_TO_NETWORK)
            .number(4, 2)
            .number(5, 2);
        self.add("byteorder", data);
    }

    fn immediate(&mut self, word: u32, value: &[u8]) {
        let data = Attributes::new()
            .number(1, at(word))
            .nest(2, |it| it.with(1, value));
        self.add("immediate", data);
    }
}

fn bits(flags: Flags) -> u32 {
    let random = if flags.fully_random { FULLY_RANDOM } else { 0 };
    random | if flags.persistent { PERSISTENT } else { 0 }
}
