//! Least squares cut up by cluster, for covariances that leave clusters out or draw them anew.
//!
//! In coordinates in which X'WX is the identity, all that a cluster g contributes is its Gram matrix A_g and the sum of
//! its scores s_g, of sums I and 0. Fixed effects nested in the clusters come and go with them, so they stay
//! absorbed; levels of the others become columns beside the regressors, which makes every result exact.

use super::super::small_sample::is_nested;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::Absorber;
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::vector::norm;
use crate::regression::design::{Design, Effect, Groups};
use crate::regression::{Estimate, Response};
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;

/// An eigenvalue of I − A below this counts as zero: what it belongs to occurs in one cluster only.
const NOTHING_LEFT: f64 = 1e-9;
/// Numbers that the matrices may hold together.
const MOST_NUMBERS: usize = 50_000_000;

/// Gram matrices and scores of the clusters; K columns, of which the first k are the regressors'.
#[derive(Debug)]
pub(super) struct Blocks {
    /// k × K: coefficients from coordinates.
    pub root: DMatrix<f64>,
    /// K × K, one a cluster.
    pub grams: Vec<DMatrix<f64>>,
    /// K scores a cluster.
    pub scores: Vec<DVector<f64>>,
}

impl Blocks {
    /// Cuts an estimate by least squares up.
    ///
    /// # Errors
    /// At `covariance`: an estimate by other means than least squares, more levels than there is room for.
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn new(
        id: &str,
        estimate: &Estimate,
        design: &Design,
        cluster: &Groups,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let (n, k, clusters) = (design.y.len(), estimate.coefficients.len(), cluster.levels.len());
        let (regressors, errors) = least_squares(id, estimate, design)?;
        let (nested, others): (Vec<_>, Vec<_>) = design.effects.iter().partition(|e| is_nested(&e.groups, cluster));
        let width = others.iter().map(|e| e.groups.levels.len() * 2).sum::<usize>();
        if n * width + clusters * (k + width).pow(2) > MOST_NUMBERS {
            let rule = format!(
                "{id} writes out the levels of fixed effects that are not nested in {}, and there are too many: {} rows, \
                 {clusters} clusters, {width} levels; use cluster, or clusters that the fixed effects are nested in",
                cluster.name, n
            );
            return Err(Violation::new("covariance", rule, id).into());
        }
        let effects = effect_columns(design, &nested, &others, stop)?;
        let columns: Vec<&Vec<f64>> = regressors.iter().chain(&effects).collect();
        let sums = |a: &[f64], b: &[f64]| {
            let mut sums = vec![0.0; clusters];
            a.iter().zip(b).zip(&cluster.codes).for_each(|((a, b), g)| sums[*g as usize] += a * b);
            sums
        };
        let scores: Vec<Vec<f64>> = columns.iter().map(|column| sums(column, errors)).collect();
        let products = (0..columns.len()).into_par_iter().map(|i| {
            stop.check()?;
            Ok((0..=i).map(|j| sums(columns[i], columns[j])).collect())
        });
        let products: Vec<Vec<Vec<f64>>> = products.collect::<Result<_, Error>>()?;
        let gram = |g: usize| DMatrix::from_fn(columns.len(), columns.len(), |i, j| products[i.max(j)][i.min(j)][g]);
        Ok(Self {
            root: estimate.sandwich.bread_root.clone().resize_horizontally(columns.len(), 0.0),
            grams: (0..clusters).map(gram).collect(),
            scores: (0..clusters).map(|g| DVector::from_fn(columns.len(), |i, _| scores[i][g])).collect(),
        })
    }

