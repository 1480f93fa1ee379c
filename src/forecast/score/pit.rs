//! Where outcomes fall in their predictive distributions.

mod kolmogorov;

use super::Case;
use crate::card::{Card, Domain, Kind, Param};
use crate::panel::{Absent, Value};
pub use kolmogorov::{Uniformity, uniformity};

/// Its card.
pub static CARD: Card = Card {
    id: "pit",
    aliases: &["probability_integral_transform"],
    title: "Probability integral transform, with the Kolmogorov–Smirnov test of uniformity",
    kind: Kind::Score,
    formula: "u = (#{x < y} + ½ (#{x = y} + 1)) / (m + 1); m draws x, y the outcome, ties counted half (mid-PIT, no randomisation); \
              uniform where distributions are right, in the middle where too wide, at the ends where too narrow; \
              D = sup |F_n(u) − u| with its exact p-value",
    reference: "Dawid (1984), Statistical theory: the prequential approach; Diebold, Gunther and Tay (1998), Evaluating density \
                forecasts; p-value: Marsaglia, Tsang and Wang (2003), Evaluating Kolmogorov's distribution",
    params: &[Param {
        name: "bins",
        doc: "Bins of the histogram, equally wide on [0, 1].",
        domain: Domain::Integer { min: 2, max: 100, default: 10 },
    }],
    inference: &[],
    laws: &[],
};

/// The place of what came among the draws, in (0, 1).
///
/// # Errors
/// [`Absent::Undetermined`] for a forecast without draws.
pub fn pit(case: &Case<'_>) -> Value {
    let draws = case.forecast.draws();
    if draws.is_empty() {
        return Err(Absent::Undetermined);
    }
    let below = draws.partition_point(|x| *x < case.actual);
    let up_to = draws.partition_point(|x| *x <= case.actual);
    Ok((0.5 * (below + up_to) as f64 + 0.5) / (draws.len() + 1) as f64)
}

/// How many of these numbers in [0, 1] fall into each of `bins` equal bins; an edge belongs to the bin above it.
pub fn histogram(pits: &[f64], bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for pit in pits {
        counts[((pit * bins as f64) as usize).min(bins - 1)] += 1;
    }
    counts
}
