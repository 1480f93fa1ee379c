//! Fisher scoring by weighted least squares.

use super::family::Family;
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;

/// How far a linear predictor may still move when it counts as settled.
///
/// Deviances settle long before rows do whose mean goes to zero; linear predictors do not, so convergence of all of
/// them is a proof that the maximum exists.
pub(super) const SETTLED: f64 = 1e-9;
/// Iterations after which the maximum is given up.
pub(super) const ITERATIONS: usize = 50;
/// Halvings of a step that does not increase the likelihood.
const HALVINGS: usize = 30;
/// A weight that keeps a row in the sums of its levels when its mean has all but vanished.
const LEAST_WEIGHT: f64 = 1e-100;
/// The linear predictor beyond which mean and slope are those at it, before they underflow.
const LARGEST: f64 = 35.0;

/// Where scoring ended.
#[derive(Debug)]
pub(super) struct Solution {
    /// The last weighted regression.
    pub(super) working: Design,
    /// Its estimate.
    pub(super) estimate: Estimate,
    /// The linear predictor of each row.
    pub(super) eta: Vec<f64>,
    /// Regressions run.
    pub(super) iterations: usize,
    /// The furthest that a linear predictor moved in the last of them.
    pub(super) moved: f64,
    /// Whether that is next to nothing.
    pub(super) converged: bool,
}

impl Solution {
    /// The largest linear predictor in absolute value.
    pub(super) fn spread(&self) -> f64 {
        self.eta.iter().fold(0.0, |largest, eta| eta.abs().max(largest))
    }
}

/// Maximises the likelihood of a design whose outcomes the family allows.
pub(super) fn maximise(design: &Design, family: Family, stop: &Stop) -> Result<Solution, Error> {
    let mean = design.mean(&design.y);
    let mut eta: Vec<f64> = design.y.iter().map(|y| family.start(*y, mean)).collect();
    let mut likelihood = f64::NEG_INFINITY;
    let mut iterations = 0;
    loop {
        iterations += 1;
        let working = working_design(design, &eta, family);
        let estimate = least_squares(&working, stop)?;
        let full: Vec<f64> = working.y.iter().zip(&estimate.u_hat).map(|(z, u)| z - u).collect();
        let (next, reached, whole) = shorten(design, family, &eta, full, likelihood);
        let moved = next.iter().zip(&eta).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        (eta, likelihood) = (next, reached);
        let converged = whole && moved <= SETTLED;
        if converged || iterations == ITERATIONS {
            return Ok(Solution { working, estimate, eta, iterations, moved, converged });
        }
    }
}

/// The least-squares problem whose solution is the next step.
fn working_design(design: &Design, eta: &[f64], family: Family) -> Design {
    let response = family.response();
    let mut working = design.clone();
    let mut weights = Vec::with_capacity(eta.len());
    for (i, eta) in eta.iter().enumerate() {
        let at = if family.is_share() { eta.clamp(-LARGEST, LARGEST) } else { *eta };
        let (slope, weight) = (response.slope(at), design.weights.as_ref().map_or(1.0, |w| w[i]));
        let (y, mean) = (design.y[i], response.mean(at));
        // Of shares y − μ, with 1 − μ from the other tail where it is no difference of near numbers.
        let error = if family.is_share() { y * response.mean(-at) - (1.0 - y) * mean } else { y - mean };
        working.y[i] = eta + error / slope;
        weights.push((weight * slope * slope / family.variance(at)).max(LEAST_WEIGHT));
    }
    working.weights = Some(weights);
    working
}

/// Halves a step until the likelihood does not fall; the linear predictor, its likelihood, and whether the step is whole.
fn shorten(design: &Design, family: Family, from: &[f64], mut to: Vec<f64>, before: f64) -> (Vec<f64>, f64, bool) {
    let mut reached = likelihood(design, family, &to);
    let rounding = 1e-12 * before.abs();
    for halving in 0..HALVINGS {
        if reached.is_finite() && (before == f64::NEG_INFINITY || reached >= before - rounding) {
            return (to, reached, halving == 0);
        }
        to.iter_mut().zip(from).for_each(|(to, from)| *to = 0.5 * (*to + from));
        reached = likelihood(design, family, &to);
    }
    (to, reached, false)
}

fn likelihood(design: &Design, family: Family, eta: &[f64]) -> f64 {
    let of_row =
        |(i, eta): (usize, &f64)| design.weights.as_ref().map_or(1.0, |w| w[i]) * family.log_density(design.y[i], *eta);
    eta.iter().enumerate().map(of_row).sum()
}
