//! Spatial models estimated by maximum likelihood.

use super::filters::Filters;
use super::impacts::{Impacts, Multipliers};
use super::information::{Information, information};
use super::lags::{Pair, add_lags, without_lags};
use super::likelihood::{At, Counted, Filtered, Likelihood};
use super::maximum::Maximum;
use super::random::RandomEffects;
use super::sample::Sample;
use super::weights::Weights;
use crate::card::Params;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::LevelEffects;
use crate::numeric::distributions::chi_squared_tail;
use crate::numeric::vector::{add_scaled, norm};
use crate::panel::finite;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::small_sample::parameters;
use crate::regression::{Estimate, Estimated, Figure, Outcome, Own, Remark, Response};
use nalgebra::DMatrix;

/// Sum of squared residuals, relative to that of the outcome, below which a likelihood means nothing.
const NO_ERROR: f64 = 1e-24;

/// Estimates the model with these filters; with `durbin`, the regressors' lags are regressors too.
///
/// # Errors
/// [`Error::Invalid`] at `estimator_parameters`: weights, terms or a correction that the data do not allow; at
/// `formula`: a model without errors or not identified. [`Error::Cancelled`] when `stop` is raised.
pub(super) fn maximum_likelihood(
    mut design: Design,
    params: &Params,
    (model, durbin): (Filtered, bool),
    stop: &Stop,
) -> Result<Estimated, Error> {
    let weights = Weights::of(&design, params, "estimator_parameters", stop)?;
    let pairs = if durbin { add_lags(&mut design, &weights, params)? } else { without_lags(&design) };
    let mut linear = least_squares(&design, stop)?;
    refuse_perfect_fit(&design, &linear)?;
    let counted = Counted::of(&design, &weights, params)?;
    let filters = Filters::new(&weights, stop)?;
    let unidentified =
        || Violation::new("formula", "the data do not identify the spatial parameters of this model", "");
    let mut random = None;
    if params.chooses("effects", "random") {
        let found = RandomEffects::new(&design, (&weights, &filters), model)?.find(stop)?.ok_or_else(unidentified)?;
        design = random.insert(found).design.clone();
        linear = least_squares(&design, stop)?;
    }
    let sample = Sample::new(&design, &weights, &linear.kept, stop)?;
    let likelihood = Likelihood::new(&sample, &filters, counted);
    let unidentified =
        || Violation::new("formula", "the data do not identify the spatial parameters of this model", "");
    let maximum = likelihood.maximise(model, stop)?.ok_or_else(unidentified)?;
    let found = information(&likelihood, &maximum.of, model, stop)?.ok_or_else(unidentified)?;
    if maximum.of.qr.kept.len() < linear.kept.len() {
        return Err(unidentified().into());
    }
    let mut estimate = assemble(linear, &sample, &maximum.of, (model, found.sandwich.clone()));
    let without = match &random {
        Some(random) => random.linear,
        None => likelihood.at([0.0; 2], stop)?.map(|at_zero| at_zero.log),
    };
    let log = maximum.of.log + random.as_ref().map_or(0.0, |random| random.log);
    let counted = parameters(estimate.coefficients.len(), &design) + 1 + usize::from(random.is_some());
    tell_likelihoods(&mut estimate, (log, without), counted, model);
    estimate.figures.extend(figures(&filters, &likelihood, &maximum));
    estimate.tests.push(wald(&estimate, model));
    estimate.remarks = remarks(&design, &weights, &maximum);
    if let Some(random) = random {
        estimate.figures.extend(random.figures);
        estimate.remarks.extend(random.remark);
    }
    if model != Filtered::Errors || durbin {
        add_impacts(&mut estimate, (&design, &weights, &filters), (&pairs, model, &found), params, stop)?;
    }
    Ok(Estimated { design, estimate })
}

fn refuse_perfect_fit(design: &Design, linear: &Estimate) -> Result<(), Violation> {
    if linear.ssr > NO_ERROR * norm(&design.y).powi(2) {
        return Ok(());
    }
    Err(Violation::new("formula", "regressors and effects leave no errors, so that there is no likelihood", ""))
}

/// Turns the linear estimate into that of the spatial model.
fn assemble(
    linear: Estimate,
    sample: &Sample<'_>,
    at: &At,
    (model, sandwich): (Filtered, crate::regression::Sandwich),
) -> Estimate {
    let places = model.places();
    let coefficients = at.coefficients.iter().copied().chain(places.iter().map(|q| at.at[*q])).collect();
    let own = Own {
        matrix: &sandwich.bread_root * sandwich.bread_root.transpose(),
        rule: "inverse of the analytic information matrix, with exact traces from sparse decompositions; the \
               variance of the errors is concentrated out"
            .to_owned(),
    };
    let mut outcome_effects = linear.outcome_effects.clone();
    outcome_effects.iter_mut().zip(&sample.lag_effects).for_each(|(own, lag)| subtract(own, at.at[0], lag));
    Estimate {
        coefficients,
        others: model.names(),
        sandwich,
        own: Some(own),
        asymptotic: true,
        u_hat: at.errors.clone(),
        ssr: at.ssr,
        outcome_effects,
        response: Response::Joint,
        ..linear
    }
}

