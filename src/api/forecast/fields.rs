//! The engine's names of fields as the contract has them.

use crate::api::v1;
use crate::error::Violations;
use v1::change::Action;
use v1::extensive::Entry;

/// Where parts of a request come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// The field that brought each model of the outcome.
    pub(super) models: Vec<String>,
    /// Numbers of the drivers that have a method.
    pub(super) methods: Vec<usize>,
    /// Numbers of the drivers that have a model.
    pub(super) equations: Vec<usize>,
}

/// Violations told by the engine, at the fields of the request.
pub(super) fn on_the_wire(violations: Violations, places: &Places, scenarios: &[v1::Scenario]) -> Violations {
    violations.renamed(|field| wire_name(field, places, scenarios))
}

/// A field of the engine's request as the contract has it.
pub(super) fn wire_name(field: &str, places: &Places, scenarios: &[v1::Scenario]) -> String {
    let numbered = |list: &str| {
        let rest = field.strip_prefix(list)?.strip_prefix('[')?;
        let (number, rest) = rest.split_once(']')?;
        Some((number.parse::<usize>().ok()?, rest.to_owned()))
    };
    let model = |i: usize| places.models.get(i).cloned().unwrap_or_default();
    if field == "formula" {
        return model(0);
    }
    if let Some((i, rest)) = numbered("models") {
        return match (i, rest.as_str()) {
            (0, ".weight") => "model_weight".to_owned(),
            (i, ".weight") => format!("rival_models[{}].weight", i - 1),
            (i, _) => model(i),
        };
    }
    if let Some((i, _)) = numbered("equations") {
        return format!("drivers[{}].model", places.equations.get(i).copied().unwrap_or(i));
    }
    match numbered("drivers") {
        Some((i, rest)) => {
            name_of(&format!("drivers[{}]{rest}", places.methods.get(i).copied().unwrap_or(i)), scenarios)
        }
        None => name_of(field, scenarios),
    }
}

/// The field that brought the scenario of this number: the first `inline` ones came along, the stored ones follow.
pub(super) fn place_of_scenario(number: usize, inline: usize) -> String {
    match number.checked_sub(inline) {
        Some(stored) => format!("scenario_names[{stored}]"),
        None => format!("scenarios[{number}]"),
    }
}

/// Violations of all scenarios at the fields that brought them.
pub(super) fn of_stored(violations: Violations, inline: usize) -> Violations {
    violations.renamed(|field| {
        let numbered = || {
            let (number, rest) = field.strip_prefix("scenarios[")?.split_once(']')?;
            Some((number.parse().ok()?, rest))
        };
        numbered().map_or_else(|| field.to_owned(), |(number, rest)| place_of_scenario(number, inline) + rest)
    })
}

fn name_of(field: &str, scenarios: &[v1::Scenario]) -> String {
    match field.split_once('.') {
        None => match field {
            "groups" => "group_attribute".to_owned(),
            "population" => "population_measure".to_owned(),
            other => other.to_owned(),
        },
        Some((driver, rest)) if driver.starts_with("drivers[") => match rest {
            given if given.starts_with("given") => format!("{driver}.path"),
            other => format!("{driver}.{}", other.replacen("params", "parameters", 1)),
        },
        Some((feedback, rest)) if feedback.starts_with("feedback[") => {
            format!("{}.{rest}", feedback.replacen("feedback", "feedbacks", 1))
        }
        Some((scenario, rest)) => match rest.strip_prefix("closure.regions") {
            Some(place) => format!("{scenario}.relocate_from{place}"),
            None => in_change(scenario, rest, scenarios),
        },
    }
}

