//! What makes no sense, and why. Nothing is mended in silence.

use std::time::Duration;

use crate::impairment::queue::LARGEST;
use crate::impairment::{FULL_PACKET, Impairment, Loss, LossModel, Profile, Queue};

/// What `tc` can say: it counts 64 ns in 32 bits, which end at 274 s.
const LONGEST: Duration = Duration::from_secs(240);

/// Below this a full packet takes longer than twelve seconds.
const SLOWEST: u64 = 1_000;

/// Faster than any machine's memory.
const FASTEST: u64 = 1_000_000_000_000;

impl Impairment {
    /// Why it makes no sense: nothing if it does.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.check_delay(&mut found);
        self.check_reorder(&mut found);
        if let Some(loss) = &self.loss {
            loss.check(&mut found);
        }
        probability("duplication", self.duplicate, &mut found);
        probability("corruption", self.corrupt, &mut found);
        if let Some(rate) = self.rate {
            found.extend(wrong_rate(rate));
        }
        self.check_queue(&mut found);
        found
    }

    fn check_delay(&self, found: &mut Vec<String>) {
        if self.delay > LONGEST {
            found.push(format!(
                "delay {:?} is longer than four minutes: no link is, so the unit is probably another",
                self.delay
            ));
        }
        let Some(jitter) = &self.jitter else { return };
        if self.delay.is_zero() {
            found.push(format!(
                "jitter of {:?} needs a delay: a packet cannot arrive before it was sent",
                jitter.spread
            ));
        } else if jitter.spread > self.delay {
            found.push(format!(
                "jitter of {:?} is larger than the delay of {:?}: a packet cannot arrive before it was sent",
                jitter.spread, self.delay
            ));
        }
    }

    fn check_reorder(&self, found: &mut Vec<String>) {
        let Some(reorder) = &self.reorder else { return };
        probability("reordering", reorder.probability, found);
        if reorder.gap == Some(0) {
            found.push(
                "reordering with a gap of 0 has no meaning: 1 lets any packet skip the delay"
                    .to_owned(),
            );
        }
        if self.delay.is_zero() {
            found.push(
                "reordering needs a delay: packets overtake by skipping it, and without one nothing would happen"
                    .to_owned(),
            );
        }
        if self.jitter.is_some_and(|jitter| !jitter.reorders) {
            found.push("the jitter is to keep packets in order, and reordering is not".to_owned());
        }
    }

    fn check_queue(&self, found: &mut Vec<String>) {
        let Some(queue) = self.queue else { return };
        let Some(room) = self.room() else {
            found.push(
                "a queue needs a rate: without one no packet waits, and the queue would do nothing"
                    .to_owned(),
            );
            return;
        };
        let bytes = room.bytes();
        let what = match queue {
            Queue::Packets(packets) => format!("a queue of {packets} packets"),
            Queue::Bytes(bytes) => format!("a queue of {bytes} bytes"),
            // Its bytes would mislead where the rate is the mistake.
            Queue::Time(_) if self.rate.is_some_and(|rate| wrong_rate(rate).is_some()) => return,
            Queue::Time(time) => {
                format!("a queue of {time:?}, which is {bytes} bytes at this rate,")
            }
        };
        if bytes < FULL_PACKET {
            found.push(format!(
                "{what} cannot hold one full packet of {FULL_PACKET} bytes: it would silently stop every large packet"
            ));
        } else if bytes > LARGEST {
            found.push(format!(
                "{what} holds more than 1 GiB: the memory of the machine is no queue"
            ));
        }
    }
}

impl Profile {
    /// Why it makes no sense: nothing if it does.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        if self.is_symmetric() {
            return self.egress.mistakes();
        }
        let of = |way: &str, impairment: &Impairment| -> Vec<String> {
            let tell = |mistake| format!("{way}: {mistake}");
            impairment.mistakes().into_iter().map(tell).collect()
        };
        let mut found = of("what is sent", &self.egress);
        found.extend(of("what is received", &self.ingress));
        found
    }
}

