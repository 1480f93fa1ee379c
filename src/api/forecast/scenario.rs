//! Scenarios from the wire.

use super::decode::count;
use crate::api::{decode, v1};
use crate::error::{Violation, Violations};
use crate::forecast::{Action, Change, Closure, Companion, Entrants, Group, MAX_HORIZON, Scenario};
use v1::change::Action as Wire;
use v1::extensive::Entry;

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

/// Reads a change; violations are at its own fields.
pub(super) fn change(wire: &v1::Change, violations: &mut Violations) -> Change {
    let (action, amount) = action(wire.action.as_ref(), violations);
    Change {
        policy: decode::some(&wire.policy).map(str::to_owned),
        measure: wire.measure.clone(),
        action,
        amount,
        regions: wire.regions.clone(),
        group: group(&wire.group_attribute, &wire.group, violations),
        industries: wire.industries.clone(),
        industry_classes: wire.industry_classes.iter().map(industry_class).collect(),
        first_period: decode::period(&wire.first_period, "first_period", violations),
        last_period: decode::period(&wire.last_period, "last_period", violations),
        phase_periods: count(wire.phase_period_count, 0..=MAX_HORIZON, "phase_period_count", violations),
        fade_periods: count(wire.fade_period_count, 0..=MAX_HORIZON, "fade_period_count", violations),
    }
}

fn action(wire: Option<&Wire>, violations: &mut Violations) -> (Action, f64) {
    match wire {
        Some(Wire::Set(level)) => (Action::Set, *level),
        Some(Wire::SetShare(share)) => (Action::SetShare, *share),
        Some(Wire::SetGrowth(percent)) => (Action::SetGrowth, *percent),
        Some(Wire::Scale(factor)) => (Action::Scale, *factor),
        Some(Wire::Add(amount)) => (Action::Add, *amount),
        Some(Wire::Move(v1::Move { share, to_regions })) => (Action::Move { to: to_regions.clone() }, *share),
        Some(Wire::Extensive(wire)) => extensive(wire, violations),
        Some(Wire::Intensive(v1::Intensive { rate, companions })) => {
            (Action::Intensive { companions: companions.clone() }, *rate)
        }
        None => {
            let rule = "one of set, set_share, set_growth, scale, add, move, extensive and intensive is required";
            violations.push(Violation::new("action", rule, ""));
            (Action::Add, 0.0)
        }
    }
}

fn extensive(wire: &v1::Extensive, violations: &mut Violations) -> (Action, f64) {
    let (entrants, amount) = match wire.entry {
        Some(Entry::Rate(rate)) => (Entrants::Rate, rate),
        Some(Entry::Number(number)) => (Entrants::Number, number),
        None => {
            violations.push(Violation::new("extensive.entry", "one of rate and number is required", ""));
            (Entrants::Rate, 0.0)
        }
    };
    let companion = |wire: &v1::Companion| Companion {
        measure: wire.measure.clone(),
        relative_size: wire.relative_size.unwrap_or(1.0),
    };
    (Action::Extensive { entrants, companions: wire.companions.iter().map(companion).collect() }, amount)
}

fn industry_class(v1::IndustryClass { attribute, value }: &v1::IndustryClass) -> Group {
    Group { attribute: attribute.clone(), value: value.clone() }
}

fn group(attribute: &str, value: &str, violations: &mut Violations) -> Option<Group> {
    match (attribute.is_empty(), value.is_empty()) {
        (true, true) => return None,
        (true, false) => violations.push(Violation::new("group_attribute", "is required with group", "")),
        (false, true) => violations.push(Violation::new("group", "is required with group_attribute", "")),
        (false, false) => {}
    }
    Some(Group { attribute: attribute.to_owned(), value: value.to_owned() })
}
