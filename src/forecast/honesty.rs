//! How far the futures of a study lie from its history, and how likely what a scenario imposes is.

use super::answer::Imposed;
use super::distance::{self, Distance, Seen};
use super::future::{Future, Step};
use super::plausibility::plausibility;
use super::study::Study;
use super::warning::{Doubt, Warning};
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
        Self { study, seen: Seen::of(&history.collect::<Vec<_>>()) }
    }

    /// How far the rows of a future lie from the history; those without a baseline are left out.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn distances(&self, futures: &[Future]) -> Result<Vec<Distance>, Error> {
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
    pub(super) fn doubts(&self, name: &str, distances: &[Distance]) -> Vec<Doubt> {
        let (rows, periods) = (&self.study.rows, &self.study.engine().plan.periods);
        let row = |row: usize| rows[row].label();
        let period = |step: usize| periods[step].to_string();
        let terms = self.study.engine().main.program.regressors();
        distance::doubts(name, terms, (&row, &period), distances)
    }

    /// How plausible the paths are that a scenario imposes on its drivers.
    pub(super) fn imposed(&self, futures: &[Future]) -> Vec<Imposed> {
        let (ours, theirs) = (&futures[0].point.drivers, &self.study.baseline[0].point.drivers);
        let measures = self.study.engine().panel.measures();
        let of = |measure: &usize| {
            let deviations = deviations(ours, theirs, *measure);
            let cells = moved(&deviations);
            let steps = steps(&deviations, &cells);
            let found = plausibility(&self.errors(*measure, &cells), &steps)?;
            Some(Imposed { driver: measures[*measure].name.clone(), plausibility: found })
        };
        self.study.engine().plan.drivers.keys().filter(|measure| measures[**measure].adds_up()).filter_map(of).collect()
    }

    /// Warnings about paths that are implausible.
    pub(super) fn warnings(name: &str, imposed: &[Imposed]) -> Vec<Warning> {
        let warn = |one: &Imposed| super::plausibility::warning(name, &one.driver, &one.plausibility);
        imposed.iter().filter_map(warn).collect()
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

/// The cells with a deviation, those that move most where they are many, ascending.
fn moved(deviations: &[Vec<f64>]) -> Vec<usize> {
    let most = |cell: usize| deviations.iter().map(|step| step[cell].abs()).fold(0.0, f64::max);
    let count = deviations.first().map_or(0, Vec::len);
    let mut cells: Vec<(f64, usize)> = (0..count).map(|cell| (most(cell), cell)).collect();
    cells.retain(|(size, _)| *size > ROUNDING);
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
