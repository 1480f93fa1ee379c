//! Absorption of fixed effects and varying slopes from the columns of a regression.
//!
//! Every factor has a dummy for each level and, with a varying slope, a column for each level that
//! holds the slope's variable, less its mean in the level if there are dummies. In the weighted inner product the
//! columns of one factor are orthogonal; they are scaled to unit length. The largest factor, the base, is then
//! eliminated exactly (a projection), and the normal equations of the others, a Schur complement with
//! the Jacobi scaling built in, are solved by conjugate gradients (Hestenes and Stiefel 1952), which a
//! singular but consistent system does not disturb. Their start, what each factor explains by itself, is already the
//! solution where the factors are crossed and balanced. The residual is put through the solver
//! again until its normal equations hold; all thresholds are relative to the column.
//!
//! Rows are sorted by the base once, so that one pass takes the base out and forms the normal equations of the others;
//! four columns share a pass.
//!
//! The crate `within` solves the same problem; it brings 66 crates and its last bits depend on the number of threads.

mod block;
mod lanes;
mod solve;
mod sorted;
mod variance;

pub use block::{Factor, LevelEffects};
pub use variance::EffectVariance;

use super::Stop;
use crate::error::Error;
use block::Block;
use lanes::{LANES, Lanes, add_scaled, lane, norms};
use rayon::prelude::*;
use solve::{Wanted, conjugate_gradients};
use sorted::Sorted;

/// Residual of the normal equations, relative to the column, at which the solver is content.
const TARGET: f64 = 1e-13;
/// Error of the column without its effects, relative to it, up to which conjugate gradients go on.
const ACCURATE: f64 = 1e-11;
/// Residual above which a column counts as not converged.
const CONVERGED: f64 = 1e-10;
/// Runs of conjugate gradients a column, each from the true residual of the one before.
const RUNS: usize = 6;

/// Solver of the fixed effects of one sample.
#[derive(Debug)]
pub struct Absorber<'a> {
    rows: usize,
    weights: Option<&'a [f64]>,
    /// In the order given.
    blocks: Vec<Block<'a>>,
    /// The largest block, eliminated exactly.
    base: usize,
    sorted: Sorted,
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

/// The others' effects on up to four columns.
struct Solved {
    found: Vec<Lanes>,
    /// Length of what is left of the normal equations.
    left: Lanes,
    iterations: [usize; LANES],
    softness: Lanes,
}

