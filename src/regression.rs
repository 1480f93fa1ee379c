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
mod bma;
mod build;
pub mod covariance;
pub mod design;
pub mod diagnostics;
mod dynamic;
mod effects;
mod extend;
pub mod facts;
mod fit;
mod glm;
mod gwr;
mod inference;
mod instruments;
mod ols;
mod panel;
mod penalised;
mod predict;
mod quantile;
mod report;
mod response;
mod revise;
mod scores;
mod several;
mod small_sample;
mod space;
mod statistics;
mod units;
mod wald;

pub use build::{Wanted, build};
pub use extend::{extend, extends};
pub use fit::{CovarianceUsed, Fit, FittedEffect};
pub use inference::{Bootstrapped, OwnInference};
pub use predict::{Point, Prediction, points};
pub use report::{Figure, Outcome, Part, Remark};
pub use revise::revise;
pub use scores::{Sandwich, Scores};
pub use several::{TOGETHER, fit_several};
pub use space::SpatialFilter;
pub use statistics::{Degenerate, Statistics};
pub use wald::Wald;

use crate::card::{Card, Params, Raw};
use crate::error::{Error, Violation, Violations};
use crate::formula::Program;
use crate::numeric::Stop;
use crate::numeric::absorb::LevelEffects;
use crate::panel::{Absent, Panel, Value};
use crate::suggest::nearest;
use covariance::{Choice, Covariance};
use design::Design;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A way to estimate the coefficients.
pub trait Estimator: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Which parts of a formula it has a use for.
    fn takes(&self) -> Takes {
        Takes::default()
    }

    /// Whether its own covariance, asked for as `iid`, is the only one that says anything about its coefficients.
    fn only_own_covariance(&self) -> bool {
        false
    }

    /// Estimates the coefficients of a design.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `formula`, `estimator` or `estimator_parameters`: a design or a parameter for which it is not
    /// defined. [`Error::Cancelled`] when `stop` is raised.
    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error>;
}

/// Which parts of a formula an estimator has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// Fixed effects.
    pub effects: bool,
    /// Endogenous terms with instruments; it then needs them.
    pub instruments: bool,
    /// Weights.
    pub weights: bool,
    /// The rows left out because a variable is absent, as the past of others.
    pub past: bool,
    /// Whether estimates follow a change of the variables' units by simple proportion, so that units may be chosen for it in
    /// which no square overflows.
    pub any_units: bool,
}

impl Default for Takes {
    /// What linear models of a design as it stands take.
    fn default() -> Self {
        Self { effects: true, instruments: false, weights: true, past: false, any_units: true }
    }
}

/// Every estimator, in the order of the catalogue.
pub static ESTIMATORS: &[&dyn Estimator] = &[
    &ols::Ols,
    &gwr::Gwr,
    &instruments::TwoStageLeastSquares,
    &instruments::Liml,
    &instruments::KClass,
    &instruments::Gmm,
    &panel::Between,
    &panel::FirstDifferences,
    &panel::RandomEffects,
    &panel::CorrelatedRandomEffects,
    &panel::HausmanTaylor,
    &panel::MeanGroup,
    &panel::CommonCorrelatedEffects,
    &panel::Swamy,
    &space::Slx,
    &space::SpatialLag,
    &space::SpatialError,
    &space::Sac,
    &space::SpatialDurbin,
    &space::SpatialDurbinError,
    &dynamic::ArellanoBond,
    &dynamic::BlundellBond,
    &dynamic::ConvergenceRegression,
    &dynamic::PanelThreshold,
    &glm::Poisson,
    &glm::Logit,
    &glm::Probit,
    &quantile::Quantile,
    &penalised::Ridge,
    &penalised::Lasso,
    &penalised::ElasticNet,
    &bma::Bma,
];

/// The estimator of this id or alias.
pub fn find_estimator(name: &str) -> Option<&'static dyn Estimator> {
    ESTIMATORS.iter().copied().find(|estimator| estimator.card().answers_to(name))
}

/// An estimate with the design that it is an estimate of: the one given, or the one that the estimator made of it,
/// such as differences, means or quasi-demeaned columns.
#[derive(Debug, Clone)]
pub struct Estimated {
    /// The design; its rows are those of the residuals and scores.
    pub design: Design,
    /// The estimate.
    pub estimate: Estimate,
}

