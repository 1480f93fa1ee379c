//! The filter I − ρW: its determinant, its inverse and the traces of G = W(I − ρW)⁻¹.
//!
//! All by sparse decompositions, exact up to rounding. Symmetric weights that were divided by their row sums r are
//! similar to the symmetric S with Sᵢⱼ = Wᵢⱼ·√(rᵢ/rⱼ) (Ord 1975), and I − ρS is decomposed; for other weights (I −
//! ρW)'(I − ρW) is.

use super::weights::{Block, Weights};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::cholesky::{Cholesky, Pattern};
use crate::numeric::sparse::Sparse;
use crate::numeric::vector::{add_scaled, dot};
use rayon::prelude::*;

/// Width, relative to its ends, to which the interval of ρ is known.
const INTERVAL: f64 = 1e-5;

/// How many columns of an inverse are computed at once.
const TOGETHER: usize = 8;

/// The filters of a design's weights, whatever ρ.
#[derive(Debug, Default)]
pub(super) struct Filters<'a> {
    blocks: Vec<Family<'a>>,
    /// Rows of blocks in which no region has a neighbour.
    islands: usize,
    /// Values of ρ between which no filter is singular.
    pub(super) interval: (f64, f64),
}

/// The filters of one block: `identity` − ρ·`linear` + ρ²·`square` on a common pattern.
#[derive(Debug)]
struct Family<'a> {
    block: &'a Block,
    shape: Sparse,
    pattern: Pattern,
    identity: Vec<f64>,
    linear: Vec<f64>,
    /// W'W; `None` where the decomposed matrix is I − ρS.
    square: Option<Vec<f64>>,
    transposed: Sparse,
    /// Square roots of the row sums.
    roots: Vec<f64>,
}

/// The filter of one block at one ρ, decomposed.
struct Filter<'a> {
    family: &'a Family<'a>,
    rho: f64,
    cholesky: Cholesky<'a>,
}

/// What the information about ρ (in G) and λ (in H, the same function of λ) needs, summed over all rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// tr(G) and tr(H).
    pub(super) trace: [f64; 2],
    /// Of the pairs GG, GH and HH: the trace of the product.
    pub(super) product: [f64; 3],
    /// Of the same pairs: the trace of the product of the first's transpose and the second.
    pub(super) square: [f64; 3],
    /// Of the same pairs: Σ of products of column sums, each divided by the size of its block.
    pub(super) column_sums: [f64; 3],
    /// ι'Gι and ι'G²ι.
    pub(super) total: [f64; 2],
    /// Gᵢᵢ and Hᵢᵢ of each row.
    pub(super) diagonal: [Vec<f64>; 2],
    /// Of each row i: Σ(Gᵢⱼ + Gⱼᵢ)eⱼ over the rows j before it in the order of regions, and the same with H.
    pub(super) before: [Vec<f64>; 2],
}

