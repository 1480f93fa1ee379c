//! Ridge regression.

use super::path::{Chosen, choose};
use super::selection::figures;
use super::{CHOICE, FOLDS, LAMBDA, SEED, STANDARDISE, TAKES, Within};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::design::Design;
use crate::regression::ols::without_effects;
use crate::regression::small_sample::parameters;
use crate::regression::{Estimate, Estimated, Estimator, Own, Remark, Sandwich, Scores, Takes};
use nalgebra::{DMatrix, DVector};

/// Least squares with a penalty on squared coefficients.
#[derive(Debug)]
pub(in crate::regression) struct Ridge;

static CARD: Card = Card {
    id: "ridge",
    aliases: &[],
    title: "Ridge regression: least squares with a penalty on squared coefficients",
    kind: Kind::Estimator,
    formula: "b minimises SSR(b)/(2 sum w) + lambda/2 sum_j (s_j b_j)^2, s_j the standard deviation of term j, or 1; intercept \
              and fixed effects are not penalised. b = A^-1 X'Wy, A = X'WX + lambda (sum w) S^2; iid covariance SSR/(n-K) A^-1 \
              X'WX A^-1, other covariances with bread A^-1: they are about E[b], which the penalty moves towards 0. \
              Cross-validation leaves out regions in turn, after effects are taken out with all rows",
    reference: "Hoerl and Kennard (1970), Technometrics 12(1), eq. 2.1; Hastie, Tibshirani and Friedman (2009), The Elements of \
                Statistical Learning, 2nd ed., eq. 3.41",
    params: &[LAMBDA, CHOICE, FOLDS, SEED, STANDARDISE],
    inference: &[],
    laws: &[],
};

impl Estimator for Ridge {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let within = Within::new(&design, params, stop)?;
        let chosen = choose(&design, &within, 0.0, params, stop)?;
        let estimate = penalise(&design, within, &chosen)?;
        Ok(Estimated { design, estimate })
    }
}

/// The estimate with intercept, in the units of the design.
fn penalise(design: &Design, within: Within, chosen: &Chosen) -> Result<Estimate, Error> {
    let columns: Vec<Vec<f64>> = without_effects(design, &within.full);
    let x: Vec<Vec<f64>> = columns.iter().map(|column| design.weighted(column)).collect();
    let k = x.len();
    let products = DMatrix::from_fn(k, k, |i, j| dot(&x[i], &x[j]));
    let weight = design.weights.as_ref().map_or(design.y.len() as f64, |w| w.iter().sum());
    let mut matrix = products.clone();
    for (l, scale) in within.scales.iter().enumerate() {
        matrix[(l + within.fixed, l + within.fixed)] += chosen.penalty.lambda * weight * scale * scale;
    }
    // A = LL' has the inverse BB' with B = L⁻ᵀ.
    let lower = matrix.cholesky().map(|cholesky| cholesky.l());
    let inverse = lower.and_then(|l| l.solve_lower_triangular(&DMatrix::identity(k, k)));
    let root = inverse.map(|inverse| inverse.transpose()).ok_or_else(|| {
        Violation::new("formula", "the terms are measured in units too unlike each other; rescale them", "")
    })?;
    let mut y = within.full.u_hat.clone();
    columns.iter().zip(&within.full.coefficients).for_each(|(x, b)| add_scaled(&mut y, *b, x));
    let outcome = design.weighted(&y);
    let b = &root * (root.transpose() * DVector::from_iterator(k, x.iter().map(|x| dot(x, &outcome))));
    let mut u_hat = y;
    columns.iter().zip(&b).for_each(|(x, b)| add_scaled(&mut u_hat, -b, x));
    let errors = design.weighted(&u_hat);
    let ssr = dot(&errors, &errors);
    let freedom = design.y.len().saturating_sub(parameters(k, design)).max(1);
    let bread = &root * root.transpose();
    let rotated = rotate(&x, &root);
    Ok(Estimate {
        own: Some(Own {
            matrix: &bread * products * &bread * (ssr / freedom as f64),
            rule: format!("SSR/(n-K) A^-1 X'WX A^-1 with n - K = {freedom}, about the mean that the penalty moves"),
        }),
        coefficients: b.iter().copied().collect(),
        sandwich: Sandwich {
            bread_root: root,
            leverages: (0..u_hat.len()).map(|i| rotated.iter().map(|q| q[i] * q[i]).sum()).collect(),
            scores: Scores::products(rotated, errors),
        },
        u_hat,
        ssr,
        figures: figures(chosen, k - within.fixed),
        parts: chosen.part.iter().cloned().collect(),
        remarks: vec![Remark {
            code: "PENALISED".to_owned(),
            message: "the penalty moves coefficients towards 0; standard errors and intervals do not count that bias"
                .to_owned(),
        }],
        ..within.full
    })
}

/// The columns times a matrix.
fn rotate(columns: &[Vec<f64>], by: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let combine = |l: usize| {
        let mut sum = vec![0.0; columns[0].len()];
        columns.iter().enumerate().for_each(|(j, column)| add_scaled(&mut sum, by[(j, l)], column));
        sum
    };
    (0..columns.len()).map(combine).collect()
}
