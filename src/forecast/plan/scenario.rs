//! Scenarios checked against the data.

use super::super::change::{Act, Change};
use super::super::closure::Closure;
use super::super::names::{find, find_all};
use super::super::request::{self, Action};
use super::super::syntax::{broken_amount, broken_name};
use super::{Reader, Scenario};
use crate::panel::Period;
use std::collections::BTreeSet;

impl Reader<'_> {
    /// The scenarios with their changes in canonical order.
    pub(super) fn scenarios(&mut self, scenarios: &[request::Scenario]) -> Vec<Scenario> {
        let mut names = BTreeSet::from(["baseline"]);
        let mut planned = Vec::new();
        for (i, scenario) in scenarios.iter().enumerate() {
            let field = format!("scenarios[{i}]");
            if let Some(violation) = broken_name(&format!("{field}.name"), &scenario.name) {
                self.violations.push(violation);
            } else if !names.insert(&scenario.name) {
                self.refuse(format!("{field}.name"), "must be distinct, and not baseline", &scenario.name);
            }
            let mut changes = Vec::new();
            for (j, change) in scenario.changes.iter().enumerate() {
                changes.extend(self.change(&format!("{field}.changes[{j}]"), change));
            }
            self.sets_are_distinct(&field, &changes);
            changes.sort_by(Change::canonical);
            let closure = self.closure(&field, &scenario.closure, &changes);
            planned.push(Scenario { name: scenario.name.clone(), changes, closure });
        }
        planned
    }

    fn change(&mut self, field: &str, change: &request::Change) -> Option<Change> {
        let measure = self.driver_measure(&format!("{field}.measure"), &change.measure);
        let regions = self.regions(field, change);
        let industries = match (self.panel.industries(), change.industries.as_slice()) {
            (_, []) => Some((0..self.panel.width()).collect()),
            (Some(labels), names) => {
                let found = find_all("industry", labels, names, &format!("{field}.industries"));
                self.violations.keep("", found)
            }
            (None, names) => {
                self.refuse(format!("{field}.industries"), "the data have no industries", names.join(", "));
                None
            }
        };
        let steps = self.steps(field, change);
        let act = self.act(field, change, measure, regions.as_deref());
        let (first, last) = steps?;
        let (amount, phase) = (change.amount, change.phase_periods.max(1));
        let change = Change {
            measure: measure?,
            act: act?,
            amount,
            regions: regions?,
            industries: industries?,
            first,
            last,
            phase,
        };
        self.has_values(field, &change);
        Some(change)
    }

    /// The regions a change applies to.
    fn regions(&mut self, field: &str, change: &request::Change) -> Option<Vec<usize>> {
        match (&change.group, change.regions.as_slice()) {
            (None, []) => Some((0..self.panel.regions().len()).collect()),
            (None, names) => {
                let found = find_all("region", self.panel.regions(), names, &format!("{field}.regions"));
                self.violations.keep("", found)
            }
            (Some(group), []) => {
                let entries = self.text_attribute(&format!("{field}.group.attribute"), &group.attribute)?;
                let chosen = |e: &Option<String>| e.as_deref() == Some(group.value.as_str());
                let regions: Vec<usize> = (0..entries.len()).filter(|r| chosen(&entries[*r])).collect();
                if regions.is_empty() {
                    let values: BTreeSet<&str> = entries.iter().flatten().map(String::as_str).collect();
                    let found = find(&group.attribute, values, &group.value, &format!("{field}.group.value"));
                    self.violations.keep("", found);
                }
                (!regions.is_empty()).then_some(regions)
            }
            (Some(_), names) => {
                self.refuse(format!("{field}.regions"), "name regions or a group, not both", names.join(", "));
                None
            }
        }
    }

    /// First and last step of the horizon in which a change is in force.
    fn steps(&mut self, field: &str, change: &request::Change) -> Option<(usize, usize)> {
        let (first, last) = (*self.periods.first()?, *self.periods.last()?);
        let mut inside = |name: &str, period: Option<Period>, default: Period| {
            let period = period.unwrap_or(default);
            let step = self.periods.iter().position(|p| *p == period);
            if step.is_none() {
                let rule = format!("must be a period of the forecast, {first} to {last}");
                self.refuse(format!("{field}.{name}"), rule, period);
            }
            step
        };
        let (from, to) =
            (inside("first_period", change.first_period, first), inside("last_period", change.last_period, last));
        let (from, to) = (from?, to?);
        if to < from {
            self.refuse(format!("{field}.last_period"), "must not be before the first", self.periods[to]);
            return None;
        }
        Some((from, to))
    }

    fn act(
        &mut self,
        field: &str,
        change: &request::Change,
        measure: Option<usize>,
        from: Option<&[usize]>,
    ) -> Option<Act> {
        let adds_up = measure.is_none_or(|m| self.panel.measures()[m].adds_up());
        if let Some(rule) = broken_amount(&change.action, change.amount, adds_up) {
            self.refuse(format!("{field}.amount"), rule, change.amount);
        }
        match &change.action {
            Action::Set => Some(Act::Set),
            Action::Scale => Some(Act::Scale),
            Action::Add => Some(Act::Add),
            Action::Move { to } => {
                if !adds_up {
                    self.refuse(format!("{field}.measure"), "a rate cannot be moved", &change.measure);
                }
                self.destinations(&format!("{field}.action.to"), to, from).map(Act::Move)
            }
        }
    }

    fn destinations(&mut self, field: &str, names: &[String], from: Option<&[usize]>) -> Option<Vec<usize>> {
        if names.is_empty() {
            self.refuse(field, "a move needs at least one region to go to", "");
            return None;
        }
        let to = self.violations.keep("", find_all("region", self.panel.regions(), names, field))?;
        let both = to.iter().find(|r| from.is_some_and(|from| from.contains(r)));
        if let Some(region) = both {
            self.refuse(field, "a region cannot move to itself", self.panel.regions().name(*region));
        }
        Some(to)
    }

    /// A change needs at least one value of the last observed period to act on.
    fn has_values(&mut self, field: &str, change: &Change) {
        let Some(grid) = self.panel.periods().last().and_then(|t| self.panel.grid(change.measure, *t)) else { return };
        let any = |regions: &[usize]| {
            let cells = regions.iter().flat_map(|r| change.industries.iter().map(move |i| r * grid.width + i));
            cells.into_iter().any(|cell| grid.values[cell].is_ok())
        };
        let measure = &self.panel.measures()[change.measure].name;
        let rule = format!("no value of {measure} in the last period of the data");
        let (here, there) = (any(&change.regions), !matches!(&change.act, Act::Move(to) if !any(to)));
        if !here && change.act != Act::Set {
            self.refuse(format!("{field}.regions"), rule.as_str(), "");
        }
        if !there {
            self.refuse(format!("{field}.action.to"), rule, "");
        }
    }

    /// Two sets of one cell in one period contradict each other.
    fn sets_are_distinct(&mut self, field: &str, changes: &[Change]) {
        let sets: Vec<&Change> = changes.iter().filter(|c| c.act == Act::Set).collect();
        for (i, a) in sets.iter().enumerate() {
            for b in &sets[..i] {
                let overlap = |a: &[usize], b: &[usize]| a.iter().any(|x| b.contains(x));
                let same = a.measure == b.measure && a.first <= b.last && b.first <= a.last;
                if same && overlap(&a.regions, &b.regions) && overlap(&a.industries, &b.industries) {
                    let measure = &self.panel.measures()[a.measure].name;
                    self.refuse(format!("{field}.changes"), "sets the same cell twice in one period", measure);
                }
            }
        }
    }

    fn closure(&mut self, field: &str, closure: &request::Closure, changes: &[Change]) -> Closure {
        match closure {
            request::Closure::NewActivity => Closure::NewActivity,
            request::Closure::RelocateProRata => Closure::RelocateProRata,
            request::Closure::FixedNationalTotal => Closure::FixedNationalTotal,
            request::Closure::RelocateFrom(names) => {
                let field = format!("{field}.closure.regions");
                if names.is_empty() {
                    self.refuse(&field, "name at least one region to relocate from", "");
                }
                let found = find_all("region", self.panel.regions(), names, &field);
                let from = self.violations.keep("", found).unwrap_or_default();
                let touched = |r: usize| changes.iter().any(|c| c.regions.contains(&r));
                for region in from.iter().copied().filter(|r| touched(*r)) {
                    let name = self.panel.regions().name(region);
                    self.refuse(&field, "a region with a change of its own cannot pay for the others", name);
                }
                Closure::RelocateFrom(from)
            }
        }
    }
}
