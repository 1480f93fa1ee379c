//! Atkinson's index: what share of the total a given aversion to inequality would give up for equality.

use super::per_head::{Heads, WEIGHTS, convention, heads};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Value, finite};

/// `1 − (equally distributed equivalent)/(mean)`.
#[derive(Debug)]
pub(super) struct Atkinson;

impl Index for Atkinson {
    fn card(&self) -> &'static Card {
        &Card {
            id: "atkinson",
            aliases: &[],
            title: "Atkinson index of inequality between regions, 0 (equal) to 1",
            kind: Kind::Index,
            formula: "A = 1 − (Σ_r p_r z_r^(1−ε))^(1/(1−ε)), for ε = 1 its limit 1 − Π_r z_r^p_r, with z_r the value \
                      per unit of the weights relative to the mean Σ x/Σ w, p_r the share of the weights (1/R without \
                      weights), ε the aversion to inequality",
            reference: "Atkinson (1970), Journal of Economic Theory 2, 244–263",
            params: &[
                WEIGHTS,
                Param {
                    name: "epsilon",
                    doc: "Aversion to inequality: 0 does not mind it; the larger, the more the poorest regions count.",
                    domain: Domain::Number { min: 0.0, max: 50.0, default: 1.0 },
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::Within(0, 1),
                Law::ZeroWhenEqual,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let nothing = "1 when a region has nothing and epsilon is at least 1";
        vec![convention(params), format!("epsilon {}", params.number("epsilon")), nothing.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let value = heads(input).and_then(|heads| atkinson(&heads, params.number("epsilon")));
        Output::of(Shape::Nation, vec![value])
    }
}

/// The index in terms of ln z, so that it keeps its digits where ε is near 1 or inequality is small.
fn atkinson(heads: &[Heads], epsilon: f64) -> Value {
    let elasticity = 1.0 - epsilon;
    let log_equivalent = if elasticity == 0.0 {
        heads.iter().map(|h| h.share * h.relative.ln()).sum()
    } else {
        let excess: f64 = heads.iter().map(|h| h.share * (elasticity * h.relative.ln()).exp_m1()).sum();
        excess.ln_1p() / elasticity
    };
    finite(-f64::exp_m1(log_equivalent)).map(|value| value.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_with_nothing_has_no_equivalent() {
        let heads: Vec<Heads> =
            [0.0, 2.0].into_iter().map(|relative| Heads { region: 0, share: 0.5, relative }).collect();
        assert_eq!([1.0, 2.0].map(|epsilon| atkinson(&heads, epsilon)), [Ok(1.0); 2]);
        // (½·√2)² = ½
        assert!(atkinson(&heads, 0.5).is_ok_and(|value| (value - 0.5).abs() < 1e-15));
    }
}