    /// (I − A_g) to a negative power, over what the other clusters tell.
    ///
    /// # Errors
    /// A coefficient that the other clusters do not tell; `name` is that of the cluster.
    pub(super) fn left(&self, g: usize, power: f64, name: &str) -> Result<DMatrix<f64>, Violation> {
        let columns = self.root.ncols();
        // Where no term is left there is nothing to adjust, and nalgebra refuses empty matrices.
        if columns == 0 {
            return Ok(DMatrix::zeros(0, 0));
        }
        let eigen = SymmetricEigen::new(DMatrix::identity(columns, columns) - &self.grams[g]);
        let untold =
            |j: &usize| eigen.eigenvalues[*j] <= NOTHING_LEFT && self.reaches(&eigen.eigenvectors.column(*j).into());
        if (0..columns).any(|j| untold(&j)) {
            let rule = format!("a coefficient cannot be estimated without the rows of the cluster {name}; use cluster");
            return Err(Violation::new("covariance", rule, ""));
        }
        let powers = eigen.eigenvalues.map(|value| if value <= NOTHING_LEFT { 0.0 } else { value.powf(power) });
        Ok(&eigen.eigenvectors * DMatrix::from_diagonal(&powers) * eigen.eigenvectors.transpose())
    }

    /// The row of a coefficient in the root, in units in which no square overflows.
    pub(super) fn row(&self, j: usize) -> DVector<f64> {
        let row = self.root.row(j).transpose();
        let largest = row.amax();
        row / largest
    }

    /// Whether a direction of unit length moves a coefficient.
    pub(super) fn reaches(&self, direction: &DVector<f64>) -> bool {
        (0..self.root.nrows()).map(|j| self.row(j)).any(|row| row.dot(direction).abs() > 1e-6 * row.norm())
    }
}

/// The orthonormal regressors and the weighted errors of least squares.
fn least_squares<'a>(
    id: &str,
    estimate: &'a Estimate,
    design: &Design,
) -> Result<(Vec<Vec<f64>>, &'a [f64]), Violation> {
    let is_plain = estimate.sandwich.leverages.len() == design.y.len()
        && estimate.response == Response::Identity
        && estimate.others.is_empty()
        && design.endogenous.is_empty();
    let scores = &estimate.sandwich.scores;
    scores.basis().zip(scores.errors()).filter(|_| is_plain).ok_or_else(|| {
        let rule = format!("{id} needs an estimate by least squares; use cluster");
        Violation::new("covariance", rule, id)
    })
}

/// Orthonormal columns of the effects that are not nested in the clusters, less those that are.
fn effect_columns(
    design: &Design,
    nested: &[&Effect],
    others: &[&Effect],
    stop: &Stop,
) -> Result<Vec<Vec<f64>>, Error> {
    let factors: Vec<_> = nested.iter().map(|e| e.factor()).collect();
    let absorber = Absorber::new(design.y.len(), &factors, design.weights.as_deref(), stop);
    let columns: Vec<Vec<f64>> = others.iter().flat_map(|effect| level_columns(effect)).collect();
    let absorb = |column: &Vec<f64>| {
        let left = design.weighted(&absorber.absorb(column)?.residual);
        Ok((norm(&left) > DEPENDENT * norm(&design.weighted(column))).then_some(left))
    };
    let absorbed = columns.par_iter().map(absorb).collect::<Result<Vec<_>, Error>>()?;
    Ok(Orthogonal::new(absorbed.into_iter().flatten().collect(), stop)?.basis)
}

/// A column for the intercept and one for the slope of each level.
fn level_columns(effect: &Effect) -> Vec<Vec<f64>> {
    let column = |level: usize, value: &dyn Fn(usize) -> f64| {
        let entry = |(i, code): (usize, &u32)| if *code as usize == level { value(i) } else { 0.0 };
        effect.groups.codes.iter().enumerate().map(entry).collect::<Vec<f64>>()
    };
    let levels = 0..effect.groups.levels.len();
    let intercepts = levels.clone().filter(|_| effect.intercept).map(|level| column(level, &|_| 1.0));
    let slopes = effect.slope.iter().flat_map(|z| levels.clone().map(|level| column(level, &|i| z[i])));
    intercepts.chain(slopes).collect()
}
