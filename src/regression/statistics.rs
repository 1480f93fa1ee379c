//! Measures of fit.

use super::Estimate;
use super::covariance::Vcov;
use super::design::Design;
use super::small_sample::parameters;
use super::wald::Wald;
use crate::numeric::vector::blocks;
use crate::panel::{Absent, Value, finite};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Sum of squares, relative to that of the outcome about zero, below which there is no variation.
const NO_VARIATION: f64 = 1e-28;
/// The name of the term that is 1 in every row.
const INTERCEPT: &str = "(Intercept)";

/// Measures of fit. Sums of squares are weighted; R² is about the weighted mean of the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Rows used.
    pub observations: usize,
    /// All parameters: coefficients and fixed effects, redundant ones counted as the R package fixest does.
    pub parameters: usize,
    /// Observations less parameters.
    pub residual_df: usize,
    /// Sum of squared residuals.
    pub ssr: f64,
    /// Variance of an error of weight one: ssr over residual degrees of freedom.
    pub sigma2: f64,
    /// Share of the outcome's variation explained; absent where the outcome is no sum of terms, effects and error.
    pub r2: Value,
    /// The same, adjusted for degrees of freedom.
    pub adjusted_r2: Value,
    /// Share of the variation within the fixed effects explained; absent without effects.
    pub r2_within: Option<Value>,
    /// The same, adjusted for degrees of freedom.
    pub adjusted_r2_within: Option<Value>,
    /// Test that all slopes are zero, with the covariance of the fit; `None` without slopes.
    pub slopes: Option<Wald>,
    /// What the statistics cannot judge, if anything.
    #[serde(default)]
    pub degenerate: Option<Degenerate>,
}

/// A fit in which some sum of squares is rounding noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Degenerate {
    /// The outcome does not vary about its mean or within the fixed effects: no R², t or F.
    ConstantOutcome,
    /// The residuals are rounding noise, and so is all that is computed from them.
    PerfectFit,
}

impl Statistics {
    pub(super) fn new(design: &Design, estimate: &Estimate, vcov: &Vcov) -> Self {
        let (n, k) = (design.y.len(), estimate.coefficients.len());
        let parameters = parameters(k, design);
        let has_effects = design.effects.iter().any(|e| e.intercept);
        let names = || estimate.kept.iter().map(|j| design.names[*j].as_str());
        let has_intercept = has_effects || names().any(|name| name == INTERCEPT);
        let about_zero = squares(design, 0.0);
        let total = squares(design, design.mean(&design.y));
        let no_variation = |squares: f64| squares <= NO_VARIATION * about_zero;
        let constant = (has_intercept && no_variation(total)) || (has_effects && no_variation(estimate.ssr_effects));
        let degenerate = match constant {
            true => Some(Degenerate::ConstantOutcome),
            false => no_variation(estimate.ssr).then_some(Degenerate::PerfectFit),
        };
        let explained = |total: f64, adjustment: f64| {
            if !estimate.response.is_sum() {
                return Err(Absent::Undetermined);
            }
            if constant || no_variation(total) {
                return Err(Absent::ZeroDenominator);
            }
            finite(1.0 - estimate.ssr / total * adjustment)
        };
        let residual_df = n - parameters;
        let adjustment = (n - usize::from(has_intercept)) as f64 / residual_df as f64;
        let within = (residual_df + k) as f64 / residual_df as f64;
        Self {
            observations: n,
            parameters,
            residual_df,
            ssr: estimate.ssr,
            sigma2: estimate.ssr / residual_df as f64,
            r2: explained(total, 1.0),
            adjusted_r2: explained(total, adjustment),
            r2_within: has_effects.then(|| explained(estimate.ssr_effects, 1.0)),
            adjusted_r2_within: has_effects.then(|| explained(estimate.ssr_effects, within)),
            slopes: slopes_test(names(), &estimate.coefficients, vcov)
                .map(|wald| if constant { wald.of_constant() } else { wald }),
            degenerate,
        }
    }
}

/// The weighted sum of squares of the outcome about a number.
fn squares(design: &Design, about: f64) -> f64 {
    let weight = |i: usize| design.weights.as_ref().map_or(1.0, |weights| weights[i]);
    let part = |rows: Range<usize>| rows.map(|i| weight(i) * (design.y[i] - about).powi(2)).sum::<f64>();
    blocks(design.y.len(), part).iter().sum()
}

/// Tests that the coefficients of these names are zero, the intercept aside; `None` where there is no other.
pub(super) fn slopes_test<'a>(names: impl Iterator<Item = &'a str>, coefficients: &[f64], vcov: &Vcov) -> Option<Wald> {
    let slopes: Vec<usize> = names.enumerate().filter(|(_, name)| *name != INTERCEPT).map(|(i, _)| i).collect();
    let q = slopes.len();
    let b = DVector::from_iterator(q, slopes.iter().map(|i| coefficients[*i]));
    let v = DMatrix::from_fn(q, q, |i, j| vcov.matrix[(slopes[i], slopes[j])]);
    (q > 0).then(|| Wald::new(&b, &v, vcov.t_df))
}
