//! Which packets are lost: the models, with what they remember.

use super::chance::{Chance, Kind};
use crate::impairment::LossModel;

/// A model of loss in the state in which the last packet left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Losses {
    model: LossModel,
    state: State,
}

/// The states of all models: those of Gilbert and Elliott are `Good` and `Burst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Packets pass, between bursts.
    Good,
    /// The last packet was lost on its own.
    LostAlone,
    /// Packets pass within a burst.
    PassedInBurst,
    /// The last packet was lost within a burst; the bad state.
    Burst,
}

impl Losses {
    pub(super) fn new(model: LossModel) -> Self {
        Self {
            model,
            state: State::Good,
        }
    }

    /// Whether the packet of this number is lost. Every packet is to be asked for, in order.
    pub(super) fn next(&mut self, chance: &Chance, number: u64) -> bool {
        let drawn = chance.unit(Kind::Loss, number);
        match self.model {
            LossModel::Random { probability } => drawn < probability,
            LossModel::Correlated {
                probability,
                correlation,
            } => self.correlated(probability, correlation, drawn),
            LossModel::GilbertElliott { p, r, bad, good } => {
                let within = chance.unit(Kind::LossInState, number);
                self.gilbert_elliott(drawn, within, [p, r, bad, good])
            }
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => self.four_state(drawn, [p13, p31, p32, p23, p14]),
            LossModel::EveryNth(n) => n > 0 && (number + 1) % n == 0,
        }
    }

    /// The chance of loss is drawn towards what became of the packet before, and stays `probability` on the whole.
    fn correlated(&mut self, probability: f64, correlation: f64, drawn: f64) -> bool {
        let before = if self.state == State::Burst { 1.0 } else { 0.0 };
        let lost = drawn < probability + correlation * (before - probability);
        self.state = if lost { State::Burst } else { State::Good };
        lost
    }

    /// A packet is judged by the state that it finds, as netem does.
    fn gilbert_elliott(&mut self, drawn: f64, within: f64, [p, r, bad, good]: [f64; 4]) -> bool {
        if self.state == State::Burst {
            if drawn < r {
                self.state = State::Good;
            }
            within < bad
        } else {
            if drawn < p {
                self.state = State::Burst;
            }
            within < good
        }
    }

    /// The chain of netem's `loss state`: a packet is lost that leads into a state of loss.
    fn four_state(&mut self, drawn: f64, [p13, p31, p32, p23, p14]: [f64; 5]) -> bool {
        self.state = match self.state {
            State::Good if drawn < p14 => State::LostAlone,
            State::Good if drawn < p14 + p13 => State::Burst,
            State::Good | State::LostAlone => State::Good,
            State::PassedInBurst if drawn < p23 => State::Burst,
            State::PassedInBurst => State::PassedInBurst,
            State::Burst if drawn < p32 => State::PassedInBurst,
            State::Burst if drawn < p32 + p31 => State::Good,
            State::Burst => State::Burst,
        };
        matches!(self.state, State::LostAlone | State::Burst)
    }
}
