//! Runs the program forward, draw by draw.

use super::future::{Layer, Step};
use super::model::Model;
use super::path;
use super::plan::{Plan, Scenario};
use super::shock::Shock;
use crate::error::Error;
use crate::formula::{Cache, History, Link, Predictors, Program, Source, Unit};
use crate::numeric::Stop;
use crate::panel::{Absent, Grid, Panel, Period, Value, finite, ratio};
use rayon::prelude::*;

/// What stays the same for every draw.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) program: &'a Program,
    pub(super) panel: &'a Panel,
    pub(super) history: &'a History<'a>,
    pub(super) model: &'a Model,
    pub(super) plan: &'a Plan,
    pub(super) link: Link,
    /// The drivers without any scenario.
    pub(super) projected: &'a [Step],
}

/// A future without the draws: its drivers and, when they are the same in every draw, the regressors.
#[derive(Debug)]
pub(super) struct Future<'a> {
    /// By step.
    pub(super) drivers: Vec<Step>,
    scenario: Option<&'a Scenario>,
    /// By step; `None` when each draw has its own.
    predictors: Option<Vec<Predictors>>,
    /// Whether the formula reads the measure that is forecast.
    reads_outcome: bool,
    /// By step, the quantity of the outcome in the observed period that the step's outcome compares with.
    past: Vec<Vec<Value>>,
}

/// One draw of a future, step × row.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) outcome: Vec<Value>,
    /// The quantity of the outcome: a measure, or a ratio of two.
    pub(super) level: Vec<Value>,
    /// The right-hand side, by step; empty when it is the same in every draw.
    own: Vec<Predictors>,
}

