//! The index of Maurel and Sédillot.

use super::dartboard::{Dartboard, shape};
use super::plants::{self, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};

/// See [`Dartboard::MaurelSedillot`].
#[derive(Debug)]
pub(super) struct MaurelSedillot;

impl Index for MaurelSedillot {
    fn card(&self) -> &'static Card {
        &Card {
            id: "maurel_sedillot",
            aliases: &["ms"],
            title: "Maurel–Sédillot index: how much likelier two plants of an industry share a region than by chance",
            kind: Kind::Index,
            formula: "value γ = ((Σ_r s_r² − X)/(1 − X) − H) / (1 − H), with X = Σ_r x_r², herfindahl H = Σ_k z_k², s_r \
                      the shares of the regions in the industry, x_r those in all industries, z_k the shares of the \
                      plants; g = Σ s² − X; z = (g − (1 − X)H)/√var, with var = 2(H² − Σz⁴)(X − X²) + 4(H − 2Σz³ − H² \
                      + 2Σz⁴)(Σx³ − X²), the variance of g when plants fall by chance: standard errors and p-values \
                      are under that hypothesis, analytic from z, permutation from plants thrown anew",
            reference: "Maurel and Sédillot (1999), Regional Science and Urban Economics 29, 575–604",
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
        Dartboard::MaurelSedillot.compute(input, params)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        Some(Dartboard::MaurelSedillot.infer(input, params, ask))
    }
}
