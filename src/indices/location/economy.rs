//! The economy that a region's structure is compared with: the nation, which is the sum of the regions, or another one.

use crate::card::{Domain, Param};
use crate::indices::{Companion, Input};
use crate::panel::{Absent, Slice, Value, ratio, sum_present};

/// The parameter that names an economy other than the nation.
pub(super) const REFERENCE: Param = Param {
    name: "reference",
    doc: "Another dataset, such as the nation of which the data hold a part, or the world: x_i and x are then its sums \
          over its own regions, industries found by name. Left out, the sums of the data themselves.",
    domain: Domain::Dataset { required: false },
};

/// What an economy has of each industry, and in all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Economy {
    industries: Vec<Value>,
    total: Value,
}

impl Economy {
    /// The economy that the parameter `reference` names, or else the nation.
    pub(super) fn of(input: &Input<'_>) -> Self {
        input.companion(REFERENCE.name).map_or_else(|| Self::nation(&input.measure), Self::outside)
    }

    /// The sum of the regions.
    pub(super) fn nation(slice: &Slice<'_>) -> Self {
        Self { industries: slice.industry_totals(), total: sum_present(&slice.region_totals()) }
    }

    /// Another dataset. Its total has the industries that the regions do not know, too.
    fn outside(other: &Companion<'_>) -> Self {
        let Some(slice) = &other.measure else {
            let absent = Err(Absent::NoPeriod);
            return Self { industries: vec![absent; other.industries.len()], total: absent };
        };
        let totals = slice.industry_totals();
        let find = |industry: &Option<usize>| industry.map_or(Err(Absent::Missing), |i| totals[i]);
        Self { industries: other.industries.iter().map(find).collect(), total: sum_present(&totals) }
    }

    /// The sum of an industry.
    pub(super) fn industry(&self, industry: usize) -> Value {
        self.industries[industry]
    }

    /// The sum of all.
    pub(super) fn total(&self) -> Value {
        self.total
    }

    /// Each industry's share.
    pub(super) fn shares(&self) -> Vec<Value> {
        self.industries.iter().map(|x| ratio((*x)?, self.total?)).collect()
    }
}

/// One value a listed cell, from its own value, its region's share of the nation x_r/x and its industry's sum x_i.
pub(super) fn each_cell(slice: &Slice<'_>, value: impl Fn(f64, f64, f64) -> Value) -> Vec<Value> {
    let (regions, nation) = (slice.region_totals(), Economy::nation(slice));
    let share = |region: usize| ratio(regions[region]?, nation.total()?);
    slice.cells().map(|(region, industry, x)| value(x?, share(region)?, nation.industry(industry)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_economy_alone_has_counts_in_its_total() {
        let world = Slice::dense(3, vec![Ok(1.0), Ok(2.0), Ok(5.0), Ok(3.0), Ok(4.0), Ok(5.0)]);
        let mut other =
            Companion { measure: Some(world), regions: vec![], industries: vec![Some(1), None], suppliers: vec![] };
        assert_eq!(Economy::outside(&other).shares(), vec![Ok(0.3), Err(Absent::Missing)]);
        other.measure = None;
        assert_eq!(Economy::outside(&other).shares(), vec![Err(Absent::NoPeriod); 2]);
    }
}
