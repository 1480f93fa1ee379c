//! Who plays: a scenario cut into the parts whose contributions are told.

use super::super::change::Change;
use super::super::plan::Scenario;
use super::answer::By;
use std::collections::BTreeSet;

/// A scenario cut into players. Each region of each change belongs to one of them.
#[derive(Debug)]
pub(super) struct Players<'a> {
    scenario: &'a Scenario,
    /// Union and number of each player, ascending.
    pub(super) keys: Vec<(usize, usize)>,
    /// `[change][place among its regions]`: whose it is.
    owners: Vec<Vec<usize>>,
}

impl<'a> Players<'a> {
    /// Cuts a scenario by policies, drivers or margins; drivers and margins within policies when `within`.
    pub(super) fn by(scenario: &'a Scenario, by: By, within: bool) -> Self {
        Self::cut(scenario, |change, _| {
            let number = match by {
                By::Policy => change.policy,
                By::Driver => change.measure,
                By::Margin => change.margin as usize,
            };
            (if within { change.policy } else { number }, number)
        })
    }

    /// Cuts a scenario by what `key` says of a change in a region: a union (such as a policy) and a number in it.
    pub(super) fn cut(scenario: &'a Scenario, key: impl Fn(&Change, usize) -> (usize, usize)) -> Self {
        let of_change = |change: &Change| change.regions.iter().map(|region| key(change, *region)).collect();
        let keys: Vec<Vec<(usize, usize)>> = scenario.changes.iter().map(of_change).collect();
        let players: BTreeSet<(usize, usize)> = keys.iter().flatten().copied().collect();
        let players: Vec<(usize, usize)> = players.into_iter().collect();
        let number = |key: &(usize, usize)| players.partition_point(|other| other < key);
        let owners = keys.iter().map(|keys| keys.iter().map(number).collect()).collect();
        Self { scenario, keys: players, owners }
    }

    /// The union of each player, numbered from 0 without gaps.
    pub(super) fn unions(&self) -> Vec<usize> {
        let mut unions: Vec<usize> = self.keys.iter().map(|key| key.0).collect();
        unions.dedup();
        self.keys.iter().map(|key| unions.partition_point(|union| *union < key.0)).collect()
    }

    /// The scenario with the changes of those who take part, and no others; the closure is the same.
    pub(super) fn coalition(&self, takes_part: &[bool]) -> Scenario {
        let changes = self.scenario.changes.iter().zip(&self.owners).filter_map(|(change, owners)| {
            let places = change.regions.iter().zip(&change.amounts).zip(owners);
            let places = places.filter(|(_, owner)| takes_part[**owner]).map(|(place, _)| place);
            let (regions, amounts): (Vec<usize>, Vec<f64>) = places.unzip();
            (!regions.is_empty()).then(|| Change { regions, amounts, ..change.clone() })
        });
        Scenario { changes: changes.collect(), ..self.scenario.clone() }
    }
}
