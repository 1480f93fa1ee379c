//! Levels of a study made coherent with forecasts of the groups' and the nation's own.
//!
//! The regions' levels come from the model, those of the groups and of the nation from random walks with drift of their
//! own history, or the nation's from the request. Both are reconciled in every draw and step. A scenario keeps the
//! baseline's adjustment, region by region, so that its effects in per cent are those of the model. Growth, and the
//! outcome, are recomputed from the reconciled levels.

use super::area::counted;
use super::plan::Reconcile;
use super::reconcile::{self, Hierarchy, Nation, Own, Reconciler};
use super::rest::Disturbances;
use super::series::Section;
use super::shock::salt;
use super::simulate::Engine;
use super::study::{Draws, Study};
use crate::error::{Error, Violation};
use crate::formula::{Form, Unit};
use crate::numeric::random::stream;
use crate::panel::{Absent, Period, Value, ratio};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What levels are multiplied by, and how that came about.
#[derive(Debug, Clone)]
pub(super) struct Coherent {
    /// Step by step, row × draw.
    pub(super) factors: Vec<Section>,
    /// In words.
    pub(super) told: String,
}

/// The nodes of a study: rows that count, by number, and the forecasts of the aggregates.
struct Nodes<'a> {
    study: &'a Study<'a>,
    rows: Vec<usize>,
    hierarchy: Hierarchy,
    own: Own,
    asked: &'a Reconcile,
    reconciler: Reconciler,
}

impl Coherent {
    /// Reconciles the baseline of a study; `None` where the request does not ask for it.
    ///
    /// # Errors
    /// At `reconciliation`: levels that do not add up over regions, and aggregates without a history of their own;
    /// [`Error::Cancelled`].
    pub(super) fn of(study: &Study<'_>) -> Result<Option<Self>, Error> {
        let Some(asked) = &study.engine().plan.reconcile else { return Ok(None) };
        let engine = study.engine();
        let adds_up = engine.panel.measures()[engine.main.link.measure].adds_up();
        if !adds_up || engine.main.link.divisor.is_some() || engine.main.program.unit() != Unit::Region {
            let rule = "needs a model of regions whose level adds up over them";
            return Err(Violation::new("reconciliation", rule, engine.main.program.outcome()).into());
        }
        let nodes = Nodes::new(study, asked)?;
        let mut walk = study.walk(&study.baseline, Draws::All);
        let own = nodes.own_draws();
        let mut factors = Vec::with_capacity(study.horizon());
        let mut last = None;
        for h in 1..=study.horizon() {
            study.stop.check()?;
            let view = walk.next();
            last = Some(nodes.base(view.level, h));
            factors.push(nodes.factors(view.level, h, &own));
        }
        let told = nodes.told(last.and_then(Result::ok));
        Ok(Some(Self { factors, told }))
    }

    /// The level and the outcome of a step, from 0, with the levels of earlier steps, the latest last, reconciled.
    pub(super) fn apply(
        &self,
        engine: &Engine<'_>,
        h: usize,
        level: &Section,
        before: &[Section],
    ) -> (Section, Section) {
        let factors = &self.factors[h];
        let level = combine(level, factors, |level, factor| level * factor);
        let back = engine.main.link.steps() as usize;
        let outcome = match (engine.main.link.form, before.len().checked_sub(back).and_then(|i| before.get(i))) {
            (Form::Ln, _) => combine(&level, &level, |level, _| level.ln()),
            (Form::Growth(_), Some(earlier)) => {
                combine(&level, earlier, |level, earlier| 100.0 * (level / earlier - 1.0))
            }
            (Form::LogDifference(_), Some(earlier)) => {
                combine(&level, earlier, |level, earlier| (level / earlier).ln())
            }
            (Form::Difference(_), Some(earlier)) => combine(&level, earlier, |level, earlier| level - earlier),
            _ => level.clone(),
        };
        (level, outcome)
    }
}

/// Two sections put together, number by number; absent where one is, or where nothing finite comes out.
fn combine(a: &Section, b: &Section, f: impl Fn(f64, f64) -> f64 + Sync) -> Section {
    let count = a.count;
    let finite = |x: f64| if x.is_finite() { Ok(x) } else { Err(Absent::OutsideDomain) };
    let point = a.point.iter().zip(&b.point).map(|(a, b)| finite(f((*a)?, (*b)?))).collect();
    let mut values = vec![0.0; a.values.len()];
    let row = |(row, values): (usize, &mut [f64])| {
        let (a, b) = (a.at(row).draws, b.at(row).draws);
        let (a, b) = match (a, b) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(reason), _) | (_, Err(reason)) => return Some(reason),
        };
        values.iter_mut().zip(a.iter().zip(b)).for_each(|(value, (a, b))| *value = f(*a, *b));
        values.iter().any(|x| !x.is_finite()).then_some(Absent::OutsideDomain)
    };
    let absent = match count {
        0 => a.absent.iter().zip(&b.absent).map(|(a, b)| a.or(*b)).collect(),
        _ => values.par_chunks_mut(count).enumerate().map(row).collect(),
    };
    Section { count, point, absent, values }
}

