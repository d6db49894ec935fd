//! What a wire saw, packet by packet.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::attempt::seconds;
use crate::error::{Error, Kind, Result};
use crate::host::quietly;
use crate::link::Link;
use crate::live::Parts;
use crate::packet::{Match, Packet, Selection, Sender, Verdict, Way};
use crate::relay::{End, Seen};
use crate::settings;
use crate::trouble::impair::Side;
use crate::trouble::rule::PATIENCE;
use crate::wait;
use crate::wires::Watch;

impl<'net> Link<'net> {
    /// Records what its wire carries both ways, and what becomes of it, until the recording is dropped.
    ///
    /// A packet is in it as it was sent, before any rule and impairment. While there is a recording, this crate's own thread carries the
    /// packets of the wire, and one packet is one frame. The first 65,536 packets are kept.
    ///
    /// # Errors
    ///
    /// The cable is not a wire, or the topology insists on the kernel ([`Backend::Kernel`](crate::Backend::Kernel)), which shows no packets.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let recording = net.host("a").link("eth0").record().unwrap();
    /// let to = net.host("b").ipv4().to_string();
    /// net.host("a").ping_with(&to, |p| p.count(1)).unwrap();
    /// let echoes = recording.wait_for(Match::icmp(), 2).unwrap();
    /// assert_eq!((&*echoes[0].from, &*echoes[1].from), ("a", "b"));
    /// println!("{recording}");
    /// # }).unwrap();
    /// ```
    #[doc(alias = "capture")]
    #[doc(alias = "tcpdump")]
    pub fn record(self) -> Result<Recording<'net>> {
        let (wire, end) = self.wire("record what passes")?;
        let ends = self.ends()?;
        let parts = self.host().parts();
        let (watch, older, began) = Watch::record(parts, wire)?;
        Ok(Recording {
            link: self,
            parts,
            watch,
            older,
            began,
            own: Side::Egress.way(end),
            ends,
        })
    }
}

/// What a wire carries while this exists, from [`Link::record`].
///
/// It prints as one line a packet.
///
/// # Examples
///
/// See [`Link::record`].
#[must_use = "a recording that is not bound to a variable ends at once"]
pub struct Recording<'net> {
    link: Link<'net>,
    parts: &'net Arc<Parts>,
    watch: Watch,
    /// How many packets an earlier recording has that goes on.
    older: usize,
    began: Duration,
    own: Way,
    ends: [&'net str; 2],
}

/// A packet of a [`Recording`], as it was sent.
///
/// It prints as `0.001234 client > server  IP 10.1.0.1.40000 > 10.1.0.2.80: Flags [S], seq 1, win 64240, length 0 — dropped by a rule`.
///
/// # Examples
///
/// See [`Link::record`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedPacket {
    /// When it was sent, since the recording began.
    pub at: Duration,
    /// The end of the wire that it came from, by its name.
    pub from: String,
    /// The end of the wire that it was for.
    pub to: String,
    /// What became of it, in words: `dropped by a rule`, `lost`. Empty if it simply passed.
    pub fate: String,
    /// Whether it was on its way to the other end when the recording was looked at: neither lost, nor dropped, nor held.
    pub passed: bool,
    /// All bytes, from the Ethernet header on.
    pub bytes: Vec<u8>,
}

impl RecordedPacket {
    /// To be looked at.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
    /// let recording = net.host("a").link("eth0").record().unwrap();
    /// for recorded in recording.packets() {
    ///     println!("{:?}", recorded.packet().tcp());
    /// }
    /// # }).unwrap();
    /// ```
    pub fn packet(&self) -> Packet<'_> {
        Packet::new(&self.bytes)
    }
}

