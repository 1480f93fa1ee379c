//! Any number of indices over the periods of a panel, each with an outcome of its own.

use super::bind::{Beside, Bound};
use super::{Input, Output, Shape};
use crate::card::{Params, Raw};
use crate::error::{Error, Violations};
use crate::numeric::Stop;
use crate::panel::{Absent, Grid, Panel, Period, Value};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// One index asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexCall {
    /// Id or alias of the index.
    pub index: String,
    /// The measure to take it of.
    pub measure: String,
    /// Parameters by name; what is left out has its default.
    pub parameters: BTreeMap<String, Raw>,
}

/// The values of one index, by column: rows by period, then region, then industry, as far as the index has them.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexTable {
    /// Id of the index.
    pub index: &'static str,
    /// What a row belongs to besides its period.
    pub shape: Shape,
    /// Period of each row.
    pub periods: Vec<Period>,
    /// Number of each row's region, when rows belong to regions.
    pub regions: Option<Vec<u32>>,
    /// Number of each row's industry, when rows belong to industries.
    pub industries: Option<Vec<u32>>,
    /// Named results, one value a row.
    pub parts: Vec<(&'static str, Vec<Value>)>,
    /// Parameters in force, defaults included.
    pub params: Params,
    /// Conventions the numbers follow.
    pub conventions: Vec<String>,
    /// Cells (region, industry and period) the index was computed on.
    pub used: usize,
    /// Cells left out, by the reason for which they or what the index asks for beside them is absent.
    pub left_out: BTreeMap<Absent, usize>,
}

/// Computes `calls` for `periods`; the outcomes are in the order of the calls.
///
/// Every cross-section is built once, whatever the number of indices that read it. In periods that the panel lacks
/// every value is absent. The outcomes do not depend on the number of threads.
///
/// # Errors
/// A call that breaks rules has its violations for an outcome, with field paths such as
/// `indices[2].parameters.per`; the other calls are not affected. [`Error::Cancelled`] when `stop` is raised.
pub fn evaluate(
    panel: &Panel,
    calls: &[IndexCall],
    periods: &[Period],
    stop: &Stop,
) -> Result<Vec<Result<IndexTable, Violations>>, Error> {
    let bound: Vec<_> =
        calls.iter().enumerate().map(|(i, call)| Bound::of(panel, call, &format!("indices[{i}]"))).collect();
    let grids = Grids::of(panel, bound.iter().flatten(), periods, stop)?;
    let table = |bound: Result<Bound, Violations>| match bound {
        Ok(bound) => table(panel, &bound, &grids, (periods, stop)).map(Ok),
        Err(violations) => Ok(Err(violations)),
    };
    bound.into_par_iter().map(table).collect()
}

/// The cross-sections that the calls read.
struct Grids {
    built: BTreeMap<(usize, i32), Grid>,
    missing: Grid,
}

impl Grids {
    fn of<'a>(
        panel: &Panel,
        calls: impl Iterator<Item = &'a Bound>,
        periods: &[Period],
        stop: &Stop,
    ) -> Result<Self, Error> {
        let mut wanted = BTreeSet::new();
        for call in calls {
            for period in periods {
                wanted.insert((call.measure, period.ordinal));
                wanted.extend(call.span.map(|span| (call.measure, period.ordinal - span)));
                if let Some(Beside::Measure(measure)) = call.beside {
                    wanted.insert((measure, period.ordinal));
                }
            }
        }
        let frequency = panel.frequency();
        let build = |(measure, ordinal)| {
            stop.check()?;
            Ok(panel.grid(measure, Period { frequency, ordinal }).map(|grid| ((measure, ordinal), grid)))
        };
        let built: Vec<_> = wanted.into_par_iter().map(build).collect::<Result<_, Error>>()?;
        Ok(Self {
            built: built.into_iter().flatten().collect(),
            missing: Grid::missing(panel.regions().len(), panel.width()),
        })
    }

    fn get(&self, measure: usize, ordinal: i32) -> Option<&Grid> {
        self.built.get(&(measure, ordinal))
    }

    fn get_or_missing(&self, measure: usize, ordinal: i32) -> &Grid {
        self.get(measure, ordinal).unwrap_or(&self.missing)
    }
}

