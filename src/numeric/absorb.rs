//! Absorption of fixed effects and varying slopes from the columns of a regression.
//!
//! Every factor has a dummy for each level and, with a varying slope, a column for each level that
//! holds the slope's variable, less its mean in the level if there are dummies. In the weighted inner product the
//! columns of one factor are orthogonal; they are scaled to unit length. The largest factor is then
//! eliminated exactly (a projection), and the normal equations of the others, a Schur complement with
//! the Jacobi scaling built in, are solved by conjugate gradients (Hestenes and Stiefel 1952), which a
//! singular but consistent system does not disturb. The residual is put through the solver
//! again until its normal equations hold; all thresholds are relative to the column.
//!
//! The crate `within` solves the same problem; it brings 66 crates and its last bits depend on the number of threads.

mod block;
mod variance;

pub use block::{Factor, LevelEffects};
pub use variance::EffectVariance;

use super::Stop;
use super::vector::{add_scaled, dot, norm};
use crate::error::Error;
use block::Block;

/// Residual of the normal equations, relative to the column, at which the solver is content.
const TARGET: f64 = 1e-13;
/// Residual above which a column counts as not converged.
const CONVERGED: f64 = 1e-10;
/// Reduction of the residual asked of one run of conjugate gradients before the true residual is formed anew.
const REDUCTION: f64 = 1e-9;
/// Runs of conjugate gradients a column.
const RUNS: usize = 6;

/// Solver of the fixed effects of one sample.
#[derive(Debug)]
pub struct Absorber<'a> {
    weights: Vec<f64>,
    /// In the order given.
    blocks: Vec<Block<'a>>,
    /// The largest block, eliminated exactly.
    base: usize,
    stop: Stop,
}

/// A column without its fixed effects.
#[derive(Debug, Clone)]
pub struct Absorbed {
    /// The column less its projection on the effects.
    pub residual: Vec<f64>,
    /// The effects of each factor, in the order given; what several factors share is divided arbitrarily.
    pub effects: Vec<LevelEffects>,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
    /// Length of the normal equations' residual, in columns of unit length, over the length of the column
    /// without its largest factor.
    pub relative_residual: f64,
    /// Whether the relative residual is below 1e-10, or below what rounding allows.
    pub converged: bool,
}

impl<'a> Absorber<'a> {
    /// Prepares the effects of a sample of `rows` rows; weights of one when there are none. Iterations end when
    /// `stop` is raised.
    ///
    /// Factors and weights have one entry a row, weights are positive, codes are below the number of levels.
    pub fn new(rows: usize, factors: &[Factor<'a>], weights: Option<&[f64]>, stop: &Stop) -> Self {
        let weights = weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        let blocks: Vec<_> = factors.iter().map(|f| Block::new(*f, &weights)).collect();
        let base = (0..blocks.len()).rev().max_by_key(|q| blocks[*q].len()).unwrap_or(0);
        Self { weights, blocks, base, stop: stop.clone() }
    }

    /// Absorbs the effects from one column.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the stop flag is raised.
    pub fn absorb(&self, column: &[f64]) -> Result<Absorbed, Error> {
        let mut residual = column.to_vec();
        self.project_base(&mut residual);
        self.project_base(&mut residual);
        let start = self.weighted_norm(&residual);
        let rounding = 16.0 * f64::EPSILON * self.weighted_norm(column);
        let target = rounding.max(TARGET * start);
        let mut found = vec![0.0; self.others().map(Block::len).sum()];
        let (mut iterations, mut previous) = (0, f64::INFINITY);
        let mut left = self.gather_others(&residual);
        for _ in 0..RUNS {
            let size = norm(&left);
            if size <= target || size > 0.1 * previous {
                break;
            }
            previous = size;
            let (step, used) = self.conjugate_gradients(&left, target.max(REDUCTION * size));
            iterations += used;
            self.spread_others(-1.0, &step, &mut residual);
            self.project_base(&mut residual);
            add_scaled(&mut found, 1.0, &step);
            left = self.gather_others(&residual);
        }
        self.stop.check()?;
        let size = norm(&left);
        Ok(Absorbed {
            effects: self.all_effects(column, &found),
            residual,
            iterations,
            relative_residual: if start > 0.0 { size / start } else { 0.0 },
            converged: size <= rounding.max(CONVERGED * start),
        })
    }

    fn others(&self) -> impl Iterator<Item = &Block<'a>> {
        self.blocks.iter().enumerate().filter(|(q, _)| *q != self.base).map(|(_, block)| block)
    }

    fn weighted_norm(&self, v: &[f64]) -> f64 {
        let weighted: Vec<f64> = v.iter().zip(&self.weights).map(|(v, w)| v * w.sqrt()).collect();
        norm(&weighted)
    }

    fn project_base(&self, v: &mut [f64]) {
        if let Some(base) = self.blocks.get(self.base) {
            base.spread(-1.0, &base.gather(&self.weights, v), v);
        }
    }

    fn gather_others(&self, v: &[f64]) -> Vec<f64> {
        self.others().flat_map(|block| block.gather(&self.weights, v)).collect()
    }

    fn spread_others(&self, sign: f64, coefficients: &[f64], out: &mut [f64]) {
        let mut rest = coefficients;
        for block in self.others() {
            let (own, after) = rest.split_at(block.len());
            block.spread(sign, own, out);
            rest = after;
        }
    }

    /// The Schur complement of the base, times `c`.
    fn schur(&self, c: &[f64]) -> Vec<f64> {
        let mut v = vec![0.0; self.weights.len()];
        self.spread_others(1.0, c, &mut v);
        self.project_base(&mut v);
        self.gather_others(&v)
    }

