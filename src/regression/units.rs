//! Estimation in units in which no square overflows or vanishes.
//!
//! Dividing by powers of two is exact, so the units of the data have no influence on any digit.

use super::design::Design;
use super::fit::Fit;
use crate::numeric::absorb::LevelEffects;
use crate::numeric::vector::magnitude;
use nalgebra::DMatrix;

/// Units in which no product of a few numbers and their squares comes near the ends of the range of numbers.
const SAFE: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// The factors by which a design was divided.
#[derive(Debug)]
pub(super) struct Units {
    y: f64,
    x: Vec<f64>,
    weight: f64,
    /// One an effect; 1 for effects without a slope.
    slopes: Vec<f64>,
}

impl Units {
    /// Divides outcome, regressors, slopes' variables and weights by powers of two near their largest values.
    pub(super) fn take(design: &mut Design) -> Self {
        let take = |column: &mut Vec<f64>| {
            let unit = magnitude(column);
            if SAFE.contains(&unit) {
                return 1.0;
            }
            column.iter_mut().for_each(|v| *v /= unit);
            unit
        };
        Self {
            y: take(&mut design.y),
            x: design.x.iter_mut().map(take).collect(),
            weight: design.weights.as_mut().map_or(1.0, take),
            slopes: design.effects.iter_mut().map(|e| e.slope.as_mut().map_or(1.0, take)).collect(),
        }
    }

    /// Puts every number of a fit back into the caller's units.
    pub(super) fn restore(&self, fit: &mut Fit) {
        let x: Vec<f64> = fit.kept.iter().map(|j| self.x[*j]).collect();
        let units: Vec<f64> = x.iter().map(|x| self.y / x).collect();
        for ((coefficient, row), unit) in fit.coefficients.iter_mut().zip(&mut fit.vcov).zip(&units) {
            *coefficient *= unit;
            row.iter_mut().zip(&units).for_each(|(v, other)| *v *= unit * other);
        }
        if let Some(own) = &mut fit.own {
            let outer = |i: usize, j: usize| units[i] * units[j];
            own.matrix = DMatrix::from_fn(units.len(), units.len(), |i, j| own.matrix[(i, j)] * outer(i, j));
        }
        if let Some(own) = &mut fit.covariance.own_inference {
            own.scale(&units);
        }
        let root = self.weight.sqrt();
        for (mut row, unit) in fit.sandwich.bread_root.row_iter_mut().zip(&x) {
            row /= unit * root;
        }
        if differs_from_one(self.y * root) {
            fit.sandwich.scores.scale(self.y * root);
        }
        let scale = |column: &mut [f64], unit: f64| {
            if differs_from_one(unit) {
                column.iter_mut().for_each(|v| *v *= unit);
            }
        };
        scale(&mut fit.residuals, self.y);
        scale(&mut fit.fitted, self.y);
        if let Some(weights) = &mut fit.weights {
            scale(weights, self.weight);
        }
        for (effect, slope) in fit.effects.iter_mut().zip(&self.slopes) {
            scale_effects(&mut effect.values, self.y, *slope);
            effect.of_regressors.iter_mut().zip(&x).for_each(|(effects, unit)| scale_effects(effects, *unit, *slope));
            effect.slope_variable.iter_mut().for_each(|z| scale(z, *slope));
        }
        for collinear in &mut fit.collinear {
            let unit = self.x[collinear.column];
            collinear.combination.iter_mut().for_each(|(j, c)| *c *= unit / self.x[*j]);
        }
        let square = self.y * self.y * self.weight;
        fit.statistics.ssr *= square;
        fit.statistics.sigma2 *= square;
    }
}

/// Whether a multiplication by the unit changes anything.
fn differs_from_one(unit: f64) -> bool {
    (unit - 1.0).abs() > 0.0
}

fn scale_effects(effects: &mut LevelEffects, unit: f64, slope: f64) {
    effects.intercepts.iter_mut().for_each(|v| *v *= unit);
    effects.slopes.iter_mut().flatten().for_each(|v| *v *= unit / slope);
}
