//! Scenarios checked against the data.

use super::super::change::{Change, Margin};
use super::super::closure::Closure;
use super::super::names::find_all;
use super::super::request;
use super::contradiction::contradiction;
use super::{Reader, rules};
use crate::panel::Panel;
use std::collections::BTreeSet;

/// A scenario checked against the data, with its changes in canonical order.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(in crate::forecast) name: String,
    pub(in crate::forecast) changes: Vec<Change>,
    pub(in crate::forecast) closure: Closure,
    /// The names of its policies, in the order in which the request first names them.
    pub(in crate::forecast) policies: Vec<String>,
}

impl Scenario {
    /// A scenario that changes nothing.
    pub fn empty(name: &str) -> Self {
        let (changes, policies) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), changes, closure: Closure::NewActivity, policies }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of its policies, in the order in which the request first names them.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The margins at which its changes work, ascending.
    pub fn margins(&self) -> Vec<Margin> {
        self.changes.iter().map(|change| change.margin).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The scenario with the chosen policies alone, one flag a policy; one without a flag is left out.
    #[must_use]
    pub fn with_policies(&self, chosen: &[bool]) -> Self {
        self.with(|change| chosen.get(change.policy) == Some(&true))
    }

    /// The scenario with the changes at the chosen margins alone.
    #[must_use]
    pub fn with_margins(&self, chosen: &[Margin]) -> Self {
        self.with(|change| chosen.contains(&change.margin))
    }

    /// Which cells of the panel the changes of a measure name, as places they change, leave or go to.
    pub(in crate::forecast) fn targets(&self, measure: usize, panel: &Panel) -> Vec<bool> {
        let width = panel.width();
        let mut targets = vec![false; panel.regions().len() * width];
        let changes = self.changes.iter().filter(|change| change.measure == measure);
        changes.for_each(|change| change.mark(width, &mut targets));
        targets
    }

    fn with(&self, keep: impl Fn(&Change) -> bool) -> Self {
        let changes = self.changes.iter().filter(|change| keep(change)).cloned().collect();
        Self { changes, ..self.clone() }
    }
}

impl Reader<'_> {
    /// The scenarios with their changes in canonical order.
    pub(super) fn scenarios(&mut self, scenarios: &[request::Scenario]) -> Vec<Scenario> {
        let mut names = BTreeSet::from(["baseline"]);
        let mut planned = Vec::new();
        for (i, scenario) in scenarios.iter().enumerate() {
            let field = format!("scenarios[{i}]");
            let name = rules::name(&format!("{field}.name"), &scenario.name);
            let can_be_told = self.violations.keep("", name.map_err(Into::into)).is_some();
            if can_be_told && !names.insert(&scenario.name) {
                self.refuse(format!("{field}.name"), "must be distinct, and not baseline", &scenario.name);
            }
            planned.push(self.scenario(&field, scenario));
        }
        planned
    }

    fn scenario(&mut self, field: &str, scenario: &request::Scenario) -> Scenario {
        let mut policies: Vec<String> = Vec::new();
        let mut changes = Vec::new();
        for (number, change) in scenario.changes.iter().enumerate() {
            let field = format!("{field}.changes[{number}]");
            let policy = change.policy.as_ref().unwrap_or(&scenario.name);
            let known = policies.iter().position(|known| known == policy);
            let policy = known.unwrap_or_else(|| {
                policies.push(policy.clone());
                policies.len() - 1
            });
            let planned = self.change(&field, change);
            changes.extend(planned.into_iter().map(|change| Change { policy, number, ..change }));
        }
        self.agree(field, &changes);
        self.violations.absorb(field, rules::enterprises_stay(&scenario.changes));
        self.shares_leave_room(field, scenario, &changes);
        changes.sort_by(Change::canonical);
        let closure = self.closure(field, &scenario.closure, &changes);
        Scenario { name: scenario.name.clone(), changes, closure, policies }
    }

    /// Changes of one cell in one period must not contradict each other.
    fn agree(&mut self, field: &str, changes: &[Change]) {
        let mut told = BTreeSet::new();
        for (i, a) in changes.iter().enumerate() {
            for b in changes[..i].iter().filter(|b| b.number != a.number) {
                let Some(rule) = contradiction(a, b) else { continue };
                if told.insert((a.number, b.number)) {
                    let measure = &self.panel.measures()[a.measure].name;
                    let rule = format!("contradicts changes[{}] in {measure}: {rule}", b.number);
                    self.refuse(format!("{field}.changes[{}]", a.number), rule, "");
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