    /// Solves Schur · c = `right` until the residual is no longer than `enough`; also the number of iterations.
    ///
    /// Asking for less than rounding leaves of `right` would let its part in the null space grow.
    fn conjugate_gradients(&self, right: &[f64], enough: f64) -> (Vec<f64>, usize) {
        let mut solution = vec![0.0; right.len()];
        let (mut residual, mut direction) = (right.to_vec(), right.to_vec());
        let mut size = dot(right, right);
        let limit = (10 * right.len() + 100).min(10_000);
        for iteration in 0..limit {
            let image = self.schur(&direction);
            let curvature = dot(&direction, &image);
            let in_null_space = curvature <= 1e-15 * dot(&direction, &direction);
            if size <= enough * enough || in_null_space || self.stop.raised() {
                return (solution, iteration);
            }
            let step = size / curvature;
            add_scaled(&mut solution, step, &direction);
            add_scaled(&mut residual, -step, &image);
            let next = dot(&residual, &residual);
            let ratio = next / size;
            for (d, r) in direction.iter_mut().zip(&residual) {
                *d = r + ratio * *d;
            }
            size = next;
        }
        (solution, limit)
    }

    /// The effects of every factor from the coefficients of the others.
    fn all_effects(&self, column: &[f64], others: &[f64]) -> Vec<LevelEffects> {
        let mut rest = column.to_vec();
        self.spread_others(-1.0, others, &mut rest);
        let mut remaining = others;
        let mut take = |q: usize, block: &Block<'_>| {
            if q == self.base {
                return block.effects(&block.gather(&self.weights, &rest));
            }
            let (own, after) = remaining.split_at(block.len());
            remaining = after;
            block.effects(own)
        };
        self.blocks.iter().enumerate().map(|(q, block)| take(q, block)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::least_squares::Orthogonal;
    use crate::numeric::random::{Random, normals, stream};

    fn codes(random: &mut Random, n: usize, levels: usize) -> Vec<u32> {
        let cut = |z: f64| ((z.abs() * 1e6) as usize % levels) as u32;
        normals(random, n).into_iter().map(cut).collect()
    }

    /// The residual of a regression on explicit weighted dummies.
    fn by_dummies(column: &[f64], factors: &[Factor<'_>], weights: &[f64]) -> Vec<f64> {
        let mut columns = Vec::new();
        for factor in factors {
            for level in 0..factor.levels as u32 {
                let dummy = |i: usize| if factor.codes[i] == level { weights[i].sqrt() } else { 0.0 };
                if factor.intercept {
                    columns.push((0..column.len()).map(dummy).collect::<Vec<_>>());
                }
                if let Some(z) = factor.slope {
                    columns.push((0..column.len()).map(|i| dummy(i) * z[i]).collect());
                }
            }
        }
        let mut y: Vec<f64> = column.iter().zip(weights).map(|(y, w)| y * w.sqrt()).collect();
        Orthogonal::new(columns, &Stop::default()).unwrap().project(&mut y);
        y.iter().zip(weights).map(|(y, w)| y / w.sqrt()).collect()
    }

    #[test]
    fn residuals_equal_those_of_explicit_dummies() {
        for seed in 0..20 {
            let mut random = stream(seed, 0);
            let n = 120;
            let (a, b, c) = (codes(&mut random, n, 9), codes(&mut random, n, 5), codes(&mut random, n, 4));
            let z: Vec<f64> = normals(&mut random, n).iter().map(|z| 1980.0 + z).collect();
            let v = normals(&mut random, n);
            let weights: Vec<f64> = normals(&mut random, n).iter().map(|z| z.exp()).collect();
            let y: Vec<f64> = normals(&mut random, n).iter().map(|y| 50.0 + y).collect();
            let factors = [
                Factor { codes: &a, levels: 9, intercept: true, slope: None },
                Factor { codes: &b, levels: 5, intercept: true, slope: (seed % 2 == 0).then_some(z.as_slice()) },
                Factor {
                    codes: &c,
                    levels: 4,
                    intercept: seed % 3 > 0,
                    slope: (seed % 3 == 0).then_some(v.as_slice()),
                },
            ];
            for used in 1..=3 {
                let absorber = Absorber::new(n, &factors[..used], Some(&weights), &Stop::default());
                let absorbed = absorber.absorb(&y).unwrap();
                assert!(absorbed.converged, "{}", absorbed.relative_residual);
                let expected = by_dummies(&y, &factors[..used], &weights);
                for (got, want) in absorbed.residual.iter().zip(expected) {
                    assert!((got - want).abs() < 1e-11, "seed {seed}, {used} factors: {got} is not {want}");
                }
            }
        }
    }

    #[test]
    fn effects_and_residual_add_up_to_the_column() {
        let mut random = stream(5, 0);
        let n = 80;
        let (a, b) = (codes(&mut random, n, 7), codes(&mut random, n, 3));
        let z = normals(&mut random, n);
        let y = normals(&mut random, n);
        let factors = [
            Factor { codes: &a, levels: 7, intercept: true, slope: Some(&z) },
            Factor { codes: &b, levels: 3, intercept: true, slope: None },
        ];
        let absorbed = Absorber::new(n, &factors, None, &Stop::default()).absorb(&y).unwrap();
        for i in 0..n {
            let (g, h) = (a[i] as usize, b[i] as usize);
            let slope = absorbed.effects[0].slopes.as_ref().unwrap()[g] * z[i];
            let fitted = absorbed.effects[0].intercepts[g] + slope + absorbed.effects[1].intercepts[h];
            assert!((y[i] - fitted - absorbed.residual[i]).abs() < 1e-12);
        }
    }
}
