//! What a forecast assumes, in words.

use super::model::{Chosen, Source};
use super::plan::Plan;
use crate::forecast::{Code, Forecast, ProjectedDriver, Request, driver};
use crate::formula::Program;
use crate::panel::Panel;

/// How drivers move, how effects and residuals go on, and what the draws vary.
pub(super) fn assumptions(plan: &Plan, panel: &Panel, forecast: &Forecast) -> Vec<String> {
    let request = &plan.asked;
    let mut told = drivers(plan, panel, forecast);
    if forecast.warnings.iter().any(|warning| warning.code == Code::PeriodEffectsAbsorb) {
        told.push(
            "effects of the period stay at their mean over the history; draws add those of single dates".to_owned(),
        );
    }
    if !forecast.reconciliation.is_empty() {
        told.push(forecast.reconciliation.clone());
    }
    if request.feedback.is_empty() {
        told.push("no measure responds to the forecast growth".to_owned());
    }
    for feedback in &request.feedback {
        let (measure, elasticity) = (&feedback.measure, feedback.elasticity);
        let how = if feedback.migrates { ", between regions: the nation's total stays" } else { "" };
        told.push(format!("{measure} moves {elasticity} % in the next period per % of growth above the baseline{how}"));
    }
    if request.draws > 0 {
        told.extend(sources(&plan.chosen, request));
    }
    told
}

fn drivers(plan: &Plan, panel: &Panel, forecast: &Forecast) -> Vec<String> {
    let method = |driver: &ProjectedDriver| {
        let title = driver::find(driver.method).map_or("", |method| method.card().title);
        format!("without policy, {} follows {}: {title}", driver.measure, driver.method)
    };
    let model = |program: &Program| {
        let measure = program.link().map_or("", |link| &panel.measures()[link.measure].name);
        format!("{measure} follows its model {}", program.formula())
    };
    let (_, equations) = plan.programs();
    forecast.drivers.iter().map(method).chain(equations.into_iter().map(model)).collect()
}

/// What the draws vary, and what they leave fixed.
fn sources(chosen: &Chosen, request: &Request) -> Vec<String> {
    let coefficients = match (&chosen.source, request.uncertainty.coefficients) {
        (_, false) => "coefficients and fixed effects are taken as known",
        (Source::Given(given), true) if given.covariance.is_none() => "coefficients are taken as known, as they came",
        (Source::Given(_), true) => "coefficients are drawn from the normal distribution of the given covariance",
        (_, true) => "coefficients and fixed effects are drawn from the distribution of their estimates",
    };
    let residuals = match (&chosen.source, request.uncertainty.residuals) {
        (_, false) => "residuals are left out",
        (Source::Given(given), true) if given.residual_standard_deviation.is_none_or(|sd| sd == 0.0) => {
            "residuals are left out, as none are given"
        }
        (Source::Given(_), true) => "residuals are drawn independently from the given normal distribution",
        (_, true) => "residuals are drawn as whole dates of the history, so that regions stay correlated",
    };
    let drivers = match request.uncertainty.drivers {
        true => "drivers follow paths simulated by their methods, where these have errors",
        false => "drivers follow their point paths",
    };
    vec![coefficients.to_owned(), residuals.to_owned(), drivers.to_owned()]
}
