//! The columns of a spatial model with their spatial lags, fixed effects taken out.
//!
//! The model is B(Ay − Xb) = Da + e with A = I − ρW and B = I − λW. Fixed effects are taken out of y, Wy, WWy, X and WX
//! one by one, which is exact for any panel. Where B maps the effects Da onto effects (balanced panels; effects of
//! periods if rows of W sum to one) it does not matter whether they stand before or after it.

use super::weights::Weights;
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorbed, Absorber, LevelEffects};
use crate::numeric::vector::add_scaled;
use crate::regression::design::Design;
use rayon::prelude::*;

/// A column, its spatial lag and the lag of that.
pub(super) type Lagged = [Vec<f64>; 3];

/// The columns of one model.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    pub(super) design: &'a Design,
    pub(super) weights: &'a Weights,
    /// The outcome, as it is.
    pub(super) raw_y: Lagged,
    /// The outcome.
    pub(super) y: Lagged,
    /// Each kept regressor, as it is.
    pub(super) raw_x: Vec<Lagged>,
    /// Each kept regressor.
    pub(super) x: Vec<Lagged>,
    /// Fixed effects of the lagged outcome.
    pub(super) lag_effects: Vec<LevelEffects>,
}

impl<'a> Sample<'a> {
    /// The columns of the regressors with the numbers in `kept`.
    pub(super) fn new(design: &'a Design, weights: &'a Weights, kept: &[usize], stop: &Stop) -> Result<Self, Error> {
        let lagged = |column: &Vec<f64>| {
            let once = weights.matrix.times(column);
            let twice = weights.matrix.times(&once);
            [column.clone(), once, twice]
        };
        let raw_y = lagged(&design.y);
        let raw_x: Vec<Lagged> = kept.iter().map(|j| lagged(&design.x[*j])).collect();
        let columns: Vec<&[f64]> = std::iter::once(&raw_y).chain(&raw_x).flatten().map(Vec::as_slice).collect();
        let absorbed = absorb(design, &columns, stop)?;
        let lag_effects = absorbed[1].effects.clone();
        let within = |j: usize| std::array::from_fn(|lags| absorbed[3 * j + lags].residual.clone());
        let (y, x) = (within(0), (1..=kept.len()).map(within).collect());
        Ok(Self { design, weights, raw_y, y, raw_x, x, lag_effects })
    }

    /// A column without the fixed effects.
    pub(super) fn within(&self, column: &[f64], stop: &Stop) -> Result<Vec<f64>, Error> {
        Ok(absorb(self.design, &[column], stop)?.remove(0).residual)
    }
}

/// (I − λW)(I − ρW) applied to a column.
pub(super) fn filtered(column: &Lagged, [rho, lambda]: [f64; 2]) -> Vec<f64> {
    let mut filtered = column[0].clone();
    add_scaled(&mut filtered, -(rho + lambda), &column[1]);
    add_scaled(&mut filtered, rho * lambda, &column[2]);
    filtered
}

fn absorb(design: &Design, columns: &[&[f64]], stop: &Stop) -> Result<Vec<Absorbed>, Error> {
    let factors: Vec<_> = design.effects.iter().map(|effect| effect.factor()).collect();
    let absorber = Absorber::new(design.y.len(), &factors, None, stop);
    columns.par_iter().map(|column| absorber.absorb(column)).collect()
}
