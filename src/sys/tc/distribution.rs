//! How jitter is distributed, as netem wants to be told: a table of which it picks an entry for each packet.
//!
//! An entry is the deviation from the mean, in units of 1/8192 of the spread. The entries stand at equal steps of probability, so that the
//! table is the inverse of the distribution. See [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html).

use crate::impairment::Distribution;

/// `NETEM_DIST_SCALE`: one spread.
const SCALE: f64 = 8192.0;
/// As many as tc's own tables of the normal distribution have; the kernel takes 16,384.
const ENTRIES: usize = 4096;

/// The table, as bytes of an attribute. Even is one as well: a change that brings none leaves the one before.
pub(super) fn table(distribution: Distribution) -> Vec<u8> {
    let entry = |number: usize| {
        let deviation = distribution.deviation((number as f64 + 0.5) / ENTRIES as f64);
        // What is further out than four spreads stands there: a conversion of Rust's ends at the limits.
        (deviation * SCALE).round() as i16
    };
    (0..ENTRIES)
        .flat_map(|it| entry(it).to_ne_bytes())
        .collect()
}

impl Distribution {
    /// How far from the mean, in spreads, a packet is below which this share of all packets lies. A spread is the half width of a uniform
    /// distribution, and the standard deviation of the others.
    fn deviation(self, share: f64) -> f64 {
        match self {
            Self::Uniform => 2.0 * share - 1.0,
            Self::Normal => normal(share),
            Self::Pareto => pareto(share),
        }
    }
}

/// The distribution of Pareto with the exponent 3, which is that of tc's table: mean 3/2, variance 3/4.
fn pareto(share: f64) -> f64 {
    const MEAN: f64 = 1.5;
    let deviation = 0.75_f64.sqrt();
    ((1.0 - share).powf(-1.0 / 3.0) - MEAN) / deviation
}

/// The inverse of the normal distribution, by P. J. Acklam's rational functions: right to nine digits.
fn normal(share: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383577518672690e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-3,
        3.224671290700398e-1,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    const TAIL: f64 = 0.02425;
    let polynomial = |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, it| sum * x + it);
    if share > 0.5 {
        return -normal(1.0 - share);
    }
    if share < TAIL {
        let q = (-2.0 * share.ln()).sqrt();
        return polynomial(&C, q) / polynomial(&D, q);
    }
    let q = share - 0.5;
    q * polynomial(&A, q * q) / polynomial(&B, q * q)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(distribution: Distribution) -> Vec<f64> {
        let table = table(distribution);
        let entries = table.chunks(2).map(|it| i16::from_ne_bytes([it[0], it[1]]));
        entries.map(|it| f64::from(it) / SCALE).collect()
    }

    fn moments(entries: &[f64]) -> (f64, f64) {
        let count = entries.len() as f64;
        let mean = entries.iter().sum::<f64>() / count;
        let variance = entries.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / count;
        (mean, variance.sqrt())
    }

    #[test]
    fn the_normal_table_is_that_of_the_books() {
        let table = entries(Distribution::Normal);
        let (mean, deviation) = moments(&table);
        assert!(
            mean.abs() < 1e-3 && (deviation - 1.0).abs() < 5e-3,
            "{mean} {deviation}"
        );
        assert!(table.is_sorted());
        // 97.5 % of all lie below 1.96 standard deviations, 84.13 % below one, 0.13 % below minus three.
        for (share, expected) in [(0.975, 1.96), (0.8413, 1.0), (0.00135, -3.0), (0.5, 0.0)] {
            let found = table[(share * table.len() as f64) as usize];
            assert!((found - expected).abs() < 0.02, "{share}: {found}");
        }
    }

    #[test]
    fn the_uniform_table_fills_the_spread_evenly() {
        let table = entries(Distribution::Uniform);
        let (mean, deviation) = moments(&table);
        assert!(mean.abs() < 1e-3 && (deviation - 1.0 / 3.0_f64.sqrt()).abs() < 1e-3);
        assert!(table[0] >= -1.0 && table[table.len() - 1] <= 1.0);
    }

    /// Its tail is cut off where the kernel's numbers end, which takes a little of the mean along.
    #[test]
    fn the_pareto_table_leans_to_one_side() {
        let table = entries(Distribution::Pareto);
        let (mean, deviation) = moments(&table);
        assert!(
            mean.abs() < 0.05 && (0.7..1.05).contains(&deviation),
            "{mean} {deviation}"
        );
        let below = table.iter().filter(|it| **it < 0.0).count();
        assert!(below > table.len() * 6 / 10, "{below}");
        assert_eq!(table[table.len() - 1], 32767.0 / SCALE);
    }
}
