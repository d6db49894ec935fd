//! The largest packet that arrives in one piece, and why larger ones do not.

use std::fmt;
use std::net::IpAddr;

use crate::probe::Responder;

/// How large a packet may be to arrive at a target in one piece, found by trying.
///
/// `Display` says it in a sentence.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let mtu = net.host("a").path_mtu("b").unwrap();
/// assert_eq!(mtu.bytes(), Some(1500));
/// assert_eq!(
///     mtu.to_string(),
///     "the largest packet that arrives whole at `b` (10.1.0.2) has 1500 bytes: the first link carries no more"
/// );
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMtu {
    /// The target as the caller named it.
    pub(super) name: String,
    pub(super) target: IpAddr,
    /// The size and what limits it, or why nothing arrived at all.
    pub(super) found: Result<(u32, Limit), String>,
}

/// What becomes of larger packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The host's own kernel refuses them.
    FirstLink,
    /// A router says that it drops them.
    Router(Responder),
    /// Nobody says anything.
    Silence,
}

impl PathMtu {
    /// The address that was tried.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mtu: &netns_test::PathMtu) {
    /// assert!(mtu.target().is_ipv4());
    /// # }
    /// ```
    pub fn target(&self) -> IpAddr {
        self.target
    }

    /// The size of the largest packet that arrived whole, IP header included; `None` if not even a small one did.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mtu: &netns_test::PathMtu) {
    /// assert_eq!(mtu.bytes(), Some(1400), "{mtu}");
    /// # }
    /// ```
    pub fn bytes(&self) -> Option<u32> {
        self.found.as_ref().ok().map(|(bytes, _)| *bytes)
    }

    /// Whether larger packets vanish, and no router says so: TCP connections stall there.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mtu: &netns_test::PathMtu) {
    /// assert!(!mtu.is_black_hole(), "{mtu}");
    /// # }
    /// ```
    ///
    /// See [RFC 2923](https://www.rfc-editor.org/rfc/rfc2923#section-2.1).
    pub fn is_black_hole(&self) -> bool {
        matches!(self.found, Ok((_, Limit::Silence)))
    }

    /// The router in front of the narrowest link, if it said so.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mtu: &netns_test::PathMtu) {
    /// assert_eq!(mtu.narrowest().unwrap().host(), Some("r2"));
    /// # }
    /// ```
    pub fn narrowest(&self) -> Option<&Responder> {
        match &self.found {
            Ok((_, Limit::Router(router))) => Some(router),
            _ => None,
        }
    }

    pub(crate) fn narrowest_mut(&mut self) -> Option<&mut Responder> {
        match &mut self.found {
            Ok((_, Limit::Router(router))) => Some(router),
            _ => None,
        }
    }

    /// Fails the test unless the largest packet has so many bytes.
    ///
    /// # Panics
    ///
    /// It has more or less, or nothing arrives at all. The text says what limits it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mtu: &netns_test::PathMtu) {
    /// mtu.assert_bytes(1400);
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_bytes(&self, expected: u32) {
        assert!(
            self.bytes() == Some(expected),
            "packets of up to {expected} bytes should have arrived whole at `{}`, but {self}",
            self.name
        );
    }
}

impl fmt::Display for PathMtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, target, .. } = self;
        let (bytes, limit) = match &self.found {
            Ok(found) => found,
            Err(why) => return write!(f, "no packet arrives at `{name}` ({target}): {why}"),
        };
        write!(
            f,
            "the largest packet that arrives whole at `{name}` ({target}) has {bytes} bytes: "
        )?;
        match limit {
            Limit::FirstLink => f.write_str("the first link carries no more"),
            Limit::Router(router) => write!(f, "{router} says that the next link carries no more"),
            Limit::Silence => f.write_str("larger ones vanish, and nobody says so"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(found: Result<(u32, Limit), &str>) -> PathMtu {
        PathMtu {
            name: "b".to_owned(),
            target: [10, 0, 0, 9].into(),
            found: found.map_err(ToOwned::to_owned),
        }
    }

    fn router() -> Limit {
        let mut router = Responder::new([10, 0, 0, 1].into());
        router.place = Some(("r1".to_owned(), "eth0".to_owned()));
        Limit::Router(router)
    }

    #[test]
    fn it_says_what_limits_packets() {
        let whole = "the largest packet that arrives whole at `b` (10.0.0.9) has";
        for (mtu, expected) in [
            (
                found(Ok((1500, Limit::FirstLink))),
                format!("{whole} 1500 bytes: the first link carries no more"),
            ),
            (
                found(Ok((1400, router()))),
                format!(
                    "{whole} 1400 bytes: r1.eth0 (10.0.0.1) says that the next link carries no more"
                ),
            ),
            (
                found(Ok((1400, Limit::Silence))),
                format!("{whole} 1400 bytes: larger ones vanish, and nobody says so"),
            ),
            (
                found(Err("no answer")),
                "no packet arrives at `b` (10.0.0.9): no answer".to_owned(),
            ),
        ] {
            assert_eq!(mtu.to_string(), expected);
        }
    }

    #[test]
    fn only_silence_is_a_black_hole() {
        assert!(found(Ok((1400, Limit::Silence))).is_black_hole());
        assert!(!found(Ok((1400, router()))).is_black_hole());
        assert!(!found(Err("no answer")).is_black_hole());
        assert_eq!(found(Err("no answer")).bytes(), None);
    }

    #[test]
    #[should_panic(
        expected = "packets of up to 1500 bytes should have arrived whole at `b`, but the largest packet"
    )]
    fn another_size_fails() {
        let mtu = found(Ok((1400, router())));
        mtu.assert_bytes(1400);
        mtu.assert_bytes(1500);
    }
}
