//! What the outlook of a region's complexity is made of: proximity, density and the industries' eigenvector.

use super::network::{Network, convention};
use super::relation::{Matrix, Relation};
use super::scores::{self, Scores};
use crate::card::Params;
use crate::indices::Input;
use crate::panel::{Absent, Value};

/// The statements of an answer of either index.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let software = "as the Growth Lab's software has it: proximity with ones on its diagonal, and PCI the industries' \
                    eigenvector in units of the deviation of the economic complexity index, not shifted";
    let mut conventions = vec![convention(params), software.to_owned()];
    conventions.extend(scores::conventions());
    conventions
}

/// Proximity and complexity of the industries of a measure.
pub(super) struct Outlook {
    pub(super) network: Network,
    pub(super) proximity: Matrix,
    /// Each industry's sum of proximities, itself included.
    pub(super) totals: Vec<f64>,
    /// The industries' eigenvector; 0 for those that have none.
    pub(super) complexity: Vec<f64>,
    scores: Scores,
}

impl Outlook {
    /// Of the input.
    pub(super) fn of(input: &Input<'_>, params: &Params) -> Self {
        let network = Network::of(&input.measure, params);
        let scores = Scores::of(&network, input);
        let proximity = Relation::of(&network, params).matrix(1.0);
        let totals = proximity.totals();
        let complexity = scores.eigenvector.iter().map(|x| x.unwrap_or(0.0)).collect();
        Self { network, proximity, totals, complexity, scores }
    }

    /// Passes regions that have a complexity.
    pub(super) fn region(&self, region: usize) -> Result<(), Absent> {
        self.network.active_region(region).and(self.scores.regions[region].map(drop))
    }

    /// Passes industries that have a complexity.
    pub(super) fn industry(&self, industry: usize) -> Result<(), Absent> {
        self.network.active_industry(industry).and(self.scores.industries[industry].map(drop))
    }

    /// A region's industries.
    pub(super) fn industries(&self, region: usize) -> impl Iterator<Item = usize> {
        self.network.industries.row(region).iter().map(|industry| *industry as usize)
    }

    /// Each industry's proximity to a region's industries, weighted.
    pub(super) fn near(&self, region: usize, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        self.proximity.sums(self.industries(region), weight)
    }

    /// Each industry's value, 0 for those a region is specialised in.
    pub(super) fn not_yet(&self, region: usize, mut values: Vec<Value>) -> Vec<Value> {
        for industry in self.industries(region) {
            values[industry] = values[industry].map(|_| 0.0);
        }
        values
    }
}
