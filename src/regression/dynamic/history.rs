//! What is known of a variable at every observation, rows without a complete set of variables included.

use crate::regression::design::{Design, RowId};
use std::collections::HashMap;

/// A variable of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    /// The outcome.
    Outcome,
    /// The regressor of this number.
    Term(usize),
}

/// The values of a variable by observation.
#[derive(Debug, Clone)]
pub(super) struct History {
    values: HashMap<RowId, f64>,
    /// The first period with a value.
    pub(super) first: i32,
    last: i32,
}

impl History {
    /// The history of a variable: its values in the rows used and in those left out for another variable's absence.
    pub(super) fn of(design: &Design, variable: Variable) -> Self {
        let (used, known): (&[f64], Vec<_>) = match variable {
            Variable::Outcome => (&design.y, design.incomplete.iter().map(|other| (other.row, other.y)).collect()),
            Variable::Term(j) => {
                (&design.x[j], design.incomplete.iter().map(|other| (other.row, other.x[j])).collect())
            }
        };
        let known = known.into_iter().filter_map(|(row, value)| Some((row, value.ok()?)));
        let values: HashMap<_, _> = design.rows.iter().copied().zip(used.iter().copied()).chain(known).collect();
        let (mut first, mut last) = (i32::MAX, i32::MIN);
        for row in values.keys() {
            (first, last) = (first.min(row.period), last.max(row.period));
        }
        Self { values, first, last }
    }

    /// The value `back` periods before `period`, of the unit of `row`.
    pub(super) fn at(&self, row: RowId, period: i32, back: i32) -> Option<f64> {
        self.values.get(&RowId { period: period - back, ..row }).copied()
    }

    /// Whether this variable is the other one some periods before, wherever both are known.
    pub(super) fn is_lag_of(&self, other: &Self) -> bool {
        let varies = |history: &Self| {
            let mut values = history.values.values();
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        varies(self) && (1..=self.last - other.first).any(|back| self.lags(other, back))
    }

    /// Equality is of bits: a lag is a copy.
    fn lags(&self, other: &Self, back: i32) -> bool {
        let mut pairs = self.values.iter().filter_map(|(row, mine)| Some((mine, other.at(*row, row.period, back)?)));
        let is_copy = |(mine, earlier): (&f64, f64)| mine.to_bits() == earlier.to_bits();
        pairs.next().is_some_and(is_copy) && pairs.all(is_copy)
    }
}
