//! The sizes of regions that an industry's distribution is compared with, for the indices after Ellison and Glaeser.

use crate::card::{Domain, Param, Params};
use crate::indices::{Facts, Input, Refusal};
use crate::panel::{Absent, Value, ratio, sum_present};

/// The parameter that chooses the sizes.
pub(super) const REFERENCE: Param = Param {
    name: "reference",
    doc: "Size of a region: `total`, the sum of its industries (Ellison and Glaeser 1997), or `mean`, the mean of the \
          industries' shares of it (Ellison, Glaeser and Kerr 2010), in which industries count alike.",
    domain: Domain::Choice(&["total", "mean"]),
};

/// The parameter that takes the sizes from elsewhere.
pub(super) const SIZE: Param = Param {
    name: "size",
    doc: "A measure or numeric attribute, such as the region's total employment or its area, in the place of \
          `reference`. Where regions of the data are plants, every plant carries the size of the region it lies in.",
    domain: Domain::Measure { required: false },
};

/// Refuses sizes that data without industries do not tell: those of the industry itself would say nothing.
pub(super) fn check_size(params: &Params, facts: &Facts) -> Result<(), Refusal> {
    if params.text("size").is_none() && !facts.has_industries {
        return Err(Refusal { param: "size", rule: "needed as the size of regions, for data without industries" });
    }
    Ok(())
}

/// The statement of an answer about the sizes.
pub(super) fn convention(params: &Params) -> String {
    match (params.text("size"), params.text("reference")) {
        (Some(size), _) => format!("x_r: the shares of {size}"),
        (None, Some("mean")) => "x_r: the mean of the industries' shares of the region, its own included".to_owned(),
        _ => "x_r: the shares of the sum of all industries of the data, its own included".to_owned(),
    }
}

/// The size of each region of the data, up to a common factor.
pub(super) fn sizes(input: &Input<'_>, params: &Params) -> Vec<Value> {
    match input.regional("size") {
        Some(size) => size.to_vec(),
        None if params.chooses("reference", "mean") => sums_of_shares(input),
        None => input.measure.region_totals(),
    }
}

/// The sum over industries of their shares of each region.
fn sums_of_shares(input: &Input<'_>) -> Vec<Value> {
    let totals = input.measure.industry_totals();
    let shares = |region: usize| -> Vec<Value> {
        let cells = input.measure.region(region);
        let share = |(industry, x): (usize, Value)| ratio(x?, totals[industry]?);
        // An industry that is nowhere has no shares; it leaves the others theirs.
        cells.map(share).filter(|share| *share != Err(Absent::ZeroDenominator)).collect()
    };
    (0..input.measure.regions()).map(|region| sum_present(&shares(region))).collect()
}
