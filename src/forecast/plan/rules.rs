//! Rules of a scenario that need no data.

use super::super::request::{Action, Change};
use crate::error::{Violation, Violations};
use std::collections::BTreeSet;

/// Longest name of a scenario or policy, in characters.
const MAX_NAME: usize = 200;

/// Largest factor by which a change multiplies.
pub(super) const MAX_FACTOR: f64 = 1000.0;

/// Largest growth that a change sets, in percent a period.
const MAX_GROWTH: f64 = 1000.0;

/// Whether a name can be told.
pub(super) fn name(field: &str, name: &str) -> Result<(), Violation> {
    if !name.is_empty() && name.chars().count() <= MAX_NAME && !name.contains(char::is_control) {
        return Ok(());
    }
    let rule = format!("must have 1 to {MAX_NAME} characters, none of them a control character");
    Err(Violation::new(field, rule, name.chars().take(MAX_NAME).collect::<String>()))
}

/// What is wrong with a change on its own, at its fields.
pub(super) fn change(change: &Change) -> Violations {
    let mut found = Violations::default();
    let mut refuse = |field: &str, rule: &str, value: &str| found.push(Violation::new(field, rule, value));
    if let Some(rule) = broken_amount(&change.action, change.amount) {
        refuse("amount", rule, &change.amount.to_string());
    }
    if change.group.is_some() && !change.regions.is_empty() {
        refuse("regions", "name regions or a group, not both", &change.regions.join(", "));
    }
    if !change.industries.is_empty() && !change.industry_classes.is_empty() {
        refuse("industries", "name industries or their classes, not both", &change.industries.join(", "));
    }
    if change.last_period.is_none() && change.fade_periods > 1 {
        refuse("fade_periods", "a permanent change has no last period to fade out after", "");
    }
    match &change.action {
        Action::Move { to } if to.is_empty() => refuse("action.to", "a move needs at least one region to go to", ""),
        Action::Extensive { companions, .. } => {
            let sizes = companions.iter().map(|companion| companion.relative_size).enumerate();
            for (i, size) in sizes.filter(|(_, size)| !(0.0..=MAX_FACTOR).contains(size)) {
                let rule = format!("must be in [0, {MAX_FACTOR}]");
                refuse(&format!("action.companions[{i}].relative_size"), &rule, &size.to_string());
            }
        }
        _ => {}
    }
    if let Some(policy) = &change.policy {
        found.keep("", name("policy", policy).map_err(Into::into));
    }
    found
}

/// The rule that an amount breaks.
fn broken_amount(action: &Action, amount: f64) -> Option<&'static str> {
    let (rule, holds) = match action {
        Action::Set | Action::Add | Action::Extensive { .. } => ("must be a finite number", amount.is_finite()),
        Action::SetShare => ("the share must be in [0, 1)", (0.0..1.0).contains(&amount)),
        Action::SetGrowth => {
            ("growth must be in [-100, 1000] percent a period", (-100.0..=MAX_GROWTH).contains(&amount))
        }
        Action::Scale => ("the factor must be in [0, 1000]", (0.0..=MAX_FACTOR).contains(&amount)),
        Action::Move { .. } => ("the share must be in [0, 1]", (0.0..=1.0).contains(&amount)),
        Action::Intensive { .. } => ("the rate must be in [-1, 999]", (0.0..=MAX_FACTOR).contains(&(1.0 + amount))),
    };
    (!holds).then_some(rule)
}

/// An intensive change leaves the number of enterprises alone, which only extensive ones name.
pub(super) fn enterprises_stay(changes: &[Change]) -> Violations {
    let extensive = changes.iter().filter(|change| matches!(change.action, Action::Extensive { .. }));
    let attracted: BTreeSet<&str> = extensive.map(|change| change.measure.as_str()).collect();
    let mut found = Violations::default();
    for (i, change) in changes.iter().enumerate() {
        let Action::Intensive { companions } = &change.action else { continue };
        for name in companions.iter().chain([&change.measure]).filter(|name| attracted.contains(name.as_str())) {
            let rule = "is the number of enterprises, which an intensive change leaves as it is";
            found.push(Violation::new(format!("changes[{i}].measure"), rule, name));
        }
    }
    found
}
