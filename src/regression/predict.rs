//! Predictions with standard errors, from a fit alone.
//!
//! The prediction at regressors x and effects d is x'b + d'a. With Γ the fixed effects of the regressors,
//! a depends on b by −Γb, so the variance of the mean is (x − Γ'd)'V(x − Γ'd) + σ²·d'(D'WD)⁻d: the first part with
//! the covariance of the fit, the second, of the effects themselves, under errors of one variance (clustered
//! scores of a nested effect sum to zero and say nothing about it). A forecast adds the variance σ² of an
//! error of weight one, and that of random effects.
//!
//! Where the outcome is another function μ of that sum η, the prediction is μ(η) and its standard error μ'(η) times
//! that of η (delta method). σ² is the dispersion then: the variance of an outcome is σ²·V(μ), with V = μ
//! of counts. A new zero or one has no interval about its probability, so no standard error of a forecast is given.

use super::design::RowId;
use super::fit::{Fit, FittedEffect};
use crate::error::{Error, Violation};
use crate::formula::{Cache, History, Program, Unit};
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorber, EffectVariance};
use crate::numeric::vector::add_scaled;
use crate::panel::{Absent, Panel, Value, finite};
use rayon::prelude::*;
use std::collections::HashMap;

/// Where to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// One value a term of the formula, in the order of [`Fit::terms`].
    pub x: Vec<Value>,
    /// The level of each fixed effect.
    pub levels: Vec<Result<String, Absent>>,
    /// The slope's variable of each fixed effect; anything for effects without one.
    pub slopes: Vec<Value>,
}

/// A predicted outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The expected outcome. Absent with [`Absent::UnknownLevel`] for a level that the model was not fitted on, or
    /// for levels that no chain of observations connects.
    pub fit: Value,
    /// Its standard error from the estimation of coefficients and fixed effects.
    pub se_mean: Value,
    /// The standard error of a new observation about the prediction; absent for outcomes of zero or one and for quantiles.
    pub se_forecast: Value,
}

impl Prediction {
    fn absent(reason: Absent) -> Self {
        Self { fit: Err(reason), se_mean: Err(reason), se_forecast: Err(reason) }
    }

    /// The interval that reaches `critical` standard errors `se` to either side; see [`Fit::critical`].
    pub fn interval(&self, se: Value, critical: f64) -> Result<(f64, f64), Absent> {
        let (fit, reach) = (self.fit?, critical * se?);
        Ok((fit - reach, fit + reach))
    }
}

impl Fit {
    /// Predicts the outcome at each point.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub fn predict(&self, points: &[Point], stop: &Stop) -> Result<Vec<Prediction>, Error> {
        let factors: Vec<_> = self.effects.iter().map(FittedEffect::factor).collect();
        let absorber = Absorber::new(self.rows.len(), &factors, self.weights.as_deref(), stop);
        let variance = EffectVariance::new(&absorber);
        let number = |effect: &FittedEffect| effect.levels.iter().cloned().zip(0..).collect();
        let numbers: Vec<HashMap<String, u32>> = self.effects.iter().map(number).collect();
        let predict = |point: &Point| {
            let level = |(level, numbers): (&Result<String, Absent>, &HashMap<String, u32>)| {
                numbers.get(level.as_ref().map_err(|reason| *reason)?).copied().ok_or(Absent::UnknownLevel)
            };
            let levels: Vec<u32> = point.levels.iter().zip(&numbers).map(level).collect::<Result<_, _>>()?;
            let slopes: Vec<f64> = self.effects.iter().zip(&point.slopes).map(slope_of).collect::<Result<_, _>>()?;
            let variance = variance.at(&levels, &slopes).ok_or(Absent::UnknownLevel)?;
            self.predict_one(&point.x, &levels, &slopes, variance)
        };
        points
            .par_iter()
            .map(|point| {
                stop.check()?;
                Ok(predict(point).unwrap_or_else(Prediction::absent))
            })
            .collect()
    }

    /// The prediction at known levels, whose effects have `variance` in units of σ².
    fn predict_one(&self, x: &[Value], levels: &[u32], z: &[f64], variance: f64) -> Result<Prediction, Absent> {
        let mut x = self.kept.iter().map(|j| x[*j]).collect::<Result<Vec<f64>, _>>()?;
        let mut fit: f64 = x.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
        for (q, effect) in self.effects.iter().enumerate() {
            let level = levels[q] as usize;
            fit += effect.values.at(level, z[q]);
            let of_regressors: Vec<f64> = effect.of_regressors.iter().map(|e| e.at(level, z[q])).collect();
            add_scaled(&mut x, -1.0, &of_regressors);
        }
        let slopes_part: f64 =
            self.vcov.iter().zip(&x).map(|(row, xi)| xi * row.iter().zip(&x).map(|(v, xj)| v * xj).sum::<f64>()).sum();
        let dispersion = self.dispersion();
        let slope = self.response.slope(fit);
        let mean = (slopes_part.max(0.0) + dispersion * variance) * slope * slope;
        let forecast = self.response.variance(fit).ok_or(Absent::Undetermined);
        let forecast =
            forecast.and_then(|variance| finite((mean + dispersion * variance + self.random_variance).sqrt()));
        Ok(Prediction { fit: finite(self.response.mean(fit)), se_mean: finite(mean.sqrt()), se_forecast: forecast })
    }

    /// The variance of an outcome over the one that its mean implies. That of a count or a share is as implied if the
    /// covariance says so; else it is estimated by the squared Pearson residuals, which are those of the design.
    fn dispersion(&self) -> f64 {
        let as_implied = !self.response.is_sum() && self.covariance.id == "iid";
        if as_implied { 1.0 } else { self.statistics.sigma2 }
    }
}

fn slope_of((effect, value): (&FittedEffect, &Value)) -> Value {
    if effect.slope_variable.is_some() { *value } else { Ok(0.0) }
}

/// The observations of a panel as points for a fit of the same formula, with absent values where a variable is absent.
///
/// # Errors
/// At `formula`: the panel gives the formula other terms than the fit has, as when a factor has other levels.
/// [`Error::Cancelled`] when `stop` is raised.
pub fn points(fit: &Fit, program: &Program, panel: &Panel, stop: &Stop) -> Result<Vec<(RowId, Point)>, Error> {
    if program.regressors() != fit.regressors() || program.effects().len() != fit.effects.len() {
        let rule = format!("the data give the formula other terms than the model has: {}", fit.terms.join(", "));
        return Err(Violation::new("formula", rule, program.regressors().join(", ")).into());
    }
    let history = History::new(panel);
    let mut cache = Cache::default();
    let mut points = Vec::new();
    for (t, period) in panel.periods().iter().enumerate() {
        stop.check()?;
        let predictors = program.predictors(&history, *period, &mut cache);
        for (region, industry) in super::build::observations(program.unit(), panel, t) {
            let place = match program.unit() {
                Unit::Region => region,
                Unit::Cell => region * panel.width() + industry,
            };
            let level = |classes: &crate::formula::Classes| Ok(classes.level(classes.code(region, industry, *period)?));
            let effects = program.effects();
            let point = Point {
                x: predictors.regressors.iter().map(|column| column[place]).collect(),
                levels: effects.iter().map(|e| level(&e.classes)).collect(),
                slopes: effects.iter().map(|e| e.slope.map_or(Ok(0.0), |s| predictors.slopes[s][place])).collect(),
            };
            points.push((RowId { region: region as u32, industry: industry as u32, period: period.ordinal }, point));
        }
    }
    Ok(points)
}