impl<'a> Nodes<'a> {
    fn new(study: &'a Study<'a>, asked: &'a Reconcile) -> Result<Self, Error> {
        let (rows, _) = counted(&study.rows, 0..study.rows.len());
        let groups = &study.engine().plan.groups;
        let classes: Vec<Option<usize>> = rows.iter().map(|row| groups.of.get(*row).copied().flatten()).collect();
        let hierarchy = Hierarchy::new(&classes, groups.names.len());
        let levels = history(study.engine(), &rows);
        let aggregates = aggregates(&hierarchy, &levels);
        let own = Own::new(&aggregates, &reconcile::random_walk(&aggregates)).map_err(|(node, reason)| {
            let name = if node == 0 { "the nation" } else { groups.names[node - 1].as_str() };
            let rule = format!("{name} has no positive level in every period that its own forecast needs ({reason})");
            Violation::new("reconciliation", rule, asked.method.card().id)
        })?;
        let mut errors = own.errors_today();
        errors.extend(model_errors(study.engine(), &rows));
        let nation = if asked.nation.is_empty() { Nation::Forecast } else { Nation::Given };
        let reconciler = Reconciler::new(hierarchy.clone(), asked.method, &errors, nation);
        Ok(Self { study, rows, hierarchy, own, asked, reconciler })
    }

    /// The aggregates' own levels of every draw, step × node. They err on the dates, and with the weights, on which the
    /// regions' levels do: reconciling knows that both err together, and would make much of drawn differences that no
    /// history has.
    fn own_draws(&self) -> Vec<Vec<Vec<f64>>> {
        let (request, horizon) = (&self.study.request, self.study.horizon());
        let (rest, noise) = (&self.study.engine().main.model.rest, &self.study.members[0].noise);
        let second = self.study.engine().panel.periods()[0].ordinal + 1;
        let dates: Vec<usize> = rest.dates.iter().filter_map(|date| usize::try_from(date - second).ok()).collect();
        let shared = (dates.len() > 1 && dates.len() == rest.dates.len()).then(|| self.own.shocks(&dates));
        let still = vec![Vec::new(); horizon];
        let draw = |d: usize| {
            let shock = noise.main.one(d);
            let mut steps = match &shared {
                Some(shocks) => {
                    let (steps, anchors) = shock.weights();
                    self.own.weighted(shocks, if steps.is_empty() { &still } else { steps }, anchors)
                }
                None if request.uncertainty.residuals => {
                    self.own.draw(horizon, &mut stream(request.seed ^ salt::AGGREGATES, d as u64 + 1))
                }
                None => (1..=horizon).map(|h| self.own.point(h)).collect(),
            };
            steps.iter_mut().zip(&self.asked.nation).for_each(|(step, nation)| step[0] = *nation);
            steps
        };
        (0..request.draws).into_par_iter().map(draw).collect()
    }

    /// Base and coherent levels of the point forecast.
    fn base(&self, level: &Section, h: usize) -> Result<(Vec<f64>, Vec<f64>), Absent> {
        let mut base = self.own.point(h);
        if let Some(nation) = self.asked.nation.get(h - 1) {
            base[0] = *nation;
        }
        base.extend(self.rows.iter().map(|row| level.point[*row]).collect::<Result<Vec<f64>, Absent>>()?);
        let coherent = self.reconciler.reconcile(&base, !self.asked.allow_negative)?;
        Ok((base, coherent))
    }

