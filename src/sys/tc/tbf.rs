//! A limited rate: tbf, and the queue before it.
//!
//! See [tc-tbf(8)](https://man7.org/linux/man-pages/man8/tc-tbf.8.html), `struct tc_tbf_qopt` in `linux/pkt_sched.h`.

use super::message::{attribute, long, word, words};
use crate::impairment::{Impairment, Room, UNDER_WAY};
use crate::sys::netlink::raw::Attributes;

const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_BURST: u16 = 6;

/// `TC_LINKLAYER_ETHERNET`: a packet counts as long as its frame is, without a table that says so.
const ETHERNET: u8 = 1;
/// The kernel's unit of time in `tc_tbf_qopt`, in nanoseconds.
const TICK: u64 = 64;

/// The numbers of tbf and its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shaper {
    /// Bytes a second.
    rate: u64,
    /// Bytes that may leave at once.
    burst: u32,
    pub(super) queue: Fifo,
}

/// The queue, which is a qdisc of its own: in bytes or in packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fifo {
    Bytes(u32),
    Packets(u32),
}

impl Fifo {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Bytes(_) => "bfifo",
            Self::Packets(_) => "pfifo",
        }
    }

    pub(super) fn limit(self) -> u32 {
        let (Self::Bytes(limit) | Self::Packets(limit)) = self;
        limit
    }

    /// What the kernel has otherwise than it was sent: `struct tc_fifo_qopt`.
    pub(super) fn differences(self, options: &[u8]) -> Vec<String> {
        let limit = word(options, 0).unwrap_or_default();
        let differs = limit != self.limit();
        let difference = differs.then(|| format!("limit {limit} instead of {}", self.limit()));
        difference.into_iter().collect()
    }
}

impl Shaper {
    /// The numbers for a link whose packets have at most so many bytes; nothing without a rate.
    pub(super) fn of(what: &Impairment, longest: u32) -> Option<Self> {
        let burst = what.burst(longest.into())?;
        // A queue of more than four gigabytes is none that anybody may ask for.
        let narrow = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        Some(Self {
            rate: (what.rate? + 4) / 8,
            burst: narrow(burst),
            queue: match what.room()? {
                Room::Bytes(bytes) => Fifo::Bytes(narrow(bytes)),
                Room::Packets(packets) => Fifo::Packets(packets),
            },
        })
    }

    /// No limit to speak of, for a port whose rate is no longer limited. The queue stays the one that it is.
    pub(super) fn open(in_packets: bool) -> Self {
        Self {
            rate: 1_000_000_000_000 / 8,
            burst: 1 << 20,
            queue: if in_packets {
                Fifo::Packets(UNDER_WAY)
            } else {
                Fifo::Bytes(1 << 30)
            },
        }
    }

    /// `TCA_OPTIONS`: attributes.
    pub(super) fn options(&self, options: Attributes) -> Attributes {
        // `struct tc_ratespec`; a rate beyond 32 bits is in the attribute.
        let mut rate = [0; 12];
        rate[1] = ETHERNET;
        let narrow = u32::try_from(self.rate).unwrap_or(u32::MAX);
        rate[8..].copy_from_slice(&narrow.to_ne_bytes());
        // No peak rate. A change hands the limit on to the queue, which is a qdisc of its own; the bucket follows from the burst.
        let rest = words(&[0, 0, 0, self.queue.limit(), 0, 0]);
        options
            .with(TCA_TBF_PARMS, &[&rate[..], &rest].concat())
            .with(TCA_TBF_RATE64, &self.rate.to_ne_bytes())
            .with(TCA_TBF_BURST, &self.burst.to_ne_bytes())
    }

    /// What the kernel has otherwise than it was sent.
    pub(super) fn differences(&self, options: &[u8]) -> Vec<String> {
        let Some(found) = attribute(options, TCA_TBF_PARMS) else {
            return vec!["no parameters".to_owned()];
        };
        let rate = attribute(options, TCA_TBF_RATE64)
            .and_then(long)
            .or_else(|| word(found, 2).map(u64::from));
        let mut differences = Vec::new();
        if rate != Some(self.rate) {
            differences.push(format!("rate {rate:?} instead of {}", self.rate));
        }
        // The kernel keeps the time that the bucket takes, and counts it with a multiplication of limited width.
        let bucket = word(found, 7).unwrap_or_default();
        let sent = u64::from(self.burst) * 1_000_000_000 / self.rate.max(1) / TICK;
        // Of a time that is too long for its field, the kernel tells the rest.
        let difference = bucket.wrapping_sub(sent as u32) as i32;
        if difference.unsigned_abs() > sent as u32 / 1000 + 2 {
            differences.push(format!("a bucket of {bucket} ticks instead of {sent}"));
        }
        differences
    }
}