/// What an estimator finds; n rows, k coefficients. `Default` is an estimate of nothing, to be filled in.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    /// Numbers of the regressors that have a coefficient.
    pub kept: Vec<usize>,
    /// Regressors without a coefficient, in the order of the formula.
    pub collinear: Vec<Collinear>,
    /// One coefficient a kept regressor, then the values of `others`.
    pub coefficients: Vec<f64>,
    /// Names of the parameters that multiply no regressor, such as `rho`.
    pub others: Vec<String>,
    /// Bread and scores of the coefficients. For least squares the scores are R⁻ᵀ·wᵢxᵢuᵢ, in coordinates in which X'WX is the
    /// identity; for any estimator that solves Σ gᵢ = 0, B·B' is the inverse of the derivative and scores are B⁻¹·(that
    /// inverse)·gᵢ.
    pub sandwich: Sandwich,
    /// The covariance under the model's own assumptions where it is not σ²·B·B'; `iid` returns it.
    pub own: Option<Own>,
    /// Whether tests are asymptotic: z and chi-squared instead of t and F.
    pub asymptotic: bool,
    /// Residuals, unweighted.
    pub u_hat: Vec<f64>,
    /// Fitted values where they are not outcome less residual.
    pub fitted: Option<Vec<f64>>,
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
    /// How the outcome follows from terms and effects.
    pub response: Response,
    /// Figures beside the usual ones.
    pub figures: Vec<Figure>,
    /// Tables.
    pub parts: Vec<Part>,
    /// Tests that come with the estimator, such as that of overidentification.
    pub tests: Vec<Outcome>,
    /// Warnings.
    pub remarks: Vec<Remark>,
    /// Variance of the random effects, which a forecast adds to that of the error.
    pub random_variance: f64,
}

/// The covariance of an estimate under its model's own assumptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// k × k, in the order of the coefficients.
    #[serde(with = "scores::rows")]
    pub matrix: DMatrix<f64>,
    /// Where it comes from, in words.
    pub rule: String,
}

/// How the outcome of a row follows from its terms times the coefficients and its fixed effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Response {
    /// It is their sum.
    #[default]
    Identity,
    /// It is the exponential of their sum.
    Exponential,
    /// It is the logistic function of their sum.
    Logistic,
    /// It is the normal distribution's function of their sum.
    Normal,
    /// Their sum is a quantile of it.
    Quantile,
    /// It depends on other rows too, so no row can be predicted by itself.
    Joint,
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
    /// Its parameters by name, as its card lists them.
    pub parameters: BTreeMap<String, Raw>,
    /// The covariance with its clusters and parameters.
    pub covariance: Choice,
    /// The part of the data to use; `None` means all.
    pub subset: Option<Subset>,
}

/// One class of a classification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subset {
    /// A key, a text attribute or several of them joined by `^`.
    pub by: String,
    /// The class whose rows are used.
    pub class: String,
}

impl Default for Spec {
    fn default() -> Self {
        let covariance = Choice::read("iid");
        Self { estimator: "ols".to_owned(), parameters: BTreeMap::new(), covariance, subset: None }
    }
}

/// A specification whose names and parameters are known.
struct Found {
    estimator: &'static dyn Estimator,
    parameters: Params,
    covariance: &'static dyn Covariance,
    covariance_parameters: Params,
}

impl Spec {
    /// Checks names and parameters.
    ///
    /// # Errors
    /// Everything that is wrong, at `estimator`, `estimator_parameters` and `covariance`.
    pub fn check(&self) -> Result<(), Violations> {
        self.find().map(|_| ())
    }

    fn find(&self) -> Result<Found, Violations> {
        let mut violations = Violations::default();
        let covariance = violations.keep("", self.covariance.find());
        let estimator = find_estimator(&self.estimator);
        if estimator.is_none() {
            let known = || ESTIMATORS.iter().map(|e| e.card().id);
            let rule = match nearest(&self.estimator, known()) {
                Some(near) => format!("must be the id of an estimator from ListMethods; did you mean {near}?"),
                None => format!("one of {}", known().collect::<Vec<_>>().join(", ")),
            };
            violations.push(Violation::new("estimator", rule, &self.estimator));
        }
        if let Some((estimator, (covariance, _))) = estimator.zip(covariance.as_ref()) {
            violations.keep("", check_own_covariance(estimator, *covariance).map_err(Violations::from));
        }
        let parse = |e: &'static dyn Estimator| Params::parse(e.card(), &self.parameters, "estimator_parameters");
        let parameters = estimator.and_then(|estimator| violations.keep("", parse(estimator)));
        match (estimator, parameters, covariance) {
            (Some(estimator), Some(parameters), Some((covariance, covariance_parameters))) => {
                violations.into_result(Found { estimator, parameters, covariance, covariance_parameters })
            }
            _ => Err(violations),
        }
    }
}

