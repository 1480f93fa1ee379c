//! Futures step by step: what the draws of one model, or of several, come to.

use super::coherent::Coherent;
use super::future::{Future, Own};
use super::series::Section;
use super::shock::Noise;
use super::simulate::{Engine, Run};
use crate::panel::{Absent, Value, finite};
use rayon::prelude::*;
use std::collections::VecDeque;

/// How the models of a forecast come together.
#[derive(Debug, Clone)]
pub(super) struct Mixture {
    /// Of each model; they sum to one.
    pub(super) weights: Vec<f64>,
    /// The model of each draw; empty when draws are averages of all models, as the point forecast is.
    pub(super) choice: Vec<usize>,
}

/// A future step by step, all draws and models together.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    strides: Vec<Stride<'a>>,
    mixture: &'a Mixture,
    /// Level of the last step and of the one before, of several models.
    mixed: Option<(Section, Section)>,
    coherent: Option<&'a Coherent>,
    /// Levels of the last steps, reconciled, the latest last.
    reconciled: Vec<Section>,
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
    /// A walk from the last observed period through the future that each model has.
    pub(super) fn new(
        models: impl IntoIterator<Item = (&'a Engine<'a>, &'a Noise, &'a Future)>,
        mixture: &'a Mixture,
        coherent: Option<&'a Coherent>,
    ) -> Self {
        let strides: Vec<Stride<'a>> =
            models.into_iter().map(|(engine, noise, future)| Stride::new(engine, noise, future)).collect();
        let observed = || strides.first().map_or_else(Vec::new, |first| first.levels.iter().cloned().collect());
        let reconciled = coherent.map_or_else(Vec::new, |_| observed());
        Self { strides, mixture, mixed: None, coherent, reconciled }
    }

    /// The next step.
    pub(super) fn next(&mut self) -> View<'_> {
        let Some(coherent) = self.coherent else { return self.raw() };
        let (h, engine) = (self.strides[0].h, self.strides[0].engine);
        let level = self.raw().level.clone();
        let (level, outcome) = coherent.apply(engine, h, &level, &self.reconciled);
        self.reconciled.push(level);
        let last = self.reconciled.len() - 1;
        View { outcome, level: &self.reconciled[last], before: &self.reconciled[last - 1] }
    }

    /// The next step as the models have it.
    fn raw(&mut self) -> View<'_> {
        let mut outcomes: Vec<Section> = self.strides.iter_mut().map(Stride::next).collect();
        if let [only] = &self.strides[..] {
            let (level, before) = only.levels();
            return View { outcome: outcomes.remove(0), level, before };
        }
        let before = match self.mixed.take() {
            Some((level, _)) => level,
            None => self.mixture.mix(&self.strides.iter().map(|stride| stride.levels().1).collect::<Vec<_>>()),
        };
        let level = self.mixture.mix(&self.strides.iter().map(|stride| stride.levels().0).collect::<Vec<_>>());
        let outcome = self.mixture.mix(&outcomes.iter().collect::<Vec<_>>());
        let (level, before) = &*self.mixed.insert((level, before));
        View { outcome, level, before }
    }
}

impl Mixture {
    /// The mean of the models' points.
    pub(super) fn point(&self, points: impl Iterator<Item = Value>) -> Value {
        let weighted: Value = points.zip(&self.weights).map(|(x, weight)| Ok(x? * weight)).sum();
        weighted.and_then(finite)
    }

    /// The means of what the futures' point forecasts hold.
    pub(super) fn points(&self, futures: &[Future], of: impl Fn(&Run) -> &Vec<Value>) -> Vec<Value> {
        if let [only] = futures {
            return of(&only.point).clone();
        }
        let places = 0..of(&futures[0].point).len();
        places.map(|place| self.point(futures.iter().map(|future| of(&future.point)[place]))).collect()
    }

    /// A section of all models; absent in a row where one of them is.
    fn mix(&self, sections: &[&Section]) -> Section {
        let (count, rows) = (sections[0].count, sections[0].point.len());
        let absent = |row: usize| sections.iter().find_map(|section| section.absent[row]);
        let draw = |row: usize, d: usize| match self.choice.get(d) {
            Some(model) => sections[*model].values[row * count + d],
            None => sections.iter().zip(&self.weights).map(|(s, weight)| weight * s.values[row * count + d]).sum(),
        };
        Section {
            count,
            point: (0..rows).map(|row| self.point(sections.iter().map(|section| section.point[row]))).collect(),
            absent: (0..rows).map(absent).collect(),
            values: (0..rows).flat_map(|row| (0..count).map(move |d| (row, d))).map(|(row, d)| draw(row, d)).collect(),
        }
    }
}

/// A future of one model step by step, all draws together.
#[derive(Debug)]
struct Stride<'a> {
    engine: &'a Engine<'a>,
    noise: &'a Noise,
    future: &'a Future,
    h: usize,
    /// The levels of the last steps, the latest last.
    levels: VecDeque<Section>,
}

impl<'a> Stride<'a> {
    /// From the last observed period.
    fn new(engine: &'a Engine<'a>, noise: &'a Noise, future: &'a Future) -> Self {
        let back = engine.main.link.steps().max(1);
        let observed = |k: i32| constant(engine.observed(&engine.main, engine.start().plus(-k)), noise.count);
        Self { engine, noise, future, h: 0, levels: (1..=back).rev().map(observed).collect() }
    }

    /// The outcome of the next step; its level is then the last.
    fn next(&mut self) -> Section {
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
        outcome
    }

    /// The level of the last step, and of the one before.
    fn levels(&self) -> (&Section, &Section) {
        let last = self.levels.len() - 1;
        (&self.levels[last], &self.levels[last - 1])
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
        if let Some(multiplier) = &model.multiplier {
            multiplier.apply_to_draws(&mut section, self.noise.main.coefficient(multiplier.term));
        }
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
