//! Changes to one cross-section of one measure.
//!
//! Set, scale and add act cell by cell or, where the measure adds up, on the selected industries of a
//! region together; shares ([`super::share`]) on what these have left; moves at once on what is left then. Changes of
//! one kind commute, so the order in which a request lists them does not matter.

use crate::panel::{Absent, Grid, Value, sum_present};
use std::collections::BTreeMap;

/// What a change does; the order of the variants is the order in which changes act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Set,
    Scale,
    Add,
    /// To a share of the nation, all regions together.
    Share,
    /// To these regions, ascending.
    Move(Vec<usize>),
}

/// The margin at which a change works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Margin {
    /// More enterprises, with what they bring.
    Extensive,
    /// More per enterprise.
    Intensive,
    /// Not said.
    Other,
}

/// A change of a single measure whose names are numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) measure: usize,
    pub(super) act: Act,
    /// In the first period in force, one a region of `regions`; shares have the same for all.
    pub(super) amounts: Vec<f64>,
    /// Factor by which the amounts move each period; 1 where they stay.
    pub(super) pace: f64,
    /// Ascending.
    pub(super) regions: Vec<usize>,
    /// Ascending.
    pub(super) industries: Vec<usize>,
    /// Steps of the horizon in which it is in force.
    pub(super) timing: Timing,
    pub(super) margin: Margin,
    /// Number of its policy.
    pub(super) policy: usize,
    /// Number of the change of the request that it is part of.
    pub(super) number: usize,
}

/// When a change is in force, in steps of the horizon from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timing {
    /// First step in force.
    pub(super) first: usize,
    /// Last step in force to the full.
    pub(super) last: usize,
    /// Steps over which it comes into force, at least 1.
    pub(super) phase: usize,
    /// Steps over which it fades out after the last one, at least 1.
    pub(super) fade: usize,
}

impl Timing {
    /// The part of a change in force in step `step`, in [0, 1].
    pub(super) fn force(&self, step: usize) -> f64 {
        let part = |steps: usize, of: usize| if steps >= of { 1.0 } else { steps as f64 / of as f64 };
        match step {
            _ if step < self.first => 0.0,
            _ if step <= self.last => part(step - self.first + 1, self.phase),
            _ => part(self.end().saturating_sub(step), self.fade),
        }
    }

    /// The first step in which it is over.
    pub(super) fn end(&self) -> usize {
        self.last + self.fade
    }

    /// Whether both are in force in some step.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.first < other.end() && other.first < self.end()
    }
}

impl Change {
    /// Marks the cells it names, as places it changes, leaves or goes to.
    pub(super) fn mark(&self, width: usize, cells: &mut [bool]) {
        for region in self.places() {
            self.industries.iter().for_each(|industry| cells[region * width + industry] = true);
        }
    }

    /// A total order that depends on the content alone, with sets first and moves last.
    pub(super) fn canonical(&self, other: &Self) -> std::cmp::Ordering {
        let words = |c: &Self| (c.measure, c.act.clone(), c.timing);
        let places = |c: &Self| (c.regions.clone(), c.industries.clone());
        let numbers = |c: &Self| c.amounts.iter().copied().chain([c.pace]).collect::<Vec<_>>();
        let (ours, theirs) = (numbers(self), numbers(other));
        let numbers = ours.iter().zip(&theirs).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        let places = places(self).cmp(&places(other));
        words(self).cmp(&words(other)).then(places).then(numbers.unwrap_or(std::cmp::Ordering::Equal))
    }

    /// Applies a set, scale or add; `adds_up` as of the measure.
    pub(super) fn apply(&self, grid: &mut Grid, step: usize, adds_up: bool) {
        let force = self.timing.force(step);
        let pace = self.pace.powi((step - self.timing.first) as i32);
        for (region, amount) in self.regions.iter().zip(&self.amounts) {
            let amount = amount * pace;
            let cells: Vec<usize> = self.industries.iter().map(|i| region * grid.width + i).collect();
            match self.act {
                Act::Scale => scale(grid, &cells, 1.0 + force * (amount - 1.0)),
                Act::Set if adds_up => set_total(grid, &cells, amount, force),
                Act::Set => cells.iter().for_each(|c| grid.values[*c] = set_to(grid.values[*c], amount, force)),
                Act::Add if adds_up => add_total(grid, &cells, force * amount),
                Act::Add => add(grid, &cells, &vec![force * amount; cells.len()]),
                Act::Share | Act::Move(_) => {}
            }
        }
    }

