//! The transformation that makes the errors of a random-effects model independent with one variance.
//!
//! Ω/σ² = I + c₁Z₁Z₁' + c₂Z₂Z₂' with one column of Z a group. Taking θ = 1 − 1/√(1 + cn) of the mean out of each group of n rows
//! is the square root of (I + c₁Z₁Z₁')⁻¹. What the second grouping becomes, W, has few columns, and
//! (I + c₂WW')^(-1/2) = I − WV·diag(c₂/(r(1 + r)))·V'W' with W'W = V·diag(s)·V' and r = √(1 + c₂s). So unbalanced panels are
//! exact, with one effect and with two.

use super::Grouping;
use super::components::Components;
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// The transformation of one sample.
#[derive(Debug)]
pub(in crate::regression) struct QuasiDemeaning<'a> {
    first: &'a Grouping,
    /// Share of the mean taken out of each group of the first grouping.
    shares: Vec<f64>,
    /// The other grouping, and V·diag(c/(r(1 + r)))·V'.
    second: Option<(&'a Grouping, DMatrix<f64>)>,
}

/// θ = 1 − 1/√(1 + n·σ²_effect/σ²) of a group of `rows` rows.
pub(in crate::regression) fn theta(effect: f64, idiosyncratic: f64, rows: usize) -> f64 {
    1.0 - (1.0 + rows as f64 * effect / idiosyncratic).sqrt().recip()
}

impl<'a> QuasiDemeaning<'a> {
    /// Prepares the transformation for one or two groupings.
    pub(in crate::regression) fn new(
        groups: &'a [Grouping],
        components: &Components,
        stop: &Stop,
    ) -> Result<Self, Error> {
        // The smaller grouping comes last: its matrix is the one to decompose.
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|g| std::cmp::Reverse(groups[*g].len()));
        let variance = |g: usize| components.effects[order[g]];
        let first = &groups[order[0]];
        let shares = first.counts.iter().map(|n| theta(variance(0), components.idiosyncratic, *n)).collect();
        let mut demeaning = Self { first, shares, second: None };
        if order.len() == 2 {
            let second = &groups[order[1]];
            let ratio = variance(1) / components.idiosyncratic;
            let factor = demeaning.second_factor(second, ratio, stop)?;
            demeaning.second = Some((second, factor));
        }
        Ok(demeaning)
    }

    fn second_factor(&self, second: &Grouping, ratio: f64, stop: &Stop) -> Result<DMatrix<f64>, Error> {
        let mut gram = DMatrix::zeros(second.len(), second.len());
        for g in 0..second.len() {
            stop.check()?;
            let dummy: Vec<f64> = second.codes.iter().map(|code| f64::from(u8::from(*code as usize == g))).collect();
            let image = second.sums(&self.first_step(&self.first_step(&dummy)));
            gram.set_column(g, &DVector::from_vec(image));
        }
        let eigen = SymmetricEigen::new((&gram + gram.transpose()) * 0.5);
        let weights = eigen.eigenvalues.map(|s| {
            let root = (1.0 + ratio * s.max(0.0)).sqrt();
            ratio / (root * (1.0 + root))
        });
        Ok(&eigen.eigenvectors * DMatrix::from_diagonal(&weights) * eigen.eigenvectors.transpose())
    }

    fn first_step(&self, column: &[f64]) -> Vec<f64> {
        self.first.less_means(column, |g| self.shares[g])
    }

    /// The transformed column.
    pub(in crate::regression) fn apply(&self, column: &[f64]) -> Vec<f64> {
        let once = self.first_step(column);
        let Some((second, factor)) = &self.second else { return once };
        let sums = DVector::from_vec(second.sums(&self.first_step(&once)));
        let part = self.first_step(&second.spread((factor * sums).as_slice()));
        once.iter().zip(part).map(|(x, p)| x - p).collect()
    }

    /// Transforms outcome and regressors.
    pub(in crate::regression) fn transform(&self, design: &mut Design) {
        design.y = self.apply(&design.y);
        design.x.iter_mut().for_each(|x| *x = self.apply(x));
    }
}
