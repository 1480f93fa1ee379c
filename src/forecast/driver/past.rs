//! The history of one measure, and the series of its cells.

use crate::panel::{Grid, Panel, Period, Value, finite};
use std::sync::Arc;

/// The history of one measure, one grid a calendar period; `None` where the panel lacks the period.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    panel: &'a Panel,
    measure: usize,
    grids: Arc<[Option<Grid>]>,
    /// Calendar periods that are known, from the first one on.
    end: usize,
    last: Grid,
    /// Levels known beyond the last period: by cell, one a step.
    given: Vec<(usize, Vec<f64>)>,
}

/// How a measure is looked at: errors of the logarithm are relative, errors of the level absolute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// ln(x / last level): for positive cells of measures that add up.
    Logarithm,
    /// x − last level; `floor` keeps measures that add up from falling below zero.
    Level { floor: bool },
}

/// The observations of one cell on a scale, relative to the last level, which is 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Series {
    /// Calendar periods since the first of the history, ascending; the last is that of the last level.
    pub(super) dates: Vec<usize>,
    pub(super) values: Vec<f64>,
}

impl<'a> Past<'a> {
    /// The history of `measure` up to the last period of the panel.
    pub fn new(panel: &'a Panel, measure: usize) -> Self {
        let (first, end) = match panel.periods() {
            [] => (0, 0),
            [first, .., last] => (first.ordinal, last.ordinal + 1),
            [only] => (only.ordinal, only.ordinal + 1),
        };
        let period = |ordinal| Period { frequency: panel.frequency(), ordinal };
        let grids: Arc<[_]> = (first..end).map(|ordinal| panel.grid(measure, period(ordinal))).collect();
        Self::up_to(panel, measure, grids)
    }

    fn up_to(panel: &'a Panel, measure: usize, grids: Arc<[Option<Grid>]>) -> Self {
        let end = grids.len();
        let last = grids.last().cloned().flatten();
        let last = last.unwrap_or_else(|| Grid::missing(panel.regions().len(), panel.width()));
        Self { panel, measure, grids, end, last, given: Vec::new() }
    }

    /// The same history with levels known beyond it: by cell, one a step of the horizon.
    #[must_use]
    pub fn with_given(mut self, given: impl IntoIterator<Item = (usize, Vec<f64>)>) -> Self {
        self.given = given.into_iter().collect();
        self
    }

    /// The history as it was `back` periods before its end; `None` where that period is not in the data.
    pub(super) fn before(&self, back: usize) -> Option<Self> {
        let end = self.end.checked_sub(back).filter(|end| *end > 0)?;
        let last = self.grids[end - 1].clone()?;
        Some(Self { end, last, ..self.clone() })
    }

    /// The history of another measure of the same data, over the same periods.
    pub(super) fn of(&self, measure: usize) -> Self {
        let other = Self::new(self.panel, measure);
        let last = other.grids[self.end - 1].clone();
        let last = last.unwrap_or_else(|| Grid::missing(self.panel.regions().len(), self.panel.width()));
        Self { end: self.end, last, ..other }
    }

    /// The data.
    pub(super) fn panel(&self) -> &'a Panel {
        self.panel
    }

    /// Number of the measure.
    pub(super) fn measure(&self) -> usize {
        self.measure
    }

    /// The last period of the data.
    pub fn last(&self) -> &Grid {
        &self.last
    }

    /// Calendar periods from the first to the last.
    pub(super) fn dates(&self) -> usize {
        self.end
    }

    /// The cross-section of a calendar period; `None` where the data lack it.
    pub(super) fn grid(&self, date: usize) -> Option<&Grid> {
        self.grids[..self.end].get(date)?.as_ref()
    }

    /// Levels known beyond the last period: by cell, one a step.
    pub(super) fn given(&self) -> &[(usize, Vec<f64>)] {
        &self.given
    }

    /// Relative errors for measures that add up, absolute ones for rates.
    pub(super) fn scale(&self) -> Scale {
        if self.adds_up() { Scale::Logarithm } else { Scale::Level { floor: false } }
    }

    /// Whether the measure adds up.
    pub(super) fn adds_up(&self) -> bool {
        self.panel.measures()[self.measure].adds_up()
    }

    /// The first calendar period of a window of that many periods before the last; 0 is the whole history.
    pub(super) fn start(&self, window: usize) -> usize {
        if window == 0 { 0 } else { self.end.saturating_sub(window + 1) }
    }

    /// The series of a cell from a calendar period on; `None` where its last level is not there or not on the scale.
    pub(super) fn series(&self, cell: usize, scale: Scale, start: usize) -> Option<Series> {
        let last = self.last.values[cell].ok()?;
        scale.of(last, last)?;
        let mut series = Series::default();
        for date in start..self.end {
            let level = self.grids[date].as_ref().and_then(|grid| grid.values[cell].ok());
            if let Some(value) = level.and_then(|level| scale.of(level, last)) {
                series.dates.push(date);
                series.values.push(value);
            }
        }
        Some(series)
    }
}

impl Scale {
    /// A level on the scale, relative to the `last` one; `None` where it has none.
    pub(super) fn of(self, level: f64, last: f64) -> Option<f64> {
        match self {
            Self::Logarithm if level > 0.0 && last > 0.0 => Some((level / last).ln()).filter(|x| x.is_finite()),
            Self::Logarithm => None,
            Self::Level { .. } => Some(level - last),
        }
    }

    /// The level of a value on the scale, relative to the `last` one.
    pub(super) fn level(self, value: f64, last: f64) -> Value {
        match self {
            Self::Logarithm => finite(last * value.exp()),
            Self::Level { floor: true } => finite((last + value).max(0.0)),
            Self::Level { floor: false } => finite(last + value),
        }
    }
}

impl Series {
    /// Changes between neighbouring observations: date of the later one, periods between, change.
    pub(super) fn changes(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let pairs = self.dates.windows(2).zip(self.values.windows(2));
        pairs.map(|(dates, values)| (dates[1], dates[1] - dates[0], values[1] - values[0]))
    }

    /// Calendar periods from the first to the last observation.
    pub(super) fn span(&self) -> usize {
        self.dates.last().zip(self.dates.first()).map_or(0, |(last, first)| last - first)
    }

    /// The values of every calendar period from the first to the last observation.
    pub(super) fn dense(&self) -> Vec<Option<f64>> {
        let mut dense = vec![None; if self.dates.is_empty() { 0 } else { self.span() + 1 }];
        for (date, value) in self.dates.iter().zip(&self.values) {
            dense[date - self.dates[0]] = Some(*value);
        }
        dense
    }
}
