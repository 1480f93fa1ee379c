//! What a change does, measure by measure.

use super::super::change::{Act, Margin};
use super::super::names::find_all;
use super::super::request::{self, Action};
use super::Reader;
use super::change::Place;
use crate::panel::{Absent, Value, sum_present};

/// Largest factor by which a change multiplies.
pub(super) const MAX_FACTOR: f64 = 1000.0;

/// Largest factor by which a level grows each period.
const MAX_PACE: f64 = 11.0;

/// What a change does to one measure.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) measure: usize,
    pub(super) act: Act,
    pub(super) margin: Margin,
    /// One a region.
    pub(super) amounts: Vec<f64>,
    pub(super) pace: f64,
}

impl Reader<'_> {
    /// What a change does, once measures and amounts are checked; they are even where the place is not known.
    pub(super) fn parts(&mut self, field: &str, change: &request::Change, place: Option<&Place>) -> Option<Vec<Part>> {
        match &change.action {
            Action::Extensive { entrants, companions } => self.extensive(field, change, (*entrants, companions), place),
            Action::Intensive { companions } => self.intensive(field, change, companions, place),
            Action::SetGrowth => self.growth(field, change, place),
            _ => self.single(field, change, place),
        }
    }

    /// A change of one measure that has the same amount in every region.
    fn single(&mut self, field: &str, change: &request::Change, place: Option<&Place>) -> Option<Vec<Part>> {
        let measure = self.driver_measure(&format!("{field}.measure"), &change.measure);
        let adds_up = measure.is_none_or(|m| self.panel.measures()[m].adds_up());
        let (rule, holds) = match change.action {
            Action::Set if adds_up => ("the level must be a finite number, not negative", change.amount >= 0.0),
            Action::SetShare => ("the share must be in [0, 1)", (0.0..1.0).contains(&change.amount)),
            Action::Scale => ("the factor must be in [0, 1000]", (0.0..=MAX_FACTOR).contains(&change.amount)),
            Action::Move { .. } => ("the share must be in [0, 1]", (0.0..=1.0).contains(&change.amount)),
            _ => ("must be a finite number", true),
        };
        if !(holds && change.amount.is_finite()) {
            self.refuse(format!("{field}.amount"), rule, change.amount);
        }
        let act = match &change.action {
            Action::Set => Some(Act::Set),
            Action::SetShare => {
                self.stock(field, &change.measure, measure, "a rate has no share").then_some(Act::Share)
            }
            Action::Scale => Some(Act::Scale),
            Action::Move { to } => {
                self.stock(field, &change.measure, measure, "a rate cannot be moved");
                self.destinations(&format!("{field}.action.to"), to, place).map(Act::Move)
            }
            _ => Some(Act::Add),
        };
        let amounts = vec![change.amount; place?.regions.len()];
        Some(vec![Part { measure: measure?, act: act?, margin: Margin::Other, amounts, pace: 1.0 }])
    }

    /// Refuses a rate; what is not known is not refused twice.
    pub(super) fn stock(&mut self, field: &str, name: &str, measure: Option<usize>, rule: &str) -> bool {
        let adds_up = measure.is_none_or(|m| self.panel.measures()[m].adds_up());
        if !adds_up {
            self.refuse(format!("{field}.measure"), rule, name);
        }
        adds_up
    }

    fn destinations(&mut self, field: &str, names: &[String], from: Option<&Place>) -> Option<Vec<usize>> {
        if names.is_empty() {
            self.refuse(field, "a move needs at least one region to go to", "");
            return None;
        }
        let to = self.violations.keep("", find_all("region", self.panel.regions(), names, field))?;
        let both = to.iter().find(|r| from.is_some_and(|from| from.regions.contains(r)));
        if let Some(region) = both {
            self.refuse(field, "a region cannot move to itself", self.panel.regions().name(*region));
        }
        Some(to)
    }

    /// Levels that grow from the last observed ones: x₀ (1 + g/100) in the first period, at that pace from there.
    fn growth(&mut self, field: &str, change: &request::Change, place: Option<&Place>) -> Option<Vec<Part>> {
        let measure = self.driver_measure(&format!("{field}.measure"), &change.measure);
        let pace = 1.0 + change.amount / 100.0;
        if !(0.0..=MAX_PACE).contains(&pace) {
            self.refuse(format!("{field}.amount"), "growth must be in [-100, 1000] percent a period", change.amount);
        }
        if change.first_period.is_some_and(|first| self.periods.first() != Some(&first)) {
            let rule = "growth is set from the last period of the data on: leave the first period out";
            self.refuse(format!("{field}.first_period"), rule, "");
        }
        self.stock(field, &change.measure, measure, "a rate has no growth to set: set its level");
        let mut amounts = Vec::new();
        let place = place?;
        for (region, level) in place.regions.iter().zip(self.observed(measure?, place)) {
            match level {
                Ok(level) => amounts.push(level * pace),
                Err(reason) => {
                    let name = self.panel.regions().name(*region);
                    let rule = format!("no {} in the last period of the data to grow from ({reason})", change.measure);
                    self.refuse(format!("{field}.regions"), rule, name);
                }
            }
        }
        Some(vec![Part { measure: measure?, act: Act::Set, margin: Margin::Other, amounts, pace }])
    }

    /// The levels in the last period of the data, one a region, the selected industries together.
    pub(super) fn observed(&self, measure: usize, place: &Place) -> Vec<Value> {
        let Some(grid) = self.panel.periods().last().and_then(|last| self.panel.grid(measure, *last)) else {
            return vec![Err(Absent::NoPeriod); place.regions.len()];
        };
        let level = |region: &usize| {
            let cells = place.industries.iter().map(|industry| grid.values[region * grid.width + industry]);
            sum_present(&cells.collect::<Vec<_>>())
        };
        place.regions.iter().map(level).collect()
    }
}
