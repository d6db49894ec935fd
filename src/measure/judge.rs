//! Whether a link does what it declares.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::impairment::Rate;
use crate::measure::declared::Declared;
use crate::measure::interval::percent;
use crate::measure::report::{DirectionReport, LinkReport};

/// How far a rate may be from the declared one.
const TOLERANCE: f64 = 0.02;
/// Of so many, one may be overtaken on any link: each processor passes on for itself what it has taken in, and when a sender or a timer of
/// the kernel's moves to another one, all that still wait at the first are overtaken.
const PASSED_IN_ORDER: u64 = 100;

impl LinkReport {
    /// Whether the way did what the impairments on it declare.
    ///
    /// That is, for what was measured: no round trip was shorter than the delays; the declared loss is within the
    /// [interval](DirectionReport::loss), and so are duplicates; damage is not more than declared; no more than
    /// one in a hundred was overtaken unless that was asked for, because the kernel itself does that when a sender moves to another
    /// processor, and any number where it is the kernel that delays, whose timers run on every processor; a limited rate is met within
    /// 2 %, and what the jitter makes of the time of measuring. Round trips that are too long prove nothing: the machine may be busy.
    ///
    /// Two wires on the way, each to the same switch or bridge, are one link: delays add up, what one lets through the other may lose,
    /// the smaller rate counts. What packet rules do is not declared.
    ///
    /// # Errors
    ///
    /// It did something else, and the text sets that beside what was declared. Or it cannot be told: other nodes forward between the
    /// two hosts, or these were too busy to load a limited rate.
    ///
    /// # Examples
    ///
    /// See [`Network::measure`](crate::Network::measure).
    pub fn as_declared(&self) -> Result<()> {
        let [first, second] = &self.names;
        let what = || format!("find the link between `{first}` and `{second}` as it was declared");
        let [Some(forth), Some(back)] = self.directions.each_ref().map(|it| it.declared.as_ref())
        else {
            let cause = "the two are not on one segment, so no link is declared";
            return Err(Error::new(Kind::Invalid, what(), cause)
                .help("measure between neighbours, one segment after the other"));
        };
        let mut faults: Vec<String> = self.too_fast(forth, back).into_iter().collect();
        for (direction, [from, to]) in self
            .directions
            .iter()
            .zip([[first, second], [second, first]])
        {
            let own = direction.faults();
            faults.extend(
                own.into_iter()
                    .map(|it| format!("from `{from}` to `{to}` {it}")),
            );
        }
        if faults.is_empty() {
            return Ok(());
        }
        let cause = faults.join("; ");
        Err(Error::new(Kind::Invalid, what(), cause).help(format!("this was measured:\n{self}")))
    }

    /// Fails the test unless the way did what the impairments on it declare.
    ///
    /// # Panics
    ///
    /// It did not, or that cannot be told: as [`as_declared`](Self::as_declared).
    ///
    /// # Examples
    ///
    /// See [`Network::measure`](crate::Network::measure).
    #[track_caller]
    pub fn assert_as_declared(&self) {
        if let Err(error) = self.as_declared() {
            panic!("{error}");
        }
    }

    fn too_fast(&self, forth: &Declared, back: &Declared) -> Option<String> {
        let (declared, found) = (forth.shortest() + back.shortest(), self.min()?);
        (found < declared)
            .then(|| format!("a round trip took {found:?}, and the delays make {declared:?}"))
    }
}

impl DirectionReport {
    /// Where it differs from what was declared, in words.
    fn faults(&self) -> Vec<String> {
        let Some(declared) = &self.declared else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        if self.sent > 0 {
            faults.extend(self.wrong_loss(declared));
            faults.extend(self.wrong_damage(declared));
            faults.extend(self.wrong_duplicates(declared));
            faults.extend(self.wrong_order(declared));
        }
        faults.extend(self.wrong_rate(declared));
        faults
    }

    fn wrong_loss(&self, declared: &Declared) -> Option<String> {
        let (least, found) = (declared.loss(), self.loss());
        // Damage to an Ethernet header looks like a loss.
        let most = 1.0 - (1.0 - least) * (1.0 - declared.damage());
        (found.low() > most || found.high() < least).then(|| {
            format!(
                "{} of {} datagrams were lost, which makes {found}, and {} is declared",
                self.lost(),
                self.sent,
                percent(least)
            )
        })
    }

    fn wrong_damage(&self, declared: &Declared) -> Option<String> {
        let found = self.share(self.damaged, self.sent);
        (found.low() > declared.damage()).then(|| {
            format!(
                "{} datagrams were damaged, which makes {found}, and {} is declared",
                self.damaged,
                percent(declared.damage())
            )
        })
    }

    fn wrong_duplicates(&self, declared: &Declared) -> Option<String> {
        // With several wires a copy may be copied, or be all that is left.
        if declared.impairments.len() > 1 && declared.duplicates() > 0.0 {
            return None;
        }
        let found = self.share(self.duplicates, self.distinct);
        // A copy may be damaged.
        let least = declared.duplicates() * (1.0 - declared.damage());
        (found.low() > declared.duplicates() || found.high() < least).then(|| {
            format!(
                "{} of {} datagrams came twice, which makes {found}, and {} is declared",
                self.duplicates,
                self.distinct,
                percent(declared.duplicates())
            )
        })
    }

    fn wrong_order(&self, declared: &Declared) -> Option<String> {
        let is_chance = self.overtaken.saturating_mul(PASSED_IN_ORDER) <= self.distinct;
        (!is_chance && !declared.reorders())
            .then(|| format!("{} datagrams were overtaken", self.overtaken))
    }

    fn wrong_rate(&self, declared: &Declared) -> Option<String> {
        let (limit, offered) = (declared.rate()?, self.offered?);
        let through = 1.0 - declared.loss();
        if offered * through < limit as f64 * (1.0 + TOLERANCE) {
            return Some(format!(
                "this machine could send {} only, too little to try a rate of {}",
                bits(offered),
                Rate(limit)
            ));
        }
        let jitter = declared.spread().as_secs_f64();
        let tolerance =
            TOLERANCE + 2.0 * jitter / self.time.max(Duration::from_millis(1)).as_secs_f64();
        let Some(found) = self.rate else {
            return Some(format!(
                "too little arrived to tell a rate, and {} is declared",
                Rate(limit)
            ));
        };
        ((found / limit as f64 - 1.0).abs() > tolerance).then(|| {
            format!(
                "the rate is {}, and {} is declared",
                bits(found),
                Rate(limit)
            )
        })
    }
}

/// As declared rates print.
pub(super) fn bits(rate: f64) -> String {
    // A float becomes the nearest number that there is.
    Rate(rate.round() as u64).to_string()
}

#[cfg(test)]
mod tests;
