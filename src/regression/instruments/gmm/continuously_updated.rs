//! Moments weighted by their covariance at the coefficients sought.
//!
//! Residuals are linear and the covariance is quadratic in them, so S(b) is a quadratic polynomial of b. Its
//! coefficients are computed once; the search then costs the same whatever the number of rows.

use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::design::Design;
use crate::regression::instruments::k_class::coordinates;
use crate::regression::instruments::model::{Column, Model, combine};
use crate::regression::instruments::moments::{Efficient, Rule, root, two_steps};
use crate::regression::{Estimate, Figure, Remark};
use nalgebra::{DMatrix, DVector};

/// Iterations after which the search gives up.
const LIMIT: usize = 500;
/// Length of the gradient, in standard errors, at which the search is content.
const CONTENT: f64 = 1e-10;

/// How the search went.
#[derive(Debug)]
pub(super) struct Search {
    iterations: usize,
    converged: bool,
}

impl Search {
    /// Tells it with the estimate.
    pub(super) fn tell(self, estimate: &mut Estimate) {
        estimate.figures.push(Figure::new("iterations", self.iterations as f64));
        if !self.converged {
            let message = format!("the continuously updated estimate was not found in {} iterations", self.iterations);
            estimate.remarks.push(Remark { code: "NOT_CONVERGED".to_owned(), message });
        }
    }
}

/// The estimate, searched from that of two steps by the method of Broyden, Fletcher, Goldfarb and Shanno.
pub(super) fn continuously_updated(
    model: &Model,
    design: &Design,
    rule: &Rule,
    stop: &Stop,
) -> Result<(Efficient, Search), Error> {
    let start = two_steps(model, design, rule, stop)?;
    let objective = Objective::new(model, design, rule, &start, stop)?;
    let (step, search) = minimise(&objective, stop)?;
    let mut efficient = Efficient::new(model, objective.covariance(&step), stop)?;
    // At the minimum the weights follow the coefficients; those that the weights alone would choose are others.
    efficient.j = objective.at(&step)?.0;
    let moved = &start.root * &step;
    efficient.coefficients = start.coefficients.iter().zip(moved.iter()).map(|(b, d)| b + d).collect();
    Ok((efficient, search))
}

/// m(g)' S(g)⁻¹ m(g) of steps g from the two-step estimate, in units of its standard errors.
struct Objective {
    moments: DVector<f64>,
    slopes: DMatrix<f64>,
    /// S of the residuals, and of each regressor in those units.
    squares: Vec<DMatrix<f64>>,
    /// What S of the sum of two of those columns has beyond S of either.
    pairs: Vec<Vec<DMatrix<f64>>>,
}

impl Objective {
    fn new(model: &Model, design: &Design, rule: &Rule, start: &Efficient, stop: &Stop) -> Result<Self, Error> {
        let errors = model.errors(&start.coefficients);
        let x = combine(&model.x.iter().map(|x| x.all.clone()).collect::<Vec<_>>(), &start.root);
        let columns: Vec<Vec<f64>> = std::iter::once(errors.all.clone()).chain(x).collect();
        let covariance = |column: &[f64]| rule.of_moments(model, design, column, stop);
        let squares = columns.iter().map(|column| covariance(column)).collect::<Result<Vec<_>, Error>>()?;
        let pair = |i: usize, j: usize| -> Result<DMatrix<f64>, Error> {
            let mut sum = columns[i].clone();
            add_scaled(&mut sum, 1.0, &columns[j]);
            Ok(covariance(&sum)? - &squares[i] - &squares[j])
        };
        let pairs = (0..columns.len()).map(|i| (0..i).map(|j| pair(i, j)).collect()).collect::<Result<_, Error>>()?;
        let inside = |column: &Column| column.inside.clone();
        Ok(Self {
            moments: DVector::from_vec(errors.inside),
            slopes: coordinates(&model.x.iter().map(inside).collect::<Vec<_>>()) * &start.root,
            squares,
            pairs,
        })
    }

