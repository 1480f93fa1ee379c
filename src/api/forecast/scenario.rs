//! Scenarios from the wire.

use super::decode::count;
use crate::api::{decode, v1};
use crate::error::{Violation, Violations};
use crate::forecast::{Action, Change, Closure, Group, MAX_HORIZON, Scenario};

/// Reads the scenarios; what cannot be read is replaced, so that the rest can be checked.
pub(super) fn scenarios(wire: &[v1::Scenario], violations: &mut Violations) -> Vec<Scenario> {
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

fn change(wire: &v1::Change, violations: &mut Violations) -> Change {
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
