//! The rules of a link, at work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::condition::Sender;
use super::edit::PacketMut;
use super::matching::Selection;
use super::rule::{Act, PacketAction, PacketRule};
use super::tally::Tally;
use super::view::Packet;
use super::{Frame, Judge, Verdict, Way};
use crate::error::panic_text;

/// The rules of a link, in the order in which they are tried.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    installed: Vec<Installed>,
}

#[derive(Debug)]
struct Installed {
    /// Also that of its gate.
    id: u64,
    /// The way of what its own host sends.
    own: Way,
    what: Selection,
    rule: Act,
    /// How many wait to be reversed.
    waiting: u32,
    tally: Arc<Tally>,
}

/// What a rule says of a packet.
enum Said {
    /// It is none of its business, or goes on unchanged.
    Nothing,
    Changed,
    Damaged,
    Ends(Verdict),
}

impl Rules {
    /// Adds a rule behind the others. `id` is unique in the network, because it is the number of the rule's gate, too; `own` is the way of
    /// what the host sends that the rule is seen from; the seed decides what probabilities do.
    pub(crate) fn add(&mut self, id: u64, own: Way, rule: PacketRule, seed: u64) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        self.installed.push(Installed {
            id,
            own,
            what: Selection::new(rule.what, seed),
            rule: rule.act,
            waiting: 0,
            tally: Arc::clone(&tally),
        });
        tally
    }

    /// Tells whether it was there.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.installed.len();
        self.installed.retain(|it| it.id != id);
        self.installed.len() < before
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.installed.is_empty()
    }
}

/// Those who change the rules and the thread that follows them have them in common.
impl Judge for Arc<Mutex<Rules>> {
    fn judge(&mut self, way: Way, frame: &mut Frame<'_>, at: Duration) -> Verdict {
        let mut rules = self.lock().unwrap_or_else(PoisonError::into_inner);
        rules.judge(way, frame, at)
    }
}

impl Judge for Rules {
    fn judge(&mut self, way: Way, frame: &mut Frame<'_>, _at: Duration) -> Verdict {
        let mut damaged = false;
        for rule in &mut self.installed {
            match rule.say(way, frame, damaged) {
                Said::Nothing => {}
                Said::Changed => rule.hit(),
                Said::Damaged => {
                    damaged = true;
                    rule.hit();
                }
                Said::Ends(verdict) => {
                    rule.hit();
                    return verdict;
                }
            }
        }
        Verdict::Pass
    }
}

impl Installed {
    fn hit(&self) {
        self.tally.change(|counts| counts.hits += 1);
    }

    /// A closure that panics takes neither the packet nor the other rules along.
    fn say(&mut self, way: Way, frame: &mut Frame<'_>, damaged: bool) -> Said {
        let said = catch_unwind(AssertUnwindSafe(|| {
            if self.takes(way, frame) {
                self.act(frame, damaged)
            } else {
                Said::Nothing
            }
        }));
        said.unwrap_or_else(|panic| {
            self.rule = Act::Nothing;
            let text = panic_text(&*panic);
            self.tally.change(|counts| counts.panicked = Some(text));
            Said::Nothing
        })
    }

    fn takes(&mut self, way: Way, frame: &Frame<'_>) -> bool {
        let sender = if way == self.own {
            Sender::Own
        } else {
            Sender::Far
        };
        if matches!(self.rule, Act::Nothing)
            || !(self.what).holds(&Packet::new(&frame.buffer[..frame.length]), &sender)
        {
            return false;
        }
        self.tally.change(|counts| counts.matched += 1);
        self.what.counts()
    }

    fn act(&mut self, frame: &mut Frame<'_>, damaged: bool) -> Said {
        match &mut self.rule {
            Act::Nothing => Said::Nothing,
            Act::Drop => Said::Ends(Verdict::Drop),
            Act::Delay(delay) => Said::Ends(Verdict::Delay(*delay)),
            Act::Duplicate(copies) => Said::Ends(Verdict::Duplicate(*copies)),
            Act::Hold => Said::Ends(Verdict::Hold(self.id)),
            Act::Reverse(n) => {
                self.waiting = (self.waiting + 1) % *n;
                Said::Ends(match self.waiting {
                    0 => Verdict::Release(self.id),
                    _ => Verdict::Hold(self.id),
                })
            }
            Act::FlipBit { byte, bit } => {
                let mut packet = PacketMut::new(frame);
                packet.leave_checksums();
                if packet.flip_bit(*byte, *bit) {
                    Said::Damaged
                } else {
                    Said::Nothing
                }
            }
            Act::Rewrite(change) => {
                edit(frame, damaged, |packet| change(packet));
                Said::Changed
            }
            Act::Decide(decide) => match edit(frame, damaged, |packet| decide(packet)) {
                PacketAction::Pass => Said::Nothing,
                PacketAction::Drop => Said::Ends(Verdict::Drop),
                PacketAction::Delay(delay) => Said::Ends(Verdict::Delay(delay)),
                PacketAction::Duplicate(copies) => Said::Ends(Verdict::Duplicate(copies)),
            },
        }
    }
}

/// Hands a packet to a closure, and makes it whole again. One that was damaged stays so.
fn edit<T>(
    frame: &mut Frame<'_>,
    damaged: bool,
    change: impl FnOnce(&mut PacketMut<'_>) -> T,
) -> T {
    let mut packet = PacketMut::new(frame);
    if damaged {
        packet.leave_checksums();
    }
    let said = change(&mut packet);
    packet.finish();
    said
}
