//! The guard of a schedule that is being played, and what was done when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Schedule;
use super::check::check;
use super::player::{Player, Shared};
use crate::error::{Error, Kind, Result};
use crate::network::Network;
use crate::trouble::Trouble;

/// So many of the things that were done are told of a schedule, the latest.
const TOLD: usize = 8;

/// What one seed is for: impairments and rules take smaller numbers.
const SCHEDULES: u64 = 3;

impl Network {
    /// Plays a schedule, beside the test, from now on: on a thread of its own, until the guard is dropped. Then it stops, and what it began
    /// is healed.
    ///
    /// All mistakes are found before anything is done. A step that fails later ends the schedule: [`Playing::wait`] and
    /// [`Playing::stop`] tell why, and if nobody asks, the test fails when the network is closed. The report of a failed test
    /// says what was done when.
    ///
    /// # Errors
    ///
    /// The schedule makes no sense in this network: the text lists why. A thread could not be started.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// let schedule = Schedule::new().at(ms(10), Step::cut("a", "eth0")).at(ms(30), Step::heal());
    ///
    /// # netns_test::run(&Topology::lan(["a", "b", "c"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.wait().unwrap();
    /// let log: Vec<String> = playing.log().iter().map(|it| it.to_string()).collect();
    /// assert_eq!(log, ["at 10ms cut interface `eth0` of node `a`", "at 30ms heal"]);
    /// # }).unwrap();
    /// ```
    pub fn play(&self, schedule: Schedule) -> Result<Playing<'_>> {
        check(self, &schedule)?;
        let parts = self.parts();
        // Asking for a seed is telling of it when the test fails.
        let turn = parts.seed.turn();
        let seed = match schedule.is_random() {
            true => parts.seed.of([turn, SCHEDULES, 0]),
            false => 0,
        };
        let is_endless = schedule.is_endless();
        let player = Player::start(parts, schedule, seed)?;
        let shared = Arc::clone(player.shared());
        let told = Arc::clone(&shared);
        let trouble = Trouble::telling(parts, move || text(&told), move |parts| player.end(parts));
        Ok(Playing {
            net: self,
            trouble,
            shared,
            is_endless,
        })
    }
}

/// A schedule that is being played, from [`Network::play`]. Dropping it stops it and heals what it began, on a panic, too.
///
/// # Examples
///
/// See [`Network::play`].
#[must_use = "a schedule whose guard is not bound to a variable is stopped at once"]
pub struct Playing<'net> {
    net: &'net Network,
    trouble: Trouble<'net>,
    shared: Arc<Shared>,
    is_endless: bool,
}

impl Playing<'_> {
    /// Waits until its last step has been done, or it was stopped. What it has not healed itself lasts until the guard is dropped.
    ///
    /// # Errors
    ///
    /// A step failed, or the schedule has no end.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let schedule = Schedule::new().at(Duration::from_millis(5), Step::isolate("a"));
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.wait().unwrap();
    /// assert_eq!(net.host("b").ping_with("a", |p| p.count(1)).unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    pub fn wait(&self) -> Result<()> {
        if self.is_endless {
            let cause = "it is repeated without end";
            return Err(Error::new(Kind::Invalid, "wait for a schedule", cause)
                .help("`wait_for` waits for a moment of it, `stop` ends it; `.repeated(n)` gives a schedule an end"));
        }
        self.wait_for(Duration::MAX)
    }

    /// Waits until all has been done that was planned until so long after its beginning, or it was stopped.
    ///
    /// # Errors
    ///
    /// A step failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// let schedule = Schedule::new().at(ms(10), Step::isolate("a")).at(ms(60_000), Step::heal());
    /// # netns_test::run(&Topology::lan(["a", "b", "c"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.wait_for(ms(10)).unwrap();
    /// assert_eq!(net.host("b").ping("a").unwrap().received(), 0);
    /// playing.stop().unwrap();
    /// net.host("b").ping("a").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn wait_for(&self, at: Duration) -> Result<()> {
        // The failure is in the error of the other.
        drop(self.shared.wait_for(at));
        self.shared.told(self.net.parts())
    }

    /// Stops it now, and heals what it began.
    ///
    /// # Errors
    ///
    /// A step failed, or the kernel refused to undo one; the others have been undone.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let schedule = Schedule::new().at(Duration::from_millis(5), Step::isolate("a"));
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.wait().unwrap();
    /// playing.stop().unwrap();
    /// net.host("b").ping("a").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn stop(self) -> Result<()> {
        self.trouble.heal()
    }

    /// Lets it go on for as long as the network lives, or until [`Network::heal`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let schedule = Schedule::new().at(Duration::from_millis(5), Step::isolate("a"));
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.keep();
    /// net.heal().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn keep(self) {
        self.trouble.keep();
    }

    /// What was done until now, the earliest first.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// let schedule = Schedule::new().at(Duration::from_millis(5), Step::isolate("a"));
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let playing = net.play(schedule).unwrap();
    /// playing.wait().unwrap();
    /// assert_eq!(playing.log().len(), 1);
    /// # }).unwrap();
    /// ```
    pub fn log(&self) -> Vec<PlayedStep> {
        self.shared.log()
    }
}

impl fmt::Debug for Playing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Playing({self})")
    }
}

impl fmt::Display for Playing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.shared))
    }
}

/// What was done, on one line, but for how rates went on.
fn text(shared: &Shared) -> String {
    let mut log = shared.log();
    log.retain(|it| !it.is_rate);
    let before = log.len().saturating_sub(TOLD);
    let mut words: Vec<String> = log[before..].iter().map(ToString::to_string).collect();
    if words.is_empty() {
        words.push("nothing was done yet".to_owned());
    }
    if before > 0 {
        words.insert(0, format!("{before} steps before"));
    }
    format!("schedule: {}", words.join("; "))
}

/// What a schedule did, from [`Playing::log`]. It prints as one line.
///
/// # Examples
///
/// See [`Playing::log`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayedStep {
    /// When it was to be done, after the schedule's beginning.
    pub planned: Duration,
    /// When it was begun.
    pub at: Duration,
    /// What it is, as the schedule prints it; of halves that were left to chance, who is on which side.
    pub what: String,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// One of many changes of a rate, which would hide all else in a report.
    pub(super) is_rate: bool,
}

impl fmt::Display for PlayedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:?} {}", self.planned, self.what)?;
        match &self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}
