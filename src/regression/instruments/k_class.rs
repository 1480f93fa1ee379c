//! The k-class of estimators, between least squares and beyond two-stage least squares.

use super::model::{Model, combine};
use super::{TAKES, overidentification, strength};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::design::Design;
use crate::regression::ols::leverages;
use crate::regression::{Estimate, Estimated, Estimator, Figure, Takes};
use nalgebra::{DMatrix, DVector};

/// The k-class estimator of a kappa chosen by the caller.
#[derive(Debug)]
pub(in crate::regression) struct KClass;

static CARD: Card = Card {
    id: "k_class",
    aliases: &[],
    title: "k-class estimator with instruments: kappa 0 is least squares, 1 two-stage least squares",
    kind: Kind::Estimator,
    formula: "b = (X'(I - kappa M_Z) X)^-1 X'(I - kappa M_Z) y, where M_Z takes out the projection on exogenous terms and \
              instruments; fixed effects are absorbed from y, X and Z, weights enter as in weighted least squares. \
              Scores s_i = (X - kappa M_Z X)_i u_i",
    reference: "Theil (1958), Economic Forecasts and Policy; Nagar (1959), Econometrica 27(4), eq. 3",
    params: &[Param {
        name: "kappa",
        doc: "How much of the part of the regressors that the instruments do not explain is taken out",
        domain: Domain::Number { min: 0.0, max: 10.0, default: 1.0 },
    }],
    inference: &[],
    laws: &[],
};

impl Estimator for KClass {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let model = Model::new(&design, stop)?;
        let estimate = estimate(&model, &design, params.number("kappa"), stop)?;
        Ok(Estimated { design, estimate })
    }
}

/// The k-class estimate with the tests that come with it.
pub(super) fn estimate(model: &Model, design: &Design, kappa: f64, stop: &Stop) -> Result<Estimate, Error> {
    let mut estimate = solve(model, design, kappa, stop)?;
    estimate.figures.push(Figure::new("kappa", kappa));
    estimate.tests = overidentification::tests(model, design, &estimate);
    estimate.remarks.extend(strength::remark(model, design, stop)?);
    Ok(estimate)
}

/// With X̂ = P_Z·X = Q·R and G = M_Z·X·R⁻¹, the matrix to invert is R'(I + (1 − kappa)·G'G)R.
fn solve(model: &Model, design: &Design, kappa: f64, stop: &Stop) -> Result<Estimate, Error> {
    let qr = Orthogonal::new(model.x.iter().map(|x| x.inside.clone()).collect(), stop)?;
    let inverse = qr.inverse_triangle();
    let k = inverse.nrows();
    let outside: Vec<Vec<f64>> = model.x.iter().map(|x| x.outside.clone()).collect();
    let g = combine(&outside, &inverse);
    let rest = 1.0 - kappa;
    let inner = DMatrix::from_fn(k, k, |i, j| f64::from(u8::from(i == j)) + rest * dot(&g[i], &g[j]));
    let Some(cholesky) = inner.cholesky() else {
        let rule = "is so large that the estimate is not defined: X'(I - kappa M_Z)X has a negative eigenvalue";
        return Err(Violation::new("estimator_parameters.kappa", rule, kappa).into());
    };
    let right = (0..k).map(|j| dot(&qr.basis[j], &model.y.inside) + rest * dot(&g[j], &model.y.outside));
    let solution = cholesky.solve(&DVector::from_iterator(k, right));
    let coefficients = qr.solve(solution.iter().copied().collect());

    // The inner root L⁻ᵀ makes X − kappa·M_Z·X orthonormal in the sense of the bread.
    let Some(root) = cholesky.l().transpose().try_inverse() else {
        return Err(Violation::new("formula", "the instruments do not identify the coefficients", "").into());
    };
    let mut columns = combine(&model.basis, &coordinates(&qr.basis));
    columns.iter_mut().zip(&g).for_each(|(column, g)| add_scaled(column, rest, g));
    let hat = (rest == 0.0).then(|| leverages(&columns, design.y.len()));
    let mut estimate = model.estimate(design, coefficients, inverse * &root, combine(&columns, &root));
    estimate.sandwich.leverages = hat.unwrap_or_default();
    Ok(estimate)
}

/// Columns as a matrix.
pub(in crate::regression) fn coordinates(columns: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_iterator(columns.first().map_or(0, Vec::len), columns.len(), columns.iter().flatten().copied())
}
