//! Questions about the uncertainty of an index, and the arithmetic of the answers.

use crate::card::Infer;
use crate::numeric::random::stream;
use crate::panel::{Absent, Value};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// The side on which an index counts as extreme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alternative {
    /// Either side: twice the smaller of the two one-sided p-values, at most 1.
    #[default]
    TwoSided,
    /// Above what the null hypothesis deals out.
    Greater,
    /// Below it.
    Less,
}

/// What a request asks of all its indices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The way; `None` takes the first that the index offers, and none where it offers none.
    pub infer: Option<Infer>,
    /// Draws, at least 1.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Level of intervals, in (0, 1).
    pub level: f64,
    /// The side of p-values.
    pub alternative: Alternative,
}

/// What is asked of one index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// The way.
    pub infer: Infer,
    /// Draws, at least 1; of no meaning to formulas.
    pub draws: usize,
    /// Seed of the draws; draw d uses the stream (seed, d).
    pub seed: u64,
    /// Level of intervals, in (0, 1).
    pub level: f64,
    /// The side of p-values.
    pub alternative: Alternative,
}

/// A further column beside the parts of an output: `{part}_se`, `{part}_lower`, `{part}_upper` or `{part}_p`.
pub type Extra = (String, Vec<Value>);

/// The p-value of `observed` among `draws` under the null hypothesis: (count + 1) / (draws + 1), where the count is of
/// draws at least as extreme; two-sided, twice the smaller side, at most 1. Davison and Hinkley (1997), eq. 4.11.
pub fn p_value(observed: f64, draws: &[f64], alternative: Alternative) -> f64 {
    let share = |count: usize| (count + 1) as f64 / (draws.len() + 1) as f64;
    // Draws that differ from the observed value by rounding only are ties.
    let slack = 1e-12 * observed.abs().max(f64::MIN_POSITIVE);
    let greater = || share(draws.iter().filter(|draw| **draw >= observed - slack).count());
    let less = || share(draws.iter().filter(|draw| **draw <= observed + slack).count());
    match alternative {
        Alternative::Greater => greater(),
        Alternative::Less => less(),
        Alternative::TwoSided => (2.0 * greater().min(less())).min(1.0),
    }
}

/// The p-values of `observed` when `n` things are dealt out in random order: `recompute` answers for an order with as
/// many values as were observed. Draws in which a value is absent do not count.
pub fn permuted(
    ask: &Ask,
    n: usize,
    observed: &[Value],
    recompute: impl Fn(&[usize]) -> Vec<Value> + Sync,
) -> Vec<Value> {
    let deal = |draw: usize| {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut stream(ask.seed, draw as u64));
        recompute(&order)
    };
    let draws: Vec<Vec<Value>> = (0..ask.draws).into_par_iter().map(deal).collect();
    let p = |(row, value): (usize, &Value)| {
        let drawn: Vec<f64> = draws.iter().filter_map(|draw| draw[row].ok()).collect();
        value.map(|value| p_value(value, &drawn, ask.alternative))
    };
    observed.iter().enumerate().map(p).collect()
}

/// Standard error and the interval of `level` between percentiles of the draws, which are sorted.
///
/// # Errors
/// Fewer than two draws.
pub fn interval(draws: &mut [f64], level: f64) -> Result<[f64; 3], Absent> {
    if draws.len() < 2 {
        return Err(Absent::TooFewCategories);
    }
    draws.sort_by(f64::total_cmp);
    let n = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / n;
    let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let tail = (1.0 - level) / 2.0;
    Ok([variance.sqrt(), quantile(draws, tail), quantile(draws, 1.0 - tail)])
}

/// The quantile of sorted numbers, interpolated between order statistics: type 7 of Hyndman and Fan (1996).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// The p-values adjusted so that a threshold on them bounds the false discovery rate of all that are present:
/// Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289–300.
pub fn adjusted(p: &[Value]) -> Vec<Value> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(row, p)| Some((row, (*p).ok()?))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut adjusted = p.to_vec();
    let (count, mut least) = (order.len(), 1.0_f64);
    for (place, (row, p)) in order.into_iter().enumerate() {
        least = least.min(p * count as f64 / (count - place) as f64);
        adjusted[row] = Ok(least);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_p_value_is_never_zero() {
        let draws = [1.0, 2.0, 3.0];
        for (observed, alternative, expected) in [
            (9.0, Alternative::Greater, 0.25),
            (9.0, Alternative::Less, 1.0),
            (9.0, Alternative::TwoSided, 0.5),
            (2.0, Alternative::TwoSided, 1.0),
        ] {
            assert!((p_value(observed, &draws, alternative) - expected).abs() < 1e-15, "{observed} {alternative:?}");
        }
    }

    #[test]
    fn the_false_discovery_rate_of_five() {
        // R 4.2.2: p.adjust(c(.01, .04, .03, .2, .005), "BH")
        let p = [0.01, 0.04, 0.03, 0.2, 0.005].map(Ok);
        let expected = [0.025, 0.05, 0.05, 0.2, 0.025];
        for (ours, theirs) in adjusted(&p).into_iter().zip(expected) {
            assert!((ours.unwrap_or(9.0) - theirs).abs() < 1e-12);
        }
    }

    #[test]
    fn the_interval_lies_between_percentiles() {
        let mut draws: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let [se, lower, upper] = interval(&mut draws, 0.9).unwrap_or_default();
        assert!((lower - 5.0).abs() < 1e-12 && (upper - 95.0).abs() < 1e-12 && (se - 29.300_170).abs() < 1e-5);
        assert!(interval(&mut [1.0], 0.9).is_err());
    }
}
