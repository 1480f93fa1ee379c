//! What the inverse questions have in common: numbers of a forecast, free changes, and their fields.

use super::intervals::Intervals;
use super::{fields, scenario};
use crate::api::{decode as read, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::inverse::{Place, Subject};
use crate::forecast::{self as engine, Band, Quantity};
use v1::change::Action;
use v1::extensive::Entry;

/// Reads the number that a question is about.
pub(super) fn number(wire: Option<&v1::ForecastNumber>, violations: &mut Violations) -> Option<Subject> {
    let Some(wire) = wire else {
        violations.push(Violation::new("number", "is required", ""));
        return None;
    };
    let quantity = quantity(wire, violations);
    let mut place_of = |wire: &v1::ForecastPlace, field| violations.keep(field, place(wire));
    let (place, less) = (
        wire.place.as_ref().map_or(Some(Place::Nation), |place| place_of(place, "number.place")),
        wire.less.as_ref().map(|place| place_of(place, "number.less")),
    );
    let period = read::period(&wire.period, "number.period", violations);
    Some(Subject { quantity: quantity?, place: place?, less: less.flatten(), period })
}

fn quantity(wire: &v1::ForecastNumber, violations: &mut Violations) -> Option<Quantity> {
    let quantity = match wire.quantity() {
        v1::ForecastQuantity::Outcome => Quantity::Outcome,
        v1::ForecastQuantity::Level => Quantity::Level,
        v1::ForecastQuantity::Growth => Quantity::Growth,
        v1::ForecastQuantity::AverageGrowth => Quantity::AverageGrowth,
        v1::ForecastQuantity::Theil => Quantity::Theil,
        v1::ForecastQuantity::TheilBetween => Quantity::TheilBetween,
        v1::ForecastQuantity::TheilWithin => Quantity::TheilWithin,
        v1::ForecastQuantity::Sigma => Quantity::Sigma,
        v1::ForecastQuantity::Gini => Quantity::Gini,
        v1::ForecastQuantity::Gap => Quantity::Gap,
        v1::ForecastQuantity::Beta => Quantity::Beta,
        v1::ForecastQuantity::Unspecified => {
            violations.push(Violation::new("number.quantity", "must be a ForecastQuantity", wire.quantity));
            return None;
        }
    };
    Some(quantity)
}

fn place(wire: &v1::ForecastPlace) -> Result<Place, Violations> {
    let v1::ForecastPlace { region, industry, group } = wire.clone();
    match (region.is_empty(), industry.is_empty(), group.is_empty()) {
        (true, true, true) => Ok(Place::Nation),
        (true, true, false) => Ok(Place::Group(group)),
        (false, true, true) => Ok(Place::Region(region)),
        (false, false, true) => Ok(Place::Cell { region, industry }),
        (true, false, _) => Err(Violation::new("region", "is required with industry", "").into()),
        (false, _, false) => Err(Violation::new("group", "must be empty with a region", group).into()),
    }
}

/// Reads a free change; its fields are told below `field`.
pub(super) fn change(
    wire: Option<&v1::Change>,
    field: &str,
    violations: &mut Violations,
) -> Option<(v1::Change, engine::Change)> {
    let Some(wire) = wire else {
        violations.push(Violation::new(format!("{field}.change"), "is required", ""));
        return None;
    };
    let mut found = Violations::default();
    let change = scenario::change(wire, &mut found);
    violations.absorb(&format!("{field}.change"), found);
    Some((wire.clone(), change))
}

/// The engine's fields as the contract has them; `list` is the field of the free changes.
pub(super) fn on_the_wire(error: Error, list: &str, free: &[v1::Change], plan: &super::Plan) -> Error {
    let Error::Invalid(found) = error else { return error };
    let scenario = [v1::Scenario { changes: free.to_vec(), ..v1::Scenario::default() }];
    let in_list = |field: &str| -> Option<String> {
        let (number, rest) = field.strip_prefix(list)?.strip_prefix('[')?.split_once("].")?;
        Some(match rest.strip_prefix("change.") {
            Some(rest) => {
                let told = format!("scenarios[0].changes[{number}].{rest}");
                let told = fields::wire_name(&told, &plan.places, &scenario);
                let rest = told.split_once("].").and_then(|(_, rest)| rest.split_once("].")).map_or(rest, |(_, r)| r);
                format!("{list}[{number}].change.{rest}")
            }
            None => format!("{list}[{number}].{}", rest.replace("cost", "unit_cost")),
        })
    };
    let name = |field: &str| match field.split_once('.').map_or(field, |(first, _)| first) {
        "subject" => field.replacen("subject", "number", 1),
        "target" | "gammas" | "budget" => field.to_owned(),
        first if first.starts_with(list) || first.starts_with("gammas") => {
            in_list(field).unwrap_or_else(|| field.to_owned())
        }
        _ => format!("forecast.{}", fields::wire_name(field, &plan.places, &[])),
    };
    Error::Invalid(found.renamed(name))
}

/// A change with another amount.
pub(super) fn with_amount(change: &v1::Change, amount: f64) -> v1::Change {
    let action = match &change.action {
        Some(Action::Set(_)) => Some(Action::Set(amount)),
        Some(Action::Scale(_)) => Some(Action::Scale(amount)),
        Some(Action::Add(_)) => Some(Action::Add(amount)),
        Some(Action::Move(to)) => Some(Action::Move(v1::Move { share: amount, ..to.clone() })),
        Some(Action::SetShare(_)) => Some(Action::SetShare(amount)),
        Some(Action::SetGrowth(_)) => Some(Action::SetGrowth(amount)),
        Some(Action::Extensive(wire)) => {
            let entry = match wire.entry {
                Some(Entry::Number(_)) => Entry::Number(amount),
                Some(Entry::Rate(_)) | None => Entry::Rate(amount),
            };
            Some(Action::Extensive(v1::Extensive { entry: Some(entry), ..wire.clone() }))
        }
        Some(Action::Intensive(wire)) => Some(Action::Intensive(v1::Intensive { rate: amount, ..wire.clone() })),
        None => None,
    };
    v1::Change { action, ..change.clone() }
}

/// The name of a change's action in the contract.
pub(super) fn action(change: &v1::Change) -> &'static str {
    match change.action {
        Some(Action::Set(_)) => "set",
        Some(Action::Scale(_)) => "scale",
        Some(Action::Add(_)) => "add",
        Some(Action::Move(_)) => "move",
        Some(Action::SetShare(_)) => "set_share",
        Some(Action::SetGrowth(_)) => "set_growth",
        Some(Action::Extensive(_)) => "extensive",
        Some(Action::Intensive(_)) => "intensive",
        None => "",
    }
}

