//! A future: the baseline or a scenario, its point forecast and its draws, step by step.

use super::plan::Scenario;
use super::series::Section;
use super::shock::Noise;
use super::simulate::{Engine, Run};
use crate::error::Error;
use crate::formula::Source;
use crate::numeric::Stop;
use crate::panel::{Absent, Grid, Period, Value};
use rayon::prelude::*;
use std::collections::{BTreeMap, VecDeque};

/// One future period: the grids of the measures that are projected.
pub(super) type Step = BTreeMap<usize, Grid>;

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
        let here = step.and_then(|step| self.steps.get(step)?.get(&measure));
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
    own: Option<Own>,
    /// Draws whose system of equations did not settle.
    pub(super) unsettled: usize,
}

/// Outcomes of all draws, step × row × draw.
#[derive(Debug)]
struct Own {
    values: Vec<f64>,
    /// Step × row: why some draw has no outcome.
    absent: Vec<Option<Absent>>,
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

/// A future step by step, all draws together.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    engine: &'a Engine<'a>,
    noise: &'a Noise,
    future: &'a Future,
    h: usize,
    /// The levels of the last steps, the latest last.
    levels: VecDeque<Section>,
}

/// What a walk sees at a step.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) outcome: Section,
    pub(super) level: &'a Section,
    /// The level of the step before; of the last observed period in the first step.
    pub(super) before: &'a Section,
}

impl<'a> Walk<'a> {
    /// A walk from the last observed period.
    pub(super) fn new(engine: &'a Engine<'a>, noise: &'a Noise, future: &'a Future) -> Self {
        let back = engine.main.link.steps().max(1);
        let observed = |k: i32| constant(engine.observed(&engine.main, engine.start().plus(-k)), noise.count);
        Self { engine, noise, future, h: 0, levels: (1..=back).rev().map(observed).collect() }
    }

    /// The next step.
    pub(super) fn next(&mut self) -> View<'_> {
        let (h, back) = (self.h, self.engine.main.link.steps() as usize);
        let outcome = match &self.future.own {
            Some(own) => self.own(own),
            None => self.shared(),
        };
        let earlier = &self.levels[self.levels.len() - back.max(1)];
        let rows = self.engine.main.program.rows();
        let place = h * rows;
        let point = self.future.point.level[place..place + rows].to_vec();
        let level = level(self.engine, &outcome, (back > 0).then_some(earlier), point);
        self.levels.push_back(level);
        if self.levels.len() > back.max(1) + 1 {
            self.levels.pop_front();
        }
        self.h += 1;
        let last = self.levels.len() - 1;
        View { outcome, level: &self.levels[last], before: &self.levels[last - 1] }
    }

    /// The outcomes of draws that had right-hand sides of their own.
    fn own(&self, own: &Own) -> Section {
        let (rows, count) = (self.engine.main.program.rows(), self.noise.count);
        let places = self.h * rows..(self.h + 1) * rows;
        Section {
            count,
            point: self.future.point.outcome[places.clone()].to_vec(),
            absent: own.absent[places.clone()].to_vec(),
            values: own.values[places.start * count..places.end * count].to_vec(),
        }
    }

    /// The outcomes of draws that share the right-hand side of the point forecast.
    fn shared(&self) -> Section {
        let (model, rows, count) = (self.engine.main.model, self.engine.main.program.rows(), self.noise.count);
        let point = &self.future.point;
        let places = self.h * rows..(self.h + 1) * rows;
        let mut section = Section {
            count,
            point: point.outcome[places].to_vec(),
            absent: vec![None; rows],
            values: vec![0.0; rows * count],
        };
        if count == 0 {
            return section;
        }
        let all = section.values.par_chunks_mut(count).zip(&mut section.absent).enumerate();
        all.for_each(|(row, (values, absent))| {
            let (mut terms, mut slopes) = (Vec::new(), Vec::new());
            match model.predict(&point.predictors[self.h], row, &mut terms, &mut slopes) {
                Ok(sum) => {
                    values.fill(sum);
                    self.noise.main.add(model, (row, self.h), &terms, &slopes, values);
                    *absent = overflow(values);
                }
                Err(reason) => *absent = Some(reason),
            }
        });
        section
    }
}

/// The levels that outcomes give back from those of an earlier step.
fn level(engine: &Engine<'_>, outcome: &Section, earlier: Option<&Section>, point: Vec<Value>) -> Section {
    let (count, rows) = (outcome.count, outcome.point.len());
    let row = |row: usize| {
        let earlier = earlier.map(|earlier| earlier.at(row).draws).transpose();
        match (outcome.at(row).draws, earlier) {
            (Ok(draws), Ok(earlier)) => {
                let levels = engine.main.link.levels(draws, |d| earlier.map_or(0.0, |earlier| earlier[d]));
                (overflow(&levels), levels)
            }
            (Err(reason), _) | (_, Err(reason)) => (Some(reason), vec![0.0; count]),
        }
    };
    let (absent, values): (Vec<_>, Vec<_>) = (0..rows).into_par_iter().map(row).unzip();
    Section { count, point, absent, values: values.concat() }
}

/// The same values in every draw.
fn constant(values: Vec<Value>, count: usize) -> Section {
    Section {
        count,
        absent: values.iter().map(|value| value.err()).collect(),
        values: values.iter().flat_map(|value| std::iter::repeat_n(value.unwrap_or(0.0), count)).collect(),
        point: values,
    }
}

fn overflow(values: &[f64]) -> Option<Absent> {
    values.iter().any(|x| !x.is_finite()).then_some(Absent::Overflow)
}
