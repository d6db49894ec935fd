//! The flags of a TCP segment.

use std::fmt;
use std::ops::BitOr;

/// The flags of a TCP segment, which print as tcpdump prints them.
///
/// # Examples
///
/// ```
/// use netns_test::headers::TcpFlags;
///
/// let answer = TcpFlags::SYN | TcpFlags::ACK;
/// assert!(answer.contains(TcpFlags::SYN));
/// assert!(!answer.intersects(TcpFlags::FIN | TcpFlags::RST));
/// assert_eq!(answer.to_string(), "S.");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpFlags(pub(super) u8);

/// In the order in which tcpdump prints them.
const LETTERS: [(TcpFlags, &str); 8] = [
    (TcpFlags::FIN, "F"),
    (TcpFlags::SYN, "S"),
    (TcpFlags::RST, "R"),
    (TcpFlags::PSH, "P"),
    (TcpFlags::ACK, "."),
    (TcpFlags::URG, "U"),
    (TcpFlags::ECE, "E"),
    (TcpFlags::CWR, "W"),
];

impl TcpFlags {
    /// No more comes.
    pub const FIN: Self = Self(1);
    /// The beginning of a connection.
    pub const SYN: Self = Self(2);
    /// The end of a connection, at once.
    pub const RST: Self = Self(4);
    /// To be handed to the receiver's program now.
    pub const PSH: Self = Self(8);
    /// The acknowledgment counts.
    pub const ACK: Self = Self(16);
    /// The urgent pointer counts.
    pub const URG: Self = Self(32);
    /// Congestion was met.
    pub const ECE: Self = Self(64);
    /// The window was reduced.
    pub const CWR: Self = Self(128);

    /// Whether all of these are set.
    ///
    /// # Examples
    ///
    /// See [`TcpFlags`].
    pub fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether one of these is set.
    ///
    /// # Examples
    ///
    /// See [`TcpFlags`].
    pub fn intersects(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }
}

impl BitOr for TcpFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("none");
        }
        LETTERS
            .iter()
            .filter(|(flag, _)| self.contains(*flag))
            .try_for_each(|(_, letter)| f.write_str(letter))
    }
}
