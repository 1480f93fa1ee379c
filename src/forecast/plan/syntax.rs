//! What is wrong with a scenario whatever the data.
//!
//! The words of two changes may tell that both select the same cells: the same names, the same classes, or everything.
//! Where only data could tell, nothing is said.

use super::super::request::{Action, Change, Closure, Group, Scenario};
use super::contradiction::{NO_ROOM, SET_TWICE};
use super::rules;
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::panel::{Frequency, Period};
use std::collections::BTreeSet;

/// Checks what can be told of a scenario without data: amounts, names, and fields that contradict each other. Whether the
/// data have what it names is left to [`check`](crate::forecast::check).
///
/// # Errors
/// [`Error::Invalid`]: everything that no data can put right, with field paths into the scenario. [`Error::Cancelled`].
pub fn check_scenario(scenario: &Scenario, stop: &Stop) -> Result<(), Error> {
    let mut found = Found(Violations::default());
    found.0.keep("", rules::name("name", &scenario.name).map_err(Into::into));
    if scenario.name == "baseline" {
        found.refuse("name", "must not be baseline", "");
    }
    for (i, change) in scenario.changes.iter().enumerate() {
        stop.check()?;
        found.change(&format!("changes[{i}]"), change);
    }
    found.0.absorb("", rules::enterprises_stay(&scenario.changes));
    found.calendar(&scenario.changes);
    for (i, later) in scenario.changes.iter().enumerate() {
        stop.check()?;
        for (j, earlier) in scenario.changes[..i].iter().enumerate() {
            if let Some(rule) = contradiction(earlier, later) {
                let rule = format!("contradicts changes[{j}] in {}: {rule}", later.measure);
                found.refuse(&format!("changes[{i}]"), rule, "");
            }
        }
    }
    found.payers(scenario);
    Ok(found.0.into_result(())?)
}

/// The regions or industries that a change selects, as far as its words tell.
#[derive(Debug, PartialEq)]
enum Selected<'a> {
    All,
    Named(&'a [String]),
    Classes(&'a [Group]),
}

impl<'a> Selected<'a> {
    fn new(names: &'a [String], classes: &'a [Group]) -> Self {
        match (names, classes) {
            ([], []) => Self::All,
            ([], classes) => Self::Classes(classes),
            (names, _) => Self::Named(names),
        }
    }

    fn regions(change: &'a Change) -> Self {
        Self::new(&change.regions, change.group.as_slice())
    }

    fn industries(change: &'a Change) -> Self {
        Self::new(&change.industries, &change.industry_classes)
    }

    /// One of these names that is among them for certain.
    fn one_of<'b>(&self, names: &'b [String]) -> Option<&'b String> {
        match self {
            Self::All => names.first(),
            Self::Named(known) => {
                let known: BTreeSet<&String> = known.iter().collect();
                names.iter().find(|name| known.contains(name))
            }
            Self::Classes(_) => None,
        }
    }

    /// Whether both have something in common for certain.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => true,
            (Self::Named(names), _) => other.one_of(names).is_some(),
            (Self::Classes(_), _) => self == other,
        }
    }
}

/// Why two changes contradict each other for certain; those that share cells through a class of one and a name of the
/// other are left to the data.
fn contradiction(a: &Change, b: &Change) -> Option<&'static str> {
    let sets = |change: &Change| matches!(change.action, Action::Set | Action::SetGrowth);
    let rule = match [a, b].map(|change| change.action == Action::SetShare) {
        [false, false] if sets(a) && sets(b) => SET_TWICE,
        [false, false] => return None,
        _ => NO_ROOM,
    };
    let begins_in_time = |a: &Change, b: &Change| match (a.first_period, b.last_period) {
        (Some(first), Some(last)) => first.ordinal <= last.ordinal,
        _ => true,
    };
    let meet = a.measure == b.measure
        && begins_in_time(a, b)
        && begins_in_time(b, a)
        && Selected::regions(a).meets(&Selected::regions(b))
        && Selected::industries(a).meets(&Selected::industries(b));
    meet.then_some(rule)
}

/// What was found so far.
#[derive(Debug)]
struct Found(Violations);

