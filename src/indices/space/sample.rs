//! The regions that an index of spatial association is computed on.

use super::neighbourhood::Weights;
use super::points::{Points, coordinates, is_sphere};
use crate::card::Params;
use crate::indices::Input;
use crate::panel::{Absent, Value, finite};

/// The regions that are present, and who neighbours whom among them.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// The number of each region in the sample, or why it is not there.
    pub(super) places: Vec<Result<usize, Absent>>,
    /// The measure, summed over industries.
    pub(super) values: Vec<f64>,
    /// What the parameter `other` names; nothing where a card lacks it.
    pub(super) others: Vec<f64>,
    /// The weights between the regions of the sample.
    pub(super) weights: Weights,
}

impl Sample {
    /// The regions that have values and, where neighbours depend on them, coordinates.
    pub(super) fn new(input: &Input<'_>, params: &Params) -> Self {
        let totals = input.measure.region_totals();
        let other = input.regional("other");
        let near = !params.chooses("neighbours", "contiguity");
        let coordinates = if near { coordinates(input, params) } else { None };
        let (mut present, mut values, mut others, mut points) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut add = |region: usize, value: &Value| {
            let value = (*value)?;
            let other = other.map(|other| other[region]).transpose()?;
            let point = coordinates.as_ref().map(|points| points[region]).transpose()?;
            present.push(region);
            values.push(value);
            others.extend(other);
            points.extend(point);
            Ok(values.len() - 1)
        };
        let places = totals.iter().enumerate().map(|(region, value)| add(region, value)).collect();
        let weights = match input.neighbours {
            Some(pairs) if !near => Weights::contiguity(pairs, &present, params),
            _ => Weights::by_distance(&Points::new(&points, is_sphere(params)), params),
        };
        Self { places, values, others, weights }
    }

    /// Those of them that have neighbours. A region without neighbours says nothing about association: it has no lag,
    /// which is not a lag of zero.
    pub(super) fn connected(input: &Input<'_>, params: &Params) -> Self {
        let all = Self::new(input, params);
        let keep: Vec<usize> = (0..all.len()).filter(|i| !all.weights.row(*i).0.is_empty()).collect();
        if keep.len() == all.len() {
            return all;
        }
        // Weights are mutual wherever a region can lack neighbours, so that none of those kept loses one.
        let place = |i: usize| keep.binary_search(&i).map_err(|_| Absent::NoNeighbour);
        let pick = |x: &[f64]| keep.iter().filter_map(|i| x.get(*i).copied()).collect();
        Self {
            places: all.places.iter().map(|found| found.and_then(place)).collect(),
            values: pick(&all.values),
            others: pick(&all.others),
            weights: all.weights.subset(&keep),
        }
    }

    /// Number of regions.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Passes samples of at least two regions.
    ///
    /// # Errors
    /// Why there are fewer; where all regions are absent, the reason that comes last in [`Absent::ALL`].
    pub(super) fn plural(&self) -> Result<&Self, Absent> {
        match self.len() {
            0 => Err(self.places.iter().filter_map(|place| place.err()).max().unwrap_or(Absent::Missing)),
            1 => Err(Absent::TooFewCategories),
            _ => Ok(self),
        }
    }

    /// One entry a region of the data, from one a region of the sample.
    pub(super) fn spread<T: Copy>(&self, rows: &[Result<T, Absent>]) -> Vec<Result<T, Absent>> {
        self.places.iter().map(|place| place.and_then(|i| rows[i])).collect()
    }
}

/// Standard scores: values less their mean, over their standard deviation with the divisor n.
///
/// # Errors
/// All values are the same, or their sum is too large.
pub(super) fn scores(values: &[f64]) -> Result<Vec<f64>, Absent> {
    if all_equal(values) {
        return Err(Absent::ZeroDenominator);
    }
    let n = values.len() as f64;
    let mean = finite(values.iter().sum::<f64>() / n)?;
    // Relative to the largest deviation, whose square might overflow or vanish.
    let largest = values.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    let deviations: Vec<f64> = values.iter().map(|x| (x - mean) / largest).collect();
    let deviation = (power_sum(&deviations, 2) / n).sqrt();
    Ok(deviations.iter().map(|x| x / deviation).collect())
}

/// The measure relative to its mean: an index that only compares values keeps its own, and powers stay small.
///
/// # Errors
/// Fewer than two regions, a value below zero, or nothing but zeros.
pub(super) fn relative(sample: &Sample) -> Result<Vec<f64>, Absent> {
    let x = &sample.plural()?.values;
    if x.iter().any(|x| *x < 0.0) {
        return Err(Absent::OutsideDomain);
    }
    let mean = finite(x.iter().sum::<f64>() / x.len() as f64)?;
    if mean == 0.0 { Err(Absent::ZeroDenominator) } else { Ok(x.iter().map(|x| x / mean).collect()) }
}

/// Whether no value differs from the first.
pub(super) fn all_equal(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq())
}

/// Σ x^power.
pub(super) fn power_sum(x: &[f64], power: i32) -> f64 {
    x.iter().map(|x| x.powi(power)).sum()
}
