//! The result of a regression, as plain data.

use super::design::{Design, LeftOut, RowId};
use super::effects::Normalisation;
use super::small_sample::parameters;
use super::wald::Wald;
use super::{Absorption, Estimate, covariance::Vcov};
use crate::error::Violation;
use crate::formula::Program;
use crate::numeric::absorb::{Factor, LevelEffects};
use crate::numeric::distributions::{t_critical, t_two_sided};
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::{Absent, Panel, Value, finite, ratio};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Sum of squares, relative to that of the outcome about zero, below which there is no variation.
const NO_VARIATION: f64 = 1e-28;

/// A fitted regression with all that predictions, tests and forecasts need; n rows, k coefficients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Canonical text of the formula.
    pub formula: String,
    /// Canonical text of the outcome.
    pub outcome: String,
    /// Id of the estimator.
    pub estimator: String,
    /// All terms of the formula, collinear ones included.
    pub terms: Vec<String>,
    /// Numbers of the terms that have a coefficient, ascending.
    pub kept: Vec<usize>,
    /// The coefficients.
    pub coefficients: Vec<f64>,
    /// Their covariance, k × k.
    pub vcov: Vec<Vec<f64>>,
    /// How the covariance was estimated.
    pub covariance: CovarianceUsed,
    /// The terms without a coefficient.
    pub collinear: Vec<Collinear>,
    /// The fixed effects.
    pub effects: Vec<FittedEffect>,
    /// How the fixed effects are told apart, in words; empty without any.
    pub normalisation: String,
    /// How well the fixed effects were absorbed.
    pub absorption: Option<Absorption>,
    /// The regions' names, by [`RowId::region`].
    pub regions: Vec<String>,
    /// The industries' names, by [`RowId::industry`]; empty where regions are observed as a whole.
    pub industries: Vec<String>,
    /// The observations used.
    pub rows: Vec<RowId>,
    /// Residuals, one a row.
    pub residuals: Vec<f64>,
    /// Fitted values, one a row.
    pub fitted: Vec<f64>,
    /// Weights, one a row, when there are any.
    pub weights: Option<Vec<f64>>,
    /// Rows left out, by reason.
    pub left_out: Vec<(LeftOut, usize)>,
    /// Fit of the whole.
    pub statistics: Statistics,
}

/// How a covariance was estimated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CovarianceUsed {
    /// Id of the method.
    pub id: String,
    /// The cluster variables, each with its number of clusters.
    pub clusters: Vec<(String, usize)>,
    /// The number of parameters K in the small-sample factor.
    pub parameters: usize,
    /// What the sandwich was multiplied by.
    pub factor: f64,
    /// Degrees of freedom of the t distribution.
    pub t_df: usize,
    /// The small-sample rule in words.
    pub rule: String,
    /// Whether negative eigenvalues were set to zero.
    pub repaired: bool,
}

/// A term that others determine, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collinear {
    /// Number of the term.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// Whether the fixed effects alone determine it.
    pub absorbed: bool,
    /// Otherwise, the numbers of the terms that do, with their coefficients.
    pub combination: Vec<(usize, f64)>,
    /// The same in words.
    pub explanation: String,
}

/// A fixed effect of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedEffect {
    /// Its text in the formula, such as `state` or `state[trend]`.
    pub name: String,
    /// The classification, such as `state` or `division^year`.
    pub classes: String,
    /// Whether each level has an intercept.
    pub intercept: bool,
    /// Names of the levels.
    pub levels: Vec<String>,
    /// Rows of each level.
    pub rows: Vec<usize>,
    /// Intercept and slope of each level.
    pub values: LevelEffects,
    /// The fixed effects of each regressor that has a coefficient: draws of the coefficients move `values` by minus
    /// their deviation times these.
    pub of_regressors: Vec<LevelEffects>,
    /// Level of each row.
    pub codes: Vec<u32>,
    /// Values of the slope's variable, one a row.
    pub slope_variable: Option<Vec<f64>>,
}

/// Measures of fit. Sums of squares are weighted; R² is about the weighted mean of the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Rows used.
    pub observations: usize,
    /// All parameters: coefficients and fixed effects, redundant ones counted as the R package fixest does.
    pub parameters: usize,
    /// Observations less parameters.
    pub residual_df: usize,
    /// Sum of squared residuals.
    pub ssr: f64,
    /// Variance of an error of weight one: ssr over residual degrees of freedom.
    pub sigma2: f64,
    /// Share of the outcome's variation explained.
    pub r2: Value,
    /// The same, adjusted for degrees of freedom.
    pub adjusted_r2: Value,
    /// Share of the variation within the fixed effects explained; absent without effects.
    pub r2_within: Option<Value>,
    /// The same, adjusted for degrees of freedom.
    pub adjusted_r2_within: Option<Value>,
    /// Test that all slopes are zero, with the covariance of the fit; `None` without slopes.
    pub slopes: Option<Wald>,
}