impl Found {
    fn refuse(&mut self, field: &str, rule: impl Into<String>, value: impl std::fmt::Display) {
        self.0.push(Violation::new(field, rule, value));
    }

    fn change(&mut self, field: &str, change: &Change) {
        self.0.absorb(field, rules::change(change));
        if change.measure.is_empty() {
            self.refuse(&format!("{field}.measure"), "is required", "");
        }
        self.names(&format!("{field}.regions"), &change.regions);
        self.names(&format!("{field}.industries"), &change.industries);
        let (first, last) = (change.first_period, change.last_period);
        let lasts = first.zip(last).filter(|(first, last)| first.frequency == last.frequency);
        match lasts.map(|(first, last)| last.ordinal - first.ordinal + 1) {
            Some(lasts) if lasts < 1 => {
                self.refuse(&format!("{field}.last_period"), "must not be before the first", "")
            }
            Some(lasts) if change.phase_periods > lasts as usize => {
                let rule = format!("the change ends after {lasts} period(s), before it has come into force");
                self.refuse(&format!("{field}.phase_periods"), rule, change.phase_periods);
            }
            _ => {}
        }
        match &change.action {
            Action::Move { to } => {
                self.names(&format!("{field}.action.to"), to);
                if let Some(region) = Selected::regions(change).one_of(to) {
                    self.refuse(&format!("{field}.action.to"), "a region cannot move to itself", region);
                }
            }
            Action::Extensive { companions, .. } => {
                let measures = companions.iter().map(|companion| &companion.measure);
                self.measures(&change.measure, measures, |i| format!("{field}.action.companions[{i}].measure"));
            }
            Action::Intensive { companions } => {
                self.measures(&change.measure, companions.iter(), |i| format!("{field}.action.companions[{i}]"));
            }
            _ => {}
        }
    }

    /// Names are there, and each only once.
    fn names(&mut self, field: &str, names: &[String]) {
        let mut seen = BTreeSet::from([""]);
        for (i, name) in names.iter().enumerate().filter(|(_, name)| !seen.insert(name)) {
            let rule = if name.is_empty() { "must not be empty" } else { "is named twice" };
            self.refuse(&format!("{field}[{i}]"), rule, name);
        }
    }

    /// Companions of a measure are there, and other measures than it and each other.
    fn measures<'a>(
        &mut self,
        measure: &str,
        companions: impl Iterator<Item = &'a String>,
        field: impl Fn(usize) -> String,
    ) {
        let mut seen = BTreeSet::from(["", measure]);
        for (i, name) in companions.enumerate().filter(|(_, name)| !seen.insert(name)) {
            let rule = if name.is_empty() { "is required" } else { "is named twice" };
            self.refuse(&field(i), rule, name);
        }
    }

    /// All periods are of one calendar.
    fn calendar(&mut self, changes: &[Change]) {
        let periods = changes.iter().enumerate().flat_map(|(i, change)| {
            let periods = [("first_period", change.first_period), ("last_period", change.last_period)];
            periods.into_iter().filter_map(move |(name, period)| Some((format!("changes[{i}].{name}"), period?)))
        });
        let periods: Vec<(String, Period)> = periods.collect();
        let Some(calendar) = periods.first().map(|(_, period)| period.frequency) else { return };
        for (field, period) in periods.iter().filter(|(_, period)| period.frequency != calendar) {
            let rule = format!("the periods of this scenario are {}", Frequency::plural(calendar));
            self.refuse(field, rule, period);
        }
    }

    /// Regions that pay for the others have no change of their own.
    fn payers(&mut self, scenario: &Scenario) {
        let Closure::RelocateFrom(payers) = &scenario.closure else { return };
        self.names("closure.regions", payers);
        let everywhere = scenario.changes.iter().any(|change| Selected::regions(change) == Selected::All);
        let changed: BTreeSet<&String> = scenario.changes.iter().flat_map(|change| &change.regions).collect();
        for (i, region) in payers.iter().enumerate().filter(|(_, region)| everywhere || changed.contains(region)) {
            let rule = "a region with a change of its own cannot pay for the others";
            self.refuse(&format!("closure.regions[{i}]"), rule, region);
        }
    }
}
