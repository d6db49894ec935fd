//! Loss in the kernel's numbers: a probability, or a chain of states.

use super::message::{attribute, word, words};
use super::netem::part;
use crate::impairment::LossModel;
use crate::sys::netlink::raw::Attributes;

const NETEM_LOSS_GI: u16 = 1;
const NETEM_LOSS_GE: u16 = 2;

/// A chain of states, as the kernel has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// `struct tc_netem_gemodel`: to the bad state, back, what the bad state lets *through*, what the good one loses.
    GilbertElliott([u32; 4]),
    /// `struct tc_netem_gimodel`: p13, p31, p32, p14, p23.
    FourState([u32; 5]),
}

/// What is lost by chance, packet by packet.
pub(super) fn random(model: &LossModel) -> u32 {
    match model {
        LossModel::Random { probability } => part(*probability),
        _ => 0,
    }
}

impl Chain {
    pub(super) fn of(model: &LossModel) -> Option<Self> {
        // Of netem's own correlation come other losses than it is told; the model knows a chain instead.
        if let Some(chain) = model.chain() {
            let numbers = [chain.p, chain.r, 1.0 - chain.bad, chain.good];
            return Some(Self::GilbertElliott(numbers.map(part)));
        }
        match *model {
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => Some(Self::FourState([p13, p31, p32, p14, p23].map(part))),
            _ => None,
        }
    }

    pub(super) fn encode(&self, inside: Attributes) -> Attributes {
        match self {
            Self::GilbertElliott(numbers) => inside.with(NETEM_LOSS_GE, &words(numbers)),
            Self::FourState(numbers) => inside.with(NETEM_LOSS_GI, &words(numbers)),
        }
    }

    pub(super) fn read(inside: &[u8]) -> Option<Self> {
        if let Some(bytes) = attribute(inside, NETEM_LOSS_GE) {
            let at = |place| word(bytes, place);
            return Some(Self::GilbertElliott([at(0)?, at(1)?, at(2)?, at(3)?]));
        }
        let bytes = attribute(inside, NETEM_LOSS_GI)?;
        let at = |place| word(bytes, place);
        Some(Self::FourState([at(0)?, at(1)?, at(2)?, at(3)?, at(4)?]))
    }
}
