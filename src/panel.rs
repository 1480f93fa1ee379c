//! Regions × periods (× industries): the data every method works on.
//!
//! A [`Panel`] keeps its cells by column, sorted by (period, region, industry), so that a
//! period is a contiguous slice and memory follows the number of observations. Methods read
//! it one cross-section at a time, as a dense [`Grid`] of regions × industries.

mod builder;
mod calendar;
mod continues;
mod labels;
pub mod profile;
mod slice;
mod space;
mod value;

pub use builder::{PanelBuilder, RowKey};
pub use calendar::{Frequency, Period};
pub use labels::Labels;
pub use slice::{Columns, Slice};
pub use space::SpatialWeights;
pub use value::{Absent, Value, finite, ln, ratio, sum_present};

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a measure counts, and so whether it adds up over regions and industries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// A level at a date, such as capital; adds up.
    Stock,
    /// An amount over the period, such as value added; adds up.
    Flow,
    /// A number of things, such as enterprises; adds up.
    Count,
    /// A ratio, such as an unemployment rate; does not add up.
    Rate,
}

/// A column of numbers: its name, unit and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Name in requests and formulas.
    pub name: String,
    /// Unit as the publisher writes it; may be empty.
    pub unit: String,
    /// Stock, flow, count or rate.
    pub kind: MeasureKind,
}

impl Measure {
    /// Whether sums over regions or industries mean something.
    pub fn adds_up(&self) -> bool {
        self.kind != MeasureKind::Rate
    }
}

/// A property of the regions, or of the industries, that does not change over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Name in requests and formulas.
    pub name: String,
    /// Unit; empty for text.
    pub unit: String,
    /// One entry a region (an industry).
    pub data: AttributeData,
}

/// The entries of an [`Attribute`], one a region (an industry).
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeData {
    /// Numbers, such as land area.
    Numeric(Vec<Value>),
    /// Classes, such as the macro-region; `None` where unknown.
    Text(Vec<Option<String>>),
}

/// The names the data use for their keys, such as `state` for the region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyNames {
    /// Name of the region column.
    pub region: String,
    /// Name of the period column.
    pub period: String,
    /// Name of the industry column, where there is one.
    pub industry: Option<String>,
}

/// A regional dataset, checked and sorted; built by [`PanelBuilder`].
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    key_names: KeyNames,
    frequency: Frequency,
    regions: Labels,
    industries: Option<Labels>,
    periods: Vec<Period>,
    offsets: Vec<usize>,
    region_of: Vec<u32>,
    industry_of: Vec<u32>,
    measures: Vec<Measure>,
    columns: Vec<Vec<Value>>,
    attributes: Vec<Attribute>,
    industry_attributes: Vec<Attribute>,
    weights: Option<SpatialWeights>,
}

impl Panel {
    /// The names of the key columns.
    pub fn key_names(&self) -> &KeyNames {
        &self.key_names
    }

    /// Year, quarter or month; the same for every row.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The regions, in lexicographic order.
    pub fn regions(&self) -> &Labels {
        &self.regions
    }

    /// The industries in lexicographic order, when the data have that dimension.
    pub fn industries(&self) -> Option<&Labels> {
        self.industries.as_ref()
    }

    /// Columns of a [`Grid`]: the number of industries, or 1 when there is no such dimension.
    pub fn width(&self) -> usize {
        self.industries.as_ref().map_or(1, Labels::len)
    }

    /// The periods that have at least one row, ascending; there may be gaps.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Periods between the first and the last that have no row, ascending.
    pub fn gaps(&self) -> Vec<Period> {
        let between = |pair: &[Period]| {
            let (before, steps) = (pair[0], pair[1].ordinal - pair[0].ordinal);
            (1..steps).map(move |step| before.plus(step))
        };
        self.periods.windows(2).flat_map(between).collect()
    }

    /// Position of `period` among [`Panel::periods`].
    pub fn find_period(&self, period: Period) -> Option<usize> {
        (period.frequency == self.frequency)
            .then(|| self.periods.binary_search_by_key(&period.ordinal, |p| p.ordinal).ok())
            .flatten()
    }

    /// Number of rows (observations).
    pub fn rows(&self) -> usize {
        self.region_of.len()
    }

    /// The rows of the `t`-th period.
    pub fn rows_of(&self, t: usize) -> Range<usize> {
        self.offsets[t]..self.offsets[t + 1]
    }

    /// Region and industry numbers of a row; the industry is 0 when there is no such dimension.
    pub fn cell_of(&self, row: usize) -> (usize, usize) {
        (self.region_of[row] as usize, self.industry_of.get(row).map_or(0, |i| *i as usize))
    }

    /// The measures, in the order of the data.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Position of the measure called `name`.
    pub fn find_measure(&self, name: &str) -> Option<usize> {
        self.measures.iter().position(|m| m.name == name)
    }

    /// The values of a measure, one a row.
    pub fn column(&self, measure: usize) -> &[Value] {
        &self.columns[measure]
    }

    /// The properties of the regions.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The attribute called `name`.
    pub fn find_attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The properties of the industries, such as the class an industry belongs to.
    pub fn industry_attributes(&self) -> &[Attribute] {
        &self.industry_attributes
    }

    /// Which regions are neighbours, when the data say so.
    pub fn weights(&self) -> Option<&SpatialWeights> {
        self.weights.as_ref()
    }

    /// One measure in one period as regions × industries; `None` when the panel lacks the period.
    ///
    /// A cell without a row is [`Absent::Missing`], never zero.
    pub fn grid(&self, measure: usize, period: Period) -> Option<Grid> {
        let t = self.find_period(period)?;
        let mut grid = Grid::missing(self.regions.len(), self.width());
        for row in self.rows_of(t) {
            let (region, industry) = self.cell_of(row);
            grid.values[region * grid.width + industry] = self.columns[measure][row];
        }
        Some(grid)
    }
}

/// A dense cross-section: regions × industries, one row a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Number of industries; 1 without that dimension.
    pub width: usize,
    /// regions × width values, region by region.
    pub values: Vec<Value>,
}

impl Grid {
    /// A grid in which every cell is missing.
    pub fn missing(regions: usize, width: usize) -> Self {
        Self { width, values: vec![Err(Absent::Missing); regions * width] }
    }

    /// Number of regions.
    pub fn regions(&self) -> usize {
        self.values.len() / self.width
    }

    /// The industries of one region.
    pub fn region(&self, region: usize) -> &[Value] {
        &self.values[region * self.width..(region + 1) * self.width]
    }

    /// One value a region: the sum over the industries that are present.
    pub fn region_totals(&self) -> Vec<Value> {
        self.values.chunks(self.width).map(sum_present).collect()
    }

    /// One value an industry: the sum over the regions that are present.
    pub fn industry_totals(&self) -> Vec<Value> {
        (0..self.width)
            .map(|i| {
                let column: Vec<_> = self.values.iter().skip(i).step_by(self.width).copied().collect();
                sum_present(&column)
            })
            .collect()
    }
}