impl FittedEffect {
    /// The effect as the absorber wants it.
    pub(super) fn factor(&self) -> Factor<'_> {
        Factor {
            codes: &self.codes,
            levels: self.levels.len(),
            intercept: self.intercept,
            slope: self.slope_variable.as_deref(),
        }
    }
}

impl Fit {
    /// Names of the coefficients.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(|j| self.terms[*j].as_str())
    }

    /// The coefficient of the term called `name`.
    pub fn coefficient(&self, name: &str) -> Option<f64> {
        self.names().position(|n| n == name).map(|j| self.coefficients[j])
    }

    /// Standard errors of the coefficients.
    pub fn standard_errors(&self) -> Vec<f64> {
        (0..self.coefficients.len()).map(|j| self.vcov[j][j].sqrt()).collect()
    }

    /// Coefficients over standard errors; absent where the standard error is zero.
    pub fn t_values(&self) -> Vec<Value> {
        self.coefficients.iter().zip(self.standard_errors()).map(|(b, se)| ratio(*b, se)).collect()
    }

    /// Two-sided p-values by the t distribution.
    pub fn p_values(&self) -> Vec<Value> {
        let df = self.covariance.t_df as f64;
        self.t_values().into_iter().map(|t| t.map(|t| t_two_sided(t, df))).collect()
    }

    /// Confidence intervals of the coefficients at a level strictly between 0 and 1, such as 0.95.
    pub fn intervals(&self, level: f64) -> Vec<(f64, f64)> {
        let t = self.critical(level);
        self.coefficients.iter().zip(self.standard_errors()).map(|(b, se)| (b - t * se, b + t * se)).collect()
    }

    /// How many standard errors an interval of this level reaches to either side.
    pub fn critical(&self, level: f64) -> f64 {
        t_critical(1.0 - level, self.covariance.t_df as f64)
    }

    /// Puts the results together, in the units of the design.
    pub(super) fn assemble(design: Design, estimate: Estimate, vcov: Vcov) -> Self {
        let statistics = Statistics::new(&design, &estimate, &vcov);
        let normalisation = Normalisation::new(&design.effects);
        Self {
            formula: String::new(),
            outcome: String::new(),
            estimator: String::new(),
            covariance: CovarianceUsed {
                id: String::new(),
                clusters: design.clusters.iter().map(|c| (c.name.clone(), c.levels.len())).collect(),
                parameters: vcov.parameters,
                factor: vcov.factor,
                t_df: vcov.t_df,
                rule: vcov.rule,
                repaired: vcov.repaired,
            },
            vcov: vcov.matrix.row_iter().map(|row| row.iter().copied().collect()).collect(),
            collinear: collinear(&design, &estimate),
            normalisation: normalisation.describe(&design.effects),
            absorption: estimate.absorption,
            regions: Vec::new(),
            industries: Vec::new(),
            fitted: design.y.iter().zip(&estimate.u_hat).map(|(y, u)| y - u).collect(),
            effects: fitted_effects(&design, &estimate, &normalisation),
            coefficients: estimate.coefficients,
            kept: estimate.kept,
            residuals: estimate.u_hat,
            terms: design.names,
            rows: design.rows,
            weights: design.weights,
            left_out: design.left_out.into_iter().collect(),
            statistics,
        }
    }

    /// Adds what the numbers are about.
    pub(super) fn describe(&mut self, program: &Program, panel: &Panel) {
        self.formula = program.formula().to_owned();
        self.outcome = program.outcome().to_owned();
        self.regions = panel.regions().names().to_vec();
        if program.unit() == crate::formula::Unit::Cell {
            self.industries = panel.industries().map_or_else(Vec::new, |labels| labels.names().to_vec());
        }
    }

    /// A fit whose numbers cannot be told is refused.
    pub(super) fn check_finite(&self) -> Result<(), Violation> {
        let mut numbers = self.coefficients.iter().chain(self.vcov.iter().flatten()).chain(&self.residuals);
        let statistics = [self.statistics.ssr, self.statistics.sigma2];
        if numbers.all(|x| x.is_finite()) && statistics.iter().all(|x| x.is_finite()) {
            return Ok(());
        }
        let rule = "results exceed the range of numbers; measure the variables in larger or smaller units";
        Err(Violation::new("formula", rule, &self.formula))
    }
}

