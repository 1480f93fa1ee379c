//! Geary's C: how much neighbours differ.

use super::moments::{Moments, Tested, dealt_out, variance};
use super::neighbourhood::{
    DISTANCE, K, KERNEL, NEIGHBOURS, TRANSFORMATION, Weights, check_neighbours, convention, scratch,
};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, power_sum, scores};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::Absent;

/// `(n − 1)/(2 S0) · Σ_ij w_ij (x_i − x_j)² / Σ_i z_i²`.
#[derive(Debug)]
pub(super) struct Geary;

impl Index for Geary {
    fn card(&self) -> &'static Card {
        &Card {
            id: "geary",
            aliases: &["gearys_c"],
            title: "Geary's C: how much neighbours differ; below 1 they are alike, above 1 they are unlike",
            kind: Kind::Index,
            formula: "value C = (n − 1) Σ_ij w_ij (x_i − x_j)² / (2 S0 Σ_i z_i²), with x the measure, z the same less \
                      its mean, w_ij the weight of neighbour j, S0 = Σ_ij w_ij and n the number of regions that have \
                      neighbours (regions); expected 1; z_normal and z_random = (C − 1)/standard error under normality \
                      and under randomisation: negative where neighbours are alike",
            reference: "Geary (1954), The Incorporated Statistician 5, 115–145; moments: Cliff and Ord (1981), Spatial \
                        Processes, Pion",
            params: &[NEIGHBOURS, K, DISTANCE, KERNEL, TRANSFORMATION, X, Y, METRIC],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_neighbours(params, facts)
    }

    fn scratch(&self, params: &Params, regions: usize, _width: usize) -> u64 {
        scratch(params, regions)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), super::ISLANDS.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::connected(input, params);
        Tested::output(tested(&sample), &sample)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let sample = Sample::connected(input, params);
        match ask.infer {
            Infer::Analytic => Some(Tested::extras(tested(&sample), ask)),
            Infer::Permutation => {
                let p = sample.plural().and_then(|sample| {
                    let z = scores(&sample.values)?;
                    let folded = sample.weights.folded();
                    dealt_out(input, ask, &z, |z| [differences(&folded, z)])[0]
                });
                Some(vec![("value_p".to_owned(), vec![p])])
            }
            _ => None,
        }
    }
}

/// Σ_ij w_ij (x_i − x_j)².
fn differences(weights: &Weights, x: &[f64]) -> f64 {
    weights.links().map(|(i, j, weight)| weight * (x[i] - x[j]).powi(2)).sum()
}

fn tested(sample: &Sample) -> Result<Tested, Absent> {
    let z = scores(&sample.plural()?.values)?;
    let Moments { n, s0, s1, s2 } = Moments::new(&sample.weights);
    let (n2, s02) = (n * n, s0 * s0);
    let kurtosis = power_sum(&z, 4) / n;
    Ok(Tested {
        value: (n - 1.0) * differences(&sample.weights, &z) / (2.0 * s0 * n),
        expected: 1.0,
        normal: variance(&[2.0 * s1 * (n - 1.0), s2 * (n - 1.0), -4.0 * s02], 2.0 * (n + 1.0) * s02),
        random: variance(
            &[
                (n - 1.0) * s1 * (n2 - 3.0 * n + 3.0 - (n - 1.0) * kurtosis),
                -0.25 * (n - 1.0) * s2 * (n2 + 3.0 * n - 6.0 - (n2 - n + 2.0) * kurtosis),
                s02 * (n2 - 3.0 - (n - 1.0).powi(2) * kurtosis),
            ],
            n * (n - 2.0) * (n - 3.0) * s02,
        ),
    })
}
