//! Rows as series: one observed unit over the calendar.

use crate::regression::design::RowId;
use std::collections::HashMap;

/// The rows of each unit, a region or a cell of region and industry, in the order of the calendar.
#[derive(Debug)]
pub(super) struct Series {
    /// Row numbers by unit, units in ascending order.
    pub(super) units: Vec<Vec<usize>>,
}

impl Series {
    /// The series of rows.
    pub(super) fn new(rows: &[RowId]) -> Self {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| unit_and_period(&rows[*i]));
        let same = |a: &usize, b: &usize| unit_and_period(&rows[*a]).0 == unit_and_period(&rows[*b]).0;
        Self { units: order.chunk_by(same).map(<[usize]>::to_vec).collect() }
    }

    /// The number of units with at least two rows.
    pub(super) fn repeated(&self) -> usize {
        self.units.iter().filter(|unit| unit.len() > 1).count()
    }

    /// Whether some unit has rows on both sides of a period without one.
    pub(super) fn has_gaps(&self, rows: &[RowId]) -> bool {
        let gap = |pair: &[usize]| rows[pair[1]].period != rows[pair[0]].period + 1;
        self.units.iter().any(|unit| unit.windows(2).any(gap))
    }

    /// The number of the unit of each row.
    pub(super) fn codes(&self) -> Vec<u32> {
        let mut codes = vec![0; self.units.iter().map(Vec::len).sum()];
        for (g, unit) in self.units.iter().enumerate() {
            unit.iter().for_each(|i| codes[*i] = g as u32);
        }
        codes
    }
}

fn unit_and_period(row: &RowId) -> ((u32, u32), i32) {
    ((row.region, row.industry), row.period)
}

/// For each row, that of the same unit `lag` periods of the calendar earlier.
pub(super) fn earlier(rows: &[RowId], lag: i32) -> Vec<Option<usize>> {
    let places: HashMap<&RowId, usize> = rows.iter().enumerate().map(|(i, row)| (row, i)).collect();
    rows.iter().map(|row| places.get(&RowId { period: row.period - lag, ..*row }).copied()).collect()
}

/// The periods with rows, ascending.
pub(super) fn periods(rows: &[RowId]) -> Vec<i32> {
    let mut periods: Vec<i32> = rows.iter().map(|row| row.period).collect();
    periods.sort_unstable();
    periods.dedup();
    periods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_a_period_of_the_calendar() {
        let rows = [(1, 3), (0, 1), (1, 1), (0, 2)].map(|(region, period)| RowId { region, industry: 0, period });
        let series = Series::new(&rows);
        assert_eq!(series.units, [vec![1, 3], vec![2, 0]]);
        assert_eq!(series.codes(), [1, 0, 1, 0]);
        assert!(series.has_gaps(&rows) && series.repeated() == 2);
        assert_eq!(earlier(&rows, 1), [None, None, None, Some(1)]);
        assert_eq!(earlier(&rows, 2), [Some(2), None, None, None]);
    }
}