impl Statistics {
    fn new(design: &Design, estimate: &Estimate, vcov: &Vcov) -> Self {
        let (n, k) = (design.y.len(), estimate.coefficients.len());
        let parameters = parameters(k, design);
        let has_effects = design.effects.iter().any(|e| e.intercept);
        let is_slope = |j: &usize| design.names[*j] != "(Intercept)";
        let has_intercept = has_effects || !estimate.kept.iter().all(is_slope);
        let mut y = design.y.clone();
        design.weigh(&mut y);
        let about_zero = dot(&y, &y);
        let mean = design.mean(&design.y);
        let mut deviations: Vec<f64> = design.y.iter().map(|y| y - mean).collect();
        design.weigh(&mut deviations);
        let explained = |total: f64, adjustment: f64| {
            if total <= NO_VARIATION * about_zero {
                return Err(Absent::ZeroDenominator);
            }
            finite(1.0 - estimate.ssr / total * adjustment)
        };
        let residual_df = n - parameters;
        let total = dot(&deviations, &deviations);
        let adjustment = (n - usize::from(has_intercept)) as f64 / residual_df as f64;
        let within = (residual_df + k) as f64 / residual_df as f64;
        Self {
            observations: n,
            parameters,
            residual_df,
            ssr: estimate.ssr,
            sigma2: estimate.ssr / residual_df as f64,
            r2: explained(total, 1.0),
            adjusted_r2: explained(total, adjustment),
            r2_within: has_effects.then(|| explained(estimate.ssr_effects, 1.0)),
            adjusted_r2_within: has_effects.then(|| explained(estimate.ssr_effects, within)),
            slopes: slopes_test(design, estimate, vcov),
        }
    }
}

fn slopes_test(design: &Design, estimate: &Estimate, vcov: &Vcov) -> Option<Wald> {
    let is_slope = |i: &usize| design.names[estimate.kept[*i]] != "(Intercept)";
    let slopes: Vec<usize> = (0..estimate.kept.len()).filter(is_slope).collect();
    let q = slopes.len();
    let b = DVector::from_iterator(q, slopes.iter().map(|i| estimate.coefficients[*i]));
    let v = DMatrix::from_fn(q, q, |i, j| vcov.matrix[(slopes[i], slopes[j])]);
    (q > 0).then(|| Wald::new(&b, &v, vcov.t_df))
}

fn collinear(design: &Design, estimate: &Estimate) -> Vec<Collinear> {
    let besides = if design.effects.is_empty() { "" } else { ", beside the fixed effects" };
    let explain = |combination: &[(usize, f64)]| {
        let term = |(j, c): &(usize, f64)| format!("{c:.6}·{}", design.names[*j]);
        let terms: Vec<_> = combination.iter().map(term).collect();
        if terms.is_empty() { "zero".to_owned() } else { terms.join(" + ") }
    };
    let tell = |d: &super::Dependence| Collinear {
        column: d.column,
        name: design.names[d.column].clone(),
        absorbed: d.absorbed,
        combination: d.combination.clone(),
        explanation: match d.absorbed {
            true => format!("{} is determined by the fixed effects", design.names[d.column]),
            false => format!("{} = {}{besides}", design.names[d.column], explain(&d.combination)),
        },
    };
    estimate.dependent.iter().map(tell).collect()
}

fn fitted_effects(design: &Design, estimate: &Estimate, normalisation: &Normalisation) -> Vec<FittedEffect> {
    let mut values = estimate.outcome_effects.clone();
    let mut of_regressors = estimate.regressor_effects.clone();
    for (b, effects) in estimate.coefficients.iter().zip(&of_regressors) {
        for (value, effect) in values.iter_mut().zip(effects) {
            add_scaled(&mut value.intercepts, -b, &effect.intercepts);
            if let (Some(slopes), Some(effect)) = (&mut value.slopes, &effect.slopes) {
                add_scaled(slopes, -b, effect);
            }
        }
    }
    normalisation.apply(&mut values);
    of_regressors.iter_mut().for_each(|effects| normalisation.apply(effects));
    let fitted = |(q, values): (usize, LevelEffects)| {
        let effect = &design.effects[q];
        let mut rows = vec![0; effect.groups.levels.len()];
        effect.groups.codes.iter().for_each(|g| rows[*g as usize] += 1);
        FittedEffect {
            name: effect.name.clone(),
            classes: effect.groups.name.clone(),
            intercept: effect.intercept,
            levels: effect.groups.levels.clone(),
            rows,
            values,
            of_regressors: of_regressors.iter().map(|effects| effects[q].clone()).collect(),
            codes: effect.groups.codes.clone(),
            slope_variable: effect.slope.clone(),
        }
    };
    values.into_iter().enumerate().map(fitted).collect()
}
