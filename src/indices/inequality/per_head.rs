//! Regions with a value and a weight, for the indices of inequality between regions.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::indices::distribution::{present, totals};
use crate::panel::{Absent, Value, finite, ratio};

/// The parameter whose heads divide the measure and weigh the regions.
pub(super) const WEIGHTS: Param = Param {
    name: "weights",
    doc: "A measure or numeric attribute, such as population: the index is then the inequality of the measure per \
          head, each region weighted by its heads. Left out, regions count alike.",
    domain: Domain::Measure { required: false },
};

/// The parameter whose heads divide the measure, while the regions weigh alike.
pub(super) const PER: Param = Param {
    name: "weights",
    doc: "A measure or numeric attribute, such as population, to divide by; the regions still weigh alike. Left out, \
          the measure is taken as it is.",
    domain: Domain::Measure { required: false },
};

/// What an answer states about the parameter [`WEIGHTS`].
pub(super) fn convention(params: &Params) -> String {
    let weighted =
        |weights| format!("of the value per unit of {weights}, weighted by {weights}; industries are summed");
    params.text("weights").map_or_else(|| "regions weigh alike; industries are summed".to_owned(), weighted)
}

/// What an answer states about the parameter [`PER`].
pub(super) fn convention_per(params: &Params) -> String {
    let per = params.text("weights").map(|weights| format!(" per unit of {weights}")).unwrap_or_default();
    format!("of the value{per}; regions weigh alike; industries are summed")
}

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

/// The heads of one region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heads {
    /// Number of the region.
    pub(super) region: usize,
    /// Their share of all heads.
    pub(super) share: f64,
    /// Their value per head, relative to that of all heads together.
    pub(super) relative: f64,
}

/// The regions that have heads, or neither heads nor a value, of which nothing is said.
///
/// # Errors
/// A value without heads, something negative, nothing at all.
pub(super) fn heads(input: &Input<'_>) -> Result<Vec<Heads>, Absent> {
    let regions = regions(input)?;
    let pairs: Vec<_> = regions.iter().map(|r| (r.value, r.weight)).collect();
    let (value, weight) = totals(&pairs)?;
    let inhabited = regions.iter().filter(|r| r.value > 0.0 || r.weight > 0.0);
    inhabited
        .map(|r| {
            let share = r.weight / weight;
            Ok(Heads { region: r.region, share, relative: ratio(r.value / value, share)? })
        })
        .collect()
}

/// The value per unit of the weights of every region that has both.
///
/// # Errors
/// A region without weight; no region.
pub(super) fn per_head(input: &Input<'_>) -> Result<Vec<f64>, Absent> {
    regions(input)?.iter().map(|r| ratio(r.value, r.weight)).collect()
}

/// The arithmetic mean, where it is positive.
pub(super) fn positive_mean(values: &[f64]) -> Value {
    match finite(values.iter().sum::<f64>() / values.len() as f64)? {
        0.0 => Err(Absent::ZeroDenominator),
        mean if mean < 0.0 => Err(Absent::OutsideDomain),
        mean => Ok(mean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Slice;

    fn of(values: [f64; 3], weights: [f64; 3]) -> Result<Vec<f64>, Absent> {
        let weights = weights.map(Ok);
        let input = Input::new(Slice::dense(1, values.map(Ok).to_vec())).with_regional("weights", &weights[..]);
        heads(&input).map(|heads| heads.iter().map(|h| h.relative).collect())
    }

    #[test]
    fn an_empty_region_is_left_out_and_a_value_without_heads_is_not() {
        assert_eq!(of([1.0, 0.0, 3.0], [2.0, 0.0, 2.0]), Ok(vec![0.5, 1.5]));
        assert_eq!(of([1.0, 2.0, 3.0], [2.0, 0.0, 2.0]), Err(Absent::ZeroDenominator));
        assert_eq!(of([1.0, -2.0, 3.0], [2.0, 1.0, 2.0]), Err(Absent::OutsideDomain));
    }
}