impl<'a> Filters<'a> {
    /// Finds patterns and the interval of ρ.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn new(weights: &'a Weights, stop: &Stop) -> Result<Self, Error> {
        let blocks = weights.blocks.iter().filter(|block| block.matrix.entries() > 0);
        let blocks: Vec<_> = blocks.map(|block| Family::new(block, stop)).collect::<Result<_, _>>()?;
        let in_blocks = |family: &Family<'_>| family.block.rows.len() * family.shape.size();
        let islands = weights.matrix.size() - blocks.iter().map(in_blocks).sum::<usize>();
        let mut filters = Self { blocks, islands, interval: (0.0, 0.0) };
        let bound = filters.blocks.iter().map(Family::bound).fold(f64::INFINITY, f64::min);
        let all_similar = filters.blocks.iter().all(|family| family.square.is_none());
        filters.interval = match (all_similar, weights.row_standardised) {
            (false, _) => (-bound, bound),
            (true, true) => (filters.end(-bound, stop)?, 1.0),
            (true, false) => (filters.end(-bound, stop)?, filters.end(bound, stop)?),
        };
        Ok(filters)
    }

    /// How far ρ can go from zero in the direction of `outside` before a filter is singular.
    fn end(&self, mut outside: f64, stop: &Stop) -> Result<f64, Error> {
        let mut inside = 0.0;
        while outside.abs() < 1e9 && self.log_determinant(outside, stop)?.is_some() {
            (inside, outside) = (outside, 2.0 * outside);
        }
        while (outside - inside).abs() > INTERVAL * outside.abs() {
            let middle = 0.5 * (inside + outside);
            match self.log_determinant(middle, stop)? {
                Some(_) => inside = middle,
                None => outside = middle,
            }
        }
        Ok(inside)
    }

    /// ln|I − ρW| over all rows; `None` where a filter is singular or ρ beyond the interval.
    pub(super) fn log_determinant(&self, rho: f64, stop: &Stop) -> Result<Option<f64>, Error> {
        let mut total = 0.0;
        for family in &self.blocks {
            let Some(filter) = family.at(rho, stop)? else { return Ok(None) };
            total += family.count() * filter.log_determinant();
        }
        Ok(Some(total))
    }

    /// ln|I − ρW| and tr(G), minus its derivative, over all rows.
    pub(super) fn determinant(&self, rho: f64, stop: &Stop) -> Result<Option<(f64, f64)>, Error> {
        let (mut log, mut trace) = (0.0, 0.0);
        for family in &self.blocks {
            let Some(filter) = family.at(rho, stop)? else { return Ok(None) };
            log += family.count() * filter.log_determinant();
            trace += family.count() * filter.trace(stop)?;
        }
        Ok(Some((log, trace)))
    }

    /// (I − ρW)⁻¹x for a column over all rows; `None` where a filter is singular.
    pub(super) fn solve(&self, rho: f64, x: &[f64], stop: &Stop) -> Result<Option<Vec<f64>>, Error> {
        let mut solution = x.to_vec();
        for family in &self.blocks {
            let Some(filter) = family.at(rho, stop)? else { return Ok(None) };
            for rows in &family.block.rows {
                let part: Vec<f64> = rows.iter().map(|i| x[*i]).collect();
                let [part] = filter.solve([part]);
                rows.iter().zip(part).for_each(|(i, value)| solution[*i] = value);
            }
        }
        Ok(Some(solution))
    }

    /// tr(G)/n and ι'Gι/n; zeros where a filter is singular.
    pub(super) fn shares(&self, rho: f64, stop: &Stop) -> Result<[f64; 2], Error> {
        let (mut shares, mut n) = ([0.0; 2], self.islands as f64);
        for family in &self.blocks {
            let Some(filter) = family.at(rho, stop)? else { return Ok([0.0; 2]) };
            let [solved] = filter.solve([vec![1.0; family.shape.size()]]);
            shares[0] += family.count() * filter.trace(stop)?;
            shares[1] += family.count() * family.block.matrix.times(&solved).iter().sum::<f64>();
            n += family.count() * family.shape.size() as f64;
        }
        Ok(shares.map(|share| share / n))
    }

    /// The traces of G at ρ and H at λ, column by column of both; `errors` are those that [`Traces::before`] sums.
    pub(super) fn traces(&self, at: [f64; 2], errors: &[f64], stop: &Stop) -> Result<Option<Traces>, Error> {
        let zeros = || vec![0.0; errors.len()];
        let mut all = Traces { diagonal: [zeros(), zeros()], before: [zeros(), zeros()], ..Traces::default() };
        for family in &self.blocks {
            let (Some(g), Some(h)) = (family.at(at[0], stop)?, family.at(at[1], stop)?) else { return Ok(None) };
            let same = at[0].to_bits() == at[1].to_bits();
            let starts: Vec<usize> = (0..family.shape.size()).step_by(TOGETHER).collect();
            let chunk = |start: &usize| {
                stop.check()?;
                let of_g = g.columns(*start);
                let of_h = if same { None } else { Some(h.columns(*start)) };
                let pair = |c: usize| (&of_g[c], of_h.as_ref().map(|of_h| &of_h[c]));
                let columns = *start..(start + TOGETHER).min(family.shape.size());
                Ok(columns.map(|j| OfColumn::new(family, j, pair(j - start), errors)).collect::<Vec<_>>())
            };
            let columns = starts.par_iter().map(chunk).collect::<Result<Vec<_>, Error>>()?;
            columns.iter().flatten().enumerate().for_each(|(j, column)| all.add(family, j, column));
        }
        Ok(Some(all))
    }
}