impl<'a> Absorber<'a> {
    /// Prepares the effects of a sample of `rows` rows; weights of one when there are none. Iterations end when
    /// `stop` is raised.
    ///
    /// Factors and weights have one entry a row, weights are positive, codes are below the number of levels.
    pub fn new(rows: usize, factors: &[Factor<'a>], weights: Option<&'a [f64]>, stop: &Stop) -> Self {
        let blocks: Vec<_> = factors.iter().map(|f| Block::new(*f, weights)).collect();
        let base = (0..blocks.len()).rev().max_by_key(|q| blocks[*q].len()).unwrap_or(0);
        let sorted = Sorted::new(rows, &blocks, base, weights);
        Self { rows, weights, blocks, base, sorted, stop: stop.clone() }
    }

    /// Absorbs the effects from one column.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the stop flag is raised.
    pub fn absorb(&self, column: &[f64]) -> Result<Absorbed, Error> {
        Ok(self.absorb_few(&[column])?.remove(0))
    }

    /// Absorbs the effects from every column; the bits of one do not depend on the others.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the stop flag is raised.
    pub fn absorb_all(&self, columns: &[&[f64]]) -> Result<Vec<Absorbed>, Error> {
        // Two threads at least have something to do.
        let passes = columns.len().div_ceil(LANES).max(2);
        let few = columns.len().div_ceil(passes).max(1);
        let absorbed: Result<Vec<_>, Error> = columns.par_chunks(few).map(|few| self.absorb_few(few)).collect();
        Ok(absorbed?.into_iter().flatten().collect())
    }

    /// Absorbs the effects from up to four columns side by side.
    fn absorb_few(&self, columns: &[&[f64]]) -> Result<Vec<Absorbed>, Error> {
        let mut values = self.sorted.load(columns);
        let mut of_base = self.sorted.no_base();
        let rounding = self.sorted.squares(&values).map(|s| 16.0 * f64::EPSILON * s.sqrt());
        let left = self.sorted.begin(&mut values, &mut of_base);
        let start = self.sorted.squares(&values).map(f64::sqrt);
        let wanted = Wanted {
            open: [true; LANES],
            residual: std::array::from_fn(|l| rounding[l].max(TARGET * start[l])),
            error: start.map(|s| ACCURATE * s),
        };
        let Solved { found, left, iterations, softness } = self.iterate(left, &mut values, &mut of_base, wanted);
        self.stop.check()?;
        let residuals = self.sorted.unload(&values, columns.len());
        let absorbed = |(l, residual): (usize, Vec<f64>)| {
            let root = softness[l].sqrt();
            Absorbed {
                residual,
                effects: self.effects(&lane(&found, l), &of_base, l),
                iterations: iterations[l],
                relative_residual: if start[l] > 0.0 { left[l] / start[l] } else { 0.0 },
                converged: left[l] * root <= (rounding[l] * root).max(CONVERGED * start[l]),
            }
        };
        Ok(residuals.into_iter().enumerate().map(absorbed).collect())
    }

    /// Takes the others' effects out of values that have none of the base any more; `left` are the products of the
    /// others' columns with them.
    fn iterate(
        &self,
        mut left: Vec<Lanes>,
        values: &mut [Lanes],
        of_base: &mut [Vec<Lanes>],
        mut wanted: Wanted,
    ) -> Solved {
        let (mut iterations, mut softness) = ([0; LANES], [1.0_f64; LANES]);
        let mut previous = [f64::INFINITY; LANES];
        // What each factor explains by itself; in balanced panels that is all.
        let mut found = left.clone();
        if !found.is_empty() {
            left = self.sorted.take(&found, values, of_base);
        }
        for _ in 0..RUNS {
            let size = norms(&left);
            wanted.open = std::array::from_fn(|l| size[l] > wanted.residual[l] && size[l] <= 0.1 * previous[l]);
            if !wanted.open.contains(&true) || self.stop.raised() {
                break;
            }
            let run = conjugate_gradients(|c| self.sorted.schur(c), &left, wanted, &self.stop);
            for l in 0..LANES {
                iterations[l] += run.iterations[l];
                softness[l] = softness[l].max(run.softness[l]);
                previous[l] = if wanted.open[l] { size[l] } else { 0.0 };
            }
            add_scaled(&mut found, &[1.0; LANES], &run.solution);
            left = self.sorted.take(&run.solution, values, of_base);
        }
        Solved { found, left: norms(&left), iterations, softness }
    }

    /// The effects of every factor from the coefficients of one column.
    fn effects(&self, others: &[f64], base: &[Vec<Lanes>], l: usize) -> Vec<LevelEffects> {
        let mut rest = others;
        let mut take = |(q, block): (usize, &Block<'_>)| {
            if q == self.base {
                return block.about_zero(lane(&base[0], l), base.get(1).map(|slopes| lane(slopes, l)));
            }
            let (own, after) = rest.split_at(block.len());
            rest = after;
            block.effects(own)
        };
        self.blocks.iter().enumerate().map(&mut take).collect()
    }

    fn others(&self) -> impl Iterator<Item = &Block<'a>> {
        self.blocks.iter().enumerate().filter(|(q, _)| *q != self.base).map(|(_, block)| block)
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// A solution of Schur · c = `right` up to a residual of the length `enough`, and what is left.
    fn solve(&self, right: &[f64], enough: f64) -> (Vec<f64>, Vec<f64>) {
        let right: Vec<Lanes> = right.iter().map(|r| [*r, 0.0, 0.0, 0.0]).collect();
        let wanted =
            Wanted { open: [true, false, false, false], residual: [enough; LANES], error: [f64::INFINITY; LANES] };
        let solution = conjugate_gradients(|c| self.sorted.schur(c), &right, wanted, &self.stop).solution;
        let mut left = right;
        add_scaled(&mut left, &[-1.0; LANES], &self.sorted.schur(&solution));
        (lane(&solution, 0), lane(&left, 0))
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