    /// The regions it changes, leaves and goes to.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        let to = if let Act::Move(to) = &self.act { to.as_slice() } else { &[] };
        self.regions.iter().chain(to).copied()
    }
}

fn scale(grid: &mut Grid, cells: &[usize], factor: f64) {
    for cell in cells {
        grid.values[*cell] = grid.values[*cell].map(|x| x * factor);
    }
}

fn add(grid: &mut Grid, cells: &[usize], amounts: &[f64]) {
    for (cell, amount) in cells.iter().zip(amounts) {
        grid.values[*cell] = grid.values[*cell].map(|x| x + amount);
    }
}

/// On the way from the projected to the set level; a cell without one gets it once the change is fully in force.
fn set_to(projected: Value, level: f64, force: f64) -> Value {
    if force >= 1.0 { Ok(level) } else { projected.map(|x| x + force * (level - x)) }
}

/// Brings the sum of the cells to `level`, keeping their proportions.
fn set_total(grid: &mut Grid, cells: &[usize], level: f64, force: f64) {
    let total = sum_present(&cells.iter().map(|c| grid.values[*c]).collect::<Vec<_>>());
    let shares = shares(grid, cells);
    let target = set_to(total, level, force);
    for (cell, share) in cells.iter().zip(shares) {
        if let Some(share) = share.or((total.is_err()).then_some(1.0 / cells.len() as f64)) {
            grid.values[*cell] = target.map(|target| target * share);
        }
    }
}

/// Adds `amount` to the sum of the cells, in their proportions.
fn add_total(grid: &mut Grid, cells: &[usize], amount: f64) {
    let amounts: Vec<f64> = shares(grid, cells).iter().map(|share| share.unwrap_or(0.0) * amount).collect();
    add(grid, cells, &amounts);
}

/// Each present cell's share of the sum of `cells`, equal ones when the sum is zero; `None` where absent.
fn shares(grid: &Grid, cells: &[usize]) -> Vec<Option<f64>> {
    let present = cells.iter().filter(|c| grid.values[**c].is_ok()).count() as f64;
    let total: f64 = cells.iter().filter_map(|c| grid.values[*c].ok()).sum();
    let share = |x: f64| if total > 0.0 { x / total } else { 1.0 / present };
    cells.iter().map(|c| grid.values[*c].ok().map(share)).collect()
}

/// Applies all moves at once: each takes its share of what its regions have before any of them.
pub(super) fn apply_moves(grid: &mut Grid, moves: &[&Change], step: usize) {
    let mut gains: BTreeMap<usize, f64> = BTreeMap::new();
    for change in moves {
        let force = change.timing.force(step);
        let Act::Move(to) = &change.act else { continue };
        for industry in &change.industries {
            let width = grid.width;
            let cells = |regions: &[usize]| regions.iter().map(move |r| r * width + industry).collect::<Vec<_>>();
            let mut moved = 0.0;
            for (cell, amount) in cells(&change.regions).into_iter().zip(&change.amounts) {
                let leaving = grid.values[cell].unwrap_or(0.0) * amount * force;
                *gains.entry(cell).or_default() -= leaving;
                moved += leaving;
            }
            let to = cells(to);
            for (cell, share) in to.iter().zip(shares(grid, &to)) {
                *gains.entry(*cell).or_default() += share.unwrap_or(0.0) * moved;
            }
        }
    }
    for (cell, gain) in gains {
        grid.values[cell] = grid.values[cell].map(|x| x + gain);
    }
}

