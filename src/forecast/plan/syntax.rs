//! What is wrong with a scenario whatever the data: amounts, names and fields that contradict each other.

use super::request::{Action, Change, Closure, Scenario};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::panel::{Frequency, Period};
use std::collections::BTreeSet;

/// Largest factor of a scale change.
const MAX_FACTOR: f64 = 1000.0;
/// Longest name of a scenario, in characters.
const MAX_NAME: usize = 200;

/// Checks what can be told of a scenario without data. What names measures, regions, industries, classes and periods of
/// the data is left to [`super::check`].
///
/// # Errors
/// [`Error::Invalid`]: everything that no data can put right, with field paths into the scenario. [`Error::Cancelled`].
pub fn check_scenario(scenario: &Scenario, stop: &Stop) -> Result<(), Error> {
    let mut found = Found::default();
    if let Some(violation) = broken_name("name", &scenario.name) {
        found.0.push(violation);
    } else if scenario.name == "baseline" {
        found.refuse("name", "must not be baseline", "");
    }
    for (i, change) in scenario.changes.iter().enumerate() {
        stop.check()?;
        found.change(&format!("changes[{i}]"), change);
    }
    found.calendar(&scenario.changes);
    for (i, later) in scenario.changes.iter().enumerate() {
        stop.check()?;
        if let Some(earlier) = scenario.changes[..i].iter().position(|earlier| set_twice(earlier, later)) {
            let rule = format!("sets what changes[{earlier}] sets in the same period");
            found.refuse(&format!("changes[{i}]"), rule, &later.measure);
        }
    }
    found.payers(scenario);
    Ok(found.0.into_result(())?)
}

/// What is wrong with a scenario's name.
pub(super) fn broken_name(field: &str, name: &str) -> Option<Violation> {
    let fits = !name.is_empty() && name.chars().count() <= MAX_NAME && !name.contains(char::is_control);
    let rule = || format!("must have 1 to {MAX_NAME} characters, none of them a control character");
    (!fits).then(|| Violation::new(field, rule(), name.chars().take(MAX_NAME).collect::<String>()))
}

/// The rule that the amount of a change breaks; of a measure that `adds_up`, a level is not negative.
pub(super) fn broken_amount(action: &Action, amount: f64, adds_up: bool) -> Option<&'static str> {
    let (rule, holds) = match action {
        Action::Set if adds_up => ("the level must be a finite number, not negative", amount >= 0.0),
        Action::Set | Action::Add => ("must be a finite number", true),
        Action::Scale => ("the factor must be in [0, 1000]", (0.0..=MAX_FACTOR).contains(&amount)),
        Action::Move { .. } => ("the share must be in [0, 1]", (0.0..=1.0).contains(&amount)),
    };
    (!(holds && amount.is_finite())).then_some(rule)
}

/// The regions that a change selects, as far as its words tell.
#[derive(Debug, PartialEq)]
enum Selected<'a> {
    All,
    Named(&'a [String]),
    Class(&'a str, &'a str),
}

impl<'a> Selected<'a> {
    fn of(change: &'a Change) -> Self {
        match &change.group {
            _ if !change.regions.is_empty() => Self::Named(&change.regions),
            Some(group) => Self::Class(&group.attribute, &group.value),
            None => Self::All,
        }
    }

    /// One of these regions that is among them for certain.
    fn one_of<'b>(&self, regions: &'b [String]) -> Option<&'b String> {
        match self {
            Self::All => regions.first(),
            Self::Named(names) => common(regions, names),
            Self::Class(..) => None,
        }
    }

    /// Whether both have a region in common for certain.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => true,
            (Self::Named(names), _) => other.one_of(names).is_some(),
            (Self::Class(..), Self::Named(_)) => false,
            (Self::Class(..), Self::Class(..)) => self == other,
        }
    }
}

/// The first of `names` that is among `others`.
fn common<'a>(names: &'a [String], others: &[String]) -> Option<&'a String> {
    let others: BTreeSet<&String> = others.iter().collect();
    names.iter().find(|name| others.contains(name))
}

