//! The paths of the drivers: projected, then changed by a scenario.

use super::answer::ProjectedDriver;
use super::change::{Change, apply_moves, refuse_negative};
use super::closure::Closure;
use super::driver::{Past, Simulator};
use super::future::Step;
use super::plan::{Plan, Scenario};
use super::share::apply_shares;
use super::warning::{Code, Warning};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::panel::{Absent, Grid, Panel, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The drivers without any scenario.
#[derive(Debug)]
pub(super) struct Projected {
    /// The point paths, one step a period.
    pub(super) steps: Vec<Step>,
    /// How draws simulate the measures whose own path is uncertain, by number of the measure.
    pub(super) simulators: BTreeMap<usize, Box<dyn Simulator>>,
    /// What methods tell of themselves: the ids they have chosen, and figures.
    pub(super) told: Vec<ProjectedDriver>,
    /// The drivers of each draw, kept by the first future that runs it for all others; empty where they are too many.
    pub(super) drawn: Vec<OnceLock<Vec<Step>>>,
}

/// Most bytes of drivers of draws that are kept.
pub(super) const KEPT_BYTES: u64 = 64 << 20;

impl Projected {
    /// Makes room for the drivers of so many draws, unless they are too many.
    pub(super) fn keep(mut self, draws: usize) -> Self {
        let cells = |step: &Step| self.simulators.keys().map(|measure| step[measure].values.len()).sum::<usize>();
        let of_draw: usize = self.steps.iter().map(cells).sum();
        let bytes = (draws * of_draw * size_of::<Value>()) as u64;
        let kept = if of_draw > 0 && bytes <= KEPT_BYTES { draws } else { 0 };
        self.drawn = (0..kept).map(|_| OnceLock::new()).collect();
        self
    }
}

/// Projects the drivers that no equation projects.
///
/// # Errors
/// At `drivers[i].params`: what a method refuses; [`Error::Cancelled`].
pub(super) fn baseline(
    plan: &Plan,
    panel: &Panel,
    warnings: &mut Vec<Warning>,
    stop: &Stop,
) -> Result<Projected, Error> {
    let mut projected = Projected {
        steps: vec![Step::new(); plan.periods.len()],
        simulators: BTreeMap::new(),
        told: Vec::new(),
        drawn: Vec::new(),
    };
    for (measure, projection) in &plan.drivers {
        let name = &panel.measures()[*measure].name;
        let past = Past::new(panel, *measure).with_given(projection.given.clone());
        let fitted = projection.driver.fit(&past, &projection.params, plan.periods.len(), stop)?;
        if !fitted.held.is_empty() {
            let held = fitted.held.len();
            let message = format!("{held} cells of {name} have no growth rate in the window and keep their last level");
            warnings.push(Warning::new(Code::DriverHeld, name, message));
        }
        for (step, grid) in projected.steps.iter_mut().zip(fitted.path) {
            step.insert(*measure, Arc::new(grid));
        }
        projected.simulators.extend(fitted.simulator.map(|simulator| (*measure, simulator)));
        let (method, figures, mut chosen) = (projection.driver.card().id, fitted.figures, fitted.chosen);
        chosen.sort_unstable();
        chosen.dedup();
        projected.told.push(ProjectedDriver { measure: name.clone(), method, figures, chosen });
    }
    Ok(projected)
}

/// One measure of one period as the scenario has it, from its projection.
pub(super) fn change(
    scenario: &Scenario,
    measure: usize,
    step: usize,
    projected: &Arc<Grid>,
    adds_up: bool,
) -> Arc<Grid> {
    let in_force = |change: &&Change| change.measure == measure && change.timing.force(step) > 0.0;
    let active: Vec<&Change> = scenario.changes.iter().filter(in_force).collect();
    if active.is_empty() {
        return projected.clone();
    }
    let mut grid = Grid::clone(projected);
    for change in &active {
        change.apply(&mut grid, step, adds_up);
    }
    let nation = if scenario.closure == Closure::NewActivity { None } else { Some(&**projected) };
    apply_shares(&mut grid, &active, step, nation);
    let level = |grid: &Grid, cell: usize| grid.values[cell].unwrap_or(0.0);
    let added: Vec<f64> = (0..grid.values.len()).map(|cell| level(&grid, cell) - level(projected, cell)).collect();
    apply_moves(&mut grid, &active, step);
    if adds_up {
        scenario.closure.balance(&added, &mut grid, &targeted(&active, projected));
        refuse_negative(&mut grid, projected);
    }
    Arc::new(grid)
}

/// Which cells a change in force concerns, as a place it changes, leaves or goes to.
fn targeted(active: &[&Change], grid: &Grid) -> Vec<bool> {
    let mut targeted = vec![false; grid.values.len()];
    active.iter().for_each(|change| change.mark(grid.width, &mut targeted));
    targeted
}

/// The whole path of a scenario without feedback.
///
/// # Errors
/// At `changes` and `closure`: every measure, region and first period in which changes take more than
/// there is, and every closure that finds nobody to take from.
pub(super) fn scenario(
    scenario: &Scenario,
    plan: &Plan,
    panel: &Panel,
    baseline: &[Step],
) -> Result<Vec<Step>, Violations> {
    let mut violations = Violations::default();
    let mut steps = Vec::with_capacity(baseline.len());
    for (t, projected) in baseline.iter().enumerate() {
        let changed = |(measure, grid): (&usize, &Arc<Grid>)| {
            let adds_up = panel.measures()[*measure].adds_up();
            (*measure, change(scenario, *measure, t, grid, adds_up))
        };
        let step: Step = projected.iter().map(changed).collect();
        if violations.is_empty() {
            let place = |measure: &usize| format!("{} in {}", panel.measures()[*measure].name, plan.periods[t]);
            for (measure, grid) in &step {
                exhausted(&place(measure), panel, (&projected[measure], grid), &mut violations);
                if panel.measures()[*measure].adds_up() {
                    unpaid(&place(measure), scenario, (&projected[measure], grid), &mut violations);
                }
            }
        }
        steps.push(step);
    }
    violations.into_result(steps)
}

/// What any of the scenarios takes beyond what there is, at `scenarios[i]`.
///
/// # Errors
/// As [`scenario`], of all scenarios.
pub(super) fn check(plan: &Plan, panel: &Panel, baseline: &[Step]) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for (i, each) in plan.scenarios.iter().enumerate() {
        violations.keep(&format!("scenarios[{i}]"), scenario(each, plan, panel, baseline));
    }
    violations.into_result(())
}