/// Column j of G and, as a column, row j.
struct Column {
    column: Vec<f64>,
    row: Vec<f64>,
}

/// What one column of G and H adds to the traces.
struct OfColumn {
    trace: [f64; 2],
    product: [f64; 3],
    square: [f64; 3],
    column_sums: [f64; 3],
    total: [f64; 2],
    /// For every occurrence of the block.
    before: [Vec<f64>; 2],
}

impl OfColumn {
    /// Of column `j`; without `h`, H is G.
    fn new(family: &Family<'_>, j: usize, (g, h): (&Column, Option<&Column>), errors: &[f64]) -> Self {
        let sum = |x: &[f64]| x.iter().sum::<f64>();
        let before = |x: &Column| -> Vec<f64> {
            let earlier = |rows: &Vec<usize>| {
                let pairs = rows[..j].iter().zip(x.column.iter().zip(&x.row));
                pairs.fold(0.0, |sum, (i, (c, r))| sum + (c + r) * errors[*i])
            };
            family.block.rows.iter().map(earlier).collect()
        };
        let pairs = |of: &dyn Fn(&Column, &Column) -> f64| match h {
            None => [of(g, g); 3],
            Some(h) => [of(g, g), of(g, h), of(h, h)],
        };
        let sum_g = sum(&g.column);
        let before_g = before(g);
        Self {
            trace: [g.column[j], h.unwrap_or(g).column[j]],
            product: pairs(&|a, b| dot(&a.row, &b.column)),
            square: pairs(&|a, b| dot(&a.column, &b.column)),
            column_sums: pairs(&|a, b| sum(&a.column) * sum(&b.column) / family.shape.size() as f64),
            total: [sum_g, sum_g * sum(&g.row)],
            before: [before_g.clone(), h.map_or(before_g, before)],
        }
    }
}

impl Traces {
    fn add(&mut self, family: &Family<'_>, j: usize, of: &OfColumn) {
        let count = family.count();
        add_scaled(&mut self.trace, count, &of.trace);
        add_scaled(&mut self.product, count, &of.product);
        add_scaled(&mut self.square, count, &of.square);
        add_scaled(&mut self.column_sums, count, &of.column_sums);
        add_scaled(&mut self.total, count, &of.total);
        for q in 0..2 {
            for (rows, before) in family.block.rows.iter().zip(&of.before[q]) {
                self.diagonal[q][rows[j]] = of.trace[q];
                self.before[q][rows[j]] = *before;
            }
        }
    }
}

impl<'a> Family<'a> {
    fn new(block: &'a Block, stop: &Stop) -> Result<Self, Error> {
        let w = &block.matrix;
        let roots: Vec<f64> = block.sums.iter().map(|sum| sum.sqrt()).collect();
        let transposed = w.transposed();
        let (linear, square) = if block.symmetric {
            (w.map(|i, j, value| value * roots[i] / roots[j]), None)
        } else {
            let both = |i| w.row(i).chain(transposed.row(i)).map(|(j, value)| (j as u32, value)).collect();
            (Sparse::from_rows((0..w.size()).map(both)), Some(transposed.product(w)))
        };
        let entries = |i: usize| {
            let of = |matrix: &'_ Sparse| matrix.row(i).map(|(j, _)| (j as u32, 0.0)).collect::<Vec<_>>();
            let mut row = of(&linear);
            row.extend(square.as_ref().map(of).unwrap_or_default());
            row.push((i as u32, 0.0));
            row
        };
        let shape = Sparse::from_rows((0..w.size()).map(entries));
        let on_shape = |matrix: &Sparse| shape.map(|i, j, _| matrix.get(i, j)).values().to_vec();
        Ok(Self {
            block,
            pattern: Pattern::new(&shape, stop)?,
            identity: shape.map(|i, j, _| f64::from(u8::from(i == j))).values().to_vec(),
            linear: on_shape(&linear),
            square: square.as_ref().map(on_shape),
            shape,
            transposed,
            roots,
        })
    }

