//! How much less a count says when losses come in bursts.

use crate::impairment::{Loss, LossModel};

/// Where a chain is after this many packets has nothing to do with where it was.
const FORGOTTEN: usize = 100_000;

type Matrix = [[f64; 4]; 4];

/// How many packets say as much about the average as one would, did each meet its fate by itself: 1, or more for losses in bursts.
///
/// The variance of a count of a Markov chain is that of independent trials times `1 + 2 Σ ρ(k)`, the sum of the correlations of packets
/// that are k apart.
pub(super) fn burstiness(loss: &Loss) -> f64 {
    let Some((moves, lost)) = chain(loss.0) else {
        return 1.0;
    };
    let shares = shares(&moves);
    let mean = dot(&shares, &lost);
    let variance = mean * (1.0 - mean);
    if variance <= 0.0 {
        return 1.0;
    }
    let weighted: [f64; 4] = std::array::from_fn(|state| shares[state] * lost[state]);
    let mut ahead = lost;
    let mut sum = 0.0;
    for _ in 0..FORGOTTEN {
        ahead = std::array::from_fn(|state| dot(&moves[state], &ahead));
        let covariance = dot(&weighted, &ahead) - mean * mean;
        sum += covariance;
        if covariance.abs() < 1e-12 {
            break;
        }
    }
    (1.0 + 2.0 * sum / variance).max(1.0)
}

/// Its moves, and the loss in each state. None where each packet is by itself.
fn chain(model: LossModel) -> Option<(Matrix, [f64; 4])> {
    let own = [0.0, 0.0, 1.0, 0.0];
    match model {
        LossModel::Random { .. } | LossModel::EveryNth(_) => None,
        LossModel::FourState {
            p13,
            p31,
            p32,
            p23,
            p14,
        } => {
            let moves = [
                [1.0 - p13 - p14, 0.0, p13, p14],
                [0.0, 1.0 - p23, p23, 0.0],
                [p31, p32, 1.0 - p31 - p32, 0.0],
                [1.0, 0.0, 0.0, 0.0],
            ];
            Some((moves, [0.0, 0.0, 1.0, 1.0]))
        }
        LossModel::Correlated { .. } | LossModel::GilbertElliott { .. } => {
            let it = model.chain()?;
            let moves = [
                [1.0 - it.p, it.p, 0.0, 0.0],
                [it.r, 1.0 - it.r, 0.0, 0.0],
                own,
                own,
            ];
            Some((moves, [it.good, it.bad, 0.0, 0.0]))
        }
    }
}

/// How often the chain is in each state, in the long run, when it began in the first. It sees every other step as a rest, so that chains
/// that go round in circles come to rest, too.
fn shares(moves: &Matrix) -> [f64; 4] {
    let mut shares = [1.0, 0.0, 0.0, 0.0];
    for _ in 0..FORGOTTEN {
        let moved: [f64; 4] = std::array::from_fn(|to| {
            let come: f64 = (0..4).map(|from| shares[from] * moves[from][to]).sum();
            (shares[to] + come) / 2.0
        });
        let is_at_rest = moved
            .iter()
            .zip(&shares)
            .all(|(new, old)| (new - old).abs() < 1e-15);
        shares = moved;
        if is_at_rest {
            break;
        }
    }
    shares
}

fn dot(left: &[f64; 4], right: &[f64; 4]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_burstiness(loss: Loss, expected: f64) {
        let found = burstiness(&loss);
        assert!(
            (found - expected).abs() < 1e-6 * expected,
            "{loss:?}: {found} should be {expected}"
        );
    }

    #[test]
    fn single_fates_are_no_bursts() {
        assert_burstiness(Loss::random(0.05), 1.0);
        assert_burstiness(Loss::every_nth(7), 1.0);
        assert_burstiness(Loss::correlated(0.05, 0.0), 1.0);
    }

    /// Neighbours correlate with c, those k apart with c^k: together (1 + c) / (1 - c).
    #[test]
    fn correlated_losses_follow_the_formula() {
        assert_burstiness(Loss::correlated(0.05, 0.5), 3.0);
        assert_burstiness(Loss::correlated(0.3, 0.9), 19.0);
        assert_burstiness(Loss::gilbert_elliott(0.1, 0.3, 1.0, 0.0), 1.6 / 0.4);
    }

    /// Four states of which only two are in use are a chain of two.
    #[test]
    fn four_states_agree_with_two() {
        let two = burstiness(&Loss::gilbert_elliott(0.02, 0.3, 1.0, 0.0));
        assert_burstiness(Loss::four_state(0.02, 0.3, 0.0, 1.0, 0.0), two);
        // Losses that keep away from each other are counted as if they were by themselves.
        assert_burstiness(Loss::four_state(0.0, 0.5, 0.0, 1.0, 0.9), 1.0);
    }
}
