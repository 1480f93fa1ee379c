//! Getis and Ord's general G: whether large values stand together.

use super::moments::{Moments, Tested, dealt_out, tail, variance};
use super::moran::cross_product;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, power_sum, relative};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::Absent;

/// `Σ_ij w_ij x_i x_j / Σ_{i≠j} x_i x_j`.
#[derive(Debug)]
pub(super) struct GetisOrdG;

impl Index for GetisOrdG {
    fn card(&self) -> &'static Card {
        &Card {
            id: "getis_ord_g",
            aliases: &["general_g"],
            title: "Getis and Ord's general G: whether large values (or small ones) stand together",
            kind: Kind::Index,
            formula: "value G = Σ_ij w_ij x_i x_j / Σ_{i≠j} x_i x_j, with x the measure, not negative, and w_ij = 1 \
                      for a neighbour j; expected S0/(n(n − 1)), with S0 = Σ_ij w_ij and n the number of regions that \
                      have neighbours (regions); z = (G − expected)/standard error under randomisation",
            reference: "Getis and Ord (1992), Geographical Analysis 24, 189–206",
            params: &[NEIGHBOURS, K, DISTANCE, KERNEL, X, Y, METRIC],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
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
        let row = tested(&sample).map(|t| [Ok(t.value), Ok(t.expected), t.z(t.random), Ok(sample.len() as f64)]);
        Output::of_rows(Shape::Nation, ["value", "expected", "z", "regions"], &[row])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let sample = Sample::connected(input, params);
        let tested = tested(&sample);
        match ask.infer {
            Infer::Analytic => {
                let se = tested.and_then(|t| t.random.map(f64::sqrt));
                let p = tested.and_then(|t| t.z(t.random).map(|z| tail(z, ask.alternative)));
                Some(vec![("value_se".to_owned(), vec![se]), ("value_p".to_owned(), vec![p])])
            }
            Infer::Permutation => {
                let p = relative(&sample).and_then(|x| {
                    let folded = sample.weights.folded();
                    dealt_out(input, ask, &x, |x| [cross_product(&folded, x, x)])[0]
                });
                Some(vec![("value_p".to_owned(), vec![p])])
            }
            _ => None,
        }
    }
}

fn tested(sample: &Sample) -> Result<Tested, Absent> {
    let x = relative(sample)?;
    let total = power_sum(&x, 1);
    // A product of one value above zero with others that are all zero is exactly zero in this form.
    let products: f64 = x.iter().map(|x| x * (total - x)).sum();
    if products <= 0.0 {
        return Err(Absent::ZeroDenominator);
    }
    let Moments { n, s0, s1, s2 } = Moments::new(&sample.weights);
    let (n2, s02, expected) = (n * n, s0 * s0, s0 / (n * (n - 1.0)));
    let [x1, x2, x3, x4] = [1, 2, 3, 4].map(|power| power_sum(&x, power));
    let denominator = products * products * n * (n - 1.0) * (n - 2.0) * (n - 3.0);
    let terms = [
        ((n2 - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s02) * x2 * x2,
        -((n2 - n) * s1 - 2.0 * n * s2 + 6.0 * s02) * x4,
        -(2.0 * n * s1 - (n + 3.0) * s2 + 6.0 * s02) * x1 * x1 * x2,
        (4.0 * (n - 1.0) * s1 - 2.0 * (n + 1.0) * s2 + 8.0 * s02) * x1 * x3,
        (s1 - s2 + s02) * x1.powi(4),
        -expected * expected * denominator,
    ];
    let value = cross_product(&sample.weights, &x, &x) / products;
    Ok(Tested { value, expected, normal: Err(Absent::OutsideDomain), random: variance(&terms, denominator) })
}
