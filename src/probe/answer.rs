//! What became of one echo request.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::wire::UnreachableReason;

/// What became of one echo request.
///
/// `Display` prints the line that [ping(8)] prints for it.
///
/// # Examples
///
/// ```
/// use netns_test::PingAnswer;
/// use std::time::Duration;
///
/// let answer = PingAnswer::Reply {
///     sequence: 1,
///     bytes: 64,
///     ttl: 64,
///     time: Duration::from_micros(45),
///     from: [172, 16, 1, 2].into(),
/// };
/// assert!(answer.is_reply());
/// assert_eq!(answer.to_string(), "64 bytes from 172.16.1.2: icmp_seq=1 ttl=64 time=0.045 ms");
/// ```
///
/// [ping(8)]: https://man7.org/linux/man-pages/man8/ping.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PingAnswer {
    /// The target replied.
    Reply {
        /// The request's number, counted from 1.
        sequence: u16,
        /// Length of the ICMP message in bytes: the payload and 8 bytes of header.
        bytes: usize,
        /// The TTL or hop limit that the reply arrived with: what the target sent it with, less the routers it passed.
        ttl: u8,
        /// From just before the request was handed to the kernel until the kernel received the reply.
        time: Duration,
        /// Who replied: the target, unless that is a multicast address.
        from: IpAddr,
    },
    /// A router, a firewall or the pinging host's own kernel says that the request cannot be delivered.
    Unreachable {
        /// The request's number, counted from 1.
        sequence: u16,
        /// Who says so.
        from: IpAddr,
        /// Why.
        reason: UnreachableReason,
    },
    /// A router dropped the request because it had passed too many routers.
    TimeExceeded {
        /// The request's number, counted from 1.
        sequence: u16,
        /// The router.
        from: IpAddr,
    },
    /// A router dropped the request because it does not fit the next link and must not be fragmented.
    FragmentationNeeded {
        /// The request's number, counted from 1.
        sequence: u16,
        /// The router.
        from: IpAddr,
        /// What would fit, in bytes, IP header included.
        mtu: u32,
    },
    /// The pinging host's own kernel refused to send the request.
    NotSent {
        /// The request's number, counted from 1.
        sequence: u16,
        /// The kernel's reason: `sendmsg: Network is unreachable`, `local error: message too long, mtu=1400`.
        error: String,
    },
    /// Nobody answered within the timeout.
    Lost {
        /// The request's number, counted from 1.
        sequence: u16,
    },
}

impl PingAnswer {
    /// The request's number, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::PingAnswer::Lost { sequence: 3 }.sequence(), 3);
    /// ```
    pub fn sequence(&self) -> u16 {
        match self {
            Self::Reply { sequence, .. }
            | Self::Unreachable { sequence, .. }
            | Self::TimeExceeded { sequence, .. }
            | Self::FragmentationNeeded { sequence, .. }
            | Self::NotSent { sequence, .. }
            | Self::Lost { sequence } => *sequence,
        }
    }

    /// Whether the target replied.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!netns_test::PingAnswer::Lost { sequence: 3 }.is_reply());
    /// ```
    pub fn is_reply(&self) -> bool {
        matches!(self, Self::Reply { .. })
    }

    /// The time of a reply.
    pub(super) fn time(&self) -> Option<Duration> {
        match self {
            Self::Reply { time, .. } => Some(*time),
            _ => None,
        }
    }

    /// Whether somebody said that there will be no reply.
    pub(super) fn is_error(&self) -> bool {
        !matches!(self, Self::Reply { .. } | Self::Lost { .. })
    }
}

impl fmt::Display for PingAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply {
                sequence,
                bytes,
                ttl,
                time,
                from,
            } => write!(
                f,
                "{bytes} bytes from {from}: icmp_seq={sequence} ttl={ttl} time={} ms",
                Milliseconds(*time)
            ),
            Self::Unreachable {
                sequence,
                from,
                reason,
            } => write!(
                f,
                "From {from} icmp_seq={sequence} {}",
                reason.text(from.is_ipv4())
            ),
            Self::TimeExceeded { sequence, from } => write!(
                f,
                "From {from} icmp_seq={sequence} {}",
                if from.is_ipv4() {
                    "Time to live exceeded"
                } else {
                    "Time exceeded: Hop limit"
                }
            ),
            Self::FragmentationNeeded {
                sequence,
                from,
                mtu,
            } => {
                write!(f, "From {from} icmp_seq={sequence} ")?;
                if from.is_ipv4() {
                    write!(f, "Frag needed and DF set (mtu = {mtu})")
                } else {
                    write!(f, "Packet too big: mtu={mtu}")
                }
            }
            Self::NotSent { error, .. } => write!(f, "ping: {error}"),
            Self::Lost { sequence } => write!(f, "no answer for icmp_seq={sequence}"),
        }
    }
}

