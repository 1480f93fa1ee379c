//! Global indices and their moments under the null hypothesis that values are dealt out at random.
//!
//! Cliff and Ord (1981), Spatial Processes, ch. 2: under normality the values are independent draws from one normal
//! distribution; under randomisation the observed values are dealt out to the regions in random order.

use super::neighbourhood::Weights;
use super::sample::Sample;
use crate::indices::{Alternative, Ask, Extra, Input, Output, Shape, p_value};
use crate::numeric::distributions::normal_tail;
use crate::numeric::random::stream;
use crate::panel::{Absent, Value, finite};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Sums of the weights that the moments depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    /// Number of regions.
    pub(super) n: f64,
    /// Σ_ij w_ij.
    pub(super) s0: f64,
    /// ½ Σ_ij (w_ij + w_ji)².
    pub(super) s1: f64,
    /// Σ_i (Σ_j w_ij + Σ_j w_ji)².
    pub(super) s2: f64,
}

impl Moments {
    /// The sums of these weights.
    pub(super) fn new(weights: &Weights) -> Self {
        let mut sums = vec![0.0; weights.len()];
        let (mut s0, mut s1) = (0.0, 0.0);
        for (i, j, weight) in weights.links() {
            s0 += weight;
            // Half the square of the sum for both directions of a link, seen from each that has a weight.
            s1 += weight * (weight + weights.between(j, i));
            sums[i] += weight;
            sums[j] += weight;
        }
        Self { n: weights.len() as f64, s0, s1, s2: sums.iter().map(|sum| sum * sum).sum() }
    }
}

/// The sum of `terms` over a denominator, as a variance.
///
/// # Errors
/// The terms cancel: the index is the same however values are dealt out, as when every region neighbours every other.
/// Or the denominator is zero, because the regions are too few.
pub(super) fn variance(terms: &[f64], denominator: f64) -> Value {
    let (sum, size): (f64, f64) = (terms.iter().sum(), terms.iter().map(|term| term.abs()).sum());
    if denominator <= 0.0 {
        return Err(Absent::TooFewCategories);
    }
    // What is left of terms that cancel is their rounding.
    if sum <= 1e-12 * size { Err(Absent::ZeroDenominator) } else { finite(sum / denominator) }
}

/// An index beside what the null hypothesis expects of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tested {
    /// The index.
    pub(super) value: f64,
    /// Its expectation.
    pub(super) expected: f64,
    /// Its variance under normality; absent for an index that is not tested so.
    pub(super) normal: Value,
    /// Its variance under randomisation.
    pub(super) random: Value,
}

impl Tested {
    /// How many standard errors the index is away from its expectation.
    pub(super) fn z(&self, variance: Value) -> Value {
        variance.map(|variance| (self.value - self.expected) / variance.sqrt())
    }

    /// The answer of an index that is tested both ways.
    pub(super) fn output(tested: Result<Self, Absent>, sample: &Sample) -> Output {
        let regions = Ok(sample.len() as f64);
        let row = tested.map(|t| [Ok(t.value), Ok(t.expected), t.z(t.normal), t.z(t.random), regions]);
        Output::of_rows(Shape::Nation, ["value", "expected", "z_normal", "z_random", "regions"], &[row])
    }

    /// Standard error and p-value of the index under randomisation, and the p-value under normality.
    pub(super) fn extras(tested: Result<Self, Absent>, ask: &Ask) -> Vec<Extra> {
        let of = |value: &dyn Fn(Self) -> Value| vec![tested.and_then(value)];
        let p = |tested: Self, variance: Value| tested.z(variance).map(|z| tail(z, ask.alternative));
        vec![
            ("value_se".to_owned(), of(&|tested| tested.random.map(f64::sqrt))),
            ("value_p".to_owned(), of(&|tested| p(tested, tested.random))),
            ("z_normal_p".to_owned(), of(&|tested| p(tested, tested.normal))),
        ]
    }
}

/// The p-value of a standard normal `z`.
pub(super) fn tail(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => 2.0 * normal_tail(z.abs()),
        Alternative::Greater => normal_tail(z),
        Alternative::Less => normal_tail(-z),
    }
}

/// The p-values of what `recompute` answers for the values `x`, when they are dealt out in random order.
pub(super) fn dealt_out<const N: usize>(
    input: &Input<'_>,
    ask: &Ask,
    x: &[f64],
    recompute: impl Fn(&[f64]) -> [f64; N] + Sync,
) -> [Value; N] {
    let draw = |draw: usize| {
        let mut dealt = x.to_vec();
        dealt.shuffle(&mut stream(ask.seed, draw as u64));
        if input.stopped() { None } else { Some(recompute(&dealt)) }
    };
    let Some(draws) = (0..ask.draws).into_par_iter().map(draw).collect::<Option<Vec<_>>>() else {
        return [Err(Absent::Missing); N];
    };
    let observed = recompute(x);
    std::array::from_fn(|row| {
        let drawn: Vec<f64> = draws.iter().map(|draw| draw[row]).collect();
        finite(observed[row]).map(|observed| p_value(observed, &drawn, ask.alternative))
    })
}
