//! The gap of an index between two groups of regions, such as east and west, over time.

use super::bind::Bound;
use super::{Classes, Index, Input, Key, Output, Shape};
use crate::card::Params;
use crate::error::{Violation, Violations};
use crate::panel::{Absent, Panel, Period, Value, finite, ratio};

/// The two groups to compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gap {
    /// A text attribute of the regions, such as the macro-region.
    pub groups: String,
    /// One of its values.
    pub first: String,
    /// Another one; empty means all other regions of a known group.
    pub second: String,
}

/// The gap by period: rows by period, then by industry where the index has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GapTable {
    /// Period of each row.
    pub periods: Vec<Period>,
    /// Number of each row's industry, for indices of cells and of industries.
    pub industries: Option<Vec<u32>>,
    /// `first`, `second`, `difference` (first − second), `ratio` (first / second) and, for indices of regions and
    /// cells, `difference_se`.
    pub parts: Vec<(&'static str, Vec<Value>)>,
}

/// The regions on either side.
#[derive(Debug)]
pub(super) struct Sides {
    first: Vec<usize>,
    second: Vec<usize>,
}

impl Sides {
    /// The regions that a gap compares.
    ///
    /// # Errors
    /// An unknown attribute or group, or two sides that are the same.
    pub(super) fn of(panel: &Panel, gap: &Gap) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let classes = super::bind::find_classes(panel.attributes(), "regions", &gap.groups);
        let classes = violations.keep("gap.groups", classes).unwrap_or_default();
        violations.clone().into_result(())?;
        let mut side = |field: &str, name: &str| {
            let found = classes.names.iter().position(|known| known == name);
            if found.is_none() {
                let rule = format!("must be a value of {}: {}", gap.groups, classes.names.join(", "));
                violations.push(Violation::new(format!("gap.{field}"), rule, name));
            }
            found
        };
        let first = side("first", &gap.first);
        let second = (!gap.second.is_empty()).then(|| side("second", &gap.second)).flatten();
        if gap.first == gap.second {
            violations.push(Violation::new("gap.second", "must differ from gap.first", &gap.second));
        }
        let regions = |wanted: &dyn Fn(usize) -> bool| members(&classes, wanted);
        let is_second = |class: usize| second.map_or(Some(class) != first, |second| class == second);
        violations.into_result(Self { first: regions(&|class| Some(class) == first), second: regions(&is_second) })
    }
}

fn members(classes: &Classes, wanted: &dyn Fn(usize) -> bool) -> Vec<usize> {
    (0..classes.of.len()).filter(|region| classes.of[*region].is_some_and(wanted)).collect()
}

impl GapTable {
    /// The gap of one period.
    pub(super) fn of(call: &Bound<'_>, sides: &Sides, period: Period, input: &Input<'_>, output: &Output) -> Self {
        let by_industry = matches!(output.shape, Shape::Cell | Shape::Grid | Shape::Industry);
        let rows = match output.shape {
            Shape::Region | Shape::Cell | Shape::Grid => means(sides, input, output),
            _ => {
                let alone = |regions: &[usize]| alone(call.index, &call.params, input, regions);
                let (first, second) = (alone(&sides.first), alone(&sides.second));
                first.into_iter().zip(second).map(|(first, second)| [first, second, Err(Absent::Missing)]).collect()
            }
        };
        let has_error = !matches!(output.shape, Shape::Industry | Shape::Nation);
        let column = |f: fn(&[Value; 3]) -> Value| rows.iter().map(f).collect::<Vec<_>>();
        let mut parts = vec![
            ("first", column(|row| row[0])),
            ("second", column(|row| row[1])),
            ("difference", column(|row| finite(row[0]? - row[1]?))),
            ("ratio", column(|row| ratio(row[0]?, row[1]?))),
        ];
        if has_error {
            parts.push(("difference_se", column(|row| row[2])));
        }
        let has_industries = by_industry && input.measure.width() > 1;
        Self {
            periods: vec![period; rows.len()],
            industries: has_industries.then(|| (0..rows.len() as u32).collect()),
            parts,
        }
    }
}

/// The index of some regions alone.
fn alone(index: &dyn Index, params: &Params, input: &Input<'_>, regions: &[usize]) -> Vec<Value> {
    let neighbours = input.neighbours.map(|weights| weights.among(regions));
    let mut alone = input.of_regions(regions);
    alone.neighbours = neighbours.as_ref();
    index.compute(&alone, params).parts.swap_remove(0).1
}

/// The unweighted means of both sides, industry by industry, and the standard error of their difference without the
/// assumption of equal variances: Welch (1938), Biometrika 29, 350–362.
fn means(sides: &Sides, input: &Input<'_>, output: &Output) -> Vec<[Value; 3]> {
    let width = if output.shape == Shape::Region { 1 } else { input.measure.width() };
    let mut samples = vec![[Vec::new(), Vec::new()]; width];
    let mut side_of = vec![None; input.measure.regions()];
    for (side, regions) in [&sides.first, &sides.second].into_iter().enumerate() {
        regions.iter().for_each(|region| side_of[*region] = Some(side));
    }
    for (region, industry, value) in rows(input, output) {
        if let (Some(side), Ok(x)) = (side_of[region], value) {
            samples[industry][side].push(x);
        }
    }
    let summary = |[first, second]: &[Vec<f64>; 2]| {
        let ((a, va), (b, vb)) = (moments(first), moments(second));
        [a, b, va.and_then(|va| finite((va + vb?).sqrt()))]
    };
    samples.iter().map(summary).collect()
}

/// Region, industry and value of each row of an index of regions or cells.
fn rows<'r>(input: &'r Input<'_>, output: &'r Output) -> Box<dyn Iterator<Item = (usize, usize, Value)> + 'r> {
    let values = output.parts[0].1.iter().copied().enumerate();
    let width = input.measure.width();
    match output.shape {
        Shape::Region => Box::new(values.map(|(region, value)| (region, 0, value))),
        Shape::Grid => Box::new(values.map(move |(row, value)| (row / width, row % width, value))),
        _ => {
            let cells = input.measure.cells();
            Box::new(cells.zip(values).map(|((region, industry, _), (_, value))| (region, industry, value)))
        }
    }
}

/// Mean, and variance of the mean.
fn moments(sample: &[f64]) -> (Value, Value) {
    let n = sample.len() as f64;
    if sample.is_empty() {
        return (Err(Absent::TooFewCategories), Err(Absent::TooFewCategories));
    }
    let mean = sample.iter().sum::<f64>() / n;
    let squares = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let variance = if sample.len() < 2 { Err(Absent::TooFewCategories) } else { finite(squares / (n - 1.0) / n) };
    (finite(mean), variance)
}

impl GapTable {
    /// The industries as a key, where rows have them.
    pub fn key(&self) -> Option<Key> {
        self.industries.clone().map(Key::Industries)
    }

    /// Appends the rows of later periods.
    pub(super) fn extend(&mut self, later: Self) {
        if self.parts.is_empty() {
            *self = later;
            return;
        }
        self.periods.extend(later.periods);
        if let (Some(industries), Some(more)) = (&mut self.industries, later.industries) {
            industries.extend(more);
        }
        for ((_, column), (_, more)) in self.parts.iter_mut().zip(later.parts) {
            column.extend(more);
        }
    }
}
