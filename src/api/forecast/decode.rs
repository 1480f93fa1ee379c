//! From the wire to a [`forecast::Request`](crate::forecast::Request).

use super::given_path::given_path;
use super::intervals::Intervals;
use super::scenario::scenarios;
use crate::api::{decode, v1};
use crate::error::{Violation, Violations};
use crate::forecast::{DriverPath, Feedback, MAX_DRAWS, MAX_HORIZON, Reconciliation, Request, Uncertainty, driver};
use crate::panel::Panel;
use std::ops::RangeInclusive;

/// What was read of a request; `request` is complete even where there are violations, so that it can be checked
/// against the data all the same.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The request in the words of the engine.
    pub(super) request: Request,
    /// The intervals it asks for.
    pub(super) intervals: Intervals,
    /// What could not be read.
    pub(super) violations: Violations,
}

/// Reads a request; the paths of drivers are read where there are data.
pub(super) fn decode(wire: &v1::ForecastGrowthRequest, panel: Option<&Panel>, memory_limit_bytes: u64) -> Decoded {
    let mut violations = Violations::default();
    let horizon = count(wire.horizon, 1..=MAX_HORIZON, "horizon", &mut violations);
    let intervals = Intervals::new(&wire.interval_levels, &mut violations);
    let request = Request {
        horizon,
        draws: count(wire.draws, 0..=MAX_DRAWS, "draws", &mut violations),
        seed: wire.seed as u64,
        quantiles: intervals.probabilities(),
        drivers: drivers(&wire.drivers, horizon, panel, &mut violations),
        feedback: wire.feedbacks.iter().map(feedback).collect(),
        scenarios: scenarios(&wire.scenarios, &mut violations),
        groups: decode::some(&wire.group_attribute).map(str::to_owned),
        population: decode::some(&wire.population_measure).map(str::to_owned),
        reconciliation: wire.reconciliation.as_ref().map(|wire| Reconciliation {
            method: decode::some(&wire.method).unwrap_or("mint_shrink").to_owned(),
            allow_negative: wire.allow_negative,
            nation: wire.nation_levels.clone(),
        }),
        variance_shares: wire.variance_shares,
        uncertainty: uncertainty(&wire.fixed_sources, &mut violations),
        memory_limit_bytes,
    };
    if wire.variance_shares && wire.draws == 0 {
        violations.push(Violation::new("variance_shares", "needs draws", "draws = 0"));
    }
    Decoded { request, intervals, violations }
}

/// A count; what is out of range is taken at the nearest end, so that the rest can be checked.
pub(super) fn count(number: i32, range: RangeInclusive<usize>, field: &str, violations: &mut Violations) -> usize {
    let count = usize::try_from(number).unwrap_or(0);
    if number < 0 || !range.contains(&count) {
        let rule = format!("must be a whole number in [{}, {}]", range.start(), range.end());
        violations.push(Violation::new(field, rule, number));
    }
    count.clamp(*range.start(), *range.end())
}

fn feedback(v1::Feedback { measure, elasticity, migrates }: &v1::Feedback) -> Feedback {
    Feedback { measure: measure.clone(), elasticity: *elasticity, migrates: *migrates }
}

fn uncertainty(fixed: &[i32], violations: &mut Violations) -> Uncertainty {
    let mut uncertainty = Uncertainty::ALL;
    for (i, source) in fixed.iter().enumerate() {
        match v1::UncertaintySource::try_from(*source) {
            Ok(v1::UncertaintySource::Coefficients) => uncertainty.coefficients = false,
            Ok(v1::UncertaintySource::Residuals) => uncertainty.residuals = false,
            Ok(v1::UncertaintySource::Drivers) => uncertainty.drivers = false,
            Ok(v1::UncertaintySource::Models) => uncertainty.models = false,
            Ok(v1::UncertaintySource::Unspecified) | Err(_) => {
                let rule = "must be UNCERTAINTY_SOURCE_COEFFICIENTS, _RESIDUALS, _DRIVERS or _MODELS";
                violations.push(Violation::new(format!("fixed_sources[{i}]"), rule, source));
            }
        }
    }
    uncertainty
}

/// The drivers that no model projects.
fn drivers(wire: &[v1::Driver], horizon: usize, panel: Option<&Panel>, violations: &mut Violations) -> Vec<DriverPath> {
    let read = |(i, wire): (usize, &v1::Driver)| {
        let given = panel.map(|panel| given_path(wire, panel, horizon, &format!("drivers[{i}].path")));
        DriverPath {
            measure: wire.measure.clone(),
            method: decode::some(&wire.method).unwrap_or(driver::DEFAULT.card().id).to_owned(),
            params: decode::parameters(&wire.parameters),
            given: given.and_then(|given| violations.keep("", given)).unwrap_or_default(),
        }
    };
    let (by_model, by_method): (Vec<_>, Vec<_>) =
        wire.iter().enumerate().partition(|(_, driver)| driver.model.is_some());
    let paths = by_method.into_iter().map(read).collect();
    for (i, driver) in by_model {
        let mut refuse = |field: &str, value: &str| {
            let rule = "must be left out of a driver that has a model";
            violations.push(Violation::new(format!("drivers[{i}].{field}"), rule, value));
        };
        if !driver.method.is_empty() {
            refuse("method", &driver.method);
        }
        if let Some(name) = driver.parameters.keys().next() {
            refuse("parameters", name);
        }
        if driver.path.is_some() {
            refuse("path", "");
        }
    }
    paths
}