    fn factors(&self, level: &Section, h: usize, own: &[Vec<Vec<f64>>]) -> Section {
        let (count, all) = (level.count, level.point.len());
        let first = self.hierarchy.aggregates();
        let ratios = |base: &[f64], coherent: &[f64]| -> Vec<Value> {
            base[first..].iter().zip(&coherent[first..]).map(|(base, coherent)| ratio(*coherent, *base)).collect()
        };
        let point = self.base(level, h).map(|(base, coherent)| ratios(&base, &coherent));
        let draw = |d: usize| -> Result<Vec<Value>, Absent> {
            let mut base = own[d][h - 1].clone();
            for row in &self.rows {
                base.push(level.at(*row).draws?[d]);
            }
            let coherent = self.reconciler.reconcile(&base, !self.asked.allow_negative)?;
            Ok(ratios(&base, &coherent))
        };
        let draws: Vec<Result<Vec<Value>, Absent>> = (0..count).into_par_iter().map(draw).collect();
        let mut section =
            Section { count, point: vec![Ok(1.0); all], absent: vec![None; all], values: vec![1.0; all * count] };
        for (place, row) in self.rows.iter().enumerate() {
            section.point[*row] = point.as_ref().map_err(|reason| *reason).and_then(|ratios| ratios[place]);
            for (d, draw) in draws.iter().enumerate() {
                match draw.as_ref().map_err(|reason| *reason).and_then(|ratios| ratios[place]) {
                    Ok(factor) => section.values[row * count + d] = factor,
                    Err(reason) => {
                        section.absent[*row].get_or_insert(reason);
                    }
                }
            }
        }
        section
    }

    fn told(&self, last: Option<(Vec<f64>, Vec<f64>)>) -> String {
        let method = self.asked.method.card();
        let mut told = format!("levels are reconciled by {} ({})", method.id, method.title);
        if !self.asked.nation.is_empty() {
            told += "; the nation's levels are given";
        }
        if let Some(shrinkage) = self.reconciler.shrinkage() {
            told += &format!("; correlations of errors are shrunk by {shrinkage:.3}");
        }
        if let Some(fallback) = self.reconciler.fallback() {
            told += &format!("; {fallback}");
        }
        if let Some((base, coherent)) = last {
            let moved = self.reconciler.adjustment(&base, &coherent);
            let percent = |value: Value| value.map_or_else(|_| "–".to_owned(), |x| format!("{:.2} %", 100.0 * x));
            let (nation, regions) = (percent(moved.nation), percent(moved.regions));
            told += &format!("; in the last period that moves the nation by {nation} and regions by {regions}");
            if self.hierarchy.aggregates() > 1 {
                told += &format!(", groups by {}", percent(moved.groups));
            }
        }
        told
    }
}

/// Levels of the rows in every calendar period of the history, row × period.
fn history(engine: &Engine<'_>, rows: &[usize]) -> Vec<Vec<Value>> {
    let periods = engine.panel.periods();
    let (first, last) = (periods[0], periods[periods.len() - 1]);
    let all = (first.ordinal..=last.ordinal).map(|ordinal| Period { ordinal, ..first });
    let sections: Vec<Vec<Value>> = all.map(|period| engine.observed(&engine.main, period)).collect();
    rows.iter().map(|row| sections.iter().map(|section| section[*row]).collect()).collect()
}

/// Sums of the rows' levels, node × period; absent where one of them is.
fn aggregates(hierarchy: &Hierarchy, levels: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let periods = levels.first().map_or(0, Vec::len);
    let mut nodes = vec![Vec::with_capacity(periods); hierarchy.aggregates()];
    for t in 0..periods {
        let now: Result<Vec<f64>, Absent> = levels.iter().map(|levels| levels[t]).collect();
        match now {
            Ok(now) => {
                let sums = hierarchy.add_up(&now);
                nodes.iter_mut().zip(sums).for_each(|(node, sum)| node.push(Ok(sum)));
            }
            Err(reason) => nodes.iter_mut().for_each(|node| node.push(Err(reason))),
        }
    }
    nodes
}

/// One-step errors of the model's levels, row × period from the second on, about the last observed level.
fn model_errors(engine: &Engine<'_>, rows: &[usize]) -> Vec<Vec<Value>> {
    let periods = engine.panel.periods();
    let (first, last) = (periods[0].ordinal, periods[periods.len() - 1]);
    let observed = engine.observed(&engine.main, last);
    let blocks: BTreeMap<i32, &Vec<f64>> = match &engine.main.model.rest.disturbances {
        Disturbances::Blocks(blocks) => {
            engine.main.model.rest.dates.iter().copied().zip(blocks.iter().map(|block| &block.values)).collect()
        }
        _ => BTreeMap::new(),
    };
    let scale = |row: usize| -> Value {
        Ok(match engine.main.link.form {
            Form::Level | Form::Difference(_) => 1.0,
            Form::Ln | Form::LogDifference(_) => observed[row]?,
            Form::Growth(_) => observed[row]? / 100.0,
        })
    };
    let of_row = |row: &usize| {
        let error = |ordinal| Ok(blocks.get(&ordinal).ok_or(Absent::NoPeriod)?[*row] * scale(*row)?);
        (first + 1..=last.ordinal).map(error).collect()
    };
    rows.iter().map(of_row).collect()
}
