//! Penalised least squares: ridge, lasso and elastic net.
//!
//! They minimise SSR/(2·Σw) + λ(α·Σ|sb| + (1−α)/2·Σ(sb)²) over the slopes b after intercept and fixed effects are taken out
//! of every column; s are the columns' standard deviations, or one. Sums of products are all they need of the rows, and
//! those of a fold can be taken from those of all rows, so cross-validation costs no pass over the data.

mod elastic_net;
mod lasso;
mod minimum;
mod moments;
mod path;
mod ridge;
mod selection;

pub(super) use elastic_net::ElasticNet;
pub(super) use lasso::Lasso;
pub(super) use ridge::Ridge;

use super::design::Design;
use super::ols::{least_squares, without_effects};
use super::{Estimate, Takes};
use crate::card::{Domain, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, norm};

/// What penalised least squares take; λ depends on the units.
const TAKES: Takes = Takes { effects: true, instruments: false, weights: true, any_units: false, past: false };
const INTERCEPT: &str = "(Intercept)";

const LAMBDA: Param = Param {
    name: "lambda",
    doc: "Weight of the penalty; 0 lets cross-validation choose it",
    domain: Domain::Number { min: 0.0, max: 1e300, default: 0.0 },
};
const CHOICE: Param = Param {
    name: "choice",
    doc: "min: the lambda of the least error of cross-validation; one_se: the largest within one standard error of it",
    domain: Domain::Choice(&["min", "one_se"]),
};
const FOLDS: Param = Param {
    name: "folds",
    doc: "Folds of cross-validation; the rows of a region, or of a region and industry, are in one fold",
    domain: Domain::Integer { min: 2, max: 100, default: 10 },
};
const SEED: Param = Param {
    name: "seed",
    doc: "Seed of the division into folds",
    domain: Domain::Integer { min: 0, max: i64::MAX >> 11, default: 1 },
};
const STANDARDISE: Param = Param {
    name: "standardise",
    doc: "Whether the penalty is on coefficients of columns of standard deviation one (within the fixed effects)",
    domain: Domain::Choice(&["yes", "no"]),
};

/// A design without intercept and effects, ready to be penalised.
#[derive(Debug)]
struct Within {
    /// The least-squares estimate, which the effects of the columns come from.
    full: Estimate,
    /// How many coefficients, at the beginning, are not penalised.
    fixed: usize,
    /// The outcome.
    y: Vec<f64>,
    /// The columns that are penalised, each over its scale.
    x: Vec<Vec<f64>>,
    /// Their scales.
    scales: Vec<f64>,
}

impl Within {
    fn new(design: &Design, params: &Params, stop: &Stop) -> Result<Self, Error> {
        let full = least_squares(design, stop)?;
        let fixed = full.kept.iter().take_while(|j| design.names[**j] == INTERCEPT).count();
        let mut x = without_effects(design, &full);
        let mut y = full.u_hat.clone();
        x.iter().zip(&full.coefficients).for_each(|(x, b)| add_scaled(&mut y, *b, x));
        x.drain(..fixed);
        if x.is_empty() {
            return Err(Violation::new("formula", "there is no term to penalise", "").into());
        }
        if fixed > 0 {
            x.iter_mut().chain([&mut y]).for_each(|column| centre(design, column));
        }
        if norm(&design.weighted(&y)) <= 1e-12 * norm(&design.weighted(&design.y)) {
            return Err(
                Violation::new("formula", "the outcome does not vary about intercept and fixed effects", "").into()
            );
        }
        let spread = |column: &Vec<f64>| design.mean(&column.iter().map(|x| x * x).collect::<Vec<_>>()).sqrt();
        let scales: Vec<f64> = match params.chooses("standardise", "yes") {
            true => x.iter().map(spread).collect(),
            false => vec![1.0; x.len()],
        };
        x.iter_mut().zip(&scales).for_each(|(column, scale)| column.iter_mut().for_each(|x| *x /= scale));
        Ok(Self { full, fixed, y, x, scales })
    }

    /// Names of the penalised terms.
    fn names(&self, design: &Design) -> Vec<String> {
        self.full.kept[self.fixed..].iter().map(|j| design.names[*j].clone()).collect()
    }
}

fn centre(design: &Design, column: &mut [f64]) {
    let mean = design.mean(column);
    column.iter_mut().for_each(|x| *x -= mean);
}
