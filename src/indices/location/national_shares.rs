//! Shares of a nation that is made of the regions of which something else is known, too.

use crate::panel::{Slice, Value, ratio, sum_present};

/// The sum over the regions that are known, by industry.
pub(super) struct NationalShares(Vec<Value>);

impl NationalShares {
    /// Of one value a region; only regions where `known` is present count.
    pub(super) fn of_regions(values: &[Value], known: &[Value]) -> Self {
        let values: Vec<Value> = values.iter().zip(known).map(|(x, known)| known.and(*x)).collect();
        Self(vec![sum_present(&values)])
    }

    /// Of cells, industry by industry.
    pub(super) fn of_cells(slice: &Slice<'_>, known: &[Value]) -> Self {
        let values: Vec<Value> = slice.cells().map(|(region, _, x)| known[region].and(x)).collect();
        Self(slice.clone().replaced(values).industry_totals())
    }

    /// The share that `x` has of an industry.
    pub(super) fn of(&self, industry: usize, x: f64) -> Value {
        ratio(x, self.0[industry]?)
    }
}