    fn covariance(&self, step: &DVector<f64>) -> DMatrix<f64> {
        let mut sum = DMatrix::zeros(self.moments.len(), self.moments.len());
        for (i, square) in self.squares.iter().enumerate() {
            sum += square * (part(step, i) * part(step, i));
            self.pairs[i].iter().enumerate().for_each(|(j, pair)| sum += pair * (part(step, i) * part(step, j)));
        }
        sum
    }

    /// The value and its gradient.
    fn at(&self, step: &DVector<f64>) -> Result<(f64, DVector<f64>), Error> {
        let moments = &self.moments - &self.slopes * step;
        let lower = root(self.covariance(step))?;
        let mut weighted = moments;
        lower.solve_lower_triangular_mut(&mut weighted);
        let value = weighted.norm_squared();
        lower.tr_solve_lower_triangular_mut(&mut weighted);
        let form = |matrix: &DMatrix<f64>| weighted.dot(&(matrix * &weighted));
        let slope = |i: usize| {
            let pair = |j: usize| &self.pairs[i.max(j)][i.min(j)];
            let others = (0..self.squares.len()).filter(|j| *j != i).map(|j| part(step, j) * form(pair(j)));
            let of_covariance = -(2.0 * part(step, i) * form(&self.squares[i]) + others.sum::<f64>());
            -2.0 * self.slopes.column(i - 1).dot(&weighted) - of_covariance
        };
        Ok((value, DVector::from_iterator(step.len(), (1..self.squares.len()).map(slope))))
    }
}

/// How often the `i`-th column is part of the residuals.
fn part(step: &DVector<f64>, i: usize) -> f64 {
    if i == 0 { 1.0 } else { -step[i - 1] }
}

fn minimise(objective: &Objective, stop: &Stop) -> Result<(DVector<f64>, Search), Error> {
    let k = objective.slopes.ncols();
    let mut at = DVector::zeros(k);
    let (mut value, mut gradient) = objective.at(&at)?;
    // Near the two-step estimate the objective is about J + g'g.
    let mut inverse = DMatrix::identity(k, k) * 0.5;
    for iterations in 0..LIMIT {
        stop.check()?;
        if gradient.norm() <= CONTENT * value.max(1.0) {
            return Ok((at, Search { iterations, converged: true }));
        }
        let Some((next, next_value, next_gradient)) = descend(objective, &at, value, &gradient, &inverse) else {
            let converged = gradient.norm() <= CONTENT.sqrt() * value.max(1.0);
            return Ok((at, Search { iterations, converged }));
        };
        let (moved, turned) = (&next - &at, &next_gradient - &gradient);
        let curvature = moved.dot(&turned);
        if curvature > 1e-14 * moved.norm() * turned.norm() {
            let skew = DMatrix::identity(k, k) - &moved * turned.transpose() / curvature;
            inverse = &skew * inverse * skew.transpose() + &moved * moved.transpose() / curvature;
        }
        (at, value, gradient) = (next, next_value, next_gradient);
    }
    Ok((at, Search { iterations: LIMIT, converged: false }))
}

/// The first of ever shorter steps that makes the objective smaller; none where rounding hides any descent.
fn descend(
    objective: &Objective,
    at: &DVector<f64>,
    value: f64,
    gradient: &DVector<f64>,
    inverse: &DMatrix<f64>,
) -> Option<(DVector<f64>, f64, DVector<f64>)> {
    let direction = -(inverse * gradient);
    let promised = dot(direction.as_slice(), gradient.as_slice());
    (0..50).map(|halvings| 0.5_f64.powi(halvings)).find_map(|length| {
        let next = at + &direction * length;
        let (next_value, next_gradient) = objective.at(&next).ok()?;
        let descends = next_value <= value + 1e-4 * length * promised
            // At the bottom values no longer differ, but gradients do.
            || (next_value - value).abs() <= 1e-13 * value.abs() && next_gradient.norm() < gradient.norm();
        descends.then_some((next, next_value, next_gradient))
    })
}
