//! From the wire to a [`forecast::Request`](crate::forecast::Request).

use super::given_path::given_path;
use super::intervals::Intervals;
use crate::api::{decode, v1};
use crate::error::{Violation, Violations};
use crate::forecast::{Action, Change, Closure, DriverPath, Feedback, Group, Request, Scenario, Uncertainty, driver};
use crate::panel::{Panel, Period};

/// The request for a history that ends with `panel`, and the intervals it asks for.
///
/// # Errors
/// Everything that cannot be read. What has been read is checked against the data by the forecast itself.
pub(super) fn request(
    wire: &v1::ForecastGrowthRequest,
    panel: &Panel,
    memory_limit_bytes: u64,
) -> Result<(Request, Intervals), Violations> {
    let mut violations = Violations::default();
    let Some(last) = panel.periods().last().copied() else {
        return Err(Violation::new("dataset", "has no rows", "").into());
    };
    let horizon = count(wire.horizon, "horizon", &mut violations);
    let future = Future { first: last.plus(1), horizon };
    let intervals = Intervals::new(&wire.interval_levels, &mut violations);
    let request = Request {
        horizon,
        draws: count(wire.draws, "draws", &mut violations),
        seed: wire.seed as u64,
        quantiles: intervals.probabilities(),
        drivers: drivers(&wire.drivers, future, panel, &mut violations),
        feedback: wire.feedbacks.iter().map(feedback).collect(),
        scenarios: scenarios(&wire.scenarios, &mut violations),
        groups: decode::some(&wire.group_attribute).map(str::to_owned),
        population: decode::some(&wire.population_measure).map(str::to_owned),
        uncertainty: uncertainty(&wire.fixed_sources, &mut violations),
        memory_limit_bytes,
    };
    violations.into_result((request, intervals))
}

/// The periods of the forecast.
#[derive(Clone, Copy)]
pub(super) struct Future {
    /// The period after the last one of the data.
    pub(super) first: Period,
    /// How many periods.
    pub(super) horizon: usize,
}

fn count(number: i32, field: &str, violations: &mut Violations) -> usize {
    usize::try_from(number).unwrap_or_else(|_| {
        violations.push(Violation::new(field, "must not be negative", number));
        0
    })
}

fn feedback(v1::Feedback { measure, elasticity }: &v1::Feedback) -> Feedback {
    Feedback { measure: measure.clone(), elasticity: *elasticity }
}

fn uncertainty(fixed: &[i32], violations: &mut Violations) -> Uncertainty {
    let mut uncertainty = Uncertainty { coefficients: true, residuals: true };
    for (i, source) in fixed.iter().enumerate() {
        match v1::UncertaintySource::try_from(*source) {
            Ok(v1::UncertaintySource::Coefficients) => uncertainty.coefficients = false,
            Ok(v1::UncertaintySource::Residuals) => uncertainty.residuals = false,
            Ok(v1::UncertaintySource::Unspecified) | Err(_) => {
                let rule = "must be UNCERTAINTY_SOURCE_COEFFICIENTS or UNCERTAINTY_SOURCE_RESIDUALS";
                violations.push(Violation::new(format!("fixed_sources[{i}]"), rule, source));
            }
        }
    }
    uncertainty
}

fn drivers(wire: &[v1::Driver], future: Future, panel: &Panel, violations: &mut Violations) -> Vec<DriverPath> {
    let read = |(i, v1::Driver { measure, method, parameters, path }): (usize, &v1::Driver)| {
        let at = format!("drivers[{i}]");
        let method = if method.is_empty() { driver::DEFAULT.card().id } else { method };
        let params = decode::parameters(parameters, &format!("{at}.parameters"), violations);
        let given = path.as_ref().map(|table| given_path(table, future, panel, &format!("{at}.path")));
        let given = given.and_then(|given| violations.keep("", given)).unwrap_or_default();
        DriverPath { measure: measure.clone(), method: method.to_owned(), params, given }
    };
    wire.iter().enumerate().map(read).collect()
}

fn scenarios(wire: &[v1::Scenario], violations: &mut Violations) -> Vec<Scenario> {
    let read = |(i, scenario): (usize, &v1::Scenario)| {
        let at = format!("scenarios[{i}]");
        let v1::Scenario { name, changes, closure: _, relocate_from: _ } = scenario;
        decode::required(name, &format!("{at}.name"), violations);
        if changes.is_empty() {
            violations.push(Violation::new(format!("{at}.changes"), "must hold at least one change", ""));
        }
        let closure = violations.keep(&at, closure(scenario)).unwrap_or(Closure::NewActivity);
        let changes = changes.iter().enumerate();
        let changes =
            changes.filter_map(|(j, wire)| violations.keep(&format!("{at}.changes[{j}]"), change(wire))).collect();
        Scenario { name: name.clone(), changes, closure }
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

fn change(wire: &v1::Change) -> Result<Change, Violations> {
    let mut violations = Violations::default();
    decode::required(&wire.measure, "measure", &mut violations);
    let (action, amount) = action(wire.action.as_ref(), &mut violations);
    let change = Change {
        measure: wire.measure.clone(),
        action,
        amount,
        regions: wire.regions.clone(),
        group: group(&wire.group_attribute, &wire.group, &mut violations),
        industries: wire.industries.clone(),
        first_period: decode::period(&wire.first_period, "first_period", &mut violations),
        last_period: decode::period(&wire.last_period, "last_period", &mut violations),
        phase_periods: count(wire.phase_period_count, "phase_period_count", &mut violations),
    };
    violations.into_result(change)
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
        (true, true) => return None,
        (false, false) => {}
        (true, false) => violations.push(Violation::new("group_attribute", "is required with group", "")),
        (false, true) => violations.push(Violation::new("group", "is required with group_attribute", "")),
    }
    Some(Group { attribute: attribute.to_owned(), value: value.to_owned() })
}
