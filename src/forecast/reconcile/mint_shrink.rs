//! Minimum trace reconciliation with a shrunk covariance.

use super::diagonal::ridged;
use super::weights::Weights;
use super::{Hierarchy, Reconciliation};
use crate::card::{Card, Kind};
use crate::numeric::vector::dot;

/// Correlations of the history, drawn towards zero as far as they are uncertain.
#[derive(Debug)]
pub(super) struct MintShrink;

/// The least shrinkage: the covariance of fewer dates than nodes is singular without any.
const LEAST: f64 = 1e-8;
/// Deviations this small relative to the mean are rounding.
const ROUNDING: f64 = 1e-12;

impl Reconciliation for MintShrink {
    fn card(&self) -> &'static Card {
        &Card {
            id: "mint_shrink",
            aliases: &["mint", "min_trace"],
            title: "Minimum trace reconciliation: error variances and shrunk correlations of the history",
            kind: Kind::Reconciliation,
            formula: "ỹ = S (S'W⁻¹S)⁻¹ S'W⁻¹ŷ, W = λ diag(Ŵ) + (1 − λ) Ŵ, Ŵ the covariance of one-step errors; λ = Σ \
                      var(r_ij)/Σ r_ij² over i ≠ j within [0, 1], with r_ij the mean over T dates of the products of \
                      standardised errors, var(r_ij) their squared deviations over T(T − 1)",
            reference: "Wickramasuriya, Athanasopoulos and Hyndman (2019), Journal of the American Statistical \
                        Association 114, 804–819, section 2.4; λ: Schäfer and Strimmer (2005), Statistical \
                        Applications in Genetics and Molecular Biology 4(1), art. 32",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn reads_errors(&self) -> bool {
        true
    }

    fn weights(&self, hierarchy: &Hierarchy, errors: &[Vec<f64>]) -> Option<Weights> {
        let dates = errors.len() as f64;
        let mut deviations = errors.to_vec();
        let mut variances = Vec::with_capacity(hierarchy.nodes());
        for node in 0..hierarchy.nodes() {
            let mean = errors.iter().map(|date| date[node]).sum::<f64>() / dates;
            deviations.iter_mut().for_each(|date| date[node] -= mean);
            let variance = deviations.iter().map(|date| date[node].powi(2)).sum::<f64>() / (dates - 1.0);
            // Of errors that are all the same, rounding leaves more than nothing.
            variances.push(if variance <= (ROUNDING * mean).powi(2) { 0.0 } else { variance });
        }
        let shrinkage = shrinkage(&deviations, &variances);
        let scale = ((1.0 - shrinkage) / (dates - 1.0)).sqrt();
        deviations.iter_mut().flatten().for_each(|deviation| *deviation *= scale);
        let own = ridged(variances).into_iter().map(|variance| shrinkage * variance).collect();
        Some(Weights { own, common: deviations, shrinkage: Some(shrinkage) })
    }
}

/// λ from deviations, date × node.
///
/// The sums over all pairs of nodes follow from sums over pairs of dates: with x the standardised deviations,
/// Σ_ij (Σ_t x_it x_jt)² = Σ_ts (Σ_i x_it x_is)² and Σ_ij Σ_t x_it²x_jt² = Σ_t (Σ_i x_it²)².
fn shrinkage(deviations: &[Vec<f64>], variances: &[f64]) -> f64 {
    let dates = deviations.len() as f64;
    let unit: Vec<f64> = variances.iter().map(|v| (v * (dates - 1.0) / dates).sqrt()).collect();
    let standardise = |date: &Vec<f64>| -> Vec<f64> {
        date.iter().zip(&unit).map(|(x, unit)| if *unit > 0.0 { x / unit } else { 0.0 }).collect()
    };
    let x: Vec<Vec<f64>> = deviations.iter().map(standardise).collect();
    // Less the pairs of a node with itself: of those the mean product is 1.
    let selves = unit.iter().filter(|unit| **unit > 0.0).count() as f64;
    let squared_means =
        x.iter().flat_map(|a| x.iter().map(|b| dot(a, b).powi(2))).sum::<f64>() / dates.powi(2) - selves;
    let fourth: f64 = x.iter().flatten().map(|x| x.powi(4)).sum();
    let squares = x.iter().map(|date| dot(date, date).powi(2)).sum::<f64>() - fourth;
    let variance = (squares - dates * squared_means) / (dates * (dates - 1.0));
    if squared_means > 0.0 { (variance / squared_means).clamp(LEAST, 1.0) } else { 1.0 }
}