/// own −= rho·lag.
fn subtract(own: &mut LevelEffects, rho: f64, lag: &LevelEffects) {
    add_scaled(&mut own.intercepts, -rho, &lag.intercepts);
    if let (Some(own), Some(lag)) = (&mut own.slopes, &lag.slopes) {
        add_scaled(own, -rho, lag);
    }
}

/// Adds the log-likelihood, with `counted` parameters, and its test against that without spatial parameters.
fn tell_likelihoods(estimate: &mut Estimate, (log, without): (f64, Option<f64>), counted: usize, model: Filtered) {
    estimate.figures = vec![Figure::new("log_likelihood", log), Figure::new("aic", 2.0 * counted as f64 - 2.0 * log)];
    if let Some(without) = without {
        estimate.figures.push(Figure::new("log_likelihood_linear", without));
        estimate.tests.push(outcome("likelihood_ratio", 2.0 * (log - without), model));
    }
}

fn figures(filters: &Filters<'_>, likelihood: &Likelihood<'_>, maximum: &Maximum<At>) -> [Figure; 4] {
    [
        Figure::new("sigma2_ml", maximum.of.ssr / likelihood.counted.n),
        Figure::new("interval_low", filters.interval.0),
        Figure::new("interval_high", filters.interval.1),
        Figure::new("evaluations", maximum.evaluations as f64),
    ]
}

/// The joint test of the filter parameters.
fn wald(estimate: &Estimate, model: Filtered) -> Outcome {
    let (all, q) = (estimate.coefficients.len(), estimate.others.len());
    let parameters = nalgebra::DVector::from_column_slice(&estimate.coefficients[all - q..]);
    let own = estimate.own.as_ref().map(|own| own.matrix.view((all - q, all - q), (q, q)).into_owned());
    let inverse = own.and_then(DMatrix::try_inverse);
    outcome("wald", inverse.map_or(f64::NAN, |inverse| parameters.dot(&(inverse * &parameters))), model)
}

fn outcome(id: &str, statistic: f64, model: Filtered) -> Outcome {
    let names = model.names().join(" = ");
    let df = model.places().len() as f64;
    let statistic = finite(statistic);
    let p_value = statistic.map(|chi2| chi_squared_tail(chi2.max(0.0), df));
    let reading = match p_value {
        Ok(p) if p < 0.05 => "the linear model without spatial parameters is rejected at 5%",
        Ok(_) => "the linear model without spatial parameters is not rejected at 5%",
        Err(_) => "the statistic is not defined",
    };
    Outcome {
        id: id.to_owned(),
        null: format!("{names} = 0"),
        statistic,
        distribution: format!("chi2({df})"),
        p_value,
        reading: reading.to_owned(),
        figures: Vec::new(),
        parts: Vec::new(),
    }
}

fn remarks(design: &Design, weights: &Weights, maximum: &Maximum<At>) -> Vec<Remark> {
    let not_converged = (!maximum.converged).then(|| Remark {
        code: "NOT_CONVERGED".to_owned(),
        message: "the likelihood still rises at an end of the interval on which the filters can be inverted, so that \
                  neither the spatial parameter nor its standard error can be trusted"
            .to_owned(),
    });
    weights.remark(design).into_iter().chain(not_converged).collect()
}

fn add_impacts(
    estimate: &mut Estimate,
    (design, weights, filters): (&Design, &Weights, &Filters<'_>),
    (pairs, model, found): (&[Pair], Filtered, &Information),
    params: &Params,
    stop: &Stop,
) -> Result<(), Error> {
    let (n, has_rho) = (design.rows.len(), model != Filtered::Errors);
    let impacts = Impacts {
        terms: Impacts::terms(pairs, &design.names, &estimate.kept),
        parameters: &estimate.coefficients,
        root: &found.sandwich.bread_root,
        rho: has_rho.then_some(estimate.kept.len()),
        multipliers: if has_rho { Multipliers::of(&found.traces, n) } else { Multipliers::without_filter(weights) },
    };
    let (part, remark) = impacts.table(filters, params, stop)?;
    estimate.parts.push(part);
    estimate.remarks.extend(remark);
    Ok(())
}
