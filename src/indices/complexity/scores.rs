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

/// The complexities of all regions and industries; absent where the network leaves them open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores {
    /// Complexity of each region: mean 0 and standard deviation 1 (ddof 0).
    pub(super) regions: Vec<Value>,
    /// Complexity of each industry on the scale of the regions: a region's is the mean of its industries'.
    pub(super) industries: Vec<Value>,
    /// The industries' eigenvector in units of the standard deviation of the regions', not shifted.
    pub(super) eigenvector: Vec<Value>,
    /// Correlation of the regions' complexity with their diversity.
    pub(super) correlation: Value,
}

impl Scores {
    /// Of a network.
    pub(super) fn of(network: &Network, input: &Input<'_>) -> Self {
        let found = Component::largest(network).and_then(|component| {
            let spectrum = Spectrum::of(&component, || input.stopped())?;
            Ok((component, spectrum))
        });
        match found {
            Ok((component, spectrum)) => Self::from(network, &component, spectrum),
            Err(absent) => Self::absent(network, absent),
        }
    }

    /// Of the second eigenvector of the largest component.
    pub(super) fn from(network: &Network, component: &Component, spectrum: Spectrum) -> Self {
        match Oriented::of(component, spectrum) {
            Ok(oriented) => oriented.scores(network, component),
            Err(absent) => Self::absent(network, absent),
        }
    }

    fn absent(network: &Network, absent: Absent) -> Self {
        let all = |n: usize| vec![Err(absent); n];
        let (regions, industries) = (network.industries.len(), network.regions.len());
        Self {
            regions: all(regions),
            industries: all(industries),
            eigenvector: all(industries),
            correlation: Err(absent),
        }
    }
}

/// The eigenvectors of a component, and mean and deviation of that of the regions, which is negative where the sign
/// must be turned.
struct Oriented {
    regions: Vec<f64>,
    industries: Vec<f64>,
    mean: f64,
    unit: f64,
    correlation: f64,
}

impl Oriented {
    fn of(component: &Component, spectrum: Spectrum) -> Result<Self, Absent> {
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
        Ok(Self { regions, industries, mean: of.mean, unit, correlation: correlation.abs() })
    }

    /// The members' complexities; what is outside the component has none.
    fn scores(&self, network: &Network, component: &Component) -> Scores {
        let mut scores = Scores::absent(network, Absent::Undetermined);
        for (region, x) in component.regions.iter().zip(&self.regions) {
            scores.regions[*region as usize] = Ok((x - self.mean) / self.unit);
        }
        for (industry, x) in component.industries.iter().zip(&self.industries) {
            scores.industries[*industry as usize] = Ok((x - self.mean) / self.unit);
            scores.eigenvector[*industry as usize] = Ok(x / self.unit);
        }
        Scores { correlation: Ok(self.correlation), ..scores }
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

    fn scores(matrix: &[&[u8]]) -> Scores {
        Scores::of(&network(matrix), &Input::new(Slice::dense(1, vec![])))
    }

    #[test]
    fn a_region_is_as_complex_as_its_industries_on_average() {
        let scores = scores(&[&[1, 1, 1, 1], &[0, 1, 0, 0], &[0, 0, 1, 1], &[0, 0, 0, 1]]);
        let industries: Vec<f64> = scores.industries.iter().map(|x| x.unwrap()).collect();
        assert!((scores.regions[2].unwrap() - (industries[2] + industries[3]) / 2.0).abs() < 1e-12);
        let mean: f64 = scores.regions.iter().flatten().sum();
        assert!(mean.abs() < 1e-12);
    }

    #[test]
    fn what_the_network_leaves_open_is_absent() {
        // A circle: the second eigenvalue is double. Equal diversity: no sign. Equal regions: the eigenvalue is zero.
        for matrix in [
            &[&[1, 1, 0][..], &[0, 1, 1], &[1, 0, 1]][..],
            &[&[1, 1, 0], &[0, 1, 1]],
            &[&[1, 1, 0], &[1, 1, 0]],
            &[&[1, 1, 1]],
        ] {
            assert_eq!(scores(matrix).regions, vec![Err(Absent::Undetermined); matrix.len()]);
        }
    }
}
