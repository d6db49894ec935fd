//! What an interface has counted, as `ip -s link` and `ifconfig` show it.

use std::fmt;

/// What an interface has counted since it was made.
///
/// # Examples
///
/// ```
/// use netns_test::Counters;
///
/// fn lost(before: Counters, after: Counters) -> u64 {
///     after.tx_dropped - before.tx_dropped
/// }
/// assert_eq!(lost(Counters::default(), Counters::default()), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Packets received, then dropped.
    pub rx_dropped: u64,
    /// Packets that the receiver missed for want of room.
    pub rx_missed: u64,
    /// Packets lost in the receive queue's overruns.
    pub rx_overruns: u64,
    /// Packets of a wrong length, alignment or checksum.
    pub rx_frame: u64,
    /// Multicast packets received.
    pub multicast: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Packets dropped instead of being sent.
    pub tx_dropped: u64,
    /// Packets lost in the send queue's underruns.
    pub tx_overruns: u64,
    /// Packets lost for want of a carrier.
    pub tx_carrier: u64,
    /// Collisions while sending.
    pub collisions: u64,
}

impl Counters {
    /// The four lines of `ip -s link`, indented by four blanks.
    pub(super) fn write_ip(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = [
            (
                "RX:",
                ["bytes", "packets", "errors", "dropped", "missed", "mcast"],
                [
                    self.rx_bytes,
                    self.rx_packets,
                    self.rx_errors,
                    self.rx_dropped,
                    self.rx_missed,
                    self.multicast,
                ],
            ),
            (
                "TX:",
                [
                    "bytes", "packets", "errors", "dropped", "carrier", "collsns",
                ],
                [
                    self.tx_bytes,
                    self.tx_packets,
                    self.tx_errors,
                    self.tx_dropped,
                    self.tx_carrier,
                    self.collisions,
                ],
            ),
        ];
        // The columns of both tables have the same width: that of the longest title or number.
        let mut widths = [10, 7, 6, 7, 7, 7];
        for (_, _, values) in &tables {
            for (width, value) in widths.iter_mut().zip(values) {
                *width = (*width).max(value.to_string().len());
            }
        }
        for (name, titles, values) in &tables {
            write!(f, "\n    {name}")?;
            for (column, (title, width)) in titles.iter().zip(widths).enumerate() {
                let width = if column == 0 {
                    width - name.len() - 1
                } else {
                    width
                };
                write!(f, " {title:>width$}")?;
            }
            write!(f, "\n   ")?;
            for (value, width) in values.iter().zip(widths) {
                write!(f, " {value:>width$}")?;
            }
        }
        Ok(())
    }

    /// The four lines of `ifconfig`, indented by eight blanks.
    pub(super) fn write_ifconfig(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\n        RX packets {}  bytes {} ({})",
            self.rx_packets,
            self.rx_bytes,
            rounded(self.rx_bytes)
        )?;
        write!(
            f,
            "\n        RX errors {}  dropped {}  overruns {}  frame {}",
            self.rx_errors,
            // `/proc/net/dev`, which the tool reads, has one column for both.
            self.rx_dropped.saturating_add(self.rx_missed),
            self.rx_overruns,
            self.rx_frame
        )?;
        write!(
            f,
            "\n        TX packets {}  bytes {} ({})",
            self.tx_packets,
            self.tx_bytes,
            rounded(self.tx_bytes)
        )?;
        write!(
            f,
            "\n        TX errors {}  dropped {} overruns {}  carrier {}  collisions {}",
            self.tx_errors, self.tx_dropped, self.tx_overruns, self.tx_carrier, self.collisions
        )
    }
}

/// `586` as `586.0 B`, `1112` as `1.0 KiB`: one digit behind the point, not rounded up.
fn rounded(bytes: u64) -> String {
    const UNITS: [(u32, &str); 5] = [
        (50, "PiB"),
        (40, "TiB"),
        (30, "GiB"),
        (20, "MiB"),
        (10, "KiB"),
    ];
    let (shift, unit) = UNITS
        .into_iter()
        .find(|(shift, _)| bytes > 1 << shift)
        .unwrap_or((0, "B"));
    let tenths = (u128::from(bytes) * 10) >> shift;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    #[test]
    fn small_and_large_numbers_stand_in_columns() {
        let mut counters = Counters {
            rx_bytes: 740,
            rx_packets: 8,
            multicast: 8,
            tx_bytes: 596,
            tx_packets: 6,
            tx_dropped: 2,
            ..Counters::default()
        };
        assert_eq!(
            text(|f| counters.write_ip(f)).to_string(),
            "
    RX:  bytes packets errors dropped  missed   mcast
           740       8      0       0       0       8
    TX:  bytes packets errors dropped carrier collsns
           596       6      0       2       0       0"
        );
        counters.rx_bytes = 123_456_789_012;
        counters.tx_packets = 87_654_321;
        assert_eq!(
            text(|f| counters.write_ip(f)).to_string(),
            "
    RX:    bytes  packets errors dropped  missed   mcast
    123456789012        8      0       0       0       8
    TX:    bytes  packets errors dropped carrier collsns
             596 87654321      0       2       0       0"
        );
    }

    #[test]
    fn sizes_are_given_as_ifconfig_gives_them() {
        for (bytes, expected) in [
            (0, "0.0 B"),
            (586, "586.0 B"),
            (1024, "1024.0 B"),
            (1112, "1.0 KiB"),
            (1_600_000, "1.5 MiB"),
            (u64::MAX, "16383.9 PiB"),
        ] {
            assert_eq!(rounded(bytes), expected);
        }
    }
}
