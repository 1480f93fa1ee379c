//! Another covariance for a stored fit, without its data.
//!
//! Covariances read bread, scores, leverages, weights, effects and the names of the rows; a fit keeps all of them.

use super::covariance::{Choice, REMARKS};
use super::design::{Design, Effect, Groups};
use super::fit::{CovarianceUsed, Fit};
use super::statistics::{Degenerate, slopes_test};
use super::{Estimate, Sandwich, check_degrees_of_freedom, check_own_covariance, find_estimator};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::vector::magnitude;
use crate::suggest::nearest;
use std::collections::HashMap;
use std::sync::Arc;

/// The fit with another covariance, and all that follows from it: the same as if it had been fitted with that one.
///
/// Rows may be clustered by region, industry, period, text attributes of the regions, several of these joined by `^`,
/// and by the classes of the fit's effects.
///
/// # Errors
/// [`Error::Invalid`] at `covariance` or below: what the covariance refuses, a cluster variable that the fit does not know
/// or that is absent in some of its rows. [`Error::Cancelled`] when `stop` is raised.
pub fn revise(fit: &Fit, choice: &Choice, stop: &Stop) -> Result<Fit, Error> {
    let (covariance, params) = choice.find()?;
    if let Some(estimator) = find_estimator(&fit.estimator) {
        check_own_covariance(estimator, covariance)?;
    }
    let (estimate, design) = (estimate(fit), design(fit, choice)?);
    check_degrees_of_freedom(&estimate, &design)?;
    let vcov = covariance.vcov(&estimate, &design, &params, stop)?;
    let vcov = if estimate.asymptotic { vcov.asymptotic() } else { vcov };
    let mut fit = fit.clone();
    let slopes = slopes_test(fit.names().take(estimate.kept.len()), &fit.coefficients, &vcov);
    let constant = fit.statistics.degenerate == Some(Degenerate::ConstantOutcome);
    fit.statistics.slopes = slopes.map(|wald| if constant { wald.of_constant() } else { wald });
    fit.vcov = vcov.matrix.row_iter().map(|row| row.iter().copied().collect()).collect();
    fit.covariance = CovarianceUsed::new(covariance.card().id, &design.clusters, &vcov);
    fit.covariance.options = params.iter().map(|(name, raw)| (name.to_owned(), raw.to_string())).collect();
    fit.remarks.retain(|remark| !REMARKS.contains(&remark.code.as_str()));
    fit.remarks.extend(vcov.remarks);
    fit.check_range(&[])?;
    Ok(fit)
}

/// The estimate as covariances read it, in units in which no product of two scores overflows.
fn estimate(fit: &Fit) -> Estimate {
    let regressors = fit.regressors().len();
    let Sandwich { bread_root, mut scores, leverages } = fit.sandwich.clone();
    let unit = magnitude(&(0..scores.len()).map(|j| magnitude(&scores.column(j))).collect::<Vec<_>>());
    scores.scale(1.0 / unit);
    Estimate {
        kept: fit.kept.iter().copied().filter(|j| *j < regressors).collect(),
        coefficients: fit.coefficients.clone(),
        others: fit.terms[regressors..].to_vec(),
        sandwich: Sandwich { bread_root: bread_root * unit, scores, leverages },
        own: fit.own.clone(),
        asymptotic: fit.covariance.t_df.is_none(),
        u_hat: fit.residuals.clone(),
        ssr: fit.statistics.ssr / unit / unit,
        response: fit.response,
        ..Estimate::default()
    }
}

