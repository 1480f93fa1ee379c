//! EXPY: the income level of what a region does.

use super::income::{self, PARAMS, convention};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct Expy;

impl Index for Expy {
    fn card(&self) -> &'static Card {
        &Card {
            id: "expy",
            aliases: &[],
            title: "EXPY: the income level of what a region does, the average PRODY of its industries",
            kind: Kind::Index,
            formula: "EXPY_r = Σ_i s_ri PRODY_i, with s_ri = x_ri/Σ_i x_ri over the industries that have a PRODY",
            reference: "Hausmann, Hwang and Rodrik (2007), Journal of Economic Growth 12, 1–25, eq. for EXPY",
            params: PARAMS,
            inference: &[Infer::BootstrapIndustries, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params)]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Region, income::expy(&input.measure, &income::prody(input)))
    }
}
