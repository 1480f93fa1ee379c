//! PRODY: the income level of an industry.

use super::income::{self, PARAMS, convention};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct Prody;

impl Index for Prody {
    fn card(&self) -> &'static Card {
        &Card {
            id: "prody",
            aliases: &[],
            title: "PRODY: the income level of an industry, the average of its regions' incomes",
            kind: Kind::Index,
            formula: "PRODY_i = Σ_r s_ri y_r / Σ_r s_ri, with s_ri = x_ri/Σ_i x_ri the industry's share of region r and \
                      y_r the region's income",
            reference: "Hausmann, Hwang and Rodrik (2007), Journal of Economic Growth 12, 1–25, eq. for PRODY",
            params: PARAMS,
            inference: &[Infer::BootstrapRegions, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params)]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Industry, income::prody(input))
    }
}
