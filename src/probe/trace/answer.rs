//! What became of one probe on its way.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::wire::UnreachableReason;

/// Who answered a probe: an address, and whose it is in the topology.
///
/// `Display` prints `r1.eth0 (10.1.0.2)`, or the address twice, as traceroute(8) does, if it is nobody's.
///
/// # Examples
///
/// ```
/// # fn example(report: &netns_test::TraceReport) {
/// let first = report.hops()[0].responder().unwrap();
/// assert_eq!((first.host(), first.interface()), (Some("r1"), Some("eth0")));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responder {
    pub(crate) address: IpAddr,
    /// Node and interface.
    pub(crate) place: Option<(String, String)>,
}

impl Responder {
    pub(crate) fn new(address: IpAddr) -> Self {
        Self {
            address,
            place: None,
        }
    }

    /// The address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The node of the topology that has the address.
    pub fn host(&self) -> Option<&str> {
        self.place.as_ref().map(|(host, _)| host.as_str())
    }

    /// That node's interface with the address.
    pub fn interface(&self) -> Option<&str> {
        self.place.as_ref().map(|(_, interface)| interface.as_str())
    }

    /// The node's name, or the address of somebody unknown.
    pub(crate) fn name(&self) -> String {
        let host = self.host().map(ToOwned::to_owned);
        host.unwrap_or_else(|| self.address.to_string())
    }
}

impl fmt::Display for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match &self.place {
            Some((host, interface)) => write!(f, "{host}.{interface} ({address})"),
            None => write!(f, "{address} ({address})"),
        }
    }
}

/// What became of one probe.
///
/// `Display` prints what [traceroute(8)] prints for it: a time, with a mark such as `!H` behind it where somebody refused.
///
/// # Examples
///
/// ```
/// use netns_test::{TraceAnswer, UnreachableReason};
///
/// fn is_filtered(answer: &TraceAnswer) -> bool {
///     matches!(answer, TraceAnswer::Unreachable { reason: UnreachableReason::Filtered, .. })
/// }
/// assert!(!is_filtered(&TraceAnswer::Silent));
/// assert_eq!(TraceAnswer::Silent.to_string(), "*");
/// ```
///
/// [traceroute(8)]: https://man7.org/linux/man-pages/man8/traceroute.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceAnswer {
    /// The probe arrived: the target replied to the echo request, or said that nobody listens on the port.
    Reached {
        /// The target.
        from: Responder,
        /// From just before the probe was handed to the kernel until the kernel received the answer.
        time: Duration,
    },
    /// A router dropped the probe, as it should: the probe had passed as many routers as it was allowed to.
    TimeExceeded {
        /// The router.
        from: Responder,
        /// As of [`Reached`](Self::Reached).
        time: Duration,
    },
    /// A router, a firewall or the tracing host's own kernel says that the probe cannot be delivered.
    Unreachable {
        /// Who says so.
        from: Responder,
        /// As of [`Reached`](Self::Reached).
        time: Duration,
        /// Why.
        reason: UnreachableReason,
    },
    /// A router dropped the probe because it does not fit the next link.
    FragmentationNeeded {
        /// The router.
        from: Responder,
        /// As of [`Reached`](Self::Reached).
        time: Duration,
        /// What would fit, in bytes, IP header included.
        mtu: u32,
    },
    /// The tracing host's own kernel refused to send the probe.
    NotSent {
        /// The kernel's reason: `Network is unreachable`.
        error: String,
    },
    /// Nobody answered.
    Silent,
}

impl TraceAnswer {
    /// Who answered.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::TraceAnswer::Silent.from(), None);
    /// ```
    pub fn from(&self) -> Option<&Responder> {
        match self {
            Self::Reached { from, .. }
            | Self::TimeExceeded { from, .. }
            | Self::Unreachable { from, .. }
            | Self::FragmentationNeeded { from, .. } => Some(from),
            Self::NotSent { .. } | Self::Silent => None,
        }
    }

    /// How long the answer took.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::TraceAnswer::Silent.time(), None);
    /// ```
    pub fn time(&self) -> Option<Duration> {
        match self {
            Self::Reached { time, .. }
            | Self::TimeExceeded { time, .. }
            | Self::Unreachable { time, .. }
            | Self::FragmentationNeeded { time, .. } => Some(*time),
            Self::NotSent { .. } | Self::Silent => None,
        }
    }