/// Estimates a compiled formula on a panel.
///
/// # Errors
/// [`Error::Invalid`]: an unknown estimator, covariance or cluster variable, no usable row, no more rows than
/// parameters, a cluster variable with a single class, what estimator or covariance refuse, numbers out of range.
/// [`Error::Cancelled`] when `stop` is raised.
pub fn fit(program: &Program, panel: &Panel, spec: &Spec, stop: &Stop) -> Result<Fit, Error> {
    let found = spec.find()?;
    let past = found.estimator.takes().past;
    let wanted = Wanted { clusters: &spec.covariance.clusters, subset: spec.subset.as_ref(), past };
    let design = build(program, panel, &wanted, stop)?;
    stop.check()?;
    let mut fit = fit_design(design, spec, stop)?;
    fit.describe(program, panel);
    Ok(fit)
}

/// Tests a fit of a program to a panel; without any tests asked for, those that say something about it.
///
/// # Errors
/// As [`diagnostics::run`], and as [`fit()`] where the panel is not the one of the fit.
pub fn test(
    fit: &Fit,
    data: Option<(&Program, &Panel)>,
    asked: &[diagnostics::Asked],
    stop: &Stop,
) -> Result<Vec<Outcome>, Error> {
    let clusters: Vec<String> = fit.covariance.clusters.iter().map(|(name, _)| name.clone()).collect();
    let past = find_estimator(&fit.estimator).is_some_and(|estimator| estimator.takes().past);
    let wanted = Wanted { clusters: &clusters, subset: fit.subset.as_ref(), past };
    let build = |(program, panel)| build(program, panel, &wanted, stop);
    let design = data.map(build).transpose()?;
    diagnostics::run(&diagnostics::Subject { fit, design: design.as_ref() }, asked, stop)
}

/// Estimates a design; the fit has no formula and no labels.
///
/// # Errors
/// As [`fit()`].
pub fn fit_design(mut design: Design, spec: &Spec, stop: &Stop) -> Result<Fit, Error> {
    let found = spec.find()?;
    check_roles(found.estimator, &design)?;
    let deviations: Vec<(String, Value)> = design.names.iter().cloned().zip(design.deviations()).collect();
    let units = found.estimator.takes().any_units.then(|| units::Units::take(&mut design));
    let Estimated { design, estimate } = found.estimator.estimate(design, &found.parameters, stop)?;
    check_degrees_of_freedom(&estimate, &design)?;
    let vcov = found.covariance.vcov(&estimate, &design, &found.covariance_parameters, stop)?;
    stop.check()?;
    let mut fit = Fit::assemble(design, estimate, vcov);
    fit.estimator = found.estimator.card().id.to_owned();
    fit.parameters = found.parameters.iter().map(|(name, raw)| (name.to_owned(), raw.to_string())).collect();
    fit.covariance.id = found.covariance.card().id.to_owned();
    let options = found.covariance_parameters.iter();
    fit.covariance.options = options.map(|(name, raw)| (name.to_owned(), raw.to_string())).collect();
    let in_design_units = fit.told_numbers();
    if let Some(units) = units {
        units.restore(&mut fit);
    }
    let deviation = |known: Option<Value>| known.unwrap_or(Err(Absent::Undetermined));
    fit.deviations = fit.by_term(&deviations).map(deviation).collect();
    fit.subset = spec.subset.clone();
    fit.check_range(&in_design_units)?;
    Ok(fit)
}

/// Refuses covariances of an estimator that only has its own.
fn check_own_covariance(estimator: &dyn Estimator, covariance: &dyn Covariance) -> Result<(), Violation> {
    let id = covariance.card().id;
    if !estimator.only_own_covariance() || id == "iid" {
        return Ok(());
    }
    let rule = format!("{} has a covariance of its own, which is called iid here", estimator.card().id);
    Err(Violation::new("covariance", rule, id))
}

/// Refuses parts of a formula that the estimator has no use for, and instruments that it misses.
fn check_roles(estimator: &dyn Estimator, design: &Design) -> Result<(), Violations> {
    let mut violations = Violations::default();
    let (takes, id) = (estimator.takes(), estimator.card().id);
    let mut refuse = |wrong: bool, rule: &str| {
        if wrong {
            violations.push(Violation::new("estimator", rule, id));
        }
    };
    let has_instruments = !design.endogenous.is_empty();
    refuse(!takes.effects && !design.effects.is_empty(), "takes no fixed effects; leave them out of the formula");
    refuse(
        !takes.instruments && has_instruments,
        "has no use for instruments; leave them out of the formula or choose an estimator that takes them",
    );
    refuse(takes.instruments && !has_instruments, "needs `| endogenous ~ instruments` at the end of the formula");
    refuse(!takes.weights && design.weights.is_some(), "takes no weights");
    violations.into_result(())
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
