//! The complexity of regions and of industries: one calculation for both.

use super::component::Component;
use super::network::Network;
use super::spectrum::Spectrum;
use crate::indices::Input;
use crate::indices::spread::spread;
use crate::panel::{Absent, Value};

/// Eigenvalues (and correlations with diversity) that differ by less than this are equal (zero) but for rounding.
const TIE: f64 = 1e-9;

/// The statements of an answer made of complexities.
pub(super) fn conventions() -> Vec<String> {
    vec![
        "of the largest connected component (most specialisations): what lies outside it is absent as undetermined, \
         and so is everything when the second eigenvalue is zero or double"
            .to_owned(),
        "sign: the complexity of regions correlates positively with their diversity; absent when it does not correlate"
            .to_owned(),
    ]
}

/// The complexities of the members of the largest component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores {
    /// Complexity of each region: mean 0 and standard deviation 1 (ddof 0).
    pub(super) regions: Vec<Value>,
    /// Complexity of each industry on the scale of the regions: a region's is the mean of its industries'.
    pub(super) industries: Vec<Value>,
    /// The industries' eigenvector in units of the standard deviation of the regions', not shifted.
    pub(super) eigenvector: Vec<Value>,
    /// Correlation of the regions' complexity with their diversity.
    pub(super) correlation: f64,
}

impl Scores {
    /// Of a network.
    ///
    /// # Errors
    /// The network leaves the second eigenvector or its sign open.
    pub(super) fn of(network: &Network, input: &Input<'_>) -> Result<Self, Absent> {
        let component = Component::largest(network)?;
        let spectrum = Spectrum::of(&component, || input.stopped())?;
        Self::from(network, &component, spectrum)
    }

    /// Of the second eigenvector.
    pub(super) fn from(network: &Network, component: &Component, spectrum: Spectrum) -> Result<Self, Absent> {
        if spectrum.second <= TIE || spectrum.second - spectrum.third <= TIE {
            return Err(Absent::Undetermined);
        }
        let industries = if spectrum.of_regions { component.columns.means(&spectrum.vector) } else { spectrum.vector };
        let regions = component.rows.means(&industries);
        let diversity: Vec<f64> = (0..component.rows.len()).map(|region| component.rows.count(region)).collect();
        let correlation = correlation(&diversity, &regions).ok_or(Absent::Undetermined)?;
        if correlation.abs() <= TIE {
            return Err(Absent::Undetermined);
        }
        let of = spread(&regions, 0)?;
        let unit = of.deviation * correlation.signum();
        let outside = |n: usize| vec![Err(Absent::Undetermined); n];
        let mut scores = Self {
            regions: outside(network.industries.len()),
            industries: outside(network.regions.len()),
            eigenvector: outside(network.regions.len()),
            correlation: correlation.abs(),
        };
        for (region, x) in component.regions.iter().zip(&regions) {
            scores.regions[*region as usize] = Ok((x - of.mean) / unit);
        }
        for (industry, x) in component.industries.iter().zip(&industries) {
            scores.industries[*industry as usize] = Ok((x - of.mean) / unit);
            scores.eigenvector[*industry as usize] = Ok(x / unit);
        }
        Ok(scores)
    }
}

/// The correlation of two samples; `None` when one of them is constant.
fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let (of_x, of_y) = (spread(x, 0).ok()?, spread(y, 0).ok()?);
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - of_x.mean) * (y - of_y.mean)).sum();
    let deviations = of_x.deviation * of_y.deviation;
    (deviations > 0.0).then(|| products / x.len() as f64 / deviations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::complexity::network::tests::network;
    use crate::panel::Slice;

    fn scores(matrix: &[&[u8]]) -> Result<Scores, Absent> {
        Scores::of(&network(matrix), &Input::new(Slice::dense(1, vec![])))
    }

    #[test]
    fn a_region_is_as_complex_as_its_industries_on_average() {
        let scores = scores(&[&[1, 1, 1, 1], &[0, 1, 0, 0], &[0, 0, 1, 1], &[0, 0, 0, 1]]).unwrap();
        let industries: Vec<f64> = scores.industries.iter().map(|x| x.unwrap()).collect();
        assert!((scores.regions[2].unwrap() - (industries[2] + industries[3]) / 2.0).abs() < 1e-12);
        let mean: f64 = scores.regions.iter().flatten().sum();
        assert!(mean.abs() < 1e-12);
    }

    #[test]
    fn what_the_network_leaves_open_is_absent() {
        // A circle: the second eigenvalue is double. Equal diversity: no sign.
        assert_eq!(scores(&[&[1, 1, 0], &[0, 1, 1], &[1, 0, 1]]), Err(Absent::Undetermined));
        assert_eq!(scores(&[&[1, 1, 0], &[0, 1, 1]]), Err(Absent::Undetermined));
        assert_eq!(scores(&[&[1, 1, 0], &[1, 1, 0]]), Err(Absent::Undetermined));
        assert_eq!(scores(&[&[1, 1, 1]]), Err(Absent::Undetermined));
    }
}