/// The regions of a change as one text.
pub(super) fn regions(change: &v1::Change) -> String {
    match (change.regions.is_empty(), change.group_attribute.is_empty()) {
        (false, _) => change.regions.join("; "),
        (true, false) => format!("{} = {}", change.group_attribute, change.group),
        (true, true) => "all".to_owned(),
    }
}

/// What is in place with more changes.
pub(super) fn policy(in_place: Option<&v1::Scenario>, changes: impl IntoIterator<Item = v1::Change>) -> v1::Scenario {
    let nothing = || v1::Scenario { name: "answer".to_owned(), ..v1::Scenario::default() };
    let mut scenario = in_place.cloned().unwrap_or_else(nothing);
    scenario.changes.extend(changes);
    scenario
}

/// The columns of a number: one band a row.
pub(super) fn bands(name: &str, bands: &[Option<&Band>], intervals: &Intervals, with_draws: bool) -> Vec<v1::Column> {
    let absent = Err(crate::panel::Absent::OutsideDomain);
    let columns = intervals.columns(name, with_draws).into_iter();
    let column = |(name, reading): (String, super::intervals::Reading)| {
        crate::api::table::numbers(&name, "", bands.iter().map(|band| band.map_or(absent, |band| reading.of(band))))
    };
    columns.map(column).collect()
}
