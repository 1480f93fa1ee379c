//! The index of Ellison and Glaeser.

use super::dartboard::{Dartboard, shape};
use super::plants::{self, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};

/// See [`Dartboard::EllisonGlaeser`].
#[derive(Debug)]
pub(super) struct EllisonGlaeser;

impl Index for EllisonGlaeser {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ellison_glaeser",
            aliases: &["eg", "egg"],
            title: "Ellison–Glaeser index: an industry's concentration beyond that of its plants; 0 when plants fall by \
                    chance",
            kind: Kind::Index,
            formula: "value γ = (G − (1 − X)H) / ((1 − X)(1 − H)), with g G = Σ_r (s_r − x_r)², X = Σ_r x_r², \
                      herfindahl H = Σ_k z_k², s_r the shares of the regions in the industry, x_r those in all \
                      industries, z_k the shares of the plants; z = (G − (1 − X)H)/√var, with var = 2{H²[X − 2Σx³ + \
                      X²] − Σz⁴[X − 4Σx³ + 3X²]}, the variance of G when plants fall by chance: standard errors and \
                      p-values are under that hypothesis, analytic from z, permutation from plants thrown anew",
            reference: "Ellison and Glaeser (1997), Journal of Political Economy 105, 889–927",
            params: PARAMS,
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, width: usize) -> Shape {
        shape(width)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        plants::check(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        plants::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        Dartboard::EllisonGlaeser.compute(input, params)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        Some(Dartboard::EllisonGlaeser.infer(input, params, ask))
    }
}
