//! The result of a regression, as plain data.

use super::covariance::{Choice, Vcov};
use super::design::{Groups, LeftOut, RowId};
use super::facts::Facts;
use super::inference::OwnInference;
use super::statistics::{Degenerate, Statistics};
use super::{Absorption, Collinear, Figure, Outcome, Own, Part, Remark, Response, Sandwich, Spec, Subset};
use crate::card::Raw;
use crate::error::Violation;
use crate::formula::{Program, Unit};
use crate::numeric::absorb::{Factor, LevelEffects};
use crate::numeric::distributions::{normal_quantile, normal_tail, t_critical, t_two_sided};
use crate::panel::{Absent, Panel, Value, ratio};
use nalgebra::SVD;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Sweeps after which singular values are given up.
const MOST_SWEEPS: usize = 1_000;

/// A fitted regression with all that predictions, tests and forecasts need; n rows, k coefficients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Canonical text of the formula.
    pub formula: String,
    /// Canonical text of the outcome.
    pub outcome: String,
    /// Whether the outcome is the logarithm of something.
    pub log_outcome: bool,
    /// Id of the estimator.
    pub estimator: String,
    /// Its parameters in force.
    pub parameters: Vec<(String, String)>,
    /// All terms of the formula, collinear ones included, then the parameters that multiply no regressor, such as `rho`.
    pub terms: Vec<String>,
    /// What each term that multiplies a regressor is made of, in words.
    pub definitions: Vec<String>,
    /// The standard deviation of each of them in the sample.
    pub deviations: Vec<Value>,
    /// The part of the data that was used; `None` means all.
    pub subset: Option<Subset>,
    /// How many of the terms are such parameters.
    pub others: usize,
    /// Numbers of the terms that are endogenous.
    pub endogenous: Vec<usize>,
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
    /// How the outcome follows from terms and effects.
    pub response: Response,
    /// What covariances are made of.
    pub sandwich: Sandwich,
    /// What is known of the regions.
    pub facts: Facts,
    /// Figures beside the usual ones.
    pub figures: Vec<Figure>,
    /// Tables.
    pub parts: Vec<Part>,
    /// Tests that came with the estimate.
    pub tests: Vec<Outcome>,
    /// Warnings.
    pub remarks: Vec<Remark>,
    /// Variance of the random effects, which a forecast adds to that of the error.
    #[serde(default)]
    pub random_variance: f64,
    /// The covariance under the model's own assumptions where it is not σ²·B·B'.
    #[serde(default)]
    pub own: Option<Own>,
}

/// How a covariance was estimated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CovarianceUsed {
    /// Id of the method.
    pub id: String,
    /// The cluster variables, each with its number of clusters.
    pub clusters: Vec<(String, usize)>,
    /// The method's parameters in force.
    pub options: Vec<(String, String)>,
    /// The number of parameters K in the small-sample factor.
    pub parameters: usize,
    /// What the sandwich was multiplied by.
    pub factor: f64,
    /// Degrees of freedom of the t distribution; `None` for the normal distribution.
    pub t_df: Option<usize>,
    /// The small-sample rule in words.
    pub rule: String,
    /// Whether negative eigenvalues were set to zero.
    pub repaired: bool,
    /// The longest lag counted, where lags are.
    #[serde(default)]
    pub lag: Option<usize>,
    /// What tests and intervals of single coefficients rest on where it is not the t distribution.
    #[serde(default)]
    pub own_inference: Option<OwnInference>,
}