    /// How often the block occurs.
    fn count(&self) -> f64 {
        self.block.rows.len() as f64
    }

    /// One over a bound of the eigenvalues' moduli (Kelejian and Prucha 2010).
    fn bound(&self) -> f64 {
        let largest = |matrix: &Sparse| matrix.row_sums().into_iter().fold(0.0, f64::max);
        largest(&self.block.matrix).min(largest(&self.transposed)).recip()
    }

    fn at(&'a self, rho: f64, stop: &Stop) -> Result<Option<Filter<'a>>, Error> {
        let pairs = self.identity.iter().zip(&self.linear);
        let values = match &self.square {
            None => pairs.map(|(one, w)| one - rho * w).collect(),
            Some(square) => pairs.zip(square).map(|((one, w), ww)| one - rho * (w - rho * ww)).collect(),
        };
        let decomposed = self.pattern.decompose(&self.shape.with_values(values), stop)?;
        Ok(decomposed.map(|cholesky| Filter { family: self, rho, cholesky }))
    }
}

impl Filter<'_> {
    fn log_determinant(&self) -> f64 {
        let log = self.cholesky.log_determinant();
        if self.family.square.is_some() { 0.5 * log } else { log }
    }

    /// tr(G), minus the derivative of the log-determinant.
    fn trace(&self, stop: &Stop) -> Result<f64, Error> {
        let Family { shape, linear, square, .. } = self.family;
        let derivative = match square {
            None => linear.clone(),
            Some(square) => linear.iter().zip(square).map(|(w, ww)| 0.5 * w - self.rho * ww).collect(),
        };
        self.cholesky.trace_of_inverse_times(&shape.with_values(derivative), stop)
    }

    /// (I − ρW)⁻¹ times columns.
    fn solve<const M: usize>(&self, x: [Vec<f64>; M]) -> [Vec<f64>; M] {
        let Family { roots, transposed, square, .. } = self.family;
        if square.is_some() {
            // (A'A)⁻¹A'x.
            let right = x.map(|x| x.iter().zip(transposed.times(&x)).map(|(x, lag)| x - self.rho * lag).collect());
            return self.cholesky.solve_all(std::array::from_fn::<_, M, _>(|m| -> &[f64] { as_slice(&right[m]) }));
        }
        let scaled = x.map(|x| x.iter().zip(roots).map(|(x, root)| x * root).collect::<Vec<f64>>());
        let solved = self.cholesky.solve_all(std::array::from_fn::<_, M, _>(|m| as_slice(&scaled[m])));
        solved.map(|x| x.iter().zip(roots).map(|(x, root)| x / root).collect())
    }

