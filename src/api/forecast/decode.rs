//! From the wire to a [`forecast::Request`](crate::forecast::Request).

use super::given_path::given_path;
use super::intervals::Intervals;
use crate::api::{decode, v1};
use crate::error::{Violation, Violations};
use crate::forecast::{
    Action, Change, Closure, DriverPath, Feedback, Group, MAX_DRAWS, MAX_HORIZON, Request, Scenario, Uncertainty,
    driver,
};
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
        variance_shares: wire.variance_shares,
        uncertainty: uncertainty(&wire.fixed_sources, &mut violations),
        memory_limit_bytes,
    };
    Decoded { request, intervals, violations }
}

/// A count; what is out of range is taken at the nearest end, so that the rest can be checked.
fn count(number: i32, range: RangeInclusive<usize>, field: &str, violations: &mut Violations) -> usize {
    let count = usize::try_from(number).unwrap_or(0);
    if number < 0 || !range.contains(&count) {
        let rule = format!("must be a whole number in [{}, {}]", range.start(), range.end());
        violations.push(Violation::new(field, rule, number));
    }
    count.clamp(*range.start(), *range.end())
}

fn feedback(v1::Feedback { measure, elasticity }: &v1::Feedback) -> Feedback {
    Feedback { measure: measure.clone(), elasticity: *elasticity }
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
    wire.iter().enumerate().filter(|(_, driver)| driver.model.is_none()).map(read).collect()
}

fn scenarios(wire: &[v1::Scenario], violations: &mut Violations) -> Vec<Scenario> {
    let read = |(i, scenario): (usize, &v1::Scenario)| {
        let at = format!("scenarios[{i}]");
        if scenario.changes.is_empty() {
            violations.push(Violation::new(format!("{at}.changes"), "must hold at least one change", ""));
        }
        let mut changes = Vec::with_capacity(scenario.changes.len());
        for (j, wire) in scenario.changes.iter().enumerate() {
            let mut found = Violations::default();
            changes.push(change(wire, &mut found));
            violations.absorb(&format!("{at}.changes[{j}]"), found);
        }
        let closure = violations.keep(&at, closure(scenario)).unwrap_or(Closure::NewActivity);
        Scenario { name: scenario.name.clone(), changes, closure }
    };
    wire.iter().enumerate().map(read).collect()
}

fn closure(scenario: &v1::Scenario) -> Result<Closure, Violations> {
    let from = &scenario.relocate_from;
    let closure = match v1::Closure::try_from(scenario.closure) {
        Ok(v1::Closure::Unspecified | v1::Closure::NewActivity) => Closure::NewActivity,
        Ok(v1::Closure::RelocateProRata) => Closure::RelocateProRata,
        Ok(v1::Closure::FixedNationalTotal) => Closure::FixedNationalTotal,
        Ok(v1::Closure::RelocateFrom) if from.is_empty() => {
            let rule = "must name at least one region with CLOSURE_RELOCATE_FROM";
            return Err(Violation::new("relocate_from", rule, "").into());
        }
        Ok(v1::Closure::RelocateFrom) => return Ok(Closure::RelocateFrom(from.clone())),
        Err(_) => return Err(Violation::new("closure", "is not a Closure", scenario.closure).into()),
    };
    if !from.is_empty() {
        let rule = "must be empty without CLOSURE_RELOCATE_FROM";
        return Err(Violation::new("relocate_from", rule, from.join(", ")).into());
    }
    Ok(closure)
}

/// Reads a change; violations are at its own fields.
pub(super) fn change(wire: &v1::Change, violations: &mut Violations) -> Change {
    let (action, amount) = action(wire.action.as_ref(), violations);
    Change {
        measure: wire.measure.clone(),
        action,
        amount,
        regions: wire.regions.clone(),
        group: group(&wire.group_attribute, &wire.group, violations),
        industries: wire.industries.clone(),
        first_period: decode::period(&wire.first_period, "first_period", violations),
        last_period: decode::period(&wire.last_period, "last_period", violations),
        phase_periods: count(wire.phase_period_count, 0..=MAX_HORIZON, "phase_period_count", violations),
    }
}

fn action(wire: Option<&v1::change::Action>, violations: &mut Violations) -> (Action, f64) {
    match wire {
        Some(v1::change::Action::Set(level)) => (Action::Set, *level),
        Some(v1::change::Action::Scale(factor)) => (Action::Scale, *factor),
        Some(v1::change::Action::Add(amount)) => (Action::Add, *amount),
        Some(v1::change::Action::Move(v1::Move { share, to_regions })) => {
            (Action::Move { to: to_regions.clone() }, *share)
        }
        None => {
            violations.push(Violation::new("action", "one of set, scale, add and move is required", ""));
            (Action::Add, 0.0)
        }
    }
}

fn group(attribute: &str, value: &str, violations: &mut Violations) -> Option<Group> {
    match (attribute.is_empty(), value.is_empty()) {
        (true, true) => None,
        (false, false) => Some(Group { attribute: attribute.to_owned(), value: value.to_owned() }),
        (true, false) => {
            violations.push(Violation::new("group_attribute", "is required with group", ""));
            None
        }
        (false, true) => {
            violations.push(Violation::new("group", "is required with group_attribute", ""));
            None
        }
    }
}
