//! Regressions on panels: estimator × covariance, with fixed effects absorbed.
//!
//! ```text
//! program + panel ─ build ─▶ Design ─ Estimator ─▶ Estimate ─ Covariance ─▶ Vcov ──▶ Fit ─▶ predict
//! ```
//!
//! An [`Estimator`] turns a [`Design`] into coefficients, residuals, scores and the bread of the sandwich; a
//! [`Covariance`] needs nothing else, so every pair of them works. A [`Fit`] is plain data:
//! stored and read back, it predicts and feeds forecasts without the dataset.

mod assemble;
mod build;
pub mod covariance;
pub mod design;
mod effects;
mod fit;
mod ols;
mod predict;
mod small_sample;
mod statistics;
mod units;
mod wald;

pub use build::build;
pub use fit::{CovarianceUsed, Fit, FittedEffect};
pub use ols::Ols;
pub use predict::{Point, Prediction, points};
pub use statistics::{Degenerate, Statistics};
pub use wald::Wald;

use crate::card::{Card, Params};
use crate::error::{Error, Violation, Violations};
use crate::formula::Program;
use crate::numeric::Stop;
use crate::numeric::absorb::LevelEffects;
use crate::panel::Panel;
use covariance::{Choice, Covariance};
use design::Design;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// A way to estimate the coefficients.
pub trait Estimator: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Estimates the coefficients of a design.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    fn estimate(&self, design: &Design, stop: &Stop) -> Result<Estimate, Error>;
}

/// Every estimator, in the order of the catalogue.
pub static ESTIMATORS: &[&dyn Estimator] = &[&Ols];

/// The estimator of this id or alias.
pub fn find_estimator(name: &str) -> Option<&'static dyn Estimator> {
    ESTIMATORS.iter().copied().find(|estimator| estimator.card().answers_to(name))
}

/// What an estimator finds; n rows, k coefficients.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Numbers of the regressors that have a coefficient.
    pub kept: Vec<usize>,
    /// Regressors without a coefficient, in the order of the formula.
    pub collinear: Vec<Collinear>,
    /// One coefficient a kept regressor.
    pub coefficients: Vec<f64>,
    /// R⁻¹ (k × k), so that the bread (X'WX)⁻¹, after absorption, is R⁻¹·R⁻ᵀ.
    pub bread_root: DMatrix<f64>,
    /// k columns of n scores in coordinates in which X'WX is the identity: R⁻ᵀ·wᵢxᵢuᵢ.
    pub scores: Vec<Vec<f64>>,
    /// What the regressors, after absorption, add to the leverage of each row: qᵢ'qᵢ of the orthonormal columns.
    pub leverages: Vec<f64>,
    /// Residuals, unweighted.
    pub u_hat: Vec<f64>,
    /// Weighted sum of squared residuals.
    pub ssr: f64,
    /// The same of a model with the fixed effects alone.
    pub ssr_effects: f64,
    /// The fixed effects of the outcome, before the regressors take their part.
    pub outcome_effects: Vec<LevelEffects>,
    /// The fixed effects of each kept regressor.
    pub regressor_effects: Vec<Vec<LevelEffects>>,
    /// How the fixed effects were absorbed; `None` without any.
    pub absorption: Option<Absorption>,
}

/// A term without a coefficient, because others determine it; see [`Fit::explain`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collinear {
    /// Its number among the terms.
    pub column: usize,
    /// Whether the fixed effects alone determine it.
    pub absorbed: bool,
    /// Otherwise, the numbers of the terms that do, with their coefficients.
    pub combination: Vec<(usize, f64)>,
}

/// How well the fixed effects were absorbed: the worst of all columns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Absorption {
    /// Iterations of conjugate gradients; 0 for a closed form.
    pub iterations: usize,
    /// What is left of the normal equations, relative to the column.
    pub relative_residual: f64,
    /// Whether every column is solved to 1e-10, or to what rounding allows.
    pub converged: bool,
}

/// What to estimate beside the formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Id or alias of the estimator.
    pub estimator: String,
    /// The covariance with its clusters and parameters.
    pub covariance: Choice,
}

impl Default for Spec {
    fn default() -> Self {
        Self { estimator: "ols".to_owned(), covariance: Choice::read("iid") }
    }
}

impl Spec {
    fn find(&self) -> Result<(&'static dyn Estimator, &'static dyn Covariance, Params), Violations> {
        let mut violations = Violations::default();
        let covariance = violations.keep("", self.covariance.find());
        let estimator = find_estimator(&self.estimator);
        if estimator.is_none() {
            let known: Vec<_> = ESTIMATORS.iter().map(|e| e.card().id).collect();
            violations.push(Violation::new("estimator", format!("one of {}", known.join(", ")), &self.estimator));
        }
        match (estimator, covariance) {
            (Some(estimator), Some((covariance, params))) => Ok((estimator, covariance, params)),
            _ => Err(violations),
        }
    }
}

/// Estimates a compiled formula on a panel.
///
/// # Errors
/// [`Error::Invalid`]: an unknown estimator, covariance or cluster variable, no usable row, no more rows than
/// parameters, a cluster variable with a single class, what the covariance refuses, numbers out of range. [`Error::Cancelled`] when `stop` is raised.
pub fn fit(program: &Program, panel: &Panel, spec: &Spec, stop: &Stop) -> Result<Fit, Error> {
    spec.find()?;
    let design = build(program, panel, &spec.covariance.clusters, stop)?;
    stop.check()?;
    let mut fit = fit_design(design, spec, stop)?;
    fit.describe(program, panel);
    Ok(fit)
}

/// Estimates a design; the fit has no formula and no labels.
///
/// # Errors
/// As [`fit()`].
pub fn fit_design(mut design: Design, spec: &Spec, stop: &Stop) -> Result<Fit, Error> {
    let (estimator, covariance, params) = spec.find()?;
    let units = units::Units::take(&mut design);
    let estimate = estimator.estimate(&design, stop)?;
    check_degrees_of_freedom(&estimate, &design)?;
    let vcov = covariance.vcov(&estimate, &design, &params, stop)?;
    stop.check()?;
    let mut fit = Fit::assemble(design, estimate, vcov);
    fit.estimator = estimator.card().id.to_owned();
    fit.covariance.id = covariance.card().id.to_owned();
    let in_design_units = fit.told_numbers();
    units.restore(&mut fit);
    fit.check_range(&in_design_units)?;
    Ok(fit)
}

fn check_degrees_of_freedom(estimate: &Estimate, design: &Design) -> Result<(), Violations> {
    let mut violations = Violations::default();
    let (n, parameters) = (design.y.len(), small_sample::parameters(estimate.coefficients.len(), design));
    if n <= parameters {
        let rule = format!("needs more rows than parameters: {parameters} parameters, {n} rows");
        violations.push(Violation::new("formula", rule, ""));
    }
    for cluster in &design.clusters {
        if cluster.levels.len() < 2 {
            let rule = "a cluster variable needs at least two classes among the rows used";
            violations.push(Violation::new("covariance.clusters", rule, &cluster.name));
        }
    }
    violations.into_result(())
}
