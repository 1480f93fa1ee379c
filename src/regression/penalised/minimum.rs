//! The minimum of the penalised sum of squares, with a certificate.

use super::moments::Moments;
use crate::error::Error;
use crate::numeric::Stop;
use nalgebra::{Cholesky, DMatrix, DVector};

/// Sweeps of coordinate descent after which the minimum is given up.
const SWEEPS: usize = 10_000;
/// The duality gap, relative to the sum of squares, of a minimum.
pub(super) const GAP: f64 = 1e-12;

/// λ and the share α of the sum of absolute values in the penalty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Penalty {
    pub(super) lambda: f64,
    pub(super) mixing: f64,
}

/// Coefficients with what they may be short of the minimum.
#[derive(Debug, Clone)]
pub(super) struct Minimum {
    pub(super) b: Vec<f64>,
    /// Duality gap over half the mean square of the outcome.
    pub(super) gap: f64,
}

impl Penalty {
    /// The smallest λ at which a penalty with absolute values leaves no term in.
    pub(super) fn largest(moments: &Moments, mixing: f64) -> f64 {
        let most = moments.xy.iter().fold(0.0_f64, |most, c| most.max(c.abs()));
        most / moments.weight / mixing
    }

    fn absolute(self) -> f64 {
        self.lambda * self.mixing
    }

    fn square(self) -> f64 {
        self.lambda * (1.0 - self.mixing)
    }

    /// The minimum, from coefficients near it.
    ///
    /// Cyclic coordinate descent (Friedman, Hastie and Tibshirani 2010) finds which coefficients are not zero and of what
    /// sign; given these the rest is a linear system. The duality gap bounds what any coefficients could gain.
    pub(super) fn minimise(self, moments: &Moments, start: &[f64], stop: &Stop) -> Result<Minimum, Error> {
        let mut b = start.to_vec();
        let mut best = Minimum { gap: self.gap(moments, &b), b: b.clone() };
        for _ in 0..SWEEPS {
            stop.check()?;
            let solved = self.solve_active(moments, &b);
            for candidate in [Some(b.clone()), solved].into_iter().flatten() {
                let gap = self.gap(moments, &candidate);
                if gap < best.gap {
                    best = Minimum { b: candidate, gap };
                }
            }
            if best.gap <= GAP {
                break;
            }
            self.sweep(moments, &mut b);
        }
        Ok(best)
    }

    /// One pass of coordinate descent.
    fn sweep(self, moments: &Moments, b: &mut [f64]) {
        for j in 0..b.len() {
            let curvature = moments.xx[j][j] / moments.weight;
            let products: f64 = moments.xx[j].iter().zip(&*b).map(|(x, b)| x * b).sum();
            let pull = (moments.xy[j] - products) / moments.weight + curvature * b[j];
            b[j] = pull.signum() * (pull.abs() - self.absolute()).max(0.0) / (curvature + self.square());
        }
    }

    /// The coefficients that satisfy the first-order conditions with the non-zero ones and signs of `b`.
    fn solve_active(self, moments: &Moments, b: &[f64]) -> Option<Vec<f64>> {
        let active: Vec<usize> = (0..b.len()).filter(|j| b[*j] != 0.0 || self.mixing == 0.0).collect();
        let matrix = DMatrix::from_fn(active.len(), active.len(), |i, j| {
            let own = if i == j { self.square() } else { 0.0 };
            moments.xx[active[i]][active[j]] / moments.weight + own
        });
        let sign = |j: usize| if b[j] == 0.0 { 0.0 } else { b[j].signum() };
        let right = |j: &usize| moments.xy[*j] / moments.weight - self.absolute() * sign(*j);
        let right = DVector::from_iterator(active.len(), active.iter().map(right));
        let solution = Cholesky::new(matrix)?.solve(&right);
        let mut all = vec![0.0; b.len()];
        active.iter().zip(&solution).for_each(|(j, value)| all[*j] = *value);
        Some(all)
    }

    /// Objective less the dual's at residuals scaled until they are feasible, over half the mean square of the outcome.
    ///
    /// The squared part of the penalty counts as further rows of the sample (Zou and Hastie 2005, lemma 1).
    fn gap(self, moments: &Moments, b: &[f64]) -> f64 {
        let n = moments.weight;
        let half_square = 0.5 * moments.yy / n;
        let pulls: Vec<f64> = moments.gradient(b).iter().zip(b).map(|(g, b)| g / n - self.square() * b).collect();
        if self.mixing == 0.0 {
            // Of a strongly convex objective the squared gradient over twice its curvature is a bound.
            return pulls.iter().map(|g| g * g).sum::<f64>() / (2.0 * self.square()) / half_square;
        }
        let most = pulls.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let scale = if most > self.absolute() { self.absolute() / most } else { 1.0 };
        let size: f64 = b.iter().map(|b| b * b).sum();
        let squares = moments.squares(b) / n + self.square() * size;
        let outcome_times_residual = (moments.yy - moments.xy.iter().zip(b).map(|(c, b)| c * b).sum::<f64>()) / n;
        let absolute: f64 = b.iter().map(|b| b.abs()).sum();
        let primal = 0.5 * squares + self.absolute() * absolute;
        let dual = scale * outcome_times_residual - 0.5 * scale * scale * squares;
        (primal - dual).max(0.0) / half_square
    }
}
