//! Why a destination cannot be reached, in the words of those who say so.

use std::borrow::Cow;

/// What an ICMP or ICMPv6 "destination unreachable" message gives as its reason.
///
/// The codes of both families are kept apart where they mean different things, so that a test can tell a router's
/// `prohibit` route from a firewall's `reject`. See [icmp(7)] and the registries of [ICMP] and [ICMPv6] parameters.
///
/// # Examples
///
/// ```
/// use netns_test::{PingAnswer, UnreachableReason};
///
/// fn is_filtered(answer: &PingAnswer) -> bool {
///     matches!(answer, PingAnswer::Unreachable { reason, .. } if *reason == UnreachableReason::Filtered)
/// }
/// assert!(!is_filtered(&PingAnswer::Lost { sequence: 1 }));
/// ```
///
/// [icmp(7)]: https://man7.org/linux/man-pages/man7/icmp.7.html
/// [ICMP]: https://www.iana.org/assignments/icmp-parameters
/// [ICMPv6]: https://www.iana.org/assignments/icmpv6-parameters
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreachableReason {
    /// IPv4 code 0: a router has no route to the network.
    Net,
    /// IPv4 code 1: nobody answers for the address on the last network, or a route of type `unreachable`.
    Host,
    /// IPv4 code 2: the host does not know the protocol.
    Protocol,
    /// IPv4 code 3, IPv6 code 4: nobody listens on the port, or a firewall says so.
    Port,
    /// IPv4 code 5: the source route failed.
    SourceRoute,
    /// IPv4 code 6: the network is unknown.
    NetUnknown,
    /// IPv4 code 7: the host is unknown.
    HostUnknown,
    /// IPv4 code 8: the source is isolated.
    SourceIsolated,
    /// IPv4 code 9: the network is administratively prohibited.
    NetProhibited,
    /// IPv4 code 10: the host is administratively prohibited.
    HostProhibited,
    /// IPv4 code 11: the network is unreachable for this type of service.
    NetService,
    /// IPv4 code 12: the host is unreachable for this type of service.
    HostService,
    /// IPv4 code 13: filtered by a firewall, or a route of type `prohibit`.
    Filtered,
    /// IPv4 code 14: the precedence is not permitted.
    PrecedenceViolation,
    /// IPv4 code 15: the precedence is below the minimum.
    PrecedenceCutoff,
    /// IPv6 code 0: a router has no route to the destination.
    NoRoute,
    /// IPv6 code 1: filtered by a firewall, or a route of type `prohibit`.
    Prohibited,
    /// IPv6 code 2: the destination is beyond the scope of the source address.
    BeyondScope,
    /// IPv6 code 3: nobody answers for the address on the last network.
    Address,
    /// IPv6 code 5: the source address failed a policy.
    SourcePolicy,
    /// IPv6 code 6: a route that rejects.
    RejectRoute,
    /// IPv4 and IPv6 "time exceeded" code 1: not all fragments of the request arrived in time.
    Reassembly,
    /// Any other code.
    Other(u8),
}

impl UnreachableReason {
    /// The meaning of an ICMPv4 "destination unreachable" code other than 4 (fragmentation needed).
    pub(super) fn from_v4(code: u8) -> Self {
        match code {
            0 => Self::Net,
            1 => Self::Host,
            2 => Self::Protocol,
            3 => Self::Port,
            5 => Self::SourceRoute,
            6 => Self::NetUnknown,
            7 => Self::HostUnknown,
            8 => Self::SourceIsolated,
            9 => Self::NetProhibited,
            10 => Self::HostProhibited,
            11 => Self::NetService,
            12 => Self::HostService,
            13 => Self::Filtered,
            14 => Self::PrecedenceViolation,
            15 => Self::PrecedenceCutoff,
            other => Self::Other(other),
        }
    }

    /// The meaning of an ICMPv6 "destination unreachable" code.
    pub(super) fn from_v6(code: u8) -> Self {
        match code {
            0 => Self::NoRoute,
            1 => Self::Prohibited,
            2 => Self::BeyondScope,
            3 => Self::Address,
            4 => Self::Port,
            5 => Self::SourcePolicy,
            6 => Self::RejectRoute,
            other => Self::Other(other),
        }
    }

    /// The words in which ping(8) reports it; the families differ even where the meaning is the same.
    pub(crate) fn text(self, ipv4: bool) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Net => "Destination Net Unreachable",
            Self::Host => "Destination Host Unreachable",
            Self::Protocol => "Destination Protocol Unreachable",
            Self::Port if ipv4 => "Destination Port Unreachable",
            Self::SourceRoute => "Source Route Failed",
            Self::NetUnknown => "Destination Net Unknown",
            Self::HostUnknown => "Destination Host Unknown",
            Self::SourceIsolated => "Source Host Isolated",
            Self::NetProhibited => "Destination Net Prohibited",
            Self::HostProhibited => "Destination Host Prohibited",
            Self::NetService => "Destination Net Unreachable for Type of Service",
            Self::HostService => "Destination Host Unreachable for Type of Service",
            Self::Filtered => "Packet filtered",
            Self::PrecedenceViolation => "Precedence Violation",
            Self::PrecedenceCutoff => "Precedence Cutoff",
            Self::NoRoute => "Destination unreachable: No route",
            Self::Prohibited => "Destination unreachable: Administratively prohibited",
            Self::BeyondScope => "Destination unreachable: Beyond scope of source address",
            Self::Address => "Destination unreachable: Address unreachable",
            Self::Port => "Destination unreachable: Port unreachable",
            Self::SourcePolicy => "Destination unreachable: Source address failed policy",
            Self::RejectRoute => "Destination unreachable: Reject route",
            Self::Reassembly if ipv4 => "Frag reassembly time exceeded",
            Self::Reassembly => "Time exceeded: Defragmentation failure",
            Self::Other(code) if ipv4 => {
                return Cow::Owned(format!("Dest Unreachable, Bad Code: {code}"));
            }
            Self::Other(code) => {
                return Cow::Owned(format!("Destination unreachable: Unknown code {code}"));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_has_its_own_meaning_and_words() {
        for (ipv4, codes) in [(true, 0..16), (false, 0..7)] {
            let mut texts = Vec::new();
            for code in codes.filter(|code| !(ipv4 && *code == 4)) {
                let reason = if ipv4 {
                    UnreachableReason::from_v4(code)
                } else {
                    UnreachableReason::from_v6(code)
                };
                assert!(!matches!(reason, UnreachableReason::Other(_)), "{code}");
                let text = reason.text(ipv4);
                assert!(!texts.contains(&text), "{text}");
                texts.push(text);
            }
        }
    }

    #[test]
    fn unknown_codes_are_named() {
        assert_eq!(
            UnreachableReason::from_v4(99).text(true),
            "Dest Unreachable, Bad Code: 99"
        );
        assert_eq!(
            UnreachableReason::from_v6(99).text(false),
            "Destination unreachable: Unknown code 99"
        );
    }

    #[test]
    fn the_families_word_the_same_reason_differently() {
        assert_eq!(
            UnreachableReason::Port.text(true),
            "Destination Port Unreachable"
        );
        assert_eq!(
            UnreachableReason::Port.text(false),
            "Destination unreachable: Port unreachable"
        );
    }
}
