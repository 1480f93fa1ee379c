//! Leverages, the diagonal of the hat matrix of regressors and fixed effects, and what is divided by one less them.
//!
//! By Frisch, Waugh and Lovell the hat matrix is that of the fixed effects plus that of the regressors
//! without them. The first has wᵢ·d'(D'WD)⁻d on its diagonal, the variance of a row's sum of effects; the second the
//! squared length of a row of the orthonormal columns.

use super::cluster::intersection;
use super::{Vcov, meat, residual_df, sandwich};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorber, EffectVariance};
use crate::regression::Estimate;
use crate::regression::design::{Design, Effect};
use rayon::prelude::*;

/// What is left of 1 below which a leverage counts as 1: the residual is rounding noise then, and so is its ratio to
/// what is left (statsmodels 0.15 returns it).
pub(in crate::regression) const NOTHING_LEFT: f64 = 1e-9;

/// The sandwich of scores over `divisor(1 − h)`.
///
/// # Errors
/// At `covariance`: rows of leverage 1. [`Error::Cancelled`] when `stop` is raised.
pub(super) fn leveraged(
    id: &str,
    divisor: fn(f64) -> f64,
    estimate: &Estimate,
    design: &Design,
    stop: &Stop,
) -> Result<Vcov, Error> {
    if estimate.sandwich.leverages.len() != design.y.len() {
        let rule = format!("{id} needs an estimate by least squares, which has leverages; hc1 does without");
        return Err(Violation::new("covariance", rule, id).into());
    }
    let of_effects = effect_leverages(design, stop)?;
    let left: Vec<f64> =
        estimate.sandwich.leverages.iter().zip(of_effects).map(|(x, effects)| 1.0 - x - effects).collect();
    let alone = left.iter().filter(|left| **left <= NOTHING_LEFT).count();
    if alone > 0 {
        let rule = format!(
            "{id} divides by one less the leverage, which is 1 in {alone} of the rows: terms or fixed effects fit them \
             exactly whatever their outcome; hc1 does not divide by it"
        );
        return Err(Violation::new("covariance", rule, id).into());
    }
    let scores = estimate.sandwich.scores.times(|i| 1.0 / divisor(left[i]));
    let (parameters, df) = residual_df(estimate, design);
    let largest = 1.0 - left.iter().copied().fold(1.0, f64::min);
    Ok(Vcov {
        matrix: sandwich(&estimate.sandwich.bread_root, &meat(&scores, None, stop)?),
        parameters,
        factor: 1.0,
        t_df: Some(df),
        rule: format!(
            "no factor, leverages up to {largest:.3} with the fixed effects' part; t with n-K = {df} degrees of \
             freedom, K = {parameters}"
        ),
        ..Vcov::default()
    })
}

/// What the fixed effects add to the leverage of each row; rows of the same levels are looked at once.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(in crate::regression) fn effect_leverages(design: &Design, stop: &Stop) -> Result<Vec<f64>, Error> {
    let n = design.y.len();
    let Some((codes, count)) = alike(&design.effects) else { return Ok(vec![0.0; n]) };
    let mut firsts = vec![0; count];
    codes.iter().enumerate().rev().for_each(|(i, class)| firsts[*class as usize] = i);
    let factors: Vec<_> = design.effects.iter().map(Effect::factor).collect();
    let absorber = Absorber::new(n, &factors, design.weights.as_deref(), stop);
    let variance = EffectVariance::new(&absorber);
    let at = |i: &usize| {
        stop.check()?;
        let levels: Vec<u32> = design.effects.iter().map(|e| e.groups.codes[*i]).collect();
        let slopes: Vec<f64> = design.effects.iter().map(|e| e.slope.as_ref().map_or(0.0, |z| z[*i])).collect();
        // A row of the sample identifies its own sum; where rounding hides that, nothing can be divided by.
        Ok(variance.at(&levels, &slopes).unwrap_or(f64::INFINITY))
    };
    let variances = firsts.par_iter().map(at).collect::<Result<Vec<f64>, Error>>()?;
    let of_row = |(i, class): (usize, &u32)| {
        design.weights.as_ref().map_or(1.0, |weights| weights[i]) * variances[*class as usize]
    };
    Ok(codes.iter().enumerate().map(of_row).collect())
}

/// Classes of rows that have the same effects, and their number; `None` without effects.
fn alike(effects: &[Effect]) -> Option<(Vec<u32>, usize)> {
    if let Some(slope) = effects.iter().find_map(|e| e.slope.as_ref()) {
        return Some(((0..slope.len() as u32).collect(), slope.len()));
    }
    let joint = effects.iter().map(|e| e.groups.clone()).reduce(|a, b| intersection(&a, &b))?;
    Some((joint.codes, joint.levels.len()))
}
