//! Moran's I: whether neighbours are alike.

use super::moments::{Moments, Tested, dealt_out, variance};
use super::neighbourhood::{
    DISTANCE, K, KERNEL, NEIGHBOURS, TRANSFORMATION, Weights, check_neighbours, convention, scratch,
};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, power_sum, scores};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::Absent;

/// `n/S0 · Σ_ij w_ij z_i z_j / Σ_i z_i²`.
#[derive(Debug)]
pub(super) struct Moran;

impl Index for Moran {
    fn card(&self) -> &'static Card {
        &Card {
            id: "moran",
            aliases: &["morans_i"],
            title: "Moran's I: spatial autocorrelation, whether neighbours are alike",
            kind: Kind::Index,
            formula: "value I = (n/S0) Σ_ij w_ij z_i z_j / Σ_i z_i², with z the measure less its mean, w_ij the weight \
                      of neighbour j, S0 = Σ_ij w_ij and n the number of regions that have neighbours (regions); \
                      expected −1/(n − 1); z_normal and z_random = (I − expected)/standard error under normality and \
                      under randomisation",
            reference: "Moran (1950), Biometrika 37, 17–23; moments: Cliff and Ord (1981), Spatial Processes, Pion",
            params: &[NEIGHBOURS, K, DISTANCE, KERNEL, TRANSFORMATION, X, Y, METRIC],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
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
                    dealt_out(input, ask, &z, |z| [cross_product(&folded, z, z)])[0]
                });
                Some(vec![("value_p".to_owned(), vec![p])])
            }
            _ => None,
        }
    }
}

/// Σ_ij w_ij x_i y_j.
pub(super) fn cross_product(weights: &Weights, x: &[f64], y: &[f64]) -> f64 {
    x.iter().enumerate().map(|(i, x)| x * weights.lag(i, y)).sum()
}

fn tested(sample: &Sample) -> Result<Tested, Absent> {
    let z = scores(&sample.plural()?.values)?;
    let Moments { n, s0, s1, s2 } = Moments::new(&sample.weights);
    let expected = -1.0 / (n - 1.0);
    let (n2, s02) = (n * n, s0 * s0);
    let kurtosis = power_sum(&z, 4) / n;
    let less = |denominator: f64| -expected * expected * denominator;
    let normal = s02 * (n2 - 1.0);
    let random = (n - 1.0) * (n - 2.0) * (n - 3.0) * s02;
    Ok(Tested {
        value: cross_product(&sample.weights, &z, &z) / s0,
        expected,
        normal: variance(&[n2 * s1, -n * s2, 3.0 * s02, less(normal)], normal),
        random: variance(
            &[
                n * ((n2 - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s02),
                -kurtosis * ((n2 - n) * s1 - 2.0 * n * s2 + 6.0 * s02),
                less(random),
            ],
            random,
        ),
    })
}