/// The answer for one period, and how many cells it was computed on and left out.
struct Answer {
    output: Output,
    used: usize,
    left_out: BTreeMap<Absent, usize>,
}

impl Answer {
    fn of(call: &Bound, grids: &Grids, period: Period) -> Self {
        let beside = call.beside.as_ref().map(|beside| match beside {
            Beside::Measure(measure) => Cow::Owned(grids.get_or_missing(*measure, period.ordinal).region_totals()),
            Beside::Attribute(values) => Cow::Borrowed(values.as_slice()),
        });
        let input = Input {
            measure: grids.get_or_missing(call.measure, period.ordinal),
            earlier: call.span.and_then(|span| grids.get(call.measure, period.ordinal - span)),
            beside: beside.as_deref(),
            groups: call.groups.as_deref(),
        };
        let (used, left_out) = count(&input, call.span.is_some());
        Self { output: call.index.compute(&input, &call.params), used, left_out }
    }
}

/// Cells that are there with all that the index asks for beside them, and the others by reason.
fn count(input: &Input<'_>, looks_back: bool) -> (usize, BTreeMap<Absent, usize>) {
    let mut left_out = BTreeMap::new();
    for (cell, value) in input.measure.values.iter().enumerate() {
        let beside = input.beside.map_or(Ok(0.0), |beside| beside[cell / input.measure.width]);
        let earlier = match input.earlier {
            Some(grid) => grid.values[cell],
            None if looks_back => Err(Absent::NoPeriod),
            None => Ok(0.0),
        };
        if let Err(absent) = value.and(beside).and(earlier) {
            *left_out.entry(absent).or_insert(0) += 1;
        }
    }
    (input.measure.values.len() - left_out.values().sum::<usize>(), left_out)
}

fn table(panel: &Panel, call: &Bound, grids: &Grids, (periods, stop): (&[Period], &Stop)) -> Result<IndexTable, Error> {
    let answer = |period: &Period| {
        stop.check()?;
        Ok(Answer::of(call, grids, *period))
    };
    let answers: Vec<_> = periods.par_iter().map(answer).collect::<Result<_, Error>>()?;
    let shape = call.index.shape(&call.params, panel.width());
    let (regions, industries) = match shape {
        Shape::Cell => (panel.regions().len(), panel.width()),
        Shape::Region => (panel.regions().len(), 1),
        Shape::Industry => (1, panel.width()),
        Shape::Nation => (1, 1),
    };
    let rows = |number: fn(usize, usize) -> usize| -> Vec<u32> {
        let one = (0..regions * industries).map(|row| number(row, industries) as u32);
        periods.iter().flat_map(|_| one.clone()).collect()
    };
    let mut table = IndexTable {
        index: call.index.card().id,
        shape,
        periods: periods.iter().flat_map(|period| std::iter::repeat_n(*period, regions * industries)).collect(),
        regions: matches!(shape, Shape::Cell | Shape::Region).then(|| rows(|row, width| row / width)),
        industries: matches!(shape, Shape::Cell | Shape::Industry).then(|| rows(|row, width| row % width)),
        parts: Vec::new(),
        params: call.params.clone(),
        conventions: call.index.conventions(&call.params),
        used: 0,
        left_out: BTreeMap::new(),
    };
    for answer in answers {
        table.add(answer);
    }
    Ok(table)
}

impl IndexTable {
    /// Appends the answer for the next period.
    fn add(&mut self, answer: Answer) {
        self.used += answer.used;
        for (absent, count) in answer.left_out {
            *self.left_out.entry(absent).or_default() += count;
        }
        for (i, (name, values)) in answer.output.parts.into_iter().enumerate() {
            match self.parts.get_mut(i) {
                Some((_, column)) => column.extend(values),
                None => self.parts.push((name, values)),
            }
        }
    }
}
