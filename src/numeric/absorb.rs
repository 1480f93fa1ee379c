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

use super::vector::{add_scaled, dot, norm};
use serde::{Deserialize, Serialize};

/// Residual of the normal equations, relative to the column, at which the solver is content.
const TARGET: f64 = 1e-13;
/// Residual above which a column counts as not converged.
const CONVERGED: f64 = 1e-10;
/// Reduction of the residual asked of one run of conjugate gradients before the true residual is formed anew.
const REDUCTION: f64 = 1e-9;
/// Runs of conjugate gradients a column.
const RUNS: usize = 6;
/// Variation of a slope's variable within a level, relative to its size, below which there is none.
const CONSTANT: f64 = 1e-9;

/// One set of fixed effects as data.
#[derive(Debug, Clone, Copy)]
pub struct Factor<'a> {
    /// Level of each row.
    pub codes: &'a [u32],
    /// Number of levels.
    pub levels: usize,
    /// Whether each level has an intercept.
    pub intercept: bool,
    /// The variable whose slope differs by level.
    pub slope: Option<&'a [f64]>,
}

/// Solver of the fixed effects of one sample.
#[derive(Debug)]
pub struct Absorber<'a> {
    weights: Vec<f64>,
    /// In the order given.
    blocks: Vec<Block<'a>>,
    /// The largest block, eliminated exactly.
    base: usize,
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

/// The effects of one factor, one entry a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelEffects {
    /// The level's intercept.
    pub intercepts: Vec<f64>,
    /// The level's slope, for a factor that has one.
    pub slopes: Option<Vec<f64>>,
}

impl LevelEffects {
    /// The effect of a level at the value `z` of the slope's variable.
    pub fn at(&self, level: usize, z: f64) -> f64 {
        self.intercepts[level] + self.slopes.as_ref().map_or(0.0, |slopes| slopes[level] * z)
    }
}

/// The columns of one factor, orthonormal in the weighted inner product.
#[derive(Debug)]
struct Block<'a> {
    codes: &'a [u32],
    /// One over the length of each dummy; zero for a factor without intercepts.
    scale: Vec<f64>,
    slope: Option<Slope>,
}

#[derive(Debug)]
struct Slope {
    /// The variable less `mean` of the level.
    centred: Vec<f64>,
    /// The variable's mean in each level; zero for a factor without intercepts.
    mean: Vec<f64>,
    /// One over the length of each level's column; zero where the variable does not vary.
    scale: Vec<f64>,
}

impl<'a> Block<'a> {
    fn new(factor: Factor<'a>, weights: &[f64]) -> Self {
        let totals = level_sums(factor, |i| weights[i]);
        let scale = totals.iter().map(|w| if factor.intercept { inverse_root(*w) } else { 0.0 }).collect();
        let slope = factor.slope.map(|z| Slope::new(factor, z, weights, &totals));
        Self { codes: factor.codes, scale, slope }
    }

    fn len(&self) -> usize {
        self.scale.len() * (1 + usize::from(self.slope.is_some()))
    }

    /// out += sign · columns · coefficients.
    fn spread(&self, sign: f64, coefficients: &[f64], out: &mut [f64]) {
        let levels = self.scale.len();
        let scaled = |c: &[f64], scale: &[f64]| c.iter().zip(scale).map(|(c, s)| sign * c * s).collect::<Vec<_>>();
        let intercepts = scaled(&coefficients[..levels], &self.scale);
        for (out, code) in out.iter_mut().zip(self.codes) {
            *out += intercepts[*code as usize];
        }
        if let Some(slope) = &self.slope {
            let slopes = scaled(&coefficients[levels..], &slope.scale);
            for ((out, code), z) in out.iter_mut().zip(self.codes).zip(&slope.centred) {
                *out += slopes[*code as usize] * z;
            }
        }
    }

    /// columns' · W · v.
    fn gather(&self, weights: &[f64], v: &[f64]) -> Vec<f64> {
        let levels = self.scale.len();
        let mut sums = vec![0.0; self.len()];
        for ((code, w), v) in self.codes.iter().zip(weights).zip(v) {
            sums[*code as usize] += w * v;
        }
        if let Some(slope) = &self.slope {
            for (i, z) in slope.centred.iter().enumerate() {
                sums[levels + self.codes[i] as usize] += weights[i] * v[i] * z;
            }
        }
        let scales = self.scale.iter().chain(self.slope.iter().flat_map(|s| &s.scale));
        sums.iter_mut().zip(scales).for_each(|(sum, scale)| *sum *= scale);
        sums
    }