impl<'a> Engine<'a> {
    /// Prepares a future: the baseline, or a scenario with its drivers.
    pub(super) fn future(&self, drivers: Vec<Step>, scenario: Option<&'a Scenario>) -> Future<'a> {
        let feeds_back = scenario.is_some() && !self.plan.feedback.is_empty();
        let reads_outcome = self.program.drivers().contains(&self.link.measure);
        let same = !feeds_back && !reads_outcome;
        let predictors = same.then(|| {
            let source = Layer { below: self.history, start: self.start(), steps: &drivers };
            let mut cache = Cache::default();
            let periods = self.plan.periods.iter();
            periods.map(|period| self.program.predictors(&source, *period, &mut cache)).collect()
        });
        let back = self.link.steps();
        let compared = self.plan.periods.iter().take(back as usize);
        let past = compared.map(|period| self.observed(period.plus(-back))).collect();
        Future { drivers, scenario, predictors, reads_outcome, past }
    }

    /// Runs every draw of a future; feedback compares with the same draws of the `baseline`. Only the first run keeps
    /// its right-hand side.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once `stop` is raised.
    pub(super) fn run_all(
        &self,
        future: &Future<'_>,
        shocks: &[Shock],
        baseline: Option<&[Run]>,
        stop: &Stop,
    ) -> Result<Vec<Run>, Error> {
        let draw = |(d, shock): (usize, &Shock)| {
            stop.check()?;
            let mut run = self.run(future, shock, baseline.map(|runs| &runs[d]));
            if d > 0 {
                run.own = Vec::new();
            }
            Ok(run)
        };
        shocks.par_iter().enumerate().map(draw).collect()
    }

    /// The right-hand side that a run has seen, by step.
    pub(super) fn predictors<'b>(&self, future: &'b Future<'_>, run: &'b Run) -> &'b [Predictors] {
        future.predictors.as_ref().unwrap_or(&run.own)
    }

    fn run(&self, future: &Future<'_>, shock: &Shock, baseline: Option<&Run>) -> Run {
        let mut run = Run::default();
        let mut laid_over: Vec<Step> = Vec::new();
        let mut cache = Cache::default();
        for (h, period) in self.plan.periods.iter().enumerate() {
            if let Some(shared) = &future.predictors {
                self.step(future, &shared[h], shock, &mut run);
                continue;
            }
            laid_over.push(self.fed_back(future, h, &run, baseline));
            let drivers = Layer { below: self.history, start: self.start(), steps: &future.drivers };
            let source = Layer { below: &drivers, start: self.start(), steps: &laid_over };
            let predictors = self.program.predictors(&source, *period, &mut cache);
            self.step(future, &predictors, shock, &mut run);
            run.own.push(predictors);
            if future.reads_outcome {
                laid_over[h].insert(self.link.measure, self.outcome_grid(&future.drivers[h], &run, h));
            }
        }
        run
    }

    /// Predicts one period and adds it to the run.
    fn step(&self, future: &Future<'_>, predictors: &Predictors, shock: &Shock, run: &mut Run) {
        let rows = self.program.rows();
        let h = run.outcome.len() / rows;
        for row in 0..rows {
            let outcome = self.predict(predictors, shock, h, row);
            let level = outcome.and_then(|x| self.link.level(x, self.earlier(future, run, (h, row)), Ok(1.0)));
            run.outcome.push(outcome);
            run.level.push(level);
        }
    }

    fn predict(&self, predictors: &Predictors, shock: &Shock, h: usize, row: usize) -> Value {
        let rest = &self.model.rest;
        rest.known[row]?;
        let mut sum = rest.anchor.intercepts[row] + shock.anchor.intercepts[row] + shock.disturbances[h][row];
        for (k, column) in predictors.regressors.iter().enumerate() {
            sum += (self.model.coefficients[k] + shock.coefficients[k]) * column[row]?;
        }
        for (j, column) in predictors.slopes.iter().enumerate() {
            sum += (rest.anchor.slopes[j][row] + shock.anchor.slopes[j][row]) * column[row]?;
        }
        finite(sum)
    }

    /// The quantity of the outcome as many periods before step `h` as the outcome compares with.
    fn earlier(&self, future: &Future<'_>, run: &Run, (h, row): (usize, usize)) -> Value {
        let back = self.link.steps() as usize;
        match future.past.get(h) {
            // The link does not read it.
            _ if back == 0 => Ok(0.0),
            Some(past) => past[row],
            None => run.level[(h - back) * self.program.rows() + row],
        }
    }

    /// The quantity of the outcome in a period of the history, one a row.
    pub(super) fn observed(&self, period: Period) -> Vec<Value> {
        let read = |measure: usize| self.history.grid(measure, period).map(|grid| self.rows_of(grid));
        let missing = || vec![Err(Absent::NoPeriod); self.program.rows()];
        let levels = read(self.link.measure).unwrap_or_else(missing);
        match self.link.divisor {
            None => levels,
            Some(divisor) => {
                let divisors = read(divisor).unwrap_or_else(missing);
                levels.iter().zip(divisors).map(|(level, divisor)| self.link.quantity(*level, divisor)).collect()
            }
        }
    }

    /// One value a row: the region's total or the cell.
    pub(super) fn rows_of(&self, grid: &Grid) -> Vec<Value> {
        match self.program.unit() {
            Unit::Region => grid.region_totals(),
            Unit::Cell => grid.values.clone(),
        }
    }

    fn start(&self) -> Period {
        self.plan.periods[0]
    }

    /// The measures that respond to the level of the step before, with the scenario's changes.
    fn fed_back(&self, future: &Future<'_>, h: usize, run: &Run, baseline: Option<&Run>) -> Step {
        let (Some(before), Some(scenario), Some(baseline)) = (h.checked_sub(1), future.scenario, baseline) else {
            return Step::new();
        };
        let rows = self.program.rows();
        let per_row = self.panel.regions().len() * self.panel.width() / rows;
        let above = |row: usize| ratio(run.level[before * rows + row]?, baseline.level[before * rows + row]?);
        let respond = |(measure, elasticity): (&usize, &f64)| {
            let mut grid = self.projected[h][measure].clone();
            for (cell, value) in grid.values.iter_mut().enumerate() {
                *value = value.and_then(|x| finite(x * above(cell / per_row)?.powf(*elasticity)));
            }
            let adds_up = self.panel.measures()[*measure].adds_up();
            (*measure, path::change(scenario, *measure, h, &grid, adds_up))
        };
        self.plan.feedback.iter().map(respond).collect()
    }

    /// The simulated levels of step `h`; a region's industries keep their shares of the last observed period.
    fn outcome_grid(&self, drivers: &Step, run: &Run, h: usize) -> Grid {
        let (rows, width) = (self.program.rows(), self.panel.width());
        let mut levels = run.level[h * rows..].to_vec();
        if let Some(divisors) = self.link.divisor.map(|divisor| self.rows_of(&drivers[&divisor])) {
            levels.iter_mut().zip(divisors).for_each(|(level, divisor)| *level = level.and_then(|x| Ok(x * divisor?)));
        }
        if rows == self.panel.regions().len() * width {
            return Grid { width, values: levels };
        }
        let mut grid = self.history.grid(self.link.measure, self.start().plus(-1)).cloned();
        let grid = grid.get_or_insert_with(|| Grid::missing(rows, width));
        let totals = grid.region_totals();
        for (cell, value) in grid.values.iter_mut().enumerate() {
            let region = cell / width;
            *value = value.and_then(|x| Ok(ratio(x, totals[region]?)? * levels[region]?));
        }
        grid.clone()
    }
}