/// Whether two changes set the same cell in the same period, for certain.
fn set_twice(a: &Change, b: &Change) -> bool {
    let both_set = a.action == Action::Set && b.action == Action::Set && a.measure == b.measure;
    let starts_in_time = |a: &Change, b: &Change| match (a.first_period, b.last_period) {
        (Some(first), Some(last)) => first.ordinal <= last.ordinal,
        _ => true,
    };
    let industries =
        || a.industries.is_empty() || b.industries.is_empty() || common(&a.industries, &b.industries).is_some();
    both_set && starts_in_time(a, b) && starts_in_time(b, a) && industries() && Selected::of(a).meets(&Selected::of(b))
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found(Violations);

impl Found {
    fn refuse(&mut self, field: &str, rule: impl Into<String>, value: impl std::fmt::Display) {
        self.0.push(Violation::new(field, rule, value));
    }

    fn change(&mut self, field: &str, change: &Change) {
        if change.measure.is_empty() {
            self.refuse(&format!("{field}.measure"), "is required", "");
        }
        if let Some(rule) = broken_amount(&change.action, change.amount, false) {
            self.refuse(&format!("{field}.amount"), rule, change.amount);
        }
        if change.group.is_some() && !change.regions.is_empty() {
            let rule = "name regions or a group, not both";
            self.refuse(&format!("{field}.regions"), rule, change.regions.join(", "));
        }
        self.names(&format!("{field}.regions"), &change.regions);
        self.names(&format!("{field}.industries"), &change.industries);
        let Action::Move { to } = &change.action else { return };
        let field = format!("{field}.action.to");
        if to.is_empty() {
            self.refuse(&field, "a move needs at least one region to go to", "");
        }
        self.names(&field, to);
        if let Some(region) = Selected::of(change).one_of(to) {
            self.refuse(&field, "a region cannot move to itself", region);
        }
    }

    /// Names are there, and each only once.
    fn names(&mut self, field: &str, names: &[String]) {
        let mut seen = BTreeSet::new();
        for (i, name) in names.iter().enumerate() {
            if name.is_empty() {
                self.refuse(&format!("{field}[{i}]"), "must not be empty", "");
            } else if !seen.insert(name) {
                self.refuse(&format!("{field}[{i}]"), "is named twice", name);
            }
        }
    }

    /// Periods are of one calendar, and a change does not end before it begins.
    fn calendar(&mut self, changes: &[Change]) {
        let mut calendar: Option<Frequency> = None;
        for (i, change) in changes.iter().enumerate() {
            let mut fits = |name: &str, period: Option<Period>| {
                let period = period?;
                let is_same = *calendar.get_or_insert(period.frequency) == period.frequency;
                if !is_same {
                    let rule = "years, quarters and months do not go together in one scenario";
                    self.refuse(&format!("changes[{i}].{name}"), rule, period);
                }
                is_same.then_some(period)
            };
            let first = fits("first_period", change.first_period);
            let last = fits("last_period", change.last_period);
            if let Some((_, last)) = first.zip(last).filter(|(first, last)| last.ordinal < first.ordinal) {
                self.refuse(&format!("changes[{i}].last_period"), "must not be before the first", last);
            }
        }
    }

    /// Regions that pay for the others have no change of their own.
    fn payers(&mut self, scenario: &Scenario) {
        let Closure::RelocateFrom(payers) = &scenario.closure else { return };
        self.names("closure.regions", payers);
        let everywhere = scenario.changes.iter().any(|change| Selected::of(change) == Selected::All);
        let changed: BTreeSet<&String> = scenario.changes.iter().flat_map(|change| &change.regions).collect();
        for (i, region) in payers.iter().enumerate() {
            if everywhere || changed.contains(region) {
                let rule = "a region with a change of its own cannot pay for the others";
                self.refuse(&format!("closure.regions[{i}]"), rule, region);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Group;
    use super::*;

    fn words(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn change(action: Action, amount: f64, regions: &[&str]) -> Change {
        Change {
            measure: "firms".into(),
            action,
            amount,
            regions: words(regions),
            group: None,
            industries: Vec::new(),
            first_period: None,
            last_period: None,
            phase_periods: 0,
        }
    }

    fn fields(name: &str, changes: Vec<Change>, closure: Closure) -> Vec<String> {
        match check_scenario(&Scenario { name: name.into(), changes, closure }, &Stop::default()) {
            Ok(()) => Vec::new(),
            Err(Error::Invalid(found)) => found.told().iter().map(|violation| violation.field.clone()).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_no_data_can_put_right_is_told_at_once() {
        let to = |regions: &[&str]| Action::Move { to: words(regions) };
        let group = Some(Group { attribute: "division".into(), value: "Pacific".into() });
        let period = |text| Period::parse(text);
        let changes = vec![
            Change { measure: String::new(), ..change(Action::Scale, 1001.0, &["a", "b", "a", ""]) },
            Change { group: group.clone(), ..change(Action::Add, f64::NAN, &["a"]) },
            change(to(&[]), 0.5, &["a"]),
            change(to(&["b", "a"]), 1.5, &["a"]),
            Change {
                first_period: period("2030"),
                last_period: period("2028"),
                industries: words(&["x", "x"]),
                ..change(Action::Add, 1.0, &["d"])
            },
            Change { first_period: period("2030Q1"), ..change(Action::Add, 1.0, &["d"]) },
        ];
        let expected = [
            "name",
            "changes[0].measure",
            "changes[0].amount",
            "changes[0].regions[2]",
            "changes[0].regions[3]",
            "changes[1].amount",
            "changes[1].regions",
            "changes[2].action.to",
            "changes[3].amount",
            "changes[3].action.to",
            "changes[4].industries[1]",
            "changes[4].last_period",
            "changes[5].first_period",
            "closure.regions[1]",
            "closure.regions[2]",
        ];
        let closure = Closure::RelocateFrom(words(&["z", "a", "z"]));
        let mut found = fields("", changes, closure);
        found.sort();
        let mut expected = expected.map(str::to_owned);
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(fields("baseline", Vec::new(), Closure::NewActivity), ["name"]);
        assert_eq!(fields(&"n".repeat(201), Vec::new(), Closure::NewActivity), ["name"]);
    }

    #[test]
    fn what_data_may_put_right_is_let_through() {
        let class = |value: &str| Change {
            group: Some(Group { attribute: "division".into(), value: value.into() }),
            ..change(Action::Set, -1.0, &[])
        };
        let in_years = |first, last| Change {
            first_period: Period::parse(first),
            last_period: Period::parse(last),
            ..change(Action::Set, 1.0, &["a"])
        };
        let of = |industry: &str| Change { industries: words(&[industry]), ..change(Action::Set, 1.0, &["b"]) };
        let other = Change { measure: "jobs".into(), ..change(Action::Set, 1.0, &["a"]) };
        let changes = vec![
            class("Pacific"),
            class("Mountain"),
            in_years("2030", "2031"),
            in_years("2032", ""),
            of("x"),
            of("y"),
            other,
        ];
        assert!(fields("fine", changes, Closure::RelocateFrom(words(&["c"]))).is_empty());
    }

    #[test]
    fn two_sets_of_one_cell_contradict_each_other() {
        let set = |regions: &[&str]| change(Action::Set, 1.0, regions);
        let told = |changes: Vec<Change>| fields("x", changes, Closure::NewActivity);
        assert_eq!(told(vec![set(&["a", "b"]), set(&["c"]), set(&["b"])]), ["changes[2]"]);
        assert_eq!(told(vec![set(&[]), set(&["c"])]), ["changes[1]"]);
        let until = Change { last_period: Period::parse("2030"), ..set(&["a"]) };
        let from = |year| Change { first_period: Period::parse(year), ..set(&["a"]) };
        assert_eq!(told(vec![until.clone(), from("2030")]), ["changes[1]"]);
        assert!(told(vec![until, from("2031")]).is_empty());
    }
}
