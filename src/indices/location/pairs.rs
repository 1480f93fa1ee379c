//! The quotients of pairs of industries, which turn a nation's input coefficients into those of a region.

use super::location_quotient::quotients;
use crate::card::{Domain, Param};
use crate::indices::{Input, Key, Output};
use crate::panel::{Absent, Value, finite, ratio, sum_present};

/// The conventions of all of them.
pub(super) const PAIRS: &str = "rows are the pairs of industries that the region lists; the nation includes the region";

/// The number of pairs, at most.
pub(super) fn most_pairs(regions: usize, width: usize) -> usize {
    regions * width * width
}

/// Two industries of a region.
pub(in crate::indices) struct Pair {
    /// The location quotient of the industry that supplies.
    pub(in crate::indices) supplier: f64,
    /// The location quotient of the industry that uses.
    pub(in crate::indices) user: f64,
    /// Whether they are the same industry.
    pub(in crate::indices) same: bool,
    /// The region's share of the nation, all industries together.
    pub(in crate::indices) size: f64,
}

/// The exponent of λ.
pub(in crate::indices) const DELTA: Param = Param {
    name: "delta",
    doc: "The exponent δ of λ: the larger, the more a small region imports; 0 makes λ 1. Estimates lie near 0.3.",
    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.3 },
};

impl Pair {
    /// CILQ: the supplier's quotient over the user's.
    pub(in crate::indices) fn cross(&self) -> Value {
        ratio(self.supplier, self.user)
    }

    /// FLQ: CILQ, or the quotient of the industry itself on the diagonal, times λ = [log₂(1 + x_r/x)]^δ.
    pub(in crate::indices) fn flegg(&self, delta: f64) -> Value {
        let quotient = if self.same { self.supplier } else { self.cross()? };
        if self.size < 0.0 {
            Err(Absent::OutsideDomain)
        } else {
            finite(quotient * (1.0 + self.size).log2().powf(delta))
        }
    }
}

/// One value for each pair of industries that a region lists.
pub(super) fn each_pair(input: &Input<'_>, value: impl Fn(&Pair) -> Value) -> Output {
    let slice = &input.measure;
    let (quotients, totals) = (quotients(slice), slice.region_totals());
    let total = sum_present(&totals);
    let (mut regions, mut suppliers, mut users, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (region, own) in totals.iter().enumerate() {
        if input.stopped() {
            break;
        }
        let size = own.and_then(|x| ratio(x, total?));
        for (i, j) in slice.span(region).flat_map(|i| slice.span(region).map(move |j| (i, j))) {
            regions.push(region as u32);
            suppliers.push(slice.industry_at(i) as u32);
            users.push(slice.industry_at(j) as u32);
            values.push(
                quotients[i]
                    .and_then(|supplier| value(&Pair { supplier, user: quotients[j]?, same: i == j, size: size? })),
            );
        }
    }
    let keys = vec![
        ("region", Key::Regions(regions)),
        ("supplier", Key::Industries(suppliers)),
        ("user", Key::Industries(users)),
    ];
    Output::listed(keys, vec![("value", values)])
}
