//! A future: the baseline or a scenario, its point forecast and its draws, step by step.

use super::plan::Scenario;
use super::shock::Noise;
use super::simulate::{Engine, Run};
use crate::error::Error;
use crate::formula::Source;
use crate::numeric::Stop;
use crate::panel::{Absent, Grid, Period, Value};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One future period: the grids of the measures that are projected; futures share those that no change moves.
pub(super) type Step = BTreeMap<usize, Arc<Grid>>;

/// A source continued: `below`, with the measures of future periods laid over it.
pub(super) struct Layer<'a> {
    pub(super) below: &'a dyn Source,
    /// The period of the first step.
    pub(super) start: Period,
    pub(super) steps: &'a [Step],
}

impl Source for Layer<'_> {
    fn grid(&self, measure: usize, period: Period) -> Option<&Grid> {
        let step = usize::try_from(period.ordinal - self.start.ordinal).ok();
        let here = step.and_then(|step| self.steps.get(step)?.get(&measure)).map(|grid| &**grid);
        here.or_else(|| self.below.grid(measure, period))
    }

    fn first_period(&self) -> Period {
        self.below.first_period()
    }
}

/// Draws that run together before they are sorted by row.
const TOGETHER: usize = 128;

/// A future: its point forecast, and the outcomes of its draws where each has a right-hand side of its own.
#[derive(Debug)]
pub(super) struct Future {
    pub(super) point: Run,
    pub(super) own: Option<Own>,
    /// Draws whose system of equations did not settle.
    pub(super) unsettled: usize,
}

/// Outcomes of all draws, step × row × draw.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) values: Vec<f64>,
    /// Step × row: why some draw has no outcome.
    pub(super) absent: Vec<Option<Absent>>,
}

impl Future {
    /// Runs a future whose drivers, as far as they do not vary, are given; feedback compares with the `baseline`.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn run(
        engine: &Engine<'_>,
        noise: &Noise,
        scenario: Option<&Scenario>,
        changed: &[Step],
        baseline: Option<&Self>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        stop.check()?;
        let point = engine.point(scenario, changed, baseline.map(|baseline| &baseline.point.level[..]));
        let mut future = Self { unsettled: usize::from(!point.converged), point, own: None };
        if noise.count == 0 || !engine.draws_differ(noise, scenario) {
            return Ok(future);
        }
        let (places, count) = (future.point.outcome.len(), noise.count);
        let mut own = Own { values: vec![0.0; places * count], absent: vec![None; places] };
        for first in (0..count).step_by(TOGETHER) {
            let draw = |d: usize| {
                stop.check()?;
                let levels = baseline.map(|baseline| baseline.levels_of(engine, noise, d));
                let run = engine.draw((noise, d), scenario, changed, levels.as_deref());
                Ok((run.outcome, run.converged))
            };
            let range = first..(first + TOGETHER).min(count);
            let runs: Vec<_> = range.into_par_iter().map(draw).collect::<Result<_, Error>>()?;
            future.unsettled += runs.iter().filter(|(_, converged)| !converged).count();
            own.take(first, count, &runs);
        }
        future.own = Some(own);
        Ok(future)
    }

    /// The levels of one draw, step × row.
    fn levels_of(&self, engine: &Engine<'_>, noise: &Noise, d: usize) -> Vec<Value> {
        let rows = engine.main.program.rows();
        let shock = noise.main.one(d);
        let mut levels: Vec<Value> = Vec::with_capacity(self.point.outcome.len());
        for h in 0..engine.plan.periods.len() {
            let outcome: Vec<Value> = match &self.own {
                Some(own) => (h * rows..(h + 1) * rows)
                    .map(|place| own.absent[place].map_or(Ok(own.values[place * noise.count + d]), Err))
                    .collect(),
                None => super::simulate::outcomes(&engine.main, &self.point.predictors[h], &shock, h),
            };
            let level = engine.levels(&engine.main, &outcome, h, &levels);
            levels.extend(level);
        }
        levels
    }
}

impl Own {
    /// Takes the outcomes of runs, of which the first is draw `first`.
    fn take(&mut self, first: usize, count: usize, runs: &[(Vec<Value>, bool)]) {
        let places = self.values.par_chunks_mut(count).zip(&mut self.absent).enumerate();
        places.for_each(|(place, (values, absent))| {
            for (value, (outcome, _)) in values[first..].iter_mut().zip(runs) {
                match outcome[place] {
                    Ok(x) => *value = x,
                    Err(reason) => {
                        absent.get_or_insert(reason);
                    }
                }
            }
        });
    }
}
