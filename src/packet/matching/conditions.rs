//! The conditions of a match.

use std::sync::Arc;

use super::Match;
use crate::address::{Cidr, Family};
use crate::packet::condition::{Condition, Sender, Side};
use crate::packet::flags::TcpFlags;
use crate::packet::view::Packet;

impl Match {
    /// Packets of this family.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Family, Match};
    ///
    /// assert_eq!(Match::tcp().family(Family::V6).to_string(), "tcp, IPv6");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn family(self, family: Family) -> Self {
        self.with(Condition::Family(family))
    }

    /// Frames whose outermost VLAN tag has this number.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::any().vlan(7).to_string(), "vlan 7");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn vlan(self, vlan: u16) -> Self {
        self.with(Condition::Vlan(vlan))
    }

    /// The first segment of a connection: SYN without ACK.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn syn(self) -> Self {
        self.with_flags(TcpFlags::SYN, TcpFlags::ACK, "syn")
    }

    /// The answer to the first segment of a connection: SYN and ACK.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn syn_ack(self) -> Self {
        self.with_flags(TcpFlags::SYN | TcpFlags::ACK, TcpFlags(0), "syn ack")
    }

    /// The last segment of one direction of a connection.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn fin(self) -> Self {
        self.with_flags(TcpFlags::FIN, TcpFlags(0), "fin")
    }

    /// What ends a connection at once, or refuses one.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn rst(self) -> Self {
        self.with_flags(TcpFlags::RST, TcpFlags(0), "rst")
    }

    /// Segments that acknowledge and do nothing else: no SYN, FIN, RST, and no payload.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn ack_only(self) -> Self {
        self.with(Condition::AckOnly)
    }

    /// Segments on which all of these flags are set, whatever else is.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, headers::TcpFlags};
    ///
    /// assert_eq!(Match::tcp().flags(TcpFlags::PSH | TcpFlags::ACK).to_string(), "tcp, flags [P.]");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn flags(self, flags: TcpFlags) -> Self {
        self.with_flags(flags, TcpFlags(0), "")
    }

    fn with_flags(self, set: TcpFlags, unset: TcpFlags, name: &'static str) -> Self {
        self.with(Condition::Flags { set, unset, name })
    }

    /// From this port or to it, of TCP or UDP.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn port(self, port: u16) -> Self {
        self.with(Condition::Port(Side::Either, port))
    }

    /// From this port.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn source_port(self, port: u16) -> Self {
        self.with(Condition::Port(Side::Source, port))
    }

    /// To this port.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn destination_port(self, port: u16) -> Self {
        self.with(Condition::Port(Side::Destination, port))
    }

    /// From this address, or one of this subnet: an address of `std` or a text. Of an ARP message, the sender's address in it.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn source(self, address: impl ToString) -> Self {
        self.address(Side::Source, &address.to_string())
    }

    /// To this address, or one of this subnet. Of an ARP message, the address that it asks for.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn destination(self, address: impl ToString) -> Self {
        self.address(Side::Destination, &address.to_string())
    }

    fn address(self, side: Side, text: &str) -> Self {
        let subnet = match text.parse() {
            Ok(address) => Ok(Cidr::host(address)),
            Err(_) => text.parse::<Cidr>(),
        };
        match subnet {
            Ok(subnet) => self.with(Condition::Address(side, subnet)),
            Err(error) => self.wrong(error.to_string()),
        }
    }

    /// What carries these bytes somewhere: see [`Packet::payload`].
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::tcp().payload_contains("GET /").to_string(), "tcp, payload contains \"GET /\"");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn payload_contains(self, bytes: impl AsRef<[u8]>) -> Self {
        self.with(Condition::Payload(bytes.as_ref().to_vec()))
    }

    /// Frames of so many bytes or more, the Ethernet header included.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::udp().min_length(1000).to_string(), "udp, 1000 bytes or more");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn min_length(self, bytes: usize) -> Self {
        self.with(Condition::MinLength(bytes))
    }

    /// What a closure says yes to. It is called by the thread that carries the packets, which waits for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Match;
    ///
    /// let _near = Match::any().when(|packet| packet.ipv4().is_some_and(|ip| ip.ttl == 64));
    /// ```
    #[must_use = "builder methods return the changed match"]
    #[doc(alias = "where")]
    pub fn when(self, says: impl Fn(&Packet<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.with(Condition::When(Arc::new(says)))
    }

    /// What the host sends whose link has the rule.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn sent(self) -> Self {
        self.with(Condition::Sender(Sender::Own))
    }

    /// What comes to the host whose link has the rule.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn received(self) -> Self {
        self.with(Condition::Sender(Sender::Far))
    }

    /// What comes from this end of the link: the host whose link it is, or what is at the other end, by its name.
    ///
    /// Who sends from behind a switch or a router is no end: say [`source`](Self::source).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::tcp().from("server").to_string(), "tcp, from server");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn from(self, end: impl Into<String>) -> Self {
        self.with(Condition::Sender(Sender::Named(end.into())))
    }

    /// What the other match is not about.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Match;
    ///
    /// assert_eq!(Match::tcp().except(Match::any().port(22)).to_string(), "tcp, not (port 22)");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn except(self, other: Self) -> Self {
        let other = other.uncounted();
        self.with(Condition::Not(Box::new(other)))
    }

    /// What either match is about.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn or(self, other: Self) -> Self {
        let either = Box::new([self.uncounted(), other.uncounted()]);
        Self::default().with(Condition::Or(either))
    }
}
