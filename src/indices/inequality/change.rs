//! The regions of two periods, for the indices of convergence and mobility.

use crate::card::{Domain, Param};
use crate::indices::Input;
use crate::indices::distribution::present;
use crate::panel::{Absent, Value, ln, sum_present};

/// The parameter that says how far the earlier period lies back.
pub(super) const SPAN: Param = Param {
    name: "span",
    doc: "Periods between the earlier cross-section and this one.",
    domain: Domain::Integer { min: 1, max: 200, default: 1 },
};

/// One region now and earlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    /// Number of the region.
    pub(super) region: usize,
    /// The measure now, summed over industries.
    pub(super) now: f64,
    /// The measure earlier.
    pub(super) earlier: f64,
}

/// Each region now and `span` periods earlier, where it is present in both.
pub(super) fn changes(input: &Input<'_>, span: usize) -> Vec<Result<Change, Absent>> {
    let earlier = input.earlier(span);
    let earlier = |region| sum_present(earlier.ok_or(Absent::NoPeriod)?.region_values(region));
    let change = |(region, now): (usize, Value)| Ok(Change { region, now: now?, earlier: earlier(region)? });
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
