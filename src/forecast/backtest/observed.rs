//! What came: levels of areas in the periods of the whole panel.

use super::super::answer::Area;
use crate::formula::{Link, Program, Unit};
use crate::panel::{Absent, Panel, Period, Value, finite, ratio};

/// Levels of the rows of a program, calendar period by calendar period.
#[derive(Debug)]
pub(super) struct Observed {
    first: i32,
    adds_up: bool,
    /// By period, one a row; `None` where the panel lacks the period.
    measures: Vec<Option<Vec<Value>>>,
    /// The same of the measure the outcome divides by; `None` without one.
    divisors: Option<Vec<Option<Vec<Value>>>>,
}

impl Observed {
    /// What `panel` says of the quantity of a program's outcome.
    pub(super) fn new(program: &Program, link: Link, panel: &Panel) -> Self {
        let (first, end) = (panel.periods()[0].ordinal, panel.periods()[panel.periods().len() - 1].ordinal);
        let rows = |measure: usize| {
            let grid = |ordinal| panel.grid(measure, Period { frequency: panel.frequency(), ordinal });
            let rows = |grid: crate::panel::Grid| match program.unit() {
                Unit::Region => grid.region_totals(),
                Unit::Cell => grid.values,
            };
            (first..=end).map(|ordinal| grid(ordinal).map(rows)).collect()
        };
        Self {
            first,
            adds_up: panel.measures()[link.measure].adds_up(),
            measures: rows(link.measure),
            divisors: link.divisor.map(rows),
        }
    }

    /// The position of a period in the lists of [`Observed::levels`].
    pub(super) fn place(&self, period: Period) -> usize {
        (period.ordinal - self.first) as usize
    }

    /// The level of an area in every period, from its rows as a forecast sums them.
    pub(super) fn levels(&self, area: &Area) -> Vec<Value> {
        (0..self.measures.len()).map(|t| self.level(area, t)).collect()
    }

    fn level(&self, area: &Area, t: usize) -> Value {
        if let (Some(reason), []) = (area.left_out, &area.rows[..]) {
            return Err(reason);
        }
        let sum = |column: &Option<Vec<Value>>| {
            let column = column.as_ref().ok_or(Absent::NoPeriod)?;
            area.rows.iter().map(|row| column[*row]).sum::<Value>()
        };
        let total = sum(&self.measures[t])?;
        match &self.divisors {
            Some(divisors) => ratio(total, sum(&divisors[t])?),
            None if self.adds_up => finite(total),
            None => finite(total / area.rows.len() as f64),
        }
    }
}

/// Percent growth of each level on the one before; the first has none.
pub(super) fn growth(levels: &[Value]) -> Vec<Value> {
    let rates = levels.windows(2).map(|pair| percent(pair[0], pair[1]));
    std::iter::once(Err(Absent::NoPeriod)).chain(rates).take(levels.len()).collect()
}

/// Percent growth from one level to the next.
pub(super) fn percent(before: Value, now: Value) -> Value {
    finite(100.0 * (ratio(now?, before?)? - 1.0))
}