/// A field below `scenarios[i]`; which field holds the amount depends on the action.
fn in_change(scenario: &str, rest: &str, scenarios: &[v1::Scenario]) -> String {
    let Some((change, field)) = rest.split_once('.') else { return format!("{scenario}.{rest}") };
    let action = || {
        let changes = &scenarios.get(number(scenario)?)?.changes;
        changes.get(number(change)?)?.action.as_ref()
    };
    let name = match field {
        "group.attribute" => "group_attribute".to_owned(),
        "group.value" => "group".to_owned(),
        "amount" => match action() {
            Some(Action::Set(_)) => "set".to_owned(),
            Some(Action::Scale(_)) => "scale".to_owned(),
            Some(Action::Add(_)) => "add".to_owned(),
            Some(Action::Move(_)) => "move.share".to_owned(),
            Some(Action::SetShare(_)) => "set_share".to_owned(),
            Some(Action::SetGrowth(_)) => "set_growth".to_owned(),
            Some(Action::Extensive(v1::Extensive { entry: Some(Entry::Number(_)), .. })) => {
                "extensive.number".to_owned()
            }
            Some(Action::Extensive(_)) => "extensive.rate".to_owned(),
            Some(Action::Intensive(_)) => "intensive.rate".to_owned(),
            None => "action".to_owned(),
        },
        "phase_periods" => "phase_period_count".to_owned(),
        "fade_periods" => "fade_period_count".to_owned(),
        other => match (other.strip_prefix("action.companions"), action()) {
            (Some(place), Some(Action::Intensive(_))) => format!("intensive.companions{place}"),
            (Some(place), _) => format!("extensive.companions{place}"),
            (None, _) => other.replacen("action.to", "move.to_regions", 1),
        },
    };
    format!("{scenario}.{change}.{name}")
}

/// The number in `scenarios[3]`.
fn number(path: &str) -> Option<usize> {
    path.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// Adds the violations that are not told yet, at their field or within it.
pub(super) fn add_new(violations: &mut Violations, found: Violations) {
    let told: Vec<_> = violations.told().iter().map(|violation| violation.field.clone()).collect();
    for violation in found.told() {
        let is_told = told.iter().any(|field| field.starts_with(&violation.field));
        if !is_told {
            violations.push(violation.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_fields_have_the_names_of_the_contract() {
        let change = |action| v1::Change { action: Some(action), ..Default::default() };
        let number = v1::Extensive { entry: Some(Entry::Number(1.0)), ..Default::default() };
        let changes = vec![
            change(Action::Scale(1.0)),
            change(Action::Move(v1::Move::default())),
            change(Action::Extensive(number)),
            change(Action::Intensive(v1::Intensive::default())),
        ];
        let scenarios = [v1::Scenario { changes, ..Default::default() }];
        for (engine, contract) in [
            ("horizon", "horizon"),
            ("groups", "group_attribute"),
            ("population", "population_measure"),
            ("drivers[2].params.window", "drivers[2].parameters.window"),
            ("drivers[2].given[4].values", "drivers[2].path"),
            ("feedback[1].elasticity", "feedbacks[1].elasticity"),
            ("scenarios[0].closure", "scenarios[0].closure"),
            ("scenarios[0].closure.regions[1]", "scenarios[0].relocate_from[1]"),
            ("scenarios[0].changes", "scenarios[0].changes"),
            ("scenarios[0].changes[0].amount", "scenarios[0].changes[0].scale"),
            ("scenarios[0].changes[1].amount", "scenarios[0].changes[1].move.share"),
            ("scenarios[0].changes[1].action.to[3]", "scenarios[0].changes[1].move.to_regions[3]"),
            ("scenarios[0].changes[2].amount", "scenarios[0].changes[2].extensive.number"),
            (
                "scenarios[0].changes[2].action.companions[1].measure",
                "scenarios[0].changes[2].extensive.companions[1].measure",
            ),
            ("scenarios[0].changes[3].amount", "scenarios[0].changes[3].intensive.rate"),
            ("scenarios[0].changes[3].action.companions[0]", "scenarios[0].changes[3].intensive.companions[0]"),
            ("scenarios[0].changes[3].industry_classes[0].value", "scenarios[0].changes[3].industry_classes[0].value"),
            ("scenarios[0].changes[0].fade_periods", "scenarios[0].changes[0].fade_period_count"),
            ("scenarios[0].changes[0].group.value", "scenarios[0].changes[0].group"),
            ("scenarios[0].changes[0].regions[1]", "scenarios[0].changes[0].regions[1]"),
        ] {
            assert_eq!(name_of(engine, &scenarios), contract);
        }
    }
}