impl CovarianceUsed {
    /// How `vcov` was estimated.
    pub(super) fn new(id: &str, clusters: &[Groups], vcov: &Vcov) -> Self {
        Self {
            id: id.to_owned(),
            clusters: clusters.iter().map(|c| (c.name.clone(), c.levels.len())).collect(),
            options: Vec::new(),
            parameters: vcov.parameters,
            factor: vcov.factor,
            t_df: vcov.t_df,
            rule: vcov.rule.clone(),
            repaired: vcov.repaired,
            lag: vcov.lag,
            own_inference: vcov.own_inference.clone(),
        }
    }
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
    /// What the fit was asked for.
    pub fn spec(&self) -> Spec {
        let raw = |(name, value): &(String, String)| (name.clone(), Raw::Text(value.clone()));
        let options = self.covariance.options.iter().filter(|(name, _)| name != "clusters");
        Spec {
            estimator: self.estimator.clone(),
            parameters: self.parameters.iter().map(raw).collect(),
            covariance: Choice {
                id: self.covariance.id.clone(),
                clusters: self.covariance.clusters.iter().map(|(name, _)| name.clone()).collect(),
                parameters: options.map(raw).collect(),
            },
            subset: self.subset.clone(),
        }
    }

    /// Names of the coefficients.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(|j| self.terms[*j].as_str())
    }

    /// The terms that multiply a regressor.
    pub fn regressors(&self) -> &[String] {
        &self.terms[..self.terms.len() - self.others]
    }

    /// The coefficient of the term called `name`.
    pub fn coefficient(&self, name: &str) -> Option<f64> {
        self.names().position(|n| n == name).map(|j| self.coefficients[j])
    }

    /// Standard errors of the coefficients.
    pub fn standard_errors(&self) -> Vec<f64> {
        (0..self.coefficients.len()).map(|j| self.vcov[j][j].max(0.0).sqrt()).collect()
    }

    /// Coefficients over standard errors; absent where the standard error is zero or the outcome does not vary.
    pub fn t_values(&self) -> Vec<Value> {
        if self.statistics.degenerate == Some(Degenerate::ConstantOutcome) {
            return vec![Err(Absent::ZeroDenominator); self.coefficients.len()];
        }
        self.coefficients.iter().zip(self.standard_errors()).map(|(b, se)| ratio(*b, se)).collect()
    }

    /// Two-sided p-values by the t distribution, the normal one where tests are asymptotic, or the covariance's own way.
    pub fn p_values(&self) -> Vec<Value> {
        let p_value = |j: usize, t: f64| match (&self.covariance.own_inference, self.covariance.t_df) {
            (Some(own), _) => own.p_value(j, t),
            (None, Some(df)) => t_two_sided(t, df as f64),
            (None, None) => 2.0 * normal_tail(t.abs()),
        };
        self.t_values().into_iter().enumerate().map(|(j, t)| t.map(|t| p_value(j, t))).collect()
    }

    /// Confidence intervals of the coefficients at a level strictly between 0 and 1, such as 0.95.
    pub fn intervals(&self, level: f64) -> Vec<(f64, f64)> {
        let t = self.critical(level);
        let interval = |(j, (b, se)): (usize, (&f64, f64))| match &self.covariance.own_inference {
            Some(own) => own.interval(j, *b, se, level),
            None => (b - t * se, b + t * se),
        };
        self.coefficients.iter().zip(self.standard_errors()).enumerate().map(interval).collect()
    }

    /// The ratio of the largest to the smallest singular value of the regressors, without their fixed effects and each at
    /// unit length; `None` where there is no bread to read it from.
    pub fn condition_number(&self) -> Option<f64> {
        let bread = &self.sandwich.bread_root;
        if self.response != Response::Identity || self.others > 0 || bread.is_empty() {
            return None;
        }
        let mut triangle = self.sandwich.bread_root.clone().try_inverse()?;
        for mut column in triangle.column_iter_mut() {
            let length = column.norm();
            column /= length;
        }
        if !triangle.iter().all(|x| x.is_finite()) {
            return None;
        }
        let values = SVD::try_new(triangle, false, false, f64::EPSILON, MOST_SWEEPS)?.singular_values;
        Some(values.max() / values.min()).filter(|ratio| ratio.is_finite())
    }

    /// The factor by which the exponential of an expected logarithm falls short of the expected level: the weighted mean of the
    /// residuals' exponentials (Duan 1983, JASA 78(383), eq. 3.2). `None` where the outcome is no logarithm.
    pub fn smearing(&self) -> Option<Value> {
        let weight = |i: usize| self.weights.as_ref().map_or(1.0, |w| w[i]);
        let sum: f64 = self.residuals.iter().enumerate().map(|(i, u)| weight(i) * u.exp()).sum();
        let total: f64 = (0..self.residuals.len()).map(weight).sum();
        self.log_outcome.then(|| ratio(sum, total))
    }

    /// How many standard errors an interval of this level reaches to either side.
    pub fn critical(&self, level: f64) -> f64 {
        match self.covariance.t_df {
            Some(df) => t_critical(1.0 - level, df as f64),
            None => normal_quantile(0.5 + 0.5 * level),
        }
    }

    /// Why a collinear term has no coefficient, in words.
    pub fn explain(&self, collinear: &Collinear) -> String {
        let name = &self.terms[collinear.column];
        if collinear.absorbed {
            return format!("{name} is determined by the fixed effects");
        }
        let part = |(j, c): &(usize, f64)| format!("{}·{}", six_digits(*c), self.terms[*j]);
        let parts: Vec<_> = collinear.combination.iter().map(part).collect();
        let sum = if parts.is_empty() { "0 in every row".to_owned() } else { parts.join(" + ") };
        let besides = if self.effects.is_empty() { "" } else { ", up to the fixed effects" };
        format!("{name} = {sum}{besides}")
    }

    /// Adds what the numbers are about.
    pub(super) fn describe(&mut self, program: &Program, panel: &Panel) {
        self.formula = program.formula().to_owned();
        self.outcome = program.outcome().to_owned();
        self.log_outcome = program.outcome_is_log();
        let definitions: Vec<_> = program.regressors().iter().cloned().zip(program.definitions(panel)).collect();
        self.definitions = self.by_term(&definitions).map(Option::unwrap_or_default).collect();
        self.regions = panel.regions().names().to_vec();
        if program.unit() == Unit::Cell {
            self.industries = panel.industries().map_or_else(Vec::new, |labels| labels.names().to_vec());
        }
    }

    /// What is known of the formula's terms, in the order of this fit's; estimators may drop, replace and add terms.
    pub(super) fn by_term<T: Clone>(&self, known: &[(String, T)]) -> impl Iterator<Item = Option<T>> {
        let known: HashMap<&str, &T> = known.iter().map(|(name, value)| (name.as_str(), value)).collect();
        self.regressors().iter().map(move |term| known.get(term.as_str()).map(|value| (*value).clone()))
    }

    /// The numbers that a change of units must neither overflow nor lose digits of.
    pub(super) fn told_numbers(&self) -> Vec<f64> {
        let variances = self.vcov.iter().enumerate().map(|(j, row)| row[j]);
        let slopes = self.effects.iter().filter_map(|effect| effect.values.slopes.as_ref()).flatten().copied();
        let numbers = self.coefficients.iter().copied().chain(variances).chain(slopes);
        numbers.chain([self.statistics.ssr, self.statistics.sigma2]).collect()
    }

    /// A fit whose numbers cannot be told is refused: one that overflows, and one that is zero or has lost digits only
    /// in the caller's units; `in_design_units` are the numbers before they were put into those.
    pub(super) fn check_range(&self, in_design_units: &[f64]) -> Result<(), Violation> {
        let told = self.told_numbers();
        let rows = [&self.residuals, &self.fitted, &self.sandwich.leverages].into_iter().flatten();
        let bread = self.sandwich.bread_root.iter();
        let mut numbers = told.iter().chain(self.vcov.iter().flatten()).chain(rows).chain(bread);
        let vanished = in_design_units.iter().zip(&told).any(|(before, x)| before.is_normal() && !x.is_normal());
        if numbers.all(|x| x.is_finite()) && self.sandwich.scores.is_finite() && !vanished {
            return Ok(());
        }
        let rule = "results exceed the range of numbers; measure the variables in larger or smaller units";
        Err(Violation::new("formula", rule, &self.formula))
    }
}

/// The shortest text of a number to six significant digits.
fn six_digits(x: f64) -> String {
    let rounded = format!("{x:.5e}").parse().unwrap_or(x);
    format!("{rounded}")
}