/// The design as covariances read it.
fn design(fit: &Fit, choice: &Choice) -> Result<Design, Violations> {
    let effect = |e: &super::FittedEffect| Effect {
        name: e.name.clone(),
        groups: Groups { name: e.classes.clone(), codes: e.codes.clone(), levels: e.levels.clone() },
        intercept: e.intercept,
        slope: e.slope_variable.clone(),
    };
    let mut violations = Violations::default();
    let clusters = choice.clusters.iter().enumerate().map(|(c, name)| {
        let field = format!("covariance.clusters[{c}]");
        let found = groups(fit, name).map_err(|violation| Violation { field, ..violation });
        violations.keep("", found.map_err(Violations::from))
    });
    let clusters = clusters.collect::<Vec<_>>().into_iter().flatten().collect();
    violations.into_result(Design {
        y: fit.fitted.iter().zip(&fit.residuals).map(|(fitted, u)| fitted + u).collect(),
        names: fit.regressors().to_vec(),
        endogenous: fit.endogenous.clone(),
        weights: fit.weights.clone(),
        effects: fit.effects.iter().map(effect).collect(),
        clusters,
        rows: fit.rows.clone(),
        facts: Arc::new(fit.facts.clone()),
        ..Design::default()
    })
}

/// The classes of the rows by keys, attributes and effects joined by `^`.
fn groups(fit: &Fit, name: &str) -> Result<Groups, Violation> {
    if let Some(effect) = fit.effects.iter().find(|effect| effect.classes == name) {
        return Ok(Groups { name: name.to_owned(), codes: effect.codes.clone(), levels: effect.levels.clone() });
    }
    let parts = name.split('^').map(|part| labels(fit, part.trim())).collect::<Result<Vec<_>, _>>()?;
    let mut numbers = HashMap::new();
    let mut levels = Vec::new();
    let code = |i: usize| {
        let label = parts.iter().map(|part| part[i].as_str()).collect::<Vec<_>>().join("^");
        *numbers.entry(label).or_insert_with_key(|label| {
            levels.push(label.clone());
            levels.len() as u32 - 1
        })
    };
    let codes = (0..fit.rows.len()).map(code).collect();
    Ok(Groups { name: name.to_owned(), codes, levels })
}

/// The class of each row by one key, attribute or effect.
fn labels(fit: &Fit, name: &str) -> Result<Vec<String>, Violation> {
    let facts = &fit.facts;
    let is_key = |place: usize, generic: &str| name == generic || (!name.is_empty() && name == facts.keys[place]);
    let industry = |i: u32| facts.industries.get(i as usize).cloned().unwrap_or_else(|| i.to_string());
    if let Some(effect) = fit.effects.iter().find(|effect| effect.classes == name) {
        return Ok(effect.codes.iter().map(|g| effect.levels[*g as usize].clone()).collect());
    }
    if is_key(0, "region") {
        return Ok(fit.rows.iter().map(|row| facts.region(row.region)).collect());
    }
    if is_key(1, "industry") && !facts.industries.is_empty() {
        return Ok(fit.rows.iter().map(|row| industry(row.industry)).collect());
    }
    if is_key(2, "period") {
        return Ok(fit.rows.iter().map(|row| row.period.to_string()).collect());
    }
    let Some((_, values)) = facts.classes.iter().find(|(known, _)| known == name) else {
        return Err(unknown(fit, name));
    };
    let entry = |region: u32| values.get(region as usize).cloned().flatten();
    let missing = fit.rows.iter().find(|row| entry(row.region).is_none());
    if let Some(row) = missing {
        let rule = format!("{name} is absent in rows of the fit, such as those of {}", facts.region(row.region));
        return Err(Violation::new("", rule, name));
    }
    Ok(fit.rows.iter().filter_map(|row| entry(row.region)).collect())
}

fn unknown(fit: &Fit, name: &str) -> Violation {
    let keys = fit.facts.keys.iter().map(String::as_str).filter(|key| !key.is_empty());
    let attributes = fit.facts.classes.iter().map(|(known, _)| known.as_str());
    let effects = fit.effects.iter().map(|effect| effect.classes.as_str());
    let known: Vec<&str> = keys.chain(attributes).chain(effects).collect();
    let hint = nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Violation::new("", format!("the fit knows no classes called {name}, only {}{hint}", known.join(", ")), name)
}
