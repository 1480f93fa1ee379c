//! How far the futures of a study lie from its history, and how likely what a scenario imposes is.

use super::answer::Imposed;
use super::distance::{self, Distance, Seen};
use super::extrapolation::{self, Ranges};
use super::future::{Future, Step};
use super::plan::Scenario;
use super::plausibility::plausibility;
use super::study::{Draws, Study};
use super::warning::{Code, Doubt, Warning};
use crate::error::Error;
use crate::formula::{Cache, Source};
use crate::panel::Grid;

/// Cells of a driver whose imposed paths are judged together, at most: those that move most.
const MOST_CELLS: usize = 100;
/// Log deviation from the baseline below which nothing is imposed.
const ROUNDING: f64 = 1e-12;

/// What the history of a study has seen.
#[derive(Debug)]
pub(super) struct Honesty<'a> {
    study: &'a Study<'a>,
    /// Of the first model.
    seen: Option<Seen>,
    /// Of the terms of each model.
    ranges: Vec<Ranges>,
}

/// What a future gives cause to doubt.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) doubts: Vec<Doubt>,
    pub(super) distances: Vec<Distance>,
    pub(super) imposed: Vec<Imposed>,
    /// About paths that are implausible.
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Honesty<'a> {
    /// Looks through the history.
    pub(super) fn new(study: &'a Study<'a>) -> Self {
        let engine = study.engine();
        let mut cache = Cache::default();
        let history = engine
            .panel
            .periods()
            .iter()
            .map(|period| (*period, engine.main.program.predictors(&*engine.history, *period, &mut cache)));
        let seen = Seen::of(&history.collect::<Vec<_>>());
        Self { study, seen, ranges: study.members.iter().map(|member| extrapolation::ranges(&member.engine)).collect() }
    }

    /// Judges the futures of a scenario, or those of the baseline.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn judge(
        &self,
        name: &str,
        scenario: Option<&Scenario>,
        futures: &[Future],
    ) -> Result<Judgement, Error> {
        let mut doubts = Vec::new();
        for ((member, ranges), future) in self.study.members.iter().zip(&self.ranges).zip(futures) {
            let predictors = &future.point.predictors;
            doubts.extend(extrapolation::doubts(&member.engine, (&self.study.rows, ranges), (name, predictors)));
        }
        let distances = self.distances(futures)?;
        doubts.extend(self.doubts(name, &distances));
        let imposed = scenario.map_or_else(Vec::new, |scenario| self.imposed(scenario, futures));
        let mut warnings: Vec<Warning> = imposed
            .iter()
            .filter_map(|one| super::plausibility::warning(name, &one.driver, &one.plausibility))
            .collect();
        warnings.extend(self.emptied(name, futures));
        Ok(Judgement { doubts, distances, imposed, warnings })
    }

    /// What there is to doubt about a scenario by itself, told of the place `name`.
    ///
    /// # Errors
    /// As [`Study::run`].
    pub(super) fn of_scenario(&self, name: &str, scenario: &Scenario) -> Result<Vec<Warning>, Error> {
        let futures = self.study.run(scenario, Draws::Point)?;
        let Judgement { doubts, warnings, .. } = self.judge(name, Some(scenario), &futures)?;
        Ok(doubts.into_iter().map(|(_, warning)| warning).chain(warnings).collect())
    }

    /// How far the rows of a future lie from the history; those without a baseline are left out.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn distances(&self, futures: &[Future]) -> Result<Vec<Distance>, Error> {
        let (engine, predictors) = (self.study.engine(), &futures[0].point.predictors);
        let Some(seen) = &self.seen else { return Ok(Vec::new()) };
        let leverage = engine.main.model.leverage.as_ref().map_or_else(Vec::new, |leverage| {
            let relative = |h: &Option<f64>| h.map(|h| h / leverage.largest).filter(|x| x.is_finite());
            let step = |predictors| leverage.ahead(predictors, &engine.main.model.rest).iter().map(relative).collect();
            predictors.iter().map(step).collect()
        });
        let all = seen.ahead(predictors, &leverage, self.study.stop)?;
        Ok(all.into_iter().filter(|distance| self.study.rows[distance.row].left_out.is_none()).collect())
    }

    /// What distances give cause to doubt.
    fn doubts(&self, name: &str, distances: &[Distance]) -> Vec<Doubt> {
        let (rows, periods) = (&self.study.rows, &self.study.engine().plan.periods);
        let row = |row: usize| rows[row].label();
        let period = |step: usize| periods[step].to_string();
        let terms = self.study.engine().main.program.regressors();
        distance::doubts(name, terms, (&row, &period), distances)
    }

    /// How plausible the paths are that a scenario imposes on its drivers. What a closure makes of the other cells is
    /// left out: it follows from what is imposed.
    fn imposed(&self, scenario: &Scenario, futures: &[Future]) -> Vec<Imposed> {
        let (ours, theirs) = (&futures[0].point.drivers, &self.study.baseline[0].point.drivers);
        let panel = self.study.engine().panel;
        let measures = panel.measures();
        let of = |measure: &usize| {
            let deviations = deviations(ours, theirs, *measure);
            let cells = moved(&deviations, &scenario.targets(*measure, panel));
            let steps = steps(&deviations, &cells);
            let found = plausibility(&self.errors(*measure, &cells), &steps)?;
            Some(Imposed { driver: measures[*measure].name.clone(), plausibility: found })
        };
        self.study.engine().plan.drivers.keys().filter(|measure| measures[**measure].adds_up()).filter_map(of).collect()
    }

    /// Warnings about drivers that are taken to nothing, where a path of logarithms never comes.
    fn emptied(&self, name: &str, futures: &[Future]) -> Vec<Warning> {
        let (ours, theirs) = (&futures[0].point.drivers, &self.study.baseline[0].point.drivers);
        let measures = self.study.engine().panel.measures();
        let of = |measure: &usize| {
            let is_emptied = |cell: &usize| {
                let pairs = ours.iter().zip(theirs).map(|(ours, theirs)| (&ours[measure], &theirs[measure]));
                pairs.into_iter().any(|(ours, theirs)| {
                    ours.values[*cell] == Ok(0.0) && theirs.values[*cell].is_ok_and(|before| before > 0.0)
                })
            };
            let count = (0..theirs.first()?[measure].values.len()).filter(is_emptied).count();
            let message = format!(
                "{} is taken to zero in {count} place(s): its history, a path of growth rates, tells nothing about that",
                measures[*measure].name
            );
            (count > 0).then(|| Warning::new(Code::ImplausibleCondition, name, message))
        };
        self.study.engine().plan.drivers.keys().filter(|measure| measures[**measure].adds_up()).filter_map(of).collect()
    }

    /// Log growth of cells in the history, date × cell, at the dates at which all of them have one.
    fn errors(&self, measure: usize, cells: &[usize]) -> Vec<Vec<f64>> {
        let engine = self.study.engine();
        let pairs = engine.panel.periods().iter().filter_map(|period| {
            Some((engine.history.grid(measure, period.plus(-1))?, engine.history.grid(measure, *period)?))
        });
        let date = |(before, now): (&Grid, &Grid)| cells.iter().map(|cell| log_ratio(now, before, *cell)).collect();
        pairs.filter_map(date).collect()
    }
}