    /// The row of the columns for an observation of this level and slope value; `None` where the
    /// sample does not tell the level's slope.
    fn row(&self, level: u32, z: f64) -> Option<Vec<(usize, f64)>> {
        let g = level as usize;
        let mut row = vec![(g, self.scale[g])];
        if let Some(slope) = &self.slope {
            let away = z - slope.mean[g];
            if slope.scale[g] <= 0.0 && away.abs() > CONSTANT * slope.mean[g].abs() {
                return None;
            }
            row.push((self.scale.len() + g, slope.scale[g] * away));
        }
        Some(row)
    }

    /// Coefficients in the caller's terms.
    fn effects(&self, coefficients: &[f64]) -> LevelEffects {
        let levels = self.scale.len();
        let mut intercepts: Vec<f64> = coefficients.iter().zip(&self.scale).map(|(c, s)| c * s).collect();
        let slopes = self.slope.as_ref().map(|slope| {
            let slopes: Vec<f64> = coefficients[levels..].iter().zip(&slope.scale).map(|(c, s)| c * s).collect();
            for ((intercept, b), mean) in intercepts.iter_mut().zip(&slopes).zip(&slope.mean) {
                *intercept -= b * mean;
            }
            slopes
        });
        LevelEffects { intercepts, slopes }
    }
}

impl Slope {
    fn new(factor: Factor<'_>, z: &[f64], weights: &[f64], totals: &[f64]) -> Self {
        let sums = level_sums(factor, |i| weights[i] * z[i]);
        let mean = |(sum, w): (&f64, &f64)| if factor.intercept && *w > 0.0 { sum / w } else { 0.0 };
        let mean: Vec<f64> = sums.iter().zip(totals).map(mean).collect();
        let centred: Vec<f64> = z.iter().zip(factor.codes).map(|(z, g)| z - mean[*g as usize]).collect();
        let before = level_sums(factor, |i| weights[i] * z[i] * z[i]);
        let after = level_sums(factor, |i| weights[i] * centred[i] * centred[i]);
        let varies = |after: f64, before: f64| after > CONSTANT * CONSTANT * before;
        let scale = after.iter().zip(&before).map(|(a, b)| if varies(*a, *b) { inverse_root(*a) } else { 0.0 });
        Self { scale: scale.collect(), centred, mean }
    }
}

fn level_sums(factor: Factor<'_>, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; factor.levels];
    for (i, code) in factor.codes.iter().enumerate() {
        sums[*code as usize] += value(i);
    }
    sums
}

fn inverse_root(x: f64) -> f64 {
    if x > 0.0 { 1.0 / x.sqrt() } else { 0.0 }
}