/// A router's hint that another next hop is the better one for the target. The request itself was forwarded.
///
/// `Display` prints the line that [ping(8)] prints for it.
///
/// # Examples
///
/// ```
/// fn new_gateways(report: &netns_test::PingReport) -> Vec<std::net::IpAddr> {
///     report.redirects().iter().map(|redirect| redirect.gateway).collect()
/// }
/// # let _ = new_gateways;
/// ```
///
/// [ping(8)]: https://man7.org/linux/man-pages/man8/ping.8.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PingRedirect {
    /// The number of the request that it is about, counted from 1.
    pub sequence: u16,
    /// The router that gives the hint.
    pub from: IpAddr,
    /// The next hop to use from now on; the target itself if it is on the same link (IPv6).
    pub gateway: IpAddr,
}

impl fmt::Display for PingRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "From {}: icmp_seq={} Redirect Host(New nexthop: {})",
            self.from, self.sequence, self.gateway
        )
    }
}

/// Milliseconds with about three significant digits, rounded where ping(8) rounds them.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        if micros >= 100_000 - 50 {
            write!(f, "{}", (micros + 500) / 1000)
        } else if micros >= 10_000 - 5 {
            let rounded = micros + 50;
            write!(f, "{}.{}", rounded / 1000, rounded % 1000 / 100)
        } else if micros >= 1000 {
            let rounded = micros + 5;
            write!(f, "{}.{:02}", rounded / 1000, rounded % 1000 / 10)
        } else {
            write!(f, "0.{micros:03}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (micros, expected) in [
            (0, "0.000"),
            (45, "0.045"),
            (999, "0.999"),
            (1_000, "1.00"),
            (1_234, "1.23"),
            (9_994, "9.99"),
            (9_995, "10.0"),
            (12_345, "12.3"),
            (99_949, "99.9"),
            (99_950, "100"),
            (1_012_345, "1012"),
        ] {
            assert_eq!(
                Milliseconds(Duration::from_micros(micros)).to_string(),
                expected
            );
        }
    }

    #[test]
    fn each_kind_has_the_line_that_ping_prints() {
        let router = IpAddr::from([10, 0, 0, 254]);
        let sequence = 1;
        for (answer, expected) in [
            (
                PingAnswer::Unreachable {
                    sequence,
                    from: IpAddr::from([10, 0, 0, 1]),
                    reason: UnreachableReason::Host,
                },
                "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable",
            ),
            (
                PingAnswer::TimeExceeded {
                    sequence,
                    from: router,
                },
                "From 10.0.0.254 icmp_seq=1 Time to live exceeded",
            ),
            (
                PingAnswer::FragmentationNeeded {
                    sequence,
                    from: router,
                    mtu: 1400,
                },
                "From 10.0.0.254 icmp_seq=1 Frag needed and DF set (mtu = 1400)",
            ),
            (
                PingAnswer::NotSent {
                    sequence,
                    error: "sendmsg: Network is unreachable".to_owned(),
                },
                "ping: sendmsg: Network is unreachable",
            ),
            (PingAnswer::Lost { sequence }, "no answer for icmp_seq=1"),
        ] {
            assert_eq!(answer.to_string(), expected);
        }
        let redirect = PingRedirect {
            sequence,
            from: router,
            gateway: IpAddr::from([10, 0, 0, 2]),
        };
        assert_eq!(
            redirect.to_string(),
            "From 10.0.0.254: icmp_seq=1 Redirect Host(New nexthop: 10.0.0.2)"
        );
    }

    #[test]
    fn ipv6_has_its_own_words() {
        let from: IpAddr = "fd00::254".parse().unwrap();
        let sequence = 1;
        for (answer, expected) in [
            (
                PingAnswer::Unreachable {
                    sequence,
                    from,
                    reason: UnreachableReason::Address,
                },
                "From fd00::254 icmp_seq=1 Destination unreachable: Address unreachable",
            ),
            (
                PingAnswer::TimeExceeded { sequence, from },
                "From fd00::254 icmp_seq=1 Time exceeded: Hop limit",
            ),
            (
                PingAnswer::FragmentationNeeded {
                    sequence,
                    from,
                    mtu: 1400,
                },
                "From fd00::254 icmp_seq=1 Packet too big: mtu=1400",
            ),
        ] {
            assert_eq!(answer.to_string(), expected);
        }
    }
}