    pub(crate) fn responder_mut(&mut self) -> Option<&mut Responder> {
        match self {
            Self::Reached { from, .. }
            | Self::TimeExceeded { from, .. }
            | Self::Unreachable { from, .. }
            | Self::FragmentationNeeded { from, .. } => Some(from),
            Self::NotSent { .. } | Self::Silent => None,
        }
    }

    /// Whether no probe that may pass more routers would get any further.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Self::TimeExceeded { .. } | Self::Silent)
    }
}

impl fmt::Display for TraceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, mark) = match self {
            Self::Silent => return f.write_str("*"),
            Self::NotSent { error } => return write!(f, "send: {error}"),
            Self::Reached { time, .. } | Self::TimeExceeded { time, .. } => (time, String::new()),
            Self::Unreachable { time, reason, .. } => (time, format!(" {}", mark(*reason))),
            Self::FragmentationNeeded { time, mtu, .. } => (time, format!(" !F-{mtu}")),
        };
        let micros = time.as_micros();
        write!(f, "{}.{:03} ms{mark}", micros / 1000, micros % 1000)
    }
}

/// The mark that traceroute(8) puts behind the time.
fn mark(reason: UnreachableReason) -> String {
    use UnreachableReason as Why;
    let mark = match reason {
        Why::Net | Why::NetUnknown | Why::SourceIsolated | Why::NetService | Why::NoRoute => "!N",
        Why::Host | Why::HostUnknown | Why::HostService | Why::Address | Why::BeyondScope => "!H",
        Why::NetProhibited | Why::HostProhibited | Why::Filtered | Why::Prohibited => "!X",
        Why::Protocol => "!P",
        // The program takes this one for the target's, whoever says it.
        Why::Port => "!p",
        Why::SourceRoute => "!S",
        Why::PrecedenceViolation => "!V",
        Why::PrecedenceCutoff => "!C",
        Why::SourcePolicy => "!<5>",
        Why::RejectRoute => "!<6>",
        Why::Reassembly => "!R",
        Why::Other(code) => return format!("!<{code}>"),
    };
    mark.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_prints_as_traceroute_prints_it() {
        let from = || Responder::new([10, 0, 0, 1].into());
        let time = Duration::from_nanos(1_234_567);
        let refused = |reason| TraceAnswer::Unreachable {
            from: from(),
            time,
            reason,
        };
        for (answer, expected) in [
            (TraceAnswer::Reached { from: from(), time }, "1.234 ms"),
            (TraceAnswer::TimeExceeded { from: from(), time }, "1.234 ms"),
            (refused(UnreachableReason::Net), "1.234 ms !N"),
            (refused(UnreachableReason::NoRoute), "1.234 ms !N"),
            (refused(UnreachableReason::Host), "1.234 ms !H"),
            (refused(UnreachableReason::Address), "1.234 ms !H"),
            (refused(UnreachableReason::Filtered), "1.234 ms !X"),
            (refused(UnreachableReason::Prohibited), "1.234 ms !X"),
            (refused(UnreachableReason::Protocol), "1.234 ms !P"),
            (refused(UnreachableReason::Other(77)), "1.234 ms !<77>"),
            (
                TraceAnswer::FragmentationNeeded {
                    from: from(),
                    time,
                    mtu: 1400,
                },
                "1.234 ms !F-1400",
            ),
            (TraceAnswer::Silent, "*"),
            (
                TraceAnswer::NotSent {
                    error: "Network is unreachable".to_owned(),
                },
                "send: Network is unreachable",
            ),
        ] {
            assert_eq!(answer.to_string(), expected);
        }
    }

    #[test]
    fn a_stranger_has_an_address_alone() {
        let mut from = Responder::new([10, 0, 0, 1].into());
        assert_eq!((from.host(), from.interface()), (None, None));
        assert_eq!(from.to_string(), "10.0.0.1 (10.0.0.1)");
        from.place = Some(("r1".to_owned(), "eth0".to_owned()));
        assert_eq!(from.to_string(), "r1.eth0 (10.0.0.1)");
    }
}
