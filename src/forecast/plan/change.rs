//! Where and when a change applies.

use super::super::change::{Act, Change, Timing};
use super::super::names::{find, find_all};
use super::super::request::{self, Group};
use super::action::Part;
use super::{Reader, rules};
use crate::panel::Period;
use std::collections::BTreeSet;

/// The cells that a change selects.
#[derive(Debug)]
pub(super) struct Place {
    /// Ascending.
    pub(super) regions: Vec<usize>,
    /// Ascending.
    pub(super) industries: Vec<usize>,
}

impl Reader<'_> {
    /// The changes of single measures that a change is made of; none where something is wrong with it.
    pub(super) fn change(&mut self, field: &str, change: &request::Change) -> Vec<Change> {
        let broken = rules::change(change);
        let is_sound = broken.is_empty();
        self.violations.absorb(field, broken);
        let regions = self.regions(field, change);
        let industries = self.industries(field, change);
        let place = regions.zip(industries).map(|(regions, industries)| Place { regions, industries });
        let timing = self.timing(field, change);
        let parts = self.parts(field, change, place.as_ref());
        let (Some(place), Some(timing)) = (place, timing) else { return Vec::new() };
        let planned = |part: Part| {
            let Part { measure, act, margin, amounts, pace } = part;
            let (regions, industries) = (place.regions.clone(), place.industries.clone());
            Change { measure, act, amounts, pace, regions, industries, timing, margin, policy: 0, number: 0 }
        };
        let planned: Vec<Change> = parts.unwrap_or_default().into_iter().map(planned).collect();
        for change in &planned {
            self.has_values(field, change);
        }
        if is_sound { planned } else { Vec::new() }
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
                let field = format!("{field}.group");
                let entries = self.text_attribute(&format!("{field}.attribute"), &group.attribute)?;
                self.class(&field, &entries, group)
            }
            (Some(_), _) => None,
        }
    }

    /// The industries a change applies to.
    fn industries(&mut self, field: &str, change: &request::Change) -> Option<Vec<usize>> {
        let Some(labels) = self.panel.industries() else {
            let asked = change.industries.iter().chain(change.industry_classes.iter().map(|class| &class.value));
            let asked: Vec<&str> = asked.map(String::as_str).collect();
            if !asked.is_empty() {
                self.refuse(format!("{field}.industries"), "the data have no industries", asked.join(", "));
            }
            return asked.is_empty().then(|| vec![0]);
        };
        if change.industries.is_empty() {
            return self.in_all_classes(field, &change.industry_classes);
        }
        let found = find_all("industry", labels, &change.industries, &format!("{field}.industries"));
        self.violations.keep("", found)
    }

    /// The industries that are in every one of the classes.
    fn in_all_classes(&mut self, field: &str, classes: &[Group]) -> Option<Vec<usize>> {
        let mut chosen: Vec<usize> = (0..self.panel.width()).collect();
        let mut known = true;
        for (i, class) in classes.iter().enumerate() {
            let field = format!("{field}.industry_classes[{i}]");
            let attributes = self.panel.industry_attributes();
            let kind = ("text attribute of the industries", class.attribute.as_str());
            let entries = self.text_entries(attributes, kind, &format!("{field}.attribute"));
            let members = entries.and_then(|entries| self.class(&field, &entries, class));
            known &= members.is_some();
            chosen.retain(|industry| members.as_ref().is_some_and(|members| members.contains(industry)));
        }
        if known && chosen.is_empty() {
            let values: Vec<&str> = classes.iter().map(|class| class.value.as_str()).collect();
            self.refuse(format!("{field}.industry_classes"), "no industry is in all of them", values.join(", "));
        }
        (known && !chosen.is_empty()).then_some(chosen)
    }

    /// The numbers of what is in a class, or a violation at its value.
    fn class(&mut self, field: &str, entries: &[Option<String>], class: &Group) -> Option<Vec<usize>> {
        let chosen = |e: &Option<String>| e.as_deref() == Some(class.value.as_str());
        let members: Vec<usize> = (0..entries.len()).filter(|r| chosen(&entries[*r])).collect();
        if members.is_empty() {
            let values: BTreeSet<&str> = entries.iter().flatten().map(String::as_str).collect();
            let found = find(&class.attribute, values, &class.value, &format!("{field}.value"));
            self.violations.keep("", found);
        }
        (!members.is_empty()).then_some(members)
    }

    /// The steps of the horizon in which a change is in force.
    fn timing(&mut self, field: &str, change: &request::Change) -> Option<Timing> {
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
        let lasts = to - from + 1;
        if change.last_period.is_some() && change.phase_periods > lasts {
            let rule = format!("the change ends after {lasts} period(s), before it has come into force");
            self.refuse(format!("{field}.phase_periods"), rule, change.phase_periods);
        }
        let (phase, fade) = (change.phase_periods.max(1), change.fade_periods.max(1));
        Some(Timing { first: from, last: to, phase, fade })
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
}