/// ln(now/before) of a cell where both are positive.
fn log_ratio(now: &Grid, before: &Grid, cell: usize) -> Option<f64> {
    let (now, before) = (now.values[cell].ok()?, before.values[cell].ok()?);
    (now > 0.0 && before > 0.0).then(|| (now / before).ln())
}

/// Log deviations from the baseline, step × cell; zero where a cell has none.
fn deviations(ours: &[Step], theirs: &[Step], measure: usize) -> Vec<Vec<f64>> {
    let step = |(ours, theirs): (&Step, &Step)| {
        let (ours, theirs) = (&ours[&measure], &theirs[&measure]);
        (0..ours.values.len()).map(|cell| log_ratio(ours, theirs, cell).unwrap_or(0.0)).collect()
    };
    ours.iter().zip(theirs).map(step).collect()
}

/// The `targeted` cells with a deviation, those that move most where they are many, ascending.
fn moved(deviations: &[Vec<f64>], targeted: &[bool]) -> Vec<usize> {
    let most = |cell: usize| deviations.iter().map(|step| step[cell].abs()).fold(0.0, f64::max);
    let count = deviations.first().map_or(0, Vec::len);
    let mut cells: Vec<(f64, usize)> = (0..count).map(|cell| (most(cell), cell)).collect();
    cells.retain(|(size, cell)| *size > ROUNDING && targeted[*cell]);
    cells.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    cells.truncate(MOST_CELLS);
    let mut cells: Vec<usize> = cells.into_iter().map(|(_, cell)| cell).collect();
    cells.sort_unstable();
    cells
}

/// The deviations of some cells in the steps in which any of them moves.
fn steps(deviations: &[Vec<f64>], cells: &[usize]) -> Vec<Vec<f64>> {
    let mut before = vec![0.0; cells.len()];
    let mut kept = Vec::new();
    for step in deviations {
        let now: Vec<f64> = cells.iter().map(|cell| step[*cell]).collect();
        if now.iter().zip(&before).any(|(now, before)| (now - before).abs() > ROUNDING) {
            kept.push(now.clone());
        }
        before = now;
    }
    kept
}