/// A measure that adds up cannot fall below zero; where a change took more than there was, the cell is absent.
pub(super) fn refuse_negative(grid: &mut Grid, projected: &Grid) {
    for (value, projected) in grid.values.iter_mut().zip(&projected.values) {
        let below = matches!((*value, projected), (Ok(x), Ok(projected)) if x < 0.0 && *projected >= 0.0);
        if below {
            *value = Err(Absent::OutsideDomain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Absent::Missing;

    fn change(act: Act, amount: f64, regions: &[usize]) -> Change {
        let (regions, industries, amounts) = (regions.to_vec(), vec![0, 1], vec![amount; regions.len()]);
        let timing = Timing { first: 1, last: 4, phase: 2, fade: 3 };
        let margin = Margin::Other;
        Change { measure: 0, act, amounts, pace: 1.0, regions, industries, timing, margin, policy: 0, number: 0 }
    }

    fn grid() -> Grid {
        Grid { width: 2, values: vec![Ok(10.0), Ok(30.0), Ok(0.0), Ok(0.0), Err(Missing), Ok(5.0)] }
    }

    fn applied(act: Act, amount: f64, region: usize, adds_up: bool) -> Vec<Value> {
        let mut grid = grid();
        change(act, amount, &[region]).apply(&mut grid, 3, adds_up);
        grid.region(region).to_vec()
    }

    #[test]
    fn a_change_comes_into_force_and_fades_out_by_equal_steps() {
        let timing = change(Act::Add, 1.0, &[0]).timing;
        let forces: Vec<f64> = (0..9).map(|step| timing.force(step)).collect();
        assert_eq!(forces, [0.0, 0.5, 1.0, 1.0, 1.0, 2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
        let ends = Timing { fade: 1, ..timing };
        assert_eq!((ends.force(4), ends.force(5), ends.end()), (1.0, 0.0, 5));
        let after = |first| Timing { first, ..timing };
        assert!(timing.meets(&after(6)) && !timing.meets(&after(7)) && !after(7).meets(&timing));
    }

    #[test]
    fn amounts_are_shared_by_the_industries_in_proportion() {
        assert_eq!(applied(Act::Set, 80.0, 0, true), [Ok(20.0), Ok(60.0)]);
        assert_eq!(applied(Act::Add, 20.0, 0, true), [Ok(15.0), Ok(45.0)]);
        assert_eq!(applied(Act::Add, 20.0, 1, true), [Ok(10.0), Ok(10.0)]);
        assert_eq!(applied(Act::Add, 2.0, 2, true), [Err(Missing), Ok(7.0)]);
        assert_eq!(applied(Act::Set, 80.0, 0, false), [Ok(80.0), Ok(80.0)]);
        assert_eq!(applied(Act::Scale, 1.5, 0, true), [Ok(15.0), Ok(45.0)]);
    }

    #[test]
    fn amounts_move_at_their_pace() {
        let mut grid = grid();
        Change { pace: 1.5, ..change(Act::Set, 80.0, &[0]) }.apply(&mut grid, 3, true);
        assert_eq!(grid.region(0), [Ok(45.0), Ok(135.0)]);
    }

    #[test]
    fn moves_act_at_once_and_conserve_the_total() {
        let mut grid = grid();
        let (there, back) = (change(Act::Move(vec![1]), 0.5, &[0]), change(Act::Move(vec![0]), 0.5, &[2]));
        apply_moves(&mut grid, &[&there, &back], 3);
        assert_eq!(grid.values, [Ok(5.0), Ok(17.5), Ok(5.0), Ok(15.0), Err(Missing), Ok(2.5)]);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let a = change(Act::Move(vec![1]), 0.5, &[0]);
        let mut list = [a, change(Act::Add, 2.0, &[0]), change(Act::Add, 1.0, &[0]), change(Act::Set, 1.0, &[0])];
        list.sort_by(Change::canonical);
        assert_eq!(list.each_ref().map(|c| c.amounts[0].to_string()), ["1", "1", "2", "0.5"]);
    }
}