/// The path of a scenario in a draw with drivers of its own; a stock of which changes take more than the draw has is
/// used up.
pub(super) fn changed(scenario: &Scenario, panel: &Panel, drawn: &[Step]) -> Vec<Step> {
    let step = |(t, drawn): (usize, &Step)| {
        let one = |(measure, grid): (&usize, &Arc<Grid>)| {
            let adds_up = panel.measures()[*measure].adds_up();
            let mut changed = change(scenario, *measure, t, grid, adds_up);
            if !Arc::ptr_eq(&changed, grid) {
                for (value, before) in Arc::make_mut(&mut changed).values.iter_mut().zip(&grid.values) {
                    if *value == Err(Absent::OutsideDomain) && before.is_ok() {
                        *value = Ok(0.0);
                    }
                }
            }
            (*measure, changed)
        };
        drawn.iter().map(one).collect()
    };
    drawn.iter().enumerate().map(step).collect()
}

/// Refuses cells that the changes left below zero.
fn exhausted(place: &str, panel: &Panel, (before, after): (&Grid, &Grid), violations: &mut Violations) {
    for (cell, value) in after.values.iter().enumerate() {
        if before.values[cell].is_ok_and(|x| x >= 0.0) && value.is_err() {
            let region = panel.regions().name(cell / after.width);
            let stock = before.values[cell].unwrap_or(0.0);
            let rule = format!("takes more {place} from {region} than there is: {stock}");
            violations.push(Violation::new("changes", rule, stock));
        }
    }
}

/// Refuses closures that should leave the national total alone and could not.
fn unpaid(place: &str, scenario: &Scenario, (before, after): (&Grid, &Grid), violations: &mut Violations) {
    let total = |grid: &Grid| grid.values.iter().filter_map(|x| x.ok()).sum::<f64>();
    let (was, is) = (total(before), total(after));
    let complete = after.values.iter().zip(&before.values).all(|(a, b)| a.is_ok() == b.is_ok());
    if scenario.closure != Closure::NewActivity && complete && (is - was).abs() > 1e-9 * was.abs() {
        let rule =
            format!("finds no region to take {place} from: every candidate has a change of its own or none of it");
        violations.push(Violation::new("closure", rule, is - was));
    }
}

#[cfg(test)]
mod laws;
