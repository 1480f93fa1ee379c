//! Least squares of well-conditioned columns from their products, refined until they are those of an orthogonalisation.
//!
//! The Gram matrix squares the condition number. Where the columns, scaled to unit length, are far from
//! dependent this costs a few digits, which one step of iterative refinement brings back: the residual is formed from the
//! columns themselves (Björck 1996, Numerical Methods for Least Squares Problems, section 2.9). Elsewhere
//! [`Orthogonal`](super::least_squares::Orthogonal) is the way.

use super::gram::gram;
use super::vector::{BLOCK, add_scaled, blocks, dot};
use nalgebra::{Cholesky, DMatrix, DVector};
use rayon::prelude::*;

/// What must be left of each column's squared length once those before it are taken out.
const INDEPENDENT: f64 = 1e-6;
/// The largest correction, relative to the solution, after which a second one would not change it.
const REFINED: f64 = 1e-8;

/// The solution of a least-squares problem of full rank.
#[derive(Debug)]
pub struct Solution {
    /// One coefficient a column.
    pub coefficients: Vec<f64>,
    /// R⁻¹ with R'R = X'X.
    pub inverse_root: DMatrix<f64>,
    /// The outcome less its fit.
    pub residual: Vec<f64>,
    /// The squared length of each row of X·R⁻¹.
    pub leverages: Vec<f64>,
}

/// Solves min ‖y − Xb‖; `None` where the columns are too close to dependent, or there are none.
pub fn solve(columns: &[&[f64]], y: &[f64]) -> Option<Solution> {
    let k = columns.len();
    let mut all = columns.to_vec();
    all.push(y);
    let products = gram(&all, None);
    let lengths = DVector::from_fn(k, |j, _| products[(j, j)].sqrt());
    let factor = factorise(&products.view((0, 0), (k, k)).into_owned(), &lengths)?;
    let solve = |right: DVector<f64>| factor.solve(&right.component_div(&lengths)).component_div(&lengths);
    let mut b = solve(products.column(k).rows(0, k).into_owned());
    let correction = solve(score(columns, y, b.as_slice()));
    let size = |b: &DVector<f64>| b.component_mul(&lengths).amax();
    let refined = size(&correction) <= REFINED * size(&b).max(products[(k, k)].sqrt());
    if !refined {
        return None;
    }
    b += correction;
    let root = factor.l().transpose() * DMatrix::from_diagonal(&lengths);
    let inverse_root = root.try_inverse()?.upper_triangle();
    let (residual, leverages) = rest(columns, y, b.as_slice(), &inverse_root);
    Some(Solution { coefficients: b.as_slice().to_vec(), inverse_root, residual, leverages })
}

/// The Cholesky factor of the columns scaled to unit length, if they are far from dependent.
fn factorise(products: &DMatrix<f64>, lengths: &DVector<f64>) -> Option<Cholesky<f64, nalgebra::Dyn>> {
    if products.is_empty() || lengths.iter().any(|length| !length.is_normal()) {
        return None;
    }
    let scaled = DMatrix::from_fn(lengths.len(), lengths.len(), |i, j| products[(i, j)] / lengths[i] / lengths[j]);
    let factor = Cholesky::new(scaled)?;
    factor.l_dirty().diagonal().iter().all(|pivot| pivot * pivot > INDEPENDENT).then_some(factor)
}

/// X'(y − Xb), each residual rounded once.
fn score(columns: &[&[f64]], y: &[f64], b: &[f64]) -> DVector<f64> {
    let parts = blocks(y.len(), |rows| {
        let mut u = y[rows.clone()].to_vec();
        columns.iter().zip(b).for_each(|(x, b)| add_scaled(&mut u, -b, &x[rows.clone()]));
        DVector::from_iterator(b.len(), columns.iter().map(|x| dot(&x[rows.clone()], &u)))
    });
    parts.iter().fold(DVector::zeros(b.len()), |sum, part| sum + part)
}

/// Residuals and leverages.
fn rest(columns: &[&[f64]], y: &[f64], b: &[f64], inverse_root: &DMatrix<f64>) -> (Vec<f64>, Vec<f64>) {
    let (mut residual, mut leverages) = (vec![0.0; y.len()], vec![0.0; y.len()]);
    let each = residual.par_chunks_mut(BLOCK).zip(leverages.par_chunks_mut(BLOCK)).enumerate();
    each.for_each(|(block, (u, leverages))| {
        let rows = block * BLOCK..block * BLOCK + u.len();
        u.copy_from_slice(&y[rows.clone()]);
        columns.iter().zip(b).for_each(|(x, b)| add_scaled(u, -b, &x[rows.clone()]));
        let mut q = vec![0.0; u.len()];
        for j in 0..b.len() {
            q.fill(0.0);
            (0..=j).for_each(|i| add_scaled(&mut q, inverse_root[(i, j)], &columns[i][rows.clone()]));
            leverages.iter_mut().zip(&q).for_each(|(h, q)| *h += q * q);
        }
    });
    (residual, leverages)
}
