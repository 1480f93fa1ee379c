//! Reconciliations that take the errors of the nodes as independent.

use super::weights::Weights;
use super::{Hierarchy, Reconciliation};
use crate::card::{Card, Kind};

/// The regions as they are.
#[derive(Debug)]
pub(super) struct BottomUp;

impl Reconciliation for BottomUp {
    fn card(&self) -> &'static Card {
        &Card {
            id: "bottom_up",
            aliases: &[],
            title: "Aggregates are the sums of the regions; a given nation scales the regions",
            kind: Kind::Reconciliation,
            formula: "b = ŷ_regions; under a given total X: b = ŷ_regions X / Σ ŷ_regions",
            reference: "Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., section 11.2; \
                        controlling to a total: Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and \
                        Local Population Projections, ch. 8",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn weights(&self, _hierarchy: &Hierarchy, _errors: &[Vec<f64>]) -> Option<Weights> {
        None
    }
}

/// All nodes alike.
#[derive(Debug)]
pub(super) struct Ols;

impl Reconciliation for Ols {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ols",
            aliases: &["ols_reconciliation"],
            title: "Reconciliation that takes all errors as equally large",
            kind: Kind::Reconciliation,
            formula: "ỹ = S (S'S)⁻¹ S'ŷ: W = I",
            reference: "Hyndman, Ahmed, Athanasopoulos and Shang (2011), Computational Statistics & Data Analysis \
                        55(9), 2579–2589, eq. 10",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn weights(&self, hierarchy: &Hierarchy, _errors: &[Vec<f64>]) -> Option<Weights> {
        Some(Weights::independent(vec![1.0; hierarchy.nodes()]))
    }
}

/// Variances in proportion to the number of regions.
#[derive(Debug)]
pub(super) struct WlsStructural;

impl Reconciliation for WlsStructural {
    fn card(&self) -> &'static Card {
        &Card {
            id: "wls_structural",
            aliases: &["wls_struct", "structural_scaling"],
            title: "Reconciliation that takes a node's error variance as proportional to its number of regions",
            kind: Kind::Reconciliation,
            formula: "ỹ = S (S'W⁻¹S)⁻¹ S'W⁻¹ŷ, W = diag(S 1)",
            reference: "Athanasopoulos, Hyndman, Kourentzes and Petropoulos (2017), European Journal of Operational \
                        Research 262(1), 60–74, section 3",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn weights(&self, hierarchy: &Hierarchy, _errors: &[Vec<f64>]) -> Option<Weights> {
        // A group without regions is zero whatever its weight, which has to be positive.
        let counts = hierarchy.add_up(&vec![1.0; hierarchy.regions()]);
        Some(Weights::independent(counts.into_iter().map(|count| count.max(1.0)).collect()))
    }
}

/// Variances as in the history.
#[derive(Debug)]
pub(super) struct WlsVariance;

impl Reconciliation for WlsVariance {
    fn card(&self) -> &'static Card {
        &Card {
            id: "wls_variance",
            aliases: &["wls_var", "variance_scaling"],
            title: "Reconciliation that weighs a node by its error variance in the history",
            kind: Kind::Reconciliation,
            formula: "ỹ = S (S'W⁻¹S)⁻¹ S'W⁻¹ŷ, W = diag of the mean squares of one-step errors",
            reference: "Hyndman, Lee and Wang (2016), Computational Statistics & Data Analysis 97, 16–32, section 2.3",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn reads_errors(&self) -> bool {
        true
    }

    fn weights(&self, hierarchy: &Hierarchy, errors: &[Vec<f64>]) -> Option<Weights> {
        let square = |node: usize| errors.iter().map(|date| date[node].powi(2)).sum::<f64>() / errors.len() as f64;
        Some(Weights::independent(ridged((0..hierarchy.nodes()).map(square).collect())))
    }
}

/// Variances of which none is zero: the ridge of the package `hierarchicalforecast`, 2e-8, but relative to the
/// smallest other variance, so that a change of units changes nothing.
pub(super) fn ridged(mut variances: Vec<f64>) -> Vec<f64> {
    const RIDGE: f64 = 2e-8;
    let smallest = variances.iter().copied().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
    variances.iter_mut().filter(|v| **v == 0.0).for_each(|v| *v = RIDGE * smallest);
    variances
}
