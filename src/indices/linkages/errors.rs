//! How errors of the coefficients carry over to the sums of an inverse.
//!
//! A change of a_kl by da changes the column sum m_j of M = (I − A)⁻¹ by m_k M_lj da. When every coefficient errs
//! independently by a share of itself, the sums err, to first order, by se(m_j)² = share² Σ_l M_lj² Σ_k (m_k a_kl)²:
//! West (1986), Econometrica 54, 363–374. Row sums of the Ghosh inverse are the same with everything transposed.

use super::square::Square;
use super::table::Table;
use crate::card::{Domain, Infer, Param};
use crate::indices::{Alternative, Ask, Extra};
use crate::numeric::distributions::{normal_quantile, normal_tail};
use crate::panel::{Absent, Value, finite, ratio};

/// The parameter that says how wrong coefficients are.
pub(super) const ERROR: Param = Param {
    name: "error",
    doc: "For analytic inference: the standard error of a coefficient as a share of it. Tables come without; 0.1 is an \
          assumption to replace by what is known of the table.",
    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.1 },
};

/// The statement of an answer about its intervals.
pub(super) const CONVENTION: &str = "analytic intervals suppose that every coefficient errs independently with the \
                                     relative standard error `error`, outputs being known; to first order, normal";

/// The offer of an index with such errors.
pub(super) const INFERENCE: &[Infer] = &[Infer::Analytic];

/// A value and its standard error.
type Estimate = Result<(f64, f64), Absent>;

/// The column sums of an inverse.
pub(super) fn of_sums(coefficients: &Square, inverse: &Square, share: f64) -> Vec<Estimate> {
    let sums = inverse.column_sums();
    let spread = spread(coefficients, &sums);
    estimates(&sums, inverse, &spread, share)
}

/// The column sums of an inverse whose rows are weighted by coefficients that err too.
pub(super) fn of_weighted_sums(coefficients: &Square, inverse: &Square, weights: &[f64], share: f64) -> Vec<Estimate> {
    let sums = inverse.weighted(weights);
    let spread: Vec<f64> = spread(coefficients, &sums).iter().zip(weights).map(|(s, w)| s + w * w).collect();
    estimates(&sums, inverse, &spread, share)
}

fn estimates(sums: &[f64], inverse: &Square, spread: &[f64], share: f64) -> Vec<Estimate> {
    let square = |j: usize| spread.iter().enumerate().map(|(l, s)| inverse.at(l, j).powi(2) * s).sum::<f64>();
    sums.iter().enumerate().map(|(j, sum)| Ok((*sum, share * square(j).sqrt()))).collect()
}

/// The column sums of an inverse over their mean.
pub(super) fn of_relative_sums(coefficients: &Square, inverse: &Square, share: f64) -> Vec<Estimate> {
    let (sums, rows) = (inverse.column_sums(), inverse.row_sums());
    let all: f64 = sums.iter().sum();
    let mean = all / sums.len() as f64;
    let spread = spread(coefficients, &sums);
    let se = |j: usize| {
        let slope = |l: usize| (inverse.at(l, j) - sums[j] * rows[l] / all) / mean;
        share * spread.iter().enumerate().map(|(l, s)| slope(l).powi(2) * s).sum::<f64>().sqrt()
    };
    sums.iter().enumerate().map(|(j, sum)| Ok((sum / mean, se(j)))).collect()
}

/// Σ_k (m_k a_kl)², one a column l.
fn spread(coefficients: &Square, sums: &[f64]) -> Vec<f64> {
    let square = |k: usize, l: usize| (sums[k] * coefficients.at(k, l)).powi(2);
    (0..sums.len()).map(|l| (0..sums.len()).map(|k| square(k, l)).sum()).collect()
}

/// The columns of `part`: standard error and interval, and the p-value of `null` where there is one to speak of.
pub(super) fn columns(
    part: &str,
    table: &Table<'_>,
    found: Result<Vec<Estimate>, Absent>,
    null: Option<f64>,
    ask: &Ask,
) -> Vec<Extra> {
    let width = normal_quantile((1.0 + ask.level) / 2.0);
    let row = |estimate: Estimate| -> [Value; 4] {
        let bound = |side: f64| estimate.and_then(|(value, se)| finite(value + side * width * se));
        let z = estimate.and_then(|(value, se)| ratio(value - null.unwrap_or(value), se));
        [estimate.map(|(_, se)| se), bound(-1.0), bound(1.0), z.map(|z| tail(z, ask.alternative))]
    };
    let rows = found.map(|estimates| estimates.into_iter().map(row).collect());
    let parts = table.by_sector(["se", "lower", "upper", "p"], rows).parts;
    let told = parts.into_iter().filter(|(name, _)| null.is_some() || *name != "p");
    told.map(|(name, values)| (format!("{part}_{name}"), values)).collect()
}

fn tail(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => (2.0 * normal_tail(z.abs())).min(1.0),
        Alternative::Greater => normal_tail(z),
        Alternative::Less => normal_tail(-z),
    }
}
