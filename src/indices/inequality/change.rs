//! The regions of two periods, for the indices of convergence and mobility.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::indices::distribution::present;
use crate::panel::{Absent, Value, ln, ratio, sum_present};

/// The parameter that says how far the earlier period lies back.
pub(super) const SPAN: Param = Param {
    name: "span",
    doc: "Periods between the earlier cross-section and this one.",
    domain: Domain::Integer { min: 1, max: 200, default: 1 },
};

/// The parameter that divides the measure of each period.
pub(super) const PER: Param = Param {
    name: "weights",
    doc: "A measure or numeric attribute, such as population, to divide the measure by in either period; the regions \
          still weigh alike. Left out, the measure is taken as it is.",
    domain: Domain::Measure { required: false },
};

/// What the statement of an answer says of the parameter `weights`.
pub(super) fn per(params: &Params) -> String {
    params.text(PER.name).map_or_else(String::new, |weights| format!(", and divided by {weights}"))
}

/// One region now and earlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    /// Number of the region.
    pub(super) region: usize,
    /// The measure now, summed over industries, per unit of the weights.
    pub(super) now: f64,
    /// The measure earlier.
    pub(super) earlier: f64,
}

/// Each region now and `span` periods earlier, per unit of the weights, where it is present in both.
pub(super) fn changes(input: &Input<'_>, span: usize) -> Vec<Result<Change, Absent>> {
    let has_weights = input.regional(PER.name).is_some();
    let per_head = |x: f64, heads: Option<&[Value]>, region: usize| match heads {
        Some(heads) => ratio(x, heads[region]?),
        None if has_weights => Err(Absent::NoPeriod),
        None => Ok(x),
    };
    let earlier = input.earlier(span);
    let earlier = |region| {
        let x = sum_present(earlier.ok_or(Absent::NoPeriod)?.region_values(region))?;
        per_head(x, input.regional_earlier(PER.name, span), region)
    };
    let now = |x: Value, region| per_head(x?, input.regional(PER.name), region);
    let change = |(region, x): (usize, Value)| Ok(Change { region, now: now(x, region)?, earlier: earlier(region)? });
    input.measure.region_totals().into_iter().enumerate().map(change).collect()
}

/// The regions that are present in both periods, with the logarithm of each.
///
/// # Errors
/// A region without a logarithm; no region.
pub(super) fn log_changes(input: &Input<'_>, span: usize) -> Result<Vec<Change>, Absent> {
    let present = present(changes(input, span).into_iter())?;
    present.into_iter().map(|c| Ok(Change { now: ln(c.now)?, earlier: ln(c.earlier)?, ..c })).collect()
}