    /// Columns and rows of G from number `start` on; beyond the last they are zero.
    fn columns(&self, start: usize) -> [Column; TOGETHER] {
        let Family { block, roots, transposed, square, .. } = self.family;
        let unit = |m: usize| {
            let mut unit = vec![0.0; roots.len()];
            unit.iter_mut().skip(start + m).take(1).for_each(|x| *x = 1.0);
            unit
        };
        let columns = self.solve(std::array::from_fn::<_, TOGETHER, _>(unit)).map(|x| block.matrix.times(&x));
        let rows: [Vec<f64>; TOGETHER] = if square.is_some() {
            // W'(I − ρW')⁻¹ with (I − ρW')⁻¹ = A(A'A)⁻¹.
            let units: [Vec<f64>; TOGETHER] = std::array::from_fn(unit);
            let inner = self.cholesky.solve_all(std::array::from_fn::<_, TOGETHER, _>(|m| as_slice(&units[m])));
            inner.map(|x| {
                let filtered: Vec<f64> =
                    x.iter().zip(block.matrix.times(&x)).map(|(x, lag)| x - self.rho * lag).collect();
                transposed.times(&filtered)
            })
        } else {
            std::array::from_fn(|m| match roots.get(start + m) {
                Some(own) => columns[m].iter().zip(roots).map(|(x, root)| x * (root / own).powi(2)).collect(),
                None => columns[m].clone(),
            })
        };
        let mut rows = rows.into_iter();
        columns.map(|column| Column { column, row: rows.next().unwrap_or_default() })
    }
}

fn as_slice(x: &Vec<f64>) -> &[f64] {
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::space::weights::random_weights;
    use nalgebra::DMatrix;

    fn dense(matrix: &Sparse) -> DMatrix<f64> {
        DMatrix::from_fn(matrix.size(), matrix.size(), |i, j| matrix.get(i, j))
    }

    #[test]
    fn determinants_solutions_and_traces_are_those_of_dense_matrices() {
        let stop = Stop::default();
        for (symmetric, standardise) in
            [(true, "row"), (true, "none"), (true, "spectral"), (false, "row"), (false, "none")]
        {
            let weights = random_weights(23, symmetric, standardise);
            let filters = Filters::new(&weights, &stop).unwrap();
            let w = dense(&weights.matrix);
            let n = w.nrows();
            let [rho, lambda] = [0.6, -0.4].map(|share| share * filters.interval.1);
            let inverse = |rho: f64| (DMatrix::identity(n, n) - &w * rho).try_inverse().unwrap();
            let (g, h) = (&w * inverse(rho), &w * inverse(lambda));
            let (log, trace) = filters.determinant(rho, &stop).unwrap().unwrap();
            let expected = (DMatrix::identity(n, n) - &w * rho).determinant().ln();
            assert!((log - expected).abs() < 1e-11, "{log} is not {expected}");
            assert!((trace - g.trace()).abs() < 1e-10 * trace.abs());
            let errors: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let traces = filters.traces([rho, lambda], &errors, &stop).unwrap().unwrap();
            let close = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-10 * expected.abs().max(1.0));
            let pairs = [(&g, &g), (&g, &h), (&h, &h)];
            for (q, (a, b)) in pairs.into_iter().enumerate() {
                close(traces.product[q], (a * b).trace());
                close(traces.square[q], (a.transpose() * b).trace());
            }
            close(traces.total[0], g.sum());
            close(traces.total[1], (&g * &g).sum());
            for i in 0..n {
                close(traces.before[0][i], (0..i).map(|j| (g[(i, j)] + g[(j, i)]) * errors[j]).sum());
                close(traces.diagonal[1][i], h[(i, i)]);
            }
            let solved = filters.solve(rho, &errors, &stop).unwrap().unwrap();
            let expected = inverse(rho) * nalgebra::DVector::from_column_slice(&errors);
            solved.iter().zip(&expected).for_each(|(got, expected)| close(*got, *expected));
        }
    }

    #[test]
    fn the_interval_ends_where_an_eigenvalue_is_one_over_rho() {
        let stop = Stop::default();
        for standardise in ["row", "none", "spectral"] {
            let weights = random_weights(30, true, standardise);
            let eigenvalues = dense(&weights.matrix).complex_eigenvalues();
            let (least, most) = eigenvalues.iter().fold((0.0_f64, 0.0_f64), |(l, m), e| (l.min(e.re), m.max(e.re)));
            let (low, high) = Filters::new(&weights, &stop).unwrap().interval;
            assert!((low * least - 1.0).abs() < 1e-4 && (high * most - 1.0).abs() < 1e-4, "{low} {high}");
        }
    }
}