impl Loss {
    fn check(&self, found: &mut Vec<String>) {
        let before = found.len();
        match self.0 {
            LossModel::Random { probability: p } => probability("loss", p, found),
            LossModel::Correlated {
                probability: p,
                correlation,
            } => {
                probability("loss", p, found);
                if !(0.0..1.0).contains(&correlation) {
                    found.push(format!(
                        "correlation of loss {correlation} is not from 0 to below 1: with 1 the first packet would decide for all"
                    ));
                }
            }
            LossModel::GilbertElliott { p, r, bad, good } => {
                probability("going from the good state to the bad one", p, found);
                probability("going from the bad state to the good one", r, found);
                probability("loss in the bad state", bad, found);
                probability("loss in the good state", good, found);
                if found.len() == before {
                    stuck_in_two(p, r, found);
                }
            }
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => {
                let all = [
                    ("p13", p13),
                    ("p31", p31),
                    ("p32", p32),
                    ("p23", p23),
                    ("p14", p14),
                ];
                for (name, value) in all {
                    probability(&format!("the four states' {name}"), value, found);
                }
                if found.len() == before {
                    crowded("1", [("p13", p13), ("p14", p14)], found);
                    crowded("3", [("p31", p31), ("p32", p32)], found);
                    stuck_in_four([p13, p31, p32, p23], found);
                }
            }
            LossModel::EveryNth(0) => found.push(
                "loss of every 0th packet has no meaning: 1 loses all, 2 every other one"
                    .to_owned(),
            ),
            LossModel::EveryNth(_) => {}
        }
    }
}

/// Why a rate makes no sense, of an impairment or of a trace's step.
pub(crate) fn wrong_rate(rate: u64) -> Option<String> {
    match rate {
        0 => Some(
            "rate 0 sends nothing: a loss of 1 loses everything, and a link that is down is a cut"
                .to_owned(),
        ),
        1..SLOWEST => Some(format!(
            "rate {rate} bit/s takes longer than 12 s for one full packet: rates are bits per second, so 1 Mbit/s is 1_000_000"
        )),
        SLOWEST..=FASTEST => None,
        _ => Some(format!(
            "rate {rate} bit/s is more than 10^12 bit/s, which no machine sends: leave the rate away"
        )),
    }
}

/// NaN is in no range.
fn probability(of: &str, value: f64, found: &mut Vec<String>) {
    if (0.0..=1.0).contains(&value) {
        return;
    }
    let hint = match value {
        percent if percent > 1.0 && percent <= 100.0 => {
            format!(" ({percent} % is {})", percent / 100.0)
        }
        _ => String::new(),
    };
    found.push(format!(
        "probability of {of} {value} is not between 0 and 1{hint}"
    ));
}

/// More leads out of a state than there is.
fn crowded(state: &str, [a, b]: [(&str, f64); 2], found: &mut Vec<String>) {
    let sum = a.1 + b.1;
    // A sum of two that were meant to make 1 may be a trifle more.
    if sum > 1.0 + 1e-9 {
        found.push(format!(
            "the four states' {} and {} lead out of state {state} and are {sum} together, more than 1",
            a.0, b.0
        ));
    }
}

fn stuck_in_two(p: f64, r: f64, found: &mut Vec<String>) {
    if p == 0.0 {
        found.push(
            "a Gilbert-Elliott chain with p 0 never leaves its good state: that is random loss"
                .to_owned(),
        );
    } else if r == 0.0 {
        found.push(
            "a Gilbert-Elliott chain with r 0 never leaves its bad state once it is there"
                .to_owned(),
        );
    }
}

fn stuck_in_four([p13, p31, p32, p23]: [f64; 4], found: &mut Vec<String>) {
    if p13 == 0.0 {
        return;
    }
    if p31 == 0.0 {
        found.push("four states with p31 0 never leave a burst (state 3) for good".to_owned());
    }
    if p32 > 0.0 && p23 == 0.0 {
        found.push(
            "four states with p23 0 never leave state 2, into which p32 leads them".to_owned(),
        );
    }
}