impl<'a> Absorber<'a> {
    /// Prepares the effects of a sample of `rows` rows; weights of one when there are none.
    ///
    /// Factors and weights have one entry a row, weights are positive, codes are below the number of levels.
    pub fn new(rows: usize, factors: &[Factor<'a>], weights: Option<&[f64]>) -> Self {
        let weights = weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        let blocks: Vec<_> = factors.iter().map(|f| Block::new(*f, &weights)).collect();
        let base = (0..blocks.len()).rev().max_by_key(|q| blocks[*q].len()).unwrap_or(0);
        Self { weights, blocks, base }
    }

    /// Absorbs the effects from one column.
    pub fn absorb(&self, column: &[f64]) -> Absorbed {
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
        let size = norm(&left);
        Absorbed {
            effects: self.all_effects(column, &found),
            residual,
            iterations,
            relative_residual: if start > 0.0 { size / start } else { 0.0 },
            converged: size <= rounding.max(CONVERGED * start),
        }
    }

    /// The variance of the sum of effects at the given levels and slope values, in units of the error
    /// variance: d'(D'WD)⁻d.
    ///
    /// `None` when the sample does not identify that sum.
    pub fn variance_at(&self, levels: &[u32], slopes: &[f64]) -> Option<f64> {
        let mut base_row = vec![0.0; self.blocks.get(self.base).map_or(0, Block::len)];
        let mut row = Vec::new();
        for (q, block) in self.blocks.iter().enumerate() {
            let mut entries = vec![0.0; block.len()];
            for (j, value) in block.row(levels[q], slopes[q])? {
                entries[j] = value;
            }
            if q == self.base { base_row = entries } else { row.extend(entries) }
        }
        let mut spread = vec![0.0; self.weights.len()];
        if row.is_empty() {
            return Some(dot(&base_row, &base_row));
        }
        self.blocks[self.base].spread(1.0, &base_row, &mut spread);
        let mut right = row.clone();
        add_scaled(&mut right, -1.0, &self.gather_others(&spread));
        let (solution, _) = self.conjugate_gradients(&right, REDUCTION * norm(&row));
        let mut left = right.clone();
        add_scaled(&mut left, -1.0, &self.schur(&solution));
        let identified = norm(&left) <= 1e-6 * norm(&row);
        // d_b'(d_b − B'WO c) + d_o'c = d_b'd_b + (d_o − O'W B d_b)'c
        identified.then(|| dot(&base_row, &base_row) + dot(&right, &solution))
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
            // Directions of the null space, and anything that is not a number, end the search.
            let singular = !(curvature > 1e-15 * dot(&direction, &direction));
            if size <= enough * enough || singular {
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
        Orthogonal::new(columns).project(&mut y);
        y.iter().zip(weights).map(|(y, w)| y / w.sqrt()).collect()
    }

    #[test]
    fn residuals_equal_those_of_explicit_dummies() {
        for seed in 0..20 {
            let mut random = stream(seed, 0);
            let n = 120;
            let (a, b, c) = (codes(&mut random, n, 9), codes(&mut random, n, 5), codes(&mut random, n, 4));
            let z: Vec<f64> = normals(&mut random, n).iter().map(|z| 1980.0 + z).collect();
            let weights: Vec<f64> = normals(&mut random, n).iter().map(|z| z.exp()).collect();
            let y: Vec<f64> = normals(&mut random, n).iter().map(|y| 50.0 + y).collect();
            let factors = [
                Factor { codes: &a, levels: 9, intercept: true, slope: None },
                Factor { codes: &b, levels: 5, intercept: true, slope: (seed % 2 == 0).then_some(z.as_slice()) },
                Factor {
                    codes: &c,
                    levels: 4,
                    intercept: seed % 3 > 0,
                    slope: (seed % 3 == 0).then_some(z.as_slice()),
                },
            ];
            for used in 1..=3 {
                let absorber = Absorber::new(n, &factors[..used], Some(&weights));
                let absorbed = absorber.absorb(&y);
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
        let absorbed = Absorber::new(n, &factors, None).absorb(&y);
        for i in 0..n {
            let (g, h) = (a[i] as usize, b[i] as usize);
            let slope = absorbed.effects[0].slopes.as_ref().unwrap()[g] * z[i];
            let fitted = absorbed.effects[0].intercepts[g] + slope + absorbed.effects[1].intercepts[h];
            assert!((y[i] - fitted - absorbed.residual[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn variance_of_a_balanced_two_way_effect_is_the_textbook_one() {
        // ȳ_g + ȳ_t − ȳ has variance σ²(1/T + 1/G − 1/(GT)).
        let (g, t) = (6, 4);
        let a: Vec<u32> = (0..g * t).map(|i| i / t).collect();
        let b: Vec<u32> = (0..g * t).map(|i| i % t).collect();
        let factors = [
            Factor { codes: &a, levels: g as usize, intercept: true, slope: None },
            Factor { codes: &b, levels: t as usize, intercept: true, slope: None },
        ];
        let absorber = Absorber::new((g * t) as usize, &factors, None);
        let got = absorber.variance_at(&[2, 3], &[0.0, 0.0]).unwrap();
        assert!((got - (1.0 / 4.0 + 1.0 / 6.0 - 1.0 / 24.0)).abs() < 1e-14);
    }

    #[test]
    fn effects_of_separate_components_do_not_add_up_to_anything() {
        let a = [0, 0, 1, 1];
        let b = [0, 1, 2, 3];
        let factors = [
            Factor { codes: &a, levels: 2, intercept: true, slope: None },
            Factor { codes: &b, levels: 4, intercept: true, slope: None },
        ];
        let absorber = Absorber::new(4, &factors, None);
        assert!(absorber.variance_at(&[0, 0], &[0.0, 0.0]).is_some());
        assert!(absorber.variance_at(&[0, 3], &[0.0, 0.0]).is_none());
    }
}
