//! Regions with a value and a weight, for the indices of inequality between regions.

use crate::indices::Input;
use crate::indices::distribution::present;
use crate::panel::Absent;

/// One region that has both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weighted {
    /// Number of the region.
    pub(super) region: usize,
    /// The measure, summed over industries.
    pub(super) value: f64,
    /// What the parameter `weights` names; 1 without it.
    pub(super) weight: f64,
}

/// The regions that have a value and a weight.
///
/// # Errors
/// The reason, when no region has both.
pub(super) fn regions(input: &Input<'_>) -> Result<Vec<Weighted>, Absent> {
    let values = input.measure.region_totals();
    present(values.iter().enumerate().map(|(region, value)| {
        let weight = input.regional("weights").map_or(Ok(1.0), |weights| weights[region])?;
        Ok(Weighted { region, value: (*value)?, weight })
    }))
}