impl Recording<'_> {
    /// All packets until now, in the order in which the wire took them in.
    ///
    /// # Examples
    ///
    /// See [`RecordedPacket::packet`].
    pub fn packets(&self) -> Vec<RecordedPacket> {
        let seen = self.seen();
        seen.into_iter().map(|seen| self.told(seen)).collect()
    }

    /// The packets until now that match. Counts begin with the recording.
    ///
    /// # Errors
    ///
    /// The match makes no sense, or names a sender that is at neither end.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Match;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
    /// let recording = net.host("a").link("eth0").record().unwrap();
    /// assert!(recording.matching(Match::tcp().rst()).unwrap().is_empty());
    /// # }).unwrap();
    /// ```
    pub fn matching(&self, what: Match) -> Result<Vec<RecordedPacket>> {
        let what = self.checked(what)?;
        Ok(self.select(&what))
    }

    /// Waits until so many packets match, and returns all that do: for 10 seconds at most, times `NETNS_TEST_TIME_SCALE`.
    ///
    /// # Errors
    ///
    /// There were fewer in time ([`is_timed_out`](Error::is_timed_out)), or as [`matching`](Self::matching).
    ///
    /// # Examples
    ///
    /// See [`Link::record`].
    pub fn wait_for(&self, what: Match, packets: usize) -> Result<Vec<RecordedPacket>> {
        let what = self.checked(what)?;
        let limit = settings::scaled(PATIENCE);
        let mut found = Vec::new();
        let enough = wait::until(limit, || {
            found = self.select(&what);
            found.len() >= packets
        });
        if enough {
            return Ok(found);
        }
        let doing = format!("wait for {packets} packets on {}", self.link.called());
        let cause = format!(
            "{} of {} match `{what}` after {}",
            found.len(),
            self.seen().len(),
            seconds(limit)
        );
        Err(Error::new(Kind::TimedOut, doing, cause).help("print the recording to see all of them"))
    }

    /// How many more packets there were than are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
    /// assert_eq!(net.host("a").link("eth0").record().unwrap().missed(), 0);
    /// # }).unwrap();
    /// ```
    pub fn missed(&self) -> u64 {
        self.watch.recorded(self.parts).missed
    }

    fn seen(&self) -> Vec<Seen> {
        let mut seen = self.watch.recorded(self.parts).seen;
        seen.drain(..self.older.min(seen.len()));
        seen
    }

    fn checked(&self, mut what: Match) -> Result<Match> {
        let mistakes = what.mistakes();
        if !mistakes.is_empty() {
            let doing = format!("search the recording of {}", self.link.called());
            return Err(Error::new(Kind::Invalid, doing, mistakes.join("; ")));
        }
        self.link.name_senders(&mut what)?;
        Ok(what)
    }

    fn select(&self, what: &Match) -> Vec<RecordedPacket> {
        let mut selection = Selection::new(what.clone(), 0);
        let seen = self.seen().into_iter().filter(|seen| {
            let sender = if seen.way == self.own {
                Sender::Own
            } else {
                Sender::Far
            };
            selection.holds(&Packet::new(&seen.bytes), &sender) && selection.counts()
        });
        seen.map(|seen| self.told(seen)).collect()
    }

    fn told(&self, seen: Seen) -> RecordedPacket {
        let [own, far] = self.ends;
        let (from, to) = if seen.way == self.own {
            (own, far)
        } else {
            (far, own)
        };
        RecordedPacket {
            at: seen.at.saturating_sub(self.began),
            from: from.to_owned(),
            to: to.to_owned(),
            fate: fate(&seen),
            passed: seen.end == End::Passed,
            bytes: seen.bytes,
        }
    }
}

/// What became of a packet, in words.
fn fate(seen: &Seen) -> String {
    let mut words = Vec::new();
    if seen.rewritten {
        words.push("changed by a rule".to_owned());
    }
    match (seen.end, seen.rule) {
        (End::Dropped, _) => words.push("dropped by a rule".to_owned()),
        (End::Held, _) => words.push("held by a rule".to_owned()),
        (_, Some(Verdict::Hold(_))) => words.push("released by a rule".to_owned()),
        (_, Some(Verdict::Delay(delay))) => words.push(format!("delayed {delay:?} by a rule")),
        _ => {}
    }
    match seen.end {
        End::Lost => words.push("lost".to_owned()),
        End::QueueFull => words.push("lost before a full queue".to_owned()),
        End::Passed | End::Dropped | End::Held => {}
    }
    if seen.copies > 0 {
        words.push(format!("copied {} times", seen.copies));
    }
    if let Some(damage) = seen.damage {
        words.push(format!(
            "bit {} of byte {} flipped",
            damage.bit, damage.byte
        ));
    }
    if !seen.delay.is_zero() {
        words.push(format!("delayed {:?}", seen.delay));
    }
    if seen.reordered {
        words.push("sent ahead".to_owned());
    }
    words.join(", ")
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        quietly(|| self.watch.end_recording(self.parts));
    }
}

impl fmt::Display for RecordedPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to, packet) = (&self.from, &self.to, self.packet());
        write!(f, "{:.6} {from} > {to}  {packet}", self.at.as_secs_f64())?;
        if self.fate.is_empty() {
            return Ok(());
        }
        write!(f, " — {}", self.fate)
    }
}

impl fmt::Display for Recording<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut packets = self.packets().into_iter();
        packets.try_for_each(|packet| writeln!(f, "{packet}"))
    }
}

impl fmt::Debug for Recording<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} packets)", self.seen().len())
    }
}
